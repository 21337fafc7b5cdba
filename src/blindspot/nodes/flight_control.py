"""Node `flight_control`: flies one drone's routes through MAVROS, for any mission of its fleet.

Offers the action `fly_route` and the services `order` and `fly_rest`. Publishes the accepted `mission` and
`drone_status`, both latched. It never arms without a lease (`clearance`) and an entry in the journal. If the mission
manager's `fleet_status` stops or lacks this flight, it returns home.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import inf
from pathlib import Path
from typing import Any

from blindspot_msgs.action import FlyRoute
from blindspot_msgs.msg import DroneStatus, FleetStatus, MissionOrder
from blindspot_msgs.srv import FlyRest, Order
from sensor_msgs.msg import CameraInfo

from blindspot.core import BlindspotError, one_line
from blindspot.flight.control import Margin, RouteFlight
from blindspot.flight.route import PHASES, FlightSettings, HomeGround
from blindspot.flight.vehicle import MavrosVehicle, Reply, Telemetry
from blindspot.flight.watch import (
    TRAFFIC_TOPIC,
    Around,
    Heartbeat,
    Other,
    Traffic,
    hear_other,
    place_and_speed,
    read_computer,
)
from blindspot.mission import MissionRef, Plan, run_folder
from blindspot.nodes.autopilot.computer_facts import ComputerFacts
from blindspot.nodes.autopilot.drone_facts import COMPUTER, FactSender
from blindspot.nodes.autopilot.flight_journal import FlightJournal
from blindspot.nodes.autopilot.kept_home import KeptHome
from blindspot.nodes.autopilot.ladder_report import LadderReport
from blindspot.nodes.autopilot.mavros_link import RosMavrosLink
from blindspot.nodes.autopilot.remote_id import RemoteId
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.deferred_action import DeferredActionServer
from blindspot.nodes.graph.deferred_service import create_deferred_service
from blindspot.nodes.graph.forward_clock import ForwardClock, every
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.nodes.graph.messages import now_s, plan_of, status_of
from blindspot.nodes.graph.node_runner import run
from blindspot.nodes.graph.parameters import (
    declare_bool,
    declare_fleet,
    declare_journal,
    declare_str,
    declare_thresholds,
)
from blindspot.nodes.judging.inspection import ClearanceOfWays
from blindspot.nodes.judging.leases import Leases
from blindspot.nodes.judging.on_board import OwnMission, Rest, land_within_s
from blindspot.nodes.orders.flight_orders import ORDERS, BoardOrders, plain_order
from blindspot.stack import Supervised

STEP_S = 0.1
SETPOINT_S = 0.05
STATUS_S = 0.5
COMPUTER_S = 5.0
MANAGER = "/blindspot/mission_manager"
LEASED_WITHIN_S = 3.0
"""Time-out for the first lease that names a rest; leases come twice a second."""


class FlightControl(GuardedNode):
    def __init__(self, **options: Any) -> None:
        super().__init__("flight_control", **options)
        self._drone = self.get_namespace().strip("/")
        simulated = declare_bool(
            self, "simulated", False, describe="True if the autopilot is a simulation: pre-flight requires less."
        )
        run_dir = Path(declare_str(self, "run_dir", ".", describe="The stack's folder, on the disk of the recordings."))
        self._thresholds = declare_thresholds(self)
        self._fleet = declare_fleet(self)
        self._ground = HomeGround.of(self._fleet, self._drone)
        model = self._fleet.model_of(self._drone)
        self._settings = FlightSettings(model, simulated=simulated, **self._thresholds)
        """The settings of the mission, once there is a mission."""
        self.traffic = Traffic(self._ground.origin.frame, fitted=self._fleet.member(self._drone).adsb_in)
        self.order = MissionOrder()
        self._own: OwnMission | None = None
        """The mission in progress or flown last, and this computer's files about it."""
        self.began: tuple[str, float] | None = None
        """In simulation: the latest run, and the node's time at the run's first clearance, which is the start of the
        mission."""
        self._elapsed_s: dict[str, float] = {}
        """By run in progress: time since its clearance, as the manager published it last, s."""
        self._outcome = ""
        self._run_dir, self._supervised = run_dir, Supervised(run_dir)
        self.now = ForwardClock(self)
        link = RosMavrosLink(self)
        self._vehicle = MavrosVehicle(link, self._ground.origin, self.now, utc=partial(now_s, self))
        link.subscribe(TRAFFIC_TOPIC, lambda report: self.traffic.hear(report, self.now()))
        self.remote_id = RemoteId(self, self.now, self._fleet, self._drone, self._vehicle, self._is_in_the_air)
        self._plan = self._ordered = ""
        """Hashes of the plan that is flown, and of the plan that a person ordered."""
        self._noted_release = self._noted_flight = False
        """Whether the journal's last word is a release of the sensor, or an arming."""
        self._ways = ClearanceOfWays(self, self._drone)
        self.leases = Leases(self, self.now, simulated=simulated)
        file, warn = declare_journal(self, run_dir), self.get_logger().error
        facts = ComputerFacts(file, self._fleet.sha256, self._drone, lambda: self.order.run)
        FactSender(self, COMPUTER, facts.values)
        LadderReport(self, self._ladder)
        self._journal = FlightJournal(file, self.get_fully_qualified_name(), warn)
        self._orders = BoardOrders(self._fleet, self._drone, self._journal, simulated=simulated)
        self._home = KeptHome(run_dir / f"home-{self._drone}.json", warn)
        self._rest: Rest | None = None
        self._camera = Heartbeat(timeout_s=1.0)
        self._manager = Heartbeat(timeout_s=self._settings.ground_lost_s)
        self._others: dict[str, Other] = {}
        self.heard: dict[str, tuple[float, str]] = {}
        """By drone: when the drone was heard last, and the run that the drone named."""
        self._fellows: tuple[str, ...] = ()
        self._computer = read_computer(self._run_dir)
        self._flight: RouteFlight | None = None
        self._logged = ("", "")
        self._shown = ("", True, "")
        """Phase, inhibition and inspection as published last."""
        self._idle = Telemetry(0.0)
        """Last telemetry while this node flies no route; the vehicle may be in the air."""
        self._status = self.create_publisher(DroneStatus, "drone_status", qos.LATCHED)
        self._mission = self.create_publisher(MissionOrder, "mission", qos.LATCHED)
        self.create_subscription(CameraInfo, "camera/camera_info", self._on_camera, qos.SENSOR)
        self.create_subscription(FleetStatus, "/blindspot/fleet_status", self._on_manager, qos.LATCHED)
        for name in (name for name in self._fleet.names if name != self._drone):
            self.create_subscription(DroneStatus, f"/{name}/drone_status", partial(self._on_other, name), qos.LATCHED)
        self.create_service(Order, "order", self._on_order)
        create_deferred_service(self, FlyRest, "fly_rest", self._on_rest)
        self._server = DeferredActionServer(self, FlyRoute, "fly_route", start=self._start, cancel=self._cancel)
        for period_s, act in (
            (STEP_S, self._step), (SETPOINT_S, self._stream), (STATUS_S, self._publish_status),
            (COMPUTER_S, self._read_computer),
        ):  # fmt: skip
            every(self, period_s, act)

    # What is heard

    def _on_camera(self, _: CameraInfo) -> None:
        self._camera = self._camera.heard(self.now())

    def _on_manager(self, message: FleetStatus) -> None:
        """The manager counts while a mission in progress has this flight's run and names this drone: a manager that
        was started again and has lost the flight would pass on no order."""
        is_alive = self._supervised.lives(MANAGER) is not False  # any process can publish in its name
        going_on = [each for each in message.missions if each.phase != "done" and not each.outcome]
        self._elapsed_s = {each.run: float(each.elapsed_s) for each in going_on}
        if is_alive and any(each.run == self.order.run and self._drone in each.drones for each in going_on):
            self._manager = self._manager.heard(self.now())

    def _on_other(self, name: str, message: DroneStatus) -> None:
        message = status_of(message, name)
        place = message.position.x, message.position.y, message.position.z
        speed_mps = message.velocity.x, message.velocity.y, message.velocity.z
        known, word = self._others.get(name), message.autopilot
        self._others[name] = hear_other(known, name, message.phase, place, speed_mps, word)
        self.heard[name] = self.now(), message.run

    def _read_computer(self) -> None:
        self._computer = read_computer(self._run_dir)

    def _is_in_the_air(self) -> bool:
        return self._flight is not None and PHASES[self._flight.phase].airborne

    def around(self, time_s: float) -> Around:
        """The surroundings of this flight: ground station, other drones, computer, time left and aircraft.

        The other drones are those in the plan, each drone heard now, and each drone last heard in flight in another
        run. A drone of the plan that was never heard may be anywhere. A drone lost to the plan may still be in the
        air.
        """
        watched = [
            name
            for name, (at_s, of_run) in self.heard.items()
            if time_s - at_s <= self._settings.stale_state_s or (self._others[name].flies and of_run != self.order.run)
        ]
        others = tuple(
            replace(self._others.get(name, Other(name)), silent_s=time_s - self.heard.get(name, (-inf, ""))[0])
            for name in dict.fromkeys((*self._fellows, *watched))
        )
        aircraft = self.traffic.aircraft(time_s)
        return Around(self._manager.silent_for_s(time_s), others, self._computer, self._left_s(), aircraft)

    def _left_s(self) -> float:
        """Time until the mission's latest landing, s."""
        assert self._own is not None
        return land_within_s(self._own.file, now_s(self), None if self.began is None else self.began[1])

    # Orders

    def _on_order(self, request: Any, response: Any) -> Any:
        request.person, request.reason = one_line(request.person, 100).strip(), one_line(request.reason, 100).strip()
        response.message = self._obey_order(request)
        response.success = not response.message
        self._publish_changes()
        return response

    def _obey_order(self, asked: Any) -> str:
        """Apply an order to the flight. Returns "" or the reason of a refusal."""
        if asked.order not in ORDERS:
            return f"{one_line(asked.order, 20)!r} is no order: give one of {', '.join(ORDERS)}"
        if self._flight is None:
            return "no route is flown"
        return self._orders.why_not(asked) or ORDERS[asked.order](self._flight, asked)

    def _cancel(self) -> None:
        if self._flight is not None:
            self._flight.return_home("the mission was cancelled")

    # The flight

    def _start(self, request: Any) -> None:
        try:
            plan, order = plan_of(request.plan), plain_order(request.mission)
            own = self._read_mission(order)
            refusal = own.limits.refusal(plan) or self._orders.why_no_flight(request, plan)
        except (BlindspotError, OSError) as error:
            self._finish("refused", one_line(error))
            return
        route = plan.route_of(self._drone)
        if route is None or refusal:
            self._finish("refused", refusal)
            return
        self.order, self._own, self._settings, self._outcome = order, own, own.settings, ""
        self._mission.publish(order)
        if own.settings.simulated and (self.began is None or self.began[0] != order.run):
            elapsed_s = self._elapsed_s.get(order.run, 0.0)  # another drone of a watch may fly before this one
            self.began = order.run, now_s(self) - (elapsed_s if elapsed_s > 0.0 else 0.0)
        self._manager = self._manager.heard(self.now())
        self._noted_release, self._noted_flight = False, bool(request.reattach)
        self.obey(plan)
        home = self._home.of(order.run) if request.reattach else None
        flight = RouteFlight(self._vehicle, route, own.settings, own.checks, self._ways.ask, self._note, home)
        if request.reattach:
            self._camera = self._camera.heard(self.now())
            flight.reattach(self.now(), self._journal.left_in(request.reattach, self._drone, order.run, plan.sha256))
        else:
            flight.start(self.now())
        self._flight = flight  # last: after an error the goal fails, and no flight goes on without one

    def _read_mission(self, order: MissionOrder) -> OwnMission:
        """This computer's own copy. Raises InputError if it differs, or if the order names no run."""
        run_folder(self._run_dir, order.run)
        ref = MissionRef(order.file, order.sha256)
        return OwnMission.read(
            self._fleet, ref, self._drone, self._ground, self._run_dir, simulated=self._settings.simulated,
            thresholds=self._thresholds,
            remote_id=partial(self.remote_id.judge, simulated=self._settings.simulated),
            others=lambda: self.count_publishers(self._status.topic_name) - 1,
            ground_fleet=lambda: self.leases.fleet,
        )  # fmt: skip

    def obey(self, plan: Plan) -> None:
        self._plan, self._ordered = plan.sha256, plan.ordered_sha256
        if self._noted_flight:
            self._orders.flies(self.order.run, self._ordered)
        self.leases.obey(plan=self._plan, mission=self.order.sha256)
        self._fellows = tuple(r.drone for r in plan.routes if r.drone != self._drone)

    def _note(self, act: str, reason: str) -> Reply:
        """Write a journal entry that the flight waits for."""
        if act == "arming":
            self._noted_flight = True
            self._orders.flies(self.order.run, self._ordered)
            ordered = {} if self._ordered == self._plan else {"ordered": self._ordered}
            return self._journal.write(
                act, drone=self._drone, plan=self._plan, run=self.order.run, person=self.order.person, **ordered
            )
        self._noted_release = True
        return self._journal.write(act, drone=self._drone, run=self.order.run, reason=reason)

    def _on_rest(self, request: Any, answer: Callable[[Any], None]) -> None:
        """Take another route in the air, once a lease names its plan. It replaces an earlier request."""
        if self._rest is not None:
            self._answer_rest(self._rest, "another route was asked for meanwhile")
        try:
            self._rest = Rest(plan_of(request.plan), self.now() + LEASED_WITHIN_S, answer)
        except BlindspotError as error:
            answer(FlyRest.Response(message=str(error)))
            return
        self._look_at_rest()

    def _look_at_rest(self) -> None:
        rest, flight = self._rest, self._flight
        if rest is None:
            return
        if flight is None or self._own is None:
            self._answer_rest(rest, "no route is flown")
            return
        route, refusal = rest.plan.route_of(self._drone), self._own.limits.refusal(rest.plan)
        if route is None or refusal:
            self._answer_rest(rest, refusal)
        elif self.leases.names(rest.plan.sha256, self.order.sha256, self.now()):
            problem = flight.fly_rest(route)
            if not problem:
                self.obey(rest.plan)
            self._answer_rest(rest, problem)
        elif self.now() > rest.until_s:
            self._answer_rest(rest, "no lease names this plan")

    def _answer_rest(self, rest: Rest, problem: str) -> None:
        self._rest = None
        rest.answer(FlyRest.Response(success=not problem, message=problem))

    def _finish(self, outcome: str, reason: str) -> None:
        self._server.finish(FlyRoute.Result(outcome=outcome, reason=reason))

    def _step(self) -> None:
        self._journal.settle()
        self._look_at_rest()
        flight, time_s = self._flight, self.now()
        if flight is None:
            self._idle = self._vehicle.telemetry(time_s)  # also completes requests of the last flight
            return
        if self._manager.is_lost(time_s) and flight.phase == "preflight":  # in the air the failsafe ladder reacts
            flight.return_home("the mission manager is lost")
        lease, may_look = self.leases.at(time_s), self.leases.may_look(time_s)
        flight.step(time_s, lease, self._camera.silent_for_s(time_s), self.around(time_s), may_look=may_look)
        self._home.keep(self.order.run, flight.home_of_take_off)
        for row in flight.news():
            self.get_logger().warning(f"failsafe: {row.reason} ({row.name}: {row.threshold}); {row.action}")
        self._publish_changes()
        if self._noted_release and not flight.released:  # first the sensor, then the entry
            self._noted_release = False
            self._journal.write("sensor_inhibit", drone=self._drone, run=self.order.run, reason=flight.why_inhibited)
        if flight.outcome is not None:
            self._end(flight, flight.outcome)

    def _end(self, flight: RouteFlight, outcome: str) -> None:
        if self._noted_flight and flight.phase == "landed":
            self._journal.write("landing", drone=self._drone, run=self.order.run, outcome=outcome)
        self._flight, self._idle, self._outcome = None, flight.seen, outcome
        self._finish(outcome, flight.reason)

    def _ladder(self) -> tuple[Margin, ...]:
        return () if self._flight is None else self._flight.margins(self.leases.silent_s(self.now()))

    def _stream(self) -> None:
        if self._flight is not None:
            self._flight.stream(self.now())

    def _publish_changes(self) -> None:
        flight = self._flight
        if flight is not None and self._shown != (flight.phase, flight.sensor_inhibited, flight.inspection):
            if remark := flight.remark:
                self.get_logger().warning(remark)
            self._publish_status()

    def _publish_status(self) -> None:
        message = DroneStatus(drone=self._drone, run=self.order.run, phase="idle", sensor_inhibited=True)
        message.header.stamp = self.get_clock().now().to_msg()
        message.header.frame_id = "map"
        flight = self._flight
        seen = self._idle if flight is None else flight.seen
        message.autopilot = seen.word
        message.battery_fraction, message.heading_deg = float(seen.battery_fraction), float(seen.heading_deg)
        place, speed_mps = place_and_speed(seen, None if flight is None else flight.route.home, self._settings)
        message.hold_ends_s = math.nan if flight is None else float(flight.hold_ends_s)
        message.outcome = self._outcome if flight is None else flight.outcome or ""
        if flight is not None:
            message.phase, message.reason = flight.phase, flight.reason or flight.preflight_check or flight.remark
            message.reason = message.reason or flight.no_right or self.traffic.silence(self.now())
            message.route_fraction = float(flight.route_fraction)
            message.sensor_inhibited, message.inspection = flight.sensor_inhibited, flight.inspection
        message.position.x, message.position.y, message.position.z = place
        message.velocity.x, message.velocity.y, message.velocity.z = speed_mps
        self._status.publish(message)
        self._shown = message.phase, message.sensor_inhibited, message.inspection
        line = message.phase, "" if message.phase == "preflight" else message.reason  # it names the current check
        if line != self._logged:
            self._logged = line
            self.get_logger().info(": ".join(word for word in line if word))

    def destroy_node(self) -> None:
        """Also writes the journal's last entries."""
        for part in (self._journal, self._home):
            part.close()
        super().destroy_node()


def main() -> None:
    run(FlightControl)
