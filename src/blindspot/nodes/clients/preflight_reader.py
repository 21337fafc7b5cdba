"""The crew's side of the graph: reads the pre-flight list of a drone on a pad. Used by
`blindspot preflight`.

The list is the list of `flight_control`, which reports whether the autopilot is a simulation. The reader never arms,
and undoes all that would help to arm: the reader gives the clearance back and sets the mode back to hold.
"""

from __future__ import annotations

import getpass
import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import rclpy
from blindspot_msgs.msg import Clearance, FleetStatus, Heartbeat as HeartbeatMessage, MissionOrder
from blindspot_msgs.srv import Authorise, GiveBack
from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.srv import GetParameters
from rclpy.experimental import EventsExecutor
from rclpy.parameter import Parameter
from sensor_msgs.msg import CameraInfo

from blindspot.core import BlindspotError, InputError, one_line
from blindspot.flight.preflight import MISSION_MODE, SEEN_FIRST, Line, Preflight, checks
from blindspot.flight.route import HOLD, MISSION, FlightSettings, route_items
from blindspot.flight.vehicle import MavrosVehicle, Vehicle
from blindspot.flight.watch import Around, Heartbeat, Situation, read_computer
from blindspot.law.leases import LeaseVerifier, LeaseWatch, load_public_lease_key
from blindspot.law.orders import OrderSigner
from blindspot.mission import Mission, MissionRef, Plan, Route, load_fleet
from blindspot.nodes.autopilot.drone_facts import COMPUTER, FLEET, MOST_VALUES
from blindspot.nodes.autopilot.mavros_interface import CALLED_BEFORE_FLIGHT
from blindspot.nodes.autopilot.mavros_link import RosMavrosLink
from blindspot.nodes.autopilot.remote_id import RemoteId
from blindspot.nodes.clients.joining import join_graph
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.forward_clock import ForwardClock
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.nodes.graph.liveness import Liveness
from blindspot.nodes.graph.messages import now_s, plan_message, seconds
from blindspot.nodes.graph.node_runner import HEARTBEAT_TOPIC
from blindspot.nodes.judging.leases import signed_lease_of
from blindspot.nodes.judging.on_board import checks_of_this_computer, land_within_s
from blindspot.nodes.judging.plan_judge import CHECK_LIMIT_S
from blindspot.nodes.orders.signed_orders import mission_ordered
from blindspot.stack import RADIO
from blindspot.stack.enclaves import PREFLIGHT

HOW_TO_START = (
    "start its stack in another terminal (ros2 launch blindspot hardware.launch.py fleet:=FLEET), or practise on a "
    "simulated one with --embedded"
)
ANSWER_LIMIT_S = 10.0
JUDGED_WITHIN_S = CHECK_LIMIT_S + 10.0
"""The authority runs the plan check first."""
GIVEN_BACK_TRIES = 3
START_LIMIT_S = 60.0
ASKED = ["simulated", "use_sim_time", "computer_hot_c"]
"""Parameters that are read from flight_control."""
STUCK_S = 60.0
"""Time-out of one check, wall time; it fires if simulated time stands still or an answer is missing."""


class PreflightError(BlindspotError):
    """The list can't be read: the sentence names the silent node, or the mission in progress."""


class PreflightReader:
    """A context manager around one ROS node. `simulated` is what each drone's flight_control reports of its autopilot.

    A running graph may be on this computer or beyond a radio; the default of `talks_by` reaches both. `lease_key` is
    the file of the public half of the authority's key: as on board, no other lease counts. `person` asks for the
    clearance, the system's user by default; `signer` is theirs, for a fleet file with keys.
    """

    def __init__(
        self, mission: Mission, plan: Plan, drones: Sequence[str], folder: Path, talks_by: Mapping[str, str] = RADIO,
        *, lease_key: Path | None, person: str = "", signer: OrderSigner | None = None,
    ) -> None:  # fmt: skip
        self._talks_by = talks_by
        self._mission, self._plan, self._folder = mission, plan, folder
        self._lease_key, self._person, self._signer = lease_key, person, signer
        self._verifiers: dict[str, LeaseVerifier] = {}
        self._ground_fleet, self._fleet_of = "", dict[str, str]()
        """Hash of the fleet file on the ground station, by the station's leases, and on each drone, by the drone's
        facts."""
        self.simulated: dict[str, bool] = dict.fromkeys(drones, False)
        self._leases = {drone: LeaseWatch() for drone in drones}
        self._cameras = {drone: Heartbeat(timeout_s=1.0) for drone in drones}
        self._hot_c: dict[str, float] = {}
        self._around = Around()
        self._fleet: FleetStatus | None = None
        """Last report of the mission manager."""
        self._requester = secrets.token_hex(8)
        self._is_cleared = False

    def __enter__(self) -> PreflightReader:
        os.environ.update(self._talks_by)  # read when the first node is made
        join_graph(PREFLIGHT)
        self._node = node = GuardedNode("preflight", namespace="/blindspot")
        self._executor = EventsExecutor()
        self._executor.add_node(node)
        self._authority = node.create_client(Authorise, "authorise")
        self._giving_back = node.create_client(GiveBack, "give_back")
        self._controls = {
            name: node.create_client(GetParameters, f"/{name}/flight_control/get_parameters") for name in self._leases
        }
        node.create_subscription(FleetStatus, "fleet_status", self._on_fleet, qos.LATCHED)
        for drone in self._leases:
            node.create_subscription(Clearance, f"/{drone}/clearance", partial(self._on_clearance, drone), qos.LEASE)
            heard = partial(self._on_facts, drone)
            node.create_subscription(DiagnosticArray, f"/{drone}/facts/{COMPUTER}", heard, qos.LATCHED)
            node.create_subscription(
                CameraInfo, f"/{drone}/camera/camera_info", partial(self._on_camera, drone), qos.SENSOR
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.remove_node(self._node)
        self._node.destroy_node()
        self._executor.shutdown()
        rclpy.try_shutdown()

    def wait_until_alive(self, nodes: Sequence[str], fail_if_ended: Callable[[], None]) -> None:
        """Wait for the first heartbeat of every node of a stack that was just started."""
        liveness = Liveness(nodes, timeout_s=START_LIMIT_S)
        self._node.create_subscription(
            HeartbeatMessage, HEARTBEAT_TOPIC, lambda m: liveness.heard(m.node, time.monotonic()), qos.HEARTBEAT
        )

        def is_complete() -> bool:
            fail_if_ended()
            return not liveness.absent()

        self._wait(
            is_complete,
            START_LIMIT_S,
            lambda: f"not started after {START_LIMIT_S:.0f} s: {', '.join(liveness.absent())}",
        )

    def meet(self) -> Line:
        """Read each flight_control's parameters, and ask the authority for a clearance; its answer as a line.

        Raises PreflightError if one of the nodes does not answer, or a mission flies one of the drones, and InputError
        without a readable key of leases.
        """
        if self._lease_key is None:
            raise PreflightError("the running stack signs no leases: start a flying stack")
        key = load_public_lease_key(self._lease_key)
        for drone, client in self._controls.items():
            silent = f"/{drone}/flight_control does not answer: {HOW_TO_START}"
            values = self._ask(client, GetParameters.Request(names=ASKED), silent).values
            if len(values) < len(ASKED):
                continue
            self.simulated[drone], self._hot_c[drone] = bool(values[0].bool_value), float(values[2].double_value)
            if values[1].bool_value:
                self._node.set_parameters([Parameter("use_sim_time", value=True)])
        self._refuse_if_flying()
        self._verifiers = {name: LeaseVerifier(name, key, simulated=is_one) for name, is_one in self.simulated.items()}
        plan = plan_message(self._plan)
        request = Authorise.Request(mission=self._order(plan.sha256), plan=plan, requester=self._requester)
        self._is_cleared = True  # perhaps, whatever the answer
        answer = self._ask(self._authority, request, "the authority does not answer: no clearance", JUDGED_WITHIN_S)
        verdicts = "; ".join(answer.verdicts) or "no reason was given"
        return Line("authority", "GO") if answer.granted else Line("authority", "refused", verdicts)

    def read(self, drone: str, *, fix: bool, report: Callable[[Line], None]) -> tuple[Line, ...]:
        """The whole list of one drone; `report` gets each line as soon as it is known."""
        route = self._plan.route_of(drone)
        assert route is not None
        settings = FlightSettings(self._mission.model_of(drone), simulated=self.simulated[drone])
        if drone in self._hot_c:
            settings = replace(settings, computer_hot_c=self._hot_c[drone])
        link = RosMavrosLink(self._node, namespace=f"/{drone}", services=CALLED_BEFORE_FLIGHT)
        vehicle = MavrosVehicle(link, self._plan.origin, partial(now_s, self._node))
        assert self._fleet is not None
        fleet = load_fleet(Path(self._fleet.fleet))
        remote_id = RemoteId(self._node, ForwardClock(self._node), fleet, drone)
        on_board = checks_of_this_computer(
            self._mission, self._folder, simulated=settings.simulated, flies=False,
            remote_id=partial(remote_id.judge, simulated=settings.simulated), signed_orders=fleet.has_keys,
            fleets=lambda: (self._ground_fleet, self._fleet_of.get(drone, "")),
        )  # fmt: skip
        pending = checks(vehicle, route, route_items(route), settings, fix=fix, on_board=on_board)
        preflight = Preflight(pending, to_the_end=True)
        left_s = land_within_s(self._mission.file, now_s(self._node), now_s(self._node) if settings.simulated else None)
        self._around = Around(computer=read_computer(self._folder), land_within_s=left_s)
        shown, moved_s = 0, time.monotonic()
        while preflight.step(self._situation(vehicle, route, settings)) is None or shown < len(preflight.lines):
            self._stop_if_it_may_fly(drone, vehicle, preflight)
            for line in preflight.lines[shown:]:
                shown, moved_s = shown + 1, time.monotonic()
                report(line)
            if time.monotonic() - moved_s > STUCK_S:
                raise PreflightError(f"{drone}: the check {preflight.doing} does not end: is the clock running?")
            self._spin()
        return (*preflight.lines, *self.hand_back(vehicle, preflight, report))

    def give_clearance_back(self) -> None:
        """Give the clearance back, so that a pre-flight leaves no lease behind. The request is repeated until the
        authority takes it."""
        if not (self._is_cleared and self._giving_back.service_is_ready()):
            return
        request = GiveBack.Request(plan=self._plan.sha256, requester=self._requester)
        for _ in range(GIVEN_BACK_TRIES):
            answer = self._ask(self._giving_back, request, "the authority does not take the clearance back")
            if answer.success:
                self._is_cleared = False
                return
        raise PreflightError(f"the authority does not take the clearance back: {answer.message}")

    def _order(self, plan_sha256: str) -> MissionOrder:
        """The mission as named by the running stack, from the stack's fleet file. Raises PreflightError if that is not
        here."""
        assert self._fleet is not None
        try:
            fleet = load_fleet(Path(self._fleet.fleet))
            ref = MissionRef.of(fleet, self._mission)
        except InputError as error:
            raise PreflightError(f"the stack's fleet file is needed here: {error}") from error
        run = f"preflight-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        reason = "pre-flight checks on the ground"
        order = MissionOrder(
            file=ref.file,
            sha256=ref.sha256,
            run=run,
            person=self._person or _user(),
            reason=reason,
            plans=[plan_sha256],
        )
        if self._signer is not None:
            order.signature = self._signer.sign(mission_ordered(order))
        return order

    def _situation(self, vehicle: Vehicle, route: Route, settings: FlightSettings) -> Situation:
        time_s = now_s(self._node)
        lease, camera_silent_s = self._leases[route.drone].at(time_s), self._cameras[route.drone].silent_for_s(time_s)
        return Situation(vehicle.telemetry(time_s), lease, camera_silent_s, route, settings, self._around)

    def _stop_if_it_may_fly(self, drone: str, vehicle: Vehicle, preflight: Preflight) -> None:
        """Abandon all requests and raise PreflightError once another client has started to use the drone."""
        busy = self._mission_in_progress()
        if vehicle.telemetry(now_s(self._node)).armed and preflight.doing not in SEEN_FIRST:
            busy = f"{drone} is armed"
        if busy:
            vehicle.abandon()
            raise PreflightError(f"{busy}: pre-flight sends nothing to a drone that may fly")

    def hand_back(self, vehicle: Vehicle, preflight: Preflight, report: Callable[[Line], None]) -> tuple[Line, ...]:
        """Set the mode back to hold: this check selected the mission, and arming by hand would fly it."""
        seen = vehicle.telemetry(now_s(self._node))
        ours = any(line.check == MISSION_MODE and line.ok for line in preflight.lines)
        if not ours or seen.mode != MISSION or not seen.is_down or self._mission_in_progress():
            return ()
        reply = vehicle.set_mode(HOLD)
        deadline_s = time.monotonic() + STUCK_S
        while reply.pending and time.monotonic() < deadline_s:
            self._spin()
            vehicle.telemetry(now_s(self._node))
        todo = "" if reply.ok else "select hold by hand: arming would start the mission"
        line = Line("left in", HOLD if reply.ok else MISSION, todo)
        report(line)
        return (line,)

    def _refuse_if_flying(self) -> None:
        self._wait(lambda: self._fleet is not None, ANSWER_LIMIT_S, lambda: "the mission manager does not answer")
        if busy := self._mission_in_progress():
            raise PreflightError(f"{busy}: pre-flight sends nothing to a drone that may fly")

    def _mission_in_progress(self) -> str:
        """The mission in progress with a drone of this plan, in words; empty if the mission manager reports none."""
        if self._fleet is None:
            return "the mission manager is silent, and a mission may be flying"
        drones = {route.drone for route in self._plan.routes}
        going_on = (each for each in self._fleet.missions if each.phase != "done" and not each.outcome)
        return next((f"a mission is {each.phase}" for each in going_on if drones.intersection(each.drones)), "")

    def _ask(self, client: Any, request: Any, silent: str, within_s: float | None = None) -> Any:
        self._wait(client.service_is_ready, ANSWER_LIMIT_S, lambda: silent)
        future = client.call_async(request)
        self._wait(future.done, ANSWER_LIMIT_S if within_s is None else within_s, lambda: silent)
        return future.result()

    def _wait(self, fact: Callable[[], bool], limit_s: float, problem: Callable[[], str]) -> None:
        deadline_s = time.monotonic() + limit_s
        while not fact():
            if time.monotonic() > deadline_s:
                raise PreflightError(problem())
            self._spin()

    def _spin(self) -> None:
        end_s = time.monotonic() + 0.02
        while (left_s := end_s - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=left_s)

    def _on_fleet(self, message: FleetStatus) -> None:
        self._fleet = message

    def _on_clearance(self, drone: str, message: Clearance) -> None:
        """Take a lease as the drone's own nodes do: any process can publish one."""
        lease, until_s, time_s = signed_lease_of(message), seconds(message.valid_until), now_s(self._node)
        verifier = self._verifiers.get(drone)
        if verifier is not None and not verifier.why_not(lease, until_s, time_s):
            self._ground_fleet = lease.fleet
            self._leases[drone].heard(lease.granted and lease.plan == self._plan.sha256, until_s, time_s)

    def _on_facts(self, drone: str, message: Any) -> None:
        values = (pair for status in message.status[:1] for pair in status.values[:MOST_VALUES])
        self._fleet_of[drone] = next((one_line(pair.value, 64) for pair in values if pair.key == FLEET), "")

    def _on_camera(self, drone: str, _: CameraInfo) -> None:
        self._cameras[drone] = self._cameras[drone].heard(now_s(self._node))


def _user() -> str:
    """Name of the system's user, who asks for the clearance."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such user in the system's list
        return f"user {os.getuid()}"
