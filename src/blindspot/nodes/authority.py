"""Node `authority`: the legal gate.

Service `authorise` judges a plan; while one is cleared, each of its drones gets a lease at 2 Hz on
`/<drone>/clearance`, signed with this ground station's key. Silence means no: when this node dies, so do the leases.
`clear_inspection` judges a drone's way off its route: the law here, walls and density by the command `blindspot
inspect` in a process of its own.

An autopilot that asks before it arms (PX4's `COM_ARM_AUTH_REQ`) is answered over MAVROS's raw MAVLink topics: yes with
a lease, no without; in a simulation only once the autopilot has said that it is one. The autopilot of the n-th drone of
the mission has the system id n.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from blindspot_msgs.msg import Clearance
from blindspot_msgs.srv import Authorise
from mavros_msgs.msg import Mavlink
from rclpy.node import Node
from rclpy.publisher import Publisher

from blindspot.errors import BlindspotError
from blindspot.flight import mavlink
from blindspot.law.authorisation import load_authorisation
from blindspot.law.clearance import Gate, judge_plan
from blindspot.law.lease_key import load_lease_key
from blindspot.law.signed_lease import LeaseSigner
from blindspot.nodes import qos
from blindspot.nodes.autopilots import Autopilots
from blindspot.nodes.forward_clock import timer_clock
from blindspot.nodes.inspection import InspectionJudge
from blindspot.nodes.leases import clearance_message
from blindspot.nodes.mavros_interface import RAW_SINK, RAW_SOURCE, fill, plain, raw_topic
from blindspot.nodes.messages import now_s, plan_of, stamp
from blindspot.nodes.parameters import declare_bool, declare_str, given_file
from blindspot.nodes.run import run
from blindspot.planning.mission import load_mission
from blindspot.planning.plan import Plan

LEASE_PERIOD_S = 0.5
OUR_SYSTEM_ID, OUR_COMPONENT_ID = 1, 191
"""On the MAVLink network: MAVROS's own system, to be named in `COM_ARM_AUTH_ID`; an on-board computer."""


class Authority(Node):
    def __init__(self, **options: Any) -> None:
        """`options` are those of `rclpy.node.Node`."""
        super().__init__("authority", **options)
        mission_file = declare_str(self, "mission", "", describe="Mission file, which names the authorisation.")
        simulated = declare_bool(
            self, "simulated", False, describe="True where every autopilot is a simulation; false refuses SIM-ONLY."
        )
        lease_key = declare_str(self, "lease_key", "", describe="File of the private key that signs the leases.")
        self._signer = LeaseSigner(load_lease_key(given_file("authority", "lease_key", lease_key)))
        self._mission = load_mission(Path(mission_file))
        self._authorisation = load_authorisation(self._mission.authorisation_path)
        self._gate = Gate(self._authorisation, simulated=simulated)
        self._simulated = simulated
        self._started_s: float | None = None
        self._leases: dict[str, Publisher] = {}
        self.create_service(Authorise, "authorise", self._on_authorise)
        for system_id, drone in enumerate(self._mission.file.fleet, 1):
            sink = self.create_publisher(Mavlink, raw_topic(system_id, RAW_SINK), qos.RAW_MAVLINK)
            listener = partial(self._on_raw, drone.name, system_id, sink)
            self.create_subscription(Mavlink, raw_topic(system_id, RAW_SOURCE), listener, qos.RAW_MAVLINK)
        self._autopilots = Autopilots(self, [drone.name for drone in self._mission.file.fleet] if simulated else [])
        self._judge = InspectionJudge(self, self._mission, self._verdicts)
        self.create_timer(LEASE_PERIOD_S, self._renew, clock=timer_clock(self))

    def _now_utc(self) -> datetime:
        """Legal time: the system's, or in simulation the mission's start and the time since."""
        if not self._simulated:
            return datetime.now(UTC)
        time_s = now_s(self)
        self._started_s = time_s if self._started_s is None else self._started_s
        return self._mission.file.start.astimezone(UTC) + timedelta(seconds=time_s - self._started_s)

    def _on_authorise(self, request: Any, response: Any) -> Any:
        if not request.plan.json:
            self._gate.cleared, response.verdicts = None, ["AUT-01: no plan was given: none is cleared any more"]
            return response
        try:
            plan = plan_of(request.plan)
            verdicts = [str(verdict) for verdict in self._gate.authorise(plan, self._now_utc())]
        except BlindspotError as error:
            self._gate.cleared = None  # as after any refusal: it answers the autopilot's own question, too
            verdicts = [f"AUT-01: {error}"]
        response.granted, response.verdicts = not verdicts, verdicts
        if response.granted:
            self._renew()
        else:
            self.get_logger().warning("refused: " + "; ".join(verdicts))
        return response

    def _on_raw(self, drone: str, system_id: int, sink: Publisher, message: Any) -> None:
        """Answer the request to arm of a drone's autopilot; whatever else passes here is not for us."""
        if message.msgid != mavlink.COMMAND_LONG:
            return
        asked = mavlink.CommandLong(mavlink.AUTHORISE_ARMING, system_id, OUR_SYSTEM_ID)
        if mavlink.read_command_long(plain(message)) != asked:
            return
        lease = self._gate.lease(drone, self._now_utc())
        if not lease.granted:
            self.get_logger().warning(f"{drone} may not arm: {lease.rule} {lease.reason}")
        if lease.granted and self._simulated:
            self._autopilots.ask(drone, partial(self._answer_arming, drone, sink, asked))
        else:
            self._answer_arming(drone, sink, asked, lease.granted)

    def _answer_arming(self, drone: str, sink: Publisher, asked: mavlink.CommandLong, granted: bool) -> None:
        if not granted and self._simulated and self._gate.lease(drone, self._now_utc()).granted:
            self.get_logger().warning(f"{drone} may not arm: AUT-07 its autopilot may be real")
        result = mavlink.ACCEPTED if granted else mavlink.DENIED
        ack = mavlink.CommandAck(asked.command, result, asked.system_id)
        sink.publish(fill(Mavlink(), mavlink.command_ack(ack, OUR_SYSTEM_ID, OUR_COMPONENT_ID)))

    def _verdicts(self, change: Callable[[Plan], Plan]) -> tuple[Plan | None, str]:
        """The cleared plan, and the first rule that refuses it changed, empty if none does."""
        cleared = self._gate.cleared
        if cleared is None:
            return None, "AUT-01: no plan is cleared"
        found = judge_plan(self._authorisation, change(cleared), self._now_utc(), simulated=self._simulated)
        return cleared, str(found[0]) if found else ""

    def _renew(self) -> None:
        cleared = self._gate.cleared
        if cleared is None:
            return
        now_utc, time_s, sha256 = self._now_utc(), now_s(self), cleared.sha256
        for route in cleared.routes:
            lease = self._gate.lease(route.drone, now_utc)
            until_s = max(0.0, time_s + (lease.valid_until - now_utc).total_seconds())
            signed = self._signer.sign(
                route.drone, self._authorisation.file.id, sha256, granted=lease.granted, simulated=self._simulated,
                valid_until_ns=round(until_s * 1e9), rule=lease.rule,
            )  # fmt: skip
            message = clearance_message(signed, lease.reason)
            message.header.stamp = stamp(time_s)
            self._publisher(route.drone).publish(message)

    def _publisher(self, drone: str) -> Publisher:
        if drone not in self._leases:
            self._leases[drone] = self.create_publisher(Clearance, f"/{drone}/clearance", qos.LEASE)
        return self._leases[drone]


def main() -> None:
    run(Authority)
