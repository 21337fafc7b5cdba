"""Heights, legs and areas as a plan file writes them."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from shapely.geometry import Polygon

from blindspot.mission.rounding import area_within_m2, height_below, on_leg, outline_of, pieces


@given(home_m=st.floats(-300, 300), up_m=st.floats(0.0, 400.0))
def test_the_return_above_a_pad_is_never_over_the_route(home_m, up_m):
    up_m = round(up_m, 2)
    above_home_m = height_below(up_m - home_m, -home_m, up_m)
    assert home_m + above_home_m <= up_m
    assert home_m + above_home_m == pytest.approx(up_m, abs=0.0101)


@given(lowest_cm=st.integers(-30_000, 30_000), most_m=st.sampled_from([76.0, 100.0, 119.99, 120.0]))
def test_a_height_at_the_limit_is_not_over_it(lowest_cm, most_m):
    lowest_m = lowest_cm / 100
    up_m = height_below(lowest_m + most_m, lowest_m, most_m)
    assert up_m - lowest_m <= most_m
    assert up_m == pytest.approx(lowest_m + most_m, abs=0.0101)


@given(count=st.integers(1, 60), noise_m=st.floats(-1e-9, 1e-9))
def test_a_leg_of_whole_pieces_is_cut_alike_whichever_way_its_length_was_worked_out(count, noise_m):
    assert pieces(3.0 * count + noise_m, 3.0) == count


def test_a_place_on_a_leg_is_the_same_whichever_way_it_was_worked_out():
    start, end = 28.5, 256.5
    ahead = np.linspace(start, end, 77)
    behind = [end + (k / 76) * (start - end) for k in range(76, -1, -1)]
    assert [on_leg(at) for at in ahead] == [on_leg(at) for at in behind]


def test_an_outline_is_written_to_the_millimetre_and_only_once():
    drawn = Polygon([(0.00049, 0.0), (10.0004, 0.00061), (5.0, 10.0)])
    written = outline_of(drawn)
    assert list(written.exterior.coords)[:3] == [(0.0, 0.0), (10.0, 0.001), (5.0, 10.0)]
    assert outline_of(written) == written


def test_an_area_may_differ_by_its_outline_moved_by_a_millimetre_and_by_little_at_all():
    whole = np.ones((40, 40), dtype=bool)
    assert area_within_m2(whole, 0.5) == 1.0
    chequered = np.indices((400, 400)).sum(axis=0) % 2 == 0
    assert area_within_m2(chequered, 0.5) == pytest.approx(0.001 * 0.5 * 2 * 400 * 399)
