"""Sectors: apart by the gap, convex, each with its pad."""

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st
from shapely.geometry import MultiPoint, Point

from blindspot.core.errors import PlanningError
from blindspot.planning.airspace.sectors import sectors, weights_for

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


def test_weights_keep_each_drones_posts_in_its_sector():
    """Pads 100 m apart, gap 20 m, a post 60 m on the way to the other: w_a - w_b >= 2*60*100 + 20*100 - 100^2."""
    posts = {"a": np.array([[0.0, 0.0], [60.0, 30.0]]), "b": np.array([[100.0, 0.0]])}
    weights = weights_for(posts, 20.0)
    assert weights["a"] - weights["b"] == pytest.approx(4000.0)
    areas = sectors({"a": (0.0, 0.0), "b": (100.0, 0.0)}, weights, BOUNDS, 20.0)
    assert areas["a"].buffer(1e-6).covers(Point(60.0, 30.0)) and areas["b"].covers(Point(100.0, 0.0))


def test_drones_across_each_others_ways_have_no_sectors():
    posts = {"a": np.array([[0.0, 0.0], [60.0, 0.0]]), "b": np.array([[100.0, 0.0], [40.0, 0.0]])}
    with pytest.raises(PlanningError, match="across each other"):
        weights_for(posts, 20.0)


@settings(max_examples=80, deadline=None)
@given(
    pads=pads, weights=st.lists(st.floats(-3000, 3000), min_size=4, max_size=4), lost=st.integers(0, 3),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_without_one_drone_there_are_sectors_that_hold_what_the_others_had(pads, weights, lost, seed):
    """Every place inside a remaining drone's old sector is inside its new one."""
    weights_m2 = dict(zip(pads, weights, strict=False))
    try:
        areas = sectors(pads, weights_m2, BOUNDS, 20.0)
    except PlanningError:
        assume(False)
    rng, posts = np.random.default_rng(seed), {}
    for name in [name for number, name in enumerate(pads) if number != lost % len(pads)]:
        corners = np.array(areas[name].exterior.coords)[:-1]
        inside = rng.dirichlet(np.ones(len(corners)), size=4) @ corners
        posts[name] = np.vstack([pads[name], inside])
    new = sectors({name: pads[name] for name in posts}, weights_for(posts, 20.0), BOUNDS, 20.0)
    for name, area in new.items():
        assert area.buffer(1e-6).covers(MultiPoint(posts[name]))


def test_pads_that_are_too_near_are_named_with_their_distance():
    with pytest.raises(PlanningError, match=r"pad of a is 12\.0 m from that of b, and the sectors need 19 m"):
        sectors({"a": (0.0, 0.0), "b": (12.0, 0.0)}, {"a": 0.0, "b": 0.0}, (-50.0, -50.0, 50.0, 50.0), 19.0)
