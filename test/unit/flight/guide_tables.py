"""The flight's data as tables of the guide, in Markdown: phases, transitions, the failsafe ladder, its thresholds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite

from blindspot.flight.route.phases import PHASES, TRANSITIONS, Phase
from blindspot.flight.route.settings import FlightSettings, thresholds
from blindspot.flight.watch.ladder import rows


def ladder_table(settings: FlightSettings) -> str:
    """Every row with the thresholds of these settings."""
    return _table(
        ("Trigger", "Threshold", "Action", "Reported reason", "Test"),
        ((row.name, row.threshold, row.action, row.reason, f"`{row.test}`") for row in rows(settings)),
    )


def threshold_table() -> str:
    """Every parameter of the ladder."""
    return _table(
        ("Parameter of `flight_control`", "Default, range", "Meaning"),
        ((f"`{x.name}`", f"{x.default:g}, {x.low:g} to {x.high:g}", x.describe) for x in thresholds()),
    )


def phase_table() -> str:
    """Each phase with its requested mode, its time limit, and the phases after a time-out or a refusal."""
    return _table(
        ("Phase", "Asks for", "At most", "Then", "If refused"),
        (
            (name, phase.command or "", _limit(phase), _then(phase), phase.on_refused if phase.command else "")
            for name, phase in PHASES.items()
        ),
    )  # fmt: skip


def transition_table() -> str:
    """Every way from one phase to another."""
    return _table(("From", "To", "When"), ((", ".join(x.sources), ", ".join(x.to), x.when) for x in TRANSITIONS))


def _limit(phase: Phase) -> str:
    if not phase.timeout_reason:
        return ""
    return f"{phase.timeout_s:g} s" if isfinite(phase.timeout_s) else "by the route"


def _then(phase: Phase) -> str:
    return f"{phase.on_timeout}: {phase.timeout_reason}" if phase.timeout_reason else ""


def _table(heading: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    table = [heading, ["---"] * len(heading), *lines]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in table)
