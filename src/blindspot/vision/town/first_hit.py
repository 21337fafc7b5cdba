"""First intersection of a ray with the terrain or with a wall."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blindspot.vision.town.seen_town import Town

Floats = NDArray[np.float64]
SLOPE_OVER_M = 2.0
"""The terrain's slope at a point is taken over this distance."""


@dataclass(frozen=True, slots=True)
class GroundHit:
    """Intersection of a ray with the ground: `length` along it (in lengths of the ray), the ground point, ENU m, and
    the ground's normal, scaled so that its third component is 1."""

    length: float
    foot_m: Floats
    normal: Floats


@dataclass(frozen=True, slots=True)
class Walls:
    """Walls of buildings: (n, 2) starts and edges, m, and (n,) heights of their tops, m above the datum. The walls of a
    building form a closed outline."""

    starts_m: Floats
    edges_m: Floats
    tops_m: Floats

    @classmethod
    def of(cls, town: Town) -> Walls:
        rings = [(ring, prism.eaves_m) for prism in town.prisms for ring in prism.rings]
        edges_m = [np.roll(ring, -1, axis=0) - ring for ring, _ in rings]
        tops_m = np.repeat([top_m for _, top_m in rings], [len(ring) for ring, _ in rings])
        return cls(np.concatenate([ring for ring, _ in rings] or [np.zeros((0, 2))]),
                   np.concatenate(edges_m or [np.zeros((0, 2))]), np.asarray(tops_m, float))  # fmt: skip

    def between(self, low_m: Floats, high_m: Floats) -> Walls:
        """The walls that reach into a ground box or stand east of it: rays inside the box need only these."""
        ends_m = self.starts_m + self.edges_m
        lowest, highest = np.minimum(self.starts_m, ends_m), np.maximum(self.starts_m, ends_m)
        near = (lowest[:, 1] <= high_m[1]) & (highest >= low_m).all(axis=1)
        return Walls(self.starts_m[near], self.edges_m[near], self.tops_m[near])

    def first(self, eye_m: Floats, target_m: Floats) -> float | None:
        """Share of the way from `eye_m` to `target_m` at which the first wall blocks it; None if the way is clear."""
        way = target_m - eye_m
        to_start = self.starts_m - eye_m[:2]
        cross = way[0] * self.edges_m[:, 1] - way[1] * self.edges_m[:, 0]
        safe = np.where(np.abs(cross) > 1e-12, cross, np.nan)
        share = (to_start[:, 0] * self.edges_m[:, 1] - to_start[:, 1] * self.edges_m[:, 0]) / safe
        along = (to_start[:, 0] * way[1] - to_start[:, 1] * way[0]) / safe
        met = (share > 0) & (share < 1) & (along >= 0) & (along <= 1) & (eye_m[2] + share * way[2] < self.tops_m)
        return float(share[met].min()) if met.any() else None

    def is_built(self, east_m: float, north_m: float, up_m: float = -math.inf) -> bool:
        """Whether the point lies in a building that reaches higher than `up_m`, by the even-odd rule."""
        from_start, rise = north_m - self.starts_m[:, 1], self.edges_m[:, 1]
        crossed = (from_start >= 0) != (from_start >= rise)
        at_m = self.starts_m[:, 0] + from_start / np.where(rise == 0, np.nan, rise) * self.edges_m[:, 0]
        return bool(np.count_nonzero(crossed & (at_m > east_m) & (self.tops_m > up_m)) % 2)


class TownRays:
    """Terrain and walls of one town, prepared for ray intersection."""

    def __init__(self, town: Town) -> None:
        self._grid, self._ground_m = town.grid, town.ground_m
        self.lowest_m, self._highest_m = float(town.ground_m.min()), float(town.ground_m.max())
        self.walls = Walls.of(town)

    def ground(self, eye_m: Floats, ray: Floats, above_m: float) -> GroundHit | None:
        """First point of a falling ray from `eye_m` that is `above_m` over the terrain; None outside the town."""
        fall, flat = -float(ray[2]), math.hypot(ray[0], ray[1])
        if fall <= 0 or eye_m[2] < self.lowest_m + above_m:
            return None
        first = max(0.0, (eye_m[2] - self._highest_m - above_m) / fall)
        last = (eye_m[2] - self.lowest_m - above_m) / fall
        steps = 2 + math.ceil((last - first) * flat / self._grid.cell_m)
        lengths = np.linspace(first, last, steps)
        points = eye_m + lengths[:, None] * ray
        over_m = points[:, 2] - self._heights(points[:, :2]) - above_m
        stops = np.flatnonzero(~(over_m > 1e-9))  # a NaN, beyond the town's edge, stops it as well
        if not len(stops) or math.isnan(over_m[stops[0]]):
            return None
        after = int(stops[0])
        length = float(lengths[after])
        if after > 0:
            share = over_m[after - 1] / max(over_m[after - 1] - over_m[after], 1e-12)
            length = float(lengths[after - 1] + share * (lengths[after] - lengths[after - 1]))
        at = eye_m + length * ray
        return GroundHit(length, np.array([at[0], at[1], at[2] - above_m]), self._normal(at))

    def _heights(self, at_m: Floats) -> Floats:
        """(n,) heights of the terrain at (n, 2) points, bilinear between the cells' middles; NaN outside the town."""
        grid = self._grid
        col, row = ((at_m - (grid.east_min_m, grid.north_min_m)) / grid.cell_m).T
        outside = (col < 0) | (row < 0) | (col >= grid.cols) | (row >= grid.rows)
        col, row = (np.clip(part - 0.5, 0, count - 1.001) for part, count in ((col, grid.cols), (row, grid.rows)))
        west, south = col.astype(int), row.astype(int)
        east, north = np.minimum(west + 1, grid.cols - 1), np.minimum(south + 1, grid.rows - 1)
        x, y, ground_m = col - west, row - south, self._ground_m
        below = (1 - x) * ground_m[south, west] + x * ground_m[south, east]
        above = (1 - x) * ground_m[north, west] + x * ground_m[north, east]
        return np.where(outside, np.nan, (1 - y) * below + y * above)

    def _normal(self, at_m: Floats) -> Floats:
        half = SLOPE_OVER_M / 2
        offsets = np.array([(half, 0), (-half, 0), (0, half), (0, -half)])
        east, west, north, south = self._heights(at_m[:2] + offsets)
        slope = np.nan_to_num(np.array([east - west, north - south]) / SLOPE_OVER_M)
        return np.array([-slope[0], -slope[1], 1.0])
