"""The ground that an eye sees, computed row by row outward over the slopes that are still open.

The view has four sectors (north, east, south, west) of 90 degrees each. In a sector a direction is a slope: cells
across over cells ahead, -1 to 1. A cell of the row at distance m0..m1 that spans n0..n1 across closes the slopes
between its outermost corners, n0 / m1 to n1 / m0 on the right-hand side. A cell further out is seen if the slope of its
centre is still open. This is recursive shadow casting (Björn Bergström, "FOV using recursive shadowcasting",
RogueBasin, 2001) with centres as targets and the vertical walls of `sight`.

The fall of a line of sight is given in metres a cell ahead. A solid hides a target if the target's line falls more than
the line over the solid's far edge. So a wall closes its slopes if even the shallowest line to any ground of the window
falls more. A lower wall, or a hanging solid, marks the hidden slopes with the fall from which a target may be hidden.
Each target in that shade is tested with the exact line of sight. Ground hides ground by the same rule, a block of cells
at a time, and only in a window whose ground rises above its lowest target. So the result is that of `sight.is_clear`
except for rays that just touch a corner.

The cost grows with the visible area: the cells behind walls are never read.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from blindspot.coverage.sight.sight import BLOCK, HANGS, TAKEN, Point, holds, is_clear

SHADE_BINS = 256
"""Number of bins into which the slopes of a sector are sorted where a low wall shades them."""
SECTORS = np.array([[1, 0, 0, 1], [0, 1, 1, 0], [-1, 0, 0, 1], [0, -1, 1, 0]])
"""North, east, south, west: (rows, columns) of a step ahead, then of a step across, which goes east or north."""
MIDDLES_DEG = (0.0, 90.0, 180.0, 270.0)
TURNS = (1, -1, -1, 1)
"""Whether slopes rise with the heading."""

Slopes = NDArray[np.float64]
TOUCH = 1e-9
"""Cells across by which a sight line must clear a corner: a line that just touches it counts as hidden."""
STEEPEST = 1 + 1e-6
"""The sectors overlap slightly, so that every diagonal lies in a sector."""
ALL_ROUND: Slopes = np.tile([-STEEPEST, STEEPEST], (4, 1))


class SweepCamera(NamedTuple):
    """A camera for the sweep: the eye, the height of the target's top above the ground (m), and the range in cells."""

    eye: Point
    target_m: float
    reach: float


class Window(NamedTuple):
    """The part of the field into which the sweep writes: `seen` (uint8, 1 where a cell is seen), whose corner is the
    cell (`row_min`, `col_min`) of the field."""

    seen: NDArray[np.uint8]
    row_min: int
    col_min: int


class _Sector(NamedTuple):
    """One sector as a grid of its own: i counts cells ahead of the eye's cell, j cells across.

    `ahead_*` and `across_*` are the steps in rows and columns of the field. `behind` is how far the eye lies ahead of
    the near edge of its cell, and `aside` how far across, both in cells, 0 to 1. The window ends at `i_max`, and goes
    from `j_min` to `j_max`. `low_m` and `high_m` bound the height of the window's ground, m above the datum.
    """

    ahead_row: int
    ahead_col: int
    across_row: int
    across_col: int
    eye_row: int
    eye_col: int
    behind: float
    aside: float
    i_max: int
    j_min: int
    j_max: int
    low_m: float
    high_m: float


class _Memory(NamedTuple):
    """Working memory, allocated once for four sectors: one allocation per sector would cost as much as a small sweep.

    `spans` (2, n, 2): the open slopes, as (lowest, highest), of the current row and of the next one. The others hold a
    value for each of `SHADE_BINS` bins of slopes. `shade`: a fall, in m a cell; a target whose line falls less is
    clear of all nearer solids. `ridge`: the depth below the eye of the highest ground of the current row of blocks, m.
    `shallow`: the least fall of a line to any target's top.
    """

    spans: NDArray[np.float64]
    shade: NDArray[np.float64]
    ridge: NDArray[np.float64]
    shallow: NDArray[np.float64]


def slopes_within(heading_deg: float, half_width_deg: float) -> Slopes:
    """The slopes within an angle of a heading on either side, one sector per row (lowest above highest: empty sector);
    all slopes if the angle is 90 degrees or more."""
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
    """The bounds (west, south, east, north) of the eye at (0, 0) and of its reach within an angle of a heading on
    either side."""
    corners = [heading_deg - half_width_deg, heading_deg + half_width_deg]
    corners += [90.0 * k for k in range(4) if abs((heading_deg - 90.0 * k + 180) % 360 - 180) <= half_width_deg]
    east = [0.0, *(reach * math.sin(math.radians(angle)) for angle in corners)]
    north = [0.0, *(reach * math.cos(math.radians(angle)) for angle in corners)]
    return min(east), min(north), max(east), max(north)


@njit(cache=True, nogil=True, error_model="numpy")
def sweep(surface: Any, camera: Any, slopes: Any, window: Any) -> None:
    """Mark the open cells that are seen in `window.seen`, which holds zeros.

    The arguments are a `Surface`, a `SweepCamera`, (4, 2) slopes as `slopes_within` returns them, and a `Window`. Every
    visible cell within the camera's range is marked; a cell or two beyond may be marked as well. The window contains
    the eye and lies inside the field, except for columns to its right, which stay unchanged.
    """
    eye, seen = camera.eye, window.seen
    eye_row, eye_col = int(eye.y), int(eye.x)
    target = Point(eye_col + 0.5, eye_row + 0.5, surface.solids.ground[eye_row, eye_col] + camera.target_m)
    if not surface.kind[eye_row, eye_col] & TAKEN and is_clear(surface.solids, target, eye, 0.0):
        seen[eye_row - window.row_min, eye_col - window.col_min] = 1
    low_m, high_m = _ground_bounds(surface, window)
    # The slopes of a sector have width 2. A wall in row i closes at least 1 / (i + 1) of it, and closed slopes are
    # disjoint. So n rows leave at most 2 n + 1 spans.
    spans = np.empty((2, 2 * max(seen.shape) + 16, 2))
    memory = _Memory(spans, np.empty(SHADE_BINS), np.empty(SHADE_BINS), np.empty(SHADE_BINS))
    for number in range(4):
        if slopes[number, 0] <= slopes[number, 1]:
            spans[0, 0] = slopes[number]
            memory.shade[:] = np.inf
            sector = _sector(surface, eye, window, SECTORS[number], low_m, high_m)
            _sweep_sector(surface, camera, window, sector, memory)


@njit(cache=True, nogil=True, error_model="numpy")
def _ground_bounds(surface: Any, window: Any) -> Any:
    """The (lowest, highest) ground of the window, m, from its blocks."""
    row_max = window.row_min + window.seen.shape[0]
    col_max = min(window.col_min + window.seen.shape[1], surface.solids.top.shape[1])
    low_m, high_m = np.inf, -np.inf
    for r in range(window.row_min // BLOCK, (row_max - 1) // BLOCK + 1):
        for c in range(window.col_min // BLOCK, (col_max - 1) // BLOCK + 1):
            low_m, high_m = min(low_m, surface.block_low[r, c]), max(high_m, surface.block_high[r, c])
    return low_m, high_m


@njit(cache=True, nogil=True, error_model="numpy")
def _sector(surface: Any, eye: Any, window: Any, steps: Any, low_m: float, high_m: float) -> Any:
    """The sector whose steps are a row of `SECTORS`."""
    ahead_row, ahead_col, across_row, across_col = steps
    eye_row, eye_col = int(eye.y), int(eye.x)
    east, north = eye.x - eye_col, eye.y - eye_row
    behind = (north if ahead_row > 0 else 1 - north) if ahead_row != 0 else (east if ahead_col > 0 else 1 - east)
    aside = east if across_col != 0 else north
    rows, cols = window.seen.shape[0], min(window.seen.shape[1], surface.solids.top.shape[1] - window.col_min)
    place = (eye_row - window.row_min) if ahead_row != 0 else (eye_col - window.col_min)
    size = rows if ahead_row != 0 else cols
    i_max = size - 1 - place if ahead_row + ahead_col > 0 else place
    j_min = window.col_min - eye_col if across_col != 0 else window.row_min - eye_row
    j_max = j_min + (cols if across_col != 0 else rows) - 1
    return _Sector(
        ahead_row, ahead_col, across_row, across_col, eye_row, eye_col, behind, aside, i_max, j_min, j_max, low_m,
        high_m,
    )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def _sweep_sector(surface: Any, camera: Any, window: Any, sector: Any, memory: Any) -> None:
    """Sweep one sector; `memory.spans[0, 0]` holds its slopes and `memory.shade` infinity.

    A cell spans n0..n1 across; its outer corners lie at the near edge m0 of its row on the side away from the middle.
    Cells are read and marked by their flat numbers: the eye's cell plus an offset for each step ahead or across.
    """
    top, kind, seen, spans = surface.solids.top, surface.kind, window.seen, memory.spans
    shade, ridge, shallow, low_m, high_m = memory.shade, memory.ridge, memory.shallow, sector.low_m, sector.high_m
    target_m, reach, behind, aside = camera.target_m, camera.reach, sector.behind, sector.aside
    flat, flat_kind, flat_seen = top.ravel(), kind.ravel(), seen.ravel()
    ahead = sector.ahead_row * top.shape[1] + sector.ahead_col
    across = sector.across_row * top.shape[1] + sector.across_col
    mark_ahead = sector.ahead_row * seen.shape[1] + sector.ahead_col
    mark_across = sector.across_row * seen.shape[1] + sector.across_col
    origin = sector.eye_row * top.shape[1] + sector.eye_col
    mark_origin = (sector.eye_row - window.row_min) * seen.shape[1] + sector.eye_col - window.col_min

    # Two bounds avoid nearly all exact rays (decision 0052). A wall that hides even the shallowest line to any target
    # closes its slopes. A target whose line falls less than `shade` is clear.
    eye_m, lowest_m = camera.eye.z, min(low_m + target_m, camera.eye.z)
    most_drop_m, shallowest = eye_m - low_m - target_m, _least_fall(eye_m - high_m - target_m, 0.5, reach)
    is_rough, is_mast = lowest_m < high_m, holds(top, surface.solids.under, sector.eye_row, sector.eye_col, eye_m)
    shade_min, count, now, block_end = np.inf, 1, 0, 0
    if low_m < high_m:
        _look_ahead(surface.block_high, camera, sector, memory)
    ridge[:] = np.inf
    for i in range(sector.i_max + 1):
        m0, m1, middle = max(i - behind, 0.0), i + 1 - behind, i + 0.5 - behind
        if m0 > reach or count == 0:
            return
        if is_rough and i == block_end:
            if i > 0:
                _cast(shade, ridge, m0)
            block_end = _ridge(ridge, surface.block_high, eye_m, sector, i)
        # Columns beyond the circle of the range need no test; the circle is widest at the row's near edge.
        beside = np.sqrt(reach * reach - m0 * m0) + 1
        near_min = max(sector.j_min, int(np.floor(aside - beside)))
        near_max = min(sector.j_max, int(np.floor(aside + beside)))
        base, mark = origin + i * ahead, mark_origin + i * mark_ahead
        # The open spans of this row are cut by the row's walls; the rest goes to the other half of `spans`.
        kept = 0
        for k in range(count):
            start, end = spans[now, k]
            j = max(near_min, int(np.floor(min(start * m0, start * m1) + aside)))
            j_end = min(near_max, int(np.floor(max(end * m0, end * m1) + aside)))
            if j > j_end:
                continue
            while j <= j_end and start < end:
                # A run of open cells is judged at once; a cell with a solid is judged alone.
                what, first = flat_kind[base + j * across], j
                if what == 0:
                    j += 1
                    while j <= j_end and flat_kind[base + j * across] == 0:
                        j += 1
                else:
                    height = flat[base + j * across]
                    if height > lowest_m and not (is_mast and i == 0 and j == 0):
                        # The solid closes its slopes if even the shallowest line to a target meets the solid.
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
                            # A lower solid casts a shade: steeper lines need the exact ray.
                            if what & HANGS or depth_m < 0 or most_drop_m > fall * (middle + 1):
                                _lower(shade, low, high, fall)
                                shade_min = min(shade_min, fall)
                    j += 1
                if i > 0 and not what & TAKEN:
                    # A cell counts by its centre: only centres strictly inside the open span may be seen.
                    first = max(first, int(np.ceil(start * middle + aside - 0.5 + TOUCH)))
                    last = min(j - 1, int(np.floor(end * middle + aside - 0.5 - TOUCH)))
                    if is_rough or most_drop_m > shade_min * middle:
                        _ask(surface, camera, sector, memory, flat_seen, mark, mark_across, i, first, last)
                    else:
                        for open_j in range(first, last + 1):
                            flat_seen[mark + open_j * mark_across] = 1
            if start < end:
                spans[1 - now, kept, 0], spans[1 - now, kept, 1] = start, end
                kept += 1
        now, count = 1 - now, kept


@njit(cache=True, nogil=True, error_model="numpy")
def _closed(n0: float, n1: float, m0: float, m1: float) -> Any:
    """The slopes (lowest, highest) closed by a rectangle from n0 to n1 across and from m0 to m1 ahead."""
    low = n0 / m1 if n0 >= 0 else (n0 / m0 if m0 > 0 else -np.inf)
    high = n1 / m1 if n1 <= 0 else (n1 / m0 if m0 > 0 else np.inf)
    return low, high


@njit(cache=True, nogil=True, error_model="numpy")
def _bin(slope: float) -> int:
    return int((min(max(slope, -1.0), 1.0) + 1) * (0.5 * SHADE_BINS * (1 - 1e-12)))


@njit(cache=True, nogil=True, error_model="numpy")
def _lower(bins: Any, low: float, high: float, value: float) -> None:
    """Lower the bins of the slopes from low to high to at most a value."""
    if low <= STEEPEST and high >= -STEEPEST:
        for k in range(_bin(low), _bin(high) + 1):
            bins[k] = min(bins[k], value)


@njit(cache=True, nogil=True, error_model="numpy")
def _lowest(bins: Any, low: float, high: float) -> float:
    """The lowest value in the bins of the slopes from low to high."""
    found = np.inf
    for k in range(_bin(low), _bin(high) + 1):
        found = min(found, bins[k])
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def _least_fall(depth_m: float, m0: float, m1: float) -> float:
    """The least fall of a line from the eye to a point `depth_m` below it and m0 to m1 ahead."""
    return depth_m / (m1 if depth_m >= 0 else m0)


@njit(cache=True, nogil=True, error_model="numpy")
def _ridge(ridge: Any, block_high: Any, eye_m: float, sector: Any, i: int) -> Any:
    """Set `ridge` for the row of blocks that begins at i: the depth of its highest ground below the eye, for each bin
    of slopes. Returns the i at which the row of blocks ends."""
    is_along_rows, is_across_rows = sector.ahead_row != 0, sector.across_row != 0
    at = sector.eye_row + sector.ahead_row * i if is_along_rows else sector.eye_col + sector.ahead_col * i
    end = i + (BLOCK - at % BLOCK if sector.ahead_row + sector.ahead_col > 0 else at % BLOCK + 1)
    m0, m1 = max(i - sector.behind, 0.0), end - sector.behind
    middle = (sector.eye_row if is_across_rows else sector.eye_col) + sector.aside
    blocks = block_high.shape[0] if is_across_rows else block_high.shape[1]
    ridge[:] = np.inf
    for block in range(max(int(middle - m1), 0) // BLOCK, min(int(middle + m1) // BLOCK, blocks - 1) + 1):
        highest = block_high[at // BLOCK, block] if is_along_rows else block_high[block, at // BLOCK]
        low, high = _closed(block * BLOCK - middle, (block + 1) * BLOCK - middle, m0, m1)
        _lower(ridge, low, high, eye_m - highest)
    return end


@njit(cache=True, nogil=True, error_model="numpy")
def _look_ahead(block_high: Any, camera: Any, sector: Any, memory: Any) -> None:
    """Set `memory.shallow`: for each bin of slopes, the least fall of a line from the eye to any target's top."""
    shallow, ridge, behind, i = memory.shallow, memory.ridge, sector.behind, 0
    shallow[:] = np.inf
    while i <= sector.i_max and i - behind <= camera.reach:
        m0, end = max(i - behind, 0.5), _ridge(ridge, block_high, camera.eye.z, sector, i)
        for k in range(SHADE_BINS):
            fall = _least_fall(ridge[k] - camera.target_m, m0, min(end - behind, camera.reach))
            shallow[k] = min(shallow[k], fall)
        i = end


@njit(cache=True, nogil=True, error_model="numpy")
def _cast(shade: Any, ridge: Any, m: float) -> None:
    """Lower `shade` by the ground of a row of blocks that ends at m ahead."""
    for k in range(SHADE_BINS):
        shade[k] = min(shade[k], ridge[k] / m - TOUCH if ridge[k] >= 0 else -np.inf)


@njit(cache=True, nogil=True, error_model="numpy")
def _ask(
    surface: Any, camera: Any, sector: Any, memory: Any, flat_seen: Any, mark: int, mark_across: int, i: int,
    first: int, last: int,
) -> None:  # fmt: skip
    """Mark the clear cells among the cells `first` to `last` of row i. The exact line of sight decides for cells in the
    shade and for cells below ground in their own row of blocks. The cell at j = 0 has the flat number `mark` in `seen`.
    """
    eye, shade, ridge, middle = camera.eye, memory.shade, memory.ridge, i + 0.5 - sector.behind
    for j in range(first, last + 1):
        row = sector.eye_row + i * sector.ahead_row + j * sector.across_row
        col = sector.eye_col + i * sector.ahead_col + j * sector.across_col
        target_top_m, k = surface.solids.ground[row, col] + camera.target_m, _bin((j + 0.5 - sector.aside) / middle)
        drop_m = eye.z - target_top_m
        if (drop_m <= shade[k] * middle and drop_m <= ridge[k] >= 0) or is_clear(
            surface.solids, Point(col + 0.5, row + 0.5, target_top_m), eye, 0.0
        ):
            flat_seen[mark + j * mark_across] = 1


def half_width_deg(hfov_deg: float, vfov_deg: float, tilt_deg: float) -> float:
    """The largest angle between a tilted pin-hole's heading and a visible direction, deg; 180 if it sees its own foot.

    A corner of the picture lies at (right, up, forward) = (±tan h, ±tan v, 1); its heading follows from the tilt. The
    sides of the picture are straight, so the corners are its widest points unless it contains the nadir or the zenith.
    """
    right, up = math.tan(math.radians(hfov_deg) / 2), math.tan(math.radians(vfov_deg) / 2)
    tilt = math.radians(tilt_deg)
    forward = min(math.cos(tilt) - up * math.sin(tilt), math.cos(tilt) + up * math.sin(tilt))
    return math.degrees(math.atan2(right, forward)) if forward > 1e-9 else 180.0
