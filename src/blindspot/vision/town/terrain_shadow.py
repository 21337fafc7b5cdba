"""Allowed ground that higher ground beside it may hide from the camera: terraces, walls, embankments."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose
from blindspot.vision.town.seen_town import Town

Floats = NDArray[np.float64]
REACHES = (1, 2, 3, 4, 6, 8, 11, 16, 22, 32, 45, 64, 90, 128)
"""Search radii around each cell, in cells: up to 64 m."""
GENTLE = 0.1
"""Least slope of hiding ground: a gentler rise hides ground only in views flatter than 6 deg."""


class Overlook:
    """The allowed cells of a town that other ground overlooks, with an upper bound of its slope."""

    def __init__(self, town: Town) -> None:
        slopes = _slopes(town)
        rows, cols = np.nonzero(town.allowed & (slopes > GENTLE))
        steepest_first = np.argsort(-slopes[rows, cols])
        rows, cols = rows[steepest_first], cols[steepest_first]
        self._slopes = slopes[rows, cols].astype(float)
        self._cell_m = town.grid.cell_m
        self._cells_m = np.column_stack([
            town.grid.east_min_m + (cols + 0.5) * self._cell_m, town.grid.north_min_m + (rows + 0.5) * self._cell_m,
            town.ground_m[rows, cols],
        ])  # fmt: skip

    def tiles_m(self, pose: CameraPose, spare_m: float, flattest_deg: float) -> Floats:
        """(n, 4, 3) ENU corners of squares over the cells possibly hidden from a camera within `spare_m` of the pose:
        the ray down to such a cell is at most as steep as the slope up to the overlooking ground. `flattest_deg` is
        the pitch of the flattest ray of interest; a steeper ray means fewer examined cells."""
        cells_m = self._cells_m[: self._count(pose, spare_m, flattest_deg)]
        away_m = np.hypot(*(cells_m[:, :2] - pose.position_m[:2]).T) + spare_m
        hidden = self._slopes[: len(cells_m)] * away_m >= pose.up_m - cells_m[:, 2] - spare_m
        half_m = 0.75 * self._cell_m  # overlaps the neighbours, to close gaps between cells of different height
        square = half_m * np.array([(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)])
        return np.asarray(cells_m[hidden][:, None] + square)

    def _count(self, pose: CameraPose, spare_m: float, flattest_deg: float) -> int:
        """Number of cells, the steepest first, that may be hidden on any ray of interest."""
        if not len(self._cells_m):
            return 0
        drop_m = pose.up_m - float(self._cells_m[:, 2].max())
        if flattest_deg >= 0 or drop_m <= spare_m:
            return len(self._slopes)
        least = (drop_m - spare_m) / (drop_m / math.tan(math.radians(-flattest_deg)) + spare_m)
        return int(np.searchsorted(-self._slopes, -least, side="right"))


def _slopes(town: Town) -> NDArray[np.float32]:
    """Shaped as the grid: the steepest slope up to ground outside the allowed ground. It is overestimated, at most
    twofold: distances are taken in steps, from the edge of a cell, and as the shorter side of a square."""
    highest_m = np.where(town.allowed, np.float32(-1e6), town.ground_m).astype(np.float32)
    slopes, reached = np.zeros(town.grid.shape, np.float32), 0
    for reach in REACHES:
        side = 2 * (reach - reached) + 1
        highest_m = np.asarray(cv2.dilate(highest_m, np.ones((side, side), np.uint8)), np.float32)
        slopes = np.maximum(slopes, (highest_m - town.ground_m) / np.float32((reached + 0.5) * town.grid.cell_m))
        reached = reach
    return slopes
