"""Node `flight_control`: flies one drone's route through MAVROS.

Offers the action `fly_route` and the services `hold`, `stand_by`, `fly_rest`, `resume`, `jump`, `inspect`,
`return_home` and `abort`. Publishes `drone_status`, latched. It never arms without a lease (`clearance`). If the
mission manager's heartbeat stops, it returns home.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from math import inf
from pathlib import Path
from typing import Any

from blindspot_msgs.action import FlyRoute
from blindspot_msgs.msg import DroneStatus, MissionStatus
from blindspot_msgs.srv import FlyRest, Inspect, Jump, Resume
from sensor_msgs.msg import CameraInfo
from std_srvs.srv import Trigger

from blindspot.core import BlindspotError, one_line
from blindspot.flight.control import RouteFlight
from blindspot.flight.route import FlightSettings, RouteLimits
from blindspot.flight.vehicle import MavrosVehicle, Telemetry
from blindspot.flight.watch import Around, Heartbeat, Other, hear_other, place_and_speed, read_computer
from blindspot.mission import Plan, load_mission, no_fly_zones
from blindspot.nodes.autopilot.mavros_link import RosMavrosLink
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.deferred_action import DeferredActionServer
from blindspot.nodes.graph.deferred_service import create_deferred_service
from blindspot.nodes.graph.forward_clock import ForwardClock, timer_clock
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.nodes.graph.heard_window import land_within_s
from blindspot.nodes.graph.messages import now_s, plan_of, status_of
from blindspot.nodes.graph.node_runner import run
from blindspot.nodes.graph.parameters import declare_bool, declare_str, declare_thresholds
from blindspot.nodes.inspection import ClearanceOfWays, order_inspection
from blindspot.nodes.leases import Leases
from blindspot.nodes.on_board import checks_of_this_computer
from blindspot.stack import Supervised

STEP_S = 0.1
SETPOINT_S = 0.05
STATUS_S = 0.5
COMPUTER_S = 5.0
MANAGER = "/blindspot/mission_manager"
LEASED_WITHIN_S = 3.0
"""Time-out for the first lease that names a rest; leases come twice a second."""
Order = Callable[[RouteFlight, Any], str]
"""Applies an order to the flight, given the request; returns "" or the reason of a refusal."""


@dataclass(frozen=True, slots=True)
class Rest:
    """A requested rest of a plan, the deadline for a lease that names it, and the callback for the answer."""

    plan: Plan
    until_s: float
    answer: Callable[[Any], None]


class FlightControl(GuardedNode):
    def __init__(self, **options: Any) -> None:
        """`options` are those of `rclpy.node.Node`."""
        super().__init__("flight_control", **options)
        self._drone = self.get_namespace().strip("/")
        mission_file = declare_str(self, "mission", "", describe="Mission file, for the model of this drone.")
        simulated = declare_bool(
            self, "simulated", False, describe="True if the autopilot is a simulation: pre-flight requires less."
        )
        run_dir = declare_str(self, "run_dir", ".", describe="Folder on the disk of the recordings and logs.")
        lease_key = declare_str(self, "lease_key", "", describe="File of the public half of the authority's key.")
        limits = declare_thresholds(self)
        mission = load_mission(Path(mission_file))
        self._file = mission.file
        self._began_s: float | None = None
        """In simulation the mission's start: the node's time at this process's first flight."""
        self._settings = FlightSettings(
            mission.model_of(self._drone), simulated=simulated, no_fly=no_fly_zones(mission), **limits
        )  # fmt: skip
        self._on_board = checks_of_this_computer(mission, Path(run_dir), simulated=simulated)
        self._run_dir, self._supervised = Path(run_dir), Supervised(Path(run_dir))
        self._limits = RouteLimits.of(mission, self._drone)
        """Limits from this computer's own files. They bind every plan, also one that was cleared elsewhere."""
        self._now = ForwardClock(self)
        self._vehicle = MavrosVehicle(RosMavrosLink(self), self._limits.origin, self._now)
        self._ways = ClearanceOfWays(self, self._drone)
        self._leases = Leases(self, self._now, lease_key, simulated=simulated)
        self._rest: Rest | None = None
        self._camera = Heartbeat(timeout_s=1.0)
        self._manager = Heartbeat(timeout_s=self._settings.ground_lost_s)
        self._others: dict[str, Other] = {}
        self._heard_s: dict[str, float] = {}
        self._fellows: tuple[str, ...] = ()
        self._plan_id = ""
        self._computer = read_computer(self._run_dir)
        self._flight: RouteFlight | None = None
        self._logged = ("", "")
        self._idle = Telemetry(0.0)
        """Last telemetry while this node flies no route; the vehicle may be in the air."""
        self._status = self.create_publisher(DroneStatus, "drone_status", qos.LATCHED)
        self.create_subscription(CameraInfo, "camera/camera_info", self._on_camera, qos.SENSOR)
        self.create_subscription(MissionStatus, "/blindspot/mission_status", self._on_manager, qos.LATCHED)
        for name in (drone.name for drone in mission.file.fleet if drone.name != self._drone):
            self.create_subscription(DroneStatus, f"/{name}/drone_status", partial(self._on_other, name), qos.LATCHED)
        # The sender of an order (the operator, or the mission manager by itself) reports its own reason.
        orders: tuple[tuple[str, type, Order], ...] = (
            ("hold", Trigger, lambda flight, _: flight.hold("held from the ground")),
            ("stand_by", Trigger, lambda flight, _: flight.stand_by()),
            ("return_home", Trigger, lambda flight, _: flight.return_home("called home from the ground")),
            ("abort", Trigger, lambda flight, _: flight.abort("ordered from the ground to land")),
            ("resume", Resume, lambda flight, asked: flight.resume(asked.person)),
            ("jump", Jump, lambda flight, asked: flight.jump(asked.step, asked.person)),
            ("inspect", Inspect, lambda flight, asked: order_inspection(flight, asked)),
        )
        for name, kind, act in orders:
            self.create_service(kind, name, partial(self._on_order, act))
        create_deferred_service(self, FlyRest, "fly_rest", self._on_rest)
        self._server = DeferredActionServer(self, FlyRoute, "fly_route", start=self._start, cancel=self._cancel)
        for period_s, act in (
            (STEP_S, self._step), (SETPOINT_S, self._stream), (STATUS_S, self._publish_status),
            (COMPUTER_S, self._read_computer),
        ):  # fmt: skip
            self.create_timer(period_s, act, clock=timer_clock(self))

    # What is heard

    def _on_camera(self, _: CameraInfo) -> None:
        self._camera = self._camera.heard(self._now())

    def _on_manager(self, message: MissionStatus) -> None:
        is_alive = self._supervised.lives(MANAGER) is not False  # any process can publish in its name
        if is_alive and message.run == self._plan_id:  # a restarted manager has lost this flight
            self._manager = self._manager.heard(self._now())

    def _on_other(self, name: str, message: DroneStatus) -> None:
        message = status_of(message, name)
        place = message.position.x, message.position.y, message.position.z
        speed_mps = message.velocity.x, message.velocity.y, message.velocity.z
        known, word = self._others.get(name), message.autopilot
        self._others[name] = hear_other(known, name, message.phase, place, speed_mps, word)
        self._heard_s[name] = self._now()

    def _read_computer(self) -> None:
        self._computer = read_computer(self._run_dir)

    def _around(self, time_s: float) -> Around:
        """The manager's silence, the other drones, the computer and the time left.

        The other drones are those in the plan, and each that is heard. One in the plan that was never heard may be
        anywhere. One that the plan has lost may still be in the air.
        """
        heard = (name for name, at_s in self._heard_s.items() if time_s - at_s <= self._settings.stale_state_s)
        others = tuple(
            replace(self._others.get(name, Other(name)), silent_s=time_s - self._heard_s.get(name, -inf))
            for name in dict.fromkeys((*self._fellows, *heard))
        )
        left_s = land_within_s(self._file, now_s(self), self._began_s)
        return Around(self._manager.silent_for_s(time_s), others, self._computer, left_s)

    # The operator's orders

    def _on_order(self, act: Order, request: Any, response: Any) -> Any:
        if hasattr(request, "person"):
            request.person = one_line(request.person, 100)
        response.message = "no route is flown" if self._flight is None else act(self._flight, request)
        response.success = not response.message
        return response

    def _cancel(self) -> None:
        if self._flight is not None:
            self._flight.return_home("the mission was cancelled")

    # The flight

    def _start(self, request: Any) -> None:
        try:
            plan = plan_of(request.plan)
        except BlindspotError as error:
            self._finish("refused", str(error))
            return
        route, refusal = plan.route_of(self._drone), self._limits.refusal(plan)
        if route is None or refusal:
            self._finish("refused", refusal)
            return
        if self._settings.simulated and self._began_s is None:
            self._began_s = now_s(self)
        self._manager, self._plan_id = self._manager.heard(self._now()), plan.id
        self._obey(plan)
        self._flight = RouteFlight(self._vehicle, route, self._settings, self._on_board, self._ways.ask)
        if request.reattach:
            self._camera = self._camera.heard(self._now())
            self._flight.reattach(self._now(), request.reattach)
        else:
            self._flight.start(self._now())

    def _obey(self, plan: Plan) -> None:
        self._leases.obey(plan.sha256)
        self._fellows = tuple(r.drone for r in plan.routes if r.drone != self._drone)

    def _on_rest(self, request: Any, answer: Callable[[Any], None]) -> None:
        """Take another route in the air, once a lease names its plan. It replaces an earlier request."""
        if self._rest is not None:
            self._answer_rest(self._rest, "another route was asked for meanwhile")
        try:
            self._rest = Rest(plan_of(request.plan), self._now() + LEASED_WITHIN_S, answer)
        except BlindspotError as error:
            answer(FlyRest.Response(message=str(error)))
            return
        self._look_at_rest()

    def _look_at_rest(self) -> None:
        rest, flight = self._rest, self._flight
        if rest is None:
            return
        route, refusal = rest.plan.route_of(self._drone), self._limits.refusal(rest.plan)
        if flight is None:
            self._answer_rest(rest, "no route is flown")
        elif route is None or refusal:
            self._answer_rest(rest, refusal)
        elif self._leases.names(rest.plan.sha256, self._now()):
            problem = flight.fly_rest(route)
            if not problem:
                self._obey(rest.plan)
            self._answer_rest(rest, problem)
        elif self._now() > rest.until_s:
            self._answer_rest(rest, "no lease names this plan")

    def _answer_rest(self, rest: Rest, problem: str) -> None:
        self._rest = None
        rest.answer(FlyRest.Response(success=not problem, message=problem))

    def _finish(self, outcome: str, reason: str) -> None:
        self._server.finish(FlyRoute.Result(outcome=outcome, reason=reason))

    def _step(self) -> None:
        self._look_at_rest()
        flight, time_s = self._flight, self._now()
        if flight is None:
            self._idle = self._vehicle.telemetry(time_s)  # also completes requests of the last flight
            return
        if self._manager.is_lost(time_s) and flight.phase == "preflight":  # in the air the failsafe ladder reacts
            flight.return_home("the mission manager is lost")
        before = flight.phase, flight.sensor_inhibited
        flight.step(time_s, self._leases.at(time_s), self._camera.silent_for_s(time_s), self._around(time_s))
        for row in flight.news():
            self.get_logger().warning(f"failsafe: {row.reason} ({row.name}: {row.threshold}); {row.action}")
        if before != (flight.phase, flight.sensor_inhibited):
            if remark := flight.remark:
                self.get_logger().warning(remark)
            self._publish_status()
        if flight.outcome is not None:
            self._flight, self._idle = None, flight.seen
            self._finish(flight.outcome, flight.reason)

    def _stream(self) -> None:
        if self._flight is not None:
            self._flight.stream(self._now())

    def _publish_status(self) -> None:
        message = DroneStatus(drone=self._drone, phase="idle", sensor_inhibited=True)
        message.header.stamp = self.get_clock().now().to_msg()
        message.header.frame_id = "map"
        flight = self._flight
        seen = self._idle if flight is None else flight.seen
        message.autopilot = seen.word
        message.battery_fraction, message.heading_deg = float(seen.battery_fraction), float(seen.heading_deg)
        place, speed_mps = place_and_speed(seen, None if flight is None else flight.route.home, self._settings)
        if flight is not None:
            message.phase, message.reason = flight.phase, flight.reason or flight.preflight_check or flight.remark
            message.route_fraction = float(flight.route_fraction)
            message.sensor_inhibited = flight.sensor_inhibited
        message.position.x, message.position.y, message.position.z = place
        message.velocity.x, message.velocity.y, message.velocity.z = speed_mps
        self._status.publish(message)
        line = message.phase, "" if message.phase == "preflight" else message.reason  # it names the current check
        if line != self._logged:
            self._logged = line
            self.get_logger().info(": ".join(word for word in line if word))


def main() -> None:
    run(FlightControl)
