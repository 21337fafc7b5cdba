"""Narrow passages: cells that are not wholly legal, but whose straight moves to their open neighbours are.

The grid of legal air is open where whole cells are legal, which closes a passage narrower than about two cells. A
chain of cells through such a passage opens if the exact polygon covers each move along and beside the chain.
"""

from __future__ import annotations

from collections import defaultdict

import cv2
import numba
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from blindspot.site.ground import Grid, mask_of

LONGEST = 30
"""Most cells of a passage."""
TRIES = 6
"""Places where a passage between two parts of the air is tried."""

Mask = NDArray[np.bool_]


def with_passages(free: BaseGeometry, grid: Grid, is_open: Mask) -> Mask:
    """The open cells with the chains of cells between separate parts, each move proven in `free`."""
    parts, label = cv2.connectedComponents(is_open.astype(np.uint8), connectivity=4)
    partly = np.flatnonzero(mask_of(grid, [free], all_touched=True) & ~is_open)
    at = grid.centres(partly)
    shapely.prepare(free)
    passable = np.zeros(grid.shape, dtype=bool)
    passable.flat[partly[shapely.contains_xy(free, at[:, 0], at[:, 1])]] = True
    owner, before, depth = _grown(label.astype(np.int32), passable, LONGEST)
    rows = _meetings(owner, depth)
    root = list(range(parts))
    tried: dict[tuple[int, int], int] = defaultdict(int)
    out = is_open.copy()
    for _, first, second in rows[np.argsort(rows[:, 0], kind="stable")].tolist():
        pair = sorted((_root(root, int(owner.flat[first])), _root(root, int(owner.flat[second]))))
        if pair[0] == pair[1] or tried[pair[0], pair[1]] >= TRIES:
            continue
        tried[pair[0], pair[1]] += 1
        chain = [*_chain(before, first), *_chain(before, second)]
        if not chain or _all_legal(free, grid, out, chain):
            out.flat[chain] = True
            root[pair[0]] = pair[1]
    return out


@numba.njit(cache=True, nogil=True)
def _grown(owner, passable, longest):  # type: ignore[no-untyped-def]
    """Each part, grown step by step through passable cells: (part of each cell, previous cell, number of steps)."""
    rows, cols = owner.shape
    before = np.full(rows * cols, -1, dtype=np.int32)
    depth = np.zeros((rows, cols), dtype=np.int16)
    front = [np.int32(0) for _ in range(0)]
    for r in range(rows):
        for c in range(cols):
            if owner[r, c] > 0:
                edge = False
                for dr, dc in ((0, 1), (1, 0), (0, -1), (-1, 0)):
                    nr, nc = r + dr, c + dc
                    if 0 <= nr < rows and 0 <= nc < cols and passable[nr, nc]:
                        edge = True
                if edge:
                    front.append(np.int32(r * cols + c))
    for step in range(1, longest // 2 + 1):
        ahead = [np.int32(0) for _ in range(0)]
        for cell in front:
            r, c = cell // cols, cell % cols
            for dr, dc in ((0, 1), (1, 0), (0, -1), (-1, 0)):
                nr, nc = r + dr, c + dc
                if 0 <= nr < rows and 0 <= nc < cols and passable[nr, nc] and owner[nr, nc] == 0:
                    owner[nr, nc] = owner[r, c]
                    before[nr * cols + nc] = cell
                    depth[nr, nc] = step
                    ahead.append(np.int32(nr * cols + nc))
        front = ahead
    return owner, before, depth


def _meetings(owner: NDArray[np.int32], depth: NDArray[np.int16]) -> NDArray[np.int64]:
    """(length, cell, cell) of every two neighbours that belong to different parts."""
    cols, found = owner.shape[1], []
    for a, b, step in (
        ((slice(None), slice(None, -1)), (slice(None), slice(1, None)), 1),
        ((slice(None, -1), slice(None)), (slice(1, None), slice(None)), cols),
    ):
        row, col = np.nonzero((owner[a] > 0) & (owner[b] > 0) & (owner[a] != owner[b]))
        first = row * cols + col
        found.append(np.stack([depth.flat[first].astype(np.int64) + depth.flat[first + step], first, first + step], 1))
    return np.concatenate(found)


def _chain(before: NDArray[np.int32], cell: int) -> list[int]:
    """The passable cells from here back to the open cell that they began at, which is left out."""
    chain = []
    while before[cell] >= 0:
        chain.append(cell)
        cell = int(before[cell])
    return chain


def _root(root: list[int], part: int) -> int:
    while root[part] != part:
        part = root[part]
    return part


def _all_legal(free: BaseGeometry, grid: Grid, is_open: Mask, chain: list[int]) -> bool:
    """Whether every straight move of a search to, from and along the chain is legal."""
    cols, mine = grid.cols, set(chain)
    moves = []
    for cell in chain:
        r, c = divmod(cell, cols)

        def passable(row: int, col: int) -> bool:
            inside = 0 <= row < grid.rows and 0 <= col < cols
            return inside and (bool(is_open[row, col]) or row * cols + col in mine)

        for dr, dc in ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)):
            if passable(r + dr, c + dc) and passable(r + dr, c) and passable(r, c + dc):
                moves.append((cell, (r + dr) * cols + c + dc))
    ends = grid.centres(np.array(moves).ravel()).reshape(-1, 2, 2)
    return bool(shapely.covers(free, shapely.linestrings(ends)).all())
