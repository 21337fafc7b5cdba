"""A lower bound of the cost of every cover: the Lagrangian bound, raised by a subgradient search (Held and Karp 1971).

Each row i gets a price u_i >= 0 for being covered. Then, for any prices,

    sum of u  +  sum over columns of min(0, cost - prices of its rows)  -  the dearest rows that may be left out

is a bound: `slack` is the permitted missing weight of a partial cover, and the last term is the fractional knapsack
of this weight. With the best prices it is the bound of linear programming.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from blindspot.planning.covers.bundles import bundled, reduced_costs
from blindspot.planning.covers.cover_problem import Floats, Problem

WITHOUT_GAIN, SHORTER, MOMENTUM = 50, 0.7, 0.95
"""Number of steps without a better bound before the stride is shortened; factor of this shortening; share of the last
step that each step keeps. Without this momentum the search zigzags: on 13 000 columns it ends at 323, and the bound of
linear programming is 327.5."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A proven bound and the reduced costs of the columns at its prices: cost minus prices."""

    value: float
    reduced: Floats


@numba.njit(cache=True, nogil=True)
def _left_out(price, weight, slack):  # type: ignore[no-untyped-def]
    """Returns (shares of the rows with the highest price per weight, up to a weight of `slack`; their total price)."""
    share = np.zeros(len(price))
    total = 0.0
    if slack > 0.0:
        for i in np.argsort(-price / weight):
            if slack <= 0.0 or price[i] <= 0.0:
                break
            share[i] = min(1.0, slack / weight[i])
            slack -= share[i] * weight[i]
            total += share[i] * price[i]
    return share, total


@numba.njit(cache=True, nogil=True)
def _value(first, seen, bundles, cost, weight, slack, price):  # type: ignore[no-untyped-def]
    """Returns (bound, reduced costs, coverage that each row lacks in the solution of the bound)."""
    reduced = reduced_costs(bundles, cost, price)
    share, saved = _left_out(price, weight, slack)
    lacking = 1.0 - share
    value = price.sum() - saved
    for c in range(len(cost)):
        if reduced[c] < 0.0:
            value += reduced[c]
            for j in range(first[c], first[c + 1]):
                lacking[seen[j]] -= 1.0
    return value, reduced, lacking


@numba.njit(cache=True, nogil=True)
def _raise(first, seen, bundles, cost, weight, slack, price, known, steps):  # type: ignore[no-untyped-def]
    """The prices with the best bound within `steps` steps; `known` is the cost of a cover."""
    best, best_price, stride, waited = -np.inf, price.copy(), 1.0, 0
    along = np.zeros(len(price))
    for _ in range(steps):
        value, _, lacking = _value(first, seen, bundles, cost, weight, slack, price)
        waited = 0 if value > best + 1e-5 * known else waited + 1
        if value > best:
            best = value
            best_price[:] = price
        if waited >= WITHOUT_GAIN:
            stride, waited = stride * SHORTER, 0
            price = best_price.copy()
        for i in range(len(price)):
            along[i] = MOMENTUM * along[i] + (lacking[i] if price[i] > 0.0 or lacking[i] > 0.0 else 0.0)
        length = (along**2).sum()
        if length == 0.0 or stride < 1e-4:
            break
        price = np.maximum(0.0, price + stride * (1.01 * known - value) / length * along)
    return best_price


def lagrangian(problem: Problem, known: float, steps: int, slack: float = 0.0) -> Bound:
    """The best bound within `steps` steps; `known` is the cost of a cover."""
    p = problem
    length = np.maximum(np.diff(p.first), 1)
    start = np.minimum.reduceat((p.cost / length)[p.by], p.start[:-1]) if p.rows else np.empty(0)
    bundles = bundled(p.first, p.seen, p.rows)
    price = _raise(p.first, p.seen, bundles, p.cost, p.weight, slack, start, known, steps)
    value, reduced, _ = _value(p.first, p.seen, bundles, p.cost, p.weight, slack, price)
    return Bound(float(value), reduced)
