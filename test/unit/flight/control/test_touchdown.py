"""A landing, and motors that were stopped in the air: PX4 reports both as disarmed and on the ground."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import pytest

STOPPED = "disarmed in flight, and not by us"


def comes_down(flight, vehicle, flying, *, stands_s, height_m=60.0, silent_s=0.0, **last):
    """From the air at 30 s: on the ground with running motors for `stands_s`, then disarmed."""
    vehicle.now = flying(state_age_s=0.1, height_m=height_m, **last)
    flight.step(30.0, "ok")
    now_s = 30.0 + silent_s
    while stands_s > now_s - 30.0 - silent_s:
        now_s += 0.1
        vehicle.now = flying(state_age_s=0.1, landed="on_ground", height_m=height_m, **last)
        flight.step(now_s, "ok")
    vehicle.now = replace(vehicle.now, armed=False, landed="on_ground")
    flight.step(now_s + 0.1, "ok")
    return flight


@pytest.mark.parametrize("stands_s", [0.0, 0.6, 1.1])
def test_motors_that_are_stopped_in_the_air_are_no_landing(en_route, vehicle, flying, stands_s):
    comes_down(en_route, vehicle, flying, stands_s=stands_s)
    assert (en_route.phase, en_route.outcome) == ("failed", "failed") and STOPPED in en_route.reason
    assert vehicle.asked == ["AUTO.LOITER"], "the next arming must not fly the rest of the mission"


def test_nor_on_the_way_home(en_route, vehicle, flying):
    en_route.return_home()
    comes_down(en_route, vehicle, flying, stands_s=0.5, mode="AUTO.RTL")
    assert en_route.outcome == "failed" and STOPPED in en_route.reason
    assert vehicle.asked == ["AUTO.RTL", "AUTO.LOITER"], "PX4 falls back to the mission"


@pytest.mark.parametrize("mode", ["POSCTL", "AUTO.LOITER"])
def test_stopped_motors_in_a_mode_of_the_pilot_get_no_request(en_route, vehicle, flying, mode):
    """He took the drone and stopped it within one step."""
    vehicle.now = flying(mode=mode, armed=False)
    en_route.step(30.0, "ok")
    assert (en_route.outcome, vehicle.asked) == ("failed", [])


def test_nor_in_the_pilot_s_hands(en_route, vehicle, flying):
    vehicle.now = flying(mode="POSCTL", state_age_s=0.1)
    en_route.step(29.0, "ok")
    assert en_route.phase == "pilot"
    comes_down(en_route, vehicle, flying, stands_s=0.5, mode="POSCTL")
    assert en_route.outcome == "failed" and STOPPED in en_route.reason and vehicle.asked == []


@pytest.mark.parametrize(("stands_s", "height_m"), [(1.9, 60.0), (0.2, 9.9), (0.2, nan)])
def test_a_drone_that_stood_with_running_motors_or_was_low_has_landed(
    en_route, vehicle, flying, parked, stands_s, height_m
):
    """The ground may be higher than the pad."""
    comes_down(en_route, vehicle, flying, stands_s=stands_s, height_m=height_m)
    assert (en_route.phase, en_route.outcome) == ("landed", "aborted")


@pytest.mark.parametrize(("silent_s", "outcome"), [(6.0, "failed"), (11.0, "aborted")])
def test_an_autopilot_that_started_again_in_the_air_has_not_landed_either(en_route, vehicle, flying, silent_s, outcome):
    """It was silent for seconds, and is then down: too soon for a way of 50 m down."""
    comes_down(en_route, vehicle, flying, stands_s=0.0, silent_s=silent_s)
    assert en_route.outcome == outcome


@pytest.mark.parametrize("landed", ["unknown", "landing"])
def test_motors_that_were_stopped_and_run_again_are_the_pilots(en_route, vehicle, flying, landed):
    """Any arming that we did not ask for is a person's act."""
    vehicle.now = flying(armed=False, landed=landed)
    en_route.step(30.0, "ok")
    assert en_route.phase == "en_route"
    vehicle.now = flying()
    en_route.step(31.0, "ok")
    en_route.step(31.1, "ok")
    assert (en_route.phase, en_route.outcome, vehicle.asked) == ("pilot", None, [])
    assert "stopped and armed again, and not by us" in en_route.reason and en_route.sensor_inhibited
    vehicle.now = flying(mode="POSCTL")
    en_route.step(31.2, "ok")
    assert en_route.resume("A. Martin") == ""
    en_route.step(33.5, "ok")
    assert en_route.phase == "en_route"


def test_a_disarmed_state_from_before_the_arming_is_no_stop(flight, vehicle, parked, flying):
    vehicle.now = parked
    flight.start(0.0)
    flight.step(0.1, "ok")
    vehicle.now = flying(mission_seq=0, landed="taking_off", height_m=5.0)
    flight.step(3.0, "ok")
    vehicle.now = replace(vehicle.now, armed=False, landed="unknown")
    flight.step(3.5, "ok")
    vehicle.now = flying(mission_seq=0, height_m=6.0)
    flight.step(4.0, "ok")
    assert flight.phase == "takeoff"


@pytest.mark.parametrize("mode", ["AUTO.MISSION", "POSCTL"])
@pytest.mark.parametrize(("then", "outcome"), [("on_ground", "aborted"), ("in_air", "failed")])
def test_near_the_ground_a_touchdown_may_be_reported_after_the_disarming(
    en_route, vehicle, flying, mode, then, outcome
):  # fmt: skip
    """A pilot disarms as the drone touches down: each second landing had failed by its own record."""
    vehicle.now = flying(mode=mode, height_m=0.3)
    en_route.step(30.0, "ok")
    vehicle.now = flying(mode=mode, height_m=0.1, armed=False)
    en_route.step(31.0, "ok")
    assert en_route.outcome is None
    vehicle.now = replace(vehicle.now, landed=then)
    for now_s in (32.0, 33.1):
        en_route.step(now_s, "ok")
    assert en_route.outcome == outcome


@pytest.mark.parametrize("height_m", [11.0, nan])
def test_high_or_at_an_unknown_height_a_stop_is_reported_at_once(en_route, vehicle, flying, height_m):
    vehicle.now = flying(mode="POSCTL", height_m=height_m)
    en_route.step(30.0, "ok")
    vehicle.now = flying(mode="POSCTL", height_m=height_m, armed=False)
    en_route.step(30.1, "ok")
    assert en_route.outcome == "failed"
