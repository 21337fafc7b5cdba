"""A regular grid over the site's ENU plane, and the height field that lies on it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Grid:
    """A grid of square cells of `cell_m` metres over the ENU plane.

    Row 0 is the southernmost row, column 0 the westernmost column (as in nav_msgs/OccupancyGrid). `east_min_m` and
    `north_min_m` are the south-west corner, m ENU.

    Examples
    --------
    >>> grid = Grid.over((0.0, 0.0, 10.0, 5.0), cell_m=0.5)
    >>> grid.shape
    (10, 20)
    >>> grid.index(east_m=0.7, north_m=0.2)
    (0, 1)
    """

    east_min_m: float
    north_min_m: float
    cell_m: float
    rows: int
    cols: int

    @classmethod
    def over(cls, bounds_m: tuple[float, float, float, float], cell_m: float) -> Grid:
        """The smallest grid, aligned to multiples of `cell_m`, over (east_min, north_min, east_max, north_max)."""
        east_min, north_min, east_max, north_max = bounds_m
        col_min, row_min = math.floor(east_min / cell_m), math.floor(north_min / cell_m)
        cols = math.ceil(east_max / cell_m) - col_min
        rows = math.ceil(north_max / cell_m) - row_min
        return cls(col_min * cell_m, row_min * cell_m, cell_m, max(rows, 1), max(cols, 1))

    def window(self, row: int, col: int, rows: int, cols: int) -> Grid:
        """A grid of the same cells that starts at (row, col). It may extend outside this grid."""
        east_min_m, north_min_m = self.east_min_m + col * self.cell_m, self.north_min_m + row * self.cell_m
        return Grid(east_min_m, north_min_m, self.cell_m, rows, cols)

    def place_of(self, part: Grid) -> tuple[slice, slice] | None:
        """The rows and columns of this grid covered by `part`; None if the cells differ or `part` extends outside."""
        row = (part.north_min_m - self.north_min_m) / self.cell_m
        col = (part.east_min_m - self.east_min_m) / self.cell_m
        rows, cols = (slice(round(first), round(first) + n) for first, n in ((row, part.rows), (col, part.cols)))
        is_same = part.cell_m == self.cell_m and max(abs(row - rows.start), abs(col - cols.start)) < 1e-6
        is_inside = rows.start >= 0 and rows.stop <= self.rows and cols.start >= 0 and cols.stop <= self.cols
        return (rows, cols) if is_same and is_inside else None

    def refined(self, factor: int) -> Grid:
        """The same ground with cells `factor` times smaller."""
        cell_m = self.cell_m / factor
        return Grid(self.east_min_m, self.north_min_m, cell_m, self.rows * factor, self.cols * factor)

    @property
    def shape(self) -> tuple[int, int]:
        return (self.rows, self.cols)

    @property
    def cell_area_m2(self) -> float:
        return self.cell_m * self.cell_m

    @property
    def bounds_m(self) -> tuple[float, float, float, float]:
        """(east_min, north_min, east_max, north_max), m ENU."""
        return (
            self.east_min_m,
            self.north_min_m,
            self.east_min_m + self.cols * self.cell_m,
            self.north_min_m + self.rows * self.cell_m,
        )

    def index(self, east_m: float, north_m: float) -> tuple[int, int] | None:
        """(row, col) of the cell that contains the point; None outside the grid."""
        row = math.floor((north_m - self.north_min_m) / self.cell_m)
        col = math.floor((east_m - self.east_min_m) / self.cell_m)
        return (row, col) if 0 <= row < self.rows and 0 <= col < self.cols else None

    def centre(self, row: int, col: int) -> tuple[float, float]:
        """(east_m, north_m) of a cell's centre."""
        return (self.east_min_m + (col + 0.5) * self.cell_m, self.north_min_m + (row + 0.5) * self.cell_m)

    def centres(self, cells: NDArray[np.integer]) -> NDArray[np.float64]:
        """ENU centres (n, 2), m, of cells given by flat row-major indices."""
        row, col = np.divmod(np.asarray(cells), self.cols)
        east = self.east_min_m + (col + 0.5) * self.cell_m
        north = self.north_min_m + (row + 0.5) * self.cell_m
        return np.column_stack([east, north])


HEADROOM_M = 2.2
"""Ground below a solid counts as open if the underside is at least this high, because a person can walk there."""
BUILDING_M = 0.01
"""A surface less than this above its ground counts as ground."""


@dataclass(frozen=True, slots=True)
class HeightField:
    """Ground and surface heights above the site's datum, m; all float32, shaped as the grid.

    A cell is a column that is solid from `under_m` to `top_m`. On open ground `top_m` equals `ground_m`. `under_m` is
    the underside of free hanging solids (an overhang, a bridge between houses, a crown) and the ground elsewhere. It is
    None if the field has no hanging solid. `peak_m` is the highest surface that a camera could see in the cell, a ridge
    above the eaves for instance. It is None if no surface is higher than `top_m`.
    """

    grid: Grid
    ground_m: NDArray[np.float32]
    top_m: NDArray[np.float32]
    under_m: NDArray[np.float32] | None = None
    peak_m: NDArray[np.float32] | None = None

    @property
    def surface_m(self) -> NDArray[np.float32]:
        """The highest surface of each cell, for the cap of pixel density."""
        return self.top_m if self.peak_m is None else self.peak_m

    @property
    def is_building(self) -> NDArray[np.bool_]:
        """Cells whose ground is occupied by a solid that stands on it, or that hangs too low to walk under."""
        taken: NDArray[np.bool_] = self.top_m > self.ground_m + BUILDING_M
        if self.under_m is not None:
            taken &= self.under_m < self.ground_m + HEADROOM_M
        return taken

    def part(self, grid: Grid) -> HeightField | None:
        """The part of the field on a grid of the same cells; None if the cells differ or it extends outside."""
        place = self.grid.place_of(grid)
        if place is None:
            return None
        under_m = None if self.under_m is None else self.under_m[place]
        peak_m = None if self.peak_m is None else self.peak_m[place]
        return HeightField(grid, self.ground_m[place], self.top_m[place], under_m, peak_m)
