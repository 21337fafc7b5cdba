"""The horizons of ground targets: how steep a line of sight must be to clear all obstacles, by direction.

With them a line of sight takes one comparison instead of a walk over cells. A horizon stands for a sector of
directions, so that lines beside a corner are misjudged by about the width of a cell. All obstacles in a direction
count. One behind the eye hides nothing if it is lower than the eye; a target before a higher one may count as hidden.
"""

from __future__ import annotations

import numba
import numpy as np

from blindspot.planning.views.too_near import BLOCK

SECTORS, AHEAD = 128, 0.75
"""Number of directions, which differ by 2 to 3 degrees. An obstacle begins up to a cell before the place where it is
found; this part of a cell is counted. More is the safe side: a search makes use of ground that is wrongly in sight."""


@numba.njit(cache=True, nogil=True)
def sector_of(east, north):  # type: ignore[no-untyped-def]
    """The sector of a direction, clockwise from north. The share of north replaces the angle, which takes longer."""
    both = abs(east) + abs(north)
    if both == 0.0:
        return 0
    turn = 1.0 - north / both if east >= 0.0 else 3.0 + north / both
    return min(int(turn * (SECTORS / 4.0)), SECTORS - 1)


@numba.njit(cache=True, nogil=True)
def horizons(roofs, targets, reach_m):  # type: ignore[no-untyped-def]
    """The squares (targets, `SECTORS`; float32) of the slopes, rise by distance, of the horizons of `Sorted` targets
    over `Roofs`. Obstacles farther away than `reach_m` are left out."""
    top, cell_m, highest_near = roofs.top, roofs.cell_m, _highest_near(roofs, reach_m)
    squares, cells_a_m = np.zeros((len(targets.east), SECTORS), np.float32), 1.0 / cell_m
    for k in range(SECTORS):
        turn = (k + 0.5) * 4.0 / SECTORS
        north = 1.0 - turn if turn < 2.0 else turn - 3.0
        east = 1.0 - abs(north) if turn < 2.0 else abs(north) - 1.0
        length = np.sqrt(east**2 + north**2)
        step_east, step_north = east / length, north / length
        for i in range(len(targets.east)):
            up, away, slope = targets.ground[i], 0.0, 0.0
            own_row, own_col = int(targets.north[i] * cells_a_m), int(targets.east[i] * cells_a_m)
            at_row, at_col = targets.north[i] * cells_a_m, targets.east[i] * cells_a_m
            highest = highest_near[own_row // BLOCK, own_col // BLOCK]
            while away < reach_m and highest - up > slope * away:
                at_row, at_col, away = at_row + step_north, at_col + step_east, away + cell_m
                if at_row < 0.0 or at_col < 0.0 or at_row >= top.shape[0] or at_col >= top.shape[1]:
                    break
                row, col = int(at_row), int(at_col)
                if top[row, col] - up > slope * away and (row != own_row or col != own_col):
                    slope = (top[row, col] - up) / (away - AHEAD * cell_m)
            squares[i, k] = slope**2
    return squares


@numba.njit(cache=True, nogil=True)
def _highest_near(roofs, reach_m):  # type: ignore[no-untyped-def]
    """The highest top in reach of any target in each block: a tower far away would make every walk as long as it is."""
    block_top, reach = roofs.block_top, int(reach_m / (BLOCK * roofs.cell_m)) + 2
    rows, cols = block_top.shape
    along, near = np.empty_like(block_top), np.empty_like(block_top)
    for r in range(rows):
        for c in range(cols):
            along[r, c] = block_top[r, max(0, c - reach) : c + reach + 1].max()
    for r in range(rows):
        for c in range(cols):
            near[r, c] = along[max(0, r - reach) : r + reach + 1, c].max()
    return near


@numba.njit(cache=True, nogil=True)
def is_over(horizon, i, east, north, rise):  # type: ignore[no-untyped-def]
    """Whether an eye at this offset from target `i`, m, is over the target's horizon, a row of `horizons`."""
    return horizon[i, sector_of(east, north)] * (east**2 + north**2) <= rise**2
