"""Up to the take-off: what is asked before the motors run, and how a flight that is called off there ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from blindspot.mission.plan import Begin


def test_before_it_is_started_it_asks_nothing(flight, vehicle, parked):
    vehicle.now = parked
    flight.step(1.0, "ok")
    assert flight.phase == "idle"
    assert vehicle.asked == []
    assert flight.sensor_inhibited


def test_arms_last(flight, vehicle, parked):
    vehicle.now = parked
    flight.start(0.0)
    flight.step(0.1, "ok")
    assert flight.phase == "armed"
    assert vehicle.asked[-1] == "arm"
    assert "arm" not in vehicle.asked[:-1]


def test_arming_refused_refuses_the_flight(flight, vehicle, parked):
    vehicle.answers["arm"] = ("refused", "arming refused (result 1)")
    vehicle.now = parked
    flight.start(0.0)
    flight.step(0.1, "ok")
    flight.step(0.2, "ok")
    assert (flight.phase, flight.outcome, flight.reason) == ("failed", "refused", "arming refused (result 1)")


@pytest.mark.parametrize("how", ["refused", "called off", "arming"])
def test_a_flight_that_ends_before_its_arming_leaves_no_mission_selected(flight, vehicle, parked, how):
    vehicle.now = parked if how == "arming" else replace(parked, system_status=0)
    vehicle.answers["arm"] = ("refused", "arming refused")
    flight.start(0.0)
    flight.step(0.1, "ok")
    assert vehicle.now.mode == "AUTO.MISSION"
    if how == "called off":
        flight.abort()
    else:
        flight.step(60.0, "ok")
    assert (flight.phase, vehicle.asked[-1]) == ("failed", "AUTO.LOITER")


def test_a_mission_mode_that_does_not_show_yet_is_taken_back_too(flight, vehicle, parked):
    """It was sent, and the autopilot may obey it a second after the flight was called off."""
    vehicle.now, vehicle.answers["AUTO.MISSION"] = parked, ("pending", "")
    flight.start(0.0)
    flight.step(0.1, "ok")
    assert (flight.preflight_check, vehicle.asked[-1]) == ("mission mode", "AUTO.MISSION")
    flight.abort()
    assert (flight.phase, vehicle.asked[-1]) == ("failed", "AUTO.LOITER")


@pytest.mark.parametrize("changes", [{"mode": "POSCTL"}, {"armed": True}])
def test_a_drone_taken_by_another_before_arming_gets_no_requests(flight, vehicle, parked, changes):
    vehicle.now = replace(parked, system_status=0)
    flight.start(0.0)
    flight.step(0.1, "ok")
    vehicle.now = replace(vehicle.now, **changes)
    flight.step(60.0, "ok")
    assert (flight.phase, vehicle.asked[-1]) == ("failed", "AUTO.MISSION")


def test_a_mission_mode_that_others_left_before_the_checks_is_theirs(flight, vehicle, parked):
    vehicle.now = replace(parked, mode="AUTO.MISSION", connected=True)
    flight.start(0.0)
    vehicle.answers["mission"] = ("pending", "")
    flight.step(0.1, "ok")
    flight.abort()
    assert flight.phase == "failed" and not {"AUTO.LOITER", "AUTO.MISSION"} & set(vehicle.asked)


def test_a_route_that_begins_in_the_air_does_not_take_off(new_flight, vehicle, settings, parked, route):
    """The rest of a plan, for a drone that hovers: its mission has no take-off, and its first way is another one."""
    begin = Begin(at=route.steps[0].to, battery_fraction=0.8, flown_s=60.0)
    vehicle.now = parked
    flight = new_flight(vehicle, route.model_copy(update={"begin": begin}), settings)
    flight.start(0.0)
    flight.step(0.1, "ok")
    assert (flight.phase, flight.outcome, vehicle.asked) == ("failed", "refused", [])
    assert "begins in the air" in flight.reason


@pytest.fixture
def armed(flight, vehicle, parked):
    """On the ground, its motors running."""
    vehicle.now = parked
    flight.start(0.0)
    flight.step(0.1, "ok")
    vehicle.now = replace(parked, armed=True, mode="AUTO.MISSION", system_status=4)
    flight.step(1.0, "ok")
    assert flight.phase == "armed"
    return flight


def by_order(flight):
    assert flight.abort() == ""


CALLED_OFF = (by_order, lambda flight: flight.step(20.0, "ok"), lambda flight: flight.step(1.1, "return"))


def test_a_state_from_before_the_arming_that_comes_late_ends_no_flight(armed, vehicle, parked):
    """Heard in a slow simulation: the flight was over by its own word, and the drone took off."""
    running = vehicle.now
    vehicle.now = replace(parked, mode="AUTO.MISSION", stamp_s=1.1)
    armed.step(1.1, "ok")
    vehicle.now = replace(running, landed="taking_off", stamp_s=2.0)
    armed.step(2.0, "ok")
    assert (armed.phase, armed.outcome) == ("takeoff", None)


def test_a_drone_that_disarms_by_itself_before_it_climbs_has_landed(armed, vehicle, parked):
    for stamp_s in (11.0, 12.9, 13.0):
        assert armed.outcome is None
        vehicle.now = replace(parked, mode="AUTO.MISSION", stamp_s=stamp_s)
        armed.step(stamp_s, "ok")
    assert armed.outcome == "aborted" and "landed in phase armed" in armed.reason


@pytest.mark.parametrize("call_off", CALLED_OFF)
def test_armed_and_called_off_it_is_disarmed_and_over_only_once_it_is_down(armed, vehicle, parked, call_off):
    call_off(armed)
    armed.step(20.1, "ok")
    assert (vehicle.asked[-1], armed.outcome) == ("disarm", None)
    vehicle.now = replace(parked, mode="AUTO.MISSION")
    armed.step(21.0, "ok")
    assert armed.outcome == "aborted" and armed.reason != ""


@pytest.mark.parametrize("call_off", CALLED_OFF)
@pytest.mark.parametrize("state", ["refused", "timed out"])
def test_armed_and_called_off_a_drone_that_does_not_disarm_lands(armed, vehicle, call_off, state):
    vehicle.answers["disarm"] = (state, "disarming refused")
    call_off(armed)
    armed.step(20.1, "ok")
    assert (armed.phase, armed.outcome) == ("landing", None)
    assert vehicle.asked[-2:] == ["disarm", "AUTO.LAND"]


@pytest.mark.parametrize("call_off", CALLED_OFF)
def test_called_off_while_it_leaves_the_ground_it_lands(armed, vehicle, call_off):
    vehicle.answers["disarm"] = ("pending", "")
    call_off(armed)
    vehicle.now = replace(vehicle.now, landed="taking_off")
    armed.step(20.1, "ok")
    assert (armed.phase, armed.outcome, vehicle.asked[-1]) == ("landing", None, "AUTO.LAND")
    vehicle.now = replace(vehicle.now, armed=False, landed="on_ground")
    armed.step(30.0, "ok")
    assert armed.outcome == "aborted"


def test_called_off_when_the_lift_off_is_seen_it_lands_at_once(armed, vehicle):
    vehicle.now = replace(vehicle.now, landed="taking_off", mode="")
    armed.step(1.1, "ok")
    assert armed.phase == "armed" and armed.abort() == ""
    assert vehicle.asked[-1] == "AUTO.LAND"


def test_an_arming_that_may_still_come_is_disarmed(flight, vehicle, parked):
    vehicle.answers |= {"arm": ("pending", ""), "disarm": ("pending", "")}
    vehicle.now = parked
    flight.start(0.0)
    flight.step(0.1, "ok")
    assert flight.abort() == ""
    flight.step(0.2, "ok")
    assert (flight.outcome, vehicle.asked[-1]) == (None, "disarm"), "what shows may be older than the arming"


def test_an_arming_that_is_refused_by_a_link_that_died_with_it_may_have_been_obeyed(flight, vehicle, parked):
    """MAVROS answers "no success" when an acknowledgement is lost, after 5 s; then the drone may be on its way up."""
    vehicle.answers["arm"] = ("pending", "")
    vehicle.now = parked
    flight.start(0.0)
    flight.step(0.1, "ok")
    vehicle.replies["arm"].settle("refused", "arming refused (result 0)")
    vehicle.now = replace(vehicle.now, state_age_s=5.3)
    flight.step(5.4, "ok")
    assert flight.outcome is None and "disarm" not in vehicle.asked, "it is not heard: nothing is known, or asked"
    vehicle.now = replace(vehicle.now, armed=True, system_status=4, landed="in_air", height_m=30.0, state_age_s=0.1)
    flight.step(20.0, "ok")
    flight.step(20.1, "ok")
    assert (flight.phase, flight.outcome, vehicle.asked[-1]) == ("landing", None, "AUTO.LAND")


def test_a_hold_as_the_motors_start_calls_the_flight_off_on_the_ground(armed, vehicle, parked):
    """It was refused and repeated into the climb: from there no resume leads on, and the drone hovered low."""
    assert armed.hold("held by A. Martin: a child on the pad") == ""
    armed.step(1.1, "ok")
    assert (armed.phase, vehicle.asked[-1]) == ("landing", "disarm")
    assert armed.reason == "held by A. Martin: a child on the pad; before the take-off: the flight is called off"
    vehicle.now = replace(parked, mode="AUTO.MISSION")
    armed.step(2.0, "ok")
    assert (armed.phase, armed.outcome) == ("landed", "aborted")
    assert "called off" in armed.reason


@pytest.mark.parametrize("landed", ["taking_off", "in_air", "unknown"])
def test_a_hold_of_an_armed_drone_that_may_leave_the_ground_lands_it_at_once(armed, vehicle, landed):
    """It was refused until the take-off showed. With a silent land detector that was a metre above the child."""
    vehicle.now = replace(vehicle.now, landed=landed)
    assert armed.hold("held by A. Martin: a child on the pad") == ""
    assert (armed.phase, vehicle.asked[-1]) == ("landing", "AUTO.LAND")


def test_a_take_off_that_is_reported_late_is_neither_called_off_nor_takes_home_for_moved(armed, vehicle):
    """Above 3 m the drone was taken for one that stands there, and its home for moved: it was to stop its motors."""
    parked = vehicle.now
    for tick in range(100):
        up_m = 0.15 * tick
        vehicle.now = replace(parked, up_m=2.1 + up_m, height_m=0.1 + up_m, baro_m=490.1 + up_m)
        armed.step(2.0 + tick / 10, "ok")
    assert (armed.phase, armed.reason, vehicle.asked[-1]) == ("takeoff", "", "arm")


def test_a_drone_that_climbs_while_it_is_reported_on_the_ground_is_not_disarmed(armed, vehicle):
    vehicle.now = replace(vehicle.now, up_m=6.1, height_m=4.1, baro_m=494.1)
    armed.step(2.0, "ok")
    for tick in range(20, 60):
        armed.step(tick / 10, "hold")
    assert (armed.phase, vehicle.asked[-1]) == ("landing", "AUTO.LAND") and "disarm" not in vehicle.asked


@pytest.fixture
def climbing(armed, vehicle):
    def to(height_m):
        vehicle.now = replace(vehicle.now, landed="in_air", height_m=height_m)
        armed.step(1.1, "ok")
        assert armed.phase == "takeoff"
        return armed

    return to


@pytest.mark.parametrize(("height_m", "phase", "asked"), [
    (-0.1, "landing", "AUTO.LAND"), (4.9, "landing", "AUTO.LAND"), (5.1, "hold", "AUTO.LOITER"),
])  # fmt: skip
def test_a_hold_low_over_the_pad_lands_there(climbing, vehicle, height_m, phase, asked):
    """It hovered for two minutes, a metre above its crew."""
    flight = climbing(height_m)
    assert flight.hold("held by A. Martin: a child on the pad") == ""
    assert (flight.phase, vehicle.asked[-1]) == (phase, asked)
    assert ("called off" in flight.reason) == (phase == "landing")


def test_a_height_that_has_drifted_before_the_motors_start_is_no_take_off(flight, vehicle, parked):
    """Home is set as the motors start. Heard with a busy PX4: the flight was over, and then the motors started."""
    vehicle.now, vehicle.answers["arm"] = replace(parked, height_m=1.6), ("pending", "")
    flight.start(0.0)
    for tick in range(1, 50):
        flight.step(tick / 10, "ok")
    assert (flight.phase, flight.outcome, vehicle.asked[-1]) == ("armed", None, "arm")
    vehicle.replies["arm"].settle("ok", "", 5.0)
    vehicle.now = replace(parked, mode="AUTO.MISSION", armed=True, system_status=4)
    flight.step(5.0, "ok")
    assert flight.phase == "armed"
    vehicle.now = replace(vehicle.now, height_m=1.6)
    flight.step(5.1, "ok")
    assert flight.phase == "takeoff", "the autopilot reports a take-off up to half a minute late"


@pytest.mark.parametrize("height_m", [0.2, 30.0])
def test_a_drone_that_climbs_stands_by_only_at_its_height(climbing, vehicle, height_m):
    """The loss of another drone left it low over its crew, and no route begins there: the manager repeats the order."""
    flight = climbing(height_m)
    vehicle.asked.clear()
    assert flight.stand_by() == "the drone climbs: it stands by at the route's height"
    assert (flight.phase, vehicle.asked) == ("takeoff", [])
    vehicle.now = replace(vehicle.now, height_m=60.0, mission_seq=2)
    flight.step(1.2, "ok")
    assert (flight.stand_by(), flight.phase, vehicle.asked) == ("", "hold", ["AUTO.LOITER"])


@pytest.mark.parametrize(("height_m", "phase"), [(1.0, "landing"), (20.0, "hold")])
def test_a_lost_lease_low_over_the_pad_lands_there(climbing, height_m, phase):
    flight = climbing(height_m)
    for tick in range(12, 60):
        flight.step(tick / 10, "hold")
    assert flight.phase == phase


def test_a_pilot_who_took_the_drone_as_its_motors_started_keeps_it_over_a_hold(armed, vehicle):
    vehicle.now = replace(vehicle.now, mode="POSCTL")
    assert "the pilot has it" in armed.hold("held by A. Martin")
    assert vehicle.asked[-1] == "arm"


@pytest.fixture
def held(flight, vehicle, parked):
    """A flight that a person holds while its checks wait for the mission's mode."""
    vehicle.now, vehicle.answers["AUTO.MISSION"] = parked, ("pending", "")
    flight.start(0.0)
    flight.step(0.1, "ok")
    assert flight.hold("held by A. Martin: a child on the pad") == ""
    return flight


def test_a_hold_before_the_arming_keeps_the_drone_on_the_ground(held, vehicle):
    """It took off, was held in the climb, and could not be resumed there."""
    vehicle.answers["AUTO.MISSION"] = ("ok", "")
    for tenth in range(2, 1000):
        held.step(tenth / 10, "ok")
    assert (held.phase, held.reason) == ("preflight", "held by A. Martin: a child on the pad")
    assert "arm" not in vehicle.asked and vehicle.asked[-1] == "AUTO.LOITER"


def test_a_resume_on_the_ground_begins_all_checks_anew(held, vehicle):
    vehicle.answers["AUTO.MISSION"] = ("ok", "")
    held.step(0.2, "ok")
    before = len(vehicle.asked)
    assert held.resume("A. Martin") == ""
    held.step(0.3, "ok")
    assert (held.phase, vehicle.asked[-1]) == ("armed", "arm")
    assert len(vehicle.asked) > before + 2


def test_a_hold_on_the_ground_has_a_time_limit_and_counts_down_to_it(held):
    held.step(100.0, "ok")
    assert held.hold_ends_s == pytest.approx(20.0, abs=1.0)
    held.step(200.0, "ok")
    assert (held.phase, held.reason) == (
        "failed", "held by A. Martin: a child on the pad; nobody resumed it in time",
    )  # fmt: skip


def test_a_pilot_takes_a_drone_that_is_held_on_the_ground(held, vehicle):
    vehicle.now = replace(vehicle.now, mode="POSCTL")
    held.step(0.3, "ok")
    assert (held.phase, held.outcome, held.reason) == ("failed", "refused", "the pilot has it (mode POSCTL)")


def test_a_drone_that_is_held_on_the_ground_can_be_called_off(held):
    assert held.return_home("called home by A. Martin") == ""
    assert (held.phase, held.outcome) == ("failed", "aborted")
