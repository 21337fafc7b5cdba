"""The stack as the scheduler of an operation sees it: the scheduler requests checked plans and flights, and follows
their runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from blindspot_msgs.action import RunMission
from blindspot_msgs.msg import FleetStatus, MissionOrder
from blindspot_msgs.srv import PlanCoverage
from rclpy.action import ActionClient

from blindspot.core import one_line
from blindspot.law.orders import Ordered, unsigned
from blindspot.mission import MissionRef
from blindspot.nodes.clients.stops import Stops
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.nodes.graph.messages import BUSY, status_of
from blindspot.nodes.orders.signed_orders import mission_ordered
from blindspot.operations import PassRow, RunNow, World

SILENT_S = 10.0
"""Wall time without a `fleet_status` after which the stack counts as silent: the status comes at 2 Hz of the stack's
clock."""
REQUESTED_S = 30.0
"""Wall time in which an ordered run must appear in `fleet_status`. A mission manager that was restarted needs less."""
ASK_AGAIN_S = 300.0
FULL_FRACTION = 0.9
"""Charge of a fresh pack. A simulation changes the packs by itself, some time after the landing."""


class PatrolStack:
    """The `Fleet` of `operations.drive.Scheduler`, as a part of a node.

    `plan_of` gives the plan file of a variant, `sign` signs the order of a pass by the mandate of the pass's person,
    and `why_not_drawn` gives the reason why no evening may be drawn now, or "". `stops` are the stops ordered by
    people. `person` (who started the operation in an unattended simulation), `wind_mps`, `max_wind_mps` and `pilots`
    are as in `operations.World`.
    """

    def __init__(
        self, node: GuardedNode, mission: MissionRef, drones: tuple[str, ...], plan_of: Callable[[str], Path],
        person: str, wind_mps: float | None, max_wind_mps: float, pilots: frozenset[str],
        sign: Callable[[PassRow, Ordered], str], why_not_drawn: Callable[[], str], stops: Stops,
    ) -> None:  # fmt: skip
        self._node, self._mission, self._drones, self._plan_of = node, mission, drones, plan_of
        self._person, self._wind_mps, self._max_wind_mps, self._pilots = person, wind_mps, max_wind_mps, pilots
        self._sign, self._why_not_drawn, self._stops = sign, why_not_drawn, stops
        self._status: FleetStatus | None = None
        self._heard_s = self._since_s = -SILENT_S
        self._runs: dict[str, tuple[RunNow, float]] = {}
        """By run: the run's latest state, and the wall time of that report."""
        self._plans: dict[str, Any] = {}
        self._refused: dict[str, str] = {}
        self._asked_s: dict[str, float] = {}
        self._plan = node.create_client(PlanCoverage, "plan_coverage")
        self._fly = ActionClient(node, RunMission, "run_mission")
        self._fleet = node.create_subscription(FleetStatus, "fleet_status", self._on_fleet, qos.LATCHED)

    def world(self, now: datetime) -> World:
        now_s = time.monotonic()
        heard_s = now_s - self._since_s if now_s - self._heard_s < SILENT_S else 0.0
        for run, (known, at_s) in list(self._runs.items()):
            if heard_s and not known.outcome and now_s - at_s > REQUESTED_S:
                del self._runs[run]
        return World(
            heard_s, {run: known for run, (known, _) in self._runs.items()}, self._why_not_ready(), self._person,
            self._wind_mps, self._max_wind_mps, frozenset(self._plans), self._refused, self._pilots,
            self._why_not_drawn(), self._taken(), *self._stops.latest(now),
        )  # fmt: skip

    def prepare(self, row: PassRow) -> None:
        """Ask the planner to check the plan of a pass, once."""
        now_s = time.monotonic()
        if now_s < self._asked_s.get(row.run, 0.0) or not self._plan.service_is_ready():
            return
        self._asked_s = {row.run: now_s + ASK_AGAIN_S}
        self._plans.clear()
        self._refused.clear()
        request = PlanCoverage.Request(
            mission_file=self._mission.file, run=row.run, plan_file=str(self._plan_of(row.variant))
        )
        self._plan.call_async(request).add_done_callback(partial(self._on_plan, row.run))

    def start(self, row: PassRow) -> None:
        """Order the flight of a pass."""
        order = MissionOrder(
            file=self._mission.file, sha256=self._mission.sha256, run=row.run, person=row.person,
            reason=one_line(f"{row.id}: {row.reason}", 100),
        )  # fmt: skip
        self._runs[row.run] = RunNow("requested"), time.monotonic()
        goal = RunMission.Goal(mission=order, plan=self._plans.pop(row.run))
        order.plans = [goal.plan.sha256]
        order.signature = self._sign(row, mission_ordered(order)) or unsigned()
        goal.mission = order
        self._fly.send_goal_async(goal).add_done_callback(partial(self._on_accepted, row.run))

    def _on_plan(self, run: str, future: Any) -> None:
        answer = future.result()
        if run not in self._asked_s:  # a later pass has been asked for since
            return
        if answer.success:
            self._plans[run] = answer.plan
        elif answer.message.startswith(BUSY):
            self._asked_s[run] = time.monotonic() + 1.0
        else:
            self._refused[run] = one_line(answer.message)

    def _on_accepted(self, run: str, future: Any) -> None:
        goal = future.result()
        if not goal.accepted:
            self._runs[run] = RunNow("done", "refused", "the mission manager takes no goal"), time.monotonic()
            return
        goal.get_result_async().add_done_callback(partial(self._on_result, run))

    def _on_result(self, run: str, future: Any) -> None:
        result = future.result().result
        if result.outcome:
            self._runs[run] = RunNow("done", result.outcome, one_line(result.reason)), time.monotonic()

    def _on_fleet(self, message: FleetStatus) -> None:
        if self._node.count_publishers(self._fleet.topic_name) > 1:  # some publisher is another process
            problem = "another process publishes fleet_status, too: the state of the fleet is unknown"
            self._node.get_logger().warning(problem, throttle_duration_sec=60.0)
            return
        now_s = time.monotonic()
        if now_s - self._heard_s > SILENT_S:
            self._since_s = now_s
        message.drones = [status_of(status, status.drone) for status in message.drones]
        self._status, self._heard_s = message, now_s
        kept = {run: known for run, known in self._runs.items() if known[0].outcome or now_s - known[1] <= REQUESTED_S}
        self._runs = dict(list(kept.items())[-16:])
        for mission in message.missions:
            before = self._runs.get(mission.run)
            if before is None or not before[0].outcome:  # an outcome is the last word
                outcome = mission.outcome if mission.phase == "done" else ""
                self._runs[mission.run] = RunNow(mission.phase, outcome, one_line(mission.reason)), now_s

    def _taken(self) -> str:
        """The run in progress with some of our drones, as a sentence; empty without such a run."""
        for mission in () if self._status is None else self._status.missions:
            taken = [drone for drone in self._drones if drone in mission.drones]
            if taken and mission.phase != "done":
                return f"{taken[0]} flies run {one_line(mission.run, 60)}"
        return ""

    def _why_not_ready(self) -> str:
        """The reason why the drones can't take off now; empty if they can."""
        if self._status is None:
            return "the stack is not heard"
        if self._person and not self._status.simulated:
            return "the stack is real: a person must confirm each pass"
        if taken := self._taken():
            return taken
        ours = ("blindspot", *self._drones)
        lost = [one_line(node, 60) for node in self._status.lost_nodes if node.strip("/").partition("/")[0] in ours]
        if lost:
            return f"{lost[0]} is lost"
        statuses = {status.drone: status for status in self._status.drones}
        for drone in self._drones:
            status = statuses.get(drone)
            if status is None or status.autopilot != "down":
                return f"{drone} is not known to stand on the ground"
            if self._wind_mps is not None and not status.battery_fraction >= FULL_FRACTION:
                return f"{drone} waits for a fresh pack"
        return ""
