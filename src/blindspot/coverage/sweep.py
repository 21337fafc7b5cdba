"""What an eye sees of level ground, row by row outward, over the slopes that nothing has closed yet.

Four sectors (north, east, south, west) of 90 degrees each. In a sector a direction is a slope: cells across over cells
ahead, -1 to 1. A cell of the row at distance m0..m1 that spans n0..n1 across closes the slopes between its outermost
corners, n0 / m1 to n1 / m0 on the right-hand side; a cell further out is seen if the slope of its centre is still
open. This is recursive shadow casting (Björn Bergström, "FOV using recursive shadowcasting", RogueBasin, 2001) with
centres as targets and the vertical walls of `sight`: exact where walls are as high as the eye or hide all within range.

A lower wall hides what lies behind it up to a distance only, which depends on where the ray leaves the cell. Such a
wall marks its slopes as shaded up to the furthest that its shadow can reach, and each cell in the shade is asked of the
exact line of sight. So the answer is that of `sight.is_clear` but for rays that just touch a corner.

The cost grows with what is seen: what lies behind walls is never touched.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from blindspot.coverage.sight import BUILDING_M, is_clear

SHADE_BINS = 256
"""Slopes of a sector are told apart in so many bins where a low wall shades them."""
SECTORS = np.array([[1, 0, 0, 1], [0, 1, 1, 0], [-1, 0, 0, 1], [0, -1, 1, 0]])
"""North, east, south, west: (rows, columns) of a step ahead, then of a step across, which goes east or north."""
MIDDLES_DEG = (0.0, 90.0, 180.0, 270.0)
TURNS = (1, -1, -1, 1)
"""Whether slopes rise with the heading."""

Slopes = NDArray[np.float64]
TOUCH = 1e-9
"""Cells across by which a sight line must clear a corner: one that just touches it is taken as hidden."""
STEEPEST = 1 + 1e-6
"""The sectors overlap by a hair, so that no diagonal falls between two."""
ALL_ROUND: Slopes = np.tile([-STEEPEST, STEEPEST], (4, 1))


def slopes_within(heading_deg: float, half_width_deg: float) -> Slopes:
    """The slopes, a sector a row, within an angle of a heading on either side (lowest above highest: none); all where
    the angle is 90 degrees or more."""
    if half_width_deg >= 90:
        return ALL_ROUND
    slopes = np.empty((4, 2))
    for sector, (middle_deg, turn) in enumerate(zip(MIDDLES_DEG, TURNS, strict=True)):
        aim_deg = turn * ((heading_deg - middle_deg + 180) % 360 - 180)
        lowest, highest = max(aim_deg - half_width_deg, -45.0), min(aim_deg + half_width_deg, 45.0)
        tangents = [STEEPEST * math.tan(math.radians(angle)) for angle in (lowest, highest)]
        slopes[sector] = tangents if lowest <= highest else (1.0, -1.0)
    return slopes


def bounds_within(heading_deg: float, half_width_deg: float, reach: float) -> tuple[float, float, float, float]:
    """(west, south, east, north) of the eye, it being (0, 0), and of all that lies within its reach and within an angle
    of a heading on either side."""
    corners = [heading_deg - half_width_deg, heading_deg + half_width_deg]
    corners += [90.0 * k for k in range(4) if abs((heading_deg - 90.0 * k + 180) % 360 - 180) <= half_width_deg]
    east = [0.0, *(reach * math.sin(math.radians(angle)) for angle in corners)]
    north = [0.0, *(reach * math.cos(math.radians(angle)) for angle in corners)]
    return min(east), min(north), max(east), max(north)


@njit(cache=True, nogil=True, error_model="numpy")
def sweep(
    top: Any, ground: Any, block_top: Any, eye: Any, level_m: float, target_m: float, reach: float,
    slopes: Any, seen: Any, row_min: int, col_min: int,
) -> None:  # fmt: skip
    """Mark in `seen` (uint8, zeros, a window whose corner is the cell row_min, col_min) the open cells that are seen.

    `eye` is (x, y, z): cells from the field's south-west corner, and metres; it stands above the target, whose top is
    `target_m` above ground that lies at `level_m` everywhere. `reach` is the range in cells: nothing within it is left
    out, a cell or two beyond may be marked. The window holds the eye and lies inside the field but for columns to its
    right, which are left alone.
    """
    eye_row, eye_col = int(eye[1]), int(eye[0])
    if top[eye_row, eye_col] <= level_m + BUILDING_M:
        seen[eye_row - row_min, eye_col - col_min] = 1
    spans = np.empty((2, 2 * max(seen.shape) + 16, 2))
    shade = np.empty(SHADE_BINS)
    for sector in range(4):
        if slopes[sector, 0] <= slopes[sector, 1]:
            spans[0, 0] = slopes[sector]
            shade[:] = 0.0
            _sweep_sector(
                top, ground, block_top, eye, level_m, target_m, reach, SECTORS[sector], spans, shade,
                seen, row_min, col_min,
            )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def _sweep_sector(
    top: Any, ground: Any, block_top: Any, eye: Any, level_m: float, target_m: float, reach: float, steps: Any,
    spans: Any, shade: Any, seen: Any, row_min: int, col_min: int,
) -> None:  # fmt: skip
    """One sector; `spans[0, 0]` holds its slopes. Ahead is counted in i, across in j, both 0 in the eye's cell.

    A cell spans n0..n1 across; its outer corners lie at the near edge m0 of its row on the side away from the middle.
    """
    ahead_row, ahead_col, across_row, across_col = steps
    eye_row, eye_col = int(eye[1]), int(eye[0])
    east, north = eye[0] - eye_col, eye[1] - eye_row
    behind = (north if ahead_row > 0 else 1 - north) if ahead_row != 0 else (east if ahead_col > 0 else 1 - east)
    aside = east if across_col != 0 else north
    rows, cols = seen.shape[0], min(seen.shape[1], top.shape[1] - col_min)
    place = (eye_row - row_min) if ahead_row != 0 else (eye_col - col_min)
    size = rows if ahead_row != 0 else cols
    i_max = size - 1 - place if ahead_row + ahead_col > 0 else place
    j_min = col_min - eye_col if across_col != 0 else row_min - eye_row
    j_max = j_min + (cols if across_col != 0 else rows) - 1
    flat, flat_seen = top.ravel(), seen.ravel()
    ahead, across = ahead_row * top.shape[1] + ahead_col, across_row * top.shape[1] + across_col
    mark_ahead, mark_across = ahead_row * seen.shape[1] + ahead_col, across_row * seen.shape[1] + across_col
    origin, mark_origin = eye_row * top.shape[1] + eye_col, (eye_row - row_min) * seen.shape[1] + eye_col - col_min

    open_top, eye_m, drop_m = level_m + BUILDING_M, eye[2], eye[2] - level_m - target_m
    shade_max, count, now = 0.0, 1, 0
    for i in range(i_max + 1):
        m0, m1, middle = max(i - behind, 0.0), i + 1 - behind, i + 0.5 - behind
        if m0 > reach or count == 0:
            return
        beside = np.sqrt(reach * reach - m0 * m0) + 1
        near_min, near_max = max(j_min, int(np.floor(aside - beside))), min(j_max, int(np.floor(aside + beside)))
        base, mark = origin + i * ahead, mark_origin + i * mark_ahead
        kept = 0
        for k in range(count):
            start, end = spans[now, k]
            j = max(near_min, int(np.floor(min(start * m0, start * m1) + aside)))
            j_end = min(near_max, int(np.floor(max(end * m0, end * m1) + aside)))
            if j > j_end:
                continue
            while j <= j_end and start < end:
                height = flat[base + j * across]
                if height <= open_top:
                    first = max(j, int(np.ceil(start * middle + aside - 0.5 + TOUCH)))
                    j += 1
                    while j <= j_end and flat[base + j * across] <= open_top:
                        j += 1
                    if i > 0:
                        last = min(j - 1, int(np.floor(end * middle + aside - 0.5 - TOUCH)))
                        _mark(
                            top, ground, block_top, eye, level_m + target_m, flat_seen, mark, mark_across, first, last,
                            steps, i, middle, aside, shade, shade_max,
                        )  # fmt: skip
                    continue
                if height > level_m + target_m and (i > 0 or j != 0):
                    low, high = _closed(j - aside, m0, m1)
                    if m0 * drop_m >= (eye_m - height) * reach:
                        if low > start:
                            spans[1 - now, kept, 0], spans[1 - now, kept, 1] = start, min(low, end)
                            kept += 1
                        start = max(start, high)
                    else:
                        furthest = m1 * drop_m / (eye_m - height) + TOUCH
                        if furthest >= middle + 1:
                            _shade(shade, low, high, furthest)
                            shade_max = max(shade_max, furthest)
                j += 1
            if start < end:
                spans[1 - now, kept, 0], spans[1 - now, kept, 1] = start, end
                kept += 1
        now, count = 1 - now, kept


@njit(cache=True, nogil=True, error_model="numpy")
def _closed(n0: float, m0: float, m1: float) -> Any:
    """The slopes that a cell closes: from n0 to n0 + 1 across, from m0 to m1 ahead."""
    n1 = n0 + 1
    low = n0 / m1 if n0 >= 0 else (n0 / m0 if m0 > 0 else -np.inf)
    high = n1 / m1 if n1 <= 0 else (n1 / m0 if m0 > 0 else np.inf)
    return low, high


@njit(cache=True, nogil=True, error_model="numpy")
def _bin(slope: float) -> int:
    return int((min(max(slope, -1.0), 1.0) + 1) * (0.5 * SHADE_BINS * (1 - 1e-12)))


@njit(cache=True, nogil=True, error_model="numpy")
def _shade(shade: Any, low: float, high: float, furthest: float) -> None:
    if low <= 1 and high >= -1:
        for k in range(_bin(low), _bin(high) + 1):
            shade[k] = max(shade[k], furthest)


@njit(cache=True, nogil=True, error_model="numpy")
def _mark(
    top: Any, ground: Any, block_top: Any, eye: Any, target_top_m: float, flat_seen: Any, mark: int, mark_across: int,
    first: int, last: int, steps: Any, i: int, middle: float, aside: float, shade: Any, shade_max: float,
) -> None:  # fmt: skip
    """Mark the open cells `first` to `last` of a row whose slopes are open; those in the shade if they are clear."""
    if shade_max < middle:
        for j in range(first, last + 1):
            flat_seen[mark + j * mark_across] = 1
        return
    for j in range(first, last + 1):
        clear = shade[_bin((j + 0.5 - aside) / middle)] < middle
        if not clear:
            row, col = int(eye[1]) + i * steps[0] + j * steps[2], int(eye[0]) + i * steps[1] + j * steps[3]
            clear = is_clear(
                top, ground, block_top, col + 0.5, row + 0.5, target_top_m, eye[0], eye[1], eye[2], 0.0
            )  # fmt: skip
        if clear:
            flat_seen[mark + j * mark_across] = 1


def half_width_deg(hfov_deg: float, vfov_deg: float, tilt_deg: float) -> float:
    """How far to either side of its heading a tilted pin-hole looks at most, deg; 180 if it sees its own foot.

    A corner of the picture lies at (right, up, forward) = (±tan h, ±tan v, 1); its heading follows after the tilt. The
    sides of the picture are straight, so the corners are its widest points unless it holds the nadir or the zenith.
    """
    right, up = math.tan(math.radians(hfov_deg) / 2), math.tan(math.radians(vfov_deg) / 2)
    tilt = math.radians(tilt_deg)
    forward = min(math.cos(tilt) - up * math.sin(tilt), math.cos(tilt) + up * math.sin(tilt))
    return math.degrees(math.atan2(right, forward)) if forward > 1e-9 else 180.0
