"""Failsafe rows, thresholds, phases, the checks before a flight, and the parameters of the autopilot."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from typing import Any

from blindspot.commission.ladder import LADDER
from blindspot.core import folders, read_yaml
from blindspot.flight.control.answers import ANSWERS
from blindspot.flight.preflight.conditions import CONDITIONS
from blindspot.flight.route.phases import PHASES, Phase
from blindspot.flight.route.settings import FlightSettings, thresholds
from blindspot.flight.vehicle.parameters import ANY, RULES, Rule, release
from blindspot.flight.watch.ladder import rows
from blindspot.flight.watch.support import MATRIX
from blindspot.mission.drone_model import DroneModel
from blindspot.mission.px4_plan_parameters import SETTABLE
from blindspot_lab.reference.markdown import code, page, table
from blindspot_lab.reference.transitions import TRANSITIONS


def failsafe_page() -> str:
    """The page of the failsafe ladder."""
    model = read_yaml(folders.CONFIG_DIR / "drones" / "reference.yaml", DroneModel)
    ladder = ((x.name, x.threshold, x.action, x.reason, code(x.test)) for x in rows(FlightSettings(model)))
    limits = ((code(x.name), f"{x.default:g}", f"{x.low:g} to {x.high:g}", x.describe) for x in thresholds())
    return page(
        "Failsafes",
        "Ten times a second `flight_control` judges every row and takes the most severe action that is due. "
        "[Failsafes](../concepts/failsafes.md) explains the measurements.",
        "The thresholds are those of the reference drone with the default parameters.",
        table(("Trigger", "Threshold", "Action", "Reported reason", "Test"), ladder),
        "## Thresholds", "Each threshold is a parameter of `flight_control`.",
        table(("Parameter", "Default", "Range", "Meaning"), limits),
    )  # fmt: skip


def phase_page() -> str:
    """The page of phases and transitions of a flight."""
    phases = ((name, x.command or "", _limit(x), _then(x)) for name, x in PHASES.items())
    answers = ((x.phase, " or ".join(x.answers), x.then, x.only_if) for x in ANSWERS)
    ways = ((", ".join(x.sources), ", ".join(x.to), x.when) for x in TRANSITIONS)
    return page(
        "Phases of a flight "
        "", "A mode counts as entered when the autopilot shows it. Every time limit ends on the safe side.",
        table(("Phase", "Asks for", "At most", "Then"), phases),
        "## Failed answers",
        "The autopilot may refuse a request of a phase, or leave it unanswered. The first row that fits is taken; "
        "without a row the request is repeated every 5 s.",
        table(("Phase", "Answer", "Then", "Only if"), answers),
        "## Transitions", table(("From", "To", "When"), ways),
    )  # fmt: skip


def _limit(phase: Phase) -> str:
    if not phase.timeout_reason:
        return ""
    return f"{phase.timeout_s:g} s" if isfinite(phase.timeout_s) else "by the route"


def _then(phase: Phase) -> str:
    return f"{phase.on_timeout}: {phase.timeout_reason}" if phase.timeout_reason else ""


def preflight_page() -> str:
    """The page of the checks before a flight."""
    own = ((f"{code(x.name)}{_releases(x)}", _on_hardware(x), _simulated(x), x.reason) for x in RULES.values())
    plans = ((code(n), f"{x}{', always set' if x.needed else ''}", x.reason) for n, x in SETTABLE.items())
    return page(
        "Pre-flight checks "
        "", "`flight_control` works through this list before it arms, and stops at the first failed line.",
        table(("Check", "Passes if"), ((", ".join(names), condition) for names, condition in CONDITIONS.items())),
        "## Parameters of the autopilot", "A wrong parameter blocks the flight.",
        table(("Parameter", "Hardware", "Simulation", "Reason"), own),
        "## Parameters that a plan may set", "The list is closed. Every node refuses a plan with another parameter.",
        table(("Parameter", "Allowed values", "Reason"), plans),
        "## PX4 and MAVROS",
        "run: whole missions were flown on the pair. recorded: the simulated autopilot is compared with "
        "recorded flights. "
        "read: sources or release notes were read. Any other pair is refused on hardware.",
        table(("PX4", "MAVROS", "State", "Basis"), _pairs()),
    )  # fmt: skip


def _releases(rule: Rule) -> str:
    if rule.since > (0, 0):
        return f", from PX4 {release(rule.since)}"
    return f", to PX4 {release(rule.until)}" if rule.until < (99, 0) else ""


def _on_hardware(rule: Rule) -> str:
    return f"{rule.hardware}{f'; from PX4 {release(rule.later[0])}: {rule.later[1]}' if rule.later else ''}"


def _simulated(rule: Rule) -> str:
    allowed = rule.allowed(simulated=True)
    return "any" if allowed is ANY else str(allowed)


def _pairs() -> Iterable[tuple[str, ...]]:
    return ((release(x.px4), release(x.mavros), x.state, x.evidence) for x in MATRIX)


def commission_page() -> str:
    """The page of the stages before a first flight."""
    lines: list[Any] = []
    for stage in LADDER:
        for number, check in enumerate(stage.checks):
            name = "" if number else f"{code(stage.name)}: {stage.title}"
            lines.append((name, code(check.name), check.given_as, check.text))
    about = "A drone passes these signed stages before its first flight over a town, in this order."
    return page("Stages before a first flight", about, table(("Stage", "Check", "Given as", "Evidence"), lines))
