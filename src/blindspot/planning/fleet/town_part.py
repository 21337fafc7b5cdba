"""Cuts a part out of a town. The computing time of a flight over a few streets then depends on those streets only."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from blindspot.coverage.ground import BlindSpots
from blindspot.coverage.sight import BLOCK
from blindspot.planning.airspace.air import Air
from blindspot.planning.airspace.paths import ways_from
from blindspot.planning.drones.patrols import Patrol
from blindspot.planning.views.target_ground import Ground
from blindspot.site.ground import Grid, HeightField

MOST = 0.5
"""Share of a town up to which a part of it is copied."""

Mask = NDArray[np.bool_]
Cells = NDArray[np.integer]
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class TownWindow:
    """A part of a town: `ground` lies on a part of the grid `whole` of the town."""

    whole: Grid
    ground: Ground

    def outer(self, cells: Cells) -> NDArray[np.int64]:
        """The flat cell numbers in the whole grid, from those in the window's grid."""
        place = self.whole.place_of(self.ground.field.grid)
        assert place is not None
        row, col = np.divmod(np.asarray(cells, dtype=np.int64), self.ground.field.grid.cols)
        outer: NDArray[np.int64] = (row + place[0].start) * self.whole.cols + (col + place[1].start)
        return outer


def window(ground: Ground, bounds_m: Bounds) -> TownWindow:
    """The part of the ground inside the bounds, m ENU, out to whole blocks of the kernels. A ray then crosses the same
    blocks as in the whole town, and sees exactly the same cells. Instead of a copy of most of the town, all of it."""
    grid = _part(ground.field.grid, bounds_m, BLOCK)
    if grid.rows * grid.cols > MOST * ground.field.grid.rows * ground.field.grid.cols:
        return TownWindow(ground.field.grid, ground)
    place = ground.field.grid.place_of(grid)
    field, spots = ground.field.part(grid), ground.spots
    assert place is not None and field is not None
    under_m, peak_m = (None if part is None else np.ascontiguousarray(part) for part in (field.under_m, field.peak_m))
    ground_m, top_m = np.ascontiguousarray(field.ground_m), np.ascontiguousarray(field.top_m)
    field = HeightField(grid, ground_m, top_m, under_m, peak_m)
    part = BlindSpots(
        field, ground.perimeter, spots.min_px_per_m, *(np.ascontiguousarray(mask[place]) for mask in
        (spots.public, spots.fixed_seen, spots.blind)),
    )  # fmt: skip
    return TownWindow(ground.field.grid, Ground(ground.site, ground.perimeter, part, ground.priorities))


def patrol_in(patrol: Patrol, bounds_m: Bounds, allowed: Mask) -> Patrol:
    """The drone in the part of the air inside the bounds and in `allowed` (shaped as the air's grid)."""
    grid = _part(patrol.air.grid, bounds_m)
    place = patrol.air.grid.place_of(grid)
    assert place is not None
    narrow = np.zeros(patrol.air.grid.shape, dtype=bool)
    narrow.flat[patrol.air.passages] = True
    is_open = np.ascontiguousarray(patrol.air.open[place] & allowed[place])
    air = Air(patrol.air.free, grid, is_open, np.flatnonzero(narrow[place] & is_open))
    return replace(patrol, drone=replace(patrol.drone, air=air), air=air, ways=ways_from(air, patrol.drone.home_2d))


def _part(grid: Grid, bounds_m: Bounds, whole: int = 1) -> Grid:
    """The cells of the grid inside the bounds, extended to whole blocks of `whole` times `whole` cells."""
    east_min, north_min, east_max, north_max = bounds_m
    side_m = whole * grid.cell_m
    row = max(0, whole * math.floor((north_min - grid.north_min_m) / side_m))
    col = max(0, whole * math.floor((east_min - grid.east_min_m) / side_m))
    end_row = min(grid.rows, whole * math.ceil((north_max - grid.north_min_m) / side_m))
    end_col = min(grid.cols, whole * math.ceil((east_max - grid.east_min_m) / side_m))
    return grid.window(row, col, end_row - row, end_col - col)
