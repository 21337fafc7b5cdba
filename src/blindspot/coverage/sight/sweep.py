"""What an eye sees of the ground, row by row outward, over the slopes that nothing has closed yet.

Four sectors (north, east, south, west) of 90 degrees each. In a sector a direction is a slope: cells across over cells
ahead, -1 to 1. A cell of the row at distance m0..m1 that spans n0..n1 across closes the slopes between its outermost
corners, n0 / m1 to n1 / m0 on the right-hand side; a cell further out is seen if the slope of its centre is still
open. This is recursive shadow casting (Björn Bergström, "FOV using recursive shadowcasting", RogueBasin, 2001) with
centres as targets and the vertical walls of `sight`.

How a line of sight falls is told as metres a cell ahead, its fall. A solid hides a target if its line falls more than
the one over the solid's far edge. So a wall closes its slopes if even the shallowest line to any ground of the window
falls more. A lower wall, and whatever hangs, marks its slopes with the fall from which on it may hide something, and
each target in that shade is asked of the exact line of sight. Ground hides ground by the same rule, a block of cells at
a time, and only in a window whose ground rises above its lowest target. So the answer is that of `sight.is_clear` but
for rays that just touch a corner.

The cost grows with what is seen: what lies behind walls is never touched.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from blindspot.coverage.sight.sight import BLOCK, HANGS, TAKEN, holds, is_clear

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
    kind: Any, top: Any, ground: Any, under: Any, block_top: Any, block_low: Any, block_high: Any,
    eye: Any, target_m: float, reach: float, slopes: Any, seen: Any, row_min: int, col_min: int,
) -> None:  # fmt: skip
    """Mark in `seen` (uint8, zeros, a window whose corner is the cell row_min, col_min) the open cells that are seen.

    The arrays are a height field's and its skyline's. `eye` is (x, y, z): cells from the field's south-west corner, and
    metres; the target's top is `target_m` above its ground. `reach` is the range in cells: nothing within it is left
    out, a cell or two beyond may be marked. The window holds the eye and lies inside the field but for columns to its
    right, which are left alone.
    """
    eye_row, eye_col = int(eye[1]), int(eye[0])
    if not kind[eye_row, eye_col] & TAKEN and is_clear(
        top, ground, under, block_top, eye_col + 0.5, eye_row + 0.5, ground[eye_row, eye_col] + target_m,
        eye[0], eye[1], eye[2], 0.0,
    ):  # fmt: skip
        seen[eye_row - row_min, eye_col - col_min] = 1
    row_max, col_max = row_min + seen.shape[0], min(col_min + seen.shape[1], top.shape[1])
    low_m, high_m = np.inf, -np.inf
    for r in range(row_min // BLOCK, (row_max - 1) // BLOCK + 1):
        for c in range(col_min // BLOCK, (col_max - 1) // BLOCK + 1):
            low_m, high_m = min(low_m, block_low[r, c]), max(high_m, block_high[r, c])
    spans = np.empty((2, 2 * max(seen.shape) + 16, 2))
    shade, ridge, shallow = np.empty(SHADE_BINS), np.empty(SHADE_BINS), np.empty(SHADE_BINS)
    for sector in range(4):
        if slopes[sector, 0] <= slopes[sector, 1]:
            spans[0, 0] = slopes[sector]
            shade[:] = np.inf
            _sweep_sector(
                kind, top, ground, under, block_top, block_high, eye, target_m, low_m, high_m, reach, SECTORS[sector],
                spans, shade, ridge, shallow, seen, row_min, col_min,
            )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def _sweep_sector(
    kind: Any, top: Any, ground: Any, under: Any, block_top: Any, block_high: Any, eye: Any, target_m: float,
    low_m: float, high_m: float, reach: float, steps: Any, spans: Any, shade: Any, ridge: Any, shallow: Any,
    seen: Any, row_min: int, col_min: int,
) -> None:  # fmt: skip
    """One sector; `spans[0, 0]` holds its slopes. Ahead is counted in i, across in j, both 0 in the eye's cell.

    A cell spans n0..n1 across; its outer corners lie at the near edge m0 of its row on the side away from the middle.
    The window's ground lies between low_m and high_m.
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
    flat, flat_kind, flat_seen = top.ravel(), kind.ravel(), seen.ravel()
    ahead, across = ahead_row * top.shape[1] + ahead_col, across_row * top.shape[1] + across_col
    mark_ahead, mark_across = ahead_row * seen.shape[1] + ahead_col, across_row * seen.shape[1] + across_col
    origin, mark_origin = eye_row * top.shape[1] + eye_col, (eye_row - row_min) * seen.shape[1] + eye_col - col_min

    eye_m, lowest_m = eye[2], min(low_m + target_m, eye[2])
    most_drop_m, shallowest = eye_m - low_m - target_m, _least_fall(eye_m - high_m - target_m, 0.5, reach)
    is_rough, is_mast = lowest_m < high_m, holds(top, under, eye_row, eye_col, eye_m)
    shade_min, count, now, block_end = np.inf, 1, 0, 0
    if low_m < high_m:
        _look_ahead(shallow, ridge, block_high, eye_m, target_m, steps, eye_row, eye_col, i_max, reach, behind, aside)
    ridge[:] = np.inf
    for i in range(i_max + 1):
        m0, m1, middle = max(i - behind, 0.0), i + 1 - behind, i + 0.5 - behind
        if m0 > reach or count == 0:
            return
        if is_rough and i == block_end:
            if i > 0:
                _cast(shade, ridge, m0)
            block_end = _ridge(ridge, block_high, eye_m, steps, eye_row, eye_col, i, behind, aside)
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
                what, first = flat_kind[base + j * across], j
                if what == 0:
                    j += 1
                    while j <= j_end and flat_kind[base + j * across] == 0:
                        j += 1
                else:
                    height = flat[base + j * across]
                    if height > lowest_m and not (is_mast and i == 0 and j == 0):
                        low, high = _closed(j - aside, j + 1 - aside, m0, m1)
                        depth_m = eye_m - height
                        steepest = depth_m / (m0 if depth_m > 0 else m1)
                        if not what & HANGS and (
                            steepest < shallowest or (low_m < high_m and steepest < _lowest(shallow, low, high))
                        ):
                            if low > start:
                                spans[1 - now, kept, 0], spans[1 - now, kept, 1] = start, min(low, end)
                                kept += 1
                            start = max(start, high)
                        else:
                            fall = _least_fall(depth_m, m0, m1) - TOUCH
                            if what & HANGS or depth_m < 0 or most_drop_m > fall * (middle + 1):
                                _lower(shade, low, high, fall)
                                shade_min = min(shade_min, fall)
                    j += 1
                if i > 0 and not what & TAKEN:
                    first = max(first, int(np.ceil(start * middle + aside - 0.5 + TOUCH)))
                    last = min(j - 1, int(np.floor(end * middle + aside - 0.5 - TOUCH)))
                    if is_rough or most_drop_m > shade_min * middle:
                        _ask(
                            top, ground, under, block_top, eye, target_m, flat_seen, mark, mark_across, first, last,
                            steps, i, middle, aside, shade, ridge,
                        )  # fmt: skip
                    else:
                        for open_j in range(first, last + 1):
                            flat_seen[mark + open_j * mark_across] = 1
            if start < end:
                spans[1 - now, kept, 0], spans[1 - now, kept, 1] = start, end
                kept += 1
        now, count = 1 - now, kept


@njit(cache=True, nogil=True, error_model="numpy")
def _closed(n0: float, n1: float, m0: float, m1: float) -> Any:
    """The slopes that a rectangle closes: from n0 to n1 across, from m0 to m1 ahead."""
    low = n0 / m1 if n0 >= 0 else (n0 / m0 if m0 > 0 else -np.inf)
    high = n1 / m1 if n1 <= 0 else (n1 / m0 if m0 > 0 else np.inf)
    return low, high


@njit(cache=True, nogil=True, error_model="numpy")
def _bin(slope: float) -> int:
    return int((min(max(slope, -1.0), 1.0) + 1) * (0.5 * SHADE_BINS * (1 - 1e-12)))


@njit(cache=True, nogil=True, error_model="numpy")
def _lower(bins: Any, low: float, high: float, value: float) -> None:
    """Lower the bins of the slopes from low to high to a value."""
    if low <= STEEPEST and high >= -STEEPEST:
        for k in range(_bin(low), _bin(high) + 1):
            bins[k] = min(bins[k], value)


@njit(cache=True, nogil=True, error_model="numpy")
def _lowest(bins: Any, low: float, high: float) -> float:
    """The lowest of the bins of the slopes from low to high."""
    found = np.inf
    for k in range(_bin(low), _bin(high) + 1):
        found = min(found, bins[k])
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def _least_fall(depth_m: float, m0: float, m1: float) -> float:
    """The least fall of a line from the eye to a point so deep below it, from m0 to m1 ahead."""
    return depth_m / (m1 if depth_m >= 0 else m0)


@njit(cache=True, nogil=True, error_model="numpy")
def _ridge(
    ridge: Any, block_high: Any, eye_m: float, steps: Any, eye_row: int, eye_col: int, i: int, behind: float,
    aside: float,
) -> Any:  # fmt: skip
    """Set `ridge` for the row of blocks that begins at i: how deep below the eye its highest ground lies, a slope. The
    i at which the row of blocks ends."""
    ahead_row, ahead_col, across_row, _ = steps
    at = eye_row + ahead_row * i if ahead_row != 0 else eye_col + ahead_col * i
    end = i + (BLOCK - at % BLOCK if ahead_row + ahead_col > 0 else at % BLOCK + 1)
    m0, m1 = max(i - behind, 0.0), end - behind
    middle = (eye_row if across_row != 0 else eye_col) + aside
    blocks = block_high.shape[0] if across_row != 0 else block_high.shape[1]
    ridge[:] = np.inf
    for block in range(max(int(middle - m1), 0) // BLOCK, min(int(middle + m1) // BLOCK, blocks - 1) + 1):
        highest = block_high[at // BLOCK, block] if ahead_row != 0 else block_high[block, at // BLOCK]
        low, high = _closed(block * BLOCK - middle, (block + 1) * BLOCK - middle, m0, m1)
        _lower(ridge, low, high, eye_m - highest)
    return end


@njit(cache=True, nogil=True, error_model="numpy")
def _look_ahead(
    shallow: Any, ridge: Any, block_high: Any, eye_m: float, target_m: float, steps: Any, eye_row: int, eye_col: int,
    i_max: int, reach: float, behind: float, aside: float,
) -> None:  # fmt: skip
    """Set `shallow`: the least fall of a line from the eye to any target's top, a slope."""
    shallow[:], i = np.inf, 0
    while i <= i_max and i - behind <= reach:
        m0, end = max(i - behind, 0.5), _ridge(ridge, block_high, eye_m, steps, eye_row, eye_col, i, behind, aside)
        for k in range(SHADE_BINS):
            shallow[k] = min(shallow[k], _least_fall(ridge[k] - target_m, m0, min(end - behind, reach)))
        i = end


@njit(cache=True, nogil=True, error_model="numpy")
def _cast(shade: Any, ridge: Any, m: float) -> None:
    """Enter the ground of a row of blocks that ends at m ahead as shade."""
    for k in range(SHADE_BINS):
        shade[k] = min(shade[k], ridge[k] / m - TOUCH if ridge[k] >= 0 else -np.inf)


@njit(cache=True, nogil=True, error_model="numpy")
def _ask(
    top: Any, ground: Any, under: Any, block_top: Any, eye: Any, target_m: float, flat_seen: Any, mark: int,
    mark_across: int, first: int, last: int, steps: Any, i: int, middle: float, aside: float, shade: Any, ridge: Any,
) -> None:  # fmt: skip
    """Mark the cells `first` to `last` of a row that are clear; the exact line of sight says so of those in the shade
    and of those that lie lower than ground in their own row of blocks."""
    for j in range(first, last + 1):
        row, col = int(eye[1]) + i * steps[0] + j * steps[2], int(eye[0]) + i * steps[1] + j * steps[3]
        target_top_m, k = ground[row, col] + target_m, _bin((j + 0.5 - aside) / middle)
        drop_m = eye[2] - target_top_m
        if (drop_m <= shade[k] * middle and drop_m <= ridge[k] >= 0) or is_clear(
            top, ground, under, block_top, col + 0.5, row + 0.5, target_top_m, eye[0], eye[1], eye[2], 0.0
        ):
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
