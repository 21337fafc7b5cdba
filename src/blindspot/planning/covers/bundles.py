"""Columns of a cover problem in bundles, for the sums of prices that a Lagrangian bound takes hundreds of times.

A sum over one column waits for each of its additions. The columns of a bundle are summed side by side, each in its own
order, so that the result is the same to the last bit in a third of the time.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

WIDTH = 8
"""Number of columns in a bundle."""


class Bundles(NamedTuple):
    """Bundle b holds the columns `column[b]`, -1 for none. Line j of `row`, for j from `first[b]` to `first[b + 1]`,
    has the next row of each; shorter columns end with the number after the last row, which costs nothing."""

    column: NDArray[np.int32]
    first: NDArray[np.int64]
    row: NDArray[np.uint16] | NDArray[np.uint32]


def bundled(first: NDArray[np.int64], seen: NDArray[np.int32], rows: int) -> Bundles:
    """Columns with rows `seen[first[c]:first[c + 1]]`; columns of about one length share a bundle."""
    length = np.diff(first)
    order = np.argsort(length, kind="stable")
    column = np.full((-(-len(length) // WIDTH), WIDTH), -1, dtype=np.int32)
    column.ravel()[: len(length)] = order
    longest = np.append(length[order], 0)[np.minimum(np.arange(len(column)) * WIDTH + WIDTH - 1, len(length) - 1)]
    starts = np.concatenate([[0], np.cumsum(longest)]).astype(np.int64)
    row = np.full((int(starts[-1]), WIDTH), rows, dtype=np.uint16 if rows < 1 << 16 else np.uint32)
    _fill(row, column, starts, first, seen)
    return Bundles(column, starts, row)


@numba.njit(cache=True, nogil=True)
def _fill(row, column, starts, first, seen):  # type: ignore[no-untyped-def]
    for b in range(len(column)):
        for k in range(column.shape[1]):
            c = column[b, k]
            for j in range(first[c], first[c + 1] if c >= 0 else first[c]):
                row[starts[b] + j - first[c], k] = seen[j]


@numba.njit(cache=True, nogil=True)
def reduced_costs(bundles, cost, price):  # type: ignore[no-untyped-def]
    """The cost of each column less the prices of the column's rows, subtracted one after another."""
    column, first, row = bundles.column, bundles.first, bundles.row
    prices, of, reduced = np.zeros(len(price) + 1), np.zeros(column.shape[1]), np.empty(len(cost))
    prices[:-1] = price
    for b in range(len(column)):
        for k in range(len(of)):
            of[k] = cost[column[b, k]] if column[b, k] >= 0 else 0.0
        a0, a1, a2, a3, a4, a5, a6, a7 = of[0], of[1], of[2], of[3], of[4], of[5], of[6], of[7]
        for j in range(first[b], first[b + 1]):
            a0 -= prices[row[j, 0]]
            a1 -= prices[row[j, 1]]
            a2 -= prices[row[j, 2]]
            a3 -= prices[row[j, 3]]
            a4 -= prices[row[j, 4]]
            a5 -= prices[row[j, 5]]
            a6 -= prices[row[j, 6]]
            a7 -= prices[row[j, 7]]
        of[0], of[1], of[2], of[3], of[4], of[5], of[6], of[7] = a0, a1, a2, a3, a4, a5, a6, a7
        for k in range(len(of)):
            if column[b, k] >= 0:
                reduced[column[b, k]] = of[k]
    return reduced
