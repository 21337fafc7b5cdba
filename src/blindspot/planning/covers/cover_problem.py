"""A set cover problem: columns (choices) over rows (targets), and its greedy cover."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from blindspot.planning.covers.cover import inverted

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Problem:
    """Column c costs `cost[c]` and covers rows `seen[first[c]:first[c + 1]]`. Row i is covered by columns
    `by[start[i]:start[i + 1]]` and has the weight `weight[i]`."""

    first: Numbers
    seen: NDArray[np.int32]
    start: Numbers
    by: NDArray[np.int32]
    cost: Floats
    weight: Floats

    @classmethod
    def of(cls, first: Numbers, seen: NDArray[np.int32], cost: Floats, weight: Floats) -> Problem:
        start, by = inverted(first, seen, len(weight))
        return cls(first, seen, start, by, cost, weight)

    @property
    def columns(self) -> int:
        return len(self.cost)

    @property
    def rows(self) -> int:
        return len(self.weight)

    def part(self, columns: Flags, rows: Flags) -> Problem:
        """The problem with only the flagged columns and rows, renumbered in the same order."""
        lengths = np.diff(self.first)
        kept = np.repeat(columns, lengths) & rows[self.seen]
        number = np.cumsum(rows, dtype=np.int32) - np.int32(1)
        owner = np.repeat(np.arange(self.columns), lengths)[kept]
        count = np.bincount(owner, minlength=self.columns)[columns]
        first = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
        return Problem.of(first, number[self.seen[kept]], self.cost[columns], self.weight[rows])


@numba.njit(cache=True, nogil=True)
def _greedy(first, seen, start, by, cost, weight, slack):  # type: ignore[no-untyped-def]
    columns = len(cost)
    gain = np.zeros(columns)
    for c in range(columns):
        for j in range(first[c], first[c + 1]):
            gain[c] += weight[seen[j]]
    covered = np.zeros(len(weight), dtype=np.bool_)
    chosen = np.zeros(columns, dtype=np.bool_)
    missing = weight.sum()
    while missing > slack:
        best, best_rate = -1, 0.0
        for c in range(columns):
            rate = min(gain[c], missing - slack + 1e-9) / cost[c]
            if not chosen[c] and rate > best_rate:
                best, best_rate = c, rate
        if best < 0:
            break
        chosen[best] = True
        for j in range(first[best], first[best + 1]):
            i = seen[j]
            if not covered[i]:
                covered[i] = True
                missing -= weight[i]
                for k in range(start[i], start[i + 1]):
                    gain[by[k]] -= weight[i]
    return chosen


def greedy(problem: Problem, slack: float = 0.0) -> Flags:
    """The cover whose every next column adds the most new weight for its cost."""
    p = problem
    return _greedy(p.first, p.seen, p.start, p.by, p.cost, p.weight, slack)  # type: ignore[no-any-return]
