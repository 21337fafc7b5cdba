"""A flight taken over from a lost flight_control: only what it left, only the plan's mission, only with a lease."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from blindspot.flight.control.reattach import LEFT_IN, LastTold, Reattach
from blindspot.flight.route.mission_items import items_by_way_of_route
from blindspot.flight.route.phases import PHASES
from blindspot.flight.vehicle.vehicle import Firmware

INSPECTS = ("inspect", "OFFBOARD")


def taken_over(flight, vehicle, reported, now, lease="ok", for_s=1.0):
    """The phase some steps after a take-over."""
    vehicle.now = now
    flight.reattach(0.0, reported)
    for tick in range(1, round(for_s * 10) + 1):
        flight.step(tick / 10, lease)
    return flight.phase


@pytest.mark.parametrize(
    ("reported", "mode", "seq", "phase"),
    [
        ("en_route", "AUTO.MISSION", 5, "en_route"), ("takeoff", "AUTO.MISSION", 5, "en_route"),
        ("armed", "AUTO.MISSION", 0, "takeoff"), ("hold", "AUTO.LOITER", 5, "hold"),
        ("return", "AUTO.RTL", 5, "return"), ("landing", "AUTO.LAND", 5, "landing"),
        ("landing", "AUTO.MISSION", 11, "landing"), ("inspect", "AUTO.LOITER", 5, "hold"),
    ],
)  # fmt: skip
def test_it_goes_on_where_the_lost_one_was(flight, vehicle, flying, reported, mode, seq, phase):
    now = flying(mode=mode, mission_seq=seq, height_m=20.0 if phase == "takeoff" else 60.0)
    assert taken_over(flight, vehicle, reported, now) == phase
    assert vehicle.asked == ["check mission"], "nothing is armed, uploaded or commanded"


@pytest.mark.parametrize(
    ("reported", "command"), [("hold", "AUTO.LOITER"), ("return", "AUTO.RTL"), ("landing", "AUTO.LAND")]
)
def test_a_published_phase_that_was_never_obeyed_is_requested_again(flight, vehicle, flying, reported, command):
    assert taken_over(flight, vehicle, reported, flying(mission_seq=1), "inhibit") == reported
    assert vehicle.asked == [command], "at once: the drone flies its route on"


@pytest.mark.parametrize(("reported", "mode", "command"), [
    ("hold return", "AUTO.LOITER", "AUTO.RTL"), ("hold landing", "AUTO.LOITER", "AUTO.LAND"),
    ("return landing", "AUTO.RTL", "AUTO.LAND"), ("hold return landing", "AUTO.LOITER", "AUTO.LAND"),
])  # fmt: skip
def test_an_overtaking_order_that_was_not_obeyed_is_requested_again(flight, vehicle, flying, reported, mode, command):
    assert taken_over(flight, vehicle, reported, flying(mode=mode), "inhibit") == reported.split()[-1]
    assert vehicle.asked == [command]


def test_the_last_phase_is_kept_with_overtaken_phases_while_their_modes_may_show():
    reported = LastTold()
    for second, phase, kept in [
        (0, "en_route", "en_route"), (5, "hold", "hold"), (6, "return", "hold return"), (20, "return", "hold return"),
        (21, "return", "return"), (22, "landing", "return landing"), (23, "pilot", "pilot"), (24, "hold", "hold"),
        (25, "en_route", "en_route"), (60, "en_route", "en_route"),
    ]:  # fmt: skip
        reported = reported.heard(phase, float(second))
        assert str(reported) == kept


def test_a_landing_in_its_mission_waits_until_it_is_known_where_it_is(flight, vehicle, flying):
    assert taken_over(flight, vehicle, "landing", flying(mission_seq=None)) == "reattach"
    vehicle.now = flying(mission_seq=11)
    flight.step(2.0, "ok")
    assert flight.phase == "landing" and vehicle.asked == ["check mission"]


def test_an_order_given_while_it_looks_is_kept_the_gravest_and_carried_out(flight, vehicle, flying):
    vehicle.answers["check mission"] = ("pending", "")
    assert taken_over(flight, vehicle, "en_route", flying()) == "reattach"
    assert flight.abort() == "" and flight.return_home() == ""
    vehicle.replies["check mission"].settle("ok", value=0.0)
    flight.step(2.0, "ok")
    assert flight.phase == "landing" and vehicle.asked == ["check mission", "AUTO.LAND"]


@pytest.mark.parametrize(("check", "lease"), [("ok", "return"), ("pending", "ok"), ("refused", "ok")])
def test_an_abort_needs_neither_the_plans_mission_nor_a_lease(flight, vehicle, flying, check, lease):
    vehicle.answers["check mission"] = ("pending", "")
    assert taken_over(flight, vehicle, "en_route", flying(), lease) == "reattach"
    vehicle.replies["check mission"].settle(check, "waypoints read back differ from the plan's", 0.0)
    assert flight.abort("A. Martin aborts") == ""
    flight.step(2.0, lease)
    assert flight.phase == "landing" and vehicle.asked[-1] == "AUTO.LAND"
    assert flight.reason.endswith("A. Martin aborts")


@pytest.mark.parametrize(("reported", "mode", "command"), [
    ("hold", "AUTO.LOITER", ["AUTO.LAND"]), ("return", "AUTO.RTL", ["AUTO.LAND"]), ("en_route", "POSCTL", []),
    ("pilot", "AUTO.MISSION", []),
])  # fmt: skip
def test_an_abort_is_carried_out_in_every_mode_that_is_ours(
    new_flight, vehicle, route, settings, flying, reported, mode, command
):
    flight = new_flight(vehicle, route, settings)
    vehicle.now = flying(mode=mode)
    flight.reattach(0.0, reported)
    assert flight.abort() == ""
    flight.step(0.1, "return")
    assert vehicle.asked == command and flight.phase == ("landing" if command else "pilot")


def test_on_a_view_it_takes_pictures_again(flight, vehicle, flying):
    taken_over(flight, vehicle, "en_route", flying())
    assert not flight.sensor_inhibited


@pytest.mark.parametrize("reported", [*sorted(PHASES), "lost"])
@pytest.mark.parametrize("mode", ["POSCTL", "OFFBOARD", "AUTO.MISSION", "AUTO.LOITER", "AUTO.RTL", "AUTO.LAND"])
def test_a_mode_that_was_not_left_is_the_pilots(flight, vehicle, flying, reported, mode):
    phase = taken_over(flight, vehicle, reported, flying(mode=mode))
    assert (phase == "pilot") == (mode not in LEFT_IN.get(reported, ())), phase
    flies_on = (mode == "AUTO.MISSION" and reported in ("hold", "return", "landing")) or (reported, mode) == INSPECTS
    assert vehicle.asked in (([PHASES[phase].command],) if flies_on else ([], ["check mission"]))


def test_a_pilots_drone_stays_the_pilots_in_any_mode(flight, vehicle, flying):
    assert taken_over(flight, vehicle, "pilot", flying(mode="AUTO.RTL", system_status=5)) == "pilot"
    vehicle.now = flying()
    flight.step(2.0, "ok")
    flight.step(9.0, "ok")
    assert flight.phase == "pilot" and flight.resume("A. Martin") == "", "until a named person says so"


def test_a_mission_that_was_never_read_back_is_not_resumed(flight, vehicle, flying):
    vehicle.answers["check mission"] = ("refused", "waypoints read back differ from the plan's")
    assert taken_over(flight, vehicle, "pilot", flying()) == "pilot" and vehicle.asked == []
    assert "differ" in flight.resume("A. Martin") and flight.phase == "pilot"
    del vehicle.answers["check mission"]
    assert flight.resume("A. Martin") == "" and flight.phase == "en_route"


def test_after_a_jump_it_goes_on_with_the_mission_that_the_jump_left(flight, vehicle, flying, route):
    vehicle.on_board = items_by_way_of_route(route, 1, 0)  # back past step 0, all of the route again
    assert taken_over(flight, vehicle, "en_route", flying(mission_seq=6)) == "en_route"
    assert flight.items == vehicle.on_board and not flight.sensor_inhibited
    assert flight.hold() == "" and flight.resume("A. Martin") == ""
    assert vehicle.asked == ["check mission", "AUTO.LOITER", "item 4", "AUTO.MISSION"], "the start of the view"


def test_a_jumps_mission_that_is_read_back_at_a_resume_only_is_gone_on_with(flight, vehicle, flying, route):
    vehicle.on_board = items_by_way_of_route(route, 1, 0)
    assert taken_over(flight, vehicle, "pilot", flying(mode="POSCTL", mission_seq=6)) == "pilot"
    assert flight.resume("A. Martin") == "" and flight.items == vehicle.on_board
    assert vehicle.asked == ["check mission", "item 4", "AUTO.MISSION"]
    assert flight.jump(2, "A. Martin") == ""
    flight.step(2.0, "ok")
    flight.step(2.1, "ok")
    assert flight.phase == "en_route" and len(flight.items) == len(items_by_way_of_route(route, 1, 2))
    assert flight.hold() == "" and flight.resume("A. Martin") == ""
    assert flight.items[-1] == vehicle.on_board[-1] and len(flight.items) < len(vehicle.on_board), "the latest stays"


def test_another_mission_on_board_is_not_gone_on_with(flight, vehicle, flying):
    vehicle.answers["check mission"] = ("refused", "waypoints read back differ from the plan's")
    assert taken_over(flight, vehicle, "en_route", flying()) == "failed"
    assert flight.outcome == "refused" and "differ from the plan's" in flight.reason
    assert vehicle.asked == ["check mission"] and flight.sensor_inhibited


@pytest.mark.parametrize(("lease", "then"), [("inhibit", []), ("hold", []), ("return", ["AUTO.RTL"])])
def test_without_a_lease_it_is_held_and_a_lease_that_is_gone_calls_it_home(flight, vehicle, flying, lease, then):
    assert taken_over(flight, vehicle, "en_route", flying(), lease, for_s=7.9) == "reattach"
    flight.step(8.1, lease)
    assert flight.phase == "hold" and "no lease" in flight.reason
    flight.step(10.5, lease)
    flight.step(10.6, lease)
    assert vehicle.asked == ["check mission", "AUTO.LOITER", *then] and flight.sensor_inhibited


def test_held_without_a_lease_it_goes_on_when_the_lease_is_back(flight, vehicle, flying):
    assert taken_over(flight, vehicle, "en_route", flying(mission_seq=5), "inhibit", for_s=9.0) == "hold"
    for tick in range(91, 131):
        flight.step(tick / 10, "ok")
    assert flight.phase == "en_route" and vehicle.asked[-1] == "AUTO.MISSION"


def test_a_drone_that_was_held_without_a_lease_stays_held(flight, vehicle, flying):
    held = flying(mode="AUTO.LOITER")
    assert taken_over(flight, vehicle, "en_route hold", held, "inhibit", for_s=9.0) == "hold"
    assert vehicle.asked == ["check mission"]


def test_a_lease_that_comes_while_the_flight_is_taken_over_was_not_lost_in_it(flight, vehicle, flying):
    vehicle.now = flying()
    flight.reattach(0.0, "en_route")
    for tick in range(1, 100):
        flight.step(tick / 10, "return" if tick < 10 else "ok")
    assert flight.phase == "en_route"
    assert vehicle.asked == ["check mission"], "no return of a lease that is there"


def test_a_vehicle_that_is_not_heard_is_given_up(flight, vehicle, flying):
    assert taken_over(flight, vehicle, "en_route", flying(state_age_s=5.0), for_s=16.0) == "failed"
    assert "not heard" in flight.reason and vehicle.asked == []


def test_a_drone_that_has_landed_meanwhile_is_down(flight, vehicle, parked):
    assert taken_over(flight, vehicle, "en_route", parked) == "landed"
    assert flight.outcome == "aborted"


@pytest.mark.parametrize(("last", "mode", "asked"), [
    ("return", "AUTO.MISSION", ["AUTO.LOITER"]), ("landing", "AUTO.LAND", ["AUTO.LOITER"]),
    ("preflight", "AUTO.MISSION", ["AUTO.LOITER"]), ("return", "POSCTL", []), ("pilot", "AUTO.MISSION", []),
])  # fmt: skip
def test_the_mission_of_a_drone_that_has_landed_meanwhile_is_not_left_for_the_next_arming(
    flight, vehicle, parked, last, mode, asked
):
    assert taken_over(flight, vehicle, last, replace(parked, mode=mode)) == "landed"
    assert vehicle.asked == asked


@pytest.mark.parametrize(("mode", "phase"), [("AUTO.LOITER", "hold"), ("AUTO.RTL", "return"), ("AUTO.LAND", "landing")])
def test_the_autopilots_own_failsafe_is_followed(flight, vehicle, flying, mode, phase):
    assert taken_over(flight, vehicle, "en_route", flying(mode=mode, system_status=5), "return") == phase
    assert vehicle.asked == []


@given(
    reported=st.sampled_from([*PHASES, "lost"]), mode=st.sampled_from(["AUTO.MISSION", "AUTO.LOITER", "POSCTL", ""]),
    status=st.sampled_from([0, 4, 5]), landed=st.sampled_from(["in_air", "on_ground", "unknown"]),
    armed=st.booleans(), connected=st.booleans(), lease=st.sampled_from(["ok", "inhibit", "return"]),
)  # fmt: skip
def test_a_reattach_commands_only_the_published_phase(
    new_vehicle, new_flight, route, settings, parked, reported, mode, status, landed, armed, connected, lease
):
    vehicle = new_vehicle()
    vehicle.now = replace(
        parked, mode=mode, system_status=status, landed=landed, armed=armed, connected=connected, mission_seq=5
    )
    flight = new_flight(vehicle, route, settings)
    flight.reattach(0.0, reported)
    for tick in range(1, 300):
        flight.step(tick / 10, lease)
        if flight.phase != "reattach":
            break
    flies_on = mode == "AUTO.MISSION" and reported in ("hold", "return", "landing")
    assert (
        set(vehicle.asked) <= {PHASES[reported].command if flies_on else "check mission"} and flight.phase != "reattach"
    )
    if flight.phase in ("en_route", "takeoff"):
        assert lease == "ok" and mode == "AUTO.MISSION" and connected


def test_a_failsafe_that_was_found_and_ends_leads_home(flight, vehicle, flying):
    assert taken_over(flight, vehicle, "en_route", flying(mode="AUTO.LAND", system_status=5)) == "landing"
    vehicle.now = flying()
    flight.step(30.0, "ok")
    assert (flight.phase, vehicle.asked) == ("return", ["AUTO.RTL"])


@pytest.mark.parametrize("reported", ["en_route", "hold", "return"])
def test_a_simulated_flight_takes_over_no_autopilot_that_may_be_real(vehicle, flying, route, reported):
    found = Reattach(vehicle, route, reported, simulated=True)
    assert [found.step(flying(), "ok") for _ in range(3)] == [None] * 3
    assert "may be real" in found.problem and set(vehicle.asked) == {"firmware"} and found.command is None
    says_so = flying(firmware=Firmware("PX4", (1, 16, 0), "release", simulation=True))
    assert found.step(says_so, "ok") is not None


@pytest.mark.parametrize(("beside_m", "phase"), [(2.0, "hold"), (8.0, "return")])
def test_a_restart_in_an_inspection_brings_a_drone_home_from_beside_its_route(flight, vehicle, flying, beside_m, phase):
    """Its line is unknown after the restart: no cleared way leads to the route, and nobody could resume it."""
    now = flying(mode="OFFBOARD", north_m=40.0 + beside_m)
    assert taken_over(flight, vehicle, "inspect", now) == "hold"
    for tick in range(11, 100):
        flight.step(tick / 10, "ok")
    assert flight.phase == phase
    assert ("the line of the inspection is unknown" in flight.reason) == (phase == "return")
