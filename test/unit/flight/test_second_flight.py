"""A flight that is ordered in the second after a landing: the hold that its forerunner has requested may still show."""

from __future__ import annotations

from types import SimpleNamespace as Message

import pytest


@pytest.fixture
def second_flight(new_flight, link, drone, route, settings):
    """It begins while the hold after the landing of the first one is on its way to the autopilot."""
    link.state("AUTO.MISSION")
    link.script["set_mode"] = [Message(mode_sent=True)]
    drone.set_mode("AUTO.LOITER")
    flight = new_flight(drone, route, settings)
    flight.start(link.now_s)
    flight.step(link.now_s, "ok")
    return flight


def test_the_hold_that_the_flight_before_requested_is_not_the_pilots(second_flight, link):
    link.now_s += 0.5
    link.state("AUTO.LOITER")
    second_flight.step(link.now_s, "ok")
    assert (second_flight.phase, second_flight.reason) == ("preflight", "")


@pytest.mark.parametrize("mode", ["POSCTL", "AUTO.LAND", "AUTO.TAKEOFF"])
@pytest.mark.parametrize("has_held", [False, True])
def test_any_other_mode_of_that_second_is_the_pilots(second_flight, link, mode, has_held):
    for shown in ("AUTO.LOITER", mode) if has_held else (mode,):
        link.now_s += 0.5
        link.state(shown)
        second_flight.step(link.now_s, "ok")
    assert (second_flight.phase, second_flight.reason) == ("failed", f"the pilot has it (mode {mode})")


def test_a_hold_that_was_requested_and_shown_before_is_no_excuse_for_a_later_one(
    new_flight, link, drone, route, settings
):
    link.script["set_mode"] = [Message(mode_sent=True)]
    drone.set_mode("AUTO.LOITER")
    link.now_s += 0.5
    link.state("AUTO.LOITER")
    drone.telemetry(link.now_s)
    link.state("AUTO.MISSION")
    flight = new_flight(drone, route, settings)
    flight.start(link.now_s)
    link.state("AUTO.LOITER")
    flight.step(link.now_s, "ok")
    assert (flight.phase, flight.reason) == ("failed", "the pilot has it (mode AUTO.LOITER)")
