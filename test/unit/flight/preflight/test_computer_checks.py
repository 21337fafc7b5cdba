"""The checks of the computer on board, in the pre-flight list."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import pytest
from test.unit.flight.preflight.conftest import ANY_TIME, COOL

from blindspot.flight.preflight.checklist import Judged
from blindspot.flight.preflight.computer_checks import FLEET_WITHIN_S, on_board_checks
from blindspot.flight.watch.surroundings import Computer


@pytest.mark.parametrize("free_gb", [1.9, nan])
def test_a_full_disk_is_reported(make, parked, free_gb):
    on_board = on_board_checks(lambda: free_gb, lambda _: Judged("fresh"), (2, 12, 0))
    assert "make room: 2 GB" in make(on_board=on_board).read(parked, around=COOL)


def test_old_geozones_are_reported(make, parked):
    on_board = on_board_checks(lambda: 100.0, lambda _: Judged("ran out yesterday", "fetch them"), (2, 12, 0))
    assert make(on_board=on_board).read(parked, around=COOL) == "geozones: ran out yesterday; fetch them"


def test_geozones_are_judged_up_to_the_time_after_which_the_route_is_given_up(make, route, parked):
    """Half as long again as planned, and a minute."""
    asked_s = []
    on_board = on_board_checks(lambda: 100.0, lambda s: Judged(str(asked_s.append(s)), "stop here"), (2, 12, 0))
    make(on_board=on_board).read(parked, around=COOL)
    assert asked_s == [1.5 * route.expected.flight_time_s + 60.0]


@pytest.mark.parametrize(
    ("secured", "simulated", "reported"),
    [
        (True, False, "ROS graph: encrypted, each process authenticated (SROS 2 enforced)"),
        (False, True, "ROS graph: open, a simulation's own"),
        (False, False, "ROS graph: open; each process on this network can command the autopilot and forge what nodes "
         "report: isolate the network, or use enclaves of SROS 2"),
    ],
)  # fmt: skip
def test_an_open_graph_is_a_warning_before_a_real_flight(make, parked, settings, secured, simulated, reported):
    on_board = on_board_checks(lambda: 100.0, lambda _: Judged("fresh"), (2, 12, 0), secured=secured)
    made = make(on_board=on_board, settings=replace(settings, simulated=simulated))
    made.read(replace(parked, firmware=replace(parked.firmware, simulation=simulated)), around=COOL)
    assert reported in map(str, made.run.lines)


@pytest.mark.parametrize(
    ("others", "simulated", "after_s", "reported"),
    [
        (0, False, 0.0, "flight_control: the only one"), (1, True, 0.0, "flight_control: the only one"),
        (1, False, 29.0, None),
        (1, False, 31.0, "flight_control: 2 processes publish this drone's status; end the others, on other computers "
         "too"),
    ],
)  # fmt: skip
def test_a_second_flight_control_on_another_computer_prevents_a_real_flight(
    make, parked, settings, others, simulated, after_s, reported
):
    """A process that was killed is forgotten meanwhile."""
    on_board = on_board_checks(lambda: 100.0, lambda _: Judged("fresh"), (2, 12, 0), others=lambda: others)
    made = make(on_board=on_board, settings=replace(settings, simulated=simulated))
    seen = replace(parked, firmware=replace(parked.firmware, simulation=simulated))
    for stamp_s in (0.0, after_s):
        made.read(replace(seen, stamp_s=parked.stamp_s + stamp_s), around=COOL)
    assert [line for line in map(str, made.run.lines) if line.startswith("flight_control")] == (
        [] if reported is None else [reported]
    )


@pytest.mark.parametrize(
    ("signed", "simulated", "reported"),
    [
        (True, False, "orders: each flight needs the signature of a pilot"),
        (False, True, "orders: unsigned"),
        (False, False, "orders: unsigned; each process on this network can order a flight in any person's name: give "
         "the pilots keys in the fleet file"),
    ],
)  # fmt: skip
def test_unsigned_orders_are_a_warning_before_a_real_flight(make, parked, settings, signed, simulated, reported):
    on_board = on_board_checks(lambda: 100.0, lambda _: Judged("fresh"), (2, 12, 0), signed_orders=signed)
    made = make(on_board=on_board, settings=replace(settings, simulated=simulated))
    made.read(replace(parked, firmware=replace(parked.firmware, simulation=simulated)), around=COOL)
    assert reported in list(map(str, made.run.lines))


@pytest.mark.parametrize(
    ("ground", "drone", "todo"),
    [("a" * 64, "a" * 64, ""), ("a" * 64, "b" * 64, "copy the fleet file"), ("", "b" * 64, "start both parts"),
     ("a" * 64, "", "start both parts")],
)  # fmt: skip
def test_a_drone_with_another_fleet_file_than_the_ground_station_does_not_fly(
    make, parked, settings, ground, drone, todo
):
    """A key that was taken out on the ground would count on board."""
    on_board = on_board_checks(lambda: 100.0, lambda _: Judged("fresh"), (2, 12, 0), fleets=lambda: (ground, drone))
    made = make(on_board=on_board, settings=replace(settings, simulated=False))
    seen = replace(parked, firmware=replace(parked.firmware, simulation=False))
    for stamp_s in (seen.stamp_s, seen.stamp_s + FLEET_WITHIN_S + 1.0):
        made.read(replace(seen, stamp_s=stamp_s), around=COOL)
    [line] = [line for line in made.run.lines if line.check == "fleet file"]
    assert line.ok == (not todo) and todo in line.todo


@pytest.mark.parametrize(("now_c", "todo"), [(nan, "computer_hot_c: 0.0 in config/params"), (85.1, "let it cool")])
def test_a_hot_computer_or_an_unknown_temperature_is_reported_before_arming(make, parked, settings, now_c, todo):
    on_board = on_board_checks(lambda: 100.0, lambda _: Judged("fresh"), (2, 12, 0))
    around = replace(ANY_TIME, computer=Computer(now_c))
    assert todo in make(on_board=on_board).read(parked, around=around)
    unwatched = replace(settings, computer_hot_c=0.0)
    assert make(on_board=on_board, settings=unwatched).read(parked, around=around) == ""
