"""The order of visits: nearest neighbour, then 2-opt and Or-opt until neither shortens the tour."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray


@numba.njit(cache=True, nogil=True)
def _nearest_first(cost):  # type: ignore[no-untyped-def]
    count = len(cost)
    order = np.zeros(count, dtype=np.int64)
    used = np.zeros(count, dtype=np.bool_)
    used[0] = True
    for k in range(1, count):
        best = -1
        for j in range(count):
            if not used[j] and (best < 0 or cost[order[k - 1], j] < cost[order[k - 1], best]):
                best = j
        order[k] = best
        used[best] = True
    return order


@numba.njit(cache=True, nogil=True)
def _improve(cost, order):  # type: ignore[no-untyped-def]
    """Reverse stretches (2-opt) and move short ones (Or-opt, up to three stops); the costs are symmetric."""
    count = len(order)
    better = True
    while better:
        better = False
        for i in range(1, count - 1):
            for j in range(i + 1, count):
                a, b, c, d = order[i - 1], order[i], order[j], order[(j + 1) % count]
                if cost[a, c] + cost[b, d] < cost[a, b] + cost[c, d] - 1e-9:
                    order[i : j + 1] = order[i : j + 1][::-1].copy()
                    better = True
        for size in range(1, 4):
            for i in range(1, count - size + 1):
                first, last = order[i], order[i + size - 1]
                before, after = order[i - 1], order[(i + size) % count]
                saved = cost[before, first] + cost[last, after] - cost[before, after]
                rest = np.concatenate((order[:i], order[i + size :]))
                place, best = -1, saved - 1e-9
                backwards = False
                for k in range(len(rest)):
                    p, q = rest[k], rest[(k + 1) % len(rest)]
                    for turned in (False, True):
                        x, y = (last, first) if turned else (first, last)
                        extra = cost[p, x] + cost[y, q] - cost[p, q]
                        if extra < best:
                            place, best, backwards = k, extra, turned
                if place >= 0:
                    piece = order[i : i + size].copy()
                    if backwards:
                        piece = piece[::-1].copy()
                    order[:] = np.concatenate((rest[: place + 1], piece, rest[place + 1 :]))
                    better = True
    return order


def closed_tour(cost: NDArray[np.float64]) -> NDArray[np.int64]:
    """A short round trip over all places, starting at 0, for a symmetric (n, n) matrix of costs."""
    if len(cost) < 3:
        return np.arange(len(cost))
    return _improve(cost, _nearest_first(cost))  # type: ignore[no-any-return]


def tour_cost(cost: NDArray[np.float64], order: NDArray[np.int64]) -> float:
    """Cost of the round trip."""
    return float(cost[order, np.roll(order, -1)].sum())
