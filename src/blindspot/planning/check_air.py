"""The checker's rules about space: buildings and zones, on the route and on every way the autopilot could choose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon

from blindspot.planning.check_flight import Flight, Violation, runs_of
from blindspot.planning.check_track import Array
from blindspot.site.model import Building, Site

RETURN_STEP_M = 2.0
ROUNDING_M = 0.02
Mask = NDArray[np.bool_]


def breaches(flight: Flight) -> Iterator[Violation]:
    """Buildings and no-fly zones met on the route, when landing here, and when returning, from every sample."""
    clearance_m = flight.mission.file.limits.building_clearance_m - ROUNDING_M
    at_m, near = flight.track.at_m, buildings_near(flight)
    route_gap_m = gap_to_buildings(at_m, near, clearance_m)
    for sample, last in runs_of(route_gap_m < clearance_m):
        yield flight.breach(
            "building", sample, f"{route_gap_m[sample]:.1f} m from a building, {clearance_m:.1f} m are needed", last
        )
    below_m = gap_below(flight)
    onto_roofs = flight.mission.file.limits.over_roofs & ~over_pad(flight)
    for sample, last in runs_of(~onto_roofs & (below_m < clearance_m)):
        yield flight.breach("land here", sample, f"straight down passes a building at {below_m[sample]:.1f} m", last)
    ways = returns(flight)
    return_gap_m = gap_to_buildings(ways.points_m, near, clearance_m)
    for sample, last in runs_of(ways.samples_of(return_gap_m < clearance_m)):
        up_m = ways.points_m[ways.place == ways.place_of[sample]][0, 2]
        yield flight.breach("return", sample, f"the straight way home at {up_m:.0f} m comes too near a building", last)
    yield from _zones(flight, ways)
    yield from _return_inside(flight, ways)


def gap_below(flight: Flight) -> Array:
    """Distance from straight below each sample to the nearest building, m; infinite beyond the clearance."""
    clearance_m = flight.mission.file.limits.building_clearance_m - ROUNDING_M
    return gap_to_buildings(flight.track.at_m * [1, 1, 0], buildings_near(flight), clearance_m, flat=True)


def gap_to_buildings(at_m: Array, buildings: list[Building], within_m: float, *, flat: bool = False) -> Array:
    """Distance from each of (n, 3) points to the nearest building as an upright block, m; infinite beyond `within_m`.

    `flat` takes the blocks as endlessly high.
    """
    gap_m = np.full(len(at_m), np.inf)
    if len(at_m) and not flat:
        lowest_m = float(at_m[:, 2].min()) - within_m
        buildings = [b for b in buildings if b.highest_m > lowest_m]
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


@dataclass(frozen=True, slots=True)
class Returns:
    """Points of the straight ways home from every place at which the drone ever is."""

    points_m: Array
    """(m, 3)"""
    place: NDArray[np.int64]
    """(m,): from which place the way of each point starts."""
    place_of: NDArray[np.int64]
    """(samples,): at which place each sample is."""

    def samples_of(self, broken: Mask) -> Mask:
        """The samples from whose ways some point is broken."""
        places = np.zeros(int(self.place_of.max()) + 1, dtype=bool)
        places[self.place[broken]] = True
        return np.asarray(places[self.place_of])


def returns(flight: Flight) -> Returns:
    at_m = flight.track.at_m
    _, first, place_of = np.unique(at_m.round(2), axis=0, return_index=True, return_inverse=True)
    goals = flight.goal_of(at_m[:, :2])
    up_m = flight.return_up_m(goals)
    points, numbers = [], []
    for number, sample in enumerate(first):
        start, goal = at_m[sample], goals[sample]
        count = max(2, int(np.ceil(np.linalg.norm(start[:2] - goal[:2]) / RETURN_STEP_M)) + 1)
        way = np.linspace(start[:2], goal[:2], count)
        points.append(np.column_stack([way, np.full(count, max(start[2], up_m[sample]))]))
        numbers.append(np.full(count, number))
    return Returns(np.concatenate(points), np.concatenate(numbers), place_of.ravel())


def over_pad(flight: Flight) -> Mask:
    """Samples on the way up from the pad and down to it, whose columns are flown."""
    step = flight.track.step
    return np.asarray((step < 0) | (step == len(flight.route.steps)))


def buildings_near(flight: Flight) -> list[Building]:
    reach_m = 2 * flight.mission.file.limits.building_clearance_m + 100.0
    return [b for b in flight.site.solids if b.footprint.dwithin(Polygon(flight.plan.perimeter), reach_m)]


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


def _zones(flight: Flight, ways: Returns) -> Iterator[Violation]:
    """No-fly zones, on the route, below it (landing here passes all heights) and on the ways home."""
    at_m, back_m = flight.track.at_m, ways.points_m
    for zone in flight.site.zones:
        if zone.kind != "no_fly":
            continue
        inside = shapely.intersects_xy(zone.polygon, at_m[:, 0], at_m[:, 1])
        for sample, last in runs_of(inside & (at_m[:, 2] >= zone.floor_m)):
            yield flight.breach("no-fly zone", sample, f"over {zone.name}", last)
        crossed = shapely.intersects_xy(zone.polygon, back_m[:, 0], back_m[:, 1])
        crossed &= (back_m[:, 2] >= zone.floor_m) & (back_m[:, 2] <= zone.ceiling_m)
        for sample, last in runs_of(ways.samples_of(crossed) & ~inside):
            yield flight.breach("no-fly zone", sample, f"the way home leads over {zone.name}", last)


def _return_inside(flight: Flight, ways: Returns) -> Iterator[Violation]:
    perimeter = Polygon(flight.plan.perimeter).buffer(-flight.fence_margin_m + ROUNDING_M)
    shapely.prepare(perimeter)
    outside = ~shapely.contains_xy(perimeter, ways.points_m[:, 0], ways.points_m[:, 1])
    for sample, last in runs_of(ways.samples_of(outside)):
        told = "the straight way home leaves the perimeter or comes too near its edge"
        yield flight.breach("return", sample, told, last)
