"""The checker's rules about space: buildings and zones, on the route and on every way the autopilot could choose."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon

from blindspot.planning.check_flight import Flight, Violation
from blindspot.planning.check_track import Array
from blindspot.site.model import Building, Site

RETURN_STEP_M = 2.0
ROUNDING_M = 0.02
Mask = NDArray[np.bool_]


def breaches(flight: Flight) -> Iterator[Violation]:
    """Buildings and no-fly zones met on the route, when landing here, and when returning, from every sample."""
    clearance_m = flight.mission.file.limits.building_clearance_m - ROUNDING_M
    near = [
        b for b in flight.site.solids if b.footprint.dwithin(Polygon(flight.plan.perimeter), 2 * clearance_m + 100.0)
    ]
    at_m = flight.track.at_m
    route_gap_m = gap_to_buildings(at_m, near, clearance_m)
    for sample in first_of_runs(route_gap_m < clearance_m):
        yield flight.breach(
            "building", sample, f"{route_gap_m[sample]:.1f} m from a building, {clearance_m:.1f} m are needed"
        )
    onto_roofs = flight.mission.file.limits.over_roofs & ~_over_pad(flight)
    column_m = np.where(onto_roofs, np.inf, gap_to_buildings(at_m * [1, 1, 0], near, clearance_m, flat=True))
    for sample in first_of_runs(column_m < clearance_m):
        yield flight.breach("land here", sample, f"straight down passes a building at {column_m[sample]:.1f} m")
    places, samples = returns(flight)
    return_gap_m = gap_to_buildings(places, near, clearance_m)
    for sample in first_of_runs(_any(samples[return_gap_m < clearance_m], len(at_m))):
        yield flight.breach(
            "return",
            sample,
            f"the straight way home at {places[samples == sample][0, 2]:.0f} m comes too near a building",
        )
    yield from _zones(flight, places, samples)
    yield from _return_inside(flight, places, samples)


def gap_to_buildings(at_m: Array, buildings: list[Building], within_m: float, *, flat: bool = False) -> Array:
    """Distance from each of (n, 3) points to the nearest building as an upright block, m; infinite beyond `within_m`.

    `flat` takes the blocks as endlessly high.
    """
    gap_m = np.full(len(at_m), np.inf)
    if not buildings or not len(at_m):
        return gap_m
    footprints = np.array([b.footprint for b in buildings], dtype=object)
    highest_m = np.array([np.inf if flat else b.highest_m for b in buildings])
    points = shapely.points(at_m[:, :2])
    sample, building = shapely.STRtree(footprints).query(points, predicate="dwithin", distance=within_m)
    beside_m = shapely.distance(points[sample], footprints[building])
    above_m = np.maximum(0.0, at_m[sample, 2] - highest_m[building])
    np.minimum.at(gap_m, sample, np.hypot(beside_m, above_m))
    return gap_m


def returns(flight: Flight) -> tuple[Array, NDArray[np.int64]]:
    """(points of the straight ways home, (m, 3); the sample each starts from), from wherever the drone ever is."""
    at_m = flight.track.at_m
    _, first = np.unique(at_m.round(2), axis=0, return_index=True)
    goals = flight.goal_of(at_m[:, :2])
    points, samples = [], []
    for sample in np.sort(first):
        start, goal = at_m[sample], goals[sample]
        count = max(2, int(np.ceil(np.linalg.norm(start[:2] - goal[:2]) / RETURN_STEP_M)) + 1)
        way = np.linspace(start[:2], goal[:2], count)
        points.append(np.column_stack([way, np.full(count, max(start[2], flight.return_up_m))]))
        samples.append(np.full(count, sample))
    return np.concatenate(points), np.concatenate(samples)


def _over_pad(flight: Flight) -> Mask:
    """Samples on the way up from the pad and down to it, whose columns are flown."""
    step = flight.track.step
    return np.asarray((step < 0) | (step == len(flight.route.steps)))


def ground_under(site: Site, flat_m: Array) -> Array:
    """Height of the ground, m above the datum, under (n, 2) places."""
    return site.terrain.heights_m(flat_m[:, 0], flat_m[:, 1])


def relief_of(site: Site, perimeter: Polygon) -> tuple[float, float]:
    """(lowest, highest) ground inside a perimeter, m above the datum, looked at every metre."""
    east_min, north_min, east_max, north_max = perimeter.bounds
    lattice = np.meshgrid(np.arange(east_min, east_max), np.arange(north_min, north_max))
    places = np.stack(lattice, axis=-1).reshape(-1, 2)
    inside = shapely.contains_xy(perimeter, places[:, 0], places[:, 1])
    ground_m = ground_under(site, np.concatenate([places[inside], np.array(perimeter.exterior.coords)[:, :2]]))
    return float(ground_m.min()), float(ground_m.max())


def first_of_runs(broken: Mask) -> list[int]:
    """The first sample of every stretch of broken ones: one breach is told once."""
    starts = broken & ~np.concatenate([[False], broken[:-1]])
    return [int(k) for k in np.flatnonzero(starts)]


def _zones(flight: Flight, places: Array, samples: NDArray[np.int64]) -> Iterator[Violation]:
    """No-fly zones, on the route, below it (landing here passes all heights) and on the ways home."""
    at_m = flight.track.at_m
    for zone in flight.site.zones:
        if zone.kind != "no_fly":
            continue
        inside = shapely.intersects_xy(zone.polygon, at_m[:, 0], at_m[:, 1])
        for sample in first_of_runs(inside & (at_m[:, 2] >= zone.floor_m)):
            yield flight.breach("no-fly zone", sample, f"over {zone.name}")
        crossed = shapely.intersects_xy(zone.polygon, places[:, 0], places[:, 1])
        crossed &= (places[:, 2] >= zone.floor_m) & (places[:, 2] <= zone.ceiling_m)
        for sample in first_of_runs(_any(samples[crossed], len(at_m)) & ~inside):
            yield flight.breach("no-fly zone", sample, f"the way home leads over {zone.name}")


def _return_inside(flight: Flight, places: Array, samples: NDArray[np.int64]) -> Iterator[Violation]:
    perimeter = Polygon(flight.plan.perimeter).buffer(-flight.fence_margin_m + ROUNDING_M)
    shapely.prepare(perimeter)
    outside = ~shapely.contains_xy(perimeter, places[:, 0], places[:, 1])
    for sample in first_of_runs(_any(samples[outside], len(flight.track.time_s))):
        yield flight.breach("return", sample, "the straight way home leaves the perimeter or comes too near its edge")


def _any(samples: NDArray[np.int64], count: int) -> Mask:
    mask = np.zeros(count, dtype=bool)
    mask[samples] = True
    return mask
