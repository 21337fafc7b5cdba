"""Exact line of sight over a height field: columns with vertical walls, some of which hang free above the ground.

The ray walks from the target to the eye through every cell that it crosses (Amanatides and Woo, "A fast voxel traversal
algorithm", 1987). The walk along a ray has two levels: a block of cells with all tops below the ray is crossed in one
step.
"""

from __future__ import annotations

import math
import weakref
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from blindspot.site.ground import BUILDING_M, HEADROOM_M, HeightField

BLOCK = 16
"""Cells along the side of a block."""

TAKEN = 1
"""Flag of a cell whose ground is taken, as in `HeightField.is_building`."""
HANGS = 2
"""Flag of a cell whose solid hangs free above its ground."""


@dataclass(frozen=True, slots=True)
class Skyline:
    """The data of a whole height field that the kernels need, computed once.

    `kind` (uint8, shaped as the grid): 0 on free ground, else the flags above. `under_m` is the field's. The block
    arrays hold the highest top, the lowest ground and the highest ground of each block of cells, m above the datum.
    `highest_m` is the highest top, `peak_m` the field's and `highest_peak_m` the highest surface.
    """

    kind: NDArray[np.uint8]
    under_m: NDArray[np.float32] | None
    block_top_m: NDArray[np.float32]
    block_low_m: NDArray[np.float32]
    block_high_m: NDArray[np.float32]
    lowest_m: float
    highest_m: float
    peak_m: NDArray[np.float32] | None
    highest_peak_m: float

    def is_of(self, under_m: Heights | None, peak_m: Heights | None) -> bool:
        """Whether it was made with these arrays."""
        return self.under_m is under_m and self.peak_m is peak_m


Heights = NDArray[np.float32]


class Solids(NamedTuple):
    """The solids that can block a ray, in the form that the kernels take.

    `top`, `ground` and `under` (m above the datum) are shaped as the grid; row 0 is the southernmost. `under` is None
    for a field without hanging solids: numba then compiles a kernel that skips this test and is faster by a tenth
    (decision 0052). `block_top` holds the highest top of each block of `BLOCK` x `BLOCK` cells.

    A call counts a reference to each array of a tuple, so a ray has its own small tuple. With the three other arrays of
    `Surface` in it, a drone's view takes a tenth longer.

    numba's cache file names the classes of these tuples. After a rename or a move of such a class, delete the `.nbi`
    files beside the kernels: numba fails to read an index with a removed class.
    """

    top: Heights
    ground: Heights
    under: Heights | None
    block_top: Heights


class Surface(NamedTuple):
    """A whole height field and its skyline: the solids, the flags of each cell (`kind`, uint8, shaped as the grid) and
    the lowest and highest ground of each block, m above the datum."""

    solids: Solids
    kind: NDArray[np.uint8]
    block_low: Heights
    block_high: Heights


class Point(NamedTuple):
    """A point of a height field: x (east) and y (north) in cells from the field's south-west corner, z in metres."""

    x: float
    y: float
    z: float


class _Ray(NamedTuple):
    """A ray from a target to an eye: its start, its whole way, and the mast's cell.

    `start` and `way` are in the units of `Point`. The parameter t runs from 0 at the target to 1 at the eye; `inv_x`
    and `inv_y` are the growth of t for each cell crossed. `margin` (m) makes buildings taller and lowers the underside
    of hanging solids. `eye_row` and `eye_col` are the mast's cell, which hides nothing; `eye_col` is -1 if there is no
    such cell.
    """

    start: Point
    way: Point
    inv_x: float
    inv_y: float
    margin: float
    eye_row: int
    eye_col: int


_skylines: dict[int, tuple[weakref.ref[Heights], weakref.ref[Heights], Skyline]] = {}


def skyline(field: HeightField) -> Skyline:
    """The field's skyline, cached for the lifetime of its `top_m`. The arrays must stay unchanged afterwards."""
    key, top, ground, under = id(field.top_m), field.top_m, field.ground_m, field.under_m
    known = _skylines.get(key)
    if known is not None and known[0]() is top and known[1]() is ground and known[2].is_of(under, field.peak_m):
        return known[2]
    rows, cols = field.grid.shape
    shape = (-(-rows // BLOCK), -(-cols // BLOCK))
    kind, block_top_m = np.zeros((rows, cols), np.uint8), np.full(shape, -np.inf, np.float32)
    low_m, high_m = np.full(shape, np.inf, np.float32), np.full(shape, -np.inf, np.float32)
    total_m, highest_m = _survey(top, ground, under, kind, block_top_m, low_m, high_m), float(block_top_m.max())
    if not math.isfinite(total_m) or not np.isfinite(field.surface_m).all():
        raise ValueError("a height field must be finite everywhere")
    highest_peak_m = max(highest_m, float(field.surface_m.max()))
    made = Skyline(
        kind, under, block_top_m, low_m, high_m, float(low_m.min()), highest_m, field.peak_m, highest_peak_m
    )  # fmt: skip
    _skylines[key] = (weakref.ref(top, lambda _: _skylines.pop(key, None)), weakref.ref(ground), made)
    return made


def surface_of(field: HeightField) -> Surface:
    """The arrays of a field and of its skyline, for a kernel."""
    sky = skyline(field)
    solids = Solids(field.top_m, field.ground_m, field.under_m, sky.block_top_m)
    return Surface(solids, sky.kind, sky.block_low_m, sky.block_high_m)


@njit(cache=True, nogil=True)
def _survey(top: Any, ground: Any, under: Any, kind: Any, block_top: Any, block_low: Any, block_high: Any) -> float:
    """Fill the arrays of a skyline; returns the sum of all heights, which is finite if all heights are."""
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
def is_clear(solids: Any, target: Any, eye: Any, margin: float) -> bool:
    """Whether the line of sight between a target and an eye is clear; both lie inside the field.

    `solids` are `Solids`; `target` and `eye` are `Point`s. Buildings count as `margin` metres taller than they are, and
    undersides of hanging solids as much lower. The eye's own cell hides nothing if its solid reaches up to the eye: the
    mast is fixed to it.
    """
    eye_col, eye_row = int(eye.x), int(eye.y)
    if not holds(solids.top, solids.under, eye_row, eye_col, eye.z):
        eye_col = -1
    dx, dy, dz = eye.x - target.x, eye.y - target.y, eye.z - target.z
    inv_x = 1.0 / abs(dx) if dx != 0.0 else np.inf
    inv_y = 1.0 / abs(dy) if dy != 0.0 else np.inf
    ray = _Ray(target, Point(dx, dy, dz), inv_x, inv_y, margin, eye_row, eye_col)
    # The outer loop walks from block to block; `next_x` and `next_y` are the parameters of the next two block edges.
    bx, by = int(target.x) // BLOCK, int(target.y) // BLOCK
    next_x = _first_edge(target.x, dx, inv_x, bx * BLOCK, BLOCK)
    next_y = _first_edge(target.y, dy, inv_y, by * BLOCK, BLOCK)
    t = 0.0
    while True:
        t_out = min(next_x, next_y, 1.0)
        # The walk through single cells costs most: it is skipped if the whole block lies below the ray.
        if solids.block_top[by, bx] + margin > target.z + min(dz * t, dz * t_out) and _hits_wall(
            solids, solids.under, ray, t, t_out, bx, by
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
        # Both ends lie inside the field, so only rounding leads here: "hidden" is the safe answer.
        if not (0 <= bx < solids.block_top.shape[1] and 0 <= by < solids.block_top.shape[0]):
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
def _hits_wall(solids: Any, under: Any, ray: Any, t: float, t_out: float, bx: int, by: int) -> bool:
    """Whether the ray, between the parameters t and t_out, meets a solid of block (by, bx) or its ground.

    `under` is that of the solids. It is a separate argument because numba removes the code behind `under is None` only
    for an argument. An attribute that is None would be indexed, which fails to compile.
    """
    top, ground, margin = solids.top, solids.ground, ray.margin
    tx, ty, tz = ray.start.x, ray.start.y, ray.start.z
    dx, dy, dz = ray.way.x, ray.way.y, ray.way.z
    col_min, row_min = bx * BLOCK, by * BLOCK
    col_max, row_max = min(col_min + BLOCK, top.shape[1]) - 1, min(row_min + BLOCK, top.shape[0]) - 1
    # Rounding may put the entry point a hair outside the block, so the first cell is clamped into the block.
    col = min(max(int(tx + dx * t), col_min), col_max)
    row = min(max(int(ty + dy * t), row_min), row_max)
    next_x = _first_edge(tx, dx, ray.inv_x, col, 1)
    next_y = _first_edge(ty, dy, ray.inv_y, row, 1)
    while True:
        t_next = min(next_x, next_y, t_out)
        low = tz + min(dz * t, dz * t_next)
        height = top[row, col]
        # The margin raises only buildings: raised ground would hide the target that stands on it.
        is_taller = height > low or (height + margin > low and height > ground[row, col] + np.float32(BUILDING_M))
        if is_taller:
            # The ground hides in every cell. The eye's own cell is excused for the mast's building alone.
            if ground[row, col] > low:
                return True
            if col != ray.eye_col or row != ray.eye_row:
                if under is None:
                    return True
                # Below the underside for the whole step, the ray passes under the hanging solid.
                if under[row, col] - margin <= tz + max(dz * t, dz * t_next):
                    return True
        if t_next >= t_out:
            return False
        if next_x < next_y:
            col += 1 if dx > 0 else -1
            next_x += ray.inv_x
        else:
            row += 1 if dy > 0 else -1
            next_y += ray.inv_y
        if col < col_min or col > col_max or row < row_min or row > row_max:
            return False
        t = t_next
