"""Choice of views: weighted greedy set cover, then removal of the views that became redundant."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray


@numba.njit(cache=True, nogil=True)
def inverted(first, seen, targets):  # type: ignore[no-untyped-def]
    """Returns (first, candidates): the candidates for each target, from the targets of each candidate."""
    start = np.zeros(targets + 1, dtype=np.int64)
    for i in seen:
        start[i + 1] += 1
    start = np.cumsum(start)
    fill = start[:-1].copy()
    by = np.empty(len(seen), dtype=np.int32)
    for c in range(len(first) - 1):
        for j in range(first[c], first[c + 1]):
            by[fill[seen[j]]] = c
            fill[seen[j]] += 1
    return start, by


@numba.njit(cache=True, nogil=True)
def _greedy(first, seen, start, by, place, weight, allowed, stay_cost, move_cost, enough):  # type: ignore[no-untyped-def]
    """Candidates in the order of choice: each adds the most new weight per cost; visited places cost only the stay."""
    count = len(first) - 1
    gain = np.zeros(count)
    for c in range(count):
        if allowed[c]:
            for j in range(first[c], first[c + 1]):
                gain[c] += weight[seen[j]]
    covered = np.zeros(len(weight), dtype=np.bool_)
    visited = np.zeros(place.max() + 1, dtype=np.bool_)
    chosen: list[int] = []
    while True:
        best, best_rate = -1, 0.0
        for c in range(count):
            if gain[c] >= enough:
                rate = gain[c] / (stay_cost if visited[place[c]] else stay_cost + move_cost)
                if rate > best_rate:
                    best, best_rate = c, rate
        if best < 0:
            return chosen
        chosen.append(best)
        visited[place[best]] = True
        for j in range(first[best], first[best + 1]):
            i = seen[j]
            if not covered[i]:
                covered[i] = True
                for k in range(start[i], start[i + 1]):
                    if allowed[by[k]]:
                        gain[by[k]] -= weight[i]


@numba.njit(cache=True, nogil=True)
def _needless(first, seen, chosen, weight, enough):  # type: ignore[no-untyped-def]
    """Mark the chosen candidates whose removal loses less than `enough` weight, from the last chosen on."""
    times = np.zeros(len(weight), dtype=np.int32)
    for c in chosen:
        for j in range(first[c], first[c + 1]):
            times[seen[j]] += 1
    out = np.zeros(len(chosen), dtype=np.bool_)
    for k in range(len(chosen) - 1, -1, -1):
        lost = 0.0
        for j in range(first[chosen[k]], first[chosen[k] + 1]):
            if times[seen[j]] == 1:
                lost += weight[seen[j]]
        if lost < enough:
            out[k] = True
            for j in range(first[chosen[k]], first[chosen[k] + 1]):
                times[seen[j]] -= 1
    return out


def cover(
    first: NDArray[np.int64],
    seen: NDArray[np.int32],
    place: NDArray[np.int32],
    weight: NDArray[np.float64],
    *,
    allowed: NDArray[np.bool_],
    stay_s: float,
    move_s: float,
    enough: float,
) -> NDArray[np.int64]:
    """Candidates that together see all visible targets, except for gains below `enough` (in the unit of `weight`).

    Candidate c stands at `place[c]` and sees targets `seen[first[c]:first[c + 1]]`. The cost of a candidate is
    `stay_s`, plus `move_s` for a place without a chosen candidate.
    """
    if not len(place) or not len(weight):
        return np.empty(0, dtype=np.int64)
    start, by = inverted(first, seen, len(weight))
    chosen = np.array(_greedy(first, seen, start, by, place, weight, allowed, stay_s, move_s, enough), dtype=np.int64)
    if not len(chosen):
        return np.empty(0, dtype=np.int64)
    needed: NDArray[np.int64] = chosen[~_needless(first, seen, chosen, weight, enough)]
    return needed
