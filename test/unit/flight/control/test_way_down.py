"""On the way down: what stops a return, what a landing outlasts, and what is left for the next arming."""

from __future__ import annotations

from dataclasses import replace

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
    assert en_route.return_home("/drone2/camera was killed") == "it lands where it is: hold it first"
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
