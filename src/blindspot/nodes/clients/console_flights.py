"""Plans and flights that people ask for in the console's page: one plan at a time, shown before a person orders it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from typing import Any, Literal

from blindspot_msgs.action import RunMission
from blindspot_msgs.msg import MissionOrder
from rclpy.action import ActionClient
from rclpy.node import Node

from blindspot.console.crew import AskedPlan, PlannedFlight
from blindspot.core import BlindspotError, one_line
from blindspot.evidence import sorties_after
from blindspot.law.orders import FLY_WITHIN_S, unsigned
from blindspot.mission import Plan, parse_plan
from blindspot.nodes.clients.console_records import ConsoleRecords
from blindspot.nodes.clients.plan_request import PlanRequest
from blindspot.nodes.orders.ordering import ANSWER_LIMIT_S

FLIGHT = "flight"
"""Key of the record of the plan that a page asked for."""
TAKEN_WITHIN_S = FLY_WITHIN_S + 5.0
"""Wall time for the mission manager's answer to an order to fly, as of the operator's client."""


class ConsoleFlights:
    """Asks the planner and the mission manager. `ask` and `planned` may be called by another thread; call `step` again
    and again."""

    def __init__(self, node: Node, records: ConsoleRecords) -> None:
        self._plan, self._mission = PlanRequest(node), ActionClient(node, RunMission, "run_mission")
        self._records = records
        self._asked: deque[AskedPlan] = deque()
        self._works: Generator[None, None, None] | None = None
        self._planned: PlannedFlight | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a plan is being made."""
        return bool(self._asked) or self._works is not None

    def ask(self, plan: AskedPlan) -> None:
        """Let a mission be planned; the record `flight` follows the plan."""
        self._planned = None
        self._show(plan, "planning")
        self._asked.append(plan)

    def planned(self, run: str) -> PlannedFlight | None:
        """The plan of a run that waits for an order; None for another run."""
        found = self._planned
        return found if found is not None and found.asked.run_dir.name == run else None

    def step(self) -> None:
        if self._works is None and self._asked:
            self._works = self._made(self._asked.popleft())
        if self._works is not None and next(self._works, self) is self:
            self._works = None

    def send(self, run: str, person: str, reason: str, signature: str) -> AwaitedFlight:
        """Order the flight of the plan of this run, once."""
        planned = self.planned(run)
        sent = AwaitedFlight(run, lambda: self._records.runs)
        if planned is None:
            sent.refuse("this plan was flown, or another one was made since: plan again")
            return sent
        self._planned = None
        ref = planned.asked.ref
        order = MissionOrder(
            file=ref.file, sha256=ref.sha256, run=run, person=person, reason=reason, plans=list(planned.plans),
            signature=signature or unsigned(),
        )  # fmt: skip
        sent.hear(self._mission.send_goal_async(RunMission.Goal(mission=order, plan=planned.message)))
        self._show(planned.asked, "ordered")
        return sent

    def _made(self, asked: AskedPlan) -> Generator[None, None, None]:
        """The plan of a mission, from the request to the figures that a page shows; waits at each `yield`."""
        until_s = time.monotonic() + ANSWER_LIMIT_S
        while not self._plan.is_ready and time.monotonic() < until_s:
            yield
        try:
            message = yield from self._plan.steps(str(asked.mission), asked.run_dir.name)
            plan = parse_plan(message.json, "plan message")
            later = sorties_after(plan, asked.run_dir)
        except (BlindspotError, OSError) as error:
            with suppress(OSError):  # rmdir leaves a folder with files alone
                asked.run_dir.rmdir()
            self._show(asked, "failed", {"problem": one_line(error, 600)})
            return
        plans = (str(message.sha256), *(each.sha256 for each in later))
        drones = tuple(route.drone for route in plan.routes)
        self._planned = PlannedFlight(asked, message, plans, drones)
        details = self._planned.ordered("", "").details
        self._show(
            asked, "planned", {"details": details, "drones": drones, **figures_of_plan(plan), "sorties": len(plans)}
        )

    def _show(self, asked: AskedPlan, state: str, more: Mapping[str, Any] | None = None) -> None:
        content = {"state": state, "mission": asked.name, "file": asked.ref.file, "run": asked.run_dir.name}
        self._records.take(FLIGHT, content | dict(more or {}))


class AwaitedFlight:
    """An order to fly that was sent, and the wait for the mission manager, as `AwaitedOrder` of other orders. `runs`
    are the runs that the manager reports."""

    def __init__(self, run: str, runs: Callable[[], Mapping[str, str]]) -> None:
        self._run, self._runs, self._until_s = run, runs, time.monotonic() + TAKEN_WITHIN_S
        self._refused = ""

    def hear(self, goal: Any) -> None:
        """Hear the answer to the goal."""
        goal.add_done_callback(self._on_accepted)

    def refuse(self, message: str) -> None:
        """Note why the flight is not begun."""
        self._refused = message

    @property
    def state(self) -> Literal["sent", "taken", "refused", "unanswered"]:
        if self._refused:
            return "refused"
        if self._run in self._runs():
            return "taken"
        return "sent" if time.monotonic() <= self._until_s else "unanswered"

    @property
    def message(self) -> str:
        """The manager's sentence against the flight; empty without one."""
        return self._refused

    def _on_accepted(self, future: Any) -> None:
        goal = future.result()
        if not goal.accepted:
            self.refuse("the mission manager takes no other mission now")
        else:
            goal.get_result_async().add_done_callback(self._on_result)

    def _on_result(self, future: Any) -> None:
        result = future.result().result
        if result.outcome in ("refused", ""):
            self.refuse(one_line(result.reason, 600, keeps_end=True) or "the mission manager gave no reason")


def figures_of_plan(plan: Plan) -> dict[str, Any]:
    """The figures that a person reads before the order; None for a figure that the plan lacks."""
    coverage, intrusion = plan.coverage, plan.intrusion
    return {
        "minutes": None if plan.minutes is None else round(plan.minutes.planned_s / 60.0, 1),
        "share": coverage.planned_blind_fraction, "blind_m2": round(coverage.blind_area_m2),
        "private_m2s": None if intrusion is None else round(intrusion.private_m2s),
        "highest_px_per_m": None if intrusion is None else round(intrusion.highest_px_per_m, 1),
    }  # fmt: skip
