"""The least number of views: a lower bound of every cover, and exact for views that do not overlap."""

import numpy as np
import pytest

from blindspot.planning.bounds.view_bound import least_views
from blindspot_lab.solvers.set_cover import set_cover


def views(*sees):
    first = np.cumsum([0, *map(len, sees)]).astype(np.int64)
    return first, np.array([cell for seen in sees for cell in seen], dtype=np.int32)


def test_without_overlap_every_look_is_needed():
    assert least_views(*views([0, 1], [2], [3, 4, 5]), 6) == 3


def test_unseeable_ground_needs_no_look():
    assert least_views(*views([0, 1], [], [1]), 9) == 1
    assert least_views(np.zeros(1, np.int64), np.empty(0, np.int32), 5) == 0


@pytest.mark.parametrize("seed", range(5))
def test_no_cover_has_fewer(seed):
    random = np.random.default_rng(seed)
    first, seen = views(*(random.choice(40, random.integers(2, 9), replace=False).tolist() for _ in range(60)))
    best = set_cover(first, seen, np.ones(60), 40)
    assert best.proven
    assert 1 <= least_views(first, seen, 40) <= best.cost


def test_a_plan_has_at_least_as_many_views_as_its_bound(plan):
    assert plan.looks is not None
    assert 0 < plan.looks.least <= plan.looks.planned
