"""Covers: all ground worth a view is covered, by few views at few places."""

import numpy as np
from hypothesis import given, settings, strategies as st

from blindspot.planning.covers.cover import cover

sets = st.lists(st.sets(st.integers(0, 14), max_size=8), min_size=1, max_size=12)


def covered(seen_by, allowed=None, place=None, enough=1.0, weight=None, move_s=0.0):
    first = np.concatenate([[0], np.cumsum([len(s) for s in seen_by])]).astype(np.int64)
    seen = np.array([i for s in seen_by for i in sorted(s)], dtype=np.int32)
    place = np.arange(len(seen_by)) if place is None else place
    return cover(
        first, seen, np.array(place, dtype=np.int32), np.ones(15) if weight is None else weight,
        allowed=np.ones(len(seen_by), bool) if allowed is None else np.array(allowed),
        stay_s=1.0, move_s=move_s, enough=enough,
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(sets)
def test_everything_that_any_view_sees_is_covered_and_no_view_is_needless(seen_by):
    chosen = [seen_by[c] for c in covered(seen_by)]
    assert set().union(*chosen) == set().union(*seen_by)
    for k, one in enumerate(chosen):
        assert one - set().union(*chosen[:k], *chosen[k + 1 :])


@settings(max_examples=40, deadline=None)
@given(sets, st.lists(st.booleans(), min_size=12, max_size=12))
def test_views_that_are_not_allowed_are_never_chosen(seen_by, allowed):
    for c in covered(seen_by, allowed=allowed[: len(seen_by)]):
        assert allowed[c]


def test_small_gains_are_not_worth_a_view():
    assert list(covered([{0, 1, 2, 3}, {4}], enough=2.0)) == [0]


def test_weights_decide_between_views():
    assert list(covered([{0, 1}, {2}], enough=5.0, weight=np.array([1.0, 1.0, 9.0] + [0.0] * 12))) == [1]


def test_a_place_already_visited_is_preferred():
    """Two views see the same five cells; the second stands where the first choice already is."""
    chosen = covered([{0, 1, 2, 3, 4, 5, 6}, {7, 8, 9}, {7, 8, 9}], place=[0, 1, 0], move_s=5.0)
    assert sorted(chosen) == [0, 2]


def test_nothing_to_see_needs_no_view():
    assert len(covered([set(), set()])) == 0
