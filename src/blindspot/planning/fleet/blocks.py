"""A town in blocks of a few metres: the permitted blocks of each drone, the distance of each block from the pad, and
the blind ground beside the blocks. Sectors and trips are estimated with them in milliseconds; routes are made and
judged exactly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.planning.airspace.air import Air
from blindspot.planning.airspace.paths import flood_m
from blindspot.planning.drones.patrols import Drone
from blindspot.planning.views.target_ground import Ground
from blindspot.site.ground import Grid

BLOCK_M = 4.0
"""Size of a block: each contains one street at most, since at least twice the clearance lies between two streets."""
BESIDE_M = 60.0
"""Distance from legal air within which most ground is in sight of it, m."""

_SQUARE = np.ones((2 * round(BESIDE_M / BLOCK_M) + 1,) * 2, np.uint8)

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Blocks:
    """Shaped (rows, cols) as `grid`: `blind_m2` is the blind ground in each block; `is_open` marks, for each drone, the
    blocks in which it may fly.

    `centres_m` is (rows, cols, 2), m ENU.
    """

    grid: Grid
    blind_m2: Floats
    is_open: Mapping[str, Mask]
    centres_m: NDArray[np.float64]

    @classmethod
    def of(cls, ground: Ground, drones: Sequence[Drone]) -> Blocks:
        grid = Grid.over(ground.perimeter.bounds, BLOCK_M)
        blind = np.flatnonzero(ground.spots.blind)
        row, col = block_of(grid, ground.field.grid, blind)
        counts = np.bincount(row * grid.cols + col, minlength=grid.rows * grid.cols).reshape(grid.shape)
        centres_m = grid.centres(np.arange(grid.rows * grid.cols)).reshape(*grid.shape, 2)
        return cls(
            grid, (counts * ground.field.grid.cell_area_m2).astype(np.float32),
            {drone.name: open_blocks(grid, drone.air) for drone in drones}, centres_m,
        )  # fmt: skip

    def ways_m(self, drone: Drone, allowed: Mask | None = None) -> Floats:
        """Distance of each block from the drone's pad through the blocks where it may fly, m. A block beside
        permitted blocks has the distance of the nearest permitted block; every other block is infinitely far."""
        return self.beside(self.streets_m(drone, allowed))

    def streets_m(self, drone: Drone, allowed: Mask | None = None) -> Floats:
        """Distance of each block in which the drone may fly from its pad, through such blocks, m; else infinite."""
        is_open = self.is_open[drone.name] if allowed is None else self.is_open[drone.name] & allowed
        return flood_m(is_open, self.grid.index(*drone.home_2d), self.grid.cell_m)

    def pooled(self, fine: Grid, way_m: Floats) -> Floats:
        """The shortest way to any cell of a finer grid in each block, m."""
        cells = np.flatnonzero(np.isfinite(way_m))
        least = np.full(self.grid.shape, np.inf, dtype=np.float32)
        np.minimum.at(least, block_of(self.grid, fine, cells), way_m.ravel()[cells])
        return least

    def over(self, some: Mask, fine: Grid) -> Mask:
        """The cells of a finer grid that lie in some of the blocks, shaped as that grid."""
        row, _ = block_of(self.grid, fine, np.arange(fine.rows) * fine.cols)
        _, col = block_of(self.grid, fine, np.arange(fine.cols))
        return some[np.ix_(row, col)]

    def beside(self, way_m: Floats) -> Floats:
        """The least way of all blocks within `BESIDE_M`."""
        eroded = cv2.erode(way_m, _SQUARE, borderType=cv2.BORDER_CONSTANT, borderValue=math.inf)
        return np.asarray(eroded, dtype=np.float32)

    def around(self, some: Mask) -> Mask:
        """The blocks within `BESIDE_M` of some."""
        return cv2.dilate(some.astype(np.uint8), _SQUARE).astype(bool)


def open_blocks(grid: Grid, air: Air) -> Mask:
    """Blocks in which the drone may fly somewhere."""
    is_open = np.zeros(grid.shape, dtype=bool)
    is_open[block_of(grid, air.grid, np.flatnonzero(air.open))] = True
    return is_open


def block_of(grid: Grid, fine: Grid, cells: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(rows, columns) of the blocks that contain these flat cells of a finer grid; cells outside go to the edge."""
    row, col = np.divmod(np.asarray(cells, dtype=np.int64), fine.cols)
    row = ((fine.north_min_m + (row + 0.5) * fine.cell_m - grid.north_min_m) // grid.cell_m).astype(np.int64)
    col = ((fine.east_min_m + (col + 0.5) * fine.cell_m - grid.east_min_m) // grid.cell_m).astype(np.int64)
    return row.clip(0, grid.rows - 1), col.clip(0, grid.cols - 1)
