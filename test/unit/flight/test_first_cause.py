"""The one sentence that a run in flight shows: the first cause of its phase, and no chain of what followed."""

from __future__ import annotations

import pytest

from blindspot.flight.fleet import FleetRun

LOW = "the battery is needed for the way home"


@pytest.fixture
def run():
    made = FleetRun(["drone1", "drone2"])
    made.drone_reported("drone1", "en_route", "")
    made.drone_reported("drone2", "en_route", "")
    return made


def test_a_flight_in_which_nothing_happened_has_no_cause(run):
    assert run.first_cause == ""


def test_the_consequences_of_a_loss_are_not_shown(run):
    run.drone_reported("drone1", "return", f"{LOW}; the item of a return is not chosen: busy")
    assert run.phase == "standing_by" and run.first_cause == f"drone1: comes home, {LOW}"
    run.no_rest(["drone2"], "the planner did not answer in time")
    run.drone_reported("drone2", "return", "called home from the ground: the planner did not answer in time")
    run.route_ended("drone1", "returned", LOW)
    assert run.phase == "returning" and run.first_cause == f"drone1: comes home, {LOW}"


def test_the_loss_of_a_node_is_the_cause_of_the_return_that_follows(run):
    run.node_lost("/blindspot/authority", "fell silent")
    for drone in run.flying:
        run.drone_reported(drone, "return", "called home from the ground: /blindspot/authority fell silent")
    assert run.first_cause == "/blindspot/authority fell silent: leases can't be renewed"


def test_once_the_others_fly_on_the_last_event_is_shown(run):
    run.drone_reported("drone1", "landing", LOW)
    run.flies_rest("drone2 flies the rest of the plan")
    assert run.first_cause == "drone2 flies the rest of the plan"
    run.ask("hold", "A ordered hold: a crane", "A", ["drone2"])
    run.order_refused("drone2", "hold", "it refuses")
    assert run.first_cause == "drone2 did not take hold: it refuses"
    run.stood_still(1.7)
    assert run.first_cause == "the mission manager stood still for 1.7 s"


@pytest.mark.parametrize("order", ["hold", "resume"])
def test_an_order_to_all_ends_the_former_cause(run, order):
    run.drone_reported("drone1", "pilot", "the pilot has it (mode POSCTL)")
    said = f"A ordered {order}: a crane"
    run.ask(order, said, "A")
    assert run.first_cause == said


def test_a_drone_that_its_pilot_gave_back_is_no_cause_any_more(run):
    run.drone_reported("drone1", "pilot", "the pilot has it (mode POSCTL)")
    assert run.first_cause == "drone1: is in the pilot's hands, the pilot has it (mode POSCTL)"
    run.drone_reported("drone1", "en_route", "resumed by A. Martin")
    assert not run.first_cause.startswith("drone1: is in")


def test_a_drone_that_the_ground_station_brings_home_shows_that(run):
    run.node_lost("/drone1/flight_control", "was started again")
    run.drone_reported("drone1", "failed", "another mission is on board")
    event = "drone1: another mission is on board; the ground station commands the return"
    run.taken_over("drone1", event)
    assert run.first_cause == event
