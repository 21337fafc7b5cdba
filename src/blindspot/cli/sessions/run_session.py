"""One run as the client of a running stack: planned, flown, and followed to the last landing; or only followed."""

from __future__ import annotations

import signal
import time
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from blindspot.cli.parts.flight_display import FlightDisplay
from blindspot.cli.parts.interrupt import handled_by
from blindspot.core import BlindspotError, one_line
from blindspot.evidence import sorties_after
from blindspot.evidence.observed import POSES_FILE
from blindspot.flight import WORST_FIRST, Outcome, known_outcome
from blindspot.mission import Mission, MissionRef, Plan, parse_plan
from blindspot.nodes import Homecoming
from blindspot.nodes.clients import Operator

ALIVE_WITHIN_S = 5.0
"""Wall time after the mission in which every node must publish again. A silent node counts as lost in the mission."""
SAVE_LIMIT_S = 5.0
FLIES = ("flying", "holding", "standing_by", "replanning", "returning")
"""Phases of a mission whose drones fly."""
CALL_AGAIN_S = 1.0
ANSWER_LIMIT_S = 5.0
"""Wall time for the mission manager's answer to an order: one that died in between gives none."""
MANAGER_BACK_WITHIN_S = 20.0
"""Wall time for a lost mission manager to be started again while its drones stand between two sorties: it then goes on
with the mission."""
PLANNER, MANAGER, MONITOR = "/blindspot/coverage_planner", "/blindspot/mission_manager", "/blindspot/coverage_monitor"


@dataclass(frozen=True, slots=True)
class Task:
    """A mission to fly, the person who orders it, and the folder of its run."""

    mission: Mission
    ref: MissionRef
    run_dir: Path
    person: str
    reason: str
    plan_file: Path | None = None
    """Plan file to check and fly instead of a new plan."""
    real_time: bool = False
    """The stack has no simulated clock."""


def outcome_of(result: tuple[str, str] | None, homecoming: Homecoming, lost: Sequence[str]) -> tuple[Outcome, str]:
    """Outcome and its one reason of a run, from the mission manager's result and the end of each drone's flight.

    `result` is None if the mission manager was lost. The worst outcome counts. A run that lost a node is at best
    `degraded`.
    """
    if result is None and homecoming.flown:
        came_home = all(end[0] in ("completed", "returned") for end in homecoming.ends.values())
        result = "returned", "the mission manager was lost" + ("; the drones came home without it" * came_home)
    elif result is None:
        result = "aborted", "the mission manager was lost before a drone flew"
    ends = [result, *homecoming.ends.values()]
    outcome = min((known_outcome(end[0]) for end in ends), key=WORST_FIRST.index)
    reasons = [end[1] for end in ends if known_outcome(end[0]) == outcome and end[1]] or [e[1] for e in ends if e[1]]
    if outcome == "completed" and lost:
        return "degraded", ", ".join(f"{node} is lost" for node in lost)
    return outcome, reasons[0] if reasons else ""


def _has_pictures(run_dir: Path) -> bool:
    """Whether the run has poses of pictures already, after the heading of their file."""
    try:
        return (run_dir / POSES_FILE).read_bytes().count(b"\n") > 1
    except OSError:
        return False


class RunSession:
    """Plan, fly, follow. The first Ctrl-C brings the drones of the run home, the second one ends the command."""

    def __init__(self, operator: Operator, display: FlightDisplay, task: Task) -> None:
        self._operator, self._display, self._task = operator, display, task
        self._interrupts = 0
        self._notes: list[str] = []
        """Events beside the drones, one sentence each."""
        self._gone: set[str] = set()
        """Processes that ended for good."""
        self._is_flown = self._is_shut_down = False
        self._silent_before: tuple[str, ...] = ()
        """Nodes that were silent at the last look before the stack was shut down."""
        self._called_home: Any = None
        """Answer to the order to come home."""
        self._call_again_s = self._answer_by_s = 0.0
        self._flown_plans: list[str] = []
        self._cleared_before = frozenset[str]()
        self._manager_gone_s = 0.0
        """Wall time at which the mission manager was last known to have our run."""

    def interruptible(self) -> AbstractContextManager[None]:
        """Within it, the session counts each Ctrl-C and SIGTERM. As an exception in a callback of a library, one could
        be lost."""
        return handled_by(self._on_interrupt, signal.SIGINT, signal.SIGTERM)

    def fly(self) -> tuple[Plan, dict[str, Any]]:
        """The flown plan and the facts of its run. Raises BlindspotError if the flight could not start."""
        with self.interruptible():
            self._get_ready()
            plan_file = "" if self._task.plan_file is None else str(self._task.plan_file.resolve())
            mission_file = str(self._task.mission.path)
            message = self._operator.plan(mission_file, self._while_planning, plan_file=plan_file)
            plan = parse_plan(message.json, "plan message")
            self._display.planned(plan)
            later = sorties_after(plan, self._task.run_dir)
            self._operator.start(message, self._task.ref, self._task.person, self._task.reason, later)
            return plan, self._followed()

    def join(
        self, plan: Plan, unheard_since_s: float, before: Sequence[Plan] = (), cleared: Collection[str] = ()
    ) -> dict[str, Any]:
        """Follow a flight in progress that another client ordered; the facts of its run, from here on. Its events are
        missing from `unheard_since_s` on, in time of the run. `before` are the plans of the sorties that were flown
        already, and `cleared` the hashes of the plans that were cleared for them. The boxes in earlier pictures are not
        counted, so their number is unknown if there are any. The caller keeps the session interruptible."""
        self._flown_plans, self._cleared_before = [part.id for part in before], frozenset(cleared)
        is_late = _has_pictures(self._task.run_dir)
        self._operator.join(plan, unheard_since_s)
        facts = self._followed()
        return facts | {"detections": None} if is_late else facts

    def _get_ready(self) -> None:
        """Wait until the stack can plan and fly."""

    def _look_around(self) -> None:
        """Look beyond the graph, at every turn of the flight."""

    def _wait_for_others_files(self) -> None:
        """Wait until other nodes have written their files of the run."""

    def _second_interrupt(self) -> None:
        """End the command during the flight."""
        raise KeyboardInterrupt

    def _more_facts(self) -> dict[str, Any]:
        return {}

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

    def _followed(self) -> dict[str, Any]:
        operator, task, started_s = self._operator, self._task, time.monotonic()
        start_sim_s = operator.sim_s
        with self._display.flying():
            while not self._is_over():
                operator.spin(0.2)
                self._look_for_shut_down()
                self._look_around()
                self._note_sortie()
                self._display.refresh([*self._notes, *operator.homecoming.messages])
                self._bring_home_if_interrupted()
            lost = self._lost_at_the_end()
        self._wait_for_seen_ground()
        self._wait_for_others_files()
        outcome, reason = outcome_of(operator.result, operator.homecoming, lost)
        wall_time_s = time.monotonic() - started_s
        return {
            "outcome": outcome,
            "reason": reason,
            "flown_plans": tuple(self._flown_plans),
            "cleared_plans": None if operator.leases.plans is None else operator.leases.plans | self._cleared_before,
            "detections": operator.detections,
            "wall_time_s": wall_time_s,
            "sim_time_s": wall_time_s if task.real_time else operator.sim_s - start_sim_s,
            "extra": {
                "order": {"run": task.run_dir.name, "person": task.person, "reason": task.reason},
                "unaccounted": [d for d, end in operator.homecoming.ends.items() if end[0] == "unaccounted"],
                "lost_nodes": list(lost),
                "chain": [event for event in self._chain() if event != reason],
                "pictures_counted": int(operator.coverage.pictures_counted),
                "pictures_refused": int(operator.coverage.pictures_refused),
                **self._more_facts(),
            },
        }

    def _chain(self) -> list[str]:
        """The events beside the logs of the nodes, each once."""
        home = self._operator.homecoming
        ends = (f"{drone}: {why}" for drone, (_, why) in home.ends.items() if why)
        return list(dict.fromkeys([*self._notes, *home.messages, *ends]))

    def _note_sortie(self) -> None:
        mission = self._operator.mission
        if mission.phase in FLIES and mission.plan not in self._flown_plans:
            self._flown_plans.append(str(mission.plan))

    def _bring_home_if_interrupted(self) -> None:
        """Order the drones home after the first interrupt. Repeat the order until the mission manager has taken it."""
        if self._interrupts >= 2:
            self._second_interrupt()
        if not self._interrupts:
            return
        called, now_s = self._called_home, time.monotonic()
        if called is not None and called.done() and not called.result().success:
            self._note(f"the drones are not called home: {one_line(called.result().message)}")
            self._called_home = None
        elif called is not None and not called.done() and now_s > self._answer_by_s:
            self._note("the mission manager did not answer the order to come home: it is given again")
            self._called_home = None
        if self._called_home is None and now_s >= self._call_again_s and self._operator.orders.is_ready:
            self._call_again_s, self._answer_by_s = now_s + CALL_AGAIN_S, now_s + ANSWER_LIMIT_S
            drones, why = self._operator.drones, "the operator ended the run with Ctrl-C"
            self._called_home = self._operator.orders.send("return_home", drones, self._task.person, why)

    @property
    def called_home(self) -> Literal["", "sent", "taken"]:
        """How far the order to come home got: it is taken by the mission manager, or sent and unanswered."""
        if self._called_home is None:
            return ""
        if not self._called_home.done():
            return "sent"
        return "taken" if self._called_home.result().success else ""

    def _note(self, event: str) -> None:
        if event not in self._notes:
            self._notes.append(event)

    def _wait_for_seen_ground(self) -> None:
        """Wait at most SAVE_LIMIT_S for the coverage monitor, which writes the seen ground when the mission is done. A
        silent monitor ends the wait: the seen ground is then unknown."""
        kept = self._task.run_dir / "seen.npz"
        deadline_s = time.monotonic() + SAVE_LIMIT_S
        while not kept.is_file() and MONITOR not in self._operator.silent():
            if time.monotonic() > deadline_s:
                return
            self._operator.spin()

    def _manager_lives(self) -> bool:
        """Whether the mission manager publishes and still has our run. A restarted one may have lost it."""
        phase = self._operator.mission.phase
        self._is_flown = self._is_flown or phase in FLIES
        if MANAGER not in self._operator.silent() and not (self._is_flown and not phase):
            self._manager_gone_s = time.monotonic()
            return True
        may_go_on = phase == "swapping" and MANAGER not in self._gone
        return may_go_on and time.monotonic() - self._manager_gone_s < MANAGER_BACK_WITHIN_S

    def _is_over(self) -> bool:
        """Whether the mission manager has ended, and the end of each drone's flight is known or can't be known."""
        if self._operator.result is None and self._manager_lives():
            return False
        is_over: bool = self._operator.homecoming.step({*self._gone, *self._operator.silent()})
        return is_over

    def _lost_at_the_end(self) -> tuple[str, ...]:
        """Watched nodes that are silent after the drones have landed. A stack that is shut down, also in this wait,
        ends its sound nodes, too: none of these is lost."""
        unheard: tuple[str, ...] = self._operator.unheard(ALIVE_WITHIN_S, gone=self._gone)
        self._look_around()
        self._look_for_shut_down()
        lost = {*self._gone, *self._silent_before}
        return tuple(node for node in unheard if node in lost) if self._is_shut_down else unheard

    def _look_for_shut_down(self) -> None:
        self._is_shut_down = self._is_shut_down or self._operator.shuts_down
        if not self._is_shut_down:
            self._silent_before = self._operator.silent()
