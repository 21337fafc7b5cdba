"""Node `mission_manager`: one mission over the fleet.

Action `run_mission`; services `hold`, `resume`, `return_home`, `abort`; publishes `mission_status`. It watches the
heartbeats of all nodes: what the loss of each means is a table in `flight/fleet.py`. Where a drone's flight_control is
lost it commands the return itself, over the ground station's own link to that drone's MAVROS.
"""

from __future__ import annotations

import math
import time
from functools import partial
from typing import Any

from action_msgs.msg import GoalStatus
from blindspot_msgs.action import FlyRoute, RunMission
from blindspot_msgs.msg import CoverageStatus, DroneStatus, Heartbeat, MissionStatus
from blindspot_msgs.srv import Authorise
from rclpy.action import ActionClient, ActionServer, CancelResponse, GoalResponse
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.task import Future
from std_srvs.srv import Trigger

from blindspot.errors import BlindspotError
from blindspot.flight.fleet import Command, FleetRun, Order
from blindspot.flight.mavros import MavrosVehicle
from blindspot.flight.take_over import TakeOver
from blindspot.nodes import qos
from blindspot.nodes.liveness import Liveness
from blindspot.nodes.mavros_link import RosMavrosLink
from blindspot.nodes.messages import now_s, plan_of
from blindspot.nodes.parameters import declare_float, declare_names
from blindspot.nodes.run import HEARTBEAT_TOPIC, run
from blindspot.planning.plan import Plan

OPERATOR_ORDERS: tuple[Order, ...] = ("hold", "resume", "return_home", "abort")


class MissionManager(Node):
    def __init__(self) -> None:
        super().__init__("mission_manager")
        self._drones = declare_names(self, "drones", describe="Names (namespaces) of the fleet's drones.")
        watched = declare_names(self, "watched_nodes", describe="Fully qualified names of the nodes that must live.")
        silence_s = declare_float(
            self, "node_timeout_s", 3.0, low=0.5, high=30.0, describe="Silence on the wall clock of a lost node, s."
        )
        self._liveness = Liveness(watched, silence_s)
        self._run: FleetRun | None = None
        self._plan: Plan | None = None
        self._ended: Future | None = None
        self._goals: dict[str, Any] = {}
        self._take_overs: dict[str, TakeOver] = {}
        self._statuses: dict[str, DroneStatus] = {}
        self._seen_fraction = math.nan
        self._started_s = 0.0
        self._last: tuple[str, str, str] = ("idle", "", "")
        self._status = self.create_publisher(MissionStatus, "mission_status", qos.LATCHED)
        self._authorise = self.create_client(Authorise, "authorise")
        self._fly = {name: ActionClient(self, FlyRoute, f"/{name}/fly_route") for name in self._drones}
        self._order_clients = {
            (name, order): self.create_client(Trigger, f"/{name}/{order}")
            for name in self._drones
            for order in OPERATOR_ORDERS
        }
        for name in self._drones:
            self.create_subscription(DroneStatus, f"/{name}/drone_status", partial(self._on_drone, name), qos.LATCHED)
        self.create_subscription(CoverageStatus, "coverage_status", self._on_coverage, qos.LATCHED)
        self.create_subscription(Heartbeat, HEARTBEAT_TOPIC, self._on_heartbeat, qos.HEARTBEAT)
        for order in OPERATOR_ORDERS:
            self.create_service(Trigger, order, partial(self._on_order, order))
        self._server = ActionServer(
            self,
            RunMission,
            "run_mission",
            execute_callback=self._execute,
            goal_callback=self._on_goal,
            cancel_callback=self._on_cancel,
        )
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(0.1, self._supervise, clock=steady)
        self.create_timer(0.5, self._tell)

    # What is heard

    def _on_drone(self, name: str, message: DroneStatus) -> None:
        self._statuses[name] = message

    def _on_coverage(self, message: CoverageStatus) -> None:
        self._seen_fraction = message.seen_fraction

    def _on_heartbeat(self, message: Heartbeat) -> None:
        self._liveness.heard(message.node, time.monotonic())

    # The operator's orders

    def _on_order(self, order: Order, _: Any, response: Any) -> Any:
        response.success = self._run is not None
        response.message = f"{order} sent to the fleet" if self._run is not None else "no mission runs"
        if self._run is not None:
            self._run.ask(order, f"the operator said {order.replace('_', ' ')}")
        return response

    def _on_goal(self, _: Any) -> GoalResponse:
        return GoalResponse.ACCEPT if self._run is None else GoalResponse.REJECT

    def _on_cancel(self, _: Any) -> CancelResponse:
        if self._run is not None:
            self._run.ask("return_home", "the operator cancelled the mission")
        return CancelResponse.ACCEPT

    # The run

    async def _execute(self, goal: Any) -> Any:
        outcome, reason = await self._fly_mission(goal)
        self._last = ("done", outcome, reason)
        self._run, self._plan, self._take_overs, self._goals = None, None, {}, {}
        self._tell()
        (goal.canceled if goal.is_cancel_requested else goal.succeed)()
        return RunMission.Result(outcome=outcome, reason=reason)

    async def _fly_mission(self, goal: Any) -> tuple[str, str]:
        try:
            plan = plan_of(goal.request.plan)
        except BlindspotError as error:
            return "refused", str(error)
        strangers = [route.drone for route in plan.routes if route.drone not in self._drones]
        if strangers:
            return "refused", f"the plan names drones that this fleet lacks: {', '.join(strangers)}"
        self._last = ("authorising", "", "")
        if not self._authorise.service_is_ready():
            return "refused", "the authority does not answer: no clearance"
        verdict = await self._authorise.call_async(Authorise.Request(plan=goal.request.plan))
        if verdict is None or not verdict.granted:
            return "refused", "; ".join(verdict.verdicts if verdict else ("no clearance",))
        self._started_s = now_s(self)
        self._plan, self._run, self._ended = plan, FleetRun([route.drone for route in plan.routes]), Future()
        for route in plan.routes:
            self._start_route(route.drone, goal.request.plan)
        return await self._ended

    def _start_route(self, drone: str, plan_message: Any) -> None:
        client = self._fly[drone]
        if not client.server_is_ready():
            self._route_ended(drone, "failed", "its flight_control does not answer")
            return
        sent = client.send_goal_async(FlyRoute.Goal(plan=plan_message))
        sent.add_done_callback(partial(self._on_route_accepted, drone))

    def _on_route_accepted(self, drone: str, future: Future) -> None:
        goal = future.result()
        if goal is None or not goal.accepted:
            self._route_ended(drone, "refused", "its flight_control refused the route")
            return
        self._goals[drone] = goal
        goal.get_result_async().add_done_callback(partial(self._on_route_result, drone))

    def _on_route_result(self, drone: str, future: Future) -> None:
        answer = future.result()
        if answer is None or answer.status == GoalStatus.STATUS_ABORTED:
            self._route_ended(drone, "failed", "its flight_control gave no result")
        else:
            self._route_ended(drone, answer.result.outcome, answer.result.reason)

    def _route_ended(self, drone: str, outcome: str, reason: str) -> None:
        if self._run is not None:
            self._run.route_ended(drone, outcome, reason)

    def _supervise(self) -> None:
        if self._run is None or self._ended is None or self._ended.done():
            return
        for node in self._liveness.lost(time.monotonic()):
            self._run.node_lost(node, "fell silent")
        for command in self._run.take_commands():
            self._carry_out(command)
        for drone, take_over in self._take_overs.items():
            take_over.step(now_s(self))
            if take_over.outcome is not None:
                self._run.route_ended(drone, take_over.outcome, take_over.reason)
        if self._run.outcome is not None:
            self._ended.set_result((self._run.outcome, self._run.reason))

    def _carry_out(self, command: Command) -> None:
        self.get_logger().warning(f"{command.drone}: {command.order} ({command.reason})")
        if command.order == "take_over":
            if command.drone not in self._take_overs and self._plan is not None:
                link = RosMavrosLink(self, namespace=f"/{command.drone}")
                vehicle = MavrosVehicle(link, self._plan.origin, partial(now_s, self))
                self._take_overs[command.drone] = TakeOver(vehicle)
            return
        self._order_clients[command.drone, command.order].call_async(Trigger.Request())

    def _tell(self) -> None:
        run = self._run
        phase, outcome, reason = (run.phase, "", run.reason) if run is not None else self._last
        message = MissionStatus(phase=phase, outcome=outcome, reason=reason)
        message.header.stamp = self.get_clock().now().to_msg()
        message.run = self._plan.id if self._plan is not None else ""
        message.elapsed_s = now_s(self) - self._started_s if run is not None else 0.0
        message.seen_blind_fraction = self._seen_fraction
        message.drones = [self._statuses[name] for name in self._drones if name in self._statuses]
        self._status.publish(message)


def main() -> None:
    run(MissionManager)
