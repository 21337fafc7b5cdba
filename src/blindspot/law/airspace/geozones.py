"""The aviation geozones that an authorisation names: the file exists, is unchanged and still valid, and a plan stays
outside the prohibiting zones (AVI-02)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import ceil, isfinite
from pathlib import Path
from zoneinfo import ZoneInfo

import shapely
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from blindspot.core import read_file
from blindspot.law.airspace.ed269 import AirZone, ZonesError, read_zones
from blindspot.law.files.aviation_section import ZoneConsent
from blindspot.law.signatures.authorisation import Authorisation, file_sha256
from blindspot.mission import Plan, Route
from blindspot.site import LocalFrame

FRENCH = {
    "name aviation.geozones in the authorisation: file, sha256, valid_to":
        "nommer aviation.geozones dans l'autorisation : file, sha256, valid_to",
    "fetch the zones": "obtenir le fichier des zones",
    "restore it": "le remettre",
    "restore it, or have the new one authorised": "le remettre, ou faire autoriser le nouveau",
    "fetch the zones again and have them authorised": "obtenir à nouveau les zones et les faire autoriser",
    "give an ED-269 file that can be judged": "fournir un fichier ED-269 lisible",
    "restore the authorised zones file, or have another one authorised":
        "remettre le fichier de zones autorisé, ou en faire autoriser un autre",
    "correct the file and sign it again": "corriger le fichier et le signer à nouveau",
    "plan outside the zone, with a perimeter that leaves it out":
        "planifier hors de la zone, avec un périmètre qui l'exclut",
    "plan outside the zone, or name its authority's consent: aviation.zone_consents":
        "planifier hors de la zone, ou citer l'accord de son autorité : aviation.zone_consents",
}  # fmt: skip
"""Each remedy of this file in French."""
LEAST_AHEAD = timedelta(hours=1)
"""Zones that expire sooner than this, or than the plan's longest flight, may change while the drone is in the air."""


def judge_geozones(
    auth: Authorisation, now_utc: datetime, *, simulated: bool, plan: Plan | None = None, flight_s: float = 0.0
) -> tuple[str, str]:
    """(state of the zones, remedy); an empty remedy means that the zones are current: for an hour, and for the flights
    of the `plan` or one of `flight_s`. A `plan` spares a second reading of the file if the plan is judged, too.

    An authorisation that lists no geozone file leaves only the site's no-fly zones, which are undated. A simulation
    assumes that they are current; a real flight may not assume it.
    """
    zones, path = auth.file.geozones, auth.geozones_path
    if zones is None or path is None:
        state = "none named: the site's no-fly zones, assumed to be of today"
        return state, "" if simulated else "name aviation.geozones in the authorisation: file, sha256, valid_to"
    if not path.is_file():
        return f"{zones.file} does not exist", "fetch the zones"
    try:
        is_authorised = file_sha256(path) == zones.sha256
    except OSError as error:
        return f"{zones.file} can't be read ({error.strerror})", "restore it"
    if not is_authorised:
        return f"{zones.file} is not the authorised file", "restore it, or have the new one authorised"
    until = f"valid to {zones.valid_to.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if _ends(plan, now_utc, flight_s) > zones.valid_to:
        return f"{zones.file}: {until}", "fetch the zones again and have them authorised"
    try:
        content = read_file(path)
        _read(content, ANYWHERE, 0.0) if plan is None else _read(content, plan.origin.frame, _reach_m(plan))
    except (ZonesError, OSError) as error:
        state = f"{zones.file}: not judged: {error}"
        return state, "" if simulated else "give an ED-269 file that can be judged"
    return f"{zones.file}: {until}", ""


ANYWHERE = LocalFrame(0.0, 0.0, 0.0, 0.0)
"""Frame for a check that only reads the file."""


def zones_problem(auth: Authorisation, plan: Plan, now_utc: datetime, *, simulated: bool) -> tuple[str, str] | None:
    """(problem, remedy) of the first route whose steps, fence or ways home enter a prohibiting zone, or a zone whose
    consent is missing, within its heights and hours; `None` if there is none.

    A file that can't be judged refuses a real flight. A simulation then flies as if the file held no zones, and
    `not_judged` reports this.
    """
    zones = auth.file.geozones
    if zones is None or now_utc.tzinfo is None:
        return None
    found, problem = _zones_of(auth, plan)
    if problem:
        remedy = "restore the authorised zones file, or have another one authorised"
        return None if simulated else (f"geozones {zones.file} can't be judged: {problem}", remedy)
    return _entered(_closed(found, auth, now_utc), plan, now_utc)


def noticed_problem(auth: Authorisation, zones: bytes, plan: Plan, now_utc: datetime) -> tuple[str, str] | None:
    """The same for the zones of the notices to airmen; zones that can't be judged are a problem."""
    try:
        found = _closed(_read(zones, plan.origin.frame, _reach_m(plan), noticed=True), auth, now_utc)
    except ZonesError as error:
        return f"the zones of the notices to airmen can't be judged: {error}", "correct the file and sign it again"
    return _entered(found, plan, now_utc)


def check_zones(content: bytes) -> None:
    """Raises ZonesError if any part of a zones file can't be judged."""
    read_zones(content, ANYWHERE, noticed=True)


def consents(auth: Authorisation, now_utc: datetime) -> tuple[ZoneConsent, ...]:
    """The consents of zones' authorities that are given by this day, by the authorisation's time zone."""
    today, aviation = now_utc.astimezone(ZoneInfo(auth.file.window.tz)).date(), auth.file.aviation
    return tuple(each for each in (aviation.zone_consents if aviation is not None else ()) if each.date <= today)


def _closed(zones: Sequence[AirZone], auth: Authorisation, now_utc: datetime) -> tuple[AirZone, ...]:
    """The zones that no consent opens."""
    named = {each.zone for each in consents(auth, now_utc)}
    return tuple(zone for zone in zones if zone.by_consent not in named)


def _entered(found: Sequence[AirZone], plan: Plan, now_utc: datetime) -> tuple[str, str] | None:
    """(problem, remedy) of the first route through one of these zones; `None` without such a route."""
    active = [zone for zone in found if zone.may_be_active(now_utc, _ends(plan, now_utc))]
    for route in plan.routes:
        region, top_m = region_of(route), route.home.up_m + route.failsafe.fence_max_alt_m
        for zone in active:
            if not zone.meets(plan.relief.lowest_m, top_m, plan.origin.datum_amsl_m, plan.relief.lowest_m):
                continue
            inside = region.intersection(zone.polygon)
            if not inside.is_empty:
                place = shapely.point_on_surface(inside)
                lon_deg, lat_deg = plan.origin.frame.to_wgs84(place.x, place.y)
                named = f"{zone.id} ({zone.name})" if zone.name else zone.id
                what, remedy = (
                    f"the prohibited zone {named}",
                    "plan outside the zone, with a perimeter that leaves it out",
                )
                if zone.by_consent:
                    what = f"the zone {named}, without the consent of its authority,"
                    remedy = "plan outside the zone, or name its authority's consent: aviation.zone_consents"
                return (
                    f"{route.drone}'s route, fence or way home is in {what} at "
                    f"{lat_deg:.5f}, {lon_deg:.5f} ({place.x:.0f} m east, {place.y:.0f} m north)",
                    remedy,
                )
    return None


def _ends(plan: Plan | None, now_utc: datetime, flight_s: float = 0.0) -> datetime:
    """The time up to which zones are judged: an hour from now, or the end of a longer flight."""
    flights_s = [flight_s, *(route.expected.flight_time_s for route in (plan.routes if plan is not None else ()))]
    return now_utc + max(LEAST_AHEAD, timedelta(seconds=max(flights_s)))


def zones_at(
    auth: Authorisation, plan: Plan, place: tuple[float, float, float], now_utc: datetime
) -> tuple[str | None, str | None]:
    """(prohibited zone, emergency-response area) at a place now, "" for none, by the authorised zones and the notices.

    `None` is unknown: a file can't be judged, or the authorisation names no notices. `place` is east, north and height
    above the datum, m.
    """
    frame, reach_m, noticed = plan.origin.frame, _reach_m(plan), auth.notices
    named, path = auth.file.aviation.geozones if auth.file.aviation is not None else None, auth.geozones_path
    try:
        zones = _authorised(path, named.sha256, frame, reach_m) if named is not None and path is not None else ()
    except ZonesError:
        return None, None
    if noticed is None or noticed.problem:
        zone, emergency = _inside(_closed(zones, auth, now_utc), plan, place, now_utc)
        return zone, emergency or None
    try:
        both = (*zones, *_read(noticed.zones, frame, reach_m, noticed=True))
        return _inside(_closed(both, auth, now_utc), plan, place, now_utc)
    except ZonesError:
        return None, None


def _inside(
    zones: Sequence[AirZone], plan: Plan, place: tuple[float, float, float], now_utc: datetime
) -> tuple[str, str]:
    """The first prohibited zone and the first emergency-response area that is active at a place, "" for none."""
    east_m, north_m, up_m = place
    at, datum_m, lowest_m = shapely.Point(east_m, north_m), plan.origin.datum_amsl_m, plan.relief.lowest_m
    found = [
        zone for zone in zones
        if zone.meets(up_m, up_m, datum_m, lowest_m) and zone.polygon.intersects(at)
        and zone.may_be_active(now_utc, now_utc)
    ]  # fmt: skip
    first = {kind: next((zone.id for zone in found if zone.is_emergency == kind), "") for kind in (False, True)}
    return first[False], first[True]


def not_judged(auth: Authorisation, plan: Plan) -> str:
    """The reason why the named zones were not judged, for the user of a simulation; empty if they were judged."""
    zones = auth.file.geozones
    problem = _zones_of(auth, plan)[1] if zones is not None else ""
    return f"geozones not judged: {problem}" if problem else ""


def _zones_of(auth: Authorisation, plan: Plan) -> tuple[tuple[AirZone, ...], str]:
    """(zones near the plan's origin, reason why they can't be judged); the reason is empty if they were judged."""
    zones, path = auth.file.geozones, auth.geozones_path
    assert zones is not None and path is not None
    try:
        return _read(_content(path, zones.sha256), plan.origin.frame, _reach_m(plan)), ""
    except ZonesError as error:
        return (), str(error)


_read = lru_cache(maxsize=4)(read_zones)
"""Cached, because a plan is judged several times."""


@lru_cache(maxsize=4)
def _authorised(path: Path, sha256: str, frame: LocalFrame, reach_m: float) -> tuple[AirZone, ...]:
    """The zones of an authorised file. Cached for every lease: the hash binds the content. Raises ZonesError."""
    return read_zones(_content(path, sha256), frame, reach_m)


def _content(path: Path, sha256: str) -> bytes:
    """The authorised file. Raises ZonesError if the file can't be read, or is another file."""
    try:
        content = read_file(path)
    except OSError as error:
        raise ZonesError(f"the file can't be read ({error.strerror})") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ZonesError("it is not the authorised file")
    return content


def _reach_m(plan: Plan) -> float:
    """A distance from the origin beyond every region of the plan, in whole kilometres, so that a file is read once."""
    bounds = [bound for route in plan.routes for bound in region_of(route).bounds]
    farthest_m = max((abs(bound) for bound in bounds if isfinite(bound)), default=0.0)
    return 1000.0 * (ceil(farthest_m * 1.5 / 1000.0) + 1)


def region_of(route: Route) -> BaseGeometry:
    """All ground that the autopilot may cross by itself: fence, route, and the straight line home from each place."""
    places = [(p.east_m, p.north_m) for p in (route.home, route.start, *(step.to for step in route.steps))]
    goals = [(p.east_m, p.north_m) for p in (route.home, *route.failsafe.rally)]
    ways = [LineString([place, goal]) for place in places for goal in goals]
    fence = Polygon(route.failsafe.fence)
    return shapely.union_all([fence if fence.is_valid else fence.convex_hull, LineString(places), *ways])
