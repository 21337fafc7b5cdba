"""Which walls a drone's camera sees, how much of each and how closely: what a view costs those who live behind them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from blindspot.camera import Lens, camera_axes
from blindspot.coverage.sight.drone_camera import clip, outer_planes, window_of
from blindspot.coverage.sight.sight import HANGS, skyline
from blindspot.site.ground import BUILDING_M, HeightField

FACING = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])
"""(rows, columns) from a cell to the one that its side faces: north, east, south, west."""


@dataclass(frozen=True, slots=True)
class Facades:
    """The walls in a picture, a piece for each side of a cell that is seen, by the vertical line at its middle.

    `cells` (int32) are flat row-major numbers of the cells that the walls belong to, `sides` (uint8) say which way each
    faces: 0 north, 1 east, 2 south, 3 west. `area_m2` is the area that is seen, `px_per_m` its highest density.
    """

    cells: NDArray[np.int32]
    sides: NDArray[np.uint8]
    area_m2: NDArray[np.float64]
    px_per_m: NDArray[np.float64]


def facades(
    field: HeightField,
    lens: Lens,
    east_m: float,
    north_m: float,
    up_m: float,
    heading_deg: float,
    pitch_deg: float,
    min_px_per_m: float,
) -> Facades:
    """The walls seen from a point (ENU, m, `up_m` above the datum) along a heading and a pitch (negative looks down),
    as far away as their density, f_px over the depth along the optical axis, is at least `min_px_per_m`.

    A wall is the part of a solid's side above the neighbouring cell's solid. What hangs free hides no wall, so that
    none is missed behind it. Raises ValueError for an eye outside the field or inside a solid, whose walls nobody can
    tell.
    """
    grid, sky = field.grid, skyline(field)
    place = grid.index(east_m, north_m) if math.isfinite(east_m + north_m) else None
    if place is None or not up_m > field.top_m[place]:
        raise ValueError(f"({east_m}, {north_m}, {up_m}) lies outside the field or inside a solid")
    axes = np.array(camera_axes(heading_deg, pitch_deg))
    half = np.array([lens.width_px / (2 * lens.f_px), lens.height_px / (2 * lens.f_px)])
    eye = np.array([(east_m - grid.east_min_m) / grid.cell_m, (north_m - grid.north_min_m) / grid.cell_m, up_m])
    slab = (sky.lowest_m, sky.highest_m)
    window = window_of(eye, axes, half, lens.depth_for(min_px_per_m), slab, grid.cell_m, grid.cell_m)
    found = _walls(
        sky.kind, field.top_m, field.ground_m, field.under_m, sky.highest_m, eye, axes, half, lens.f_px, min_px_per_m,
        grid.cell_m, max(window[0], 0), min(window[1], grid.rows - 1), max(window[2], 0), min(window[3], grid.cols - 1),
    )  # fmt: skip
    return Facades(found[:, 0].astype(np.int32), found[:, 1].astype(np.uint8), found[:, 2], found[:, 3])


@njit(cache=True, nogil=True)
def _walls(
    kind: Any, top: Any, ground: Any, under: Any, highest: float, eye: Any, axes: Any, half: Any, f_px: float,
    min_px_per_m: float, cell_m: float, row_min: int, row_max: int, col_min: int, col_max: int,
) -> Any:  # fmt: skip
    """(n, 4): cell, side, area, density."""
    planes = np.empty((6, 4))
    planes[:5] = outer_planes(axes, half, 0.0, 0.0)
    planes[5, :3], planes[5, 3] = -axes[2], f_px / min_px_per_m
    forward, found, many = axes[2], np.empty((64, 4)), 0
    for row in range(row_min, row_max + 1):
        for col in range(col_min, col_max + 1):
            if kind[row, col] == 0:
                continue
            for side in range(4):
                rows, cols = FACING[side]
                edge_x, edge_y = col + 0.5 + 0.5 * cols, row + 0.5 + 0.5 * rows
                if (eye[0] - edge_x) * cols + (eye[1] - edge_y) * rows <= 0:
                    continue
                bottom = _solid_top(kind, top, ground, row + rows, col + cols)
                if under is not None:
                    bottom = max(bottom, under[row, col])
                if bottom >= top[row, col] - BUILDING_M:
                    continue
                x, y = (edge_x - eye[0]) * cell_m, (edge_y - eye[1]) * cell_m
                low, high = clip(x, y, bottom - eye[2], top[row, col] - eye[2], planes)
                if low < high:
                    low = _lowest_clear(
                        kind, top, ground, highest, edge_x, edge_y, row + rows, col + cols, low + eye[2], high + eye[2],
                        eye,
                    ) - eye[2]  # fmt: skip
                if low < high:
                    if many == len(found):
                        found = np.concatenate((found, np.empty_like(found)))
                    depth = x * forward[0] + y * forward[1] + min(low * forward[2], high * forward[2])
                    density = f_px / depth if depth > 0 else np.inf
                    found[many, 0], found[many, 1] = row * top.shape[1] + col, side
                    found[many, 2], found[many, 3] = (high - low) * cell_m, density
                    many += 1
    return found[:many].copy()


@njit(cache=True, nogil=True)
def _solid_top(kind: Any, top: Any, ground: Any, row: int, col: int) -> Any:
    """The top of what stands on a cell's ground; the ground under what hangs."""
    return ground[row, col] if kind[row, col] & HANGS else top[row, col]


@njit(cache=True, nogil=True)
def _lowest_clear(
    kind: Any, top: Any, ground: Any, highest: float, x: float, y: float, row: int, col: int, low: float, high: float,
    eye: Any,
) -> float:  # fmt: skip
    """The lowest height from `low` to `high`, of the vertical line at (x, y) on the edge of a cell, from which the ray
    to the eye is clear; `high` if none is. The ray starts in that cell; one that starts higher stays higher."""
    dx, dy, up = eye[0] - x, eye[1] - y, eye[2]
    inv_x, inv_y = (1.0 / abs(dx) if dx != 0.0 else np.inf), (1.0 / abs(dy) if dy != 0.0 else np.inf)
    next_x = (col + 1 - x if dx > 0 else x - col) * inv_x if dx != 0.0 else np.inf
    next_y = (row + 1 - y if dy > 0 else y - row) * inv_y if dy != 0.0 else np.inf
    t = 0.0
    while t < 1.0 and (up < low or low + (up - low) * t < highest):
        t_next = min(next_x, next_y, 1.0)
        height = _solid_top(kind, top, ground, row, col)
        for at in (t, t_next):
            if height > low + (up - low) * at:
                if at == 1.0:
                    return high
                low = (height - up * at) / (1.0 - at)
        if low >= high:
            return high
        if next_x < next_y:
            col += 1 if dx > 0 else -1
            next_x += inv_x
        else:
            row += 1 if dy > 0 else -1
            next_y += inv_y
        t = t_next
    return low
