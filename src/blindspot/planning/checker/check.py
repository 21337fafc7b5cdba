"""The independent checker judges a plan by the plan file alone, with slow and simple code.

It shares with the planner the town, the coverage modules, the files' models with their list of parameters, and the
rounding rules. The checker computes times, energies, heights, distances and separation with separate code, and so
finds mistakes of the planner's search, timing and airspace. Every rule yields all its breaches, each with a place and a
time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
import shapely
from shapely.geometry import Polygon

from blindspot.core import plain_text
from blindspot.coverage.ground import BlindSpots
from blindspot.mission import (
    Leg,
    Mission,
    Origin,
    Plan,
    Point,
    Route,
    View,
    px4_plan_parameters,
    return_path,
    rounding,
)
from blindspot.planning.checker import (
    check_air,
    check_along,
    check_heights,
    check_hold,
    check_rally,
    check_seen,
    check_separation,
    check_target,
)
from blindspot.planning.checker.check_flight import Flight, Violation, runs_of
from blindspot.planning.checker.check_hold import POSITION_ERROR_M
from blindspot.planning.checker.check_track import Array, FlightTrack, home_wh, xyz
from blindspot.site import Pad, Site, load_area

HEAD_M = 1.7
EXPECTED_WITHIN = 0.05
"""Times and energies that a route expects may differ from the checker's by this share."""
RELIEF_WITHIN_M = 0.5
"""Tolerance of the ground's height against the plan's `relief`, m: the checker samples the terrain at other places."""
LONGEST_S = 4 * 3600.0
"""Longest examined flight, s; longer than the endurance of every battery."""
MOST_STEPS = 1000
"""Longest route that is examined: the drones refuse missions of more items."""
BEYOND_TOWN_M = 1.0
"""Rounding of a perimeter drawn along the edge of the area of interest, m."""
HIGHEST_CEILING_M = 20.0
"""Most height of the fence's ceiling over the flight and its ways home, m: a higher one stops no climb by mistake."""
HOME_WITHIN_M = 0.5
"""Tolerance of the pad's place on the ground plan, m."""
OWN_WITHIN = 0.001
"""Tolerance of a parameter against the drone's own figure: rounding of the plan file."""
BOOKKEEPING = ("expected", "coverage")
"""Rules about the plan's own figures. Their breaches come after those of the safety rules."""


def check_plan(
    plan: Plan, mission: Mission, site: Site, ground: BlindSpots | None = None,
    counted: list[check_seen.StepView] | None = None,
) -> tuple[Violation, ...]:  # fmt: skip
    """Judge a plan by every rule of the checker.

    The checker samples every metre and every second of each flight, which takes seconds.

    Parameters
    ----------
    plan
        The plan to judge, in metres ENU around the site's origin.
    mission, site
        The mission and the town that the plan claims to be for.
    ground
        Result of `check_seen.ground_of` for another plan over the same town, for example another sortie, or of
        `check_seen.ground_of_mission`. Default: computed.
    counted
        Receives what the checker counts itself: the ground that each view and leg of the plan sees, on `ground`. It
        stays empty if a breach ends the check early.

    Returns
    -------
    tuple of Violation
        All breaches, those of safety rules first; empty if the plan may be flown.
    """
    broken = tuple(_finite(plan)) + tuple(of_another_mission(plan, mission, site)) or tuple(_endless(plan))
    if broken:
        return broken
    spots = check_seen.ground_of(plan, site, ground)
    field = check_seen.density_field(plan, site, spots)
    flights = [Flight.of(route, plan, mission, site) for route in plan.routes]
    found: list[Violation] = []
    for flight in flights:
        ways = check_air.returns(flight)
        found += check_heights.breaches(flight, ways)
        for rule in (_speeds, _ends, _fence, _battery, _window, _expected, _autopilot):
            found += rule(flight)
        found += check_air.breaches(flight, ways)
        found += check_hold.breaches(flight)
        found += check_rally.breaches(flight)
        found += check_along.breaches(flight)
        found += check_seen.density_breaches(flight, field)
    for a, b in combinations(flights, 2):
        found += [*check_separation.breaches(a, b), *check_rally.meetings(a, b), *check_rally.meetings(b, a)]
    views = tuple(check_seen.seen_by_step(plan, mission, spots))
    if counted is not None:
        counted += views
    found += [*check_target.breaches(plan, mission, site, spots), *check_seen.coverage_breaches(plan, spots, views)]
    return tuple(sorted(found, key=lambda violation: violation.rule in BOOKKEEPING))


def check_part(
    plan: Plan, mission: Mission, site: Site, drone: str, way: Route, track: FlightTrack,
    ground: BlindSpots | None = None,
) -> tuple[Violation, ...]:  # fmt: skip
    """Breaches on a way outside the plan: `way` is the drone's route with other steps, `track` the flight over them.

    The time of the flight is unknown. The ground below a route and the route's ways home must therefore be apart from
    the ground below all other routes and ways home. The drone itself judges its battery.
    """
    flight = Flight.of(way, plan, mission, site, track, plan.route_of(drone))
    ways = check_air.returns(flight)
    found = [*check_heights.breaches(flight, ways), *_speeds(flight), *_fence(flight)]
    found += check_air.breaches(flight, ways)
    found += check_hold.breaches(flight)
    found += check_seen.density_breaches(flight, check_seen.density_field(plan, site, ground))
    for route in plan.routes:
        if route.drone != drone:
            other = Flight.of(route, plan, mission, site)
            found += check_separation.breaches(flight, other)
    return tuple(found)


def _finite(plan: Plan) -> Iterator[Violation]:
    """Every number is finite. The models refuse NaN in files, but objects built in memory can contain NaN."""
    for route in plan.routes:
        points = [route.home, route.start, *(step.to for step in route.steps), *route.failsafe.rally]
        numbers = [v for p in points for v in (p.east_m, p.north_m, p.up_m)] + [route.takeoff_up_m]
        numbers += [step.speed_mps for step in route.steps]
        numbers += [v for s in route.steps if isinstance(s, View | Leg) for v in (s.aim.heading_deg, s.aim.pitch_deg)]
        numbers += [step.dwell_s for step in route.steps if isinstance(step, View)]
        numbers += [
            route.failsafe.rtl_return_alt_m,
            route.failsafe.fence_max_alt_m,
            *route.failsafe.parameters.values(),
        ]
        if not all(map(math.isfinite, numbers)):
            yield Violation("finite", route.drone, None, None, "a number of the route is not finite")


def _endless(plan: Plan) -> Iterator[Violation]:
    """No flight is longer than `LONGEST_S` or `MOST_STEPS`: to sample a longer one would take too long, and with many
    items for returns along the mission all of the memory."""
    for route in plan.routes:
        if len(route.steps) > MOST_STEPS:
            detail = f"has {len(route.steps)} steps, the checker examines at most {MOST_STEPS}"
            yield Violation("endless", route.drone, None, None, detail)
            continue
        at, time_s = xyz(route.start), abs(route.start.up_m - route.home.up_m) + abs(route.takeoff_up_m)
        for step in route.steps:
            time_s += math.dist(at, xyz(step.to)) / step.speed_mps + (step.dwell_s if isinstance(step, View) else 0.0)
            at = xyz(step.to)
        if time_s > LONGEST_S:
            detail = f"takes {time_s / 3600:.0f} hours, the checker examines at most {LONGEST_S / 3600:g}"
            yield Violation("endless", route.drone, None, None, detail)


def of_another_mission(plan: Plan, mission: Mission, site: Site) -> Iterator[Violation]:
    """Breaches of a plan of another mission: drones (each at most once), models and pads, the origin, the band, the
    perimeter and the relief must be the mission's, and the town must be known inside."""
    if not plan.routes:
        yield Violation("mission", "", None, None, "the plan has no route")
    drones = {drone.name: drone for drone in mission.file.fleet}
    pads = {pad.name: pad for pad in site.pads}
    names, further = [route.drone for route in plan.routes], mission.file.further_pads
    for route in plan.routes:
        asked = drones.get(route.drone)
        if asked is None or names.count(route.drone) > 1:
            yield Violation("mission", route.drone, None, None, "is not in the mission's fleet, or has two routes")
        elif route.model != asked.model or route.pad not in pads or route.pad not in {asked.pad, *further}:
            yield Violation(
                "mission", route.drone, None, None, "flies another model or from another pad than the mission says"
            )
        elif not is_pad(route.home, pads[route.pad]):
            yield Violation("mission", route.drone, route.home, 0.0, f"home is not the pad {route.pad}")
        elif route.pad != asked.pad:
            yield from _beside_others(route, mission, pads)
    if plan.origin != origin_of(site):
        yield Violation("mission", "", None, None, "the origin or its heights are not the site's")
    if plan.band != mission.file.band:
        yield Violation("mission", "", None, None, "the density band is not the mission's")
    asked_for = load_area(mission.perimeter_path, site.frame)
    if len(plan.perimeter) < 3 or not same_outline(Polygon(plan.perimeter), asked_for):
        yield Violation("mission", "", None, None, "the perimeter is not the mission's")
    if not site.area_of_interest.buffer(BEYOND_TOWN_M).covers(asked_for):
        yield Violation("mission", "", None, None, "the perimeter leaves the area of interest: no buildings known")
    lowest_m, highest_m = check_air.relief_of(site, asked_for)
    if plan.relief.lowest_m > lowest_m + RELIEF_WITHIN_M or plan.relief.highest_m < highest_m - RELIEF_WITHIN_M:
        yield Violation("mission", "", None, None, f"the ground lies between {lowest_m:.1f} and {highest_m:.1f} m")


def _beside_others(route: Route, mission: Mission, pads: Mapping[str, Pad]) -> Iterator[Violation]:
    """A breach for each other pad of the mission too near to the further pad of a route: a drone may stand there."""
    least_m = mission.file.limits.separation_m + 2.0 * POSITION_ERROR_M - rounding.WITHIN_M
    others = {drone.pad for drone in mission.file.fleet} | {*mission.file.further_pads}
    for name in sorted(others & pads.keys() - {route.pad}):
        apart_m = math.dist((route.home.east_m, route.home.north_m), (pads[name].east_m, pads[name].north_m))
        if apart_m < least_m:
            yield Violation("mission", route.drone, route.home, 0.0, f"its pad lies {apart_m:.0f} m from pad {name}")


def is_pad(home: Point, pad: Pad) -> bool:
    """Whether a home is the pad. All heights of the flight count from its ground: an error there shifts every item."""
    off_m = xyz(home) - (pad.east_m, pad.north_m, pad.up_m)
    return bool(np.linalg.norm(off_m[:2]) <= HOME_WITHIN_M and abs(off_m[2]) <= rounding.WITHIN_M)


def origin_of(site: Site) -> Origin:
    """Origin of the site's frame on the earth, as a plan states it."""
    frame = site.frame
    return Origin(lat_deg=frame.lat_deg, lon_deg=frame.lon_deg, datum_amsl_m=frame.datum_amsl_m, geoid_m=frame.geoid_m)


def same_outline(one: Polygon, other: Polygon) -> bool:
    """Whether two outlines differ at most by their corners' rounding to a millimetre."""
    return one.is_valid and bool(one.symmetric_difference(other).area <= max(1.0, rounding.PLACE_M * other.length))


def _speeds(flight: Flight) -> Iterator[Violation]:
    """Speed within the limits of drone and mission, and a stay at each view that is long enough to turn the camera."""
    performance, camera = flight.model.performance, flight.model.camera
    fastest_mps = min(performance.cruise_mps, flight.mission.file.limits.max_speed_mps)
    if flight.return_mps > fastest_mps + 1e-6:
        yield flight.breach("speed", 0, f"home at {flight.return_mps:g} m/s where {fastest_mps:g} m/s is allowed")
    before: View | Leg | None = None
    for number, step in enumerate(flight.route.steps):
        last = int(np.flatnonzero(flight.track.step == number)[-1])
        if step.speed_mps > fastest_mps + 1e-6:
            yield flight.breach("speed", last, f"{step.speed_mps:g} m/s where {fastest_mps:g} m/s is allowed")
        if isinstance(step, View):
            tilt_deg = 90.0 if before is None else abs(step.aim.pitch_deg - before.aim.pitch_deg)
            turn_deg = 0.0
            if before is not None and math.dist(xyz(step.to), xyz(before.to)) < 1.0:
                turn_deg = abs((step.aim.heading_deg - before.aim.heading_deg + 180.0) % 360.0 - 180.0)
            needed_s = max(tilt_deg / camera.gimbal_slew_dps, turn_deg / performance.yaw_rate_dps) + 1.0
            if step.dwell_s < needed_s - 0.01:
                yield flight.breach(
                    "dwell",
                    last,
                    f"{step.dwell_s:g} s at {step.id}, turning the camera plus one second takes {needed_s:.1f} s",
                )
        if isinstance(step, Leg):
            yield from _sharp(flight, step, last)
        before = step if isinstance(step, View | Leg) else before


def _sharp(flight: Flight, leg: Leg, last: int) -> Iterator[Violation]:
    """Pictures of people along a leg are blurred by at most one pixel."""
    camera, along = flight.model.camera, flight.track.step == flight.track.step[last]
    above_m = flight.track.at_m[along, 2] - check_air.ground_under(flight.site, flight.track.flat_m[along])
    f_px = camera.width_px / (2.0 * math.tan(math.radians(camera.hfov_deg) / 2.0))
    blur_px = leg.speed_mps * camera.exposure_s * f_px / (float(above_m.min()) - HEAD_M)
    if blur_px > 1.0:
        yield flight.breach("blur", last, f"{leg.id} at {leg.speed_mps:g} m/s blurs people by {blur_px:.1f} px")


def _ends(flight: Flight) -> Iterator[Violation]:
    """The take-off ends at the height of the first step (a route may begin in the air), and the last step is over the
    pad."""
    route = flight.route
    if not route.steps:
        yield flight.breach("ends", 0, "the route has no step")
        return
    if route.begin is None and abs(route.takeoff_up_m - route.steps[0].to.up_m) > 1.0:
        yield flight.breach(
            "take-off", 0, f"ends at {route.takeoff_up_m:g} m, the first step is at {route.steps[0].to.up_m:g} m"
        )
    if math.dist(xyz(route.steps[-1].to)[:2], xyz(route.home)[:2]) > 1.0:
        yield flight.breach("ends", len(flight.track.time_s) - 1, "the last step is not over the pad")


def _fence(flight: Flight) -> Iterator[Violation]:
    """The drone stays in perimeter and fence with its braking distance, and the fence within the perimeter."""
    failsafe, margin_m = flight.route.failsafe, flight.fence_margin_m
    fence, perimeter = Polygon(failsafe.fence), Polygon(flight.plan.perimeter)
    if not fence.is_valid or not perimeter.buffer(rounding.WITHIN_M).covers(fence):
        yield flight.breach("fence", 0, "the fence crosses itself or reaches outside the perimeter")
        return
    for rule, area in (("perimeter", perimeter), ("fence", fence)):
        inner = area.buffer(-margin_m + rounding.WITHIN_M)
        shapely.prepare(inner)
        inside = shapely.contains_xy(inner, flight.track.flat_m[:, 0], flight.track.flat_m[:, 1])
        for sample, last in runs_of(~inside):
            detail = f"outside it, or closer than the {margin_m:.1f} m that braking needs"
            yield flight.breach(rule, sample, detail, last)
    highest = int(flight.track.at_m[:, 2].argmax())
    highest_m = max(float(flight.track.at_m[highest, 2]), float(flight.return_up_m(flight.goals_m).max()))
    room_m = flight.route.home.up_m + failsafe.fence_max_alt_m - highest_m
    if room_m < 2.0:
        yield flight.breach(
            "fence", highest, f"only {plain_text.beside(room_m, 2.0)} m below the fence's ceiling, 2 m are needed"
        )
    if room_m > HIGHEST_CEILING_M + rounding.WITHIN_M:
        above = plain_text.beside(room_m, HIGHEST_CEILING_M)
        detail = f"the fence's ceiling is {above} m above it, at most {HIGHEST_CEILING_M:g} m are allowed"
        yield flight.breach("fence", highest, detail)


def _battery(flight: Flight) -> Iterator[Violation]:
    """At every second the used energy plus that of the way home leaves the reserve untouched."""
    energy, track = flight.model.energy, flight.track
    usable_wh = energy.usable_wh() * (1 - energy.reserve_fraction)
    needed_wh = check_along.home_wh(flight) if flight.along is not None else _straight_wh(flight)
    landing = track.step == len(flight.route.steps)
    total_wh = track.used_wh + np.where(landing, 0.0, needed_wh)
    for sample, last in runs_of(total_wh > usable_wh):
        yield flight.breach(
            "battery", sample, f"{total_wh[sample]:.1f} Wh with the way home, {usable_wh:.1f} Wh may be used", last
        )


def _straight_wh(flight: Flight) -> Array:
    """Energy of the dearest straight return from every sample, Wh."""
    track = flight.track
    sample, goals = flight.goals_from(track.flat_m)
    needed_wh = np.zeros(len(track.time_s))
    for goal in np.unique(goals, axis=0):
        same = sample[(goals == goal).all(axis=1)]
        return_up_m = float(flight.return_up_m(goal[None])[0])
        way_wh = home_wh(flight.model, track, goal, return_up_m, flight.return_mps)
        needed_wh[same] = np.maximum(needed_wh[same], way_wh[same])
    return needed_wh


def _window(flight: Flight) -> Iterator[Violation]:
    """Landing before the mission's latest landing, for a take-off at the start of the mission or of its sortie."""
    file, begin, time_s = flight.mission.file, flight.route.begin, flight.track.time_s
    if file.latest_landing is None:
        return
    room_s = (file.latest_landing - file.start).total_seconds() - flight.plan.begins_s
    room_s -= 0.0 if begin is None else begin.flown_s
    for sample, last in runs_of(time_s > room_s):
        detail = f"lands {time_s[-1] - room_s:.0f} s after the latest landing, {file.latest_landing.isoformat()}"
        yield flight.breach("window", sample, detail, last)


def _expected(flight: Flight) -> Iterator[Violation]:
    expected, last = flight.route.expected, len(flight.track.time_s) - 1
    capacity_wh, used_wh = flight.model.energy.usable_wh(), flight.track.used_wh
    for name, stated, found in (
        ("flight_time_s", expected.flight_time_s, float(flight.track.time_s[-1])),
        ("energy_wh", expected.energy_wh, float(used_wh[-1] - used_wh[0])),
        ("battery_left_fraction", 1 - expected.battery_left_fraction, float(used_wh[-1]) / capacity_wh),
    ):
        if abs(stated - found) > EXPECTED_WITHIN * found:
            yield flight.breach("expected", last, f"{name} differs from the checker's value by {stated - found:+.3g}")


def _autopilot(flight: Flight) -> Iterator[Violation]:
    """The autopilot's settings lead to the return that was checked."""
    failsafe = flight.route.failsafe
    if failsafe.rtl_type not in (0, 3, return_path.ALONG_MISSION):
        detail = f"RTL_TYPE {failsafe.rtl_type} is neither a straight way to the nearest safe point nor along the route"
        yield flight.breach("autopilot", 0, detail)
    if failsafe.rtl_type == return_path.ALONG_MISSION and flight.mission.file.limits.return_ != "mission":
        detail = "RTL_TYPE 4 returns along the mission, and the mission says straight: plan again"
        yield flight.breach("autopilot", 0, f"{detail}, or set limits.return: mission")
    for name in px4_plan_parameters.not_set(failsafe.parameters):
        yield flight.breach("autopilot", 0, f"{name} is not set: the checked failsafes need it")
    for problem in px4_plan_parameters.not_settable(failsafe.parameters):
        yield flight.breach("autopilot", 0, problem)
    for name, own in _own_values(flight).items():
        value = failsafe.parameters.get(name, own)  # an absent one is reported above
        if abs(value - own) > OWN_WITHIN:
            yield flight.breach("autopilot", 0, f"{name} is {value:g}, the drone's model says {own:g}")


def _own_values(flight: Flight) -> dict[str, float]:
    """The model's own figures, with which the flight was judged besides the plan's."""
    performance = flight.model.performance
    return {
        "MPC_ACC_HOR": performance.acceleration_mps2, "MPC_Z_V_AUTO_UP": performance.climb_mps,
        "MPC_Z_V_AUTO_DN": performance.descend_mps, "MPC_YAWRAUTO_MAX": performance.yaw_rate_dps,
    }  # fmt: skip
