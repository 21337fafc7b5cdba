"""A local search for covers that gives more weight to rows that are hard to cover.

This is row weighting local search (Gao, Weise and Li, "An efficient local search heuristic with row weighting for the
unicost set covering problem", 2015). An additional step extends it to arbitrary costs: it keeps the cost below the best
known one. The search drops columns from a cover until rows are uncovered, then swaps one column at a time. The penalty
of rows that stay uncovered grows. A partial cover may leave out rows of the weight `slack` in total.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from blindspot.planning.covers.cover_problem import Flags, Floats, Numbers, Problem

LITTLE = 1e-9
"""Tolerance for rounding in sums of costs and weights."""


class _Cover(NamedTuple):
    """A problem and a changing set of its columns; `totals` is (uncovered rows, their weight, cost of the set).

    `score[c]` is the penalty of the rows that only c covers or, for a column outside, of its uncovered rows.
    `owners[i]` is the sum of the numbers of the columns inside that cover row i: for a single column, its number.
    """

    first: Numbers
    seen: NDArray[np.int32]
    start: Numbers
    by: NDArray[np.int32]
    cost: Floats
    weight: Floats
    inside: Flags
    score: Floats
    times: Numbers
    owners: Numbers
    penalty: Floats
    open_rows: Numbers
    open_at: Numbers
    totals: Floats


@numba.njit(cache=True, nogil=True)
def _enter(now, c):  # type: ignore[no-untyped-def]
    now.inside[c] = True
    now.totals[2] += now.cost[c]
    for j in range(now.first[c], now.first[c + 1]):
        i = now.seen[j]
        if now.times[i] == 0:
            for k in range(now.start[i], now.start[i + 1]):
                if now.by[k] != c:
                    now.score[now.by[k]] -= now.penalty[i]
            now.totals[0] -= 1
            now.totals[1] -= now.weight[i]
            last = now.open_rows[int(now.totals[0])]
            now.open_rows[now.open_at[i]] = last
            now.open_at[last] = now.open_at[i]
        elif now.times[i] == 1:
            now.score[now.owners[i]] -= now.penalty[i]
        now.times[i] += 1
        now.owners[i] += c


@numba.njit(cache=True, nogil=True)
def _leave(now, c):  # type: ignore[no-untyped-def]
    now.inside[c] = False
    now.totals[2] -= now.cost[c]
    for j in range(now.first[c], now.first[c + 1]):
        i = now.seen[j]
        now.times[i] -= 1
        now.owners[i] -= c
        if now.times[i] == 0:
            for k in range(now.start[i], now.start[i + 1]):
                if now.by[k] != c:
                    now.score[now.by[k]] += now.penalty[i]
            now.open_at[i] = int(now.totals[0])
            now.open_rows[now.open_at[i]] = i
            now.totals[0] += 1
            now.totals[1] += now.weight[i]
        elif now.times[i] == 1:
            now.score[now.owners[i]] += now.penalty[i]


@numba.njit(cache=True, nogil=True)
def _covers(now, slack):  # type: ignore[no-untyped-def]
    """Whether the uncovered weight is at most `slack`, with a tolerance: the running sum gathers rounding errors."""
    return now.totals[0] == 0 or now.totals[1] <= slack + LITTLE


@numba.njit(cache=True, nogil=True)
def _least_needed(now, moved, tabu):  # type: ignore[no-untyped-def]
    """The column inside with the least score for its cost, among equals the one longest inside; -1 if there is none."""
    worst = -1
    for c in range(len(now.cost)):
        if now.inside[c] and c != tabu:
            if worst >= 0:
                mine, least = now.score[c] * now.cost[worst], now.score[worst] * now.cost[c]
                if mine > least or (mine == least and moved[c] >= moved[worst]):
                    continue
            worst = c
    return worst


@numba.njit(cache=True, nogil=True)
def _most_useful(now, row, moved, waits, below):  # type: ignore[no-untyped-def]
    """The column over a row, cheaper than `below`, with the highest score for its cost; -1 if none is eligible.

    Among equals it is the one longest outside. A column that left is the last resort until its score changes.
    """
    best = -1
    for k in range(now.start[row], now.start[row + 1]):
        c = now.by[k]
        if now.cost[c] >= below:
            continue
        if best >= 0:
            idle, best_idle = waits[c] == now.score[c], waits[best] == now.score[best]
            if idle and not best_idle:
                continue
            if idle == best_idle:
                mine, most = now.score[c] * now.cost[best], now.score[best] * now.cost[c]
                if mine < most or (mine == most and moved[c] >= moved[best]):
                    continue
        best = c
    return best


@numba.njit(cache=True, nogil=True)
def _improve(now, slack, steps, dice, stop):  # type: ignore[no-untyped-def]
    """The best set found in `steps` steps, from the cover that `now` holds; ends early at the cost `stop`."""
    columns = len(now.cost)
    moved = np.zeros(columns, dtype=np.int64)
    waits = np.full(columns, -1.0)
    best, best_cost, tabu = now.inside.copy(), np.inf, -1
    for step in range(1, steps + 1):
        while _covers(now, slack):
            if now.totals[2] < best_cost - LITTLE:
                best[:], best_cost = now.inside, now.totals[2]
            c = _least_needed(now, moved, -1)
            if best_cost <= stop + LITTLE or c < 0:
                return best
            _leave(now, c)
            moved[c], waits[c] = step, now.score[c]
        c = _least_needed(now, moved, tabu)
        if c >= 0:
            _leave(now, c)
            moved[c], waits[c] = step, now.score[c]
        below = best_cost - LITTLE
        c = _most_useful(now, now.open_rows[dice.integers(0, int(now.totals[0]))], moved, waits, below)
        while c >= 0 and now.totals[2] + now.cost[c] >= below:
            out = _least_needed(now, moved, -1)
            _leave(now, out)
            moved[out], waits[out] = step, now.score[out]
        while c >= 0 and now.totals[2] + now.cost[c] < below:
            _enter(now, c)
            moved[c], tabu = step, c
            if _covers(now, slack):
                break
            c = _most_useful(now, now.open_rows[dice.integers(0, int(now.totals[0]))], moved, waits, below)
        for n in range(int(now.totals[0])):
            i = now.open_rows[n]
            now.penalty[i] += now.weight[i]
            for k in range(now.start[i], now.start[i + 1]):
                now.score[now.by[k]] += now.weight[i]
    return best


def improved(problem: Problem, chosen: Flags, steps: int, seed: int, slack: float = 0.0, stop: float = 0.0) -> Flags:
    """The best cover that a local search of `steps` steps finds, at worst the given one."""
    p = problem
    if not p.rows:
        return np.zeros(p.columns, dtype=bool)
    weight = p.weight / p.weight.mean()
    sums = np.diff(np.concatenate([[0.0], np.cumsum(weight[p.seen])])[p.first])
    now = _Cover(
        p.first, p.seen, p.start, p.by, p.cost, weight, np.zeros(p.columns, dtype=bool), sums,
        np.zeros(p.rows, dtype=np.int64), np.zeros(p.rows, dtype=np.int64), weight.copy(),
        np.arange(p.rows), np.arange(p.rows), np.array([p.rows, weight.sum(), 0.0]),
    )  # fmt: skip
    for c in np.flatnonzero(chosen):
        _enter(now, c)
    return _improve(now, slack / p.weight.mean(), steps, np.random.default_rng(seed), stop)  # type: ignore[no-any-return]
