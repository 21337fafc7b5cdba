"""Every row of the failsafe table by a test of its name: false just inside its threshold, true just beyond."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan

import pytest

from blindspot.flight.route.settings import FlightSettings, thresholds
from blindspot.flight.watch.ahead import Lookout
from blindspot.flight.watch.energy import way_home
from blindspot.flight.watch.home_place import CORRECTED_S, HOME_ASTRAY_S
from blindspot.flight.watch.ladder import SEVERITY, rows
from blindspot.flight.watch.surroundings import CALM, Computer, Other
from blindspot.flight.watch.traffic import Aircraft
from blindspot.flight.watch.wind import Wind
from blindspot.mission.homes import NoFly
from blindspot.mission.plan import Point

STEP_S = 0.5
"""Between two looks of a flight that `begin` begins."""


@pytest.fixture
def judge(begin):
    """Asserts that a row is not due just inside its threshold, and that it is beyond it after `for_s`, not before."""

    def check(row, well, wrong, for_s=0.0):
        assert row not in begin().due(for_s + 5.0, **well), well
        if for_s > 2 * STEP_S:
            assert row not in begin().due(for_s - 2 * STEP_S, **wrong), "too early"
        assert row in begin().due(for_s + STEP_S, **wrong), wrong

    return check


def around(**changes):
    return {"around": replace(CALM, **changes)}


def test_lease_lapsed(judge):
    judge("lease lapsed", {"lease": "ok"}, {"lease": "inhibit"})


def test_lease_lost(judge):
    judge("lease lost", {"lease": "inhibit"}, {"lease": "hold"})


def test_lease_gone(judge):
    judge("lease gone", {"lease": "hold"}, {"lease": "return"})
    judge("lease gone", {"lease": "hold"}, {"lease": "a state that nobody knows"})


def test_autopilot_failsafe(judge):
    judge("autopilot failsafe", {"system_status": 4}, {"system_status": 5, "mode": "AUTO.RTL"})


def test_vehicle_silent(judge):
    judge("vehicle silent", {"state_age_s": 3.0}, {"state_age_s": 3.1})
    judge("vehicle silent", {}, {"connected": False})


def test_vehicle_lost(judge):
    judge("vehicle lost", {"state_age_s": 3.0}, {"state_age_s": 3.1}, 30.0)


def test_position_unsure(judge):
    judge("position unsure", {"position_age_s": 1.5}, {"position_age_s": 1.6})
    judge("position unsure", {}, {"position_ok": False})


def test_position_lost(judge):
    judge("position lost", {}, {"position_ok": False}, 10.0)


def test_motion_unsure(judge):
    judge("motion unsure", {"motion_age_s": 1.5}, {"motion_age_s": 1.6})
    for wrong in ({"heading_deg": nan}, {"estimator_faults": ("no height",)}, {"estimator_faults": None}):
        judge("motion unsure", {}, wrong)


def test_motion_lost(judge):
    judge("motion lost", {}, {"motion_age_s": inf}, 10.0)


def test_battery_low(judge, settings, route, flying):
    needed = way_home(settings, route, flying(), Wind(0.0, 0.0)).battery_fraction + settings.landing_battery_fraction
    judge("battery low", {"battery_fraction": needed + 0.001}, {"battery_fraction": needed - 0.001}, 2.0)


def test_battery_spent(judge, settings, route, flying):
    needed = way_home(settings, route, flying(), Wind(0.0, 0.0)).battery_fraction + settings.spent_battery_fraction
    judge("battery spent", {"battery_fraction": needed + 0.001}, {"battery_fraction": needed - 0.001}, 5.0)


@pytest.mark.parametrize("height_m", [-9.0, -11.0, -60.0])
def test_the_way_home_up_to_a_pad_on_a_hill_needs_battery_and_time_too(judged_flight, route, along, height_m):
    for flown in (route, along(route)):
        valley = {"height_m": height_m, "up_m": height_m + 2.0, "baro_m": 490.0 + height_m}
        assert judged_flight(flown).due(5.0, battery_fraction=0.04, **valley) >= {"battery low", "battery spent"}
        assert "landing late" in judged_flight(flown).due(5.0, around=replace(CALM, land_within_s=20.0), **valley)


def test_battery_unknown(judge):
    judge("battery unknown", {"battery_age_s": 5.0}, {"battery_age_s": 5.1}, 5.0)
    judge("battery unknown", {"battery_fraction": 1.0}, {"battery_fraction": -1.0}, 5.0)  # MAVROS's value for unknown


def test_landing_late(judge, begin, settings, route, flying):
    home_s = way_home(settings, route, flying(), None).time_s
    judge("landing late", around(land_within_s=home_s + 10.1), around(land_within_s=home_s + 9.9))
    judge("landing late", around(land_within_s=inf), around(land_within_s=nan))
    assert "landing late" not in begin().due(5.0, east_m=nan, **around(land_within_s=inf)), "another row's"
    assert "landing late" in begin().due(5.0, east_m=nan, **around(land_within_s=9.0))


def test_wind_strong(judge, model):
    thrust = model.performance.drag_per_s * model.performance.max_wind_mps
    leaning = {"well": {"thrust_east_mps2": -0.95 * thrust}, "wrong": {"thrust_east_mps2": -1.2 * thrust}}
    flown_s = 9.0  # until the average has it
    judge("wind strong", leaning["well"], leaning["wrong"], 10.0 + flown_s)


def test_wind_unknown(judge):
    judge("wind unknown", {}, {"thrust_east_mps2": nan}, 30.0)
    judge("wind unknown", {}, {"landed": "unknown"}, 30.0)


def test_fence_near(judge):
    """At 6 m/s a place 0.1 s old is 0.6 m behind; it flies on for 9 m and brakes for 6: 15.6 m of 100."""
    judge("fence near", {"east_m": 84.3, "east_mps": 6.0}, {"east_m": 84.5, "east_mps": 6.0})
    judge("fence near", {"height_m": 65.7, "up_mps": 2.0}, {"height_m": 65.9, "up_mps": 2.0})  # 0.2, 3 and 1 m of 70


def test_where_the_mission_leads_is_near_as_well(judge):
    """From rest it gets to 4.8 m/s in the 1.6 s of `react_s` and the age of its place: 3.8 m on, and 3.8 to brake."""
    there = {"goal": (130.0, 40.0)}
    judge("fence near", {"east_m": 92.2, **there}, {"east_m": 92.4, **there})
    judge("fence near", {"east_m": 92.4, "goal": (99.9, 40.0)}, {"east_m": 92.4, **there})
    judge("fence near", {"east_m": 92.4, "mode": "AUTO.RTL", **there}, {"east_m": 92.4, **there})
    judge("fence near", {"east_m": 92.4, "goal": (nan, nan)}, {"east_m": 92.4, **there})


def test_a_silent_vehicle_is_near_nothing(begin):
    """It flies on while it is silent, and may be anywhere: its silence counts."""
    moving = {"state_age_s": 20.0, "position_age_s": 20.0, "motion_age_s": 20.0, "east_mps": 6.0}
    others = (Other("drone2", east_m=60.0, north_m=40.0, up_m=62.0, silent_s=0.0),)
    assert begin().due(**moving, **around(others=others)) == {"vehicle silent", "position unsure", "motion unsure"}


def test_fence_crossed(judge):
    judge("fence crossed", {"east_m": 99.9}, {"east_m": 100.1}, 1.0)
    judge("fence crossed", {"height_m": 69.9}, {"height_m": 70.1}, 1.0)


def test_fence_close(judge):
    """The route's fastest is 8 m/s, from which braking takes 10.7 m."""
    holding = {"mode": "AUTO.LOITER"}
    judge("fence close", {"east_m": 89.2, **holding}, {"east_m": 89.5, **holding})
    judge("fence close", {"east_m": 99.0}, {"east_m": 99.0, **holding})


@pytest.fixture
def zoned(begin, settings):
    """A thin zone 50 m north of the view, from 40 to 80 m above the datum."""
    zone = NoFly("school", ((0.0, 90.0), (60.0, 90.0), (60.0, 91.0), (0.0, 91.0)), 40.0, 80.0)
    return lambda: begin(replace(settings, no_fly=(zone,)))


def test_zone_near(zoned):
    north = {"north_mps": 6.0}
    assert "zone near" not in zoned().due(north_m=74.3, **north)
    assert "zone near" in zoned().due(north_m=74.5, **north), "it comes to rest inside"
    assert "zone near" in zoned().due(north_m=85.0, **north), "it would pass through"
    assert "zone near" not in zoned().due(north_m=85.0, height_m=20.0, **north), "under it"
    assert "zone near" in zoned().due(north_m=85.0, height_m=36.0, up_mps=2.0, **north), "up into it"


def test_route_left(begin):
    """A mission of another party leads the drone away: it is held before it meets an edge."""
    assert "route left" not in begin().due(3.5, east_m=-14.0)
    assert "route left" not in begin().due(1.5, east_m=-16.0)
    assert "route left" in begin().due(3.5, east_m=-16.0)
    assert "route left" not in begin().due(3.5, east_m=-16.0, mode="AUTO.LOITER")


def test_zone_entered(zoned):
    assert "zone entered" not in zoned().due(5.0, north_m=89.9)
    assert "zone entered" in zoned().due(1.0 + STEP_S, north_m=90.5)


def test_zone_close(zoned):
    holding = {"mode": "AUTO.LOITER"}
    assert "zone close" not in zoned().due(8.0, north_m=79.2, **holding)
    assert "zone close" in zoned().due(north_m=79.5, **holding), "at once: a gust waits for nobody"
    assert "zone close" not in zoned().due(8.0, north_m=79.5, height_m=20.0, **holding), "under it"
    assert "zone close" not in zoned().due(8.0, north_m=95.0, **holding), "the way home leads through it"
    assert "zone close" not in zoned().due(8.0, north_m=79.5), "it flies on"


def test_drone_near(judge):
    """The view is at (30, 40, 62)."""
    far, near = (Other("drone2", 30.0, 40.0, up_m, silent_s=0.0) for up_m in (77.1, 76.9))
    judge("drone near", around(others=(far,)), around(others=(near,)))
    ahead = Other("drone2", 56.7, 40.0, 62.0, silent_s=0.0)  # 11.1 m from where it would rest
    judge("drone near", around(others=(ahead,)), {**around(others=(ahead,)), "east_mps": 6.0})
    coming = replace(ahead, east_m=71.7, speed_mps=(-6.0, 0.0, 0.0))  # it, too, rests 15 m on
    judge(
        "drone near",
        around(others=(replace(coming, east_m=72.0),)) | {"east_mps": 6.0},
        around(others=(coming,)) | {"east_mps": 6.0},
    )
    judge("drone near", around(others=(replace(near, flies=False),)), around(others=(near,)))


def test_pad_taken(judge):
    """The pad is at (0, 0, 2), the drone 60 m over it."""
    on_it, beside = (Other("drone2", east_m, 3.0, 2.0, flies=False, silent_s=0.0) for east_m in (3.9, 4.1))
    judge("pad taken", around(others=(beside,)), around(others=(on_it,)), 1.0)
    fallen = replace(on_it, flies=True)
    judge("pad taken", around(others=(replace(fallen, up_m=5.1),)), around(others=(fallen,)), 1.0)
    never_flown = Other("drone2", flies=False, silent_s=0.0)
    judge("pad taken", around(others=(never_flown,)), around(others=(on_it,)), 1.0)
    judge("pad taken", {**around(others=(on_it,)), "height_m": 2.9}, around(others=(on_it,)), 1.0)


def test_home_moved(begin, homes):
    """The first home in the air is that of the take-off, at (0.1, -0.2, 2); the pad is at (0, 0)."""
    flight = begin()
    flight.due(CORRECTED_S)
    assert "home moved" not in flight.due(5.0, **homes(up_m=3.9))
    assert "home moved" in flight.due(0.5, **homes(up_m=4.1))
    assert "home moved" not in flight.due(5.0), "it was set back"
    assert "home moved" in flight.due(0.5, **homes(north_m=1.9))
    assert "home moved" in begin().due(0.5, **homes(north_m=-7.3)), "too far from the pad, also after a restart"


def test_home_astray(begin, homes):
    for up_m, is_due in ((3.9, False), (4.1, True)):
        flight = begin()
        flight.due(CORRECTED_S)
        assert "home astray" not in flight.due(HOME_ASTRAY_S - 1.0, **homes(up_m=up_m))
        assert ("home astray" in flight.due(1.5, **homes(up_m=up_m))) == is_due


def test_a_rally_point_that_is_taken_is_no_place_to_return_to_where_it_is_nearest(settings, route, flying):
    point = Point(east_m=60.0, north_m=60.0, up_m=2.0)
    rallying = route.model_copy(update={"failsafe": route.failsafe.model_copy(update={"rally": (point,)})})
    lookout = Lookout(settings, rallying)
    others = (Other("drone2", 60.0, 60.0, 2.0, flies=False, silent_s=0.0),)
    assert "pad taken" in lookout.dangers(flying(), others, None)
    assert "pad taken" not in lookout.dangers(flying(east_m=0.0, north_m=10.0), others, None)


def test_nothing_is_sent_home_onto_a_pad_that_is_taken(begin):
    taken = around(others=(Other("drone2", 0.0, 0.0, 2.0, flies=False, silent_s=0.0),))
    flight = begin()
    assert {"pad taken", "battery low"} <= flight.due(5.0, battery_fraction=0.14, **taken)
    assert flight.gravest == "hold"
    assert "battery spent" in flight.due(8.0, battery_fraction=0.01, **taken)
    assert flight.gravest == "land"


def test_drone_lost(judge):
    other = Other("drone2", 80.0, 40.0, 62.0, silent_s=10.0)
    judge("drone lost", around(others=(other,)), around(others=(replace(other, silent_s=10.1),)), 3.0)
    judge("drone lost", around(others=(other,)), around(others=(replace(other, up_m=nan),)), 3.0)
    judge("drone lost", around(others=(replace(other, flies=False),)), around(others=(Other("never heard"),)), 3.0)


def aircraft(east_m, up_m=62.0, **changes):
    """One that hovers east of the view at (30, 40, 62), reported now: a flight begins at 100 s."""
    of = {"low_m": up_m, "high_m": up_m, "east_mps": 0.0, "north_mps": 0.0, "up_mps": 0.0, **changes}
    return around(aircraft=(Aircraft(100.0, 30.0 + east_m, 40.0, **of),))


def test_aircraft_near(judge, settings):
    """610 m and 76 m; at 50 m/s it is nearer within the minute from up to 3610 m."""
    judge("aircraft near", aircraft(610.1), aircraft(609.9))
    judge("aircraft near", aircraft(500.0, 62.0 + 76.1), aircraft(500.0, 62.0 + 75.9))
    judge("aircraft near", aircraft(500.0, 62.0 - 76.1), aircraft(500.0, 62.0 - 75.9))
    unknown = {"low_m": -inf, "high_m": inf}
    judge("aircraft near", aircraft(610.1, **unknown), aircraft(609.9, **unknown))
    judge("aircraft near", aircraft(2000.0, east_mps=50.0), aircraft(2000.0, east_mps=-50.0))
    judge("aircraft near", {"state_age_s": 4.0, **aircraft(100.0)}, aircraft(100.0))


def test_aircraft_evaded(judge, begin, settings, along, route, flying):
    """The return is at 60 m: from there it needs no climb."""
    near = aircraft(100.0)
    judge("aircraft evaded", {"height_m": 57.9, **near}, {"height_m": 58.1, **near}, 2.0)
    assert begin().due(5.0, height_m=57.9, **near) == {"aircraft near"}
    assert begin().due(5.0, **near) == {"aircraft near", "aircraft evaded"}


def test_a_return_along_the_mission_climbs_if_any_place_of_it_is_higher(along, route, judged_flight):
    steps = (*route.steps, route.steps[0].model_copy(update={"to": Point(east_m=0.0, north_m=40.0, up_m=65.0)}))
    flat, high = along(route), along(route.model_copy(update={"steps": steps}))
    due = [judged_flight(of).due(5.0, **aircraft(100.0)) for of in (flat, high)]
    assert ["aircraft evaded" in each for each in due] == [True, False]


def test_ground_lost(judge):
    judge("ground lost", around(ground_silent_s=10.0), around(ground_silent_s=10.1))


def test_camera_lost(judge):
    judge("camera lost", {"camera_silent_s": 30.0}, {"camera_silent_s": 30.1})
    judge("camera lost", {}, {"camera_silent_s": nan})


def test_gimbal_unsure(judge):
    judge("gimbal unsure", {"gimbal_age_s": 1.5}, {"gimbal_age_s": 1.6})
    judge("gimbal unsure", {}, {"gimbal_pitch_deg": nan})


def test_gimbal_lost(judge):
    judge("gimbal lost", {}, {"gimbal_age_s": inf}, 30.0)


def test_computer_hot(judge, begin, settings):
    cool, hot, unknown = (Computer(degrees_c, inf) for degrees_c in (85.0, 85.1, nan))
    judge("computer hot", around(computer=cool), around(computer=hot), 10.0)
    judge("computer hot", around(computer=cool), around(computer=unknown), 10.0)
    for unwatched in (replace(settings, computer_hot_c=0.0), replace(settings, simulated=True)):
        assert "computer hot" not in begin(unwatched).due(20.0, **around(computer=unknown))


def test_disk_full(judge):
    enough, little = Computer(20.0, 500.0), Computer(20.0, 499.0)
    judge("disk full", around(computer=enough), around(computer=little), 5.0)


def test_every_row_names_its_test_and_its_reason(settings):
    table = rows(settings)
    assert len({row.name for row in table}) == len(table)
    for row in table:
        assert callable(globals().get(row.test)), f"{row.name}: no test {row.test}"
        assert row.action in SEVERITY
        assert row.reason and row.threshold


def test_every_threshold_is_inside_its_range_and_described(model):
    for limit in thresholds():
        assert limit.low <= limit.default <= limit.high
        assert limit.describe.endswith(".")
        assert getattr(FlightSettings(model), limit.name) == limit.default
