"""The gate clears or refuses a plan, and grants the leases for the flight. Default deny.

Every refusal names its rule, the legal article, the problem and the remedy. The rules are in `law/rules`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shapely import Polygon

from blindspot.core import InputError
from blindspot.law.clearances.counters import on_s
from blindspot.law.clearances.rest import is_rest, is_turn, wider_than_cleared
from blindspot.law.files.profiles import Profile, profile_of, profile_or_problem
from blindspot.law.judgement import AT_EACH_LEASE, Judgement, judge, refusal, refusals, rules_of
from blindspot.law.leases.lease import LEASE_S, Lease
from blindspot.law.of_mission import judge_mission
from blindspot.law.rules.context import Context
from blindspot.law.rules.facts import Book, Phase, Ready
from blindspot.law.signatures.authorisation import Authorisation, load_authorised_area, slot_end
from blindspot.law.verdict import Verdict
from blindspot.mission import Mission, Plan

Known = tuple[Ready | None, Book | None]
"""Facts of pre-flight: of the drones, and of the journal and the register."""
DATED = ("INT-03", "AVI-10")
"""Rules on papers that a person renews while drones fly: the age of each counts from the moment of judgement."""


def judge_flight(
    auth: Authorisation | None, plan: Plan, now_utc: datetime, *, simulated: bool, mission: Mission | None = None,
    flown_s: float | None = None, place_s: float | None = None, cameras_beside: int | None = None,
    ready: Ready | None = None, book: Book | None = None, only: Collection[str] = (), without: Collection[str] = (),
    preflight: bool = True,
) -> Judgement:  # fmt: skip
    """The judgement of the law on a plan: every rule of planning and, before a real flight, of pre-flight.

    Parameters
    ----------
    auth
        The authorisation; `None` refuses the plan (AUT-01).
    plan
        The plan, m ENU around its own origin.
    now_utc
        The time of the start; it needs a time zone.
    simulated
        Whether every autopilot of the plan is a simulation. Some rules are strict for real autopilots only.
    mission
        Its drones count for the flight time of earlier sorties, and their size and mass are judged; before a real
        flight `None` is unknown.
    flown_s
        Flight time of all drones together on that day so far, s; before a real flight `None` is unknown.
    place_s
        Longest time for which one place is in pictures in this week, this plan included, s. A simulation begins with an
        empty week; before a real flight `None` is unknown.
    cameras_beside
        Cameras of other cleared plans; before a real flight `None` is unknown.
    ready, book
        Facts of pre-flight. Profiles whose pre-flight is not the drone's own need them before a real flight.
    only, without
        Ids of the only judged rules, and of rules judged elsewhere.
    preflight
        False leaves the rules of pre-flight to the gate, which knows the facts.
    """
    profile, area, problem = _basis(auth, plan)
    if place_s is None and simulated:
        place_s = sensor_s(plan)
    ctx = Context(
        auth=auth, profile=profile, now_utc=now_utc, simulated=simulated, problem=problem, plan=plan, mission=mission,
        models=mission.models if mission is not None else None, area=area, flown_s=flown_s, place_s=place_s,
        cameras_beside=cameras_beside, ready=ready, book=book,
    )  # fmt: skip
    by_authority = not simulated and profile is not None and profile.preflight_by == "authority"
    phases: tuple[Phase, ...] = ("PL", "PF") if preflight and by_authority else ("PL",)
    return judge(ctx, phases, only=only, without=without)


def _basis(auth: Authorisation | None, plan: Plan) -> tuple[Profile | None, Polygon | None, str]:
    """(profile, authorised area, reason for a missing profile or area)."""
    if auth is None:
        return None, None, "there is no authorisation"
    try:
        return profile_of(auth.file), load_authorised_area(auth, plan.origin.frame), ""
    except InputError as error:
        return None, None, str(error)


def sensor_s(plan: Plan) -> float:
    """Time for which the sensors of a plan are on, all drones together, s: no place is in pictures for longer."""
    return sum(on_s(route) for route in plan.routes)


def judge_plan(
    auth: Authorisation | None, plan: Plan, now_utc: datetime, *, simulated: bool, mission: Mission | None = None,
    flown_s: float | None = None, place_s: float | None = None, cameras_beside: int | None = None,
    preflight: bool = True,
) -> tuple[Verdict, ...]:  # fmt: skip
    """Judge a plan by the law (`judge_flight`) and by the limits of the plan's mission.

    Parameters
    ----------
    auth, plan, now_utc
        The authorisation (None refuses), the plan to clear, and the moment of the clearance, UTC.
    simulated, mission
        Whether every autopilot is a simulation, and the plan's mission (None: its limits are not judged).
    flown_s, place_s, cameras_beside, preflight
        As of `judge_flight`.

    Returns
    -------
    tuple of Verdict
        The refusals. An empty tuple clears the plan.

    Example
    -------
    >>> [verdict.rule for verdict in judge_plan(None, plan, now_utc, simulated=True)]  # doctest: +SKIP
    ['AUT-01']
    """
    judgement = judge_flight(
        auth, plan, now_utc, simulated=simulated, mission=mission, flown_s=flown_s, place_s=place_s,
        cameras_beside=cameras_beside, preflight=preflight,
    )  # fmt: skip
    return judgement.refusals + _of_mission(mission, plan, judgement)


def preflight_rules(auth: Authorisation) -> tuple[str, ...]:
    """The rules of pre-flight that the gate judges before a real flight.

    Parameters
    ----------
    auth
        The authorisation of the flight.

    Returns
    -------
    tuple of str
        Ids of the rules; none on a test range, where the drone judges them.

    Example
    -------
    >>> from pathlib import Path
    >>> from blindspot.law import load_authorisation
    >>> preflight_rules(load_authorisation(Path("config/authorisations/crossroads_sim.yaml")))
    ()
    """
    profile, _ = profile_or_problem(auth.file)
    is_judged = profile is not None and profile.preflight_by == "authority"
    return tuple(each.id for each in rules_of(profile, "PF")) if profile is not None and is_judged else ()


def _of_mission(mission: Mission | None, plan: Plan, judgement: Judgement) -> tuple[Verdict, ...]:
    """Refusals by the mission's own limits; a plan without a valid authorisation is not looked at any further."""
    is_judged = len(judgement.applied) > 1
    return tuple(judge_mission(mission, plan, judgement.at)) if mission is not None and is_judged else ()


def judge_start(auth: Authorisation, now_utc: datetime) -> tuple[Verdict, ...]:
    """Judge the start time alone, independent of the plan.

    Parameters
    ----------
    auth, now_utc
        The authorisation, and the start, UTC.

    Returns
    -------
    tuple of Verdict
        The refusals; an empty tuple permits the start.

    Example
    -------
    >>> judge_start(auth, now_utc)  # doctest: +SKIP
    ()
    """
    return _now(auth, now_utc, ("TIM-03",), simulated=True)


def judge_signatures(auth: Authorisation, now_utc: datetime) -> tuple[Verdict, ...]:
    """Judge the signatures of an authorisation, and whether the profile has real flights, as for a real flight.

    Parameters
    ----------
    auth, now_utc
        The authorisation, and the moment of the judgement, UTC.

    Returns
    -------
    tuple of Verdict
        The refusals; empty if all needed persons have signed.

    Example
    -------
    >>> [verdict.rule for verdict in judge_signatures(auth, now_utc)]  # doctest: +SKIP
    ['AUT-02', 'AUT-07']
    """
    return _now(auth, now_utc, ("AUT-02", "AUT-07"), simulated=False)


def _now(auth: Authorisation, now_utc: datetime, only: tuple[str, ...], *, simulated: bool) -> tuple[Verdict, ...]:
    """Refusals by rules that need the authorisation and the time alone."""
    profile, problem = profile_or_problem(auth.file)
    ctx = Context(auth=auth, profile=profile, now_utc=now_utc, simulated=simulated, problem=problem)
    return refusals(ctx, "IF", only)


class Gate:
    """State of one clearance: the authorisation and the cleared plan. A plan refused by `authorise` leaves `None`
    here.

    Call `authorise` with a plan; if it returns no verdict, call `lease` for each drone, again well within each
    `LEASE_S`. Report every change of the authorisation with `authorisation_is`.

    Parameters
    ----------
    auth
        The authorisation; `None` refuses every plan.
    simulated
        Whether every autopilot is a simulation.
    mission
        If given, plans are also judged by its limits, drones and models.
    """

    def __init__(self, auth: Authorisation | None, *, simulated: bool, mission: Mission | None = None) -> None:
        self._auth = auth
        self._simulated = simulated
        self._mission = mission
        self.cleared: Plan | None = None
        """The plan whose drones get leases. Setting it to `None` ends their leases without a refusal message."""
        self.ended: Verdict | None = None
        """The refusal that ended the leases of the cleared plan. The refusal holds until any plan is authorised
        again."""
        self.judgement: Judgement | None = None
        """The latest judgement of the law, for the journal."""
        self._cleared_utc: datetime | None = None
        self.place_s: float | None = None
        """Time at a place with which the latest plan was judged."""
        self.known: Known = (None, None)
        """Facts of pre-flight with which it was judged."""

    @property
    def authorisation(self) -> Authorisation | None:
        return self._auth

    @property
    def in_force(self) -> Plan | None:
        """The cleared plan; `None` after its leases have ended."""
        return self.cleared if self.ended is None else None

    def judge(
        self, plan: Plan, now_utc: datetime, flown_s: float | None = None, cameras_beside: int | None = None,
        place_s: float | None = None, known: Known = (None, None),
    ) -> tuple[Verdict, ...]:  # fmt: skip
        """Verdicts on a plan now; the state stays as it is. The rest of a plan is judged as a plan and also against
        the plan that was cleared before."""
        self.place_s, self.known = place_s, known
        self.judgement = judge_flight(
            self._auth, plan, now_utc, simulated=self._simulated, mission=self._mission, flown_s=flown_s,
            cameras_beside=cameras_beside, place_s=place_s, ready=known[0], book=known[1],
        )  # fmt: skip
        of_mission = _of_mission(self._mission, plan, self.judgement)
        of_rest = tuple(_judge_rest(plan, self.in_force)) if is_rest(plan) else ()
        return self.judgement.refusals + of_mission + of_rest

    def authorise(
        self, plan: Plan, now_utc: datetime, flown_s: float | None = None, cameras_beside: int | None = None
    ) -> tuple[Verdict, ...]:
        """Judge a plan; an empty result starts the leases of its drones. `flown_s` is the flight time of that day."""
        verdicts = self.judge(plan, now_utc, flown_s, cameras_beside)
        self.clear(None if verdicts else plan, now_utc)
        return verdicts

    def clear(self, plan: Plan | None, now_utc: datetime) -> None:
        """Start the leases of a plan just passed by `judge`; `None` ends all leases."""
        self.cleared, self.ended, self._cleared_utc = plan, None, now_utc

    def authorisation_is(
        self, auth: Authorisation | None, problem: str, now_utc: datetime, flown_s: float | None = None,
        cameras_beside: int | None = None,
    ) -> None:  # fmt: skip
        """Update the authorisation, `None` with the `problem` if it is missing or invalid.

        A changed authorisation judges the cleared plan again, as of the plan's start, and the revocation as of now. A
        missing or invalid authorisation ends the plan's leases. `flown_s` was flown that day before the cleared plan.
        """
        if auth == self._auth:
            return
        renewed = _renewed(self._auth, auth)
        self._auth = auth
        if auth is None:
            reason = f"the authorisation is missing or invalid now: {problem}"
            fix, fix_fr = "restore it, and have the plan cleared again", "la remettre et demander à nouveau l'accord"
            self.end(refusal("AUT-05", reason, fix, fix_fr))
            return
        cleared, since_utc = self.in_force, self._cleared_utc
        if cleared is None or since_utc is None:
            return
        judged = judge_flight(
            auth, cleared, since_utc, simulated=self._simulated, mission=self._mission, flown_s=flown_s,
            cameras_beside=cameras_beside, place_s=self.place_s, ready=self.known[0], book=self.known[1],
            without=("AUT-05", *DATED),
        )  # fmt: skip
        of_mission = _of_mission(self._mission, cleared, judged)
        of_now = _now(auth, now_utc, ("AUT-05", "TIM-03"), simulated=self._simulated)
        for verdict in (*judged.refusals, *of_mission, *of_now, *self._of_dated(auth, cleared, now_utc, renewed)):
            self.end(verdict)
            return

    def _of_dated(
        self, auth: Authorisation, cleared: Plan, now_utc: datetime, renewed: tuple[str, ...]
    ) -> tuple[Verdict, ...]:
        """Refusals now by the rules of `DATED` whose papers were renewed while the plan is flown. An unchanged paper
        was judged before, and may be older now."""
        if not renewed:
            return ()
        now = judge_flight(
            auth, cleared, now_utc, simulated=self._simulated, mission=self._mission, ready=self.known[0], only=renewed
        )
        return now.refusals

    def end(self, verdict: Verdict) -> None:
        """End the leases of the cleared plan."""
        self.ended = self.ended or verdict

    def lease(self, drone: str, now_utc: datetime) -> Lease:
        """The lease of a drone at this moment."""
        if self.cleared is not None and self.ended is not None:
            return Lease(False, now_utc, self.ended.rule, self.ended.reason)
        if self._auth is None or self.cleared is None:
            return Lease(False, now_utc, "AUT-01", "no plan is cleared")
        return grant_lease(self._auth, self.cleared, drone, now_utc, simulated=self._simulated)

    def why_late(self, drone: str, now_utc: datetime) -> str:
        """The rule and reason against a take-off now, because the drone would land too late; empty for a landing
        inside slot and event. Minutes can pass between the clearance and the arming."""
        route = self.cleared.route_of(drone) if self.cleared is not None else None
        if self._auth is None or self.cleared is None or route is None:
            return "AUT-01 no plan is cleared"
        profile, problem = profile_or_problem(self._auth.file)
        ctx = Context(
            auth=self._auth, profile=profile, now_utc=now_utc, simulated=self._simulated, problem=problem,
            plan=self.cleared.with_routes((route,)),
        )  # fmt: skip
        return next((f"{late.rule} {late.reason}" for late in refusals(ctx, "PL", ("TIM-02", "TIM-03"))), "")


def _renewed(before: Authorisation | None, now: Authorisation | None) -> tuple[str, ...]:
    """The rules of `DATED` whose paper has changed."""
    if before is None or now is None:
        return DATED
    papers = {"INT-03": before.separation != now.separation, "AVI-10": before.notices != now.notices}
    return tuple(rule for rule in DATED if papers[rule])


def grant_lease(auth: Authorisation, cleared: Plan, drone: str, now_utc: datetime, *, simulated: bool) -> Lease:
    """A lease of `LEASE_S` seconds for a drone of a cleared plan; it ends with the authorised slot at the latest."""
    if cleared.route_of(drone) is None:
        return Lease(False, now_utc, "AUT-01", f"{drone} is not in the cleared plan")
    for verdict in _now(auth, now_utc, AT_EACH_LEASE, simulated=simulated):
        return Lease(False, now_utc, verdict.rule, verdict.reason)
    end = slot_end(auth.file.window, now_utc)
    if end is None:
        return Lease(False, now_utc, "TIM-03", "outside the authorised window and slots")
    local, until = end.astimezone(ZoneInfo(auth.file.window.tz)), min(end, now_utc + timedelta(seconds=LEASE_S))
    return Lease(True, until, "", f"GO until {local:%H:%M}", not is_turn(cleared))


def _judge_rest(rest: Plan, cleared: Plan | None) -> Iterator[Verdict]:
    for reason in wider_than_cleared(rest, cleared):
        yield Verdict(
            "AUT-08",
            "CSI L242-5 IV",
            f"the rest of the plan exceeds the cleared plan: {reason}",
            "call the drones home and plan again",
            "rappeler les drones et planifier à nouveau",
        )
