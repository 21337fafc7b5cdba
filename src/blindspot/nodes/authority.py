"""Node `authority`: the legal gate.

Service `authorise` judges a plan: by the law here, and by the independent checker in its own process. While a plan is
cleared, each of its drones gets a lease at 2 Hz on `/<drone>/clearance`, signed with this ground station's key. Silence
is a refusal: when this node dies, the leases expire. Each renewal reads the authorisation again, and a ledger records
the flight time for the day's cap. `clear_inspection` judges a drone's way off its route: the law here, walls and pixel
density by the command `blindspot inspect`.

An autopilot that asks before it arms (PX4's `COM_ARM_AUTH_REQ`) is answered over MAVROS's raw MAVLink topics: yes with
a lease, else no. In a simulation, a yes also requires that the autopilot has reported itself as a simulation. The
autopilot of the n-th drone of the mission has the system id n.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from blindspot_msgs.msg import Clearance
from blindspot_msgs.srv import Authorise
from mavros_msgs.msg import Mavlink
from rclpy.publisher import Publisher

from blindspot.core import BlindspotError, one_line
from blindspot.flight.vehicle import mavlink
from blindspot.law import (
    DayMeter,
    Gate,
    Ledger,
    LiveAuthorisation,
    Verdict,
    is_rest,
    judge_plan,
    not_judged,
    state_folder,
)
from blindspot.law.leases import LeaseSigner, load_lease_key
from blindspot.mission import Plan, load_mission
from blindspot.nodes.autopilot.autopilots import Autopilots
from blindspot.nodes.autopilot.mavros_interface import RAW_SINK, RAW_SOURCE, fill, plain, raw_topic
from blindspot.nodes.autopilot.on_ground import OnGround
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.deferred_service import create_deferred_service
from blindspot.nodes.graph.forward_clock import timer_clock
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.nodes.graph.messages import now_s, plan_of, stamp
from blindspot.nodes.graph.node_runner import run
from blindspot.nodes.graph.parameters import declare_bool, declare_str, given_file
from blindspot.nodes.inspection import InspectionJudge
from blindspot.nodes.leases import clearance_message
from blindspot.nodes.plan_judge import Flown, PlanJudge

LEASE_PERIOD_S = 0.5
OUR_SYSTEM_ID, OUR_COMPONENT_ID = 1, 191
"""Our address on the MAVLink network: MAVROS's own system, which `COM_ARM_AUTH_ID` must name, and the component id of
an on-board computer."""


class Authority(GuardedNode):
    def __init__(self, **options: Any) -> None:
        """`options` are those of `rclpy.node.Node`."""
        super().__init__("authority", **options)
        mission_file = declare_str(self, "mission", "", describe="Mission file, which names the authorisation.")
        simulated = declare_bool(
            self, "simulated", False, describe="True if every autopilot is a simulation; false refuses SIM-ONLY."
        )
        run_dir = declare_str(
            self, "run_dir", ".", describe="Folder of the run; in simulation it keeps the day's flight times."
        )
        lease_key = declare_str(self, "lease_key", "", describe="File of the private key that signs the leases.")
        self._signer = LeaseSigner(load_lease_key(given_file("authority", "lease_key", lease_key)))
        self._mission = load_mission(Path(mission_file))
        self._live = LiveAuthorisation(self._mission.authorisation_path)
        self._gate = Gate(self._live.now, simulated=simulated, mission=self._mission)
        self._id = self._live.now.id if self._live.now is not None else ""
        self._simulated = simulated
        self._meter = DayMeter(Ledger(Path(run_dir) if simulated else state_folder(os.environ)))
        self._flown: Plan | None = None
        """The latest cleared route of each drone, from the plan or from a rest of it."""
        self._started_s: float | None = None
        self._leases: dict[str, Publisher] = {}
        self._checker = PlanJudge(self, self._mission)
        self._on_ground = OnGround(self, [drone.name for drone in self._mission.file.fleet])
        create_deferred_service(self, Authorise, "authorise", self._on_authorise)
        for system_id, drone in enumerate(self._mission.file.fleet, 1):
            sink = self.create_publisher(Mavlink, raw_topic(system_id, RAW_SINK), qos.RAW_MAVLINK)
            listener = partial(self._on_raw, drone.name, system_id, sink)
            self.create_subscription(Mavlink, raw_topic(system_id, RAW_SOURCE), listener, qos.RAW_MAVLINK)
        self._autopilots = Autopilots(self, [drone.name for drone in self._mission.file.fleet] if simulated else [])
        self._judge = InspectionJudge(self, self._mission, self._verdicts)
        self.create_timer(LEASE_PERIOD_S, self._renew, clock=timer_clock(self))

    def _now_utc(self) -> datetime:
        """Legal time: the system's, or in simulation the mission's start plus the time since the first clearance.

        So the checker's work before the first clearance takes no legal time; later checks do.
        """
        if not self._simulated:
            return datetime.now(UTC)
        since_s = 0.0 if self._started_s is None else now_s(self) - self._started_s
        return self._mission.file.start.astimezone(UTC) + timedelta(seconds=since_s)

    # A plan is judged

    def _on_authorise(self, request: Any, answer: Callable[[Any], None]) -> None:
        if not request.plan.json:
            if self._gate.cleared is not None:
                self.get_logger().info(f"plan {self._gate.cleared.id} is given back: its leases end")
            self._gate.cleared = None
            self._checker.call_off("the clearance was given back before it was granted")
            answer(Authorise.Response(verdicts=["AUT-01: no plan was given: the clearance ends"]))
            return
        try:
            plan = plan_of(request.plan)
            self._look()
            verdicts = self._law(plan, self._gate.judge)
        except Exception as error:  # any exception refuses: a plan that can't be judged must not fly
            self._refuse([f"AUT-01: {one_line(error)}"], answer)
            return
        if verdicts:
            self._refuse(verdicts, answer)
            return
        flown = None
        if is_rest(plan) and self._flown is not None:
            down = tuple(route.drone for route in self._flown.routes if self._on_ground.is_down(route.drone))
            flown = Flown(self._flown, down)
        self._checker.ask(plan, flown, lambda complaint: self._on_checked(plan, complaint, answer))

    def _on_checked(self, plan: Plan, complaint: str, answer: Callable[[Any], None]) -> None:
        """Judge the plan by the law again, at the time at which its clearance begins."""
        self._look()
        verdicts = [f"PLN-04: {complaint}"] if complaint else self._law(plan, self._gate.authorise, begins=True)
        if verdicts:
            self._refuse(verdicts, answer)
            return
        if self._simulated and self._started_s is None:
            self._started_s = now_s(self)
        if is_rest(plan) and self._flown is not None:
            self._flown = self._flown.with_routes(plan.routes)
        else:
            self._flown = plan
        if self._live.now is not None and (remark := not_judged(self._live.now, plan)):
            self.get_logger().warning(remark)
        self._renew()
        answer(Authorise.Response(granted=True))

    def _law(self, plan: Plan, judge: Callable[..., tuple[Verdict, ...]], *, begins: bool = False) -> list[str]:
        """The verdicts that refuse a plan; `begins` starts to count its flight time."""
        try:
            flown_s = self._meter.flown_s(self._day())
            if begins and not is_rest(plan):
                self._meter.begin(self._day())
        except BlindspotError as error:
            return [f"PUR-04: {error}"]
        return [str(verdict) for verdict in judge(plan, self._now_utc(), flown_s)]

    def _refuse(self, verdicts: list[str], answer: Callable[[Any], None]) -> None:
        """Refuse a plan and withdraw any clearance, since the gate also answers the autopilot's request to arm."""
        self._gate.cleared = None
        self.get_logger().warning("refused: " + "; ".join(verdicts))
        answer(Authorise.Response(granted=False, verdicts=verdicts))

    # A cleared plan is watched

    def _look(self) -> None:
        """Read the authorisation again and pass it to the gate."""
        found, before = self._live.look(), self._gate.ended
        if found == self._gate.authorisation:
            return
        day = self._day()
        try:
            flown_s = self._meter.before_s(day)
        except BlindspotError as error:
            found, flown_s = None, 0.0
            self._gate.end(Verdict("PUR-04", "CSI L242-4", str(error), "follow this message"))
        self._id = found.id if found is not None else self._id
        self._gate.authorisation_is(found, self._live.problem, self._now_utc(), flown_s)
        if self._gate.ended is not before and self._gate.cleared is not None:
            self.get_logger().warning(f"the leases end: {self._gate.ended}")

    def _count(self, cleared: Plan, now_utc: datetime) -> None:
        """Record the time of the drones that may be flying, before each lease; the day's cap ends the leases."""
        auth = self._gate.authorisation
        up = {route.drone for route in cleared.routes if not self._on_ground.is_down(route.drone)}
        if auth is None:
            return
        try:
            flown_s = self._meter.run(self._day(), up, auth.id, now_utc)
        except BlindspotError as error:
            self._gate.end(Verdict("PUR-04", "CSI L242-4", str(error), "follow this message"))
            return
        most_min = auth.file.window.max_flight_min_per_day
        if flown_s > most_min * 60.0:
            self._gate.end(Verdict("PUR-04", "CSI L242-4", f"{most_min:g} min were flown that day", "fly on tomorrow"))

    def _day(self) -> date:
        """Today's date in the authorisation's time zone."""
        auth = self._gate.authorisation
        return self._now_utc().astimezone(ZoneInfo(auth.file.window.tz) if auth is not None else UTC).date()

    def _on_raw(self, drone: str, system_id: int, sink: Publisher, message: Any) -> None:
        """Answer the request to arm of a drone's autopilot, and ignore all other messages."""
        if message.msgid != mavlink.COMMAND_LONG:
            return
        asked = mavlink.CommandLong(mavlink.AUTHORISE_ARMING, system_id, OUR_SYSTEM_ID)
        if mavlink.read_command_long(plain(message)) != asked:
            return
        self._look()
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
        """The cleared plan, and the first rule that refuses it after `change`; "" if every rule accepts it."""
        self._look()
        cleared, auth = self._gate.in_force, self._gate.authorisation
        if cleared is None or auth is None:
            return None, "AUT-01: no plan is cleared"
        found = judge_plan(auth, change(cleared), self._now_utc(), simulated=self._simulated)
        return cleared, str(found[0]) if found else ""

    def _renew(self) -> None:
        self._look()
        cleared = self._gate.cleared
        if cleared is None:
            return
        now_utc, time_s, sha256 = self._now_utc(), now_s(self), cleared.sha256
        self._count(cleared, now_utc)
        for route in cleared.routes:
            lease = self._gate.lease(route.drone, now_utc)
            until_s = max(0.0, time_s + (lease.valid_until - now_utc).total_seconds())
            signed = self._signer.sign(
                route.drone, self._id, sha256, granted=lease.granted, simulated=self._simulated,
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
