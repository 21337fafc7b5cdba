"""On the way down: what stops a return, what a landing outlasts, and what is left for the next arming."""

from __future__ import annotations

from dataclasses import replace
from math import inf, isnan

import pytest

from blindspot.flight.watch.surroundings import CALM, Other
from blindspot.mission.plan import Point


def standing_on(route):
    home = route.home
    other = Other("drone2", home.east_m + 2.0, home.north_m, home.up_m, flies=False, silent_s=0.0)
    return replace(CALM, others=(other,))


@pytest.mark.parametrize("lease", ["ok", "hold", "return"])
def test_it_does_not_come_home_onto_a_drone_on_its_pad_with_or_without_a_lease(en_route, vehicle, route, lease):
    """The lost lease is a hold, too, and must not hide that the pad is taken."""
    assert en_route.return_home() == ""
    for tick in range(210, 240):
        en_route.step(tick / 10, lease, around=standing_on(route))
    assert (en_route.phase, vehicle.asked[-1]) == ("hold", "AUTO.LOITER") and "stands on the pad" in en_route.reason


@pytest.mark.parametrize("what", ["pad", "home"])
def test_the_end_of_a_hold_asks_for_no_return_to_a_taken_pad_or_a_moved_home(en_route, vehicle, route, settings, what):
    """On a bad link the return that was asked for in between would have gone on."""
    assert en_route.hold() == ""
    end_s = 20.2 + settings.hold_s
    en_route.step(end_s - 2.0, "ok")
    around = standing_on(route) if what == "pad" else CALM
    if what == "home":
        vehicle.now = replace(vehicle.now, home=Point(east_m=50.0, north_m=0.0, up_m=2.0))
    for tick in range(100):
        en_route.step(end_s - 1.9 + tick / 10, "ok", around=around)
    assert (en_route.phase, vehicle.asked) == ("hold", ["AUTO.LOITER"])
    vehicle.now = replace(vehicle.now, home=Point(east_m=0.1, north_m=-0.2, up_m=2.0))
    for tick in range(100):
        en_route.step(end_s + 8.1 + tick / 10, "ok")
    assert (en_route.phase, vehicle.asked[-1]) == ("return", "AUTO.RTL"), "once it is free, or set back"


def test_a_hold_counts_down_to_the_return_that_ends_it(en_route, settings):
    assert isnan(en_route.hold_ends_s)
    assert en_route.hold() == ""
    en_route.step(20.1, "ok")
    whole_s = en_route.hold_ends_s
    assert settings.hold_s - 1.0 <= whole_s <= settings.hold_s
    en_route.step(20.1 + 0.9 * whole_s, "ok")
    assert (en_route.phase, en_route.hold_ends_s) == ("hold", pytest.approx(0.1 * whole_s))
    en_route.step(20.1 + whole_s, "ok")
    assert (en_route.phase, isnan(en_route.hold_ends_s)) == ("return", True)
    assert en_route.reason.endswith("nobody resumed it in time")


def test_a_hold_above_a_taken_pad_has_no_end(en_route, route):
    assert en_route.hold() == ""
    for tick in range(30):
        en_route.step(20.1 + tick / 10, "ok", around=standing_on(route))
    assert (en_route.phase, en_route.hold_ends_s) == ("hold", inf)


def test_a_resume_after_the_end_of_a_hold_names_that_end_and_a_way_out(en_route, settings):
    assert en_route.hold() == ""
    en_route.step(22.0 + settings.hold_s, "ok")
    refusal = en_route.resume("A. Martin")
    assert "the hold of drone1 ended by itself" in refusal and "hold again" in refusal


@pytest.mark.parametrize("lease", ["ok", "hold"])
def test_the_end_of_its_mission_waits_above_a_taken_pad_with_or_without_a_lease(
    en_route, vehicle, flying, route, lease
):
    vehicle.now = flying(mission_seq=len(en_route.items) - 1, east_m=0.0, north_m=0.0, height_m=40.0)
    en_route.step(20.8, "ok")
    en_route.step(20.9, "ok")
    assert en_route.phase == "landing"
    for tick in range(210, 240):
        en_route.step(tick / 10, lease, around=standing_on(route))
    assert (en_route.phase, vehicle.now.mode) == ("hold", "AUTO.LOITER")


def test_a_persons_abort_outlasts_an_automatic_call_home(en_route, vehicle):
    """The mission manager calls all drones home when a node is lost; one of them lands by a person's order."""
    assert en_route.abort("a rotor sounds wrong") == ""
    en_route.step(21.0, "ok")
    assert en_route.return_home("/drone2/camera was killed") == "the drone lands here: hold it first"
    assert (en_route.phase, vehicle.asked[-1]) == ("landing", "AUTO.LAND")
    assert en_route.hold() == "" and en_route.return_home() == ""


def test_a_gale_that_waits_for_another_drone_does_not_hide_the_fence(en_route, vehicle, flying, model):
    near = replace(CALM, others=(Other("drone2", 60.0, 32.0, 62.0, silent_s=0.0),))
    leaning = -2.0 * model.performance.drag_per_s * model.performance.max_wind_mps
    en_route.hold()
    vehicle.now = flying(mode="AUTO.LOITER", thrust_east_mps2=leaning, east_m=60.0)
    for tick in range(60):
        en_route.step(21.0 + tick, "ok", around=near)
    assert en_route.phase == "hold"
    vehicle.now = replace(vehicle.now, east_m=101.0)
    for tick in range(60, 65):
        en_route.step(21.0 + tick, "ok", around=near)
    assert (en_route.phase, vehicle.asked[-1]) == ("return", "AUTO.RTL")


@pytest.mark.parametrize("order", ["return_home", "abort"])
@pytest.mark.parametrize("shown", ["AUTO.MISSION", "the ordered mode"])
def test_the_rest_of_a_mission_is_not_left_for_the_next_arming(en_route, vehicle, parked, order, shown):
    """From a return or a landing PX4 falls back to the mission as it is disarmed, and would fly on with it."""
    assert getattr(en_route, order)() == ""
    for tick in range(210, 300):
        en_route.step(tick / 10, "ok")
    ordered = vehicle.now.mode
    vehicle.now = replace(vehicle.now, height_m=0.2, landed="on_ground")
    for tick in range(300, 330):
        en_route.step(tick / 10, "ok")
    vehicle.now = replace(parked, mode=ordered if shown == "the ordered mode" else shown)
    en_route.step(33.0, "ok")
    assert en_route.phase == "landed" and vehicle.asked[-1] == "AUTO.LOITER"


def test_a_mission_that_was_called_off_before_the_climb_is_not_left_for_the_next_arming(flight, vehicle, parked):
    vehicle.now = parked
    flight.start(0.0)
    flight.step(0.1, "ok")
    vehicle.now = replace(parked, armed=True, mode="AUTO.MISSION")
    flight.step(1.0, "ok")
    flight.return_home()
    vehicle.now = replace(parked, mode="AUTO.MISSION")
    flight.step(2.0, "ok")
    assert (flight.phase, vehicle.asked[-1]) == ("landed", "AUTO.LOITER")


def test_a_home_that_moves_in_flight_holds_the_drone_and_is_never_returned_to(en_route, vehicle):
    """Another ground station may set it: heights and the way home would count from there."""
    vehicle.now = replace(vehicle.now, home=Point(east_m=0.1, north_m=3.0, up_m=12.0))
    en_route.step(21.0, "ok")
    assert (en_route.phase, vehicle.asked[-1]) == ("hold", "AUTO.LOITER") and "home" in en_route.reason
    assert "home position has moved" in en_route.resume("A. Martin")
    vehicle.now = replace(vehicle.now, battery_fraction=0.13)
    for tick in range(220, 320):
        en_route.step(tick / 10, "ok")
    assert en_route.phase == "hold"
    for tick in range(320, 900):
        en_route.step(tick / 10, "ok")
    assert (en_route.phase, vehicle.asked[-1]) == ("landing", "AUTO.LAND")
    assert "AUTO.RTL" not in vehicle.asked


def test_a_return_stops_when_home_moves(en_route, vehicle):
    en_route.return_home()
    en_route.step(21.0, "ok")
    vehicle.now = replace(vehicle.now, home=Point(east_m=50.0, north_m=0.0, up_m=2.0))
    en_route.step(21.1, "ok")
    assert (en_route.phase, vehicle.asked[-1]) == ("hold", "AUTO.LOITER")


def beside(place, name="drone2"):
    """Another drone, which hovers at the height of the route of these tests."""
    return replace(CALM, others=(Other(name, *place, 62.0, silent_s=0.0),))


ON_THE_WAY, BESIDE_IT, ASIDE = (50.0, 33.0), (61.0, 26.0), (70.0, 47.0)
"""Near the drone of `held`: on its straight way home, 12 m beside that way, and behind the drone."""


@pytest.fixture
def held(en_route, vehicle, flying, settings):
    """Held at (60, 40) for another drone nearby, almost for the time limit of a hold."""

    def hold(around):
        vehicle.now = flying(mission_seq=9, east_m=60.0, north_m=40.0)
        en_route.step(21.0, "ok", around=around)
        assert en_route.phase == "hold" and "another drone" in en_route.reason
        vehicle.now = replace(vehicle.now, mode="AUTO.LOITER")
        en_route.step(20.0 + settings.hold_s, "ok", around=around)
        return 22.0 + settings.hold_s

    return hold


def test_a_hold_does_not_become_a_return_past_a_drone_nearby(en_route, held, settings):
    """Two drones that held near each other came within 1.4 m on their ways home: the first by name went past."""
    now_s = held(beside(ON_THE_WAY))
    for tick in range(30):
        en_route.step(now_s + tick * settings.hold_s / 10, "ok", around=beside(ON_THE_WAY))
    assert en_route.phase == "hold"
    en_route.step(now_s + 3.0 * settings.hold_s, "ok", around=beside((-60.0, 33.0)))
    assert en_route.phase == "return", "it goes once the other has gone"


@pytest.mark.parametrize(("name", "limits"), [("drone0", 2.0), ("drone2", 1.0)])
def test_with_a_free_way_home_the_first_by_name_goes_first(en_route, held, settings, name, limits):
    now_s = held(beside(ASIDE, name))
    en_route.step(now_s + (limits - 1.0) * settings.hold_s - 2.0, "ok", around=beside(ASIDE, name))
    assert en_route.phase == "hold"
    en_route.step(now_s + (limits - 1.0) * settings.hold_s, "ok", around=beside(ASIDE, name))
    assert en_route.phase == "return"


def test_a_battery_that_is_needed_for_the_way_home_does_not_wait_for_a_drone_on_it(en_route, vehicle, held):
    now_s = held(beside(ON_THE_WAY))
    vehicle.now = replace(vehicle.now, battery_fraction=0.13)
    for tick in range(40):
        en_route.step(now_s + tick / 10, "ok", around=beside(ON_THE_WAY))
    assert (en_route.phase, vehicle.asked[-1]) == ("return", "AUTO.RTL")


@pytest.mark.parametrize(("other", "phase"), [(ON_THE_WAY, "hold"), (BESIDE_IT, "return"), (ASIDE, "return")])
def test_a_return_stops_for_a_drone_on_its_way_only(en_route, vehicle, flying, other, phase):
    vehicle.now = flying(mission_seq=9, east_m=60.0, north_m=40.0)
    en_route.return_home()
    vehicle.now = replace(vehicle.now, mode="AUTO.RTL")
    for tick in range(220, 250):
        en_route.step(tick / 10, "ok", around=beside(other))
    assert en_route.phase == phase


@pytest.mark.parametrize(("battery_fraction", "phase"), [(1.0, "hold"), (0.28, "return")])
def test_a_return_in_a_strong_wind_stops_for_a_drone_on_its_way_too(
    en_route, vehicle, flying, model, battery_fraction, phase
):
    """The wind sends all drones home at once; only a row of its own, as that of the battery, lets it go on."""
    leaning = -2.0 * model.performance.drag_per_s * model.performance.max_wind_mps
    vehicle.now = flying(mission_seq=9, east_m=60.0, north_m=40.0, thrust_east_mps2=leaning)
    for tick in range(210, 450):
        en_route.step(tick / 10, "ok")
    assert (en_route.phase, en_route.reason) == ("return", "the wind is stronger than the drone may bear")
    vehicle.now = replace(vehicle.now, battery_fraction=battery_fraction)
    for tick in range(450, 480):
        en_route.step(tick / 10, "ok")
    for tick in range(480, 600):
        en_route.step(tick / 10, "ok", around=beside(ON_THE_WAY))
    assert en_route.phase == phase
    for tick in range(600, 640):
        en_route.step(tick / 10, "ok", around=beside((-60.0, 33.0)))
    assert en_route.phase == "return", "it goes once the other has gone"


def test_over_its_pad_a_return_goes_down_from_under_another_drone(en_route, vehicle, flying):
    vehicle.now = flying(mission_seq=9, east_m=0.5, north_m=0.5, height_m=52.0, up_mps=-1.0)
    en_route.return_home()
    vehicle.now = replace(vehicle.now, mode="AUTO.RTL")
    for tick in range(220, 250):
        en_route.step(tick / 10, "ok", around=beside((1.0, 1.0)))
    assert en_route.phase == "return"


@pytest.mark.parametrize(("below_m", "battery_fraction", "phase"), [
    (12.0, 1.0, "hold"), (-12.0, 1.0, "landing"), (12.0, 0.10, "landing"),
])  # fmt: skip
def test_the_end_of_its_mission_does_not_come_down_on_a_drone_over_its_pad(
    en_route, vehicle, flying, below_m, battery_fraction, phase
):
    over_pad = {"mission_seq": len(en_route.items) - 1, "east_m": 0.5, "north_m": 0.5, "height_m": 50.0}
    vehicle.now = flying(**over_pad, up_mps=-1.0, battery_fraction=battery_fraction)
    en_route.step(20.8, "ok")
    en_route.step(20.9, "ok")
    assert en_route.phase == "landing"
    near = replace(CALM, others=(Other("drone2", 1.0, 1.0, 52.0 - below_m, silent_s=0.0),))
    for tick in range(210, 212 if phase == "hold" else 260):
        en_route.step(tick / 10, "ok", around=CALM if tick < 240 and battery_fraction < 1.0 else near)
    assert en_route.phase == phase


@pytest.mark.parametrize(("above_m", "phase"), [(12.0, "hold"), (-12.0, "return")])
def test_a_return_that_climbs_first_stops_for_a_drone_above(en_route, vehicle, flying, above_m, phase):
    """The way home is at 62 m; the drone was inspecting at 32 m."""
    vehicle.now = flying(mission_seq=5, height_m=30.0, up_m=32.0)
    en_route.return_home()
    vehicle.now = replace(vehicle.now, mode="AUTO.RTL", up_mps=1.0)
    near = replace(CALM, others=(Other("drone2", 30.5, 40.5, 32.0 + above_m, silent_s=0.0),))
    for tick in range(220, 250):
        en_route.step(tick / 10, "ok", around=near)
    assert en_route.phase == phase


@pytest.mark.parametrize(("height_m", "phase"), [(48.0, "hold"), (74.0, "return")])
def test_over_its_rally_point_a_return_does_not_come_down_on_a_drone_below(
    new_flight, vehicle, route, settings, fly_to_view, flying, height_m, phase
):
    """The other one hovers above or below the drone, which is over the point at 60 m."""
    rally = Point(east_m=70.0, north_m=-60.0, up_m=0.0)
    safe = route.failsafe.model_copy(update={"rtl_type": 3, "rally": (rally,), "fence_max_alt_m": 120.0})
    flight = fly_to_view(new_flight(vehicle, route.model_copy(update={"failsafe": safe}), settings))
    vehicle.now = flying(east_m=70.5, north_m=-60.5)
    flight.return_home()
    vehicle.now = replace(vehicle.now, mode="AUTO.RTL", up_mps=-1.0)
    near = replace(CALM, others=(Other("drone2", 70.0, -60.0, height_m, silent_s=0.0),))
    for tick in range(220, 250):
        flight.step(tick / 10, "ok", around=near)
    assert flight.phase == phase
