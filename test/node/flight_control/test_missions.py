"""One flight_control, the missions of its fleet: its own copies, the order that it publishes, the drones around."""

from __future__ import annotations

import pytest
from blindspot_msgs.action import FlyRoute
from blindspot_msgs.msg import DroneStatus
from test.node.conftest import order_of

from blindspot.core.errors import InputError
from blindspot.nodes.flight_control import FlightControl
from blindspot.nodes.graph import qos


def test_the_accepted_mission_is_published_before_the_checks_and_the_status_names_its_run(world, plan):
    outcome, _, _ = world.fly(plan, world.play)
    assert outcome == "completed"
    assert world.orders == [world.order]
    flown = [status for status in world.statuses if status.phase != "idle"]
    assert {status.run for status in flown} == {"evening"}
    assert {status.outcome for status in flown if status.phase != "landed"} == {""}
    world.graph.spin_until(lambda: world.statuses[-1].phase == "idle")
    last = world.statuses[-1]
    assert (last.run, last.outcome, last.reason) == ("evening", "completed", "")


@pytest.mark.parametrize(("changes", "words"), [
    ({"sha256": "0" * 64}, "differs here from the copy"), ({"file": "nowhere.yaml"}, "is no file here"),
    ({"file": "", "sha256": ""}, "is no file here"), ({"run": "../evening"}, "is no name of a folder"),
])  # fmt: skip
def test_a_mission_that_is_not_this_computers_own_is_refused_in_one_sentence(world, plan, changes, words):
    for name, value in changes.items():
        setattr(world.order, name, value)
    outcome, reason, armed = world.fly(plan, world.play)
    assert outcome == "refused" and words in reason and "\n" not in reason and not armed
    assert world.orders == [] and world.asked == []
    assert {status.run for status in world.statuses} <= {""}


def test_after_one_run_it_flies_another_and_the_window_begins_anew(world, plan, mission_path):
    first, _, _ = world.fly(plan, lambda: world.play(lease=""))
    began = world.control.began
    again, _, _ = world.fly(plan, lambda: world.play(lease=""))
    assert (first, again) == ("refused", "refused") and world.control.began == began, "the same run goes on"
    world.order = order_of(mission_path, run="night", person="B. Roy")
    outcome, _, _ = world.fly(plan, world.play)
    assert outcome == "completed" and world.statuses[-1].run == "night"
    assert world.control.began[0] == "night" and world.control.began[1] > began[1]
    assert [order.run for order in world.orders] == ["evening", "evening", "night"]


def test_without_a_fleet_file_there_is_no_flight_control(graph):
    with pytest.raises(InputError, match="flight_control: fleet: is missing"):
        graph.start(FlightControl, "/drone1", lease_key=graph.leasing.key)


def test_a_drone_that_the_fleet_lacks_has_no_flight_control(graph, mission_path):
    with pytest.raises(InputError, match="has no drone drone9"):
        graph.start(FlightControl, "/drone9", fleet=str(mission_path), lease_key=graph.leasing.key)


@pytest.mark.parametrize(("run", "phase", "watched"), [
    ("another", "en_route", True), ("another", "landed", False), ("evening", "en_route", False),
])  # fmt: skip
def test_a_silent_drone_of_another_mission_counts_until_it_stands(world, plan, run, phase, watched):
    """One of this run that the plan has lost is the mission manager's."""
    other = world.graph.peer.create_publisher(DroneStatus, "/drone2/drone_status", qos.LATCHED)
    status = DroneStatus(drone="drone2", run=run, phase=phase)
    status.position.x, status.position.z = 40.0, 60.0
    other.publish(status)
    world.send(plan)
    world.graph.spin_until(lambda: world.control.heard)
    now_s = world.control.now()
    assert [one.name for one in world.control.around(now_s).others] == ["drone2"]
    silent = world.control.around(now_s + 60.0).others
    assert [(one.name, one.flies, one.silent_s >= 60.0) for one in silent] == [("drone2", True, True)] * watched


@pytest.mark.slow
@pytest.mark.thorough
def test_a_flight_control_that_starts_again_in_flight_knows_the_home_of_the_take_off(world, plan):
    """A ground station has moved home 6 m down meanwhile: the rest of the mission would be flown too low."""
    world.send(plan)
    world.graph.spin_until(lambda: world.statuses and world.statuses[-1].phase == "en_route", world.play)
    world.start_again()
    navigator = world.simulator.faces[0].vehicle.autopilot.navigator
    east_m, north_m, up_m = navigator.home
    navigator.home = east_m, north_m, up_m - 6.0
    world.statuses.clear()
    goal = world.goal(plan, reattach="en_route")
    assert world.graph.send_goal(FlyRoute, "/drone1/fly_route", goal).accepted
    world.graph.spin_until(lambda: "hold" in world.phases, world.play)
    assert "home position has moved" in next(s.reason for s in world.statuses if s.phase == "hold")


@pytest.mark.slow
@pytest.mark.thorough
def test_a_flight_control_that_died_as_it_armed_keeps_its_flight(new_world, plan):
    """Nobody heard "armed" from it, so the drone would have been its pilot's."""
    world = new_world(speed=6.0)
    world.send(plan)
    world.graph.spin_until(lambda: "takeoff" in world.phases, world.play)
    world.start_again()
    world.statuses.clear()
    assert world.graph.send_goal(FlyRoute, "/drone1/fly_route", world.goal(plan, reattach="preflight")).accepted
    world.graph.spin_until(lambda: {"takeoff", "en_route", "pilot", "failed"} & set(world.phases), world.play)
    assert not {"pilot", "failed"} & set(world.phases)
