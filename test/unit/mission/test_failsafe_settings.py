"""Where a straight way home exists, and what the autopilot is given."""

import math
from contextlib import nullcontext

import pytest
from hypothesis import given, settings, strategies as st
from pydantic import ValidationError
from shapely.geometry import LineString, Point, Polygon, box

from blindspot.mission.failsafe_settings import failsafe, fence_in, out_of_straight_reach
from blindspot.mission.px4_plan_parameters import SETTABLE

HOME = (10.0, 10.0)
YARD = box(0, 0, 100, 100)


def test_in_a_convex_place_every_way_home_is_straight():
    assert out_of_straight_reach(HOME, YARD).is_empty


def test_behind_a_tower_there_is_none():
    shadows = out_of_straight_reach(HOME, YARD.difference(box(45, 45, 55, 55)))
    assert shadows.covers(Point(80, 80))
    assert shadows.covers(Point(50, 50))
    assert not shadows.intersects(Point(80, 20))
    assert not shadows.intersects(Point(30, 30))


@settings(max_examples=100, deadline=None)
@given(
    west=st.floats(20, 80), south=st.floats(20, 80), width=st.floats(2, 15), depth=st.floats(2, 15),
    place=st.tuples(st.floats(1, 99), st.floats(1, 99)),
)  # fmt: skip
def test_outside_the_shadows_the_way_home_stays_in_the_region(west, south, width, depth, place):
    region = YARD.difference(box(west, south, west + width, south + depth)).difference(box(0, 60, 8, 100))
    shadows = out_of_straight_reach(HOME, region)
    if not shadows.buffer(0.01).intersects(Point(place)):
        assert region.buffer(0.01).covers(LineString([HOME, place]))


def test_the_autopilot_returns_at_the_routes_own_height(mission):
    given_to_it = failsafe(mission.models["reference"], 6.0, 80.0, YARD)
    assert given_to_it.rtl_return_alt_m == 80.0
    assert given_to_it.fence_max_alt_m == 90.0
    assert given_to_it.fence == ((100.0, 0.0), (100.0, 100.0), (0.0, 100.0), (0.0, 0.0))
    assert given_to_it.parameters["MPC_XY_CRUISE"] == 6.0
    assert given_to_it.parameters["RTL_CONE_ANG"] == 0.0
    assert all(isinstance(value, float) for value in given_to_it.parameters.values())


@pytest.mark.parametrize("jagged_m", [0.1, 1.0, 5.0])
def test_a_perimeter_of_many_corners_has_a_fence_inside_that_the_autopilot_can_store(mission, jagged_m):
    edge = [(120.0 + (k % 3) * jagged_m, math.tau * k / 300) for k in range(300)]
    drawn = Polygon([(far_m * math.cos(turn), far_m * math.sin(turn)) for far_m, turn in edge])
    fence = fence_in(drawn)
    assert len(failsafe(mission.models["reference"], 6.0, 80.0, fence).fence) <= 64
    assert drawn.covers(fence)
    assert fence.area > 0.92 * drawn.area


def test_a_perimeter_of_few_corners_is_its_own_fence():
    assert fence_in(YARD) is YARD


def test_thresholds_of_the_battery_are_ordered_and_inside_the_reserve(mission):
    model = mission.models["reference"]
    reported = failsafe(model, 6.0, 80.0, YARD).parameters
    assert (
        reported["BAT_EMERGEN_THR"]
        < reported["BAT_CRIT_THR"]
        < reported["BAT_LOW_THR"]
        <= model.energy.reserve_fraction
    )


@pytest.mark.parametrize(("reserve", "is_valid"), [(0.1, True), (0.099, False)])
def test_a_way_home_ends_before_the_autopilot_may_land_on_the_spot(mission, reserve, is_valid):
    """A plan may set the emergency threshold to at most 10 %. With less in reserve a return ends in the street."""
    energy = mission.models["reference"].energy
    assert SETTABLE["BAT_EMERGEN_THR"].ranges[-1][1] == 0.1
    with nullcontext() if is_valid else pytest.raises(ValidationError, match="reserve_fraction"):
        type(energy).model_validate(energy.model_dump() | {"reserve_fraction": reserve})


def test_home_outside_a_convex_region_throws_no_shadow():
    assert out_of_straight_reach((-50.0, 50.0), YARD).is_empty
