"""The terminal display while a mission is planned and flown."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from blindspot.cli.parts.holds import counted
from blindspot.cli.parts.screen import LiveScreen
from blindspot.cli.parts.targets import targets_table
from blindspot.core import from_here, one_line, plain_text
from blindspot.nodes.clients import target_state

if TYPE_CHECKING:
    from blindspot.evidence.observed import Summary
    from blindspot.mission import Plan
    from blindspot.nodes.clients import Operator

STYLES = {"hold": "yellow", "return": "yellow", "pilot": "magenta", "failed": "red", "landed": "green"}
OUTCOME_STYLES = {"completed": "green", "returned": "yellow", "aborted": "yellow", "refused": "red", "failed": "red",
                  "unaccounted": "red", "degraded": "yellow"}  # fmt: skip
STILL_S = 10.0
"""Wall time after which a wait is named again."""
MUCH_LESS = 0.1
"""Share of the blind ground; a completed flight that saw so much less than planned needs an explanation."""


class Wait:
    """Work of other processes that a person waits for: the work is named at the beginning, and again every STILL_S."""

    def __init__(self, say: Callable[[str], object], clock: Callable[[], float]) -> None:
        self._say, self._clock = say, clock
        self._what, self._since_s, self._said_s = "", 0.0, 0.0

    def on(self, what: str) -> None:
        """Call it again and again while the work goes on."""
        now_s = self._clock()
        if what != self._what:
            self._what, self._since_s, self._said_s = what, now_s, now_s
            self._say(f"{what} ...")
        elif now_s - self._said_s >= STILL_S:
            self._said_s = now_s
            self._say(f"still {what.partition(':')[0]}, {now_s - self._since_s:.0f} s so far")

    @property
    def took_s(self) -> float:
        """Time since the work began; 0 before any."""
        return self._clock() - self._since_s if self._what else 0.0


class FlightDisplay(LiveScreen):
    """The drones of a run: live lines on a terminal; in a pipe or a file, one line for each change."""

    def __init__(
        self, console: Console, operator: Operator, run_dir: Path, plan_file: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """`plan_file` is a plan that is flown unchanged."""
        super().__init__(console)
        self._wait = Wait(self.say, clock)
        self.run_dir, self._plan_file = run_dir, plan_file
        self._operator = operator
        self._printed = 0
        self._is_one_of_several = False
        self._stage = ("", "")
        self._targets: dict[str, str] = {}
        """By target of a watch: its state and the drone that looks, as printed last."""

    def planning(self) -> None:
        """Say that the plan is made or checked; call it again and again until the plan is."""
        asked = "planning: what the fixed cameras see, what is blind, who flies where"
        self._wait.on(f"checking {self._plan_file}" if self._plan_file else asked)

    def planned(self, plan: Plan) -> None:
        coverage = plan.coverage
        self._is_one_of_several = plan.sortie is not None
        took_s = self._wait.took_s
        done = "checked" if self._plan_file else "planned"
        if plan.watch is not None:
            seen = plain_text.percent(plan.watch.seen_m2 / plan.watch.target_m2 if plan.watch.target_m2 else 0.0)
            self.say(
                f"{done} in {took_s:.0f} s: {plan.watch.of} posts; the first one sees {seen} of {plan.watch.target}"
            )
            return
        blind, public = map(plain_text.square_metres, (coverage.blind_area_m2, coverage.public_area_m2))
        self.say(
            f"{done} in {took_s:.0f} s: {blind} blind of {public} public, "
            f"{plain_text.percent(coverage.planned_blind_fraction, 1)} of it in sight of {len(plan.routes)} routes"
            + ("" if plan.sortie is None else f" in sortie {plan.sortie.number} of {plan.sortie.of}")
        )
        for line in plan.not_flying(self._operator.drones):
            self.say(line, style="yellow")

    def flying(self) -> AbstractContextManager[None]:
        return self.live(lambda: self._picture([]))

    def refresh(self, ended: Sequence[str]) -> None:
        if self._operator.mission.phase == "authorising":
            self._wait.on("waiting for the gate: it judges the plan, and a process checks it")
        if self._picture_is(lambda: self._picture(ended)):
            return
        self._say_stage()
        self._say_targets()
        statuses = self._operator.changes[self._printed :]
        self._printed += len(statuses)
        for status in statuses:
            if self._phase(status) == "landed" and status.phase == "idle":
                continue  # already printed when it landed
            why = f" ({one_line(status.reason)})" if status.reason else ""
            self.say(f"{status.drone}: {counted(status.phase, status.hold_ends_s)}{why}")

    def _say_stage(self) -> None:
        """Print each change of a mission of several sorties."""
        mission = self._operator.mission
        stage = one_line(mission.phase, 20), one_line(mission.reason, 600, keeps_end=True)
        if self._is_one_of_several and stage != self._stage and stage[0] not in ("", "done"):
            self._stage = stage
            self.say(": ".join(filter(None, stage)))

    def _say_targets(self) -> None:
        """Print each change of a watch's target."""
        for target, now in self._watch().items():
            line = ": ".join(filter(None, (now["state"].replace("_", " "), now["looking"])))
            if self._targets.get(target) != line:
                self._targets[target] = line
                self.say(f"{target}: {line}" + (f" ({now['reason']})" if now["reason"] else ""))

    def _watch(self) -> dict[str, dict[str, Any]]:
        return {one_line(one.target): target_state(one) for one in self._operator.mission.watch}

    def _phase(self, status: Any) -> str:
        """The phase to display. An idle drone that landed after a flight is shown as landed."""
        has_landed = any(past.drone == status.drone and past.phase == "landed" for past in self._operator.changes)
        return "landed" if has_landed and status.phase == "idle" else str(status.phase)

    def _picture(self, ended: Sequence[str]) -> RenderableType:
        operator = self._operator
        table = Table(box=None, pad_edge=False)
        for column in ("drone", "state", "battery", "route", "why"):
            table.add_column(column, justify="right" if column in ("battery", "route") else "left")
        for name in operator.drones:
            status = operator.statuses.get(name)
            if status is None:
                table.add_row(name, "-", "", "", "")
                continue
            phase = self._phase(status)
            state = Text(counted(phase, status.hold_ends_s), style=STYLES.get(phase, "cyan"))
            battery, route = _percent(status.battery_fraction), _percent(status.route_fraction)
            table.add_row(name, state, battery, route, one_line(status.reason))
        minutes, seconds = divmod(whole_seconds(operator.mission.elapsed_s), 60)
        seen = Text(
            f"blind ground seen {_percent(operator.coverage.seen_fraction)}   {minutes}:{seconds:02d} of flight   "
            f"{operator.detections} detections"
        )
        losses = [Text(f"{name} is lost", style="red") for name in operator.silent()]
        ends = [Text(line, style="red") for line in ended]
        stage = (operator.mission.phase, operator.mission.reason) if self._is_one_of_several else ("", "")
        words = one_line(": ".join(filter(None, stage)) or operator.mission.reason, 600, keeps_end=True)
        reason = [Text(words, style="yellow")] if words else []
        targets = [targets_table([watch])] if (watch := self._watch()) else []
        return Group(table, *targets, seen, *ends, *(losses if not ends else []), *reason)


def _percent(fraction: float) -> str:
    """A share that came over the network, as a percentage. "-" outside 0 to 1."""
    return plain_text.percent(fraction if 0.0 <= fraction <= 1.0 else None, unknown="-")


def whole_seconds(time_s: float) -> int:
    return int(time_s) if 0.0 <= time_s < 1e6 else 0


def print_outcome(console: Console, summary: Summary, run_dir: Path, total_s: float) -> None:
    """Print the result of a run in a few lines."""
    outcome, coverage = summary.outcome, summary.coverage
    gaps_m = [gap_m for drone in summary.drones if (gap_m := drone.min_building_clearance_m) is not None]
    kind = Text("SIMULATED", style="bold magenta") if summary.simulated is True else Text("real flight")
    console.print(kind, Text(outcome, style=f"bold {OUTCOME_STYLES.get(outcome, 'red')}"), Text(summary.reason))
    seen, planned = coverage.seen_blind_fraction, coverage.planned_blind_fraction
    blind = "an unknown area of" if coverage.blind_area_m2 is None else plain_text.square_metres(coverage.blind_area_m2)
    console.print(
        f"seen {plain_text.percent(seen, 1, unknown='-')} of {blind} blind ground, "
        f"planned {plain_text.percent(planned, 1, unknown='-')}; "
        f"nearest building {_metres(min(gaps_m, default=None))}, "
        f"drones apart {_metres(summary.min_separation_m)}; "
        f"{summary.speed_factor or 0:.1f} x real time, {total_s:.0f} s in all"
    )
    for violation in summary.violations or ():
        console.print(Text(f"violation: {violation}", style="bold red"))
    if outcome == "completed" and seen is not None and planned is not None and seen < planned - MUCH_LESS:
        where = f"{from_here(run_dir / 'log')}/*.camera.log"
        console.print(f"much less was seen than planned: {where} says when the camera was off, and why", soft_wrap=True)
    console.print(f"report: {from_here(run_dir / 'report.html')}", soft_wrap=True)


def _metres(value: float | None) -> str:
    return "-" if value is None else f"{plain_text.rounded_down(value):.1f} m"
