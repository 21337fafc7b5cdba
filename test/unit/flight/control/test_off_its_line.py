"""A flight that left its route to inspect: its way back, and its end where it was blown off its line."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test.unit.flight.control.conftest import at

from blindspot.flight.control.inspect import ASTRAY_S
from blindspot.flight.watch.surroundings import CALM, Other


def back_in_hold(inspecting, vehicle, now_s):
    """Flies as the set-points lead, until the drone holds."""
    while inspecting.phase == "inspect":
        now_s += 0.1
        inspecting.stream(now_s)
        place, _ = vehicle.setpoints[-1]
        at(vehicle, east_m=place.east_m, north_m=place.north_m, height_m=place.up_m - 2.0)
        inspecting.step(now_s, "ok")
        assert now_s < 90.0
    return now_s


def fly_out(inspecting, vehicle, until_s):
    for tick in range(214, int(until_s * 10)):
        inspecting.stream(tick / 10)
        place, _ = vehicle.setpoints[-1]
        at(vehicle, east_m=place.east_m, north_m=place.north_m)
        inspecting.step(tick / 10, "ok")


def test_a_drone_that_is_to_stand_by_flies_its_line_back_first(inspecting, vehicle):
    """From beside its route no rest of the plan could begin, and the other drones would lose theirs."""
    fly_out(inspecting, vehicle, 27.0)
    out_m = vehicle.now.east_m
    assert out_m > 40.0
    assert "back on the route" in inspecting.stand_by() and inspecting.phase == "inspect"
    now_s = back_in_hold(inspecting, vehicle, 27.0)
    assert (
        vehicle.now.east_m == pytest.approx(30.0, abs=1.0)
        and max(p.east_m for p, _ in vehicle.setpoints) <= out_m + 1.0
    )
    inspecting.step(now_s + 0.1, "ok")
    assert inspecting.stand_by() == "" and inspecting.phase == "hold"


@pytest.mark.parametrize("who", ["a person", "the fleet"])
def test_from_a_hold_on_its_line_it_first_flies_back_to_its_route(inspecting, vehicle, who):
    fly_out(inspecting, vehicle, 27.0)
    for tick in range(10):
        inspecting.step(27.0 + tick / 10, "inhibit")
    assert (inspecting.phase, inspecting.inspection) == ("hold", "broken off") and vehicle.now.east_m > 40.0
    assert "lease" in inspecting.resume("A. Martin"), "a row that is due keeps it there"
    for tick in range(40):
        inspecting.step(28.0 + tick / 10, "ok")
    if who == "a person":
        assert inspecting.resume("A. Martin") == ""
    else:
        assert "back to its route first" in inspecting.stand_by()
    assert (inspecting.phase, vehicle.asked[-1]) == ("inspect", "OFFBOARD")
    now_s = back_in_hold(inspecting, vehicle, 32.0)
    assert vehicle.now.east_m == pytest.approx(30.0, abs=1.0) and "back on the route" in inspecting.reason
    inspecting.step(now_s + 0.1, "ok")
    assert inspecting.resume("A. Martin") == "" and inspecting.phase == "en_route"


def blown_off(inspecting, vehicle, off_m=4.0):
    """Far out on its line, and then beside it: the inspection is broken off in a hold."""
    fly_out(inspecting, vehicle, 27.0)
    at(vehicle, north_m=40.0 + off_m)
    hold_for(inspecting, 0.2)
    return inspecting


def hold_for(flight, seconds, **around):
    begin_s = flight.seen.stamp_s
    for tick in range(1, round(seconds * 10) + 1):
        flight.step(begin_s + tick / 10, "ok", **around)
    return flight.phase


def test_a_drone_that_was_blown_off_its_line_comes_home_and_says_why(inspecting, vehicle):
    """No cleared way leads from there to its route: it stood there in silence until its hold was over."""
    assert blown_off(inspecting, vehicle).phase == "hold"
    assert "off the cleared line: fly the drone back first" in inspecting.resume("A. Martin")
    assert "off the cleared line" in inspecting.stand_by(), "no rest of the plan begins there"
    assert hold_for(inspecting, ASTRAY_S - 0.5) == "hold"
    assert hold_for(inspecting, 0.6) == "return" and vehicle.asked[-1] == "AUTO.RTL"
    assert "the drone is 4.0 m off the cleared line, so it comes home" in inspecting.reason


def test_a_gust_in_the_hold_calls_nobody_home(inspecting, vehicle):
    blown_off(inspecting, vehicle)
    for north_m in (43.0, 44.0) * 3:
        at(vehicle, north_m=north_m)
        assert hold_for(inspecting, ASTRAY_S - 0.5) == "hold"


def test_a_drone_off_its_line_at_an_unknown_place_is_left_to_the_ladder(inspecting, vehicle):
    blown_off(inspecting, vehicle)
    at(vehicle, position_ok=False)
    assert hold_for(inspecting, ASTRAY_S + 1.0) == "hold"


def test_a_drone_off_its_line_stays_while_a_person_holds_it(inspecting, vehicle):
    fly_out(inspecting, vehicle, 27.0)
    assert inspecting.hold() == ""
    at(vehicle, north_m=44.0)
    assert hold_for(inspecting, 60.0) == "hold"
    assert "off the cleared line" in inspecting.resume("A. Martin")


def test_a_drone_off_its_line_does_not_return_to_a_pad_that_is_taken(inspecting, vehicle, route):
    blown_off(inspecting, vehicle)
    pad = route.home
    on_pad = replace(CALM, others=(Other("drone9", pad.east_m, pad.north_m, pad.up_m, False, 0.0),))
    assert hold_for(inspecting, 60.0, around=on_pad) == "hold"
    assert hold_for(inspecting, 30.0) == "return"
