"""The density cap in the planner's own fast kernel: whether a picture shows a surface from too near."""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

BLOCK = 16
"""Cells on a side of the blocks whose highest top is stored."""


class Place(NamedTuple):
    """A point, m: east and north from the grid's south-west corner, up above the datum."""

    east: float
    north: float
    up: float


class Surfaces(NamedTuple):
    """The surfaces under the density cap, in the form that the kernels take. `ground` and `peak`: the ground and the
    highest surface of the cells (float32, m above the datum, shaped as the grid). `block_peak`: the highest surface of
    every `BLOCK` times `BLOCK` cells. `cell_m`: the side of a cell, m."""

    ground: NDArray[np.float32]
    peak: NDArray[np.float32]
    block_peak: NDArray[np.float32]
    cell_m: float


@numba.njit(cache=True, nogil=True)
def block_tops(top):  # type: ignore[no-untyped-def]
    rows, cols = top.shape
    tops = np.full(((rows - 1) // BLOCK + 1, (cols - 1) // BLOCK + 1), -np.inf, dtype=np.float32)
    for row in range(rows):
        for col in range(cols):
            tops[row // BLOCK, col // BLOCK] = max(tops[row // BLOCK, col // BLOCK], top[row, col])
    return tops


@numba.njit(cache=True, nogil=True)
def _highest(block_top, row_min, row_max, col_min, col_max):  # type: ignore[no-untyped-def]
    """The highest top of the blocks of these cells; the bounds are inclusive."""
    highest = -np.inf
    for r in range(row_min // BLOCK, row_max // BLOCK + 1):
        for c in range(col_min // BLOCK, col_max // BLOCK + 1):
            highest = max(highest, block_top[r, c])
    return highest


@numba.njit(cache=True, nogil=True)
def _in_picture(axes, picture, east, north, up):  # type: ignore[no-untyped-def]
    """Depth along the axis of a point relative to the camera, m, or -1 outside the picture's edges."""
    depth = axes[0] * east + axes[1] * north + axes[2] * up
    if depth <= 0.0:
        return -1.0
    right = axes[3] * east + axes[4] * north + axes[5] * up
    if abs(right) > picture[0] * depth:
        return -1.0
    down = axes[6] * east + axes[7] * north + axes[8] * up
    if abs(down) > picture[1] * depth:
        return -1.0
    return depth


@numba.njit(cache=True, nogil=True)
def is_too_near(surfaces, eye, axes, edges, nearest_m):  # type: ignore[no-untyped-def]
    """Whether some roof, wall or ground in the picture is nearer than the density cap allows.

    Walls are sampled every metre from the roof's ridge down to the ground at their foot. Occlusion is ignored, which
    errs on the safe side. Only cells under the hull of the eye and the picture's corners at that depth are tested.
    """
    peak, ground, cell_m, (east, north, up) = surfaces.peak, surfaces.ground, surfaces.cell_m, eye
    rows, cols = peak.shape
    reach = nearest_m * math.sqrt(1.0 + edges[0] ** 2 + edges[1] ** 2)
    east_lo, east_hi, north_lo, north_hi, lowest = 0.0, 0.0, 0.0, 0.0, 0.0
    for side in (-edges[0], edges[0]):
        for tilt in (-edges[1], edges[1]):
            away_east = nearest_m * (axes[0] + side * axes[3] + tilt * axes[6])
            away_north = nearest_m * (axes[1] + side * axes[4] + tilt * axes[7])
            east_lo, east_hi = min(east_lo, away_east), max(east_hi, away_east)
            north_lo, north_hi = min(north_lo, away_north), max(north_hi, away_north)
            lowest = min(lowest, nearest_m * (axes[2] + side * axes[5] + tilt * axes[8]))
    lowest = max(-reach, lowest - 0.001)
    col_lo, col_hi = max(0, int((east + east_lo) // cell_m) - 1), min(cols, int((east + east_hi) // cell_m) + 2)
    row_lo, row_hi = max(0, int((north + north_lo) // cell_m) - 1), min(rows, int((north + north_hi) // cell_m) + 2)
    if _highest(surfaces.block_peak, row_lo, row_hi - 1, col_lo, col_hi - 1) < up + lowest:
        return False
    for row in range(row_lo, row_hi):
        for col in range(col_lo, col_hi):
            if peak[row, col] < up + lowest:
                continue
            away_east, away_north = (col + 0.5) * cell_m - east, (row + 0.5) * cell_m - north
            flat = away_east**2 + away_north**2
            if flat + max(0.0, up - peak[row, col]) ** 2 > reach**2:
                continue
            height, foot = peak[row, col] + 0.0, max(ground[row, col] - 1.0, up + lowest)
            while height > foot and flat + (up - height) ** 2 <= reach**2:
                depth = _in_picture(axes, edges, away_east, away_north, height - up)
                if 0.0 < depth < nearest_m:
                    return True
                height -= 1.0
    return False
