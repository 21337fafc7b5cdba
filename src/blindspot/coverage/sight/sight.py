"""Exact line of sight over a height field: columns with vertical walls, some of which hang free above the ground.

The ray walks from the target to the eye through every cell that it crosses (Amanatides and Woo, "A fast voxel traversal
algorithm", 1987), on two levels: a block of cells whose highest top lies below the ray is crossed in one step.
"""

from __future__ import annotations

import math
import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from blindspot.site.ground import BUILDING_M, HEADROOM_M, HeightField

BLOCK = 16
"""Cells along the side of a block."""

TAKEN = 1
"""Flag of a cell whose ground is taken, as `HeightField.is_building` says."""
HANGS = 2
"""Flag of a cell whose solid hangs free above its ground."""


@dataclass(frozen=True, slots=True)
class Skyline:
    """What the kernels need to know about a whole height field, worked out once.

    `kind` (uint8, shaped as the grid): 0 where nothing stands, else the flags above. `under_m` is the field's. Of each
    block of cells: its highest top, its lowest and its highest ground.
    """

    kind: NDArray[np.uint8]
    under_m: NDArray[np.float32] | None
    block_top_m: NDArray[np.float32]
    block_low_m: NDArray[np.float32]
    block_high_m: NDArray[np.float32]
    lowest_m: float
    highest_m: float


Heights = NDArray[np.float32]
_skylines: dict[int, tuple[weakref.ref[Heights], weakref.ref[Heights], Skyline]] = {}


def skyline(field: HeightField) -> Skyline:
    """The field's skyline, remembered for as long as its `top_m` lives. The arrays must not change afterwards."""
    key, top, ground, under = id(field.top_m), field.top_m, field.ground_m, field.under_m
    known = _skylines.get(key)
    if known is not None and known[0]() is top and known[1]() is ground and known[2].under_m is under:
        return known[2]
    rows, cols = field.grid.shape
    shape = (-(-rows // BLOCK), -(-cols // BLOCK))
    kind, block_top_m = np.zeros((rows, cols), np.uint8), np.full(shape, -np.inf, np.float32)
    low_m, high_m = np.full(shape, np.inf, np.float32), np.full(shape, -np.inf, np.float32)
    if not math.isfinite(_survey(top, ground, under, kind, block_top_m, low_m, high_m)):
        raise ValueError("a height field must be finite everywhere")
    made = Skyline(kind, under, block_top_m, low_m, high_m, float(low_m.min()), float(block_top_m.max()))
    _skylines[key] = (weakref.ref(top, lambda _: _skylines.pop(key, None)), weakref.ref(ground), made)
    return made


@njit(cache=True, nogil=True)
def _survey(top: Any, ground: Any, under: Any, kind: Any, block_top: Any, block_low: Any, block_high: Any) -> float:
    """Fill in what a skyline holds; the sum of all heights, finite if they are."""
    total = 0.0
    for row in range(top.shape[0]):
        r = row // BLOCK
        for col in range(top.shape[1]):
            c, height, foot = col // BLOCK, top[row, col], ground[row, col]
            total += height + foot
            block_top[r, c] = max(block_top[r, c], height)
            block_low[r, c] = min(block_low[r, c], foot)
            if height > foot + np.float32(BUILDING_M):
                kind[row, col] = TAKEN
                block_high[r, c] = max(block_high[r, c], foot)
            else:
                block_high[r, c] = max(block_high[r, c], height)
            if under is not None:
                total += under[row, col]
                if kind[row, col] == TAKEN and under[row, col] > foot:
                    kind[row, col] = HANGS if under[row, col] >= foot + np.float32(HEADROOM_M) else HANGS | TAKEN
    return total


@njit(cache=True, nogil=True)
def is_clear(
    top: Any, ground: Any, under: Any, block_top: Any,
    tx: float, ty: float, tz: float, cx: float, cy: float, cz: float, margin: float,
) -> bool:  # fmt: skip
    """Whether nothing stands between a target and an eye, both inside the field.

    `t*` is the target and `c*` the eye: x and y in cells from the field's south-west corner, z in metres. Buildings are
    taken `margin` metres taller than they are, and what hangs as much lower. The eye's own cell hides nothing if its
    solid reaches up to the eye: the mast is fixed to it.
    """
    eye_col, eye_row = int(cx), int(cy)
    if not holds(top, under, eye_row, eye_col, cz):
        eye_col = -1
    dx, dy, dz = cx - tx, cy - ty, cz - tz
    inv_x = 1.0 / abs(dx) if dx != 0.0 else np.inf
    inv_y = 1.0 / abs(dy) if dy != 0.0 else np.inf
    bx, by = int(tx) // BLOCK, int(ty) // BLOCK
    next_x = _first_edge(tx, dx, inv_x, bx * BLOCK, BLOCK)
    next_y = _first_edge(ty, dy, inv_y, by * BLOCK, BLOCK)
    t = 0.0
    while True:
        t_out = min(next_x, next_y, 1.0)
        if block_top[by, bx] + margin > tz + min(dz * t, dz * t_out) and _hits_wall(
            top, ground, under, tx, ty, tz, dx, dy, dz, inv_x, inv_y, t, t_out, bx, by, eye_col, eye_row, margin
        ):
            return False
        if t_out >= 1.0:
            return True
        if next_x < next_y:
            bx += 1 if dx > 0 else -1
            next_x += BLOCK * inv_x
        else:
            by += 1 if dy > 0 else -1
            next_y += BLOCK * inv_y
        if not (0 <= bx < block_top.shape[1] and 0 <= by < block_top.shape[0]):
            return False
        t = t_out


@njit(cache=True, nogil=True)
def holds(top: Any, under: Any, row: int, col: int, up: float) -> Any:
    """Whether the solid of a cell reaches from below a height up to it."""
    if under is not None and up < under[row, col]:
        return False
    return up <= top[row, col]


@njit(cache=True, nogil=True)
def _first_edge(start: float, step: float, inverse: float, low: int, size: int) -> float:
    """Ray parameter at which the ray leaves the interval [low, low + size]."""
    if step > 0:
        return (low + size - start) * inverse
    if step < 0:
        return (start - low) * inverse
    return np.inf


@njit(cache=True, nogil=True)
def _hits_wall(
    top: Any, ground: Any, under: Any,
    tx: float, ty: float, tz: float, dx: float, dy: float, dz: float, inv_x: float, inv_y: float,
    t: float, t_out: float, bx: int, by: int, eye_col: int, eye_row: int, margin: float,
) -> bool:  # fmt: skip
    """Whether the ray, between the parameters t and t_out, meets a solid of block (by, bx) or dives into its ground."""
    col_min, row_min = bx * BLOCK, by * BLOCK
    col_max, row_max = min(col_min + BLOCK, top.shape[1]) - 1, min(row_min + BLOCK, top.shape[0]) - 1
    col = min(max(int(tx + dx * t), col_min), col_max)
    row = min(max(int(ty + dy * t), row_min), row_max)
    next_x = _first_edge(tx, dx, inv_x, col, 1)
    next_y = _first_edge(ty, dy, inv_y, row, 1)
    while True:
        t_next = min(next_x, next_y, t_out)
        low = tz + min(dz * t, dz * t_next)
        height = top[row, col]
        is_taller = height > low or (height + margin > low and height > ground[row, col] + np.float32(BUILDING_M))
        if is_taller:
            if ground[row, col] > low:
                return True
            if col != eye_col or row != eye_row:
                if under is None:
                    return True
                if under[row, col] - margin <= tz + max(dz * t, dz * t_next):
                    return True
        if t_next >= t_out:
            return False
        if next_x < next_y:
            col += 1 if dx > 0 else -1
            next_x += inv_x
        else:
            row += 1 if dy > 0 else -1
            next_y += inv_y
        if col < col_min or col > col_max or row < row_min or row > row_max:
            return False
        t = t_next
