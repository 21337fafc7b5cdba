"""The exact ground cells that a drone's camera sees, and the highest pixel density of any surface in its picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from blindspot.camera import Lens, camera_axes
from blindspot.coverage.sight.sight import HANGS, TAKEN, Point, is_clear, skyline, surface_of
from blindspot.mission import DensityBand
from blindspot.site.ground import BUILDING_M, Grid, HeightField

HEAD_HEIGHT_M = 1.7
"""Height of a standing person's head above the ground."""


@dataclass(frozen=True, slots=True)
class DroneView:
    """One picture.

    `cells`: flat numbers (int32, row-major, ascending) of the open cells that are seen. A cell is judged at its centre.
    A cell is seen if the line to the ground is clear, and the ground and a person's head are in the picture with a
    density inside the band.
    `max_px_per_m`: the highest density of any surface in the picture: ground, people on it, roofs and facades. Infinite
    if unknown.
    """

    cells: NDArray[np.int32]
    max_px_per_m: float


NOTHING = np.empty(0, np.int32)


class _DroneCamera(NamedTuple):
    """A pin-hole camera in a field.

    `eye`: cells from the field's south-west corner and m. `axes` (3, 3): the unit vectors right, up and forward, ENU.
    `half` (2,): half the picture's width and height at depth 1. `depths` (2,): nearest and farthest depth along the
    forward axis at which a person counts, m. `target_m`: the person's height. `margin_m`: the largest error of the
    eye's position, m.
    """

    eye: Point
    axes: NDArray[np.float64]
    half: NDArray[np.float64]
    depths: NDArray[np.float64]
    target_m: float
    margin_m: float


class Cells(NamedTuple):
    """The cells to test: `cell_m` is the side of one, m; the bounds are inclusive."""

    cell_m: float
    row_min: int
    row_max: int
    col_min: int
    col_max: int


def drone_view(
    field: HeightField,
    lens: Lens,
    east_m: float,
    north_m: float,
    up_m: float,
    heading_deg: float,
    pitch_deg: float,
    band: DensityBand,
    *,
    roll_deg: float = 0.0,
    target_height_m: float = HEAD_HEIGHT_M,
    among: NDArray[np.bool_] | None = None,
    uncertainty_m: float = 0.0,
) -> DroneView:
    """The view from a point (ENU, m, `up_m` above the datum) along a heading and a pitch (negative looks down).

    The camera is a pin-hole; density is f_px over the depth along the optical axis. A clear ray to the ground implies a
    clear ray to the head above it, since every wall reaches down to the ground. In a field with hanging solids both
    rays are tested.

    A ray is blocked by the tops of the cells, and the cap counts their highest surfaces, with a ridge above the eaves.
    It ignores occlusion at no loss: an occluder lies on the same ray as the hidden surface, nearer. The highest
    density is an upper bound, tight to half a cell: a cell's column of wall is taken at its centre, and the picture's
    edges are moved out by half a cell.

    Unknown counts as unseen: an eye outside the field or inside a building sees nothing. A view whose part nearer than
    the cap's depth leaves the field has an infinite `max_px_per_m`.

    Parameters
    ----------
    among
        Limits the cells that are tested for visibility (bool, shaped as the grid). The cap still uses all surfaces.
    uncertainty_m
        The result holds for an eye displaced by this distance. The edges of the picture and both ends of the band are
        drawn in by it. Buildings count as that much taller, and surfaces count as that much nearer for the cap.

    Raises
    ------
    ValueError
        For an infinite or undefined number, or an `among` of another shape.
    """
    numbers = (east_m, north_m, up_m, heading_deg, pitch_deg, roll_deg, uncertainty_m, target_height_m)
    if not all(map(math.isfinite, numbers)):
        raise ValueError("a view needs finite numbers")
    if among is not None and among.shape != field.grid.shape:
        raise ValueError(f"among is shaped {among.shape}, the grid {field.grid.shape}")
    grid, sky = field.grid, skyline(field)
    place = grid.index(east_m, north_m)
    if place is None or up_m <= field.top_m[place]:
        return DroneView(NOTHING, math.inf)

    axes = np.array(camera_axes(heading_deg, pitch_deg, roll_deg))
    half = np.array([lens.width_px / (2 * lens.f_px), lens.height_px / (2 * lens.f_px)])
    eye = np.array([(east_m - grid.east_min_m) / grid.cell_m, (north_m - grid.north_min_m) / grid.cell_m, up_m])
    depths = np.array([lens.depth_for(band.max_px_per_m), lens.depth_for(band.min_px_per_m)])
    slab = (sky.lowest_m, sky.highest_peak_m + target_height_m)
    known = window_of(eye, axes, half, depths[0] + uncertainty_m, slab, grid.cell_m, uncertainty_m)
    window = window_of(eye, axes, half, depths[1] + uncertainty_m, slab, grid.cell_m, uncertainty_m)
    tested = among if among is not None else np.empty((0, 0), np.bool_)
    camera = _DroneCamera(Point(*eye.tolist()), axes, half, depths, target_height_m, uncertainty_m)
    surface = surface_of(field)
    cells, nearest_m = _view(surface.solids, surface.kind, field.surface_m, camera, cells_of(window, grid), tested)
    is_known = known[0] >= 0 and known[2] >= 0 and known[1] < grid.rows and known[3] < grid.cols
    empty = known[0] > known[1]
    highest = lens.f_px / nearest_m if nearest_m > 0 else math.inf
    return DroneView(cells, highest if is_known or empty else math.inf)


def cells_of(window: tuple[int, int, int, int], grid: Grid) -> Cells:
    """The part of a window, as `window_of` returns it, that lies on the grid."""
    row_min, row_max, col_min, col_max = window
    row_max, col_max = min(row_max, grid.rows - 1), min(col_max, grid.cols - 1)
    return Cells(grid.cell_m, max(row_min, 0), row_max, max(col_min, 0), col_max)


@njit(cache=True, nogil=True)
def window_of(eye: Any, axes: Any, half: Any, depth_m: float, slab: Any, cell_m: float, grow_m: float) -> Any:
    """The cells (row_min, row_max, col_min, col_max) that contain the frustum up to a depth, inside a slab of heights.

    The frustum is the hull of the eye and four corners, so the corners of its part inside the slab lie on its eight
    edges. Empty: row_min > row_max.
    """
    points = np.empty((5, 3))
    points[0] = 0.0
    for corner in range(4):
        across = half[0] if corner in (1, 2) else -half[0]
        along = half[1] if corner >= 2 else -half[1]
        points[corner + 1] = depth_m * (axes[2] + across * axes[0] + along * axes[1])
    low, high = slab[0] - eye[2], slab[1] - eye[2]
    x_min, x_max, y_min, y_max = np.inf, -np.inf, np.inf, -np.inf
    for edge in range(8):
        a = points[0] if edge < 4 else points[edge - 3]
        b = points[edge + 1] if edge < 4 else points[(edge - 3) % 4 + 1]
        # Cut the edge to the slab: t0 and t1 are the parameters at which the edge enters and leaves the heights.
        rise = b[2] - a[2]
        t0, t1 = 0.0, 1.0
        if rise != 0.0:
            ta, tb = (low - a[2]) / rise, (high - a[2]) / rise
            t0, t1 = max(t0, min(ta, tb)), min(t1, max(ta, tb))
        elif a[2] < low or a[2] > high:
            continue
        if t0 > t1:
            continue
        for t in (t0, t1):
            x, y = a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])
            x_min, x_max, y_min, y_max = min(x_min, x), max(x_max, x), min(y_min, y), max(y_max, y)
    if x_min > x_max:
        return 0, -1, 0, -1
    return (
        int(np.floor(eye[1] + (y_min - grow_m) / cell_m - 0.5)),
        int(np.floor(eye[1] + (y_max + grow_m) / cell_m + 0.5)),
        int(np.floor(eye[0] + (x_min - grow_m) / cell_m - 0.5)),
        int(np.floor(eye[0] + (x_max + grow_m) / cell_m + 0.5)),
    )


@njit(cache=True, nogil=True)
def _view(solids: Any, kind: Any, peak: Any, camera: Any, window: Any, among: Any) -> Any:
    """Returns (cells seen, depth of the nearest surface in the picture; infinite for an empty picture).

    The arguments are `Solids`, the flags of the cells and their highest surfaces, a `_DroneCamera`, `Cells`, and the
    cells that are tested (bool, shaped as the grid; (0, 0): all).
    """
    top, ground, under = solids.top, solids.ground, solids.under
    eye, axes, half, depths = camera.eye, camera.axes, camera.half, camera.depths
    target_m, margin_m, cell_m = camera.target_m, camera.margin_m, window.cell_m
    row_min, row_max, col_min, col_max = window.row_min, window.row_max, window.col_min, window.col_max
    right, up, forward = axes[0], axes[1], axes[2]
    # An eye displaced by the margin moves an edge of the picture by the margin, at right angles to that edge.
    inset_x, inset_y = margin_m * np.sqrt(1 + half[0] ** 2), margin_m * np.sqrt(1 + half[1] ** 2)
    # The nearest corner of a column may be this much nearer than the column's centre line.
    reach = 0.5 * cell_m * (abs(forward[0]) + abs(forward[1])) + margin_m
    planes = outer_planes(axes, half, cell_m, margin_m)
    room = max(0, row_max - row_min + 1) * max(0, col_max - col_min + 1)
    cells = np.empty(room, np.int32)
    seen, nearest = 0, np.inf
    for row in range(row_min, row_max + 1):
        y = (row + 0.5 - eye.y) * cell_m
        for col in range(col_min, col_max + 1):
            x = (col + 0.5 - eye.x) * cell_m
            low, surface = ground[row, col] - eye.z, max(top[row, col], peak[row, col]) - eye.z
            is_open = top[row, col] <= ground[row, col] + BUILDING_M
            if under is not None and kind[row, col] & HANGS:
                is_open, surface = not kind[row, col] & TAKEN, max(low + target_m, surface)
            elif is_open:
                surface = max(low + target_m, surface)
            flat = x * forward[0] + y * forward[1]
            # Most columns are farther than the nearest one found so far: clipping them would cost more than this test.
            if flat - reach + min(forward[2] * surface, forward[2] * low) < nearest:
                nearest = min(nearest, _column_depth(x, y, low, surface, flat - reach, forward[2], planes))
            if not is_open or (among.size > 0 and not among[row, col]):
                continue
            # Foot and head must both lie in the picture, in front of the camera and inside the density band.
            inside = True
            for z in (low, low + target_m):
                depth = flat + z * forward[2]
                inside = (
                    inside
                    and depths[0] + margin_m <= depth <= depths[1] - margin_m
                    and abs(x * right[0] + y * right[1] + z * right[2]) <= half[0] * depth - inset_x
                    and abs(x * up[0] + y * up[1] + z * up[2]) <= half[1] * depth - inset_y
                )
            foot_m = ground[row, col]
            if inside and is_clear(solids, Point(col + 0.5, row + 0.5, foot_m), eye, margin_m):
                # A clear ray to the foot implies one to the head, except under a hanging solid.
                if under is not None and not is_clear(
                    solids, Point(col + 0.5, row + 0.5, foot_m + target_m), eye, margin_m
                ):
                    continue
                cells[seen] = row * top.shape[1] + col
                seen += 1
    return cells[:seen].copy(), nearest


@njit(cache=True, nogil=True)
def outer_planes(axes: Any, half: Any, cell_m: float, margin_m: float) -> Any:
    """The frustum's five half-spaces as rows (nx, ny, nz, slack). A point p of a column's centre line is in the
    frustum, grown by half a cell and by the margin, if n . p + slack >= 0 for all rows."""
    planes = np.empty((5, 4))
    planes[0, :3] = axes[2]
    planes[1, :3] = half[0] * axes[2] - axes[0]
    planes[2, :3] = half[0] * axes[2] + axes[0]
    planes[3, :3] = half[1] * axes[2] - axes[1]
    planes[4, :3] = half[1] * axes[2] + axes[1]
    for plane in planes:
        length = np.sqrt(plane[0] ** 2 + plane[1] ** 2 + plane[2] ** 2)
        plane[3] = 0.5 * cell_m * (abs(plane[0]) + abs(plane[1])) + margin_m * length
    return planes


@njit(cache=True, nogil=True)
def clip(x: float, y: float, low: float, high: float, planes: Any) -> Any:
    """The part (low, high) of a vertical line that lies in the half-spaces; low > high if it is empty."""
    for plane in planes:
        at_zero = plane[0] * x + plane[1] * y + plane[3]
        if plane[2] > 0:
            low = max(low, -at_zero / plane[2])
        elif plane[2] < 0:
            high = min(high, -at_zero / plane[2])
        elif at_zero < 0:
            return np.inf, -np.inf
    return low, high


@njit(cache=True, nogil=True)
def _column_depth(x: float, y: float, low: float, high: float, flat: float, slope: float, planes: Any) -> float:
    """Depth of the nearest point of a column's visible part: a lower bound, infinite if the part is empty."""
    low, high = clip(x, y, low, high, planes)
    if low > high:
        return np.inf
    return max(flat + (high if slope < 0 else low) * slope, 0.0)
