"""Round trips: a permutation, never longer than the one it started from, the best for a few places."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from blindspot.planning.tours.tour import closed_tour, tour_cost

places = st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=1, max_size=7)


def distances(points):
    at = np.array(points, dtype=float).reshape(-1, 2)
    return np.linalg.norm(at[:, None] - at[None], axis=2)


@settings(max_examples=50, deadline=None)
@given(places)
def test_it_visits_every_place_once_from_the_first(points):
    order = closed_tour(distances(points))
    assert sorted(order) == list(range(len(points)))
    assert order[0] == 0


@settings(max_examples=30, deadline=None)
@given(places)
def test_few_places_are_ordered_within_a_tenth_of_the_best(points):
    cost = distances(points)
    best = min(tour_cost(cost, np.array([0, *rest])) for rest in permutations(range(1, len(points))))
    assert tour_cost(cost, closed_tour(cost)) <= 1.10 * best + 1e-6


def test_a_circle_is_walked_round():
    angle = np.random.default_rng(3).permutation(40) * 2 * np.pi / 40
    cost = distances(np.column_stack([np.cos(angle), np.sin(angle)]))
    assert tour_cost(cost, closed_tour(cost)) == pytest.approx(40 * 2 * np.sin(np.pi / 40))
