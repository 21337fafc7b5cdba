"""The walls that a drone's camera sees, with area and density: the privacy cost of a view for the residents."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from blindspot.camera import Lens, camera_axes
from blindspot.coverage.sight.drone_camera import cells_of, clip, outer_planes, window_of
from blindspot.coverage.sight.sight import HANGS, Point, skyline, surface_of
from blindspot.site.ground import BUILDING_M, HeightField

FACING = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])
"""Step (rows, columns) from a cell to the neighbour that its side faces: north, east, south, west."""


@dataclass(frozen=True, slots=True)
class Facades:
    """The walls in a picture: one piece for each visible side of a cell, measured on the vertical line at its middle.

    `cells` (int32) are flat row-major numbers of the walls' cells. `sides` (uint8) are the directions of the walls: 0
    north, 1 east, 2 south, 3 west. `area_m2` is the visible area, `px_per_m` the highest density on this area.
    """

    cells: NDArray[np.int32]
    sides: NDArray[np.uint8]
    area_m2: NDArray[np.float64]
    px_per_m: NDArray[np.float64]


class _Camera(NamedTuple):
    """A pin-hole camera in a field: the eye; the axes (3, 3), unit vectors right, up and forward, ENU; half the
    picture's width and height at depth 1; the focal length, px; the lowest counted density."""

    eye: Point
    axes: NDArray[np.float64]
    half: NDArray[np.float64]
    f_px: float
    min_px_per_m: float


class _Upright(NamedTuple):
    """A vertical line on the edge of a cell: its place, in cells from the field's corner, and the cell's row and
    column."""

    x: float
    y: float
    row: int
    col: int


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
    """The walls seen from a point (ENU, m, `up_m` above the datum) along a heading and a pitch (negative looks down).

    Only walls with a density of at least `min_px_per_m` count; density is f_px over the depth along the optical axis. A
    wall is the part of a solid's side above the neighbouring cell's solid. Hanging solids hide no walls here, so every
    wall behind them is included.

    Raises
    ------
    ValueError
        For an eye outside the field or inside a solid: its visible walls are unknown.
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
    camera, surface = _Camera(Point(*eye.tolist()), axes, half, lens.f_px, min_px_per_m), surface_of(field)
    found = _walls(surface.solids, surface.kind, sky.highest_m, camera, cells_of(window, grid))
    return Facades(found[:, 0].astype(np.int32), found[:, 1].astype(np.uint8), found[:, 2], found[:, 3])


@njit(cache=True, nogil=True)
def _walls(solids: Any, kind: Any, highest: float, camera: Any, window: Any) -> Any:
    """(n, 4): cell, side, area, density. The arguments are `Solids`, the flags of the cells, the highest top, a
    `_Camera` and `Cells`."""
    top, (eye_x, eye_y, eye_m), axes, cell_m = solids.top, camera.eye, camera.axes, window.cell_m
    planes = np.empty((6, 4))
    planes[:5] = outer_planes(axes, camera.half, 0.0, 0.0)
    planes[5, :3], planes[5, 3] = -axes[2], camera.f_px / camera.min_px_per_m
    forward, found, many = axes[2], np.empty((64, 4)), 0
    for row in range(window.row_min, window.row_max + 1):
        for col in range(window.col_min, window.col_max + 1):
            if kind[row, col] == 0:
                continue
            for side in range(4):
                rows, cols = FACING[side]
                edge_x, edge_y = col + 0.5 + 0.5 * cols, row + 0.5 + 0.5 * rows
                # A wall is seen from outside only: the eye must lie on the side that the wall faces.
                if (eye_x - edge_x) * cols + (eye_y - edge_y) * rows <= 0:
                    continue
                bottom = _solid_top(kind, top, solids.ground, row + rows, col + cols)
                bottom = _at_least_underside(solids.under, row, col, bottom)
                # The neighbour hides this wall up to its own top: a step lower than a building is no wall.
                if bottom >= top[row, col] - BUILDING_M:
                    continue
                x, y = (edge_x - eye_x) * cell_m, (edge_y - eye_y) * cell_m
                low, high = clip(x, y, bottom - eye_m, top[row, col] - eye_m, planes)
                if low < high:
                    line = _Upright(edge_x, edge_y, row + rows, col + cols)
                    low = _lowest_clear(solids, kind, highest, camera.eye, line, low + eye_m, high + eye_m) - eye_m
                if low < high:
                    if many == len(found):
                        found = np.concatenate((found, np.empty_like(found)))
                    depth = x * forward[0] + y * forward[1] + min(low * forward[2], high * forward[2])
                    density = camera.f_px / depth if depth > 0 else np.inf
                    found[many, 0], found[many, 1] = row * top.shape[1] + col, side
                    found[many, 2], found[many, 3] = (high - low) * cell_m, density
                    many += 1
    return found[:many].copy()


@njit(cache=True, nogil=True)
def _solid_top(kind: Any, top: Any, ground: Any, row: int, col: int) -> Any:
    """The top of the solid that stands on a cell's ground; under a hanging solid, the ground."""
    return ground[row, col] if kind[row, col] & HANGS else top[row, col]


@njit(cache=True, nogil=True)
def _at_least_underside(under: Any, row: int, col: int, height: Any) -> Any:
    """The higher one of a height and the underside of a cell's solid; the height if `under` is None."""
    return height if under is None else max(height, under[row, col])


@njit(cache=True, nogil=True)
def _lowest_clear(solids: Any, kind: Any, highest: float, eye: Any, line: Any, low: float, high: float) -> float:
    """The lowest height from `low` to `high`, m above the datum, on an `_Upright` with a clear ray to the eye; `high`
    if all rays are blocked. The ray starts in the line's cell; a ray that starts higher stays higher."""
    (x, y, row, col), up = line, eye.z
    dx, dy = eye.x - x, eye.y - y
    inv_x, inv_y = (1.0 / abs(dx) if dx != 0.0 else np.inf), (1.0 / abs(dy) if dy != 0.0 else np.inf)
    next_x = (col + 1 - x if dx > 0 else x - col) * inv_x if dx != 0.0 else np.inf
    next_y = (row + 1 - y if dy > 0 else y - row) * inv_y if dy != 0.0 else np.inf
    t = 0.0
    while t < 1.0 and (up < low or low + (up - low) * t < highest):
        t_next = min(next_x, next_y, 1.0)
        height = _solid_top(kind, solids.top, solids.ground, row, col)
        for at in (t, t_next):
            # The solid cuts the ray: raise the start until the ray just clears the solid's top at this parameter.
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
