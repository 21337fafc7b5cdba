"""Exact line of sight over a height field of vertical-walled cells.

The ray walks from the target to the eye through every cell that it crosses (Amanatides and Woo, "A fast voxel traversal
algorithm", 1987), on two levels: a block of cells whose highest top lies below the ray is crossed in one step.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from blindspot.site.grid import HeightField

BLOCK = 16
"""Cells along the side of a block."""

BUILDING_M = 0.01
"""A top this much above its ground is a building, as in `HeightField.is_building`."""


@dataclass(frozen=True, slots=True)
class Skyline:
    """What the kernels need to know about a whole height field, worked out once."""

    block_top_m: NDArray[np.float32]
    lowest_m: float
    highest_m: float
    is_level: bool
    """Whether the ground is as high everywhere."""


_skylines: dict[int, tuple[weakref.ref[NDArray[np.float32]], Skyline]] = {}


def skyline(field: HeightField) -> Skyline:
    """The field's skyline, remembered for as long as its `top_m` lives. The arrays must not change afterwards."""
    key = id(field.top_m)
    known = _skylines.get(key)
    if known is not None and known[0]() is field.top_m:
        return known[1]
    lowest_m, highest_ground_m = float(field.ground_m.min()), float(field.ground_m.max())
    block_top_m = _block_max(field.top_m)
    made = Skyline(block_top_m, lowest_m, float(block_top_m.max()), lowest_m == highest_ground_m)
    if not (np.isfinite(made.lowest_m) and np.isfinite(made.highest_m)):
        raise ValueError("a height field must be finite everywhere")
    _skylines[key] = (weakref.ref(field.top_m, lambda _: _skylines.pop(key, None)), made)
    return made


def _block_max(top_m: NDArray[np.float32]) -> NDArray[np.float32]:
    rows, cols = top_m.shape
    by_rows = np.maximum.reduceat(top_m, np.arange(0, rows, BLOCK), axis=0)
    blocks: NDArray[np.float32] = np.maximum.reduceat(by_rows, np.arange(0, cols, BLOCK), axis=1)
    return blocks


@njit(cache=True, nogil=True)
def is_clear(
    top: Any, ground: Any, block_top: Any,
    tx: float, ty: float, tz: float, cx: float, cy: float, cz: float, margin: float,
) -> bool:  # fmt: skip
    """Whether nothing stands between a target and an eye, both inside the field.

    `t*` is the target and `c*` the eye: x and y in cells from the field's south-west corner, z in metres. Buildings are
    taken `margin` metres taller than they are. The eye's own cell hides nothing: the mast stands there.
    """
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
            top, ground, tx, ty, tz, dx, dy, dz, inv_x, inv_y, t, t_out, bx, by, int(cx), int(cy), margin
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
def _first_edge(start: float, step: float, inverse: float, low: int, size: int) -> float:
    """Ray parameter at which the ray leaves the interval [low, low + size]."""
    if step > 0:
        return (low + size - start) * inverse
    if step < 0:
        return (start - low) * inverse
    return np.inf


@njit(cache=True, nogil=True)
def _hits_wall(
    top: Any, ground: Any,
    tx: float, ty: float, tz: float, dx: float, dy: float, dz: float, inv_x: float, inv_y: float,
    t: float, t_out: float, bx: int, by: int, eye_col: int, eye_row: int, margin: float,
) -> bool:  # fmt: skip
    """Whether the ray, between the parameters t and t_out, dives below the top of a cell of block (by, bx)."""
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
        is_taller = height > low or (height + margin > low and height > ground[row, col] + BUILDING_M)
        if is_taller and not (col == eye_col and row == eye_row):
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


@njit(cache=True, nogil=True)
def trace(
    top: Any, ground: Any, block_top: Any, eye: Any, target_m: float, reach: float, heading: float, half_width: float,
    clear: Any, row_min: int, col_min: int,
) -> None:  # fmt: skip
    """Mark in `clear` (uint8, zeros, a window whose corner is the cell row_min, col_min) the open cells within `reach`
    (in cells) and `half_width` of a heading (radians) to which a ray from the eye is clear: one ray a cell."""
    east, north = np.sin(heading), np.cos(heading)
    narrowest = np.cos(half_width) if half_width < np.pi else -2.0
    for r in range(clear.shape[0]):
        y = row_min + r + 0.5 - eye[1]
        for c in range(min(clear.shape[1], top.shape[1] - col_min)):
            x = col_min + c + 0.5 - eye[0]
            distance = np.sqrt(x * x + y * y)
            if distance > reach + 1e-6 or x * east + y * north < narrowest * distance - 1e-9:
                continue
            row, col = row_min + r, col_min + c
            foot, eye_x, eye_y, eye_z = ground[row, col], eye[0], eye[1], eye[2]
            if top[row, col] <= foot + BUILDING_M:
                clear[r, c] = is_clear(
                    top, ground, block_top, col + 0.5, row + 0.5, foot + target_m, eye_x, eye_y, eye_z, 0.0
                )  # fmt: skip
