"""Legal air: the places from which every path that the autopilot may choose (hold, land here, return) is clear.

A point is legal if the whole vertical column below the point keeps the distance from every building. Legality is
therefore a property of the ground plan alone. Exact polygons decide; a grid of cells wholly inside the polygons serves
searches.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from blindspot.mission import DroneModel, Limits
from blindspot.planning.airspace.passages import with_passages
from blindspot.site import Site
from blindspot.site.ground import Grid, mask_of

POSITION_ERROR_M = 2.0
"""Largest error of a drone's position estimate, m: added to the braking distance before the fence."""
TRACKING_ERROR_M = 0.8
"""Largest deviation of a drone from its path, m: added to every clearance, so that the flown clearance still holds."""
CELL_M = 1.0


@dataclass(frozen=True, slots=True)
class Air:
    """`free` is the legal ground plan (m ENU); `open` marks the cells of `grid` wholly inside this plan."""

    free: BaseGeometry
    grid: Grid
    open: NDArray[np.bool_]
    passages: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """Open flat cells that are not wholly legal: only the moves to neighbouring cells are legal (`passages.py`)."""

    def holds(self, points_m: Iterable[tuple[float, float]]) -> bool:
        """Whether the straight line through the points stays legal."""
        return bool(self.free.covers(LineString(list(points_m))))

    def within(self, area: BaseGeometry) -> Air:
        """The part of the air inside `area`."""
        part = air_in(self.free.intersection(area), self.grid)
        if not len(self.passages):
            return part
        shapely.prepare(area)
        return part._with(self.passages[shapely.covers(area, self._around_passages())])

    def without(self, barred: BaseGeometry) -> Air:
        """The part of the air outside `barred`."""
        part = air_in(self.free.difference(barred), self.grid)
        if not len(self.passages):
            return part
        shapely.prepare(barred)
        return part._with(self.passages[~shapely.intersects(barred, self._around_passages())])

    def joined(self) -> Air:
        """The air with the narrow passages between the parts."""
        is_open = with_passages(self.free, self.grid, self.open)
        return replace(self, open=is_open, passages=np.flatnonzero(is_open & ~self.open))

    def _around_passages(self) -> NDArray[np.object_]:
        """The ground that the moves from each passage's cell cross."""
        at, side_m = self.grid.centres(self.passages), 1.5 * self.grid.cell_m
        around: NDArray[np.object_] = shapely.box(*(at - side_m).T, *(at + side_m).T)
        return around

    def _with(self, passages: NDArray[np.int64]) -> Air:
        self.open.flat[passages] = True
        return replace(self, passages=passages)


def speed_of(model: DroneModel, limits: Limits) -> float:
    """The speed of transits, m/s: the drone's cruise or the mission's limit."""
    return min(model.performance.cruise_mps, limits.max_speed_mps)


def fence_margin_m(model: DroneModel, limits: Limits) -> float:
    """Distance kept from the perimeter: braking from full speed, v^2 / 2a, and the position error."""
    return speed_of(model, limits) ** 2 / (2.0 * model.performance.acceleration_mps2) + POSITION_ERROR_M


def legal_air(site: Site, perimeter: Polygon, limits: Limits, model: DroneModel, up_m: float) -> Air:
    """Perimeter less the fence margin, less buildings, tree crowns and no-fly zones with their clearance.

    If the mission lets flights cross roofs, only buildings and crowns that reach `up_m` less the clearance bar the way.
    """
    clearance_m = limits.building_clearance_m + TRACKING_ERROR_M
    near = perimeter.buffer(clearance_m)
    in_the_way = (b for b in site.solids if not limits.over_roofs or b.highest_m + clearance_m > up_m)
    footprints = np.array([b.footprint for b in in_the_way], dtype=object)
    shapely.prepare(near)
    walls = footprints[shapely.intersects(near, footprints)]
    highest_flight_m = site.terrain.highest_m + limits.max_up_m
    zones = [z.polygon for z in site.zones_of("no_fly") if z.floor_m < highest_flight_m]
    inner = perimeter.buffer(-fence_margin_m(model, limits), join_style="mitre")
    barred = [
        shapely.union_all(shapely.buffer(walls, clearance_m)),
        shapely.union_all(shapely.buffer(zones, fence_margin_m(model, limits))),
    ]
    return air_in(inner.difference(shapely.union_all(barred)), Grid.over(perimeter.bounds, CELL_M))


def air_in(free: BaseGeometry, grid: Grid) -> Air:
    """A cell is open if all of it is legal: straight moves between open neighbours then stay legal."""
    shapely.prepare(free)
    east_min, north_min, east_max, north_max = grid.bounds_m
    barred = shapely.box(east_min, north_min, east_max, north_max).difference(free)
    return Air(free, grid, ~mask_of(grid, [barred], all_touched=True))
