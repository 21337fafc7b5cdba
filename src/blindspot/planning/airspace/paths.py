"""Shortest ways through legal air: a grid search, then a straightening of the path in the exact polygon."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from blindspot.planning.airspace.air import Air

Point2 = tuple[float, float]
JOINED_CELLS = 3
"""Greatest distance of a place in a closed cell from the joining open cell of the grid, in cells."""


@numba.njit(cache=True, nogil=True)
def _flood(is_open, row, col):  # type: ignore[no-untyped-def]
    """Distances from a start in fifths of a cell, and the cell before each: Dial's buckets, moves of 5, diagonal 7."""
    rows, cols = is_open.shape
    far = np.int32(2**31 - 1)
    distance = np.full(rows * cols, far, dtype=np.int32)
    before = np.full(rows * cols, -1, dtype=np.int32)
    distance[row * cols + col] = 0
    buckets = [[np.int32(0) for _ in range(0)] for _ in range(8)]
    buckets[0].append(np.int32(row * cols + col))
    at, idle = 0, 0
    while idle < 8:
        bucket = buckets[at % 8]
        if not bucket:
            at, idle = at + 1, idle + 1
            continue
        idle = 0
        cell = bucket.pop()
        if distance[cell] != at:
            continue
        r, c = cell // cols, cell % cols
        for dr in range(-1, 2):
            for dc in range(-1, 2):
                nr, nc = r + dr, c + dc
                if nr < 0 or nc < 0 or nr >= rows or nc >= cols or not is_open[nr, nc]:
                    continue
                diagonal = dr != 0 and dc != 0
                if diagonal and not (is_open[r, nc] and is_open[nr, c]):
                    continue
                total = at + (7 if diagonal else 5)
                after = np.int32(nr * cols + nc)
                if total < distance[after]:
                    distance[after] = total
                    before[after] = cell
                    buckets[total % 8].append(after)
    return distance, before


@numba.njit(cache=True, nogil=True)
def _ancestors(before, goals, marked):  # type: ignore[no-untyped-def]
    """Mark the goals and every cell on the ways to them."""
    for goal in goals:
        cell = goal
        while cell >= 0 and not marked[cell]:
            marked[cell] = True
            cell = before[cell]


@dataclass(frozen=True, slots=True)
class Ways:
    """All shortest ways from one point: distances, m, over the cells of the air's grid, infinite out of reach."""

    air: Air
    start: Point2
    distance_m: NDArray[np.float32]
    before: NDArray[np.int32]

    def to(self, goal: Point2) -> tuple[Point2, ...]:
        """The turns of the way to `goal`, both ends included; empty if `goal` is out of reach."""
        if self.air.holds((self.start, goal)):
            return (self.start, goal)
        index = _open_cell(self.air, goal)
        if index is None or not np.isfinite(self.distance_m[index]):
            return ()
        cell = index[0] * self.air.grid.cols + index[1]
        cells = []
        while cell >= 0:
            cells.append(cell)
            cell = int(self.before[cell])
        bends = [(float(e), float(n)) for e, n in self.air.grid.centres(np.array(cells[::-1]))]
        return _pulled(self.air, (self.start, *bends, goal))

    def tree(self, goals: NDArray[np.integer]) -> NDArray[np.bool_]:
        """The flat cells `goals`, which are in reach, and all cells on the ways to them, shaped as the grid."""
        marked = np.zeros(self.before.size, dtype=np.bool_)
        _ancestors(self.before, np.asarray(goals, dtype=np.int64), marked)
        return marked.reshape(self.distance_m.shape)


def flood_m(is_open: NDArray[np.bool_], start: tuple[int, int] | None, cell_m: float) -> NDArray[np.float32]:
    """Length of the shortest way from a cell, (row, column), to every other, m; infinite out of reach."""
    if start is None or not is_open[start]:
        return np.full(is_open.shape, np.inf, dtype=np.float32)
    distance, _ = _flood(is_open, *start)
    return _metres(distance, cell_m).reshape(is_open.shape)


def _metres(distance: NDArray[np.int32], cell_m: float) -> NDArray[np.float32]:
    """Distances of `_flood` in metres, infinite out of reach."""
    metres = (distance * (cell_m / 5.0)).astype(np.float32)
    metres[distance == np.iinfo(np.int32).max] = np.inf
    return metres


def ways_from(air: Air, start: Point2) -> Ways:
    """Search from a point of the air. From a point in a closed cell that no straight line joins to an open one nearby,
    only straight lines reach a goal."""
    index = _open_cell(air, start)
    if index is None:
        empty = np.full(air.grid.shape, np.inf, dtype=np.float32)
        return Ways(air, start, empty, np.full(empty.size, -1, dtype=np.int32))
    distance, before = _flood(air.open, *index)
    return Ways(air, start, _metres(distance, air.grid.cell_m).reshape(air.grid.shape), before)


def _open_cell(air: Air, at: Point2) -> tuple[int, int] | None:
    """The cell of a place if it is open. A place at the edge of the air may lie in a closed one, or behind an edge in
    the cell of a passage: then the nearest open cell to whose centre the straight line is legal."""
    index = air.grid.index(*at)
    if index is None:
        return None
    is_whole = index[0] * air.grid.cols + index[1] not in air.passages
    if air.open[index] and (is_whole or air.holds((at, air.grid.centre(*index)))):
        return index
    near = [slice(max(0, k - JOINED_CELLS), k + JOINED_CELLS + 1) for k in index]
    rows, cols = np.nonzero(air.open[near[0], near[1]])
    cells = [(int(row) + near[0].start, int(col) + near[1].start) for row, col in zip(rows, cols, strict=True)]
    cells.sort(key=lambda cell: math.dist(air.grid.centre(*cell), at))
    return next((cell for cell in cells if air.holds((at, air.grid.centre(*cell)))), None)


def _pulled(air: Air, path: tuple[Point2, ...]) -> tuple[Point2, ...]:
    """The path, with turns removed where a straight line through legal air replaces them."""
    turns, at, last = [path[0]], 0, len(path) - 1
    while at < last:
        reach, stride = at + 1, 1
        while reach < last and air.holds((path[at], path[min(reach + stride, last)])):
            reach = min(reach + stride, last)
            stride *= 2
        while stride > 1:
            stride //= 2
            if reach + stride <= last and air.holds((path[at], path[reach + stride])):
                reach += stride
        turns.append(path[reach])
        at = reach
    return tuple(turns)
