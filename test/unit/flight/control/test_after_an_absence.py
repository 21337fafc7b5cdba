"""Words for a mode that shows after flight_control was away: the pilot's only if it can be no one else's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from blindspot.flight.control.reattach import LastTold
from blindspot.flight.control.take_over import TakeOver

UNSURE = "the pilot, the ground station or the autopilot's failsafe has it"


def reattached(flight, vehicle, last, now, lease="ok"):
    vehicle.now = now
    flight.reattach(0.0, last)
    for tick in range(1, 11):
        flight.step(tick / 10, lease)
    return flight


def down(flight, vehicle, parked, at_s=60.0):
    vehicle.now = replace(parked, mode=vehicle.now.mode)
    flight.step(at_s, "ok")
    return flight.outcome


@pytest.mark.parametrize("last", ["en_route", "hold", "lost"])
@pytest.mark.parametrize("mode", ["AUTO.RTL", "AUTO.LAND"])
def test_a_return_or_landing_found_at_a_reattach_is_not_called_the_pilots_and_gets_no_command(
    flight, vehicle, flying, parked, last, mode
):
    reattached(flight, vehicle, last, flying(mode=mode))
    assert flight.phase == "pilot" and UNSURE in flight.reason and mode in flight.reason
    assert down(flight, vehicle, parked) == "aborted"
    assert flight.reason.endswith("landed, and not by us") and vehicle.asked == []


def test_another_mode_is_the_pilots_and_so_is_a_drone_that_the_pilot_had(flight, new_flight, vehicle, route, settings,
                                                                         flying, parked):  # fmt: skip
    reattached(flight, vehicle, "en_route", flying(mode="POSCTL"))
    assert "; the pilot has it (mode POSCTL)" in flight.reason
    known = new_flight(vehicle, route, settings)
    reattached(known, vehicle, "pilot", flying(mode="AUTO.RTL"))
    assert "; the pilot has it (mode AUTO.RTL)" in known.reason
    down(known, vehicle, parked)
    assert known.reason.endswith("landed by the pilot")


@pytest.mark.parametrize(("mode", "phase", "word", "outcome"), [
    ("AUTO.RTL", "return", "returning", "returned"), ("AUTO.LAND", "landing", "landing", "aborted"),
])  # fmt: skip
def test_what_the_ground_station_commanded_meanwhile_is_watched_without_a_command(
    flight, vehicle, flying, parked, mode, phase, word, outcome
):
    reattached(flight, vehicle, str(LastTold(("en_route",)).taken_over()), flying(mode=mode), "return")
    for second in range(2, 1000):
        flight.step(float(second), "return", camera_silent_s=1000.0)
    assert flight.phase == phase and f"{word} (ordered by the ground station or the autopilot)" in flight.reason
    assert flight.sensor_inhibited and vehicle.asked == []
    assert down(flight, vehicle, parked, 1020.0) == outcome
    assert "pilot" not in flight.reason.replace("autopilot", "")


@pytest.mark.parametrize(("last", "mode", "phase", "command"), [
    ("en_route ground", "AUTO.MISSION", "return", "AUTO.RTL"), ("hold ground", "AUTO.LOITER", "return", "AUTO.RTL"),
    ("landing ground", "AUTO.MISSION", "landing", "AUTO.LAND"),
])  # fmt: skip
def test_what_the_ground_station_commanded_and_was_never_obeyed_is_requested_again(
    flight, vehicle, flying, last, mode, phase, command
):
    reattached(flight, vehicle, last, flying(mode=mode))
    assert (flight.phase, vehicle.asked) == (phase, [command])


@pytest.mark.parametrize("phases", [("pilot",), ("lost",), ()])
def test_the_ground_station_takes_no_drone_that_may_be_another_partys(flight, vehicle, flying, phases):
    taken = LastTold(phases).taken_over()
    assert taken.phases == phases
    reattached(flight, vehicle, " ".join((*phases, "ground")), flying(mode="AUTO.RTL"))
    assert flight.phase == "pilot" and vehicle.asked == []


@pytest.mark.parametrize(("last", "mode", "outcome"), [
    ("en_route ground", "AUTO.RTL", "returned"), ("landing ground", "AUTO.LAND", "returned"),
    ("en_route", "AUTO.RTL", "aborted"),
])  # fmt: skip
def test_a_ground_station_that_was_started_again_knows_its_own_take_over(vehicle, flying, parked, last, mode, outcome):
    vehicle.now = flying(mode=mode)
    take_over = TakeOver(vehicle, last)
    take_over.step(0.0)
    vehicle.now = replace(parked, mode=mode)
    take_over.step(60.0)
    left = ["AUTO.LOITER"] if outcome == "returned" else []
    assert (take_over.outcome, vehicle.asked) == (outcome, left), "for the next arming, unless it may be the pilot's"


def test_the_pilot_may_still_take_what_the_ground_station_commanded(flight, vehicle, flying):
    reattached(flight, vehicle, "en_route ground", flying(mode="AUTO.RTL"))
    vehicle.now = flying(mode="POSCTL")
    flight.step(30.0, "ok")
    assert flight.phase == "pilot" and "the pilot has it (mode POSCTL)" in flight.reason and vehicle.asked == []


def test_an_abort_lands_what_the_ground_station_brings_home(flight, vehicle, flying):
    reattached(flight, vehicle, "en_route ground", flying(mode="AUTO.RTL"))
    assert flight.abort("ordered to land by A. Martin") == ""
    assert (flight.phase, vehicle.asked) == ("landing", ["AUTO.LAND"])


def test_a_drone_that_is_brought_home_and_falls_silent_is_given_up(flight, vehicle, flying):
    reattached(flight, vehicle, "en_route ground", flying(mode="AUTO.RTL"))
    vehicle.now = flying(mode="AUTO.RTL", state_age_s=61.0)
    flight.step(70.0, "ok")
    flight.step(75.0, "ok")
    assert flight.outcome == "failed" and "last heard" in flight.reason and vehicle.asked == []


def test_the_take_over_is_the_last_word_until_flight_control_speaks_again():
    taken = LastTold().heard("en_route", 0.0).taken_over()
    assert str(taken) == "en_route ground"
    assert taken.heard("idle", 1.0) == taken == taken.taken_over()
    assert str(taken.heard("return", 2.0)) == "return"


@pytest.mark.parametrize("away_s", [0.1, 10.0])
def test_a_return_that_shows_after_flight_control_stood_still_may_be_another_partys(
    en_route, vehicle, flying, parked, away_s
):
    for second in range(21, 40):
        en_route.step(float(second), "ok")
    vehicle.now = flying(mode="AUTO.RTL")
    en_route.step(39.0 + away_s, "ok")
    assert en_route.phase == "pilot" and vehicle.asked == []
    assert (UNSURE in en_route.reason) == (away_s > 3.0), en_route.reason
    down(en_route, vehicle, parked)
    assert en_route.reason.endswith("landed, and not by us" if away_s > 3.0 else "landed by the pilot")
