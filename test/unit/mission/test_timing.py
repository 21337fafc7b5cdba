"""Times and energies, by hand, and against the checker's own."""

import pytest
from hypothesis import given, settings, strategies as st

from blindspot.mission.plan import Aim, Begin, Point
from blindspot.mission.timing import (
    flight,
    go_home,
    land,
    level_s,
    move,
    stay,
    straight_s,
    take_off,
    turn_s,
    vertical_s,
)
from blindspot.planning.checker.check_track import home_wh, track_of


@pytest.fixture(scope="session")
def model(mission):
    return mission.models["reference"]


def test_a_long_way_is_cruise_and_one_ramp():
    assert straight_s(60.0, 6.0, 3.0) == pytest.approx(10.0 + 2.0)


def test_a_short_way_never_reaches_cruise():
    assert straight_s(3.0, 6.0, 3.0) == pytest.approx(2.0)


@given(st.floats(0, 500), st.floats(0, 500))
def test_a_longer_way_takes_longer(a, b):
    assert (straight_s(a, 6.0, 3.0) <= straight_s(b, 6.0, 3.0)) == (a <= b) or a == pytest.approx(b)


def test_a_climb_costs_more_than_a_hover(model):
    low, high = Point(east_m=0, north_m=0, up_m=0), Point(east_m=0, north_m=0, up_m=60)
    climb = move(model, low, high, 6.0)
    assert climb.time_s == pytest.approx(vertical_s(60.0, model.performance))
    assert climb.energy_wh == pytest.approx(180 * climb.time_s / 3600 + 0.006 * 60)
    assert climb.energy_wh > stay(model, climb.time_s).energy_wh


@given(st.floats(0.01, 500), st.floats(1, 10))
def test_the_autopilot_takes_longer_than_the_least(distance_m, speed_mps):
    assert level_s(distance_m, speed_mps, 3.0) >= straight_s(distance_m, speed_mps, 3.0) - 1e-9


@given(st.floats(0, 500), st.floats(0, 500))
def test_a_longer_way_takes_the_autopilot_longer(a, b):
    shorter, longer = sorted((a, b))
    assert level_s(shorter, 6.0, 3.0) <= level_s(longer, 6.0, 3.0)


def test_a_climb_ends_slowly(model):
    """At 0.9 x 3 m/s to 8.6 m below, then 0.35 per second and metre left x 0.9 to 0.8 m below."""
    assert vertical_s(60.0, model.performance) == pytest.approx(51.43 / 2.7 + 7.53 + 0.75, abs=0.01)
    assert vertical_s(0.5, model.performance) == 0.0


def test_the_first_and_the_last_metres_are_slow(model):
    assert take_off(model, 60.0).time_s == pytest.approx(
        2.0 + 10 / 1.4 - 10 / 2.7 + vertical_s(60.0, model.performance)
    )
    assert land(model, 40.0).time_s == pytest.approx(30 / 1.5 + 10 / 0.7 + 7.0)


def test_from_one_place_to_another_half_a_turn_may_be_needed(model):
    assert turn_s(model, None, Aim(heading_deg=0, pitch_deg=-90)) == pytest.approx(3.0)


def test_headings_turn_the_short_way(model):
    assert turn_s(model, Aim(heading_deg=350, pitch_deg=-60), Aim(heading_deg=20, pitch_deg=-60)) == pytest.approx(0.5)


def test_the_checker_comes_to_the_same_time_and_energy(plan, mission):
    for route in plan.routes:
        model = mission.model_of(route.drone)
        cost, track = flight(model, route.home, route.takeoff_up_m, route.steps)[-1], track_of(route, model)
        assert track.time_s[-1] == pytest.approx(cost.time_s, rel=0.02)
        assert track.used_wh[-1] == pytest.approx(cost.energy_wh, rel=0.02)


@settings(max_examples=40, deadline=None)
@given(sample=st.integers(0, 10_000), speed_mps=st.floats(2.0, 8.0))
def test_planner_and_checker_agree_on_the_way_home(plan, mission, sample, speed_mps):
    route = plan.routes[0]
    model, track = mission.model_of(route.drone), track_of(route, mission.model_of(route.drone))
    sample %= len(track.time_s)
    at = Point(**dict(zip(("east_m", "north_m", "up_m"), map(float, track.at_m[sample]), strict=True)))
    height_m = route.failsafe.rtl_return_alt_m
    planned_wh = go_home(model, at, route.home, height_m, speed_mps).energy_wh
    home = track.at_m[0]
    checked_wh = home_wh(model, track, home, float(home[2]) + height_m, speed_mps)[sample]
    assert planned_wh == pytest.approx(checked_wh, abs=0.3)


def test_a_route_that_begins_in_the_air_has_no_take_off_and_costs_the_same_from_there(plan, mission):
    route = plan.routes[0]
    model = mission.model_of(route.drone)
    whole = flight(model, route.home, route.takeoff_up_m, route.steps)
    begun = flight(model, route.home, route.takeoff_up_m, route.steps, route.over_pad)
    assert begun[0].time_s == 0.0
    assert begun[-1].time_s == pytest.approx(whole[-1].time_s - whole[0].time_s)
    begin = Begin(at=route.over_pad, battery_fraction=0.8, flown_s=50.0)
    track = track_of(route.model_copy(update={"begin": begin}), model)
    assert track.used_wh[0] == pytest.approx(0.2 * model.energy.usable_wh()) and track.step[0] == 0
    assert track.time_s[-1] == pytest.approx(begun[-1].time_s, rel=0.05)
