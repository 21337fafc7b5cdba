"""The return commanded from the ground: requested until the autopilot shows it; choices of others stay untouched."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from blindspot.flight.control.reattach import LEFT_IN
from blindspot.flight.control.take_over import TakeOver
from blindspot.flight.route.mission_items import route_items
from blindspot.flight.route.phases import PHASES
from blindspot.flight.vehicle.returning import closest_item


def test_a_drone_on_its_route_is_sent_home_and_watched_down(vehicle, flying, parked):
    vehicle.now = flying()
    take_over = TakeOver(vehicle, "en_route")
    take_over.step(0.0)
    assert vehicle.asked == ["AUTO.RTL"] and take_over.outcome is None
    take_over.step(0.1)
    assert vehicle.asked == ["AUTO.RTL"], "asked once: the autopilot shows it"
    vehicle.now = replace(parked, mode="AUTO.RTL")
    take_over.step(60.0)
    assert take_over.outcome == "returned" and "ground station" in take_over.reason
    take_over.step(60.1)
    assert vehicle.asked == ["AUTO.RTL", "AUTO.LOITER"], "PX4 falls back to the mission: the next arming would fly it"


def test_motors_that_are_stopped_in_the_air_bring_nothing_home(vehicle, flying, parked):
    """PX4 reports the drone as on the ground at once."""
    vehicle.now = flying(state_age_s=0.1)
    take_over = TakeOver(vehicle, "en_route")
    take_over.step(0.0)
    vehicle.now = replace(parked, mode="AUTO.RTL")
    take_over.step(1.0)
    assert take_over.outcome == "failed" and "disarmed in flight" in take_over.reason
    assert vehicle.asked == ["AUTO.RTL", "AUTO.LOITER"], "the next arming must not fly the rest of the mission"


@pytest.mark.parametrize(("phase", "mode", "asked"), [
    ("takeoff", "AUTO.MISSION", ["AUTO.LOITER"]), ("return", "AUTO.RTL", ["AUTO.LOITER"]),
    ("takeoff", "POSCTL", []), ("pilot", "AUTO.MISSION", []),
])  # fmt: skip
def test_a_drone_that_is_found_down_does_not_keep_its_mission_for_the_next_arming(vehicle, parked, phase, mode, asked):
    vehicle.now = replace(parked, mode=mode)
    TakeOver(vehicle, phase).step(0.0)
    assert vehicle.asked == asked


@pytest.mark.parametrize("seen", ["AUTO.RTL", "POSCTL"])
def test_once_it_came_home_or_was_the_pilots_nothing_is_commanded_any_more(vehicle, flying, seen):
    take_over = TakeOver(vehicle, "en_route")
    for second, mode in enumerate([seen, "AUTO.MISSION"]):
        vehicle.now = flying(mode=mode)
        take_over.step(float(second))
    assert vehicle.asked == []


def test_it_is_not_asked_again_while_the_answer_is_out(vehicle, flying):
    vehicle.now = flying()
    vehicle.answers["AUTO.RTL"] = ("pending", "")
    take_over = TakeOver(vehicle, "en_route")
    for step in range(5):
        take_over.step(step / 10)
    assert vehicle.asked == ["AUTO.RTL"]


@pytest.mark.parametrize("state", ["refused", "timed out"])
def test_it_is_asked_again_after_a_refusal_or_a_silence(vehicle, flying, state):
    vehicle.now = flying()
    vehicle.answers["AUTO.RTL"] = (state, "no")
    take_over = TakeOver(vehicle, "en_route")
    for step in range(3):
        take_over.step(step / 10)
    assert vehicle.asked == ["AUTO.RTL"] * 3


@pytest.mark.parametrize(("state", "last"), [("refused", "AUTO.LAND"), ("timed out", "AUTO.RTL")])
def test_a_return_that_is_refused_again_and_again_becomes_a_landing(vehicle, flying, parked, state, last):
    vehicle.now = flying()
    vehicle.answers["AUTO.RTL"] = (state, "no home position")
    take_over = TakeOver(vehicle, "en_route")
    for step in range(5):
        take_over.step(step / 10)
    assert vehicle.asked[:3] == ["AUTO.RTL"] * 3 and vehicle.asked[-1] == last
    vehicle.now = replace(parked, mode=last)
    take_over.step(60.0)
    landed = "to land where it is; the return was refused 3 times: no home position" in take_over.reason
    assert (take_over.outcome, landed) == (("aborted", True) if last == "AUTO.LAND" else ("returned", False))


def test_a_refused_landing_is_asked_again_and_a_late_return_goes_on(vehicle, flying, parked):
    vehicle.now = flying()
    vehicle.answers |= {"AUTO.RTL": ("refused", "no"), "AUTO.LAND": ("refused", "no")}
    take_over = TakeOver(vehicle, "en_route")
    for step in range(6):
        take_over.step(step / 10)
    assert vehicle.asked == ["AUTO.RTL"] * 3 + ["AUTO.LAND"] * 3
    vehicle.now = flying(mode="AUTO.RTL")
    take_over.step(1.0)
    assert vehicle.asked[-1] == "AUTO.LAND" and len(vehicle.asked) == 6, "it comes home after all"
    vehicle.now = replace(parked, mode="AUTO.RTL")
    take_over.step(60.0)
    assert take_over.outcome == "returned"


def test_the_refusals_of_a_return_take_no_drone_from_its_pilot(vehicle, flying):
    vehicle.now = flying()
    vehicle.answers["AUTO.RTL"] = ("refused", "somebody else chose POSCTL")
    take_over = TakeOver(vehicle, "en_route")
    for step in range(3):
        take_over.step(step / 10)
    for mode in ("POSCTL", "AUTO.MISSION"):
        vehicle.now = flying(mode=mode)
        take_over.step(1.0)
    assert vehicle.asked == ["AUTO.RTL"] * 3


@pytest.mark.parametrize("mode", ["POSCTL", "ALTCTL", "MANUAL", "AUTO.LOITER", "AUTO.LAND", "AUTO.RTL", "OFFBOARD", ""])
def test_a_mode_that_flight_control_did_not_leave_is_left_alone(vehicle, flying, mode):
    vehicle.now = flying(mode=mode)
    take_over = TakeOver(vehicle, "en_route")
    take_over.step(0.0)
    assert vehicle.asked == [] and take_over.outcome is None


def test_a_drone_held_by_flight_control_is_sent_home(vehicle, flying):
    vehicle.now = flying(mode="AUTO.LOITER")
    TakeOver(vehicle, "hold").step(0.0)
    assert vehicle.asked == ["AUTO.RTL"]


@pytest.mark.parametrize(("phase", "command"), [("hold", "AUTO.RTL"), ("return", "AUTO.RTL"), ("landing", "AUTO.LAND")])
def test_a_drone_that_ignored_an_order_to_leave_its_route_is_commanded_again(vehicle, flying, phase, command):
    vehicle.now = flying(mission_seq=1)
    TakeOver(vehicle, phase).step(0.0)
    assert vehicle.asked == [command], "a landing that was reported is not made a way home: that may be too far"


@pytest.mark.parametrize(("reported", "mode", "command"), [
    ("hold return", "AUTO.LOITER", ["AUTO.RTL"]), ("return landing", "AUTO.RTL", ["AUTO.LAND"]),
    ("return", "AUTO.LOITER", []), ("landing", "AUTO.RTL", []), ("hold pilot", "AUTO.LOITER", []),
])  # fmt: skip
def test_an_overtaking_order_that_was_not_obeyed_yet_is_commanded(vehicle, flying, reported, mode, command):
    vehicle.now = flying(mode=mode)
    TakeOver(vehicle, reported).step(0.0)
    assert vehicle.asked == command


@pytest.mark.parametrize(("mode", "seq", "count"), [
    ("AUTO.MISSION", 11, 12), ("AUTO.MISSION", 4, 5), ("AUTO.MISSION", None, 12), ("AUTO.LAND", 1, 12),
])  # fmt: skip
def test_a_drone_that_lands_or_may_be_landing_is_left_to_land(vehicle, flying, mode, seq, count):
    vehicle.now = flying(mode=mode, mission_seq=seq, mission_items=count)
    TakeOver(vehicle, "landing").step(0.0)
    assert vehicle.asked == [], "the last item of the mission that is on board, which may be one of a jump"


@pytest.mark.parametrize("phase", ["en_route", "hold", "return"])
def test_an_abort_lands_it_on_the_way_home_too_but_never_the_pilot(vehicle, flying, parked, phase):
    vehicle.now = flying(mode="AUTO.RTL" if phase == "return" else "AUTO.MISSION")
    take_over = TakeOver(vehicle, phase)
    take_over.step(0.0)
    take_over.step(0.1)
    assert vehicle.now.mode == "AUTO.RTL"
    take_over.abort()
    take_over.step(0.2)
    take_over.step(0.3)
    assert vehicle.asked[-1] == "AUTO.LAND" and vehicle.asked.count("AUTO.LAND") == 1
    vehicle.now = flying(mode="AUTO.RTL")
    take_over.step(0.4)
    assert vehicle.asked.count("AUTO.LAND") == 1, "it landed by our command: what shows now is the pilot's"
    vehicle.now = parked
    take_over.step(60.0)
    assert take_over.outcome == "aborted"


def test_an_abort_leaves_the_pilot_alone(vehicle, flying):
    take_over = TakeOver(vehicle, "en_route")
    vehicle.now = flying(mode="POSCTL")
    take_over.step(0.0)
    take_over.abort()
    vehicle.now = flying()
    take_over.step(0.1)
    assert vehicle.asked == []


def test_an_abort_overtakes_a_return_that_is_not_answered_yet(vehicle, flying):
    vehicle.now = flying()
    vehicle.answers["AUTO.RTL"] = ("pending", "")
    take_over = TakeOver(vehicle, "en_route")
    take_over.step(0.0)
    take_over.abort()
    vehicle.now = flying(mode="AUTO.RTL")
    take_over.step(0.1)
    assert vehicle.asked == ["AUTO.RTL", "AUTO.LAND"]


@pytest.mark.parametrize("phase", [*sorted(set(PHASES) - set(LEFT_IN)), "", "no such phase"])
def test_after_a_phase_that_needs_no_command_none_is_given(vehicle, flying, phase):
    for mode in ("AUTO.MISSION", "AUTO.LOITER"):
        vehicle.now = flying(mode=mode)
        TakeOver(vehicle, phase).step(0.0)
    assert vehicle.asked == []


def test_the_autopilots_own_failsafe_is_left_alone(vehicle, flying):
    vehicle.now = flying(system_status=5)
    TakeOver(vehicle, "en_route").step(0.0)
    assert vehicle.asked == []


def test_a_flight_that_was_given_up_ends_no_better_when_the_drone_is_brought_home(vehicle, flying, parked):
    vehicle.now = flying()
    take_over = TakeOver(vehicle, "en_route", ended=("failed", "silent for too long"))
    take_over.step(0.0)
    vehicle.now = replace(parked, mode="AUTO.RTL")
    take_over.step(60.0)
    assert take_over.outcome == "failed"
    assert take_over.reason == "silent for too long; the flight was given up; brought home by the ground station"


def test_a_drone_whose_autopilot_is_silent_is_not_accounted_for(vehicle, flying):
    vehicle.now = flying(state_age_s=100.0)
    take_over = TakeOver(vehicle, "en_route", silence_limit_s=60.0)
    take_over.step(1000.0)
    assert take_over.outcome is None, "it was given no time to be heard"
    take_over.step(1060.1)
    assert take_over.outcome == "unaccounted" and "silent, last heard" in take_over.reason


def test_a_clock_that_is_set_forward_gives_up_no_drone_that_still_sends(vehicle, flying, parked):
    """The computer of the ground station gets its time while it brings the drone home."""
    vehicle.now, vehicle.answers["AUTO.RTL"] = flying(), ("refused", "busy")
    take_over = TakeOver(vehicle, "en_route")
    take_over.step(0.0)
    vehicle.now = flying(state_age_s=3600.4)
    take_over.step(3600.0)
    assert take_over.outcome is None
    vehicle.now, vehicle.answers = flying(), {}
    take_over.step(3600.1)
    assert vehicle.now.mode == "AUTO.RTL"
    vehicle.now = replace(parked, mode="AUTO.RTL")
    take_over.step(3700.0)
    assert take_over.outcome == "returned"


def test_an_autopilot_never_heard_is_not_down(vehicle):
    take_over = TakeOver(vehicle, "en_route", silence_limit_s=60.0)
    take_over.step(0.0)
    assert take_over.outcome is None and vehicle.asked == []
    take_over.step(61.0)
    assert take_over.outcome == "unaccounted" and "never heard" in take_over.reason


def test_after_the_outcome_nothing_is_commanded(vehicle, flying, parked):
    vehicle.now = parked
    take_over = TakeOver(vehicle, "armed")
    take_over.step(0.0)
    vehicle.now = flying()
    take_over.step(1.0)
    assert take_over.outcome == "returned" and vehicle.asked == []


def test_a_drone_that_is_not_heard_is_asked_nothing_for_the_pilot_may_have_it(vehicle, flying):
    vehicle.now = flying(state_age_s=4.0)
    take_over = TakeOver(vehicle, "en_route")
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
def test_only_a_mode_left_by_flight_control_is_replaced_and_only_by_a_return(
    new_vehicle, parked, phase, mode, status, armed
):
    vehicle = new_vehicle()
    vehicle.now = replace(
        parked, mode=mode, system_status=status, armed=armed, landed="in_air", mission_seq=11, mission_items=12
    )
    TakeOver(vehicle, phase).step(0.0)
    modes = {"hold": ("AUTO.MISSION", "AUTO.LOITER"), "inspect": ("OFFBOARD", "AUTO.LOITER")}
    left = modes.get(phase, ("AUTO.MISSION",))
    allowed = armed and status < 5 and phase in LEFT_IN and mode in left and phase != "landing"
    assert vehicle.asked == (["AUTO.RTL"] if allowed else [])


@pytest.mark.parametrize(("mode", "status", "whose"), [
    ("POSCTL", 4, "the pilot has it (mode POSCTL)"), ("AUTO.LAND", 5, "the autopilot's own failsafe has it"),
])  # fmt: skip
@pytest.mark.parametrize("aborted", [False, True])
def test_a_landing_by_others_is_not_reported_as_the_ground_stations(
    vehicle, flying, parked, mode, status, whose, aborted
):
    vehicle.now = flying()
    take_over = TakeOver(vehicle, "en_route")
    take_over.step(0.0)
    vehicle.now = flying(mode=mode, system_status=status)
    take_over.step(1.0)
    if aborted:
        take_over.abort()
    vehicle.now = replace(parked, mode=mode)
    take_over.step(60.0)
    assert take_over.outcome == "aborted"
    assert take_over.reason == f"flight_control lost; {whose}; landed, and not by the ground station"


def test_a_route_that_ended_on_its_pad_is_not_reported_as_the_ground_stations(vehicle, flying, parked):
    take_over = TakeOver(vehicle, "landing")
    vehicle.now = flying(mission_seq=11, mission_items=12)
    take_over.step(0.0)
    vehicle.now = parked
    take_over.step(30.0)
    assert (take_over.outcome, take_over.reason) == ("returned", "flight_control lost; down, nothing was commanded")


@pytest.fixture
def returns_along_mission(along, route, vehicle, flying):
    """A drone in a mission, and the request for its return along the mission."""
    vehicle.now = flying(east_m=30.0, north_m=40.0)
    flown = along(route)
    closest = closest_item(route_items(flown), (30.0, 40.0, vehicle.now.height_m))
    return TakeOver(vehicle, "en_route", route=flown), f"along {len(route_items(flown))} from {closest}"


def test_before_a_return_along_the_mission_that_mission_is_made_ready(returns_along_mission, vehicle, flying):
    """Another mission on board would lead the drone anywhere. The drone holds meanwhile."""
    take_over, ready = returns_along_mission
    vehicle.answers[ready] = ("pending", "")
    take_over.step(0.0)
    vehicle.now = flying(east_m=30.0, north_m=40.0, mode="AUTO.LOITER")
    take_over.step(1.0)
    assert vehicle.asked == [ready]
    vehicle.replies[ready].settle("timed out", "")
    vehicle.answers[ready] = ("ok", "")
    take_over.step(2.0)
    assert vehicle.asked == [ready, ready, "AUTO.RTL"], "its hold is no choice of the pilot"


def test_a_mission_that_is_not_made_ready_becomes_a_landing(returns_along_mission, vehicle):
    take_over, ready = returns_along_mission
    vehicle.answers[ready] = ("refused", "another mission is on board")
    for second in range(4):
        take_over.step(float(second))
    assert vehicle.asked == [ready] * 3 + ["AUTO.LAND"] and "another mission" in take_over.why_here
