"""The choice of changes is the best one: by hand, and against trying them all."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
from hypothesis import given, settings, strategies as st

from blindspot.coverage.improve.choose import best_sets, gain_of
from blindspot.coverage.improve.options import choice
from blindspot.site.town.model import FixedCamera

CAMERA = FixedCamera(
    id="a", east_m=0.0, north_m=0.0, height_m=6.0, kind="fixed", heading_deg=0.0, tilt_deg=-10.0, hfov_deg=60.0,
    vfov_deg=40.0, width_px=1000, height_px=1000, range_m=50.0,
)  # fmt: skip
TARGETS = 10


def numbers(members):
    return np.array(sorted(members), np.int32)


def camera(now, *options, height_m=6.0):
    return choice(CAMERA, numbers(now), [(replace(CAMERA, height_m=height_m), numbers(o)) for o in options])


def pole(*options):
    return choice(None, numbers([]), [(CAMERA, numbers(o)) for o in options])


def times_of(choices):
    return sum((np.isin(np.arange(TARGETS), c.now).astype(np.int32) for c in choices), np.zeros(TARGETS, np.int32))


def tried_all(choices, most):
    """The largest gain of at most `most` changes, at most one a choice."""
    best, times = 0, times_of(choices)
    for k in range(1, most + 1):
        for which in combinations(range(len(choices)), k):
            for options in product(*(range(len(choices[c].options)) for c in which)):
                best = max(best, gain_of(choices, times, list(zip(which, options, strict=True))))
    return best


def test_where_the_greedy_choice_is_wrong_the_best_pair_is_found():
    """The widest view takes the middle six; with either half it makes 7, the two halves together see 8."""
    poles = [pole([1, 2, 3, 4, 5, 6]), pole([0, 1, 2, 3]), pole([4, 5, 6, 7])]
    one, two = best_sets(poles, TARGETS, 3)
    assert (one.picks, one.gain, one.bound) == (((0, 0),), 6, 6)
    assert (sorted(two.picks), two.gain, two.bound) == ([(1, 0), (2, 0)], 8, 8)


def test_two_changes_that_lose_alone_may_win_together():
    """Each camera sees three targets, and could see the other's three and one more: alone that loses two."""
    cameras = [camera([0, 1, 2], [3, 4, 5, 6]), camera([3, 4, 5], [0, 1, 2, 7])]
    assert gain_of(cameras, times_of(cameras), [(0, 0)]) == -2
    (both,) = best_sets(cameras, TARGETS, 2)
    assert (sorted(both.picks), both.gain, both.bound) == ([(0, 0), (1, 0)], 2, 2)


def test_nothing_is_changed_where_nothing_gains():
    assert best_sets([camera([0, 1, 2], [0, 1], [3, 4])], TARGETS, 3) == ()
    assert best_sets([], TARGETS, 3) == ()


def test_of_equals_the_smaller_job_is_taken():
    """A new camera, a higher mast and a turned camera would see the same."""
    jobs = [pole([0, 1]), camera([], [0, 1], height_m=8.0), camera([], [0, 1])]
    (one,) = best_sets(jobs, TARGETS, 2)
    assert one.picks == ((2, 0),)
    (one,) = best_sets(jobs[:2], TARGETS, 2)
    assert one.picks == ((1, 0),)


some = st.sets(st.integers(0, TARGETS - 1), max_size=6)
choices_of = st.lists(st.tuples(st.booleans(), some, st.lists(some, min_size=1, max_size=3)), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(choices_of)
def test_it_is_as_good_as_trying_them_all_and_says_so(drawn):
    choices = [pole(*options) if is_pole else camera(now, *options) for is_pole, now, options in drawn]
    found = best_sets(choices, TARGETS, 3)
    for most in (1, 2, 3):
        best = max((c.gain for c in found if len(c.picks) <= most), default=0)
        assert best == tried_all(choices, most)
    for chosen in found:
        assert chosen.gain == gain_of(choices, times_of(choices), chosen.picks) == chosen.bound > 0
        assert len({c for c, _ in chosen.picks}) == len(chosen.picks)
