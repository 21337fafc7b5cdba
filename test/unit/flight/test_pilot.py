"""The pilot wins: whose a mode is that shows, and who takes the drone back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from blindspot.flight.route.settings import resumed_within_m


@pytest.mark.parametrize("mode", ["POSCTL", "MANUAL", "ALTCTL", "OFFBOARD", "AUTO.LOITER", "AUTO.RTL", "AUTO.LAND"])
def test_a_mode_that_we_did_not_ask_for_is_the_pilots(en_route, vehicle, flying, mode):
    vehicle.now = flying(mode=mode)
    for second in range(21, 400):
        en_route.step(float(second), "return", camera_silent_s=1000.0)
    assert en_route.phase == "pilot"
    assert vehicle.asked == []
    assert vehicle.abandoned
    assert en_route.sensor_inhibited


def test_only_a_named_person_takes_it_back_and_only_near_the_route(en_route, vehicle, flying):
    vehicle.now = flying(mode="POSCTL")
    en_route.step(21.0, "ok")
    assert "name" in en_route.resume(" ")
    vehicle.now = flying(mode="POSCTL", north_m=60.0)
    en_route.step(22.0, "ok")
    assert "20.0 m off" in en_route.resume("A. Martin")
    vehicle.now = flying(mode="POSCTL")
    en_route.step(23.0, "inhibit")
    assert "lease" in en_route.resume("A. Martin")
    assert vehicle.asked == []
    en_route.step(25.0, "ok")
    assert en_route.resume("A. Martin") == ""
    assert vehicle.asked == ["item 3", "AUTO.MISSION"], "the view is seen again from its start"
    assert "A. Martin" in en_route.reason


ORDERS = {
    "hold": lambda flight: flight.hold(), "return": lambda flight: flight.return_home(),
    "abort": lambda flight: flight.abort(), "resume": lambda flight: flight.resume("A. Martin"),
    "jump": lambda flight: flight.jump(1, "A. Martin"),
}  # fmt: skip


@pytest.mark.parametrize("order", ["hold", "return", "abort", "jump"])
def test_an_order_between_two_steps_does_not_override_a_pilot_who_has_the_drone(en_route, vehicle, flying, order):
    vehicle.now = flying(mode="POSCTL")
    assert "the pilot has it" in ORDERS[order](en_route)
    assert (en_route.phase, vehicle.asked) == ("pilot", [])


@pytest.mark.parametrize("order", ["hold", "return", "abort", "jump"])
def test_an_order_between_two_steps_asks_nothing_of_motors_that_were_stopped_since(en_route, vehicle, flying, order):
    vehicle.now = flying(armed=False)
    assert ORDERS[order](en_route) != ""
    assert vehicle.asked == []


def test_a_pilot_who_comes_just_before_a_resume_ends_the_hold_and_it_goes_on_by_the_resume_only(
    en_route, vehicle, flying
):
    en_route.hold()
    vehicle.now = flying(mode="AUTO.LOITER")
    en_route.step(21.0, "ok")
    vehicle.now = flying(mode="POSCTL", landed="on_ground")
    assert "the pilot has just taken the drone" in en_route.resume("A. Martin")
    assert "not in the air" in en_route.resume("A. Martin")
    assert (en_route.phase, vehicle.asked) == ("pilot", ["AUTO.LOITER"])


@pytest.mark.parametrize("before", ["hold", "return", "en_route"])
def test_a_resume_that_was_given_before_the_pilot_came_does_not_take_the_drone_back(en_route, vehicle, flying, before):
    if before != "en_route":
        ORDERS[before](en_route)
    en_route.step(21.0, "ok")
    vehicle.asked.clear()
    vehicle.now = flying(mode="POSCTL")
    assert "the pilot has just taken the drone" in en_route.resume("A. Martin")
    assert (en_route.phase, vehicle.asked) == ("pilot", [])
    en_route.step(22.0, "ok")
    assert en_route.resume("A. Martin") == "" and vehicle.asked[-1] == "AUTO.MISSION"


def test_a_flight_that_is_held_over_its_pad_on_the_way_down_is_resumed(en_route, vehicle, flying):
    over_pad = {"east_m": 0.5, "north_m": 0.5, "up_m": 32.0, "height_m": 30.0, "mission_seq": 11}
    vehicle.now = flying(**over_pad)
    en_route.step(20.5, "ok")
    en_route.hold()
    vehicle.now = flying(mode="AUTO.LOITER", **over_pad)
    en_route.step(21.0, "ok")
    assert en_route.resume("A. Martin") == "" and "AUTO.MISSION" in vehicle.asked


@pytest.mark.parametrize("height_m", [3.0, 20.0])
def test_a_pilot_who_leaves_the_drone_low_over_its_pad_in_mid_route_does_not_resume_it(
    en_route, vehicle, flying, height_m
):
    """The autopilot would fly straight from there to the interrupted item, through whatever stands between."""
    vehicle.now = flying(mode="POSCTL", east_m=0.5, north_m=0.5, up_m=2.0 + height_m, height_m=height_m)
    en_route.step(21.0, "ok")
    assert "fly it back first" in en_route.resume("A. Martin")
    assert "AUTO.MISSION" not in vehicle.asked


@pytest.mark.parametrize(("seq", "height_m"), [(0, 20.0), (11, 30.0)], ids=["climb", "way down"])
def test_a_flight_that_is_held_over_its_pad_does_not_jump(en_route, vehicle, flying, seq, height_m):
    over_pad = {"east_m": 0.5, "north_m": 0.5, "up_m": 2.0 + height_m, "height_m": height_m, "mission_seq": seq}
    vehicle.now = flying(**over_pad)
    en_route.step(20.5, "ok")
    en_route.hold()
    vehicle.now = flying(mode="AUTO.LOITER", **over_pad)
    en_route.step(21.0, "ok")
    refusal = en_route.jump(1, "A. Martin")
    assert "off the route" in refusal or "on the way down" in refusal
    assert "AUTO.MISSION" not in vehicle.asked


@pytest.mark.parametrize(("north_m", "height_m"), [(42.9, 60.0), (40.0, 57.1), (43.1, 60.0), (40.0, 56.9)])
def test_a_drone_is_resumed_only_where_the_straight_way_back_is_known_to_be_free(
    en_route, vehicle, flying, north_m, height_m
):
    """Plans keep 5 m to buildings, and the drone knows its place to 2 m."""
    at = {"east_m": 20.0, "north_m": north_m, "height_m": height_m}
    vehicle.now = flying(mode="POSCTL", **at)
    en_route.step(21.0, "ok")
    refusal = en_route.resume("A. Martin")
    is_near = north_m == 42.9 or height_m == 57.1
    off = "the drone is 3.1 m off the route, 3 m are allowed: fly it back first, or call it home"
    assert refusal == ("" if is_near else off)
    assert ("AUTO.MISSION" in vehicle.asked) == is_near


def test_a_plan_with_more_clearance_is_resumed_from_further_away():
    assert [resumed_within_m(clearance_m) for clearance_m in (5.0, 10.0, 100.0)] == [3.0, 8.0, 15.0]


@pytest.mark.parametrize("order", ["resume", "jump"])
def test_a_pilot_who_leaves_the_drone_on_a_later_leg_does_not_resume_it(en_route, vehicle, flying, order):
    """The autopilot would fly straight back to the interrupted step, across what the route goes round."""
    on_leg = {"east_m": 55.0, "north_m": 40.0, "mission_seq": 5}
    vehicle.now = flying(mode="POSCTL", **on_leg)
    en_route.step(21.0, "ok")
    if order == "resume":
        assert "25.0 m off the route" in en_route.resume("A. Martin")
        assert en_route.phase == "pilot"
    vehicle.now = flying(mode="POSCTL", mission_seq=5, east_m=20.0, north_m=42.0)
    assert en_route.resume("A. Martin") == "", "beside the leg that was interrupted"
    if order == "jump":
        vehicle.now = flying(**on_leg)
        assert "25.0 m off the route" in en_route.jump(2, "A. Martin")
    assert vehicle.asked.count("AUTO.MISSION") == 1


def test_a_mode_changed_before_the_arming_shows_is_the_pilots(flight, vehicle, parked):
    vehicle.answers["arm"] = ("pending", "")
    vehicle.now = parked
    flight.start(0.0)
    flight.step(0.1, "ok")
    vehicle.now = replace(parked, mode="POSCTL")
    flight.step(0.2, "ok")
    assert flight.phase == "pilot" and vehicle.asked[-1] == "arm"


def test_once_the_hold_shows_the_mode_before_it_is_the_pilots(en_route, vehicle, flying):
    en_route.hold()
    vehicle.now = flying(mode="AUTO.LOITER")
    en_route.step(21.0, "ok")
    vehicle.now = flying()
    en_route.step(22.0, "ok")
    assert en_route.phase == "pilot" and vehicle.asked == ["AUTO.LOITER"]


@pytest.mark.parametrize("state", ["refused", "timed out"])
def test_a_mission_that_is_not_entered_after_a_resume_stays_the_pilots(en_route, vehicle, flying, state):
    vehicle.now = flying(mode="POSCTL")
    en_route.step(21.0, "ok")
    vehicle.answers["AUTO.MISSION"] = (state, "the autopilot does not enter AUTO.MISSION")
    assert en_route.resume("A. Martin") == ""
    for second in range(22, 60):
        en_route.step(float(second), "ok")
    assert en_route.phase == "pilot" and "still has it" in en_route.reason
    assert vehicle.asked == ["item 3", "AUTO.MISSION"], "asked once"


@pytest.fixture
def given_up(en_route, vehicle, flying):
    """A resume after the pilot that was not answered in time."""
    vehicle.now = flying(mode="POSCTL")
    en_route.step(21.0, "ok")
    vehicle.answers["AUTO.MISSION"] = ("timed out", "no answer to AUTO.MISSION")
    assert en_route.resume("A. Martin") == ""
    en_route.step(22.0, "ok")
    assert en_route.phase == "pilot"
    return en_route


def test_a_mission_that_is_entered_late_after_a_resume_is_watched(given_up, vehicle, flying):
    vehicle.now = flying()
    given_up.step(23.0, "ok")
    assert given_up.phase == "en_route" and "late" in given_up.reason
    given_up.step(24.0, "return")
    assert vehicle.asked[-1] == "AUTO.RTL", "the ladder applies again"


def test_a_mission_that_the_pilot_chose_after_another_mode_is_the_pilots(given_up, vehicle, flying):
    asked = len(vehicle.asked)
    for second, mode in ((23.0, "ALTCTL"), (24.0, "AUTO.MISSION"), (25.0, "AUTO.MISSION")):
        vehicle.now = flying(mode=mode)
        given_up.step(second, "return")
    assert given_up.phase == "pilot" and len(vehicle.asked) == asked


def test_a_silent_drone_of_a_pilot_ends_in_a_reported_outcome(en_route, vehicle, flying):
    vehicle.now = flying(mode="POSCTL")
    en_route.step(21.0, "ok")
    vehicle.now = flying(mode="POSCTL", state_age_s=57.0)
    en_route.step(78.0, "ok")
    vehicle.now = flying(mode="POSCTL", state_age_s=59.0)
    en_route.step(80.0, "ok")
    assert en_route.phase == "pilot"
    vehicle.now = flying(mode="POSCTL", state_age_s=61.0)
    en_route.step(82.0, "ok")
    assert en_route.outcome == "failed" and "last heard" in en_route.reason and vehicle.asked == []


def test_a_pilot_who_comes_while_we_ask_is_seen(en_route, vehicle, flying):
    vehicle.answers["AUTO.LOITER"] = ("pending", "")
    en_route.hold()
    en_route.step(21.0, "ok")
    assert en_route.phase == "hold", "the old mode may show until the new one does"
    vehicle.now = flying(mode="POSCTL")
    en_route.step(22.0, "ok")
    assert en_route.phase == "pilot"


def test_of_orders_in_a_row_each_that_was_overtaken_may_show_late(en_route, vehicle, flying):
    """The autopilot obeys one after the other: none of them is the pilot's choice."""
    vehicle.answers |= dict.fromkeys(("AUTO.LOITER", "AUTO.RTL", "AUTO.LAND"), ("pending", ""))
    for order in (en_route.hold, en_route.return_home, en_route.abort):
        assert order() == ""
    for mode in ("AUTO.LOITER", "AUTO.RTL", "AUTO.LAND"):
        vehicle.now = flying(mode=mode)
        en_route.step(21.0, "ok")
        assert en_route.phase == "landing", mode
    vehicle.now = flying(mode="POSCTL")
    en_route.step(22.0, "ok")
    assert en_route.phase == "pilot"


@pytest.mark.parametrize("mode", ["POSCTL", "ALTCTL", "AUTO.TAKEOFF"])
def test_a_pilots_mode_before_a_resume_is_the_pilots_again_after_a_failsafe_of_the_autopilot(
    en_route, vehicle, flying, mode
):
    """The radio control fails while the resume is asked for, and the pilot has it again."""
    vehicle.now = flying(mode=mode)
    en_route.step(21.0, "ok")
    vehicle.answers["AUTO.MISSION"] = ("pending", "")
    assert en_route.resume("A. Martin") == ""
    en_route.step(21.1, "ok")
    vehicle.now = flying(mode="AUTO.RTL", system_status=5)
    en_route.step(22.0, "ok")
    assert en_route.phase == "return"
    vehicle.now = flying(mode=mode)
    en_route.step(23.0, "ok")
    assert (en_route.phase, en_route.outcome) == ("pilot", None)
