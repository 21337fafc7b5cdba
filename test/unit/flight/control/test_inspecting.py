"""A flight that inspects: its requests, the times of its set-points, and its end after any problem."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test.unit.flight.control.conftest import LOOK, at, ordered

from blindspot.flight.control.inspect import AT_REST_MPS, CLEARED_WITHIN_S
from blindspot.flight.control.inspecting import DRIFTED_M, RESTS_S

MODES = ("POSCTL", "ALTCTL", "MANUAL", "AUTO.RTL", "AUTO.LAND", "AUTO.MISSION", "AUTO.TAKEOFF")


@pytest.fixture
def flight(may_inspect):
    return may_inspect


def test_it_holds_has_the_way_cleared_aims_and_only_then_asks_for_offboard(inspecting, vehicle):
    assert vehicle.asked == ["AUTO.LOITER", "clear", "OFFBOARD"] and vehicle.aims == [(-60.0, 120.0)]
    assert "A. Martin inspects" in inspecting.reason and inspecting.sensor_inhibited


@pytest.mark.parametrize("state", ["refused", "timed out"])
def test_a_way_that_is_not_cleared_is_not_flown(flight, vehicle, state):
    vehicle.answers["clear"] = (state, "12 m from a building")
    ordered(flight)
    assert (flight.phase, vehicle.now.mode, vehicle.setpoints) == ("hold", "AUTO.LOITER", [])
    assert "12 m from a building" in flight.reason
    assert flight.resume("A. Martin") == ""


def test_a_ground_station_that_does_not_answer_leaves_it_in_hold(flight, vehicle):
    vehicle.answers["clear"] = ("pending", "")
    ordered(flight)
    flight.step(21.0 + CLEARED_WITHIN_S + 1.0, "ok")
    assert flight.phase == "hold" and "not cleared in time" in flight.reason
    flight.step(200.0, "ok")
    assert flight.phase == "return", "the hold's own limit"


def test_the_gate_is_asked_once_the_rest_of_the_braking_is_short_and_the_drone_goes_once_it_is_slow(flight, vehicle):
    at(vehicle, north_mps=4.0)
    ordered(flight)
    assert "clear" not in vehicle.asked, "2.7 m of braking are left"
    at(vehicle, north_mps=3.0)
    flight.step(22.0, "ok")
    start = flight.clearing[0]
    assert start.north_m == pytest.approx(vehicle.now.north_m + 1.5), "where it will stop"
    flight.step(22.1, "ok")
    assert (vehicle.asked[-1], flight.phase) == ("clear", "hold")
    at(vehicle, north_mps=0.9 * AT_REST_MPS, north_m=start.north_m)
    flight.step(22.2, "ok")
    assert flight.phase == "inspect"


@pytest.mark.parametrize("answer", ["ok", "refused"])
def test_a_drone_that_rests_elsewhere_has_the_way_from_there_cleared(flight, vehicle, answer):
    at(vehicle, north_mps=3.0)
    ordered(flight)
    at(vehicle, north_mps=0.0, north_m=vehicle.now.north_m + 1.5 - 1.1 * DRIFTED_M)
    flight.step(23.0, "ok")
    flight.step(23.0 + 0.9 * RESTS_S, "ok")
    assert vehicle.asked.count("clear") == 1, "it may only turn here"
    vehicle.answers["clear"] = (answer, "a wall")
    flight.step(23.0 + RESTS_S, "ok")
    assert vehicle.asked.count("clear") == 2 and flight.clearing[0].north_m == vehicle.now.north_m
    flight.step(23.2 + RESTS_S, "ok")
    assert (flight.phase, "a wall" in flight.reason) == (("inspect", False) if answer == "ok" else ("hold", True))


@pytest.mark.parametrize(
    ("changes", "lease", "why"),
    [({"battery_fraction": 0.2}, "ok", "battery"), ({}, "inhibit", "lease")],
)
def test_changes_since_the_clearing_are_judged_again(flight, vehicle, changes, lease, why):
    vehicle.answers["clear"] = ("pending", "")
    ordered(flight)
    flight.clearing[1].settle("ok")
    at(vehicle, **changes)
    flight.step(22.0, lease)
    flight.step(22.1, lease)
    assert flight.phase == "hold" and why in flight.reason and "OFFBOARD" not in vehicle.asked


def test_the_whole_way_to_the_look_and_back_into_the_hold_and_on(inspecting, vehicle):
    looked_s, now_s = 0.0, 21.35
    while inspecting.phase == "inspect":
        now_s += 0.05
        inspecting.stream(now_s)
        place, heading_deg = vehicle.setpoints[-1]
        at(vehicle, east_m=place.east_m, north_m=place.north_m, gimbal_pitch_deg=-60.0, gimbal_heading_deg=120.0)
        if round(now_s * 20) % 2:
            inspecting.step(now_s, "ok")
            looked_s += 0.1 * (not inspecting.sensor_inhibited)
        assert now_s < 70.0
    assert looked_s == pytest.approx(5.0, abs=0.3) and heading_deg == 120.0
    assert inspecting.phase == "hold" and "resume" in inspecting.reason and vehicle.asked[-1] == "AUTO.LOITER"
    assert inspecting.resume("A. Martin") == ""
    assert vehicle.asked[-2:] == ["item 3", "AUTO.MISSION"], "the view that was interrupted, from its start"


def looked(flight, vehicle, now_s=21.35):
    """Flown along the line until the inspection ends, at most 70 s; the time of its end."""
    while flight.phase == "inspect":
        now_s += 0.05
        flight.stream(now_s)
        place = vehicle.setpoints[-1][0]
        at(vehicle, east_m=place.east_m, north_m=place.north_m, gimbal_pitch_deg=-60.0, gimbal_heading_deg=120.0)
        if round(now_s * 20) % 2:
            flight.step(now_s, "ok")
        assert now_s < 90.0
    return now_s


THEN_RESUME = replace(LOOK, then="resume")


def test_after_the_look_it_resumes_its_route_only_by_the_order(flight, vehicle):
    ended_s = looked(ordered(flight, look=THEN_RESUME), vehicle)
    assert flight.phase == "hold" and "goes on" in flight.reason
    flight.step(ended_s + 0.1, "ok")
    assert flight.phase == "en_route" and "resumed by the order of A. Martin" in flight.reason
    assert vehicle.asked[-2:] == ["item 3", "AUTO.MISSION"], "the view that was interrupted, from its start"


@pytest.mark.parametrize(
    ("changes", "lease", "why"),
    [
        ({"landed": "undefined"}, "ok", "not in the air"), ({}, "inhibit", "lease"),
        ({"east_m": float("nan")}, "ok", "position is uncertain"),
    ],
)  # fmt: skip
def test_with_a_doubt_after_the_look_it_holds_and_never_resumes_later(flight, vehicle, changes, lease, why):
    ended_s = looked(ordered(flight, look=THEN_RESUME), vehicle)
    well = {name: getattr(vehicle.now, name) for name in changes}
    at(vehicle, **changes)
    flight.step(ended_s + 0.1, lease)
    assert flight.phase == "hold" and why in flight.reason
    at(vehicle, **well)
    for tick in range(50):
        flight.step(ended_s + 0.2 + tick / 10, "ok")
    assert flight.phase == "hold" and vehicle.asked[-1] != "AUTO.MISSION"


@pytest.mark.parametrize("when", ["before the way is cleared", "on the line", "after the look"])
def test_a_hold_that_a_person_gives_in_between_is_kept(flight, vehicle, when):
    if when == "before the way is cleared":
        vehicle.answers["clear"] = ("pending", "")
    ordered(flight, look=THEN_RESUME)
    now_s = looked(flight, vehicle) if when == "after the look" else 22.0
    assert flight.hold("held by B. Roy") == ""
    for tick in range(50):
        flight.step(now_s + tick / 10, "ok")
        flight.stream(now_s + tick / 10)
    assert flight.phase == "hold" and "held by B. Roy" in flight.reason and "AUTO.MISSION" not in vehicle.asked


def test_a_look_that_was_broken_off_does_not_go_on_by_its_order(flight, vehicle):
    """A person resumes a drone whose look a lapsed lease broke off: it flies back, and holds there as ever."""
    ordered(flight, look=THEN_RESUME)
    flight.step(21.4, "hold")
    for tick in range(60):
        flight.step(22.0 + tick / 10, "ok")
    assert flight.phase == "hold" and flight.resume("B. Roy") == ""
    flight.step(28.0, "ok")
    ended_s = looked(flight, vehicle, 28.0)
    flight.step(ended_s + 0.1, "ok")
    assert flight.phase == "hold" and "AUTO.MISSION" not in vehicle.asked


def test_the_sensor_is_off_at_the_point_without_a_lease_or_aim_or_offboard(inspecting, vehicle):
    now_s = 21.35
    while (place := vehicle.setpoints[-1][0]) != LOOK.to:
        now_s += 0.1
        at(vehicle, east_m=place.east_m)
        inspecting.step(now_s, "ok")
        inspecting.stream(now_s)
    at(vehicle, east_m=60.0, gimbal_pitch_deg=-60.0, gimbal_heading_deg=120.0)
    inspecting.step(40.0, "ok")
    inspecting.step(40.1, "ok")
    assert not inspecting.sensor_inhibited
    for changes in ({"gimbal_heading_deg": 100.0}, {"east_m": 55.0}):
        well = {name: getattr(vehicle.now, name) for name in changes}
        at(vehicle, **changes)
        inspecting.step(40.2, "ok")
        assert inspecting.sensor_inhibited and inspecting.phase == "inspect", changes
        at(vehicle, **well)
    inspecting.step(40.3, "inhibit")
    assert inspecting.sensor_inhibited and inspecting.phase == "hold" and vehicle.asked[-1] == "AUTO.LOITER"


@pytest.mark.parametrize(
    ("changes", "lease", "phase"),
    [
        ({}, "inhibit", "hold"), ({}, "hold", "hold"), ({}, "return", "return"), ({"position_ok": False}, "ok", "hold"),
        ({"gimbal_age_s": 9.0}, "ok", "hold"), ({"north_m": 46.0}, "ok", "hold"), ({"east_m": 99.0}, "ok", "return"),
        ({"battery_fraction": 0.1}, "ok", "return"),
    ],
)  # fmt: skip
def test_any_problem_leaves_offboard(inspecting, vehicle, changes, lease, phase):
    at(vehicle, **changes)
    for tick in range(25):
        inspecting.step(21.4 + tick / 10, lease)
    assert inspecting.phase == phase and inspecting.sensor_inhibited and inspecting.reason
    assert vehicle.now.mode == {"hold": "AUTO.LOITER", "return": "AUTO.RTL"}[phase]


def test_a_hold_that_ended_an_inspection_does_not_go_on_by_itself_when_the_lease_is_back(inspecting, vehicle):
    inspecting.step(21.4, "hold")
    for tick in range(60):
        inspecting.step(22.0 + tick / 10, "ok")
    assert inspecting.phase == "hold" and vehicle.asked[-1] == "AUTO.LOITER"


@pytest.mark.parametrize("state", ["refused", "timed out"])
def test_an_offboard_that_is_not_entered_is_a_hold(flight, vehicle, state):
    vehicle.answers["OFFBOARD"] = (state, "no answer to OFFBOARD")
    ordered(flight)
    flight.step(22.0, "ok")
    assert flight.phase == "hold" and "no answer to OFFBOARD" in flight.reason


def test_a_gimbal_that_refuses_ends_it(flight, vehicle):
    vehicle.answers["gimbal"] = ("refused", "gimbal configure refused (result 1)")
    ordered(flight)
    flight.step(22.0, "ok")
    assert flight.phase == "hold" and "gimbal configure refused" in flight.reason


# The pilot wins, and PX4's own way out


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seen_by", ["step", "stream"])
def test_a_mode_that_we_did_not_ask_for_ends_the_stream_at_once(inspecting, vehicle, mode, seen_by):
    asked, sent = list(vehicle.asked), len(vehicle.setpoints)
    at(vehicle, mode=mode)
    if seen_by == "step":
        inspecting.step(21.4, "ok")
    for tick in range(200):
        inspecting.stream(21.45 + tick / 20)
        inspecting.step(21.45 + tick / 20, "return", camera_silent_s=1000.0)
    assert inspecting.phase == "pilot" and inspecting.sensor_inhibited
    assert vehicle.asked == asked and len(vehicle.setpoints) == sent and vehicle.abandoned


@pytest.mark.parametrize("mode", ["AUTO.LOITER", "AUTO.RTL", "AUTO.LAND"])
def test_px4s_own_action_without_set_points_is_followed_and_gets_none(inspecting, vehicle, mode):
    asked, sent = list(vehicle.asked), len(vehicle.setpoints)
    at(vehicle, mode=mode, system_status=5)
    for tick in range(40):
        inspecting.stream(21.45 + tick / 20)
        inspecting.step(21.45 + tick / 20, "ok")
    assert inspecting.phase == {"AUTO.LOITER": "hold", "AUTO.RTL": "return", "AUTO.LAND": "landing"}[mode]
    assert vehicle.asked == asked and len(vehicle.setpoints) == sent


@pytest.mark.parametrize("mode", MODES)
def test_a_pilot_who_comes_while_the_way_is_cleared_has_it(flight, vehicle, mode):
    vehicle.answers["clear"] = ("pending", "")
    ordered(flight)
    clearing, asked = flight.clearing[1], len(vehicle.asked)
    at(vehicle, mode=mode)
    clearing.settle("ok")
    for tick in range(20):
        flight.step(22.0 + tick / 10, "ok")
        flight.stream(22.0 + tick / 10)
    assert flight.phase == "pilot" and len(vehicle.asked) == asked and vehicle.setpoints == []


def test_a_drone_that_is_not_heard_gets_no_set_points(inspecting, vehicle):
    at(vehicle, state_age_s=3.1)
    sent = len(vehicle.setpoints)
    for tick in range(20):
        inspecting.stream(21.4 + tick / 20)
        inspecting.step(21.4 + tick / 20, "ok")
    assert len(vehicle.setpoints) == sent and vehicle.asked[-1] == "OFFBOARD", "it is asked nothing either"


def test_on_the_way_into_the_hold_the_last_set_point_is_repeated_until_it_shows(inspecting, vehicle):
    inspecting.stream(21.5)
    last = vehicle.setpoints[-1]
    vehicle.answers["AUTO.LOITER"] = ("pending", "")
    assert inspecting.hold() == ""
    for tick in range(10):
        inspecting.stream(21.6 + tick / 20)
    assert vehicle.setpoints[-10:] == [last] * 10
    at(vehicle, mode="AUTO.LOITER")
    sent = len(vehicle.setpoints)
    inspecting.stream(22.2)
    at(vehicle, mode="OFFBOARD")
    inspecting.stream(22.3)
    assert len(vehicle.setpoints) == sent, "ended, once and for all"


ORDERS = {
    "hold": lambda flight: flight.hold(), "return_home": lambda flight: flight.return_home(),
    "abort": lambda flight: flight.abort(), "resume": lambda flight: flight.resume("A. Martin"),
    "jump": lambda flight: flight.jump(1, "A. Martin"), "inspect": lambda flight: flight.inspect(LOOK),
}  # fmt: skip


@pytest.mark.parametrize(
    ("order", "phase"),
    [("hold", "hold"), ("return_home", "return"), ("abort", "landing"), ("resume", "inspect"), ("jump", "inspect"),
     ("inspect", "inspect")],
)  # fmt: skip
def test_orders_during_an_inspection(inspecting, order, phase):
    assert (ORDERS[order](inspecting) == "") == (phase != "inspect")
    assert inspecting.phase == phase


@pytest.mark.parametrize("phase", ["idle", "preflight", "armed", "takeoff", "return", "landing", "landed", "failed"])
def test_from_any_other_phase_nothing_is_inspected(flight, vehicle, phase):
    flight.state.enter(phase, "")
    vehicle.asked.clear()
    assert flight.inspect(LOOK) != ""
    assert "clear" not in vehicle.asked and "OFFBOARD" not in vehicle.asked


def test_only_a_named_person_near_the_route_with_all_well(flight, vehicle, flying):
    assert "name" in flight.inspect(replace(LOOK, person=" "))
    vehicle.now = flying(mode="POSCTL")
    assert "pilot" in flight.inspect(LOOK)
    assert vehicle.asked == []


# The height of the route comes before anything else


def test_in_the_climb_it_is_refused_at_once(new_flight, vehicle, route, settings, parked, flying):
    flight = new_flight(vehicle, route, settings, clear_way=lambda *_: vehicle.answer("clear"))
    vehicle.now = parked
    flight.start(0.0)
    flight.step(0.1, "ok")
    vehicle.now = flying(mission_seq=0, east_m=0.1, north_m=-0.2, up_m=22.0, height_m=20.0)
    flight.step(3.0, "ok")
    assert flight.phase == "takeoff"
    assert "climbs: ask again on the route" in flight.inspect(LOOK)
    assert flight.hold() == ""
    vehicle.now = replace(vehicle.now, mode="AUTO.LOITER")
    flight.step(4.0, "ok")
    assert "held in the climb: resume it" in flight.inspect(LOOK)
    assert (flight.phase, flight.inspection) == ("hold", "") and "clear" not in vehicle.asked


def test_each_state_of_an_inspection_is_told(flight, vehicle):
    vehicle.answers["clear"] = ("pending", "")
    at(vehicle, north_mps=6.0)
    states = [flight.inspection]
    ordered(flight)
    states.append(flight.inspection)
    at(vehicle, north_mps=0.0)
    flight.step(22.0, "ok")
    states.append(flight.inspection)
    flight.clearing[1].settle("ok")
    flight.step(22.1, "ok")
    states.append(flight.inspection)
    assert flight.hold() == ""
    states.append(flight.inspection)
    assert states == ["", "accepted", "waiting for the gate", "flying", "broken off"]


def test_an_inspection_that_the_gate_refuses_or_another_order_ends_is_refused(flight, vehicle):
    vehicle.answers["clear"] = ("refused", "12 m from a building")
    ordered(flight)
    assert flight.inspection == "refused"
    vehicle.answers["clear"] = ("pending", "")
    ordered(flight, 23.0)
    assert flight.inspection == "waiting for the gate"
    assert flight.hold() == "" and flight.inspection == "refused"
