"""Sectors: apart by the gap, convex, each with its pad."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from blindspot.errors import PlanningError
from blindspot.planning.sectors import sectors

BOUNDS = (-200.0, -200.0, 200.0, 200.0)
pads = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]), st.tuples(st.floats(-190, 190), st.floats(-190, 190)), min_size=2, max_size=4
)


@settings(max_examples=80, deadline=None)
@given(pads=pads, weights=st.lists(st.floats(-3000, 3000), min_size=4, max_size=4), gap_m=st.floats(15, 40))
def test_sectors_are_convex_apart_and_hold_their_pads(pads, weights, gap_m):
    try:
        areas = sectors(pads, dict(zip(pads, weights, strict=False)), BOUNDS, gap_m)
    except PlanningError:
        assume(False)
    for name, area in areas.items():
        assert area.covers(Point(pads[name]))
        assert area.convex_hull.area == pytest.approx(area.area)
        for other, rival in areas.items():
            assert other == name or area.distance(rival) >= gap_m - 1e-6


def test_a_heavier_pad_gets_more_ground():
    pads = {"a": (-50.0, 0.0), "b": (50.0, 0.0)}
    even = sectors(pads, {"a": 0.0, "b": 0.0}, BOUNDS, 20.0)
    uneven = sectors(pads, {"a": 2000.0, "b": 0.0}, BOUNDS, 20.0)
    assert even["a"].bounds[2] == pytest.approx(-10.0)
    assert uneven["a"].bounds[2] == pytest.approx(0.0)


def test_pads_closer_than_the_gap_are_refused():
    with pytest.raises(PlanningError, match="farther apart"):
        sectors({"a": (0.0, 0.0), "b": (10.0, 0.0)}, {"a": 0.0, "b": 0.0}, BOUNDS, 19.0)


def test_two_drones_on_one_spot_are_refused():
    with pytest.raises(PlanningError, match="pad of its own"):
        sectors({"a": (0.0, 0.0), "b": (0.0, 0.0)}, {"a": 0.0, "b": 0.0}, BOUNDS, 19.0)
