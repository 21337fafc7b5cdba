"""A drone is down or up by its autopilot's own recent report; a silent one that was up may still be in the air."""

from __future__ import annotations

import pytest
from mavros_msgs.msg import ExtendedState, State

from blindspot.nodes.autopilot import on_ground
from blindspot.nodes.autopilot.on_ground import OnGround
from blindspot.nodes.graph import forward_clock


@pytest.fixture
def clock(monkeypatch):
    """The node's time; a list of one number."""
    time_s = [100.0]
    monkeypatch.setattr(forward_clock, "now_s", lambda _: time_s[0])
    return time_s


@pytest.fixture
def drones(graph, clock):
    return OnGround(graph.peer, ["drone1", "drone2"])


def report(drones, *, armed=False, connected=True, landed=ExtendedState.LANDED_STATE_ON_GROUND):
    drones.on_state("drone1", State(connected=connected, armed=armed))
    drones.on_extended("drone1", ExtendedState(landed_state=landed))


def sets(drones):
    return [sorted(names) for names in (drones.down, drones.up, drones.airborne)]


def test_a_drone_that_nobody_hears_is_in_no_set(drones):
    assert sets(drones) == [[], [], []]


@pytest.mark.parametrize("landed", [ExtendedState.LANDED_STATE_ON_GROUND, *on_ground.OFF_GROUND])
def test_an_armed_drone_or_one_off_the_ground_is_up_until_it_is_down_and_disarmed(drones, landed):
    report(drones, armed=landed == ExtendedState.LANDED_STATE_ON_GROUND, landed=landed)
    assert sets(drones) == [[], ["drone1"], ["drone1"]]
    report(drones)
    assert sets(drones) == [["drone1"], [], []]


def test_a_drone_that_falls_silent_in_the_air_may_be_there_for_as_long_as_a_battery_lasts(drones, clock):
    report(drones, armed=True)
    clock[0] += 10.0
    assert sets(drones) == [[], [], ["drone1"]]
    clock[0] += on_ground.LONGEST_FLIGHT_S
    assert sets(drones) == [[], [], []]


def test_a_drone_that_is_switched_off_on_the_ground_is_not_in_the_air(drones, clock):
    report(drones, armed=True)
    report(drones)
    clock[0] += 10.0
    assert sets(drones) == [[], [], []]


def test_a_drone_that_falls_silent_is_neither_down_nor_up_although_the_clock_is_set_back(drones, clock):
    report(drones)
    clock[0] -= 60.0
    assert sets(drones) == [["drone1"], [], []]
    clock[0] += 10.0
    assert sets(drones) == [[], [], []]
    report(drones, armed=True)
    clock[0] -= 60.0
    assert sets(drones) == [[], ["drone1"], ["drone1"]]
    clock[0] += 10.0
    assert sets(drones) == [[], [], ["drone1"]]


@pytest.mark.parametrize("unclear", [{"connected": False}, {"landed": ExtendedState.LANDED_STATE_UNDEFINED}])
def test_an_unclear_report_is_no_landing(drones, unclear):
    report(drones, armed=True, landed=ExtendedState.LANDED_STATE_IN_AIR)
    report(drones, **unclear)
    assert sets(drones)[0] == [] and sets(drones)[2] == ["drone1"]
