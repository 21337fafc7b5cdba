"""The ground's height above the site's datum: level, or a raster with bilinear interpolation between its posts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blindspot.site.grid import Grid

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Terrain:
    """`posts_m` are heights above the datum at the centres of the cells of `posts`; both None: level at the datum.

    Beyond the posts the nearest one counts.
    """

    posts: Grid | None = None
    posts_m: NDArray[np.float32] | None = None

    @property
    def is_flat(self) -> bool:
        return self.posts is None

    def at(self, east_m: float, north_m: float) -> float:
        """Height above the datum, m, of a point of the ground (ENU, m)."""
        return float(self.heights_m(np.array([east_m]), np.array([north_m]))[0])

    def heights_m(self, east_m: Array, north_m: Array) -> Array:
        """Heights above the datum, m, of points of the ground (ENU, m), shaped as they are."""
        if self.posts is None or self.posts_m is None:
            return np.zeros(np.shape(east_m))
        grid = self.posts
        x = np.clip((east_m - grid.east_min_m) / grid.cell_m - 0.5, 0.0, grid.cols - 1.0)
        y = np.clip((north_m - grid.north_min_m) / grid.cell_m - 0.5, 0.0, grid.rows - 1.0)
        col, row = np.minimum(x.astype(int), max(grid.cols - 2, 0)), np.minimum(y.astype(int), max(grid.rows - 2, 0))
        next_col, next_row = np.minimum(col + 1, grid.cols - 1), np.minimum(row + 1, grid.rows - 1)
        dx, dy, posts_m = x - col, y - row, self.posts_m
        south = posts_m[row, col] * (1 - dx) + posts_m[row, next_col] * dx
        north = posts_m[next_row, col] * (1 - dx) + posts_m[next_row, next_col] * dx
        heights: Array = south * (1 - dy) + north * dy
        return heights

    def on(self, grid: Grid) -> NDArray[np.float32]:
        """Heights at the centres of a grid's cells, float32, shaped as the grid."""
        if self.posts is None:
            return np.zeros(grid.shape, np.float32)
        east_m = grid.east_min_m + (np.arange(grid.cols, dtype=np.float64) + 0.5) * grid.cell_m
        north_m = grid.north_min_m + (np.arange(grid.rows) + 0.5) * grid.cell_m
        rows = [self.heights_m(east_m, np.full(grid.cols, y, np.float64)).astype(np.float32) for y in north_m.tolist()]
        return np.array(rows, np.float32).reshape(grid.shape)


FLAT = Terrain()
