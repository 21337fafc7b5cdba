"""The return commanded from the ground: asked until the autopilot shows it; nobody else's choice is touched."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blindspot.flight.phases import PHASES
from blindspot.flight.reattach import LEFT_IN
from blindspot.flight.route_items import route_items
from blindspot.flight.take_over import TakeOver


@pytest.fixture(scope="session")
def items(route):
    return route_items(route)


def test_a_drone_on_its_route_is_sent_home_and_watched_down(items, vehicle, flying, parked):
    vehicle.now = flying()
    take_over = TakeOver(vehicle, items, "en_route")
    take_over.step(0.0)
    assert vehicle.asked == ["AUTO.RTL"] and take_over.outcome is None
    take_over.step(0.1)
    assert vehicle.asked == ["AUTO.RTL"], "asked once: the autopilot shows it"
    vehicle.now = replace(parked, mode="AUTO.RTL")
    take_over.step(60.0)
    assert take_over.outcome == "returned" and "ground station" in take_over.reason


@pytest.mark.parametrize("seen", ["AUTO.RTL", "POSCTL"])
def test_once_it_came_home_or_was_the_pilots_nothing_is_commanded_any_more(items, vehicle, flying, seen):
    take_over = TakeOver(vehicle, items, "en_route")
    for second, mode in enumerate([seen, "AUTO.MISSION"]):
        vehicle.now = flying(mode=mode)
        take_over.step(float(second))
    assert vehicle.asked == []


def test_it_is_not_asked_again_while_the_answer_is_out(items, vehicle, flying):
    vehicle.now = flying()
    vehicle.answers["AUTO.RTL"] = ("pending", "")
    take_over = TakeOver(vehicle, items, "en_route")
    for step in range(5):
        take_over.step(step / 10)
    assert vehicle.asked == ["AUTO.RTL"]


@pytest.mark.parametrize("state", ["refused", "timed out"])
def test_it_is_asked_again_after_a_refusal_or_a_silence(items, vehicle, flying, state):
    vehicle.now = flying()
    vehicle.answers["AUTO.RTL"] = (state, "no")
    take_over = TakeOver(vehicle, items, "en_route")
    for step in range(3):
        take_over.step(step / 10)
    assert vehicle.asked == ["AUTO.RTL"] * 3


@pytest.mark.parametrize("mode", ["POSCTL", "ALTCTL", "MANUAL", "AUTO.LOITER", "AUTO.LAND", "AUTO.RTL", "OFFBOARD", ""])
def test_a_mode_that_flight_control_did_not_leave_is_left_alone(items, vehicle, flying, mode):
    vehicle.now = flying(mode=mode)
    take_over = TakeOver(vehicle, items, "en_route")
    take_over.step(0.0)
    assert vehicle.asked == [] and take_over.outcome is None


def test_a_drone_held_by_flight_control_is_sent_home(items, vehicle, flying):
    vehicle.now = flying(mode="AUTO.LOITER")
    TakeOver(vehicle, items, "hold").step(0.0)
    assert vehicle.asked == ["AUTO.RTL"]


@pytest.mark.parametrize("phase", ["hold", "return", "landing"])
def test_a_drone_that_was_told_to_leave_its_route_and_flies_it_on_is_sent_home(items, vehicle, flying, phase):
    vehicle.now = flying(mission_seq=1)
    TakeOver(vehicle, items, phase).step(0.0)
    assert vehicle.asked == ["AUTO.RTL"]


@pytest.mark.parametrize(("mode", "seq"), [("AUTO.MISSION", 11), ("AUTO.MISSION", None), ("AUTO.LAND", 1)])
def test_a_drone_that_lands_or_may_be_landing_is_left_to_land(items, vehicle, flying, mode, seq):
    assert len(items) == 12
    vehicle.now = flying(mode=mode, mission_seq=seq)
    TakeOver(vehicle, items, "landing").step(0.0)
    assert vehicle.asked == []


@pytest.mark.parametrize("phase", [*sorted(set(PHASES) - set(LEFT_IN)), "", "no such phase"])
def test_after_a_phase_that_needs_no_command_none_is_given(items, vehicle, flying, phase):
    for mode in ("AUTO.MISSION", "AUTO.LOITER"):
        vehicle.now = flying(mode=mode)
        TakeOver(vehicle, items, phase).step(0.0)
    assert vehicle.asked == []


def test_the_autopilots_own_failsafe_is_left_alone(items, vehicle, flying):
    vehicle.now = flying(system_status=5)
    TakeOver(vehicle, items, "en_route").step(0.0)
    assert vehicle.asked == []


def test_a_silent_autopilot_is_a_failure_that_is_told(items, vehicle, flying):
    vehicle.now = flying(state_age_s=100.0)
    take_over = TakeOver(vehicle, items, "en_route", silence_limit_s=60.0)
    take_over.step(1000.0)
    assert take_over.outcome is None, "it was given no time to be heard"
    take_over.step(1060.1)
    assert take_over.outcome == "failed" and "silent" in take_over.reason


def test_an_autopilot_never_heard_is_not_down(items, vehicle):
    take_over = TakeOver(vehicle, items, "en_route", silence_limit_s=60.0)
    take_over.step(0.0)
    assert take_over.outcome is None and vehicle.asked == []
    take_over.step(61.0)
    assert take_over.outcome == "failed"


def test_after_the_outcome_nothing_is_commanded(items, vehicle, flying, parked):
    vehicle.now = parked
    take_over = TakeOver(vehicle, items, "armed")
    take_over.step(0.0)
    vehicle.now = flying()
    take_over.step(1.0)
    assert take_over.outcome == "returned" and vehicle.asked == []


def test_a_drone_that_is_not_heard_is_asked_nothing_for_the_pilot_may_have_it(items, vehicle, flying):
    vehicle.now = flying(state_age_s=4.0)
    take_over = TakeOver(vehicle, items, "en_route")
    take_over.step(0.0)
    assert vehicle.asked == []
    vehicle.now = flying()
    take_over.step(1.0)
    assert vehicle.asked == ["AUTO.RTL"]


@given(
    phase=st.sampled_from([*PHASES, ""]),
    mode=st.sampled_from(["AUTO.MISSION", "AUTO.LOITER", "AUTO.RTL", "AUTO.LAND", "POSCTL", "OFFBOARD", ""]),
    status=st.integers(0, 8),
    armed=st.booleans(),
)
def test_only_what_flight_control_left_is_ever_commanded_and_only_home(
    items, new_vehicle, parked, phase, mode, status, armed
):
    vehicle = new_vehicle()
    vehicle.now = replace(
        parked, mode=mode, system_status=status, armed=armed, landed="in_air", mission_seq=len(items) - 1
    )
    TakeOver(vehicle, items, phase).step(0.0)
    flies_on = mode == "AUTO.MISSION" or (phase, mode) == ("hold", "AUTO.LOITER")
    allowed = armed and status < 5 and phase in LEFT_IN and flies_on and phase != "landing"
    assert vehicle.asked == (["AUTO.RTL"] if allowed else [])
