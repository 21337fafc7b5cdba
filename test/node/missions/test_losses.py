"""The loss of nodes during a mission: which drone comes home, and who brings it there."""

from __future__ import annotations

import os
import time

import pytest
from blindspot_msgs.action import FlyRoute

from blindspot.flight.losses import LOSSES, Loss
from blindspot.nodes.missions import drones, flights
from blindspot.stack.supervised import note_supervised, start_of

CAMERA, GATE, PLANNER, SIMULATOR = "/drone1/camera", "/blindspot/authority", "/blindspot/coverage_planner", "/simulator"
EVERYBODY = [CAMERA, "/drone2/camera", GATE, PLANNER, SIMULATOR]


@pytest.fixture
def flying(stack):
    """Every node is alive, and drone1 flies."""
    stack.with_gate()
    stack.alive = list(EVERYBODY)
    stack.until(lambda: not stack.manager.liveness.absent())
    return stack


@pytest.mark.parametrize("silent", [CAMERA, GATE])
def test_a_node_that_falls_silent_brings_the_drone_home_and_is_named(flying, silent):
    future, drone = flying.fly(), flying.drones["drone1"]
    flying.alive.remove(silent)
    flying.until(lambda: drone.orders)
    [order] = drone.orders
    assert (order.order, order.person) == ("return_home", "") and silent in order.reason
    flying.until(lambda: silent in flying.mission().reason)
    assert ";" not in flying.mission().reason, "in flight a mission has one reason"
    drone.land("returned", "called home")
    outcome, reason = flying.end(future)
    assert outcome == "returned" and f"{silent} fell silent" in reason


@pytest.fixture
def starts_again(stack):
    """The gate's process runs again after its loss, as the supervisor notes: it is this test's own process."""
    pid = os.getpid()
    note_supervised(stack.folder, {GATE: (pid, start_of(pid))})


def test_a_gate_that_starts_again_in_time_calls_no_drone_home(starts_again, flying):
    future = flying.fly()
    flying.alive.remove(GATE)
    flying.until(lambda: f"{GATE} fell silent and starts again" in flying.mission().reason)
    assert flying.lost_nodes == [GATE]
    flying.alive.append(GATE)
    flying.until(lambda: f"{GATE} is back" in flying.mission().reason)
    assert flying.drones["drone1"].orders == []
    flying.drones["drone1"].land("completed")
    assert flying.end(future)[0] == "completed"


def test_a_gate_that_starts_again_too_slowly_brings_the_drone_home(starts_again, flying, monkeypatch, capfd):
    monkeypatch.setitem(LOSSES, "authority", Loss("return_home", "leases can't be renewed", 0.5))
    future, drone = flying.fly(), flying.drones["drone1"]
    flying.alive.remove(GATE)
    flying.until(lambda: drone.ordered == ["return_home"])
    drone.land("returned", "called home")
    _, reason = flying.end(future)
    assert "leases can't be renewed" in reason
    assert f"{GATE} fell silent and starts again" in capfd.readouterr().err, "a mission shows it for half a second"


def test_a_planner_that_falls_silent_is_reported_and_nothing_else(flying):
    future = flying.fly()
    flying.alive.remove(PLANNER)
    flying.until(lambda: PLANNER in flying.mission().reason)
    flying.drones["drone1"].land("completed")
    outcome, reason = flying.end(future)
    assert outcome == "degraded" and PLANNER in reason, "completed is with every node alive"
    assert flying.drones["drone1"].orders == []


def test_a_node_that_is_back_at_the_end_leaves_the_mission_completed(flying):
    future = flying.fly()
    flying.alive.remove(PLANNER)
    flying.until(lambda: f"{PLANNER} fell silent" in flying.mission().reason)
    flying.alive.append(PLANNER)
    flying.until(lambda: f"{PLANNER} is back" in flying.mission().reason)
    flying.drones["drone1"].land("completed")
    outcome, reason = flying.end(future)
    assert outcome == "completed" and f"{PLANNER} fell silent" in reason and f"{PLANNER} is back" in reason


def test_without_the_simulator_the_mission_has_failed(flying):
    future = flying.fly()
    flying.alive.remove(SIMULATOR)
    outcome, reason = flying.end(future)
    assert outcome == "failed" and SIMULATOR in reason


def test_a_node_on_another_drone_concerns_this_mission_in_no_way(flying):
    future = flying.fly()
    flying.alive.remove("/drone2/camera")
    flying.until(lambda: "/drone2/camera" in flying.lost_nodes)
    flying.drones["drone1"].land("completed")
    assert flying.end(future) == ("completed", "")


def test_a_flight_whose_status_ends_before_its_result_was_not_started_again(flying):
    """A manager that is busy for a moment reads one long before the other."""
    future, drone = flying.fly(), flying.drones["drone1"]
    drone.phase, drone.outcome, drone.autopilot = "idle", "completed", "down"
    ended_s = time.monotonic()
    flying.until(lambda: time.monotonic() - ended_s > 3 * drones.SETTLED_S)
    flying.until_phase("flying")
    drone.land("completed")
    assert flying.end(future) == ("completed", "") and len(drone.flown) == 1


def test_the_result_of_an_earlier_missions_flight_is_ignored(flying):
    drone = flying.drones["drone1"]
    first = flying.fly()
    old, drone.fly.goal = drone.fly.goal, None
    flying.alive.remove(SIMULATOR)
    assert flying.end(first)[0] == "failed"
    flying.alive.append(SIMULATOR)
    flying.until(lambda: SIMULATOR not in flying.manager.liveness.lost(time.monotonic()))
    drone.phase, drone.autopilot = "idle", "down"
    second = flying.fly()
    new, drone.fly.goal = drone.fly.goal, old
    drone.fly.finish(FlyRoute.Result(outcome="returned", reason="of the first mission"))
    flying.statuses.clear()
    flying.until(lambda: len(flying.statuses) > 4)
    assert not second.done()
    drone.fly.goal = new
    drone.land("completed")
    assert flying.end(second) == ("completed", "")


@pytest.mark.parametrize("order", ["", "abort"])
def test_a_route_that_its_flight_control_never_begins_ends_and_frees_the_drone(stack, monkeypatch, order):
    monkeypatch.setattr(flights, "BEGINS_WITHIN_S", 0.5)
    stack.with_gate()
    drone = stack.drones["drone1"]
    drone.takes_off = False
    future = stack.start()
    stack.until(lambda: drone.flown)
    drone.restart()  # before it has taken the route: its goal is lost
    if order:
        stack.order(order)
    outcome, reason = stack.end(future)
    assert outcome == "failed" and "did not begin the route" in reason
    drone.takes_off = True
    stack.fly()


@pytest.fixture
def lost(stack):
    """A stack, and the future of a mission whose flight_control is about to be lost."""
    stack.with_gate()
    future = stack.fly()
    stack.until(lambda: str(stack.manager.missions[""].flights.last_phases["drone1"]) == "en_route")
    return stack, stack.drones["drone1"], stack.manager.missions[""], future


def test_a_flight_control_that_was_started_again_is_asked_to_take_its_flight_over(lost):
    stack, drone, _, future = lost
    drone.restart()
    assert drone.flown[0].reattach == ""
    stack.until(lambda: len(drone.flown) == 2)
    assert drone.flown[1].reattach == "en_route" and drone.flown[1].plan.sha256 == stack.plan.sha256
    drone.phase = "en_route"
    stack.until(lambda: "watched again" in stack.manager.missions[""].flights.run.reason)
    drone.land("completed")
    outcome, reason = stack.end(future)
    assert outcome == "completed" and "was started again" in reason and "watched again" in reason
    assert len(drone.flown) == 2 and drone.orders == []


def test_a_flight_that_can_not_be_taken_over_is_brought_home_by_the_ground_station(lost):
    stack, drone, mission, _ = lost
    drone.restart()
    stack.until(lambda: len(drone.flown) == 2)
    drone.phase = "failed"
    stack.until(lambda: stack.manager.drones.statuses["drone1"].phase == "failed")
    drone.land("refused", "another mission is on board", autopilot="up")
    drone.phase = "idle"
    stack.until(lambda: mission.flights.take_overs)
    ours = mission.flights.take_overs["drone1"].ours
    assert ours == {"AUTO.MISSION"}, "lost en route, whatever the reattach did"
    assert stack.mission().outcome == "" and len(drone.flown) == 2
    stack.until(lambda: "ground station" in stack.mission().reason)


def test_an_abort_given_while_a_flight_is_taken_over_in_vain_stays_one(lost):
    stack, drone, mission, _ = lost
    drone.restart()
    stack.until(lambda: len(drone.flown) == 2)
    drone.phase = "reattach"
    stack.until(lambda: stack.manager.drones.statuses["drone1"].phase == "reattach")
    assert stack.order("abort").success
    stack.until(lambda: drone.ordered == ["abort"])
    drone.land("refused", "another mission is on board", autopilot="up")
    stack.until(lambda: mission.flights.take_overs)
    assert mission.flights.take_overs["drone1"].command == "AUTO.LAND"


def test_the_result_of_a_thawed_flight_control_is_ignored_after_a_take_over(lost):
    stack, _, mission, future = lost
    stack.drones["drone1"].is_silent = True
    mission.flights.run.node_lost("/drone1/flight_control", "fell silent")
    stack.until(lambda: mission.flights.take_overs)
    mission.flights.route_ended("drone1", False, "aborted", "the pilot has it (mode AUTO.RTL)")
    assert mission.flights.run.flying == ("drone1",) and not future.done()
    mission.flights.take_overs["drone1"].outcome = "returned"
    outcome, reason = stack.end(future)
    assert outcome == "returned" and "pilot" not in reason


def test_take_overs_leave_nothing_in_the_graph(lost, monkeypatch):
    monkeypatch.setattr(flights, "REATTACH_WITHIN_S", 0.2)
    stack, drone, _, future = lost
    manager, entities = stack.manager, []
    for _ in range(3):
        mission = manager.missions[""]
        drone.is_silent = True
        mission.flights.run.node_lost("/drone1/flight_control", "fell silent")
        stack.until(lambda flights=mission.flights: flights.take_overs)
        entities.append([len(list(each)) for each in (manager.subscriptions, manager.clients, manager.timers)])
        mission.flights.take_overs["drone1"].outcome = "returned"
        assert stack.end(future)[0] == "returned"
        drone.is_silent = False
        drone.land("returned")
        drone.fly.goal = None
        future = stack.fly()
    assert entities[0] == entities[1] == entities[2]


def test_a_flight_control_that_does_not_come_back_is_given_up(lost):
    stack, drone, mission, _ = lost
    drone.is_silent = True
    mission.flights.run.node_lost("/drone1/flight_control", "fell silent")
    stack.until(lambda: mission.flights.take_overs)
    assert 240.0 < mission.flights.take_overs["drone1"].limit_s < 1200.0
    assert "did not come back" in mission.flights.run.reason and len(drone.flown) == 1
    answer = stack.order("hold")
    assert not answer.success and answer.message == "the ground station brings drone1 home"


def test_a_flight_control_that_was_only_frozen_goes_on(lost):
    stack, drone, mission, _ = lost
    drone.is_silent = True
    mission.flights.run.node_lost("/drone1/flight_control", "fell silent")
    stack.until(lambda: mission.flights.lost_since_s)
    drone.is_silent = False
    stack.until(lambda: not mission.flights.lost_since_s)
    assert not mission.flights.take_overs and len(drone.flown) == 1


@pytest.mark.parametrize("order", ["hold", "return_home"])
def test_an_order_that_stops_a_drone_is_repeated_until_it_is_answered(lost, monkeypatch, order):
    monkeypatch.setattr(flights, "ORDER_AGAIN_S", 0.1)
    stack, drone, mission, _ = lost
    drone.refuses = True
    assert stack.order(order).success
    stack.until(lambda: len(drone.orders) > 2)
    drone.refuses = False
    stack.until(lambda: not mission.flights.owed)
    assert set(drone.ordered) == {order}


def test_a_call_home_that_a_failsafe_refuses_is_repeated_until_that_is_over(lost, monkeypatch):
    """A lost position lands; once it is back PX4 holds, and nobody else would call the drone home."""
    monkeypatch.setattr(flights, "ORDER_AGAIN_S", 0.1)
    stack, drone, mission, _ = lost
    drone.phase, drone.reason, drone.refuses = "landing", "the autopilot's own failsafe No valid position", True
    stack.until(lambda: stack.manager.drones.statuses["drone1"].phase == "landing")
    assert stack.order("return_home").success
    stack.until(lambda: len(drone.orders) > 2)
    drone.phase, drone.refuses = "hold", False
    stack.until(lambda: not mission.flights.owed)
    assert drone.phase == "return"


def test_a_hold_given_while_a_flight_is_taken_over_is_repeated_until_a_person_resumes(lost, monkeypatch):
    monkeypatch.setattr(flights, "ORDER_AGAIN_S", 0.1)
    stack, drone, mission, _ = lost
    drone.restart()
    stack.until(lambda: len(drone.flown) == 2)
    drone.phase = "reattach"
    seen = stack.manager.drones.statuses
    stack.until(lambda: seen["drone1"].phase == "reattach")
    drone.refuses = True
    assert stack.order("hold").success
    stack.until(lambda: "hold" in drone.ordered)
    drone.phase = "en_route"
    stack.until(lambda: seen["drone1"].phase == "en_route")
    drone.orders.clear()
    stack.until(lambda: "hold" in drone.ordered)
    assert stack.order("resume").message == "drone1: it refuses"
    assert drone.orders[-1].person == "A. Martin" and not mission.flights.owed
