"""The routes of a mission in flight: the routes of the plan, and the rest of the plan after the loss of a drone.

The drones that stand by get new routes from the planner, cleared by the authority. A drone that gets no route, or
misses the time-out to take a route, comes home. Every wait has a time-out on the wall clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from blindspot_msgs.msg import DroneStatus
from blindspot_msgs.srv import FlyRest, Order, Replan
from rclpy.client import Client
from rclpy.node import Node

from blindspot.flight import FleetRun
from blindspot.flight.vehicle import requests
from blindspot.mission import Plan, Route
from blindspot.mission.in_flight import Situation, Standing, standing
from blindspot.nodes.graph.messages import now_s, plan_message, plan_of
from blindspot.nodes.judging import plan_judge
from blindspot.nodes.missions.drones import Drones

REST_LIMIT_S = 60.0
"""Time-out for the planner to plan the rest: half of the longest hold."""
JUDGED_WITHIN_S = plan_judge.REST_LIMIT_S + 5.0
"""Time-out for the authority to judge the rest: together with the planner's time it is shorter than the longest
hold."""
ANSWER_LIMIT_S = 5.0
TAKEN_LIMIT_S = 30.0
"""Time-out for a drone to start a route accepted in the air."""

NOT_ON_ROUTE = ("idle", "preflight", "reattach")
Refusal = Callable[[Any, float], Coroutine[Any, Any, str]]


class FleetRoutes:
    """The route of each drone in one sortie.

    `replan` is the client of the planner's service, `order` the mission's order, `plan` the plan of the sortie.
    `messages` holds, by drone, the message of the plan that contains the drone's route. `started_s` is the start of the
    sortie on the node's clock. `refusal(message, within_s)` returns the authority's reason against a plan, "" if it
    grants the plan.
    """

    def __init__(
        self, node: Node, replan: Client, drones: Drones, order: Any, plan: Plan, messages: Mapping[str, Any],
        started_s: float, refusal: Refusal,
    ) -> None:  # fmt: skip
        self.plan = plan
        """The latest route of each drone, as one plan."""
        self.messages = dict(messages)
        self._node, self._replan, self._drones, self._order = node, replan, drones, order
        self._refusal = refusal
        self._script: requests.Script[None] | None = None
        self._statuses: dict[str, DroneStatus] = {}
        self._started_s = started_s

    def heard(self, status: DroneStatus) -> None:
        """Note a drone's status; a drone whose flight has ended keeps its last status on the route."""
        if status.phase not in NOT_ON_ROUTE:
            self._statuses[status.drone] = status

    def step(self, run: FleetRun) -> None:
        """Begin to plan the rest when the rest is due, and advance the planning."""
        if self._script is None and run.rest_is_due():
            self._script = requests.Script(self._redistribute(run))
        if self._script is not None:
            self._script.step()
            if self._script.done:
                self._script = None

    async def _redistribute(self, run: FleetRun) -> None:
        """Plan, clear and fly a rest for the drones that stand by. Any person's order ends the standing by, and so
        this work."""
        run.call_off_others()
        for name in run.standing_by:
            hold_on = Order.Request(order="stand_by", reason="waits for the rest of the plan")
            self._drones.order(name, hold_on)  # restarts the time-out of the hold
        run.plans_rest()
        message, remark = await self._rest_of(run)
        problem = remark if message is None else await self._refusal(message, JUDGED_WITHIN_S)
        if problem:
            run.no_rest(run.standing_by, problem)
            return
        rest = plan_of(message)
        asked = {
            route.drone: self._drones.fly_rest[route.drone].call_async(FlyRest.Request(plan=message))
            for route in rest.routes
            if route.drone in run.standing_by
        }
        await requests.Until(lambda: all(future.done() for future in asked.values()), time.monotonic, ANSWER_LIMIT_S)
        answers = {name: future.result() for name, future in asked.items() if future.done()}
        taken = [name for name, answer in answers.items() if answer.success]
        self.plan = self.plan.with_routes(route for route in rest.routes if route.drone in taken)
        self.messages |= dict.fromkeys(taken, message)
        for name in (name for name in run.standing_by if name not in taken):
            run.no_rest([name], answers[name].message if name in answers else remark or "its flight_control is silent")
        await requests.Until(lambda: not set(taken).intersection(run.standing_by), time.monotonic, TAKEN_LIMIT_S)
        run.no_rest([name for name in taken if name in run.standing_by], "it did not take the new route in time")
        run.flies_rest(f"{' and '.join(taken) or 'no drone'} took the rest of the plan")

    async def _rest_of(self, run: FleetRun) -> tuple[Any, str]:
        """(the rest as a message, or None without one; the reason, or the planner's remark)."""
        drones = tuple(self._standing(run, route) for route in self.plan.routes)
        situation = Situation(schema="blindspot.situation/1", drones=drones)
        request = Replan.Request(
            mission=self._order, plan=plan_message(self.plan), situation=situation.model_dump_json(by_alias=True)
        )
        if not self._replan.service_is_ready():
            return None, "the planner is not there"
        planned = self._replan.call_async(request)
        if not await requests.Until(planned.done, time.monotonic, REST_LIMIT_S):
            return None, "the planner did not answer in time"
        answer = planned.result()
        return (answer.plan if answer.success else None), answer.message

    def _standing(self, run: FleetRun, route: Route) -> Standing:
        status = self._statuses.get(route.drone, DroneStatus(battery_fraction=float("nan")))
        place = status.position
        return standing(
            route, hovers=route.drone in run.standing_by, down=route.drone in run.down,
            at_m=(place.x, place.y, place.z), battery_fraction=status.battery_fraction,
            route_fraction=status.route_fraction, flown_s=now_s(self._node) - self._started_s,
        )  # fmt: skip
