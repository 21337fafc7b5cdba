"""One run of the stack on this machine, from the first process to the last landing."""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from blindspot.cli.flight_display import FlightDisplay
from blindspot.errors import BlindspotError
from blindspot.nodes.operator import Operator
from blindspot.planning.plan import Plan, parse_plan
from blindspot.processes import Stack
from blindspot.px4_logs import Px4Logs
from blindspot.supervisor import Supervisor, pss_mb

START_LIMIT_S = 60.0
"""Wall time in which another node must come up."""
END_LIMIT_S = 60.0
"""Wall time, once the mission manager is lost, in which a node that could tell of the landing may be silent."""

SAVE_LIMIT_S = 5.0


class StartError(BlindspotError):
    """The stack did not come up; says which node and why."""


def refuse_second_stack(others: Sequence[str], environ: Mapping[str, str]) -> None:
    """Raise StartError where others' nodes answer to our names: orders would reach both stacks, or the wrong one."""
    if others:
        domain = environ.get("ROS_DOMAIN_ID") or "0"
        raise StartError(
            f"another stack runs on ROS_DOMAIN_ID {domain} ({others[0]} lives already): "
            "stop it, or export another ROS_DOMAIN_ID (0 to 101) for this one"
        )


def not_up(absent: Sequence[str], watched: int, logs: Path) -> str:
    """What is said of nodes that are not there; where that is all of those watched, it is hardly theirs."""
    within = f"within {START_LIMIT_S:.0f} s"
    if len(absent) < watched:
        return f"{', '.join(absent)}: not up {within}; see {logs}"
    return f"not one of {watched} nodes is heard {within}: ./blindspot doctor looks for why; their logs are in {logs}"


class SimSession:
    """Start, plan, fly, end. Ctrl-C brings the drones home; a second one, or SIGTERM, stops everything."""

    def __init__(
        self, stack: Stack, supervisor: Supervisor, operator: Operator, display: FlightDisplay, px4_logs: Px4Logs
    ) -> None:
        self._stack, self._supervisor, self._operator, self._display = stack, supervisor, operator, display
        self._px4_logs = px4_logs
        self._interrupts = 0
        self._ended: list[str] = []
        self._peak_mb = 0.0
        self._next_memory_s = 0.0
        self._is_flown = False

    def fly(self) -> tuple[Plan, dict[str, Any]]:
        """The plan that was flown and what became of it; raises BlindspotError where nothing could be flown."""
        assert self._stack.mission is not None
        previous = {number: signal.signal(number, self._on_interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            self._wait_until_alive()
            self._px4_logs.find(self._supervisor.pids)
            message = self._operator.plan(str(self._stack.mission.path), self._while_planning)
            plan = parse_plan(message.json, "plan message")
            self._display.planned(plan)
            return plan, self._fly(message)
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _on_interrupt(self, number: int, _: Any) -> None:
        """Only counted: an exception here would break into a callback of the graph."""
        self._interrupts += 2 if number == signal.SIGTERM else 1

    def _stop_if_interrupted(self, times: int) -> None:
        if self._interrupts >= times:
            raise KeyboardInterrupt

    def _wait_until_alive(self) -> None:
        missing, deadline_s = None, 0.0
        with self._display.starting(len(self._stack.watched)) as tell:
            while absent := self._operator.absent() or self._operator.unreachable():
                tell(len(self._stack.watched) - len(self._operator.absent()))
                self._operator.spin()
                self._fail_if_ended()
                self._stop_if_interrupted(1)
                if absent != missing:
                    missing, deadline_s = absent, time.monotonic() + START_LIMIT_S
                elif time.monotonic() > deadline_s:
                    raise StartError(not_up(absent, len(self._stack.watched), self._display.run_dir / "log"))

    def _fail_if_ended(self) -> None:
        for ended in self._supervisor.ended():
            if ended.started_again:
                continue
            raise StartError(f"{ended}; its log is in {self._display.run_dir / 'log'}")

    def _while_planning(self) -> None:
        self._display.planning()
        self._fail_if_ended()
        self._stop_if_interrupted(1)

    def _fly(self, message: Any) -> dict[str, Any]:
        operator, started_s = self._operator, time.monotonic()
        start_sim_s, untold_s = operator.sim_s, started_s
        operator.start(message)
        brought_home = False
        with self._display.flying():
            while operator.result is None:
                operator.spin(0.2)
                self._display.refresh(self._ended)
                self._note_memory()
                self._ended += [str(ended) for ended in self._supervisor.ended()]
                self._stop_if_interrupted(2)
                if self._interrupts and not brought_home:
                    brought_home = True
                    operator.order("return_home")
                is_lost = not self._manager_lives()
                if not (is_lost and self._nobody_tells()):
                    untold_s = time.monotonic()
                if is_lost and (self._all_down() or time.monotonic() - untold_s > END_LIMIT_S):
                    break
        self._wait_for_seen_ground()
        outcome, reason = operator.result or self._outcome_without_manager()
        wall_time_s = time.monotonic() - started_s
        return {
            "outcome": outcome,
            "reason": "; ".join([*self._ended, *([reason] if reason else [])]),
            "detections": operator.detections,
            "wall_time_s": wall_time_s,
            "sim_time_s": wall_time_s if self._stack.mode == "sitl" else operator.sim_s - start_sim_s,
            "extra": {
                "memory_mb": round(self._peak_mb),
                "pictures_counted": int(operator.coverage.pictures_counted),
                "pictures_refused": int(operator.coverage.pictures_refused),
            },
        }

    def _wait_for_seen_ground(self) -> None:
        """The coverage monitor writes what was seen when the mission is done; without it that is not known."""
        kept = self._display.run_dir / "seen.npz"
        deadline_s = time.monotonic() + SAVE_LIMIT_S
        while not kept.is_file() and "/blindspot/coverage_monitor" not in self._operator.silent():
            if time.monotonic() > deadline_s:
                return
            self._operator.spin()

    def _manager_lives(self) -> bool:
        """Heard, and still at our mission: one that was started again is idle and knows nothing of it."""
        phase = self._operator.mission.phase
        self._is_flown = self._is_flown or phase in ("flying", "holding", "returning")
        return "/blindspot/mission_manager" not in self._operator.silent() and not (self._is_flown and phase == "idle")

    def _nobody_tells(self) -> bool:
        """A drone's landing can't be told any more: its flight_control is silent, or what moves it."""
        telling = ("/simulator", "/blindspot/clock", *(f"/{name}/flight_control" for name in self._operator.drones))
        return any(node in telling for node in self._operator.silent())

    def _all_down(self) -> bool:
        return all(map(self._operator.is_down, self._operator.drones))

    def _outcome_without_manager(self) -> tuple[str, str]:
        """The manager died: the drones come home by themselves, and that they did is all that can be said."""
        if self._all_down():
            return "returned", "the mission manager was lost; every drone came home by itself"
        return "failed", "the mission manager was lost and a drone's landing was not seen"

    def _note_memory(self) -> None:
        if time.monotonic() >= self._next_memory_s:
            self._next_memory_s = time.monotonic() + 5.0
            self._peak_mb = max(self._peak_mb, sum(map(pss_mb, self._supervisor.pids.values())))
