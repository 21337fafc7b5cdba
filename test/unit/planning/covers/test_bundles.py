"""Sums over bundles of columns are the sums over each column, to the last bit."""

import numpy as np
import pytest

from blindspot.planning.covers.bundles import bundled, reduced_costs


@pytest.mark.parametrize("columns", [0, 1, 7, 8, 9, 200])
def test_reduced_costs_are_the_costs_less_the_prices_one_after_another(columns):
    chance = np.random.default_rng(columns)
    rows = 60
    sees = [np.sort(chance.choice(rows, chance.integers(0, 20), replace=False)) for _ in range(columns)]
    first = np.concatenate([[0], np.cumsum([len(some) for some in sees])]).astype(np.int64)
    seen = np.concatenate([np.empty(0, np.int64), *sees]).astype(np.int32)
    cost, price = chance.random(columns) * 9.0, chance.random(rows)
    wanted = cost.copy()
    for c, some in enumerate(sees):
        for row in some:
            wanted[c] -= price[row]
    assert np.array_equal(reduced_costs(bundled(first, seen, rows), cost, price), wanted)
