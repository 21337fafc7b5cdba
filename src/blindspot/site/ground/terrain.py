"""The ground's height above the site's datum: level, or a raster with bilinear interpolation between its posts."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon

from blindspot.site.ground.grid import Grid

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Terrain:
    """The height of the ground above the site's datum.

    `posts_m` are heights above the datum, m, at the centres of the cells of `posts`. If both are None, the ground is
    level at the datum. Outside the posts the nearest post counts.
    """

    posts: Grid | None = None
    posts_m: NDArray[np.float32] | None = None

    @property
    def is_flat(self) -> bool:
        return self.posts is None

    @property
    def highest_m(self) -> float:
        """Height of the highest ground above the datum, m."""
        return 0.0 if self.posts_m is None else float(self.posts_m.max())

    def at(self, east_m: float, north_m: float) -> float:
        """Height above the datum, m, of a point of the ground (ENU, m).

        Plain arithmetic is fast: a simulated drone calls this function at every step of a flight.
        """
        grid, posts_m = self.posts, self.posts_m
        if grid is None or posts_m is None:
            return 0.0
        x = min(max((east_m - grid.east_min_m) / grid.cell_m - 0.5, 0.0), grid.cols - 1.0)
        y = min(max((north_m - grid.north_min_m) / grid.cell_m - 0.5, 0.0), grid.rows - 1.0)
        col, row = floor(x), floor(y)
        next_col, next_row = min(col + 1, grid.cols - 1), min(row + 1, grid.rows - 1)
        dx, dy = x - col, y - row
        south = posts_m.item(row, col) * (1.0 - dx) + posts_m.item(row, next_col) * dx
        north = posts_m.item(next_row, col) * (1.0 - dx) + posts_m.item(next_row, next_col) * dx
        return south * (1.0 - dy) + north * dy

    def heights_m(self, east_m: Array, north_m: Array) -> Array:
        """Heights above the datum, m, of points of the ground (ENU, m), in the shape of the input."""
        if self.posts is None or self.posts_m is None:
            return np.zeros(np.shape(east_m))
        grid, posts_m = self.posts, self.posts_m
        col, next_col, dx = _between((east_m - grid.east_min_m) / grid.cell_m - 0.5, grid.cols)
        row, next_row, dy = _between((north_m - grid.north_min_m) / grid.cell_m - 0.5, grid.rows)
        south = posts_m[row, col] * (1.0 - dx) + posts_m[row, next_col] * dx
        north = posts_m[next_row, col] * (1.0 - dx) + posts_m[next_row, next_col] * dx
        heights: Array = south * (1.0 - dy) + north * dy
        return heights

    def posts_within(self, area: Polygon) -> Array:
        """Heights of the posts inside an area. The ground between them lies within their lowest and highest value.

        The result is empty for level ground.
        """
        if self.posts is None or self.posts_m is None:
            return np.empty(0)
        centres = self.posts.centres(np.arange(self.posts_m.size))
        inside = shapely.contains_xy(area, centres[:, 0], centres[:, 1])
        heights: Array = self.posts_m.ravel()[inside].astype(np.float64)
        return heights

    def on(self, grid: Grid) -> NDArray[np.float32]:
        """Heights at the centres of a grid's cells, float32, shaped as the grid.

        Both grids have the same axes. The interpolation therefore runs along the columns once for each row of posts,
        and then along the rows for each row of cells.
        """
        if self.posts is None or self.posts_m is None:
            return np.zeros(grid.shape, np.float32)
        posts = self.posts
        east_m = grid.east_min_m + (np.arange(grid.cols) + 0.5) * grid.cell_m  # independent of the grid's start
        north_m = grid.north_min_m + (np.arange(grid.rows) + 0.5) * grid.cell_m
        x = (east_m - posts.east_min_m) / posts.cell_m - 0.5
        y = (north_m - posts.north_min_m) / posts.cell_m - 0.5
        col, next_col, dx = _between(x, posts.cols)
        row, next_row, dy = _between(y, posts.rows)
        low = int(row.min())
        needed = self.posts_m[low : int(next_row.max()) + 1]
        along = (needed[:, col] * (1.0 - dx) + needed[:, next_col] * dx).astype(np.float32)
        heights_m = np.empty(grid.shape, np.float32)
        for k, (south, north, share) in enumerate(zip(row - low, next_row - low, dy.astype(np.float32), strict=True)):
            np.multiply(along[south], np.float32(1.0) - share, out=heights_m[k])
            heights_m[k] += along[north] * share
        return heights_m


def _between(place: NDArray[np.floating], count: int) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
    """(post before, post after, fraction between them) for positions in units of posts, limited to the outermost
    posts."""
    held = np.clip(place, 0.0, count - 1.0)
    before = held.astype(np.int64)
    return before, np.minimum(before + 1, count - 1), held - before


FLAT = Terrain()
