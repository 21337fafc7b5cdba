"""All clearances of a stack at a time, and the rules between them. Pure; default deny.

A drone has at most one clearance, so there are at most as many clearances as drones. A refused request changes nothing:
a lease names a plan, so a refused plan is never flown, and every cleared plan stays unchanged.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import chain
from zoneinfo import ZoneInfo

from blindspot.core import InputError
from blindspot.law.clearances.airspaces import Airspace, airspace_of, of_unknown_way, too_close
from blindspot.law.clearances.clearance import Gate, Known, judge_flight
from blindspot.law.clearances.counters import (
    Counters,
    Fact,
    FlownDays,
    Watch,
    beyond,
    days_of,
    facts_of,
    together,
    watched,
    watching,
    week_of,
    weeks_from,
)
from blindspot.law.clearances.ledger import DayMeter
from blindspot.law.clearances.live import LiveAuthorisation
from blindspot.law.clearances.looks import Looker, Looks
from blindspot.law.clearances.one_clearance import AskedPlan, Clearance, cameras_beside, looker_of, promised_s
from blindspot.law.clearances.rest import is_rest
from blindspot.law.judgement import Judgement, refusal
from blindspot.law.leases.lease import Lease
from blindspot.law.rules.pur import flown_out
from blindspot.law.signatures.authorisation import Authorisation
from blindspot.law.signatures.revocation import AHEAD
from blindspot.law.verdict import Verdict
from blindspot.mission import Plan

Entries = tuple[dict[str, Fact], ...]

LONGEST_REQUESTER = 200
"""Letters of the random text with which a process asks."""


class Clearances:
    """The registry. `meter` counts the flight time of all clearances, `watched` reads the counters of the journal,
    `flown` its flight time by day, and `known` returns the facts of pre-flight about a request.

    Judge a request with `judge` as often as wanted; `authorise` judges the request again and clears the plan. Call
    `look` and `count` before each lease, and `in_the_air` before each judgement.
    """

    def __init__(
        self, meter: DayMeter, *, simulated: bool, watched: Callable[[], Counters] | None = None,
        known: Callable[[AskedPlan], Known] = lambda _: (None, None), flown: Callable[[], FlownDays] = FlownDays,
    ) -> None:  # fmt: skip
        self._meter = meter
        self._known = known
        self._watched = watched
        self._flown = flown
        self._simulated = simulated
        self._all: list[Clearance] = []
        self._airborne: frozenset[str] = frozenset()
        self._left: dict[str, Airspace] = {}
        """By drone: the airspace of a drone that may still be in the air after the end of its clearance."""
        self._issued: dict[str, datetime] = {}
        """By revocation list: the newest date of issue that was read."""
        self.looks = Looks(self._lookers)
        self.judgement: Judgement | None = None
        """The law's judgement of the latest request; `None` if it was refused before."""

    @property
    def now(self) -> tuple[Clearance, ...]:
        """The oldest first."""
        return tuple(self._all)

    def of_drone(self, drone: str) -> Clearance | None:
        return next((each for each in self._all if drone in each.drones), None)

    def of_plan(self, sha256: str) -> Clearance | None:
        """The clearance of a plan, or of a plan that a rest has replaced since."""
        return next((each for each in self._all if sha256 in each.plans), None)

    def in_the_air(self, drones: Collection[str]) -> None:
        """All drones of the fleet that may be in the air now."""
        self._airborne = frozenset(drones)
        self._left = {drone: airspace for drone, airspace in self._left.items() if drone in self._airborne}

    # A request

    def judge(self, asked: AskedPlan, now_utc: datetime) -> tuple[Verdict, ...]:
        """Verdicts on a request at this moment of its mission's legal time; nothing changes. Empty: it may be cleared.

        A plan is judged in the same way whether its drones stand on their pads or fly: after a restart of the gate, the
        plan of drones in the air is cleared anew.
        """
        own = self._own(asked)
        return self._judge(asked, own, self._gate(asked, own, now_utc), now_utc)

    def authorise(self, asked: AskedPlan, now_utc: datetime, enter: Callable[[Entries], None]) -> tuple[Verdict, ...]:
        """Judge a request, and clear the request without a verdict against the plan.

        `enter` is called before the clearance takes effect, with the facts of the entries `watched` for the places of
        the plan. Its exception prevents the clearance and is passed on.
        """
        own = self._own(asked)
        gate = self._gate(asked, own, now_utc)
        if verdicts := self._judge(asked, own, gate, now_utc):
            return verdicts
        try:
            count = own.count if own is not None else self._meter.begin(day_of(gate.authorisation, now_utc))
        except InputError as error:
            return (_no_ledger(error),)
        id_ = own.id if own is not None else secrets.token_hex(16)
        # Journal first: if the entry fails, nothing is cleared and the new count ends.
        try:
            enter(self._places_of(asked, gate.authorisation, id_, now_utc))
        except Exception:
            if own is None:
                self._meter.end(count)
            raise
        plan, sha256 = asked.plan, asked.plan.sha256
        gate.clear(plan, now_utc)
        if own is None:
            name = gate.authorisation.id if gate.authorisation is not None else ""
            self._all.append(Clearance(asked, gate, count, name, plan, (sha256,), id_))
        else:
            if is_rest(plan):
                own.flown = own.flown.with_routes(plan.routes)
            else:  # a requester that waits for long asks again, and may go on waiting
                own.flown, own.lapse = plan, own.lapse.anew()
            own.plans = (*(each for each in own.plans if each != sha256), sha256)
        for route in plan.routes:
            self._left.pop(route.drone, None)
        return ()

    def withdraw(self, clearance: Clearance) -> None:
        """End a clearance: its drones get no more leases. The airspace of drones in the air stays taken."""
        for drone in clearance.drones:
            self.looks.ended(drone)
        self._all.remove(clearance)
        self._meter.end(clearance.count)
        for route in clearance.flown.routes:
            self._left[route.drone] = airspace_of(route, clearance.separation_m)

    def _judge(self, asked: AskedPlan, own: Clearance | None, gate: Gate, now_utc: datetime) -> tuple[Verdict, ...]:
        self.judgement = None
        if problems := tuple(self._judge_requester(asked, own)):
            return problems
        others = [each for each in self._all if each is not own]
        beside = cameras_beside(self.looks.looking, gate.authorisation, asked.plan, own)
        try:
            counters, day = self._counters(gate.authorisation), day_of(gate.authorisation, now_utc)
            # Two records of one day: the larger sum counts, and other plans' time to come, too.
            flown_s = max(self._meter.flown_s(day), self._flown().of(day)) + promised_s(others)
            if counters is not None:
                flown_s = max(flown_s, counters.on_s(day, own.id if own is not None else ""))
            place_s = self._place_s(asked, own, gate.authorisation, counters, now_utc)
        except InputError as error:
            # the other rules are named, too: a person who repairs the ledger learns what else prevents the flight
            return (_no_ledger(error), *gate.judge(asked.plan, now_utc, 0.0, beside, 0.0, self._known(asked)))
        verdicts = gate.judge(asked.plan, now_utc, flown_s, beside, place_s, self._known(asked))
        self.judgement = gate.judgement
        return verdicts + tuple(self._judge_airspace(asked))

    def _counters(self, auth: Authorisation | None) -> Counters | None:
        """The counters of the journal; `None` where no limit for places is set. Raises InputError."""
        is_limited = auth is not None and auth.file.window.max_min_per_place_per_week is not None
        return self._watched() if is_limited and self._watched is not None else None

    def _entered(self, auth: Authorisation | None) -> Counters | None:
        """The counters that a plan adds to. Each real flight does: one with a limit may follow. Raises InputError."""
        return self._counters(auth) if self._simulated or self._watched is None else self._watched()

    def _place_s(
        self, asked: AskedPlan, own: Clearance | None, auth: Authorisation | None, counters: Counters | None,
        now_utc: datetime,
    ) -> float | None:  # fmt: skip
        """Longest time at one place in a week of the flight, s, the plan included; `None` where no limit is set. A
        second request for a plan in the same clearance and week was counted before, and so was the rest of the plan.
        Raises InputError."""
        if auth is None or counters is None:
            return None
        try:
            planned = together(watched(asked.plan, asked.mission.models))
        except KeyError:
            return None
        week = week_of(now_utc, auth.file.window)
        days = () if self._simulated or counters.knows(week) else days_of(now_utc, auth.file.window)
        if any(self._meter.flown_s(day) > 0.0 for day in days):
            fix = "restore the journal; without it nothing is cleared until the next week"
            raise InputError("journal", week, "counts no place, and the ledger has flights of this week", fix)
        more = together(self._more(own, asked.plan, own.flown)) if own is not None else planned
        return max(
            counters.longest_s(each, more if own is not None and counters.has(own.id, each) else planned)
            for each in weeks_from(now_utc, auth.file.window)
        )

    def _places_of(self, asked: AskedPlan, auth: Authorisation | None, clearance: str, now_utc: datetime) -> Entries:
        """The facts of the entries that count a plan's places under a clearance; none in a simulation without a limit.
        If the clearance was counted in a week, only what goes beyond it is."""
        counters = self._entered(auth)
        if auth is None or counters is None:
            return ()
        seen, own = watched(asked.plan, asked.mission.models), self._own(asked)
        more = watching(self._more(own, asked.plan, own.flown)) if own is not None else {}
        weeks = weeks_from(now_utc, auth.file.window).items()
        counted = ((week, day, more if counters.has(clearance, week) else seen) for week, day in weeks)
        by_week = (facts_of(new, week, day, clearance, asked.run, asked.plan.sha256) for week, day, new in counted)
        return tuple(chain.from_iterable(by_week))

    def places_of_change(self, clearance: Clearance, plan: Plan, now_utc: datetime) -> Entries:
        """The facts of the entries for the places that a changed flight watches beyond the cleared plan, such as an
        inspection. Raises InputError."""
        auth, cleared = clearance.gate.authorisation, clearance.gate.cleared
        if auth is None or cleared is None or self._entered(auth) is None:
            return ()
        more, each_once = watching(self._more(clearance, plan, cleared)), secrets.token_hex(32)
        weeks, run = weeks_from(now_utc, auth.file.window).items(), clearance.asked.run
        by_week = (facts_of(more, week, day, clearance.id, run, each_once) for week, day in weeks)
        return tuple(chain.from_iterable(by_week))

    def _more(self, clearance: Clearance, plan: Plan, counted: Plan) -> dict[str, Watch]:
        """The places of a plan beyond another plan, counted under the same clearance."""
        models = clearance.asked.mission.models
        return beyond(watched(plan, models), watched(counted, models))

    def _gate(self, asked: AskedPlan, own: Clearance | None, now_utc: datetime) -> Gate:
        if own is not None:
            return own.gate
        return Gate(self._read(asked.live, now_utc), simulated=self._simulated, mission=asked.mission)

    def _read(self, live: LiveAuthorisation, now_utc: datetime) -> Authorisation | None:
        """The authorisation now. For real flights, a revocation list older than the last known list does not count:
        in the place of the newer list, an older list would take back a revocation."""
        auth = live.look()
        known = auth.revocations if auth is not None else None
        if self._simulated or auth is None or known is None or known.issued is None or known.issued > now_utc + AHEAD:
            return auth
        list_name = str(auth.revocations_path)
        newest = self._issued[list_name] = max(known.issued, self._issued.get(list_name, known.issued))
        if known.issued == newest:
            return auth
        problem = f"the revocation list of {known.issued.isoformat()} is older than that of {newest.isoformat()}"
        return replace(auth, revocations=replace(known, problem=problem))

    def _own(self, asked: AskedPlan) -> Clearance | None:
        """The clearance renewed by a request: the clearance of the same plan, or of the plan before the rest."""
        owners = {id(each): each for route in asked.plan.routes if (each := self.of_drone(route.drone)) is not None}
        for own in owners.values():
            is_same = own.plans[-1] == asked.plan.sha256
            is_ours = (own.asked.requester, own.asked.mission_sha256, own.asked.run) == (
                asked.requester, asked.mission_sha256, asked.run
            )  # fmt: skip
            if len(owners) == 1 and is_ours and (is_same or is_rest(asked.plan)):
                return own
        return None

    def _judge_requester(self, asked: AskedPlan, own: Clearance | None) -> Iterator[Verdict]:
        if not 0 < len(asked.requester) <= LONGEST_REQUESTER:
            yield _not_yours(
                "the request names no requester",
                "name the process that asks, by a random text",
                "nommer le demandeur par un texte aléatoire",
            )
        for route in asked.plan.routes:
            found = self.of_drone(route.drone)
            if found is None or found is own:
                continue
            if found.asked.requester != asked.requester:
                owner = "another requester's plan"
            else:
                owner = "another plan of this requester"
            yield _not_yours(
                f"{route.drone} is cleared for {owner}, {found.asked.plan.id}",
                f"wait for the end of that plan, or leave {route.drone} out",
                f"attendre la fin de ce plan, ou se passer de {route.drone}",
            )

    # The rules between clearances

    def _judge_airspace(self, asked: AskedPlan) -> Iterator[Verdict]:
        """The fences of plans that are cleared at the same time keep the larger separation of both missions."""
        ours = {route.drone for route in asked.plan.routes}
        taken = {drone: airspace for drone, airspace in self._left.items() if drone not in ours}
        for each in self._all:
            routes = each.flown.routes if ours.isdisjoint(each.drones) else ()
            taken |= {route.drone: airspace_of(route, each.separation_m) for route in routes}
        yield from too_close(asked, taken)
        if ours.isdisjoint(self._airborne):
            yield from of_unknown_way(self._airborne.difference(ours, taken, *(each.drones for each in self._all)))

    # The right to look

    def _lookers(self) -> dict[str, Looker]:
        """The drones of the clearances in force."""
        return {
            drone: looker_of(auth, each.asked.requester, each.asked.plan)
            for each in self._all
            if each.gate.in_force is not None and (auth := each.gate.authorisation) is not None
            for drone in each.drones
        }

    def lease(self, clearance: Clearance, drone: str, now_utc: datetime) -> Lease:
        """The lease of a drone of a clearance at this moment, with the right to look if the drone has it."""
        found = clearance.gate.lease(drone, now_utc)
        return replace(found, may_look=found.granted and self.looks.may(drone))

    # A cleared plan is watched

    def refusals_of(self, clearance: Clearance, plan: Plan, now_utc: datetime) -> tuple[Verdict, ...]:
        """Judge a changed flight of a cleared plan, such as an inspection, by the law and the facts of this moment.

        `plan` is the changed plan. Returns the verdicts that refuse it.

        Raises InputError if the ledger can't be read.
        """
        auth, others = clearance.gate.authorisation, [each for each in self._all if each is not clearance]
        flown_s = self._flown_before_s(clearance, others, now_utc)
        place_s, counters, cleared = clearance.gate.place_s, self._counters(auth), clearance.gate.cleared
        if auth is not None and counters is not None and cleared is not None:
            more = together(self._more(clearance, plan, cleared))
            weeks = weeks_from(now_utc, auth.file.window)
            place_s = max(place_s or 0.0, *(counters.longest_s(week, more) for week in weeks))
        return judge_flight(
            auth, plan, now_utc, simulated=self._simulated, mission=clearance.asked.mission, flown_s=flown_s,
            place_s=place_s, cameras_beside=cameras_beside(self.looks.looking, auth, plan, clearance),
            ready=clearance.gate.known[0], book=clearance.gate.known[1],
        ).refusals  # fmt: skip

    def _flown_before_s(self, clearance: Clearance, others: list[Clearance], now_utc: datetime) -> float:
        """Flight time of the day besides a clearance's own, s; raises InputError."""
        auth = clearance.gate.authorisation
        counters, day = self._counters(auth), day_of(auth, now_utc)
        flown_s = max(self._meter.before_s(clearance.count, day), self._flown().of(day))
        flown_s += promised_s(others)
        return flown_s if counters is None else max(flown_s, counters.on_s(day, clearance.id))

    def look(self, clearance: Clearance, now_utc: datetime) -> Verdict | None:
        """Read its authorisation again and judge the cleared plan after a change. Returns the verdict that ends the
        leases now."""
        gate, live = clearance.gate, clearance.asked.live
        found, before = self._read(live, now_utc), gate.ended
        if found == gate.authorisation:
            return None
        others = [each for each in self._all if each is not clearance]
        try:
            flown_s = self._flown_before_s(clearance, others, now_utc)
        except InputError as error:
            found, flown_s = None, 0.0
            gate.end(_no_ledger(error))
        clearance.authorisation = found.id if found is not None else clearance.authorisation
        beside = cameras_beside(self.looks.rights, found, clearance.flown, clearance)
        gate.authorisation_is(found, live.problem, now_utc, flown_s, beside)
        return gate.ended if gate.ended is not before else None

    def count(self, clearance: Clearance, up: set[str], now_utc: datetime) -> Verdict | None:
        """Record the time of the clearance's possibly flying drones, before each lease. Returns the verdict that ends
        the leases now: the day's cap, or a ledger that can't be used."""
        gate, before = clearance.gate, clearance.gate.ended
        auth = gate.authorisation
        day = clearance.count.day if auth is None else day_of(auth, now_utc)  # a way home without one counts, too
        try:
            flown_s = self._meter.run(clearance.count, day, up, clearance.authorisation, now_utc)
        except InputError as error:
            gate.end(_no_ledger(error))
        else:
            if auth is not None and flown_s > (most_min := auth.file.window.max_flight_min_per_day) * 60.0:
                over = flown_out(most_min)
                gate.end(refusal("PUR-04", over.evidence, over.remedy, over.remedy_fr))
        return gate.ended if gate.ended is not before else None


def day_of(auth: Authorisation | None, now_utc: datetime) -> date:
    """The date in the authorisation's time zone."""
    return now_utc.astimezone(ZoneInfo(auth.file.window.tz) if auth is not None else UTC).date()


def _no_ledger(error: InputError) -> Verdict:
    return refusal("PUR-04", str(error), "follow this message", "suivre ce message")


def _not_yours(reason: str, remedy: str, remedy_fr: str) -> Verdict:
    return Verdict("AUT-09", "CSI L242-5 IV", reason, remedy, remedy_fr)
