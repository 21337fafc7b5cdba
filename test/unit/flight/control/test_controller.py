"""The state machine alone: what it asks of the vehicle, and what it refuses to ask."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import pytest
from hypothesis import given, strategies as st

from blindspot.flight.route.phases import PHASES
from blindspot.flight.route.time_limits import time_limit_s
from blindspot.flight.watch.surroundings import CALM, Other
from blindspot.mission.timing import land_s


def test_the_autopilots_failsafe_is_followed_and_not_fought(en_route, vehicle, flying):
    for second, mode, phase in ((21, "AUTO.LOITER", "hold"), (26, "AUTO.RTL", "return"), (60, "AUTO.LAND", "landing")):
        vehicle.now = flying(mode=mode, system_status=5, battery_fraction=0.01)
        en_route.step(float(second), "return")
        assert en_route.phase == phase
        assert "failsafe" in en_route.reason
    assert vehicle.asked == []
    assert en_route.hold() != ""


@pytest.mark.parametrize(("age_s", "text"), [(6.0, " Battery critical"), (42.0, "")])
def test_a_failsafe_is_reported_with_a_text_of_its_own_time_only(en_route, vehicle, flying, age_s, text):
    vehicle.now = flying(
        mode="AUTO.RTL", system_status=5, status_text="Battery critical", status_text_age_s=age_s
    )  # fmt: skip
    en_route.step(21.0, "ok")
    assert en_route.reason == f"the autopilot's own failsafe{text}"


def test_a_position_that_came_back_leaves_it_in_hold(en_route, vehicle, flying):
    vehicle.now = flying(mode="AUTO.LAND", system_status=5, position_ok=False)
    en_route.step(21.0, "ok")
    vehicle.now = flying(mode="AUTO.LOITER", system_status=4)
    en_route.step(30.0, "ok")
    assert en_route.phase == "hold"
    assert en_route.resume("A. Martin") == ""


def test_a_mission_that_the_autopilot_falls_back_to_after_its_failsafe_is_not_the_pilots(en_route, vehicle, flying):
    vehicle.now = flying(mode="AUTO.LAND", system_status=5, position_ok=False)
    en_route.step(21.0, "ok")
    vehicle.now = flying(height_m=30.0)
    en_route.step(30.0, "ok")
    assert (en_route.phase, vehicle.asked) == ("return", ["AUTO.RTL"]), "off its route the mission must not go on"


def test_after_a_failsafe_a_mode_that_did_not_fly_before_is_the_pilots(en_route, vehicle, flying):
    vehicle.now = flying(mode="AUTO.LAND", system_status=5, position_ok=False)
    en_route.step(21.0, "ok")
    vehicle.now = flying(mode="AUTO.RTL")
    en_route.step(30.0, "ok")
    assert (en_route.phase, vehicle.asked) == ("pilot", [])


@pytest.mark.parametrize("state", ["refused", "timed out"])
def test_a_hold_that_is_not_obeyed_never_ends_in_nothing(en_route, vehicle, state):
    vehicle.answers["AUTO.LOITER"] = (state, "no answer")
    en_route.hold()
    for second in range(21, 40):
        en_route.step(float(second), "ok")
    if state == "refused":
        assert en_route.phase == "return"
        assert vehicle.asked[1] == "AUTO.RTL"
    else:
        assert vehicle.asked.count("AUTO.LOITER") >= 3


@pytest.mark.parametrize(("mode", "phase", "ends_in"), [
    ("AUTO.MISSION", "en_route", "return"), ("AUTO.LOITER", "hold", "return"), ("POSCTL", "pilot", "pilot"),
    ("AUTO.RTL", "return", "return"), ("AUTO.LAND", "landing", "landing"),
])  # fmt: skip
def test_a_clock_that_is_set_forward_makes_no_flight_a_lost_one(en_route, vehicle, flying, mode, phase, ends_in):
    """All values are an hour old at once, for a moment: a hovering drone that still sends must not be given up, and one
    that returns must not land on the spot, and one that lands must be watched down."""
    orders = {"hold": en_route.hold, "return": en_route.return_home, "landing": en_route.abort}
    if phase in orders:
        orders[phase]()
    vehicle.now = flying(mode=mode)
    en_route.step(21.0, "ok")
    assert en_route.phase == phase
    vehicle.now = flying(mode=mode, state_age_s=3600.4, position_age_s=3600.1)
    en_route.step(3621.0, "ok")
    vehicle.now = flying(mode=mode)
    en_route.step(3621.1, "ok")
    en_route.step(3621.2, "ok")
    assert (en_route.phase, en_route.outcome) == (ends_in, None)


def test_a_return_that_is_refused_lands(en_route, vehicle):
    vehicle.answers["AUTO.RTL"] = ("refused", "the autopilot does not enter AUTO.RTL")
    en_route.return_home()
    en_route.step(21.0, "ok")
    assert en_route.phase == "landing"
    assert vehicle.asked == ["AUTO.RTL", "AUTO.LAND"]


def test_disarming_in_flight_is_reported(en_route, vehicle, flying):
    vehicle.now = flying(armed=False)
    en_route.step(21.0, "ok")
    assert en_route.outcome == "failed"
    assert "disarmed in flight" in en_route.reason and vehicle.asked == ["AUTO.LOITER"]


def test_a_landing_that_another_mission_takes_away_is_watched_again(en_route, vehicle, flying):
    vehicle.now = flying(mission_seq=len(en_route.items) - 1, height_m=50.0)
    en_route.step(30.0, "ok")
    assert en_route.phase == "landing"
    vehicle.now = flying(mission_seq=0, mission_items=1, east_m=95.0, east_mps=6.0)
    en_route.step(30.1, "ok")
    en_route.step(30.2, "ok")
    assert (en_route.phase, vehicle.asked) == ("hold", ["AUTO.LOITER"]) and "fence" in en_route.reason


def test_a_lease_that_is_back_ends_its_own_hold_only(en_route, vehicle):
    """Another drone came near while the lease was lost: from there a person has it go on."""
    near = replace(CALM, others=(Other("drone2", 30.0, 45.0, 62.0, silent_s=0.1),))
    en_route.step(21.0, "hold")
    assert en_route.phase == "hold" and "lease" in en_route.reason
    en_route.step(22.0, "hold", 0.0, near)
    for second in range(23, 30):
        en_route.step(float(second), "ok")
    assert (en_route.phase, vehicle.asked) == ("hold", ["AUTO.LOITER"]) and "too near" in en_route.reason
    assert en_route.resume("A. Martin") == ""


def test_the_items_of_another_mission_are_no_landing_of_ours(en_route, vehicle, flying):
    """Uploaded by another ground station, and longer than ours: it does not end on the pad."""
    vehicle.now = flying(mission_seq=14, mission_items=20)
    en_route.step(30.0, "ok")
    vehicle.now = flying(mission_seq=14, mission_items=20, east_m=95.0, east_mps=6.0)
    en_route.step(30.1, "ok")
    assert (en_route.phase, vehicle.asked) == ("hold", ["AUTO.LOITER"]) and "fence" in en_route.reason


def test_a_landing_whose_mission_becomes_a_longer_one_is_watched_again(en_route, vehicle, flying):
    vehicle.now = flying(mission_seq=len(en_route.items) - 1, height_m=50.0)
    en_route.step(30.0, "ok")
    assert en_route.phase == "landing"
    vehicle.now = flying(mission_seq=14, mission_items=20)
    en_route.step(30.1, "ok")
    assert en_route.phase == "en_route"


def test_a_drone_that_sinks_slowly_has_the_time_to_land(route, settings, model):
    """PX4 lets MPC_Z_V_AUTO_DN be 0.5 m/s: four minutes from 120 m, and a flight that failed is unwatched."""
    slow = model.model_copy(update={"performance": model.performance.model_copy(update={"descend_mps": 0.5})})
    failsafe = route.failsafe.model_copy(update={"fence_max_alt_m": 120.0})
    high = route.model_copy(update={"failsafe": failsafe})
    assert time_limit_s("landing", high, replace(settings, model=slow)) > 1.2 * land_s(slow.performance, 120.0)
    assert time_limit_s("landing", route, settings) == PHASES["landing"].timeout_s


def test_landing_without_the_last_item_is_not_completed(en_route, vehicle, parked, flying):
    vehicle.now = replace(parked, mission_seq=5)
    en_route.step(50.0, "ok")
    assert en_route.outcome == "aborted"


def test_the_last_item_and_down_is_completed(en_route, vehicle, parked, flying):
    last = len(en_route.items) - 1
    vehicle.now = flying(mission_seq=last)
    en_route.step(50.0, "ok")
    assert (en_route.phase, en_route.outcome) == ("landing", None)
    vehicle.now = replace(parked, mission_seq=last)
    en_route.step(90.0, "ok")
    assert (en_route.phase, en_route.outcome, en_route.route_fraction) == ("landed", "completed", 1.0)


def test_orders_on_the_ground(flight, vehicle, parked):
    assert flight.hold() != ""
    assert flight.resume("A. Martin") != ""
    vehicle.answers["mission"] = ("pending", "")
    vehicle.now = parked
    flight.start(0.0)
    flight.step(0.1, "ok")
    assert flight.abort() == ""
    assert flight.outcome == "aborted"
    flight.step(1.0, "ok")
    assert "arm" not in vehicle.asked


@pytest.mark.parametrize("phase", [name for name, phase in PHASES.items() if phase.airborne])
def test_every_airborne_phase_has_an_end(phase, en_route, settings):
    assert time_limit_s(phase, en_route.route, settings) < 3600.0


ASKED = ("AUTO.LOITER", "AUTO.RTL", "AUTO.LAND")


@st.composite
def sights(draw):
    """Any values that a vehicle in the air, or just down, may report."""
    return {
        "armed": draw(st.booleans()), "system_status": draw(st.sampled_from([3, 4, 5])),
        "mode": draw(st.sampled_from(["AUTO.MISSION", *ASKED, "POSCTL", "OFFBOARD", ""])),
        "landed": draw(st.sampled_from(["on_ground", "in_air", "taking_off"])), "mission_seq": draw(st.integers(0, 11)),
        "position_ok": draw(st.booleans()), "battery_fraction": draw(st.sampled_from([0.9, 0.1, nan])),
    }  # fmt: skip


steps = st.tuples(
    st.sampled_from([0.1, 1.0, 12.0]), sights(), st.sampled_from(["ok", "inhibit", "hold", "return"]),
    st.sampled_from([0.0, 60.0]),
)  # fmt: skip
answers = st.sampled_from(["ok", "pending", "refused", "timed out"])


@given(steps=st.lists(steps, min_size=1, max_size=20), answer=answers)
def test_the_pilot_is_always_left_alone_and_the_sensor_is_off_without_a_lease(
    new_vehicle, new_flight, route, settings, parked, steps, answer
):
    vehicle, now_s = new_vehicle(), 0.1
    vehicle.now = parked
    flight = new_flight(vehicle, route, settings)
    flight.start(0.0)
    flight.step(now_s, "ok")
    vehicle.answers |= dict.fromkeys(("AUTO.MISSION", *ASKED), (answer, ""))
    for wait_s, sight, lease, camera_silent_s in steps:
        now_s += wait_s
        vehicle.now = replace(parked, east_m=30.0, north_m=40.0, height_m=60.0, gimbal_pitch_deg=-60.0, **sight)
        before, asked = flight.phase, len(vehicle.asked)
        flight.step(now_s, lease, camera_silent_s)
        if before in ("pilot", "landed", "failed"):
            assert len(vehicle.asked) == asked
        if before == "pilot":
            assert flight.phase in ("pilot", "landed", "failed")
        if lease != "ok" or flight.phase != "en_route" or sight["mode"] != "AUTO.MISSION":
            assert flight.sensor_inhibited
        assert (flight.outcome is not None) == (flight.phase in ("landed", "failed"))


# A pad that is taken


def test_it_does_not_come_home_onto_a_drone_that_stands_on_its_pad(en_route, vehicle, route):
    home = route.home
    standing = replace(CALM, others=(Other("drone2", home.east_m + 2.0, home.north_m, home.up_m, flies=False,
                                           silent_s=0.0),))  # fmt: skip
    assert en_route.return_home() == ""
    for tick in range(210, 240):
        en_route.step(tick / 10, "ok", around=standing)
    assert (en_route.phase, vehicle.asked[-1]) == ("hold", "AUTO.LOITER") and "stands on the pad" in en_route.reason
    vehicle.now = replace(vehicle.now, battery_fraction=0.13)
    for tick in range(240, 280):
        en_route.step(tick / 10, "ok", around=standing)
    assert en_route.phase == "hold", "a battery for the way home, and no pad to go to"
    vehicle.now = replace(vehicle.now, battery_fraction=0.02)
    for tick in range(280, 380):
        en_route.step(tick / 10, "ok", around=standing)
    assert (en_route.phase, vehicle.asked[-1]) == ("landing", "AUTO.LAND"), "where it is, which the plan keeps clear"


def test_an_ordered_landing_is_made_where_it_is_and_needs_no_pad(en_route, route):
    home = route.home
    standing = replace(CALM, others=(Other("drone2", home.east_m, home.north_m, home.up_m, flies=False, silent_s=0.0),))
    assert en_route.abort() == ""
    for tick in range(210, 240):
        en_route.step(tick / 10, "ok", around=standing)
    assert en_route.phase == "landing"


def test_the_end_of_its_mission_waits_above_a_pad_that_is_taken(en_route, vehicle, flying, route):
    home = route.home
    standing = replace(CALM, others=(Other("drone2", home.east_m, home.north_m, home.up_m, flies=False, silent_s=0.0),))
    vehicle.now = flying(mission_seq=len(en_route.items) - 1, east_m=0.0, north_m=0.0, height_m=40.0)
    for tick in range(210, 240):
        en_route.step(tick / 10, "ok", around=standing)
    assert (en_route.phase, vehicle.now.mode) == ("hold", "AUTO.LOITER")


# Two that hold near each other


@pytest.mark.parametrize(("other", "rests_at_m", "limit_s"), [
    ("drone0", 8.0, 240.0), ("drone0", 17.0, 240.0), ("drone0", 31.0, 120.0), ("drone2", 8.0, 120.0),
])  # fmt: skip
def test_of_two_that_hold_near_each_other_the_later_by_name_goes_home_later(
    en_route, vehicle, other, rests_at_m, limit_s
):
    """They come to rest nearer than 15 m, or a little further apart."""
    near = replace(CALM, others=(Other(other, 30.0, 48.0, 62.0, silent_s=0.0),))
    en_route.step(21.0, "ok", around=near)
    near = replace(CALM, others=(Other(other, 30.0, 40.0 + rests_at_m, 62.0, silent_s=0.0),))
    for tick in range(1, int(limit_s) - 1):
        en_route.step(21.0 + tick, "ok", around=near)
    assert (en_route.phase, vehicle.now.mode) == ("hold", "AUTO.LOITER"), "another drone is too near"
    for tick in range(3):
        en_route.step(21.0 + limit_s + tick, "ok", around=near)
    assert en_route.phase == "return"


@pytest.mark.parametrize(("north_m", "phase"), [(32.0, "hold"), (48.0, "return")])
def test_a_strong_wind_sends_no_drone_home_past_another_that_is_near(en_route, vehicle, model, north_m, phase):
    """The wind comes due for both at the same moment; one of them stands between (30, 40) and the pad at (0, 0)."""
    near = replace(CALM, others=(Other("drone2", 30.0, north_m, 62.0, silent_s=0.0),))
    leaning = -2.0 * model.performance.drag_per_s * model.performance.max_wind_mps
    vehicle.now = replace(vehicle.now, thrust_east_mps2=leaning)
    for tick in range(60):
        en_route.step(21.0 + tick, "ok", around=near)
    assert en_route.phase == phase
    for tick in range(60, 64):
        en_route.step(21.0 + tick, "ok", around=CALM)
    assert (en_route.phase, en_route.reason) == ("return", "the wind is stronger than the drone may bear")
