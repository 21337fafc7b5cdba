"""One run as the client of a running stack: planned, ordered, and watched until its record is concluded.

The node `logbook` writes the record. The client reads the conclusion from the run's folder, and believes no message
about the conclusion.
"""

from __future__ import annotations

import signal
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from blindspot.cli.parts.flight_display import FlightDisplay
from blindspot.cli.parts.interrupt import handled_by
from blindspot.core import BlindspotError, one_line
from blindspot.evidence import keep_papers, sorties_after
from blindspot.evidence.logbook import is_begun, is_concluded
from blindspot.mission import Mission, MissionRef, parse_plan
from blindspot.nodes.clients import AwaitedOrder, Operator

CALL_AGAIN_S = 1.0
BEGUN_WITHIN_S = 5.0
"""Wall time after the mission manager's answer in which the record of a run is open. A mission that the manager refused
at once has none."""
CONCLUDED_WITHIN_S = 360.0
"""Wall time for the record's conclusion, from the end of the mission."""
GONE_FOR_S = 60.0
"""Wall time in which a lost mission manager, or a lost logbook, may be started again."""
PLANNER, MANAGER, LOGBOOK = "/blindspot/coverage_planner", "/blindspot/mission_manager", "/blindspot/logbook"


@dataclass(frozen=True, slots=True)
class Task:
    """A mission to fly, the person who orders it, and the folder of the mission's run."""

    mission: Mission
    ref: MissionRef
    run_dir: Path
    person: str
    reason: str
    plan_file: Path | None = None
    """Plan file to check and fly instead of a new plan."""


class RunSession:
    """Plan, fly, watch. The first Ctrl-C brings the drones of the run home, the second one ends the command."""

    def __init__(self, operator: Operator, display: FlightDisplay, task: Task) -> None:
        self._operator, self._display, self._task = operator, display, task
        self._interrupts = 0
        self._notes: list[str] = []
        """Events beside the drones, one sentence each."""
        self._gone: set[str] = set()
        """Processes that ended for good."""
        self._call_home: AwaitedOrder | None = None
        """The order to come home."""
        self._call_again_s = 0.0
        self._ended_s: float | None = None
        """Wall time at which the mission was known to be over."""
        self._present_s = time.monotonic()
        """Wall time at which the logbook, or the mission manager of a mission in progress, was heard last."""

    def interruptible(self) -> AbstractContextManager[None]:
        """Within it, the session counts each Ctrl-C and SIGTERM. As an exception in a callback of a library, one could
        be lost."""
        return handled_by(self._on_interrupt, signal.SIGINT, signal.SIGTERM)

    def fly(self) -> tuple[str, str] | None:
        """Fly the mission, and wait for the conclusion of its record; the mission manager's outcome and reason, None
        without an answer. Raises BlindspotError if the flight could not start."""
        with self.interruptible():
            self._get_ready()
            task, operator = self._task, self._operator
            plan_file = "" if task.plan_file is None else str(task.plan_file.resolve())
            message = operator.plan(str(task.mission.path), self._while_planning, plan_file=plan_file)
            plan = parse_plan(message.json, "plan message")
            self._display.planned(plan)
            if task.plan_file is not None:
                simulated = operator.fleet is None or bool(operator.fleet.simulated)
                keep_papers(task.plan_file, plan.sha256, task.run_dir, simulated=simulated)
            operator.start(message, task.ref, task.person, task.reason, sorties_after(plan, task.run_dir))
            return self._watch()

    def join(self) -> tuple[str, str] | None:
        """Watch a flight in progress of another client, and wait for the conclusion of its record; returns as `fly`.
        The caller keeps the session interruptible."""
        self._operator.join()
        return self._watch()

    def _watch(self) -> tuple[str, str] | None:
        operator = self._operator
        with self._display.flying():
            while not self._is_over():
                operator.spin(0.2)
                self._look_around()
                self._display.refresh(self._notes)
                self._bring_home_if_interrupted()
        return operator.result

    def _get_ready(self) -> None:
        """Wait until the stack can plan and fly."""

    def _look_around(self) -> None:
        """Look beyond the graph, at every turn of the flight."""

    def _second_interrupt(self) -> None:
        """End the command during the flight."""
        raise KeyboardInterrupt

    def _on_interrupt(self, number: int, _: Any) -> None:
        self._interrupts += 2 if number == signal.SIGTERM else 1

    def _stop_if_interrupted(self) -> None:
        """Before the flight, the first interrupt ends the command."""
        if self._interrupts:
            raise KeyboardInterrupt

    def _while_planning(self) -> None:
        self._display.planning()
        self._stop_if_interrupted()
        if PLANNER in self._operator.silent():
            raise BlindspotError(f"{PLANNER} fell silent while it planned: see blindspot status, and fly again")

    def _bring_home_if_interrupted(self) -> None:
        """Order the drones home after the first interrupt. Repeat the order until the mission manager has taken it."""
        if self._interrupts >= 2:
            self._second_interrupt()
        if not self._interrupts or self._operator.result is not None:
            return
        called, now_s = self._call_home, time.monotonic()
        if called is not None and called.state == "refused":
            self._note(f"the drones are not called home: {one_line(called.message)}")
            self._call_home = None
        elif called is not None and called.state == "unanswered":
            self._note("the mission manager did not answer the order to come home: it is given again")
            self._call_home = None
        if self._call_home is None and now_s >= self._call_again_s and self._operator.orders.is_ready:
            self._call_again_s = now_s + CALL_AGAIN_S
            drones, why = self._operator.drones, "the operator ended the run with Ctrl-C"
            self._call_home = AwaitedOrder(self._operator.orders, "return_home", drones, self._task.person, why)

    @property
    def called_home(self) -> Literal["", "sent", "taken"]:
        """How far the order to come home got: it is taken by the mission manager, or sent and unanswered."""
        state = "" if self._call_home is None else self._call_home.state
        return "taken" if state == "taken" else "sent" if state in ("sent", "unanswered") else ""

    def _note(self, event: str) -> None:
        if event not in self._notes:
            self._notes.append(event)

    def _is_over(self) -> bool:
        """Whether the record is concluded, or nobody will conclude it."""
        now_s, silent = time.monotonic(), {*self._gone, *self._operator.silent()}
        if is_concluded(self._task.run_dir):
            return True
        if LOGBOOK not in silent or (self._operator.result is None and MANAGER not in silent):
            self._present_s = now_s
        if self._operator.result is not None and self._ended_s is None:
            self._ended_s = now_s
        if now_s - self._present_s > GONE_FOR_S:
            return True
        if self._ended_s is None:
            return False
        limit_s = CONCLUDED_WITHIN_S if is_begun(self._task.run_dir) else BEGUN_WITHIN_S
        return now_s - self._ended_s > limit_s
