"""Node `mission_manager`: one mission over the fleet.

Offers the action `run_mission` and the services `hold`, `resume`, `return_home` and `abort`; publishes
`mission_status`. It watches the heartbeats of all nodes; a table in `flight/fleet.py` lists the consequence of each
loss. A restarted flight_control is asked to take its flight over. If that fails, the manager commands the return
itself, over the ground station's own link to that drone's MAVROS. A flight has ended once its autopilot reports that
the drone is down. When a drone leaves the plan, the others stand by and get the rest of the plan.
"""

from __future__ import annotations

import math
import time
from functools import partial
from pathlib import Path
from typing import Any

from action_msgs.msg import GoalStatus
from blindspot_msgs.action import FlyRoute, RunMission
from blindspot_msgs.msg import CoverageStatus, DroneStatus, Heartbeat, MissionStatus
from blindspot_msgs.srv import Authorise, Resume
from rclpy.action import ActionClient
from rclpy.clock import Clock, ClockType
from rclpy.task import Future
from std_srvs.srv import Trigger

from blindspot.core import BlindspotError, one_line
from blindspot.flight import Command, FleetRun, Order, Outcome, known_outcome
from blindspot.flight.control import NOT_FLOWN, LastTold, TakeOver
from blindspot.flight.vehicle import MavrosVehicle
from blindspot.nodes.autopilot.mavros_link import RosMavrosLink
from blindspot.nodes.fleet_routes import FleetRoutes
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.deferred_action import DeferredActionServer
from blindspot.nodes.graph.forward_clock import ForwardClock, timer_clock
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.nodes.graph.liveness import Liveness
from blindspot.nodes.graph.messages import now_s, plan_of, share, status_of
from blindspot.nodes.graph.node_runner import HEARTBEAT_TOPIC, run
from blindspot.nodes.graph.parameters import declare_float, declare_names, declare_str
from blindspot.nodes.graph.script import Script, Until
from blindspot.nodes.plan_judge import CHECK_LIMIT_S
from blindspot.stack import Supervised

OPERATOR_ORDERS: tuple[tuple[Order, type], ...] = (
    ("hold", Trigger), ("resume", Resume), ("return_home", Trigger), ("abort", Trigger),
)  # fmt: skip
DISCOVERY_LIMIT_S = 10.0
JUDGED_WITHIN_S = CHECK_LIMIT_S + 10.0
"""Wall time for the authority's answer: a little more than its checker's time-out."""
REATTACH_WITHIN_S = 8.0
"""Wall time for a lost flight_control to be restarted and discovered; then the ground station brings the drone home."""

DOWN_WITHIN_S = 5.0
"""Wall time from the end of a flight to its autopilot's report that the drone is down. Afterwards the ground station
asks the autopilot itself, and brings the drone home."""

ORDER_AGAIN_S = 1.0
SHOWN_IN: dict[Order, tuple[str, ...]] = {
    "stand_by": ("return", "landing", "pilot"),
    "hold": ("return", "landing", "pilot"),
    "return_home": ("return", "landing", "pilot"),
    "abort": ("landing", "pilot"),
}
"""Orders that stop a drone, in rising gravity, with the phases that show them. An order is repeated until the flight in
progress accepts it, or the drone's phase shows it or the pilot's control."""

ENDED_BY_RESUME = ("stand_by", "hold")
CALLS_OFF = ("return_home", "abort")
"""Orders that call off a mission before take-off."""

STOOD_STILL_S = 1.5
"""A gap in the manager's own watch that is reported, since the fleet was unsupervised meanwhile."""

SETTLED_S = 1.0
"""After this idle time a node has discovered its clients, and all its results have arrived."""


class MissionManager(GuardedNode):
    def __init__(self, **options: Any) -> None:
        """`options` are those of `rclpy.node.Node`."""
        super().__init__("mission_manager", **options)
        self._drones = declare_names(self, "drones", describe="Names (namespaces) of the fleet's drones.")
        watched = declare_names(self, "watched_nodes", describe="Full names of the nodes that must be alive.")
        silence_s = declare_float(
            self, "node_timeout_s", 3.0, low=0.5, high=30.0, describe="Silence on the wall clock of a lost node, s."
        )
        run_dir = declare_str(
            self, "run_dir", "", describe="Folder of the run whose supervisor started the nodes; empty without one."
        )
        self._liveness = Liveness(watched, silence_s, Supervised(Path(run_dir) if run_dir else None).lives)
        self._run: FleetRun | None = None
        self._script: Script[tuple[str, str]] | None = None
        self._take_overs: dict[str, TakeOver] = {}
        self._lost_since_s: dict[str, float] = {}
        self._idle_since_s: dict[str, float] = {}
        self._owed: dict[str, Command] = {}
        self._ordered_s = 0.0
        self._ended: dict[str, tuple[Outcome, str, float]] = {}
        """By drone: outcome, reason and wall time of the end of its flight, until the drone is known to be down."""
        self._last_phases: dict[str, LastTold] = {}
        """By drone: the last phases in flight that its flight_control published."""
        self._statuses: dict[str, DroneStatus] = {}
        self._seen_fraction = math.nan
        self._started_s = 0.0
        self._called_off = ""
        """Reason for calling off a mission during its authorisation; empty without one."""
        self._may_be_cleared = False
        self._now, self._supervised_s = ForwardClock(self), time.monotonic()
        self._last: tuple[str, str, str] = ("idle", "", "")
        self._logged = ("", "", "")
        self._status = self.create_publisher(MissionStatus, "mission_status", qos.LATCHED)
        self._authorise = self.create_client(Authorise, "authorise")
        self._fly = {name: ActionClient(self, FlyRoute, f"/{name}/fly_route") for name in self._drones}
        self._order_clients = {
            (name, order): self.create_client(kind, f"/{name}/{order}")
            for name in self._drones
            for order, kind in (*OPERATOR_ORDERS, ("stand_by", Trigger))
        }
        self._routes = FleetRoutes(self, self._drones, self._refusal)
        for name in self._drones:
            self.create_subscription(DroneStatus, f"/{name}/drone_status", partial(self._on_drone, name), qos.LATCHED)
        self.create_subscription(CoverageStatus, "coverage_status", self._on_coverage, qos.LATCHED)
        self.create_subscription(Heartbeat, HEARTBEAT_TOPIC, self._on_heartbeat, qos.HEARTBEAT)
        for order, kind in OPERATOR_ORDERS:
            self.create_service(kind, order, partial(self._on_order, order))
        self._server = DeferredActionServer(self, RunMission, "run_mission", start=self._start, cancel=self._cancel)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(0.1, self._supervise, clock=steady)
        self.create_timer(0.5, self._publish_status, clock=timer_clock(self))

    # Messages from other nodes

    def _on_drone(self, name: str, message: DroneStatus) -> None:
        self._statuses[name] = message = status_of(message, name)
        self._routes.heard(message)
        if message.phase == "idle":
            self._idle_since_s.setdefault(name, time.monotonic())
            return
        self._idle_since_s.pop(name, None)
        if message.phase not in NOT_FLOWN:
            self._last_phases[name] = self._last_phases.get(name, LastTold()).heard(message.phase, time.monotonic())
        if self._run is not None:
            self._run.drone_told(name, message.phase, message.reason)
        if name in self._owed and message.phase in SHOWN_IN[self._owed[name].order]:
            del self._owed[name]
        if name in self._lost_since_s and self._run is not None:
            del self._lost_since_s[name]
            self._run.node_is_back(f"/{name}/flight_control", f"{name} is watched again")

    def _on_coverage(self, message: CoverageStatus) -> None:
        self._seen_fraction = share(message.seen_fraction)

    def _on_heartbeat(self, message: Heartbeat) -> None:
        self._liveness.heard(message.node, time.monotonic())

    # The operator's orders

    def _on_order(self, order: Order, request: Any, response: Any) -> Any:
        person = one_line(request.person, 100) if order == "resume" else "the operator"
        said = f"{person} said {order.replace('_', ' ')}"
        if self._run is None and self._script is not None and order in CALLS_OFF:
            self._called_off = said
            response.success, response.message = True, "the mission is called off before it is flown"
        elif self._run is None:
            response.message = "no mission runs"
        elif not person:
            response.message = "resume needs the name of a person"
        else:
            self._run.ask(order, said, person)
            response.success, response.message = True, f"{order} sent to the fleet"
        return response

    def _cancel(self) -> None:
        self._called_off = "the operator cancelled the mission"
        if self._run is not None:
            self._run.ask("return_home", self._called_off)

    # The run

    def _start(self, request: Any) -> None:
        self._last, self._called_off = ("authorising", "", ""), ""
        self._script = Script(self._fly_mission(request.plan))

    async def _fly_mission(self, message: Any) -> tuple[str, str]:
        """From the goal to the outcome and its reason."""
        try:
            plan = plan_of(message)
        except BlindspotError as error:
            return "refused", str(error)
        if self.count_publishers(self._status.topic_name) > 1:
            domain = self.context.get_domain_id()
            return "refused", f"another mission manager runs in ROS domain {domain}: stop it first"
        if not plan.routes:
            return "refused", "the plan has no route"
        strangers = [route.drone for route in plan.routes if route.drone not in self._drones]
        if strangers:
            return "refused", f"the plan names drones that this fleet lacks: {', '.join(strangers)}"
        refusal = await self._refusal(message, JUDGED_WITHIN_S)
        if self._called_off:
            return "aborted", self._called_off
        if refusal:
            return "refused", refusal
        self._started_s = now_s(self)
        self._last_phases.clear()
        self._ended.clear()
        self._owed.clear()
        self._run = FleetRun([route.drone for route in plan.routes], self._now)
        self._routes.begin(plan, message)
        for route in plan.routes:
            client = self._fly[route.drone]
            if await Until(client.server_is_ready, time.monotonic, DISCOVERY_LIMIT_S):
                self._send_route(route.drone, FlyRoute.Goal(plan=message))
            else:
                self._run.route_ended(route.drone, "failed", "its flight_control does not answer")
        run = self._run
        await Until(lambda: run.outcome is not None, time.monotonic, math.inf)
        return str(run.outcome), run.reason

    async def _refusal(self, message: Any, within_s: float) -> str:
        """The authority's reason for a refusal, empty if it grants the plan; a time-out counts as a refusal."""
        if not await Until(self._authorise.service_is_ready, time.monotonic, DISCOVERY_LIMIT_S):
            return "the authority does not answer: no clearance"
        self._may_be_cleared = True
        asked = self._authorise.call_async(Authorise.Request(plan=message))
        if not await Until(lambda: asked.done() or bool(self._called_off), time.monotonic, within_s):
            return "the authority did not answer in time: no clearance"
        if not asked.done():
            return self._called_off
        verdict = asked.result()
        self._may_be_cleared = verdict.granted
        return "" if verdict.granted else "; ".join(verdict.verdicts) or "no clearance"

    def _give_clearance_back(self) -> None:
        """Give the clearance back: a lease that outlives its mission would let anyone arm the drone."""
        if self._may_be_cleared:
            self._authorise.call_async(Authorise.Request())
        self._may_be_cleared = False

    def _send_route(self, drone: str, goal: Any) -> None:
        sent = self._fly[drone].send_goal_async(goal)
        sent.add_done_callback(partial(self._on_route_accepted, self._run, drone, bool(goal.reattach)))

    def _on_route_accepted(self, run: FleetRun, drone: str, reattached: bool, future: Future) -> None:
        goal = future.result()
        if run is not self._run:
            return
        if goal is None or not goal.accepted:
            self._route_ended(drone, reattached, "refused", "its flight_control refused the route")
            return
        goal.get_result_async().add_done_callback(partial(self._on_route_result, run, drone, reattached))

    def _on_route_result(self, run: FleetRun, drone: str, reattached: bool, future: Future) -> None:
        answer = future.result()
        if run is not self._run:
            return  # the result belongs to an earlier run
        if answer is None or answer.status == GoalStatus.STATUS_ABORTED:
            self._route_ended(drone, reattached, "failed", "its flight_control gave no result")
        else:
            self._route_ended(drone, reattached, answer.result.outcome, answer.result.reason)

    def _route_ended(self, drone: str, reattached: bool, outcome: str, reason: str) -> None:
        if self._run is None or drone in self._take_overs:
            return  # the take-over reports the end
        known = known_outcome(outcome)
        if reattached and known == "refused":  # the drone is in the air
            self._take_over(self._run, drone, reason)
        elif known == "refused":  # the drone is still disarmed
            self._run.route_ended(drone, known, reason)
        else:
            self._ended[drone] = known, reason, time.monotonic()

    def _supervise(self) -> None:
        stood_s, self._supervised_s = time.monotonic() - self._supervised_s, time.monotonic()
        if self._script is None:
            return
        if self._run is not None and stood_s > STOOD_STILL_S:
            self._run.stood_still(stood_s)
        if self._run is not None:
            self._watch_over(self._run)
        self._script.step()
        if self._script.done and self._script.value is not None:
            outcome, reason = self._script.value
            self._last = ("done", outcome, reason)
            self._script, self._run, self._take_overs, self._lost_since_s, self._ended = None, None, {}, {}, {}
            self._routes.end()
            self._give_clearance_back()
            self._publish_status()
            self._server.finish(RunMission.Result(outcome=outcome, reason=reason))

    def _watch_over(self, run: FleetRun) -> None:
        silent = self._liveness.lost(time.monotonic())
        for node in silent:
            run.node_lost(node, "fell silent")
        for node in run.lost_nodes.difference(silent):
            drone, _, name = node.strip("/").partition("/")
            if name != "flight_control" or drone not in run.flying:  # else its flight has to be taken over first
                run.node_is_back(node, f"{node} is back")
        for drone in self._started_again(run):
            run.node_lost(f"/{drone}/flight_control", "was started again")
        self._routes.step(run)
        for command in run.take_commands():
            self._carry_out(command)
        if time.monotonic() - self._ordered_s > ORDER_AGAIN_S:
            for drone in set(self._owed).intersection(run.flying).difference(self._take_overs):
                self._call(self._owed[drone])
        for drone, since_s in list(self._lost_since_s.items()):
            if self._is_settled(drone) and self._fly[drone].server_is_ready():
                del self._lost_since_s[drone], self._idle_since_s[drone]
                run.node_is_back(f"/{drone}/flight_control", f"{drone} is watched again")
                phases = str(self._last_phases.get(drone, "lost"))
                self._send_route(drone, FlyRoute.Goal(plan=self._routes.messages[drone], reattach=phases))
            elif time.monotonic() - since_s > REATTACH_WITHIN_S:
                del self._lost_since_s[drone]
                self._take_over(run, drone, "its flight_control did not come back")
        self._end_flights(run)
        for drone, take_over in self._take_overs.items():
            take_over.step(self._now())
            if take_over.outcome is not None:
                run.route_ended(drone, take_over.outcome, take_over.reason)

    def _end_flights(self, run: FleetRun) -> None:
        """End each flight whose drone is down, as its autopilot reports."""
        for drone, (outcome, reason, at_s) in list(self._ended.items()):
            status = self._statuses.get(drone, DroneStatus())
            if status.autopilot == "down" and status.phase in NOT_FLOWN:
                del self._ended[drone]
                run.route_ended(drone, outcome, reason)
            elif time.monotonic() - at_s > DOWN_WITHIN_S:
                del self._ended[drone]
                self._take_over(run, drone, f"{reason}; it is not known to be down", ended=(outcome, reason))

    def _is_settled(self, drone: str) -> bool:
        """Whether its flight_control has been idle for `SETTLED_S`."""
        return time.monotonic() - self._idle_since_s.get(drone, math.inf) >= SETTLED_S

    def _started_again(self, run: FleetRun) -> list[str]:
        """Drones whose flight_control flew and is now idle without a result: it must be a new process."""
        waited_for = {*self._lost_since_s, *self._take_overs, *self._ended}
        out = [name for name in run.flying if name in self._last_phases and name not in waited_for]
        return [name for name in out if self._is_settled(name)]

    def _take_over(self, run: FleetRun, drone: str, why: str, *, ended: tuple[Outcome, str] | None = None) -> None:
        plan = self._routes.plan
        if drone in self._take_overs or plan is None:
            return
        news = f"{drone}: {why}; the ground station commands the return"
        self.get_logger().warning(news)
        run.taken_over(drone, news)
        vehicle = MavrosVehicle(RosMavrosLink(self, namespace=f"/{drone}"), plan.origin, self._now)
        self._take_overs[drone] = TakeOver(vehicle, str(self._last_phases.get(drone, "")), ended=ended)
        if drone in self._owed and self._owed[drone].order == "abort":
            self._take_overs[drone].abort()

    def _carry_out(self, command: Command) -> None:
        self.get_logger().warning(f"{command.drone}: {command.order} ({command.reason})")
        if command.order == "reattach":
            if command.drone not in self._take_overs:
                self._lost_since_s.setdefault(command.drone, time.monotonic())
            return
        if command.drone in self._take_overs:  # the ground station brings it home
            if command.order == "abort":
                self._take_overs[command.drone].abort()
            return
        owed = self._owed.get(command.drone, command)
        if command.order == "resume" and owed.order in ENDED_BY_RESUME:
            del self._owed[command.drone]
        if command.order in SHOWN_IN:
            gravity = list(SHOWN_IN)
            self._owed[command.drone] = max(command, owed, key=lambda order: gravity.index(order.order))
        self._call(command)

    def _call(self, command: Command) -> None:
        self._ordered_s = time.monotonic()
        named = Resume.Request(person=command.person) if command.order == "resume" else Trigger.Request()
        answer = self._order_clients[command.drone, command.order].call_async(named)
        answer.add_done_callback(partial(self._on_order_answered, command))

    def _on_order_answered(self, command: Command, future: Future) -> None:
        answer = future.result()
        status = self._statuses.get(command.drone)
        if status is not None and status.phase == "reattach":
            return  # kept, since the take-over may fail
        if answer is None or not answer.success:
            return
        if command.order == "stand_by" and self._run is not None:
            self._run.stands_by(command.drone)
        if self._owed.get(command.drone) == command:
            del self._owed[command.drone]

    def _publish_status(self) -> None:
        run = self._run
        phase, outcome, reason = (run.phase, "", run.reason) if run is not None else self._last
        message = MissionStatus(phase=phase, outcome=outcome, reason=reason)
        message.header.stamp = self.get_clock().now().to_msg()
        message.run = self._routes.plan.id if self._routes.plan is not None else ""
        message.elapsed_s = now_s(self) - self._started_s if run is not None else 0.0
        message.seen_blind_fraction = self._seen_fraction
        message.drones = [self._statuses[name] for name in self._drones if name in self._statuses]
        self._status.publish(message)
        if (phase, outcome, reason) != self._logged and (outcome or phase != "done"):  # the outcome follows at once
            self._logged = phase, outcome, reason
            self.get_logger().info(": ".join(word for word in self._logged if word))


def main() -> None:
    run(MissionManager)
