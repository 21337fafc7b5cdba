"""The facts of a run, computed from the real positions of the drones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from blindspot.evidence.observed.limits import NOTHING_OBSERVED, Flown, Observed, judge, unknown_flights
from blindspot.evidence.observed.summary_file import (
    CoverageFacts,
    DroneFacts,
    FlownSorties,
    PlanName,
    Summary,
)
from blindspot.evidence.observed.track import HOLE_S, Track, along_m
from blindspot.mission import Limits, Plan, Route
from blindspot.planning.views import OTHER_SORTIE
from blindspot.site import Building
from blindspot.site.ground import FLAT, Terrain

Floats = NDArray[np.float64]
NO_WAYS = np.empty((0, 2, 3))
ON_THE_ROUTE = ("AUTO.MISSION", "en_route")
"""Modes on the route: a simulator's track holds the autopilot's mode, a recorded track the phase of flight_control."""


def summarise(
    plan: Plan,
    limits: Limits,
    solids: Sequence[Building],
    tracks: Mapping[str, Track],
    *,
    terrain: Terrain = FLAT,
    later: Sequence[Plan] = (),
    rests: Sequence[Plan] = (),
    observed: Observed = NOTHING_OBSERVED,
    outcome: str,
    reason: str,
    seen_blind_fraction: float,
    detections: int | None,
    wall_time_s: float,
    sim_time_s: float,
    simulated: bool = False,
    extra: Mapping[str, Any] | None = None,
) -> Summary:
    """Compute the summary of a run.

    Of several sorties, `plan` is the first and `later` those after it that were flown; `rests` were planned in flight.
    `solids` are the buildings for the clearance. `tracks` are by drone; one that never flew gets zero times and a null
    clearance. `observed` holds the data beside the tracks by which the limits are judged. `seen_blind_fraction` is NaN
    and `detections` None if unknown. A flight counts as real unless it is known to be `simulated`. `extra` are the
    entries that the writer of the run knows: order, chain of events, lost nodes and others.
    """
    parts = (plan, *later, *rests)
    names = dict.fromkeys(route.drone for part in (plan, *later) for route in part.routes)
    drones = [drone_facts(_routes(name, parts), tracks.get(name), solids) for name in names]
    separation_m = min_separation_m(tracks)
    clearances_m = {facts.name: facts.min_building_clearance_m for facts in drones}
    flown = Flown(plan, limits, tracks, separation_m, clearances_m, parts[1:], terrain, observed, outcome)
    unknown, judged = unknown_flights(flown), judge(flown)
    is_flown = bool(later or observed.pictures or outcome == "completed") or any(
        t.in_air.any() for t in tracks.values()
    )
    coverage, noted = plan.coverage, Summary.of(extra or {})
    public_m2 = coverage.public_area_m2
    return Summary(
        simulated=simulated,
        outcome=outcome,
        reason=reason,
        plan=PlanName(plan.id, plan.sha256),
        sorties=None if plan.sortie is None else _sorties(plan, later, is_flown=is_flown),
        rests=tuple(rest.sha256 for rest in rests) or None,
        coverage=CoverageFacts(
            fixed_fraction=_at_least(coverage.fixed_area_m2 / public_m2 if public_m2 else 0.0),
            blind_area_m2=round(coverage.blind_area_m2, 1),
            planned_blind_fraction=_at_least(
                planned_m2(plan) / coverage.blind_area_m2 if coverage.blind_area_m2 else 1.0
            ),
            seen_blind_fraction=_at_least(seen_blind_fraction),
        ),
        drones=tuple(
            replace(facts, flight_time_s=None, distance_m=None) if facts.name in unknown else facts for facts in drones
        ),
        min_separation_m=_at_least(separation_m),
        violations=tuple(sentence for one in judged for sentence in one.broken),
        limits=judged,
        detections=detections,
        wall_time_s=round(wall_time_s, 1),
        speed_factor=_rounded(sim_time_s / wall_time_s if wall_time_s > 0 else math.nan),
        order=noted.order,
        unaccounted=noted.unaccounted,
        lost_nodes=noted.lost_nodes,
        chain=noted.chain,
        more=noted.more,
    )


def planned_m2(plan: Plan) -> float:
    """Measure the blind ground of a plan.

    Parameters
    ----------
    plan
        A plan, of several sorties any.

    Returns
    -------
    float
        Blind ground seen by the plan, m2; of several sorties, or of the turns of a watch, the ground seen by all
        together. A view of an atlas is flown alone.

    Example
    -------
    >>> planned_m2(plan)  # doctest: +SKIP
    3120.5
    """
    if plan.sortie is None and plan.watch is None:
        return plan.coverage.planned_area_m2
    others_m2 = sum(rest.area_m2 for rest in plan.coverage.unseen if rest.cause == OTHER_SORTIE)
    return plan.coverage.planned_area_m2 + others_m2


def _sorties(plan: Plan, later: Sequence[Plan], *, is_flown: bool) -> FlownSorties:
    assert plan.sortie is not None
    plans = tuple(PlanName(part.id, part.sha256) for part in (plan, *later))
    return FlownSorties(len(plans) if is_flown else 0, plan.sortie.of, plans)


def _routes(drone: str, parts: Sequence[Plan]) -> tuple[Route, ...]:
    return tuple(route for part in parts if (route := part.route_of(drone)) is not None)


def drone_facts(routes: Sequence[Route], track: Track | None, buildings: Sequence[Building]) -> DroneFacts:
    """Time, distance, deviation, clearance and battery of one drone, from its track."""
    drone = routes[0].drone
    if track is None or not track.in_air.any():
        return DroneFacts(drone, flight_time_s=0.0, distance_m=0.0)
    air = track.position_m[track.in_air]
    on_mission = track.position_m[track.in_air & np.isin(track.mode, ON_THE_ROUTE)]
    interval_s = np.diff(track.stamp_s, prepend=track.stamp_s[0])
    return DroneFacts(
        drone,
        flight_time_s=round(float(interval_s[track.in_air].sum()), 1),
        distance_m=round(float(np.linalg.norm(np.diff(track.ways_m(), axis=1), axis=2).sum()), 1),
        max_route_deviation_m=_rounded(max_deviation_m(routes, on_mission)),
        min_building_clearance_m=_at_least(min_clearance_m(air, buildings, track.ways_m(HOLE_S))),
        battery_left_fraction=_rounded(least_battery(track)),
    )


def least_battery(track: Track) -> float:
    """The least charge in the air, which is that of a landing: packs are changed on the ground. NaN if unknown."""
    known = track.battery_fraction[track.in_air & np.isfinite(track.battery_fraction)]
    return float(known.min()) if len(known) else math.nan


def route_line(route: Route) -> Floats:
    """(n, 3) corners of a route, ENU, m: pad and point above the pad (or the point where a route begins in the air),
    the steps, the point above the pad, the pad."""
    points = [route.start, *(step.to for step in route.steps)]
    points += [route.over_pad.model_copy(update={"up_m": points[-1].up_m}), route.home]
    if route.begin is None:
        points.insert(0, route.home)
    return np.array([(point.east_m, point.north_m, point.up_m) for point in points])


def max_deviation_m(routes: Sequence[Route], flown: Floats) -> float:
    """Measure how far a drone flew off the routes.

    Parameters
    ----------
    routes
        The routes of the drone.
    flown
        The (n, 3) flown points, m ENU.

    Returns
    -------
    float
        Greatest distance of a point from the routes' lines, m; NaN for an empty array.

    Example
    -------
    >>> max_deviation_m(plan.routes[:1], track.position_m)  # doctest: +SKIP
    1.2
    """
    if len(flown) == 0:
        return math.nan
    nearest = np.full(len(flown), math.inf)
    for start, end in (piece for route in routes for piece in pairwise(route_line(route))):
        way = end - start
        length2 = float(way @ way)
        along = np.clip((flown - start) @ way / length2, 0.0, 1.0) if length2 > 0 else np.zeros(len(flown))
        nearest = np.minimum(nearest, np.linalg.norm(flown - (start + along[:, None] * way), axis=1))
    return float(nearest.max())


def min_clearance_m(points: Floats, buildings: Sequence[Building], ways: Floats = NO_WAYS) -> float:
    """Least distance of (n, 3) points, and of the (m, 2, 3) straight ways between them, from any building within 50 m,
    m; else infinity. A building is a prism from the ground to its ridge."""
    if not buildings or len(points) == 0:
        return math.inf
    tree = shapely.STRtree([b.footprint for b in buildings])
    tops = np.array([b.highest_m for b in buildings])
    least_m = float(_gaps_m(shapely.points(points[:, :2]), points[:, 2], tree, tops, 50.0)[0].min(initial=math.inf))
    lines, lowest_m = shapely.linestrings(ways[:, :, :2]), ways[:, :, 2].min(axis=1)
    gaps_m, way = _gaps_m(lines, lowest_m, tree, tops, min(least_m, 50.0))  # exact for a level way, else an upper bound
    near = along_m(ways[np.unique(way[gaps_m < least_m])])
    near_m, _ = _gaps_m(shapely.points(near[:, :2]), near[:, 2], tree, tops, min(least_m, 50.0))
    return min(least_m, float(near_m.min(initial=math.inf)))


def _gaps_m(
    shapes: NDArray[np.object_], up_m: Floats, tree: shapely.STRtree, tops_m: Floats, reach_m: float
) -> tuple[Floats, NDArray[np.intp]]:
    """(distance of each shape at its height from each building within reach, m; the shape's place), pair by pair."""
    which, building = tree.query(shapes, predicate="dwithin", distance=reach_m)
    across_m = shapely.distance(shapes[which], tree.geometries[building])
    return np.hypot(across_m, np.maximum(up_m[which] - tops_m[building], 0.0)), which


def min_separation_m(tracks: Mapping[str, Track]) -> float:
    """Least distance between two drones that were in the air at the same time, m; infinity if they never were.

    Each drone has its own time stamps: between two of them a straight flight is assumed.
    """
    least = math.inf
    for a, b in combinations(tracks.values(), 2):
        since_s, until_s = max(a.stamp_s[0], b.stamp_s[0]), min(a.stamp_s[-1], b.stamp_s[-1])
        stamps_s = np.union1d(a.stamp_s, b.stamp_s)
        stamps_s = stamps_s[(stamps_s >= since_s) & (stamps_s <= until_s)]
        both = _in_air_at(a, stamps_s) & _in_air_at(b, stamps_s)
        gaps = np.linalg.norm(_place_at(a, stamps_s) - _place_at(b, stamps_s), axis=1)
        least = min(least, float(gaps[both].min(initial=math.inf)))
    return least


def _in_air_at(track: Track, stamps_s: Floats) -> NDArray[np.bool_]:
    """Whether the drone was in the air by its last point before, or its first point after, each stamp."""
    before = np.searchsorted(track.stamp_s, stamps_s, side="right") - 1
    after = np.searchsorted(track.stamp_s, stamps_s)
    return track.in_air[before] | track.in_air[after]


def _place_at(track: Track, stamps_s: Floats) -> Floats:
    """(n, 3) ENU."""
    return np.column_stack([np.interp(stamps_s, track.stamp_s, axis_m) for axis_m in track.position_m.T])


def _at_least(value: float) -> float | None:
    """Rounded down to three decimals: a part is no whole, and a distance below its limit stays below."""
    return math.floor(1000 * value + 1e-6) / 1000 if math.isfinite(value) else None


def _rounded(value: float) -> float | None:
    """Round to three decimals; NaN and infinity become null in JSON."""
    return round(value, 3) if math.isfinite(value) else None
