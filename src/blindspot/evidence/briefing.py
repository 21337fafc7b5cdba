"""The crew's briefing for a plan: one self-contained HTML page that prints on A4.

Contents: people, place and time, the authorisation, routes and pads, the autopilots' own failsafe actions, the
failsafe ladder, emergency areas, unseen ground, and the checklist for take-off. Every value has one source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, isfinite
from pathlib import Path
from zoneinfo import ZoneInfo

from shapely.geometry import Point, Polygon

from blindspot.core import plain_text
from blindspot.coverage.maps import area_text, map_figure, templates
from blindspot.coverage.records import Provenance
from blindspot.law import Authorisation, judge_plan, judge_recording, slot_end
from blindspot.mission import Failsafe, Route, return_path
from blindspot.planning.checker import Violation
from blindspot.planning.papers import Outcome, proof_of
from blindspot.planning.reasons import intrusion_text, shown_ground
from blindspot.site import LocalFrame

FILE_NAME = "briefing.html"
LISTED = 10
"""Number of the largest unseen spots that the page lists."""
STRAIGHT = (0, 3)
"""Values of PX4's RTL_TYPE that fly straight to the nearest of home and the rally points."""

Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of text; the first cell of each line is its name."""

    heading: tuple[str, ...]
    lines: Rows


@dataclass(frozen=True, slots=True)
class HowItFlies:
    """Thresholds, parameters and checks of the drones' own software. The caller supplies them."""

    battery_fraction: Mapping[str, float]
    """By drone: minimum battery charge before take-off, 0 to 1."""
    parameters: Mapping[str, Mapping[str, float]]
    """By drone: PX4 parameters that pre-flight sets, name to value."""
    ladders: Mapping[str, Rows]
    """By model: cause, threshold and action of each row."""
    checks: tuple[str, ...]
    own_eyes: tuple[str, ...]
    """Conditions that the crew inspects, because software cannot check them."""
    pictures: tuple[str, ...] = ()
    """At which density the masked pictures are published."""


@dataclass(frozen=True, slots=True)
class Briefing:
    """Everything that the page says, as text ready to be laid out."""

    title: str
    plan_id: str
    sha256: str
    verdict: str
    refused: tuple[str, ...]
    facts: Rows
    routes: Table
    pads: Table
    fence: Table
    failsafe: Table
    parameters: Table
    ladder: tuple[tuple[str, Table], ...]
    emergency: Table
    zones: Table
    assumed: Table
    unseen: Table
    unseen_by_cause: Table
    checks: tuple[str, ...]
    own_eyes: tuple[str, ...]
    attribution: str
    inputs: str


def briefing_page(
    it: Outcome, auth: Authorisation, flies: HowItFlies, drawn: map_figure.Figure, provenance: Provenance,
    violations: Sequence[Violation] = (),
) -> str:  # fmt: skip
    """Render the briefing as one HTML page with the plan's map embedded. Each of the plan checker's `violations`
    marks the page as refused."""
    return (
        templates(Path(__file__).parent)
        .get_template("briefing.html.j2")
        .render(it=briefing_of(it, auth, flies, provenance, violations), map=drawn, simulated=it.for_simulation)
    )


def briefing_of(
    it: Outcome, auth: Authorisation, flies: HowItFlies, provenance: Provenance, violations: Sequence[Violation] = ()
) -> Briefing:
    """The text of the page for a plan."""
    plan, file = it.plan, it.mission.file
    is_simulated, begins = auth.only_simulated, file.start + timedelta(seconds=plan.begins_s)
    cleared_for = "simulated autopilots at that time" if is_simulated else (
        "real autopilots at that time, if nothing else flies that day"
    )  # fmt: skip
    verdicts = judge_plan(
        auth, plan, begins, simulated=is_simulated, mission=it.mission, flown_s=0.0, cameras_beside=0
    )  # fmt: skip
    refused = tuple(map(str, (*violations, *verdicts)))
    return Briefing(
        title=f"{file.name}: briefing",
        plan_id=plan.id,
        sha256=plan.sha256,
        verdict="Refused: do not fly" if refused else f"Cleared for {cleared_for}",
        refused=refused,
        facts=(
            *_facts(it, auth),
            *(("Pictures", said) for said in flies.pictures),
            ("Failsafes", "; ".join(proof_of(it, violations))),
        ),
        routes=_routes(it.routes, flies),
        pads=_pads(it),
        fence=_fence(it),
        failsafe=_failsafe(it),
        parameters=_parameters(it.routes, flies),
        ladder=tuple((of, Table(("Cause", "Threshold", "Action"), lines)) for of, lines in flies.ladders.items()),
        emergency=_emergency(it),
        zones=Table(
            ("Zone", "Kind", "From", "To"),
            tuple((z.name, z.kind.replace("_", "-"), _height(z.floor_m, "the ground"), _height(z.ceiling_m, "the sky"))
                  for z in it.site.zones if z.kind != "public" and z.polygon.intersects(it.spots.perimeter)),
        ),
        assumed=_assumed(it),
        unseen=Table(
            ("Street", "Area", "Cause", "Remedy"),
            tuple(
                (s.street or "no street", area_text(s.area_m2), s.cause, s.way_out)
                for s in shown_ground(it.unseen)[:LISTED]
            ),
        ),
        unseen_by_cause=_by_cause(it),
        checks=flies.checks,
        own_eyes=flies.own_eyes,
        attribution=provenance.attribution,
        inputs=provenance.fingerprint,
    )  # fmt: skip


def _facts(it: Outcome, auth: Authorisation) -> Iterator[tuple[str, str]]:
    """Place, time, people and permissions, as (name, value)."""
    file, law, cover = it.mission.file, auth.file, it.plan.coverage
    begins = file.start + timedelta(seconds=it.plan.begins_s)
    start = begins.astimezone(ZoneInfo(law.window.tz))
    yield "Place", f"{it.site.name}, {area_text(it.spots.perimeter.area)} inside the perimeter"
    yield "Time", f"{start:%A %d %B %Y, %H:%M} ({law.window.tz}); {_slot(auth, begins)}"
    yield "Authorisation", f"{law.id}, profile {law.profile}"
    if auth.only_simulated:
        yield "Simulation only", "This authorisation never arms a real autopilot"
    if law.signer is not None:
        signed = f"signed with {', '.join(auth.signers)}" if auth.signers else "NOT SIGNED by a trusted key"
        yield "Responsible person", f"{law.signer.name}, {law.signer.contact}; {signed}"
    if law.act is not None:
        yield "Act", f"{law.act.number} of {law.act.date}, {law.act.authority}"
    if law.service is not None:
        yield "Service", f"{law.service.unit}, {law.service.contact}"
    if law.people is not None:
        yield "Named pilots", ", ".join(pilot.id for pilot in law.people.pilots) or "none"
    yield "Allowed heights", f"{law.area.floor_m_agl:g} to {law.area.ceiling_m_agl:g} m above ground"
    band = it.plan.band
    yield "Pixel density", f"{band.min_px_per_m:g} px/m to detect a person; cap {band.max_px_per_m:g} px/m"
    yield "Recording", f"{_recording(file.record, auth)}, masked: {law.analytics.masking.lower()}"
    yield "Assumed wind", f"{file.wind.speed_mps:g} m/s from {file.wind.from_deg:g}°"
    share = plain_text.percent(cover.planned_blind_fraction, 1)
    if count := len(it.assumed_heights):
        yield "Assumed heights", f"{count} building{'s' if count > 1 else ''} in reach of the flights: see Emergencies"
    for idle in it.not_flying:
        yield "Not flying", idle
    if it.posts:
        shares = [f"{drone} sees {plain_text.percent(part)} of {target}" for drone, target, part in it.posts]
        yield "Targets", "; ".join(shares)
    else:
        yield "Blind ground", f"{area_text(cover.blind_area_m2)}; the plan sees {share} of it"
    if it.plan.intrusion is not None:
        yield "Private ground in view", intrusion_text(it.plan.intrusion).replace("m2", "m²")


def _recording(asked: bool, auth: Authorisation) -> str:
    refused, kept = judge_recording(auth), f"kept at most {auth.file.recording.retention_h:g} h"
    if refused is not None and judge_recording(auth, simulated=True) is None:
        return f"{'' if asked else 'not '}requested; a real flight records nothing ({refused.rule}: {refused.reason})"
    if asked:
        return kept if refused is None else "requested, but not allowed: nothing will be recorded"
    return f"not requested ({kept if refused is None else 'not allowed'})"


def _slot(auth: Authorisation, start: datetime) -> str:
    end = slot_end(auth.file.window, start)
    if end is None:
        return "outside every slot of the authorisation"
    zone = ZoneInfo(auth.file.window.tz)
    ends, begins = end.astimezone(zone), start.astimezone(zone)
    day = "" if ends.date() == begins.date() else f" on {ends:%A %d %B %Y}"
    return f"the slot ends{day} at {ends:%H:%M}"


def _routes(routes: Sequence[Route], flies: HowItFlies) -> Table:
    lines = [
        (
            route.drone, route.model, route.pad, str(route.view_count),
            f"{route.expected.flight_time_s / 60:.1f}", f"{route.expected.distance_m / 1000:.2f}",
            f"{route.expected.energy_wh:.1f}", f"{ceil(100 * flies.battery_fraction[route.drone] - 1e-6)} %",
            f"{100 * route.expected.battery_left_fraction:.0f} %",
        )
        for route in routes
    ]  # fmt: skip
    return Table(
        ("Drone", "Model", "Pad", "Views and legs", "min", "km", "Wh", "Minimum battery", "Battery left"), tuple(lines)
    )


def _pads(it: Outcome) -> Table:
    frame = it.site.frame
    lines = [
        (route.pad, route.drone, *_degrees(frame, route.home.east_m, route.home.north_m),
         f"{frame.to_amsl(route.home.up_m):.0f} m", f"{route.takeoff_up_m - route.home.up_m:.0f} m")
        for route in it.routes
    ]  # fmt: skip
    heading = ("Pad", "Drone", "Latitude", "Longitude", "Pad above sea level", "Take-off height above pad")
    return Table(heading, tuple(lines))


def _fence(it: Outcome) -> Table:
    """The fence corners; one list per drone if the fences differ."""
    routes = {route.failsafe.fence: route for route in it.routes}
    whose = {fence: "" if len(routes) == 1 else f"{route.drone} " for fence, route in routes.items()}
    return Table(
        ("Corner", "Latitude", "Longitude"),
        tuple(
            (f"{whose[fence]}{number}", *_degrees(it.site.frame, *corner))
            for fence in routes
            for number, corner in enumerate(fence, 1)
        ),
    )


def _way_home(failsafe: Failsafe) -> str:
    if failsafe.rtl_type == return_path.ALONG_MISSION:
        return "along the uploaded mission, forwards or backwards"
    if failsafe.rtl_type not in STRAIGHT:
        return "unknown"
    return "straight to the nearest of home and the rally points" if failsafe.rally else "straight home"


def _failsafe(it: Outcome) -> Table:
    lines = [
        (route.drone, f"{route.failsafe.rtl_return_alt_m:.0f} m", _way_home(route.failsafe),
         f"{route.failsafe.fence_max_alt_m:.0f} m", str(len(route.failsafe.rally) or "none"),
         _landing_at_once(it.over_roofs_s[route.drone]))
        for route in it.routes
    ]  # fmt: skip
    heading = ("Drone", "Return height above pad", "Return path", "Fence ceiling above pad", "Rally points",
               "Immediate landing")  # fmt: skip
    return Table(heading, tuple(lines))


def _landing_at_once(over_roofs_s: float) -> str:
    if not over_roofs_s:
        return "clear of buildings everywhere"
    return f"on a roof, or close to a wall, for {ceil(over_roofs_s)} s of the flight"


def _parameters(routes: Sequence[Route], flies: HowItFlies) -> Table:
    given = [flies.parameters[route.drone] for route in routes]
    names = sorted({name for values in given for name in values})
    lines = [(name, *(f"{values[name]:g}" if name in values else "" for values in given)) for name in names]
    return Table(("PX4 parameter", *(route.drone for route in routes)), tuple(lines))


def _emergency(it: Outcome) -> Table:
    near = [area for area in it.site.emergency_areas if area.polygon.distance(it.spots.perimeter) <= 500.0]
    pads = {route.pad: Point(route.home.east_m, route.home.north_m) for route in it.routes}
    lines = [
        (area.name, *_degrees(it.site.frame, *_place_in(area.polygon)),
         area_text(area.polygon.area), _inside(area.polygon, it.spots.perimeter),
         *(f"{pad.distance(area.polygon):.0f} m" for pad in pads.values()))
        for area in near
    ]  # fmt: skip
    return Table(
        ("Emergency area", "Latitude", "Longitude", "Size", "Perimeter", *(f"From {pad}" for pad in pads)), tuple(lines)
    )


def _place_in(area: Polygon) -> tuple[float, float]:
    """The middle of an area; of a bent one, whose middle is beside it, another place in it."""
    middle = area.centroid if area.covers(area.centroid) else area.representative_point()
    return middle.x, middle.y


def _assumed(it: Outcome) -> Table:
    """The buildings of assumed height in reach of the flights, those with the least room above them."""
    shown = [(one, one.building, one.building.footprint.centroid) for one in it.assumed_heights[:LISTED]]
    lines = [
        (house.id, *_degrees(it.site.frame, at.x, at.y), f"{house.height_m:.1f} m",
         f"{plain_text.rounded_down(one.clear_up_to_m, 0):.0f} m")
        for one, house, at in shown
    ]  # fmt: skip
    return Table(("Building", "Latitude", "Longitude", "Assumed height", "Clear up to a height of"), tuple(lines))


def _height(up_m: float, unbounded: str) -> str:
    return f"{up_m:.0f} m above the datum" if isfinite(up_m) else unbounded


def _inside(area: Polygon, perimeter: Polygon) -> str:
    return "inside" if perimeter.covers(area) else "on its edge" if perimeter.intersects(area) else "outside"


def _by_cause(it: Outcome) -> Table:
    unseen = () if it.posts else shown_ground(it.plan.coverage.unseen)
    rows = tuple((rest.cause, area_text(rest.area_m2)) for rest in unseen)
    return Table(("Cause", "Total area"), rows)


def _degrees(frame: LocalFrame, east_m: float, north_m: float) -> tuple[str, str]:
    """Latitude and longitude in degrees, to about a metre, as text."""
    lon_deg, lat_deg = frame.to_wgs84(east_m, north_m)
    return f"{lat_deg:.5f}", f"{lon_deg:.5f}"
