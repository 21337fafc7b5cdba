"""The gate: it clears or refuses a plan, and grants the leases that keep it flying. Default deny.

Every refusal names its rule, the legal article, the problem and the remedy. The same authorisation, plan and time
always give the same verdicts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from shapely import LineString, Point, Polygon

from blindspot.core import InputError, recognises
from blindspot.law.authorisation import Authorisation, load_authorised_area, slot_end
from blindspot.law.authorisation_file import Window
from blindspot.law.geozones import judge_zones
from blindspot.law.leases.lease import LEASE_S, Lease
from blindspot.law.of_mission import judge_mission
from blindspot.law.profiles import judge_profile
from blindspot.law.rest import is_rest, wider_than_cleared
from blindspot.law.verdict import Verdict
from blindspot.mission import Leg, Mission, Plan, Relief, Route, View
from blindspot.site import LocalFrame

LAW_CEILING_M = 120.0
OUTLINE_TOLERANCE_M = 0.05
"""Rounding of coordinates between a GeoJSON file and a plan, m."""


def judge_plan(
    auth: Authorisation | None, plan: Plan, now_utc: datetime, *, simulated: bool, mission: Mission | None = None,
    flown_s: float = 0.0,
) -> tuple[Verdict, ...]:  # fmt: skip
    """Judge a plan by every rule.

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
        If given, the plan is also judged by the mission's limits, drones and models.
    flown_s
        Flight time of all drones together on that day so far, s.

    Returns
    -------
    tuple of Verdict
        One verdict for each refusal. An empty tuple clears the plan.
    """
    if auth is None:
        return (Verdict("AUT-01", "CSI L242-5 IV", "there is no authorisation", "give a valid authorisation file"),)
    try:
        area = load_authorised_area(auth, _frame(plan))
    except InputError as error:
        return (Verdict("AUT-01", "CSI L242-5 IV", str(error), "restore the authorised area file"),)
    rules: tuple[Callable[[], Iterator[Verdict]], ...] = (
        lambda: judge_profile(auth, simulated=simulated),
        lambda: _judge_time(auth, plan, now_utc),
        lambda: _judge_day(auth, plan, mission, flown_s),
        lambda: _judge_area(auth, plan, area),
        lambda: _judge_sensors(auth, plan),
        lambda: _judge_detectors(auth),
        lambda: _judge_heights(auth, plan),
        lambda: judge_zones(auth, plan, now_utc, simulated=simulated),
        lambda: judge_mission(mission, plan) if mission is not None else iter(()),
    )
    return tuple(verdict for rule in rules for verdict in rule())


def judge_start(auth: Authorisation, now_utc: datetime) -> tuple[Verdict, ...]:
    """Judge the start time alone, independent of the plan; an empty tuple permits the start."""
    window, about = auth.file.window, auth.id
    if now_utc.tzinfo is None:
        found = ("the clock has no time zone", "give the time in UTC")
    elif now_utc < window.not_before:
        found = (
            f"authorisation {about} begins {_local(window.not_before, window)}, after {_local(now_utc, window)}",
            "start later, or name an authorisation that holds then",
        )
    elif now_utc >= window.not_after:
        found = (
            f"authorisation {about} ended {_local(window.not_after, window)}, before {_local(now_utc, window)}",
            "start earlier, or name an authorisation that holds then",
        )
    elif slot_end(window, now_utc.astimezone(UTC)) is None:
        slots = ", ".join(map(str, window.daily_slots))
        found = (
            f"{_local(now_utc, window)} is outside the daily slots of authorisation {about}",
            f"start inside one of them: {slots}, {window.tz}",
        )
    else:
        return ()
    return (Verdict("TIM-03", "CSI L242-5 IV", *found),)


def _local(moment: datetime, window: Window) -> str:
    """A moment in the local time of the authorisation, ISO 8601."""
    return moment.astimezone(ZoneInfo(window.tz)).isoformat()


class Gate:
    """State of one clearance: the authorisation and the cleared plan. A plan that `authorise` refuses replaces it by
    `None`.

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
        """The refusal that ended the leases of the cleared plan; it holds until any plan is authorised again."""
        self._cleared_utc: datetime | None = None

    @property
    def authorisation(self) -> Authorisation | None:
        return self._auth

    @property
    def in_force(self) -> Plan | None:
        """The cleared plan; `None` after its leases have ended."""
        return self.cleared if self.ended is None else None

    def judge(self, plan: Plan, now_utc: datetime, flown_s: float = 0.0) -> tuple[Verdict, ...]:
        """Verdicts on a plan now; the state stays as it is. The rest of a plan is judged as a plan and also against
        the plan that was cleared before."""
        verdicts = judge_plan(
            self._auth, plan, now_utc, simulated=self._simulated, mission=self._mission, flown_s=flown_s
        )
        return verdicts + (tuple(_judge_rest(plan, self.in_force)) if is_rest(plan) else ())

    def authorise(self, plan: Plan, now_utc: datetime, flown_s: float = 0.0) -> tuple[Verdict, ...]:
        """Judge a plan; an empty result starts the leases of its drones. `flown_s` is the flight time of that day."""
        verdicts = self.judge(plan, now_utc, flown_s)
        self.clear(None if verdicts else plan, now_utc)
        return verdicts

    def clear(self, plan: Plan | None, now_utc: datetime) -> None:
        """Start the leases of a plan that `judge` has just passed; `None` ends them."""
        self.cleared, self.ended, self._cleared_utc = plan, None, now_utc

    def authorisation_is(
        self, auth: Authorisation | None, problem: str, now_utc: datetime, flown_s: float = 0.0
    ) -> None:
        """Update the authorisation, `None` with the `problem` if it is missing or invalid.

        A changed authorisation judges the cleared plan anew; a missing or invalid one ends its leases. `flown_s` was
        flown that day before the cleared plan.
        """
        if auth == self._auth:
            return
        self._auth = auth
        if auth is None:
            self.end(
                Verdict(
                    "AUT-05",
                    "CSI L242-5 IV",
                    f"the authorisation is missing or invalid now: {problem}",
                    "restore it, and have the plan cleared again",
                )
            )
            return
        cleared, since_utc = self.in_force, self._cleared_utc
        if cleared is None or since_utc is None:
            return
        found = judge_plan(auth, cleared, since_utc, simulated=self._simulated, mission=self._mission, flown_s=flown_s)
        for verdict in (*found, *judge_start(auth, now_utc)):
            self.end(verdict)
            return

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


def grant_lease(auth: Authorisation, cleared: Plan, drone: str, now_utc: datetime, *, simulated: bool) -> Lease:
    """A lease of `LEASE_S` seconds for a drone of a cleared plan; it ends with the authorised slot at the latest."""
    if cleared.route_of(drone) is None:
        return Lease(False, now_utc, "AUT-01", f"{drone} is not in the cleared plan")
    for verdict in judge_profile(auth, simulated=simulated):
        return Lease(False, now_utc, verdict.rule, verdict.reason)
    end = slot_end(auth.file.window, now_utc)
    if end is None:
        return Lease(False, now_utc, "TIM-03", "outside the authorised window and slots")
    local = end.astimezone(ZoneInfo(auth.file.window.tz))
    return Lease(True, min(end, now_utc + timedelta(seconds=LEASE_S)), "", f"GO until {local:%H:%M}")


def judge_detector(auth: Authorisation, detector: str) -> Verdict | None:
    """Refuse a detector that is missing from the authorisation's list, or that recognises a person or a plate."""
    if recognises(detector):
        return Verdict("INT-01", "CSI L242-4, AI Act 5", f"detector {detector} recognises", "use none of that kind")
    if detector not in auth.file.analytics.detectors:
        return Verdict("INT-04", "CSI L242-4", f"detector {detector} is not on the list", "run with masking only")
    return None


def judge_event(auth: Authorisation, event: str) -> Verdict | None:
    """Refuse an event that is missing from the authorisation's list; the list is empty by default."""
    if event not in auth.file.analytics.events:
        return Verdict("INT-04", "CSI L242-4", f"event {event} is not on the list", "leave it out of the events file")
    return None


def _judge_rest(rest: Plan, cleared: Plan | None) -> Iterator[Verdict]:
    for reason in wider_than_cleared(rest, cleared):
        yield Verdict(
            "AUT-08",
            "CSI L242-5 IV",
            f"the rest of the plan exceeds the cleared plan: {reason}",
            "call the drones home and plan anew",
        )


def _judge_time(auth: Authorisation, plan: Plan, now_utc: datetime) -> Iterator[Verdict]:
    window = auth.file.window
    yield from judge_start(auth, now_utc)
    if now_utc.tzinfo is None:
        return
    end = slot_end(window, now_utc.astimezone(UTC))
    if end is not None:
        yield from _judge_slot(window, plan, (end - now_utc).total_seconds(), end)


def _judge_day(auth: Authorisation, plan: Plan, mission: Mission | None, flown_s: float) -> Iterator[Verdict]:
    """The daily limit counts every drone and every flight of the day."""
    most_min = auth.file.window.max_flight_min_per_day
    drones = len(plan.routes) if mission is None else len(mission.file.fleet)
    claimed_s = 0.0 if plan.sortie is None else plan.sortie.flown_s * drones
    before_s = max(flown_s, claimed_s + sum(_flown_s(route) for route in plan.routes))
    planned_s = sum(route.expected.flight_time_s for route in plan.routes)
    if before_s + planned_s > most_min * 60.0:
        flown = f", and {before_s / 60:.0f} min were flown that day" if before_s > 0.0 else ""
        yield Verdict(
            "PUR-04",
            "CSI L242-4",
            f"{planned_s / 60:.0f} min of flight are planned, all drones together{flown}",
            f"fly at most {most_min:g} min a day, all drones together",
        )


def _judge_slot(window: Window, plan: Plan, left_s: float, end: datetime) -> Iterator[Verdict]:
    """Refuse a plan that lands after the slot's end, `left_s` from now; the verdict names the longest flight."""
    last = max(plan.routes, key=lambda route: route.expected.flight_time_s, default=None)
    late_s = 0 if last is None else ceil(last.expected.flight_time_s - left_s)
    if last is not None and late_s > 0:
        late = f"{last.drone} would land {late_s} s after its slot's end, {_local(end, window)}"
        yield Verdict("TIM-03", "CSI L242-5 IV", late, f"start at least {late_s} s earlier or plan a shorter flight")


def _judge_area(auth: Authorisation, plan: Plan, area: Polygon) -> Iterator[Verdict]:
    allowed = area.buffer(OUTLINE_TOLERANCE_M)
    if not _polygon(plan).is_valid or not allowed.contains(_polygon(plan)):
        yield Verdict(
            "GEO-01",
            "CSI L242-5 IV",
            "the plan's perimeter is not inside the authorised area",
            "plan inside the authorised area",
        )
    for route in plan.routes:
        way = [route.home, route.start, *(step.to for step in route.steps), route.over_pad]
        flown = LineString([(place.east_m, place.north_m) for place in way])  # an area may be concave
        landings = [Point(place.east_m, place.north_m) for place in (route.home, *route.failsafe.rally)]
        if not all(allowed.covers(where) for where in (flown, *landings)):
            yield Verdict(
                "GEO-01",
                "CSI L242-5 IV",
                f"{route.drone} would leave the authorised area",
                "plan inside the authorised area",
            )
    if area.area > auth.file.area.max_area_m2:
        yield Verdict(
            "GEO-02",
            "case law",
            f"the area measures {area.area:.0f} m2",
            f"authorise at most {auth.file.area.max_area_m2:.0f} m2",
        )


def _judge_sensors(auth: Authorisation, plan: Plan) -> Iterator[Verdict]:
    cap = auth.camera
    if plan.band.max_px_per_m > cap.max_px_per_m:
        yield Verdict(
            "GEO-03",
            "CSI L242-5 III",
            f"the plan allows {plan.band.max_px_per_m:g} px/m",
            f"plan at most {cap.max_px_per_m:g} px/m",
        )
    if len(plan.routes) > auth.file.sensors.max_simultaneous_cameras:
        yield Verdict(
            "SEN-02",
            "CSI L242-5 IV",
            f"{len(plan.routes)} cameras would fly at once",
            f"fly at most {auth.file.sensors.max_simultaneous_cameras}",
        )
    for route in plan.routes:
        for step in route.steps:
            if isinstance(step, View | Leg) and not cap.min_pitch_deg <= step.aim.pitch_deg <= cap.max_pitch_deg:
                yield Verdict(
                    "SEN-03",
                    "policy",
                    f"{route.drone} would aim at {step.aim.pitch_deg:g} deg ({step.id})",
                    f"aim between {cap.min_pitch_deg:g} and {cap.max_pitch_deg:g} deg",
                )
                break


def _judge_detectors(auth: Authorisation) -> Iterator[Verdict]:
    for detector in auth.file.analytics.detectors:
        verdict = judge_detector(auth, detector)
        if verdict is not None:
            yield verdict


def _judge_heights(auth: Authorisation, plan: Plan) -> Iterator[Verdict]:
    area, aviation = auth.file.area, auth.file.aviation
    ceiling_m = min(area.ceiling_m_agl, LAW_CEILING_M)
    for route in plan.routes:
        low_m, high_m = _heights(route, plan.relief)
        if high_m > ceiling_m or low_m < area.floor_m_agl:
            yield Verdict(
                "AVI-01",
                "EU 2019/947",
                f"{route.drone} would fly at {low_m:.0f} to {high_m:.0f} m",
                f"plan between {area.floor_m_agl:g} and {ceiling_m:g} m above the ground",
            )
        fastest_mps = max((step.speed_mps for step in route.steps), default=0.0)
        if aviation is not None and fastest_mps > aviation.vmax_mps:
            yield Verdict(
                "AVI-03",
                "EU 2019/947",
                f"{route.drone} would fly at {fastest_mps:g} m/s",
                f"plan at most {aviation.vmax_mps:g} m/s",
            )


def _heights(route: Route, relief: Relief) -> tuple[float, float]:
    """(lowest flight above the highest ground, highest above the lowest), m; the highest flight includes the
    autopilot's own return."""
    steps_m = [step.to.up_m for step in route.steps]
    return_m = route.home.up_m + route.failsafe.rtl_return_alt_m
    lowest_m, highest_m = min(steps_m, default=route.takeoff_up_m), max([*steps_m, route.takeoff_up_m, return_m])
    return lowest_m - relief.highest_m, highest_m - relief.lowest_m


def _flown_s(route: Route) -> float:
    return route.begin.flown_s if route.begin is not None else 0.0


def _frame(plan: Plan) -> LocalFrame:
    origin = plan.origin
    return LocalFrame(origin.lat_deg, origin.lon_deg, origin.datum_amsl_m, origin.geoid_m)


def _polygon(plan: Plan) -> Polygon:
    return Polygon(plan.perimeter) if len(plan.perimeter) >= 3 else Polygon()
