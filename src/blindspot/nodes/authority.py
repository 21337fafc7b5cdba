"""Node `authority`: the legal gate of a standing stack.

Service `authorise` judges a plan of a mission: by the law here, and by the independent checker in its own process.
While a plan is cleared, each of its drones gets a lease at 2 Hz on `/<drone>/clearance`, signed with this ground
station's key for this plan and this mission. Silence is a refusal: when this node dies, the leases expire. Each renewal
reads the authorisation again, and a ledger records the flight time for the day's cap. Several plans may be cleared at
the same time (`law/clearances`); `give_back` ends one clearance, and the gate itself ends a clearance never given
back.
A drone whose exposure breaks a rule of the flight, or whose picture is reported as not wholly masked, gets refusals at
once, until a later exposure is lawful.
`clear_inspection` judges a drone's way off its route: the law here, walls and density by `check-inspection`.
`pass_look` passes the right to look from one turn of a watch to another one; the right is a part of each lease.

Each grant is written to the journal before the effect: without the entry the grant is refused.

An autopilot that asks before arming (PX4's `COM_ARM_AUTH_REQ`) is answered over MAVROS's raw MAVLink topics:
yes with a lease, else no. In a simulation, a yes also requires that the autopilot has reported itself as a simulation.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from blindspot_msgs.msg import Clearance as ClearanceMessage
from blindspot_msgs.srv import Authorise, GiveBack
from rclpy.publisher import Publisher

from blindspot.core import BlindspotError, InputError, one_line
from blindspot.evidence.acts import flown_days, watched_places
from blindspot.flight.missions import why_not_ordered
from blindspot.law import Verdict
from blindspot.law.airspace import not_judged
from blindspot.law.clearances import (
    AskedPlan,
    Clearance,
    Clearances,
    DayMeter,
    FlightMonitor,
    FlownDays,
    Known,
    Ledger,
    LegalTime,
    LiveAuthorisation,
    breach_by_facts,
    is_rest,
    state_folder,
)
from blindspot.law.leases import Lease, LeaseSigner, load_lease_key
from blindspot.law.orders import OrderVerifier
from blindspot.mission import MissionRef, Plan
from blindspot.mission.in_flight import Detour
from blindspot.nodes.autopilot.on_ground import OnGround
from blindspot.nodes.cameras.mask_reports import CameraEars
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.deferred_service import create_deferred_service
from blindspot.nodes.graph.forward_clock import ForwardClock, every
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.nodes.graph.messages import now_s, plan_of, stamp
from blindspot.nodes.graph.node_runner import run
from blindspot.nodes.graph.parameters import declare_bool, declare_fleet, declare_journal, declare_str, given_file
from blindspot.nodes.judging.arming_judge import ArmingJudge
from blindspot.nodes.judging.inspection_judge import InspectionJudge
from blindspot.nodes.judging.leases import clearance_message
from blindspot.nodes.judging.look_rights import LookRights
from blindspot.nodes.judging.plan_judge import FlownPlan, PlanJudge, Question, why_changed
from blindspot.nodes.missions.detours import GrantedDetours
from blindspot.nodes.missions.gate_entries import GateEntries
from blindspot.nodes.orders.signed_orders import GateOrders
from blindspot.nodes.rights.gate_facts import GateFacts

LEASE_PERIOD_S = 0.5


class Authority(GuardedNode):
    def __init__(self, **options: Any) -> None:
        super().__init__("authority", **options)
        simulated = declare_bool(
            self, "simulated", False, describe="True if every autopilot is a simulation; false refuses SIM-ONLY."
        )
        rehearse = declare_bool(
            self, "rehearse", False, describe="True: a simulation is judged as a real flight, by the facts it reports."
        )
        as_simulated = simulated and not rehearse
        run_dir = declare_str(
            self, "run_dir", ".", describe="Folder of the stack; in simulation it keeps the day's flight times."
        )
        lease_key = declare_str(self, "lease_key", "", describe="File of the private key that signs the leases.")
        self._fleet = declare_fleet(self)
        self._signer = LeaseSigner(load_lease_key(given_file("authority", "lease_key", lease_key)), self._fleet.sha256)
        journal_path = declare_journal(self, Path(run_dir))
        self._orders = GateOrders(OrderVerifier(self._fleet, simulated=simulated), journal_path)
        self._simulated = simulated
        meter = DayMeter(Ledger(Path(run_dir) if simulated else state_folder(os.environ)))
        watched, flown = watched_places(journal_path), FlownDays if simulated else flown_days(journal_path)
        self.clearances = Clearances(meter, simulated=as_simulated, watched=watched, known=self.known, flown=flown)
        self._entries = GateEntries(journal_path, Path(run_dir), self.clearances, self.get_logger().error)
        self.legal = LegalTime(simulated=simulated)
        self._facts: GateFacts | None = None
        """Read before real flights and rehearsals: in any other simulation no rule of pre-flight is judged."""
        self.clearances.looks.enter = lambda change: self._entries.look(change.drone, change.facts)
        self._monitor = FlightMonitor(simulated=as_simulated, looks=self.clearances.looks)
        self.withheld: dict[str, Verdict] = {}
        """By drone: the rule that the drone breaks."""
        self._forward = ForwardClock(self)
        self._leases: dict[str, Publisher] = {}
        drones = self._fleet.names
        if not as_simulated:
            self._facts = GateFacts(self, self._forward, self._fleet, journal_path, simulated=simulated)
        self.checker = PlanJudge(self, len(drones), self._fleet.on_call)
        self.on_ground = OnGround(self, drones)
        create_deferred_service(self, Authorise, "authorise", self._on_authorise)
        self.create_service(GiveBack, "give_back", self._on_give_back)
        ArmingJudge(self, self._fleet, self._why_not_arm, self._arms, self._hear_raw, simulated=simulated)
        self._rights = LookRights(self, drones, self.clearances, self._forward, self._send_leases)
        CameraEars(self, drones, self._monitor, self._forward, self._on_camera)
        self._detours = GrantedDetours(journal_path)
        ways, checks = self._detours.may_be_flown, self.checker.checks
        InspectionJudge(self, self._cleared_for, self._problem_of, self._enter_change, ways, checks)
        every(self, LEASE_PERIOD_S, self.renew)

    def now_utc(self, asked: AskedPlan) -> datetime:
        """Legal time of the mission of a request."""
        return self.legal.now_utc(asked.mission, asked.mission_sha256, asked.run, now_s(self))

    # A plan is judged

    def _on_authorise(self, request: Any, answer: Callable[[Any], None]) -> None:
        try:
            asked = self._asked(request)
        except Exception as error:  # any exception refuses: a plan that can't be judged must not fly
            self._refuse(request, None, [f"AUT-01: {one_line(error)}"], answer)
            return
        try:
            verdicts = self._law(asked)
            flown = None if verdicts else self._flown(asked.plan)
        except Exception as error:
            verdicts = [f"AUT-01: {one_line(error)}"]
        if verdicts:
            self._refuse(request, asked, verdicts, answer)
            return
        checked = partial(self._on_checked, request, asked, flown, answer)
        self.checker.ask(Question(asked.plan, asked.mission, asked.mission_sha256, asked.requester, flown, checked))

    def _flown(self, plan: Plan) -> FlownPlan | None:
        """What the rest of a plan is judged by, now: the ways of its plan's other drones. None for any other plan."""
        before = self.clearances.of_drone(plan.routes[0].drone)
        if not is_rest(plan) or before is None:
            return None
        may_be_flown = self._detours.may_be_flown(before, [route.drone for route in plan.routes])
        down = tuple(name for name in before.drones if self.on_ground.is_down(name))
        return FlownPlan(may_be_flown, down, self._detours.grants(before.drones))

    def _asked(self, request: Any) -> AskedPlan:
        """A request with this computer's copy of its mission; raises InputError."""
        plan, sha256, order = plan_of(request.plan), request.mission.sha256, request.mission
        if problem := why_not_ordered(one_line(order.person, 100), one_line(order.reason, 100), self._fleet.operators):
            raise InputError("mission", "person", problem, "let a person order it")
        if problem := self._orders.why_not(order, plan):
            raise InputError("mission", "signature", problem, "let a pilot order it again")
        mission = MissionRef(request.mission.file, sha256).read(self._fleet)
        live = LiveAuthorisation(mission.authorisation_path)
        return AskedPlan(plan, mission, sha256, request.requester, live, request.mission.run, order.person)

    def _on_checked(
        self, request: Any, asked: AskedPlan, flown: FlownPlan | None, answer: Callable[[Any], None], complaint: str
    ) -> None:  # fmt: skip
        """Judge the plan by the law again, at the time at which its clearance begins."""
        complaint = complaint or why_changed(flown, partial(self._flown, asked.plan))
        verdicts = [f"PLN-04: {complaint}"] if complaint else self._clear(request, asked)
        if verdicts:
            self._refuse(request, asked, verdicts, answer)
            return
        self.legal.begin(asked.mission_sha256, asked.run, now_s(self))
        found = self.clearances.of_plan(asked.plan.sha256)
        auth = found.gate.authorisation if found is not None else None
        if auth is not None and (remark := not_judged(auth, asked.plan)):
            self.get_logger().warning(remark)
        self.renew()
        answer(Authorise.Response(granted=True))

    def _law(self, asked: AskedPlan) -> list[str]:
        """The verdicts of the law that refuse a request now."""
        self._look()
        return [str(verdict) for verdict in self.clearances.judge(asked, self.now_utc(asked))]

    def _clear(self, request: Any, asked: AskedPlan) -> list[str]:
        """Clear a plan that has passed the checker. The mission's files must still be those of the check."""
        self._look()
        try:
            MissionRef(request.mission.file, asked.mission_sha256).read(self._fleet)
        except BlindspotError as error:
            return [f"AUT-01: {one_line(error)}"]
        try:
            found = self.clearances.authorise(
                asked, self.now_utc(asked), partial(self._entries.clearance, request, asked, [])
            )
        except BlindspotError as error:
            return [f"AUT-10: the journal has no entry of this clearance: {one_line(error)}"]
        return [str(verdict) for verdict in found]

    def _refuse(
        self, request: Any, asked: AskedPlan | None, verdicts: list[str], answer: Callable[[Any], None]
    ) -> None:
        """Refuse a request; every cleared plan stays as it is."""
        self.get_logger().warning("refused: " + "; ".join(verdicts))
        try:
            self._entries.clearance(request, asked, verdicts)
        except BlindspotError as error:
            self.get_logger().error(f"the refusal is not in the journal: {error}")
        answer(Authorise.Response(granted=False, verdicts=verdicts))

    def known(self, asked: AskedPlan) -> Known:
        """The facts of pre-flight that the stack reports."""
        if self._facts is None:
            return None, None
        going_on = {asked.run, *(clearance.asked.run for clearance in self.clearances.now)}
        return self._facts.known(asked, going_on, self.on_ground.airborne)

    # A clearance ends

    def _on_give_back(self, request: Any, response: Any) -> Any:
        found, who = self.clearances.of_plan(request.plan), request.requester
        owners = {asked.requester for asked in self.checker.asked if asked.plan.sha256 == request.plan}
        owners |= {found.asked.requester} if found is not None else set()
        if owners and who not in owners:
            return GiveBack.Response(success=False, message="another process asked for this clearance")
        self.checker.call_off(request.plan, who, "the clearance was given back before it was granted")
        if found is not None and found.asked.requester == who:
            self._withdraw(found, "it was given back", is_over=True)
        self._entries.write_withdrawals()
        return GiveBack.Response(success=True)

    def _withdraw(self, clearance: Clearance, reason: str, *, is_over: bool) -> None:
        self.clearances.withdraw(clearance)
        self._entries.ended(clearance, reason, is_over=is_over)
        self.get_logger().info(f"the clearance of plan {clearance.asked.plan.id} ends: {reason}")

    def _ended(self, clearance: Clearance, verdict: Verdict | None) -> None:
        """The law ends the leases of a cleared plan; refusals are sent in their place."""
        if verdict is not None:
            self._entries.withdrawn(clearance, str(verdict))
            self.get_logger().warning(f"the leases of plan {clearance.asked.plan.id} end: {verdict}")

    # Cleared plans are watched

    def _look(self) -> None:
        """Read each authorisation again. The newest clearance is judged first: it ends first if not all may go on."""
        self.clearances.in_the_air(self.on_ground.airborne)
        for clearance in reversed(self.clearances.now):
            self._ended(clearance, self.clearances.look(clearance, self.now_utc(clearance.asked)))
        self._rights.step()

    def renew(self) -> None:
        self._look()
        for clearance in self.clearances.now:
            up = {name for name in clearance.drones if not self.on_ground.is_down(name)}
            self._ended(clearance, self.clearances.count(clearance, up, self.now_utc(clearance.asked)))
            self._lease(clearance)
            reason = clearance.lapse.why(clearance.drones, self.on_ground.up, self.on_ground.down, self._forward())
            if reason:
                self._withdraw(clearance, reason, is_over=clearance.lapse.landed >= set(clearance.drones))
        self._entries.write_withdrawals()
        if self._facts is not None:
            self._facts.note_recorded(self.clearances.now)

    def _lease(self, clearance: Clearance) -> None:
        """Send each drone of a cleared plan the next lease, until the drone has landed."""
        cleared = clearance.gate.cleared
        if cleared is None:
            return
        now_utc, time_s, sha256 = self.now_utc(clearance.asked), now_s(self), clearance.plans[-1]
        for route in cleared.routes:
            if route.drone in clearance.lapse.landed:
                continue
            lease = self._lease_of(clearance, route.drone, now_utc)
            until_s = (lease.valid_until - now_utc).total_seconds()
            if lease.may_look:
                self.clearances.looks.leased(route.drone, self._forward() + until_s)
            until_ns = round(max(0.0, time_s + until_s) * 1e9)
            signed = self._signer.sign(
                route.drone, clearance.authorisation, sha256, clearance.asked.mission_sha256, granted=lease.granted,
                may_look=lease.may_look, simulated=self._simulated, valid_until_ns=until_ns, rule=lease.rule,
            )  # fmt: skip
            message = clearance_message(signed, lease.reason)
            message.header.stamp = stamp(time_s)
            self._publisher(route.drone).publish(message)

    def _send_leases(self, drones: Collection[str]) -> None:
        """Send the next lease to drones whose right to look has changed, and to the others of their plans."""
        for clearance in self.clearances.now:
            if not set(drones).isdisjoint(clearance.drones):
                self._lease(clearance)

    def _lease_of(self, clearance: Clearance, drone: str, now_utc: datetime) -> Lease:
        """The lease of a drone now; a refusal while it breaks a rule."""
        lease = self.clearances.lease(clearance, drone, now_utc)
        breach = self._breach(clearance, drone) if lease.granted else None
        return lease if breach is None else Lease(False, now_utc, breach.rule, breach.reason)

    def _on_camera(self, drone: str) -> None:
        """After an exposure or a report on its masks: a breach is answered before the next exposure."""
        clearance = self.clearances.of_drone(drone)
        if clearance is not None and drone not in self.withheld and self._breach(clearance, drone) is not None:
            self._lease(clearance)
        self._entries.write_withdrawals()

    def _breach(self, clearance: Clearance, drone: str) -> Verdict | None:
        """The rule broken by a drone now; the beginning of the breach is in the log and in the journal."""
        found = self._monitor.breach(clearance, drone, self._forward())
        if found is None and self._facts is not None:
            now_utc = self.now_utc(clearance.asked)
            flying, works = self._facts.flying(drone, clearance, now_utc), self._facts.journal_works()
            found = breach_by_facts(clearance, flying, now_utc, journal_works=works)
        if found is None:
            self.withheld.pop(drone, None)
        elif drone not in self.withheld:
            self.withheld[drone] = found
            self.get_logger().warning(f"the leases of {drone} are withheld: {found}")
            self._entries.withdrawn(clearance, f"{drone}: {found}")
        return found

    def _publisher(self, drone: str) -> Publisher:
        if drone not in self._leases:
            self._leases[drone] = self.create_publisher(ClearanceMessage, f"/{drone}/clearance", qos.LEASE)
        return self._leases[drone]

    # Autopilots and inspections ask

    def _why_not_arm(self, drone: str) -> str:
        """The reason against the arming of a drone now, or ""."""
        clearance = self._cleared_for(drone)
        if clearance is None:
            return "AUT-01 no plan is cleared"
        if drone in clearance.lapse.landed:
            return "AUT-01 it has flown, and needs a new clearance"
        now_utc = self.now_utc(clearance.asked)
        lease, late = self._lease_of(clearance, drone, now_utc), clearance.gate.why_late(drone, now_utc)
        return late if lease.granted else f"{lease.rule} {lease.reason}"

    def _arms(self, drone: str) -> None:
        clearance = self.clearances.of_drone(drone)
        if clearance is not None:
            clearance.lapse.arms(self._forward())

    def _hear_raw(self, drone: str, message: Any) -> None:
        if self._facts is not None:
            self._facts.hear_raw(drone, message)

    def _cleared_for(self, drone: str) -> Clearance | None:
        self._look()
        return self.clearances.of_drone(drone)

    def _problem_of(self, clearance: Clearance, plan: Plan) -> str:
        """The first rule of the law that refuses a plan under a clearance, or ""."""
        try:
            found = self.clearances.refusals_of(clearance, plan, self.now_utc(clearance.asked))
        except InputError as error:
            return f"PUR-04: {one_line(error)}"
        return str(found[0]) if found else ""

    def _enter_change(self, clearance: Clearance, plan: Plan, detour: Detour) -> str:
        """Enter an inspection and the inspection's places in the journal; the reason against the entry, or
        ""."""
        try:
            self._entries.places(self.clearances.places_of_change(clearance, plan, self.now_utc(clearance.asked)))
            self._detours.add(clearance, detour)
        except BlindspotError as error:
            return f"AUT-10: the journal has no entry of this flight: {one_line(error)}"
        return ""


def main() -> None:
    run(Authority)
