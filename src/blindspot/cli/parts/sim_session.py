"""One run of the stack on this machine, from the first process to the last landing."""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from blindspot.cli.parts.flight_display import FlightDisplay
from blindspot.core import BlindspotError
from blindspot.flight import WORST_FIRST, Outcome, known_outcome
from blindspot.mission import Plan, parse_plan
from blindspot.nodes import Homecoming
from blindspot.nodes.clients import Operator
from blindspot.stack import Px4Logs, Stack, Supervisor, pss_mb

START_LIMIT_S = 60.0
"""Wall time in which another node must come up."""
ALIVE_WITHIN_S = 5.0
"""Wall time after the mission in which every node must publish again. A silent node counts as lost in the mission."""

SAVE_LIMIT_S = 5.0


class StartError(BlindspotError):
    """The stack failed to start. The message names the node and the reason."""


def refuse_second_stack(others: Sequence[str], environ: Mapping[str, str]) -> None:
    """Raise StartError if nodes of another stack have our names: orders would reach both stacks, or the wrong one."""
    if others:
        domain = environ.get("ROS_DOMAIN_ID") or "0"
        raise StartError(
            f"another stack runs on ROS_DOMAIN_ID {domain} ({others[0]} is up already): "
            "stop it, or export another ROS_DOMAIN_ID (0 to 101) for this one"
        )


def not_up(absent: Sequence[str], watched: int, logs: Path) -> str:
    """The message about missing nodes. If all watched nodes are missing, the cause is hardly a node."""
    within = f"within {START_LIMIT_S:.0f} s"
    if len(absent) < watched:
        return f"{', '.join(absent)}: not up {within}; see {logs}"
    return f"not one of {watched} nodes is heard {within}: find the cause with ./blindspot doctor; logs: {logs}"


def outcome_of(result: tuple[str, str] | None, homecoming: Homecoming, lost: Sequence[str]) -> tuple[Outcome, str]:
    """Outcome and reason of a run, from the mission manager's result and the end of each drone's flight.

    `result` is None if the mission manager was lost. The worst outcome counts. A run that lost a node is at best
    `degraded`.
    """
    if result is None and homecoming.flown:
        result = "returned", "the mission manager was lost; the drones came home without it"
    elif result is None:
        result = "aborted", "the mission manager was lost before a drone flew"
    ends = [result, *homecoming.ends.values()]
    outcome = min((known_outcome(end[0]) for end in ends), key=WORST_FIRST.index)
    reasons = [end[1] for end in ends if end[1]]
    reasons += [f"{node} is lost" for node in lost if not any(node in reason for reason in reasons)]
    return ("degraded" if outcome == "completed" and lost else outcome), "; ".join(reasons)


class SimSession:
    """Start, plan, fly, end. Ctrl-C brings the drones home. A second Ctrl-C or SIGTERM stops everything."""

    def __init__(
        self, stack: Stack, supervisor: Supervisor, operator: Operator, display: FlightDisplay, px4_logs: Px4Logs
    ) -> None:
        self._stack, self._supervisor, self._operator, self._display = stack, supervisor, operator, display
        self._px4_logs = px4_logs
        self._interrupts = 0
        self._ended: list[str] = []
        self._gone: set[str] = set()
        """Processes that ended for good."""
        self._peak_mb = 0.0
        self._next_memory_s = 0.0
        self._is_flown = False

    def fly(self) -> tuple[Plan, dict[str, Any]]:
        """The flown plan and the facts of its run. Raises BlindspotError if the flight could not start."""
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
        """Count the signal. An exception here would interrupt a callback of the graph."""
        self._interrupts += 2 if number == signal.SIGTERM else 1

    def _stop_if_interrupted(self, times: int) -> None:
        if self._interrupts >= times:
            raise KeyboardInterrupt

    def _wait_until_alive(self) -> None:
        missing, deadline_s = None, 0.0
        with self._display.starting(len(self._stack.watched)) as show:
            while absent := self._operator.absent() or self._operator.unreachable():
                show(len(self._stack.watched) - len(self._operator.absent()))
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
        start_sim_s = operator.sim_s
        operator.start(message)
        brought_home = False
        with self._display.flying():
            while not self._is_over():
                operator.spin(0.2)
                self._display.refresh([*self._ended, *operator.homecoming.told])
                self._note_memory()
                self._look_at_processes()
                self._stop_if_interrupted(2)
                if self._interrupts and not brought_home:
                    brought_home = True
                    operator.order("return_home")
            lost = self._lost_at_the_end()
        self._wait_for_seen_ground()
        outcome, reason = outcome_of(operator.result, operator.homecoming, lost)
        wall_time_s = time.monotonic() - started_s
        return {
            "outcome": outcome,
            "reason": "; ".join([*self._ended, *operator.homecoming.told, *([reason] if reason else [])]),
            "detections": operator.detections,
            "wall_time_s": wall_time_s,
            "sim_time_s": wall_time_s if self._stack.mode == "sitl" else operator.sim_s - start_sim_s,
            "extra": {
                "unaccounted": [d for d, end in operator.homecoming.ends.items() if end[0] == "unaccounted"],
                "lost_nodes": list(lost),
                "memory_mb": round(self._peak_mb),
                "pictures_counted": int(operator.coverage.pictures_counted),
                "pictures_refused": int(operator.coverage.pictures_refused),
            },
        }

    def _wait_for_seen_ground(self) -> None:
        """Wait at most SAVE_LIMIT_S for the coverage monitor, which writes the seen ground when the mission is done. A
        silent monitor ends the wait: the seen ground is then unknown."""
        kept = self._display.run_dir / "seen.npz"
        deadline_s = time.monotonic() + SAVE_LIMIT_S
        while not kept.is_file() and "/blindspot/coverage_monitor" not in self._operator.silent():
            if time.monotonic() > deadline_s:
                return
            self._operator.spin()

    def _manager_lives(self) -> bool:
        """Whether the mission manager publishes and still runs our mission. A restarted one is idle and has lost it."""
        phase = self._operator.mission.phase
        self._is_flown = self._is_flown or phase in ("flying", "holding", "returning")
        return "/blindspot/mission_manager" not in self._operator.silent() and not (self._is_flown and phase == "idle")

    def _is_over(self) -> bool:
        """Whether the mission manager has ended, and the end of each drone's flight is known or can't be known."""
        if self._operator.result is None and self._manager_lives():
            return False
        is_over: bool = self._operator.homecoming.step({*self._gone, *self._operator.silent()})
        return is_over

    def _look_at_processes(self) -> None:
        for ended in self._supervisor.ended():
            self._ended.append(str(ended))
            if not ended.started_again:
                self._gone.add(ended.name)

    def _lost_at_the_end(self) -> tuple[str, ...]:
        """Watched nodes that are silent after the drones have landed."""
        unheard: tuple[str, ...] = self._operator.unheard(ALIVE_WITHIN_S, gone=self._gone)
        self._look_at_processes()
        return unheard

    def _note_memory(self) -> None:
        if time.monotonic() >= self._next_memory_s:
            self._next_memory_s = time.monotonic() + 5.0
            self._peak_mb = max(self._peak_mb, sum(map(pss_mb, self._supervisor.pids.values())))
