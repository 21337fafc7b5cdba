"""A bounded rate is never exceeded, whatever comes."""

from itertools import pairwise

from hypothesis import given, strategies as st

from blindspot.core.rate_limit import RateLimit


@given(st.floats(0.05, 10), st.lists(st.floats(0, 3), max_size=60))
def test_events_that_pass_are_a_period_apart(rate_hz, gaps_s):
    limit, now_s, passed_s = RateLimit(rate_hz), 1000.0, []
    for gap_s in gaps_s:
        now_s += gap_s
        if limit.is_due(now_s):
            passed_s.append(now_s)
    assert all(later - earlier > 0.998 / rate_hz for earlier, later in pairwise(passed_s))
    assert bool(passed_s) == bool(gaps_s)


def test_pictures_that_come_at_the_rate_all_pass():
    limit = RateLimit(5.0)
    assert [limit.is_due(1.7e9 + number * 0.2) for number in range(50)] == [True] * 50


def test_a_clock_that_is_set_back_begins_anew():
    limit = RateLimit(0.1)
    assert [limit.is_due(now_s) for now_s in (100.0, 105.0, 20.0, 25.0, 30.0)] == [True, False, True, False, True]
