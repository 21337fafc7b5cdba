"""The checker's rules about buildings and zones, on the route and on every path that the autopilot may choose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon

from blindspot.mission import rounding
from blindspot.planning.checker.check_flight import Along, Flight, Violation, runs_of
from blindspot.planning.checker.check_track import Array
from blindspot.site import Building, Site

Mask = NDArray[np.bool_]
Shapes = NDArray[np.object_]


def breaches(flight: Flight, ways: Returns) -> Iterator[Violation]:
    """Buildings and no-fly zones on the route, and from every sample on the way straight down and on the return."""
    clearance_m = flight.mission.file.limits.building_clearance_m - rounding.WITHIN_M
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
    return_gap_m = gaps_m(ways.lines, ways.up_m, near, clearance_m)
    for sample, last in runs_of(ways.samples_of(return_gap_m < clearance_m)):
        detail = f"the {ways.name} at {ways.up_of(sample):.0f} m comes too near a building"
        yield flight.breach("return", sample, detail, last)
    yield from _zones(flight, ways)
    yield from _return_inside(flight, ways)


def gap_below(flight: Flight) -> Array:
    """Distance from straight below each sample to the nearest building, m; infinite beyond the clearance."""
    clearance_m = flight.mission.file.limits.building_clearance_m - rounding.WITHIN_M
    return gap_to_buildings(flight.track.at_m * [1, 1, 0], buildings_near(flight), clearance_m, flat=True)


def gap_to_buildings(at_m: Array, buildings: list[Building], within_m: float, *, flat: bool = False) -> Array:
    """Distance from each of (n, 3) points to the nearest building as an upright block, m; infinite beyond `within_m`.

    With `flat` the blocks are infinitely high.
    """
    up_m = np.full(len(at_m), -np.inf) if flat else at_m[:, 2]
    return gaps_m(shapely.points(at_m[:, :2]), up_m, buildings, within_m)


def gaps_m(shapes: Shapes, up_m: Array, buildings: list[Building], within_m: float) -> Array:
    """As `gap_to_buildings`, for points or lines on the ground plan, each at one height."""
    gap_m = np.full(len(shapes), np.inf)
    lowest_m = up_m.min(initial=np.inf) - within_m
    tall = [b for b in buildings if b.highest_m > lowest_m]
    if not tall:
        return gap_m
    footprints, highest_m = np.array([b.footprint for b in tall], dtype=object), np.array([b.highest_m for b in tall])
    number, building = shapely.STRtree(footprints).query(shapes, predicate="dwithin", distance=within_m)
    beside_m = shapely.distance(shapes[number], footprints[building])
    above_m = np.maximum(0.0, up_m[number] - highest_m[building])
    np.minimum.at(gap_m, number, np.hypot(beside_m, above_m))
    return gap_m


@dataclass(frozen=True, slots=True)
class Returns:
    """Straight lines of returns from every sample of the flight: `sample[k]` flies `way[k]`."""

    lines: Shapes
    """On the ground plan; a point for a place over the goal itself."""
    start_up_m: Array
    end_up_m: Array
    """Heights of its ends, m."""
    sample: NDArray[np.int64]
    way: NDArray[np.int64]
    count: int
    """Number of samples."""
    name: str
    columns: tuple[tuple[Shapes, Array, Array], ...] = ()
    """The climb before each line and the descent after it: places, lowest and greatest heights, m."""

    @property
    def up_m(self) -> Array:
        """Lowest height of each line, m."""
        return np.minimum(self.start_up_m, self.end_up_m)

    @property
    def top_m(self) -> Array:
        """Greatest height of each line, m."""
        return np.maximum(self.start_up_m, self.end_up_m)

    def samples_of(self, broken: Mask) -> Mask:
        """The samples with a broken line."""
        samples = np.zeros(self.count, dtype=bool)
        samples[self.sample[broken[self.way]]] = True
        return samples

    def up_of(self, sample: int) -> float:
        """Lowest height of the lines of a sample, m."""
        return float(self.up_m[self.way[self.sample == sample]].min())


def returns(flight: Flight) -> Returns:
    at_m = flight.track.at_m
    if flight.along is not None:
        return _to_items(flight, flight.along)
    sample, goals_m = flight.goals_from(at_m[:, :2])
    ends = np.hstack([at_m[sample], goals_m])
    _, first, way = np.unique(ends.round(2), axis=0, return_index=True, return_inverse=True)
    start_m, goals_m = ends[first, :3], ends[first, 3:]
    up_m = np.maximum(start_m[:, 2], flight.return_up_m(goals_m))
    lines = _lines(start_m[:, :2], goals_m[:, :2])
    columns = tuple((shapely.points(end_m[:, :2]), end_m[:, 2], up_m) for end_m in (start_m, goals_m))
    return Returns(lines, up_m, up_m, sample, way.ravel(), len(at_m), "straight way home", columns)


def _to_items(flight: Flight, along: Along) -> Returns:
    """The lines to the items at which returns along the mission begin. They may climb or descend."""
    at_m, begins = flight.track.at_m, along.begins
    ends = np.hstack([at_m[begins.sample], along.items.at_m[begins.place]]).round(3)
    ends, way = np.unique(ends, axis=0, return_inverse=True)
    lines = _lines(ends[:, :2], ends[:, 3:5])
    name = "line to the first item of a return"
    return Returns(lines, ends[:, 2], ends[:, 5], begins.sample, way.ravel(), len(at_m), name)


def _lines(start_m: Array, end_m: Array) -> Shapes:
    """Lines on the ground plan; points where both ends are one place."""
    lines: Shapes = shapely.linestrings(np.stack([start_m, end_m], axis=1))
    there = np.linalg.norm(start_m - end_m, axis=1) < rounding.WITHIN_M
    lines[there] = shapely.points(end_m[there])
    return lines


def over_pad(flight: Flight) -> Mask:
    """Samples on the way up from the pad and down to it: the route itself flies these columns."""
    step = flight.track.step
    return np.asarray((step < 0) | (step == len(flight.route.steps)))


def buildings_near(flight: Flight) -> list[Building]:
    reach_m, solids = 2 * flight.mission.file.limits.building_clearance_m + 100.0, flight.site.solids
    perimeter = Polygon(flight.plan.perimeter)
    shapely.prepare(perimeter)
    footprints = np.array([solid.footprint for solid in solids], dtype=object)
    return [solids[k] for k in np.flatnonzero(shapely.dwithin(perimeter, footprints, reach_m))]


def ground_under(site: Site, flat_m: Array) -> Array:
    """Height of the ground, m above the datum, under (n, 2) places."""
    return site.terrain.heights_m(flat_m[:, 0], flat_m[:, 1])


def relief_of(site: Site, perimeter: Polygon) -> tuple[float, float]:
    """(lowest, highest) ground inside a perimeter, m above the datum, sampled every metre."""
    east_min, north_min, east_max, north_max = perimeter.bounds
    lattice = np.meshgrid(np.arange(east_min, east_max), np.arange(north_min, north_max))
    places = np.stack(lattice, axis=-1).reshape(-1, 2)
    inside = shapely.contains_xy(perimeter, places[:, 0], places[:, 1])
    ground_m = ground_under(site, np.concatenate([places[inside], np.array(perimeter.exterior.coords)[:, :2]]))
    return float(ground_m.min()), float(ground_m.max())


def _zones(flight: Flight, ways: Returns) -> Iterator[Violation]:
    """No-fly zones on the route, below it (a landing at once passes all heights) and on the ways home, each with the
    braking distance, as at the fence."""
    at_m, margin_m = flight.track.at_m, flight.fence_margin_m - rounding.WITHIN_M
    places = shapely.points(at_m[:, :2])
    for zone in flight.site.zones:
        if zone.kind != "no_fly":
            continue
        shapely.prepare(zone.polygon)
        near = shapely.dwithin(zone.polygon, places, margin_m) & (at_m[:, 2] >= zone.floor_m)
        for sample, last in runs_of(near):
            yield flight.breach("no-fly zone", sample, f"over {zone.name}, or nearer than braking needs", last)
        crossed = np.zeros(len(ways.lines), dtype=bool)
        for shapes, low_m, high_m in ((ways.lines, ways.up_m, ways.top_m), *ways.columns):
            reached = (high_m >= zone.floor_m) & (low_m <= zone.ceiling_m)
            crossed |= reached & shapely.dwithin(zone.polygon, shapes, margin_m)
        for sample, last in runs_of(ways.samples_of(crossed) & ~near):
            yield flight.breach("no-fly zone", sample, f"the way home leads over {zone.name} or too near", last)


def _return_inside(flight: Flight, ways: Returns) -> Iterator[Violation]:
    """The ways home stay in the perimeter and in the fence, which may be smaller, with the braking distance."""
    for name, corners in (("perimeter", flight.plan.perimeter), ("fence", flight.route.failsafe.fence)):
        inner = Polygon(corners).buffer(-flight.fence_margin_m + rounding.WITHIN_M)
        shapely.prepare(inner)
        for sample, last in runs_of(ways.samples_of(~shapely.covers(inner, ways.lines))):
            detail = f"the {ways.name} leaves the {name} or comes too near its edge"
            yield flight.breach("return", sample, detail, last)
