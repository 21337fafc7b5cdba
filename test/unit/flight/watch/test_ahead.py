"""The lookout, which measures only what is near, finds what measuring everything at every look finds."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import pytest
from hypothesis import example, given, settings as limits, strategies as st

from blindspot.flight.route.phases import HOLD, MISSION
from blindspot.flight.watch import ahead
from blindspot.flight.watch.ahead import Lookout, braking_way, is_placed, look_ahead
from blindspot.flight.watch.surroundings import Other
from blindspot.flight.watch.wind import Wind
from blindspot.mission.homes import NoFly

ZONES = (
    NoFly("park", ((20.0, 20.0), (60.0, 25.0), (40.0, 70.0)), -1e3, 1e3),
    NoFly("tower", ((-60.0, -60.0), (-30.0, -60.0), (-30.0, -20.0), (-60.0, -20.0)), 0.0, 40.0),
)
CALM_AIR = Wind(0.0, 0.0)
flat_m, height_m, mps = st.floats(-130.0, 130.0), st.floats(0.0, 80.0), st.floats(-9.0, 9.0)
sometimes_unknown = st.sampled_from((0.0,) * 15 + (nan,))
apart_m, closing_mps = st.integers(-45, 45).map(float), st.integers(-9, 9).map(float)
leaps = st.tuples(flat_m, flat_m, height_m)
modes = st.sampled_from((MISSION, HOLD))
turns = st.tuples(mps, mps, st.floats(-3.0, 3.0), st.integers(1, 8), modes)
"""A speed, and for how many looks it is kept: a way that nears the edges by little at a time."""


@limits(deadline=None, max_examples=200)
@given(leaps, st.lists(st.tuples(turns, sometimes_unknown), min_size=1, max_size=6))
def test_the_lookout_equals_a_complete_measurement(settings, route, flying, start, flight):
    settings = replace(settings, no_fly=ZONES)
    lookout, (east_m, north_m, up_m) = Lookout(settings, route), start
    for (east_mps, north_mps, up_mps, looks, mode), unknown in flight:
        for _ in range(looks):
            east_m, north_m, up_m = east_m + 0.3 * east_mps, north_m + 0.3 * north_mps, max(0.0, up_m + 0.3 * up_mps)
            seen = flying(
                east_m=east_m + unknown, north_m=north_m, height_m=up_m,
                east_mps=east_mps, north_mps=north_mps, up_mps=up_mps, mode=mode,
            )  # fmt: skip
            way = braking_way(seen, settings, CALM_AIR)
            everything = look_ahead(seen, route, settings, (), way) if is_placed(seen) else frozenset()
            assert lookout.dangers(seen, (), CALM_AIR) == everything


@limits(deadline=None, max_examples=400)
@given(
    st.tuples(apart_m, apart_m, st.sampled_from((0.0, 8.0, 20.0, nan))),
    st.tuples(closing_mps, closing_mps, closing_mps),
    st.floats(0.0, 4.0), closing_mps,
)  # fmt: skip
@example((0.0, 35.0, 0.0), (0.0, 0.0, 0.0), 0.0, 9.0)
@example((0.0, 35.0, 0.0), (0.0, -9.0, 0.0), 0.0, 0.0)
def test_the_lookout_overlooks_no_other_drone(settings, route, flying, apart, speed_mps, silent_s, north_mps):
    seen = flying(east_m=0.0, north_m=0.0, north_mps=north_mps)
    up_m = route.home.up_m + seen.height_m + apart[2]
    other = Other("drone2", apart[0], apart[1], up_m, silent_s=silent_s, speed_mps=speed_mps)
    everything = look_ahead(seen, route, settings, (other,), braking_way(seen, settings, CALM_AIR))
    assert Lookout(settings, route).dangers(seen, (other,), CALM_AIR) == everything


def test_far_objects_are_measured_once(settings, route, flying, monkeypatch):
    measured = []
    monkeypatch.setattr(ahead, "distance_to_path", lambda *_: measured.append(1) or 50.0)
    monkeypatch.setattr(ahead, "look_ahead", lambda *_: pytest.fail("nothing is near"))
    lookout = Lookout(settings, route)
    for east_m in range(20):
        lookout.dangers(flying(east_m=float(east_m), north_m=0.0), (), CALM_AIR)
    assert len(measured) == 1


def test_it_goes_home_from_an_edge_only_where_the_straight_way_is_clear_of_every_edge(settings, route, flying):
    """Two bays of a fence, to either side of a spit between them and the pad of one."""
    spit = ((-100.0, -100.0), (100.0, -100.0), (100.0, 100.0), (52.0, 100.0), (52.0, -90.0), (48.0, -90.0),
            (48.0, 100.0), (-100.0, 100.0))  # fmt: skip
    bays = route.model_copy(update={"failsafe": route.failsafe.model_copy(update={"fence": spit})})
    nowhere = (0.0, 0.0, 0.0)
    found = {
        east_m: look_ahead(flying(mode=HOLD, east_m=east_m, north_m=0.0), bays, settings, (), nowhere)
        for east_m in (20.0, 45.0, 55.0)
    }
    assert found == {20.0: frozenset(), 45.0: {"fence close"}, 55.0: frozenset()}


def test_a_hold_goes_home_before_it_drifts_behind_the_corner_of_a_zone(settings, route, flying):
    """The zone's corner at (20, 20) lies beside the straight way from (60, 61) to the pad at (0, 0)."""
    settings = replace(settings, no_fly=(NoFly("school", ((20.0, 20.0), (20.0, -10.0), (40.0, -10.0)), 0.0, 90.0),))
    found = {
        north_mps: Lookout(settings, route).dangers(
            flying(mode=HOLD, east_m=60.0, north_m=61.0, east_mps=0.0, north_mps=north_mps), (), CALM_AIR
        )
        for north_mps in (0.0, 1.0, -1.0)
    }
    assert found == {0.0: frozenset(), 1.0: frozenset(), -1.0: {"zone close"}}


@pytest.mark.parametrize(("up_m", "up_mps", "found"), [
    (42.7, -1.5, {"zone near"}), (43.0, -1.5, set()), (42.7, 0.0, set()), (42.7, 1.5, set()),
    (40.0, -1.5, {"zone near", "zone entered"}), (-2.6, 1.5, {"zone near"}), (-3.0, 1.5, set()), (-2.6, -1.5, set()),
])  # fmt: skip
@pytest.mark.parametrize("mode", [MISSION, HOLD])
def test_a_zone_below_or_above_is_near_before_the_drone_is_in_it(settings, route, flying, up_m, up_mps, found, mode):
    """In 1.5 s and while it brakes with 2 m/s2, a drone at 1.5 m/s moves by 2.8 m."""
    settings = replace(settings, no_fly=ZONES)
    low = route.model_copy(update={"home": route.home.model_copy(update={"up_m": -50.0})})
    still = {"east_mps": 0.0, "north_mps": 0.0}
    seen = flying(mode=mode, east_m=-45.0, north_m=-45.0, height_m=up_m + 50.0, up_mps=up_mps, **still)
    assert Lookout(settings, low).dangers(seen, (), CALM_AIR) - {"fence crossed", "fence near"} == found
