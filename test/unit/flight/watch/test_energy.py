"""The way home as one sum is the way home part by part, as the planner has the parts; hard conditions cost more."""

from __future__ import annotations

from dataclasses import replace
from math import hypot, inf, nan

import pytest
from hypothesis import given, strategies as st

from blindspot.flight.watch.energy import way_home
from blindspot.flight.watch.wind import Wind
from blindspot.mission.plan import Point
from blindspot.mission.timing import land, level_s, move

RALLY = (Point(east_m=80.0, north_m=-60.0, up_m=5.0), Point(east_m=-90.0, north_m=90.0, up_m=0.0))
flat_m, wind_mps = st.floats(-100.0, 100.0), st.floats(-12.0, 12.0)


def part_by_part(settings, route, seen, wind):
    """Up, over and down as three flights, each with what the wind adds to its power."""
    model, height_m = settings.model, route.failsafe.rtl_return_alt_m
    fly, energy = model.performance, model.energy
    here = Point(east_m=seen.east_m, north_m=seen.north_m, up_m=route.home.up_m + seen.height_m)
    goals = (route.home, *route.failsafe.rally)
    goal = min(goals, key=lambda point: hypot(here.east_m - point.east_m, here.north_m - point.north_m))
    top_m = max(here.up_m, goal.up_m + height_m)
    above_here, above_goal = here.model_copy(update={"up_m": top_m}), goal.model_copy(update={"up_m": top_m})
    cost = (
        move(model, here, above_here, fly.cruise_mps) + move(model, above_here, above_goal, fly.cruise_mps)
        + land(model, top_m - goal.up_m)
    )  # fmt: skip
    way_m = hypot(goal.east_m - here.east_m, goal.north_m - here.north_m)
    flat_s = level_s(way_m, fly.cruise_mps, fly.acceleration_mps2)
    drift_mps, air_mps = fly.max_wind_mps, fly.cruise_mps + fly.max_wind_mps
    if wind is not None:
        per_m = fly.cruise_mps / max(way_m, 1.0)
        east_mps, north_mps = per_m * (goal.east_m - here.east_m), per_m * (goal.north_m - here.north_m)
        drift_mps = wind.speed_mps
        air_mps = max(fly.cruise_mps, hypot(east_mps - wind.east_mps, north_mps - wind.north_mps))
    over_wh = energy.cruise_extra_w * ((air_mps / fly.cruise_mps) ** 3 - 1.0) * flat_s / 3600.0
    drift_wh = energy.cruise_extra_w * (drift_mps / fly.cruise_mps) ** 3 * (cost.time_s - flat_s) / 3600.0
    return (cost.energy_wh + over_wh + drift_wh) / energy.usable_wh(seen.battery_c), cost.time_s


@given(
    flat_m, flat_m, st.floats(-5.0, 90.0), st.none() | st.builds(Wind, wind_mps, wind_mps), st.sampled_from((0, 3)),
    st.floats(-10.0, 40.0),
)  # fmt: skip
def test_one_sum_is_the_sum_of_its_parts(settings, route, flying, east_m, north_m, height_m, wind, rtl_type, battery_c):
    failsafe = route.failsafe.model_copy(update={"rtl_type": rtl_type, "rally": RALLY})
    route = route.model_copy(update={"failsafe": failsafe})
    seen = replace(flying(), east_m=east_m, north_m=north_m, height_m=height_m, battery_c=battery_c)
    home = way_home(settings, route, seen, wind)
    assert (home.battery_fraction, home.time_s) == pytest.approx(part_by_part(settings, route, seen, wind), rel=1e-9)


def test_the_way_home_costs_more_from_further_lower_against_the_wind_cold_and_old(settings, route, flying):
    def needed(wind=None, settings=settings, **seen):
        return way_home(settings, route, flying(**seen), wind).battery_fraction + settings.landing_battery_fraction

    calm = Wind(0.0, 0.0)
    near, far = needed(calm, east_m=10.0, north_m=0.0), needed(calm, east_m=90.0, north_m=0.0)
    assert settings.landing_battery_fraction < near < far
    assert needed(calm, east_m=90.0, north_m=0.0, height_m=20.0) > far, "it climbs to the return altitude first"
    ahead, behind = (needed(Wind(east_mps, 0.0), east_m=90.0, north_m=0.0) for east_mps in (8.0, -8.0))
    assert far <= behind < ahead < needed(None, east_m=90.0, north_m=0.0), "an unknown wind is the worst"
    assert needed(calm, east_m=90.0, north_m=0.0, battery_c=-10.0) > far
    energy = settings.model.energy.model_copy(update={"health_fraction": 0.8})
    old = replace(settings, model=settings.model.model_copy(update={"energy": energy}))
    assert needed(calm, old, east_m=90.0, north_m=0.0) > far
    assert needed(calm, east_m=nan) == inf
