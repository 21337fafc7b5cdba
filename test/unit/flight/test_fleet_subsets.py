"""A run of a fleet: orders to some of its drones, nodes of other runs, and what a restarted manager continues from."""

from dataclasses import replace

import pytest

from blindspot.flight.fleet import Command, FleetRun
from blindspot.flight.run_memory import RunMemory

SAID = "A. Martin ordered it: a reason"


@pytest.fixture
def run():
    """Three drones on their routes."""
    made = FleetRun(["drone1", "drone2", "drone3"], lambda: 100.0)
    for drone in ("drone1", "drone2", "drone3"):
        made.drone_reported(drone, "en_route", "")
    return made


def orders(run):
    """The orders that the run gives; every drone obeys."""
    commands = run.take_commands()
    for command in commands:
        if command.order in ("stand_by", "hold"):
            run.drone_reported(command.drone, "hold", "")
        if command.order == "stand_by":
            run.stands_by(command.drone)
    return [(command.drone, command.order) for command in commands]


@pytest.mark.parametrize("order", ["return_home", "abort"])
def test_a_drone_that_is_called_home_leaves_the_plan_and_the_others_stand_by_for_the_rest(run, order):
    assert run.ask(order, SAID, "A. Martin", ["drone2"]) == ""
    assert run.take_commands() == (
        Command("drone2", order, SAID, "A. Martin"),
        Command("drone1", "stand_by", "drone2 is lost to the plan"),
        Command("drone3", "stand_by", "drone2 is lost to the plan"),
    )
    assert run.phase == "standing_by" and SAID in run.reason


def test_a_hold_of_one_drone_holds_that_one_only_and_all_held_ones_make_a_held_fleet(run):
    run.ask("hold", SAID, "A. Martin", ["drone2"])
    assert orders(run) == [("drone2", "hold")] and run.phase == "flying"
    run.ask("hold", SAID, "A. Martin", ["drone1", "drone3"])
    assert orders(run) == [("drone1", "hold"), ("drone3", "hold")] and run.phase == "holding"
    run.ask("resume", SAID, "A. Martin", ["drone1"])
    assert orders(run) == [("drone1", "resume")] and run.phase == "flying"


def test_a_resume_of_all_others_leaves_a_drone_to_its_pilot(run):
    run.drone_reported("drone2", "pilot", "the pilot has it")
    assert run.piloted == ("drone2",) and len(orders(run)) == 2 and run.phase == "standing_by"
    assert run.ask("resume", SAID, "A. Martin", ["drone1", "drone3"]) == "", "they need not wait for the rest"
    assert orders(run) == [("drone1", "resume"), ("drone3", "resume")] and run.phase == "flying"
    assert run.ask("resume", SAID, "A. Martin", ["drone2"]) == "" and orders(run) == [("drone2", "resume")]


def test_all_drones_by_name_are_the_fleet(run):
    run.ask("hold", SAID, "A. Martin", ["drone3", "drone2", "drone1"])
    assert run.phase == "holding" and len(orders(run)) == 3


def test_a_loss_while_a_person_holds_a_drone_gives_no_new_routes(run):
    """The held drone's way ahead stays its own: a rest would give it to another."""
    run.ask("hold", SAID, "A. Martin", ["drone2"])
    orders(run)
    run.route_ended("drone1", "returned", "battery low")
    assert orders(run) == [] and not run.rest_is_due() and run.phase == "flying"
    assert "no new routes while drone2 is held" in run.reason
    run.drone_reported("drone2", "return", "held for too long")
    assert orders(run) == [("drone3", "stand_by")] and run.phase == "standing_by"


def test_a_hold_of_one_drone_that_stands_by_holds_all_that_hover(run):
    run.route_ended("drone1", "returned", "")
    orders(run)
    run.ask("hold", SAID, "A. Martin", ["drone2"])
    assert orders(run) == [("drone2", "hold"), ("drone3", "hold")] and run.phase == "holding"
    assert not run.rest_is_due()


def test_the_drones_that_stop_for_one_that_is_called_home_are_named_at_once(run):
    assert run.waiting == ()
    run.ask("return_home", SAID, "A. Martin", ["drone1"])
    assert run.waiting == ("drone2", "drone3")


def test_a_resume_of_drones_on_their_way_down_is_refused_and_the_run_still_returns(run):
    """Each would refuse it, and the run would count as flying meanwhile."""
    run.ask("return_home", SAID, "A. Martin")
    orders(run)
    for drone, phase in (("drone1", "return"), ("drone2", "landing"), ("drone3", "return")):
        run.drone_reported(drone, phase, "called home by A. Martin")
    assert run.ask("resume", SAID, "B. Berg") == "nothing to resume (drone1: return, drone2: landing, drone3: return)"
    assert run.ask("resume", SAID, "B. Berg", ["drone2"]) == "nothing to resume (drone2: landing)"
    assert orders(run) == [] and run.phase == "returning"
    run.drone_reported("drone2", "return", "held by A. Martin; nobody resumed it in time")
    assert "the hold of drone2 ended by itself" in run.ask("resume", SAID, "B. Berg", ["drone2"])
    run.drone_reported("drone3", "hold", "held by B. Berg")
    assert run.ask("resume", SAID, "B. Berg", ["drone3"]) == "" and orders(run) == [("drone3", "resume")]


@pytest.mark.parametrize("change", ["resume", "jump"])
def test_a_drone_that_waits_for_the_rest_does_not_go_on_alone(run, change):
    run.route_ended("drone1", "returned", "")
    orders(run)
    refusal = run.ask("resume", SAID, "A. Martin", ["drone2"]) if change == "resume" else run.why_not_changed("drone2")
    assert "rest of the plan" in refusal and orders(run) == []


def test_a_jump_ends_a_persons_hold_and_an_inspection_does_not(run):
    run.ask("hold", SAID, "A. Martin")
    assert run.why_not_changed("drone1") == "" and run.phase == "holding"
    run.route_changed("drone1", "looked", ends_hold=False)
    assert run.phase == "holding"
    run.route_changed("drone1", "jumped", ends_hold=True)
    assert run.phase == "flying" and "looked; jumped" in run.reason


def test_an_order_to_drones_that_have_ended_reaches_nobody(run):
    run.route_ended("drone1", "completed", "")
    assert run.ask("hold", SAID, "A. Martin", ["drone1"]) == "no drone of the run flies"
    assert run.why_not_changed("drone1") == "drone1 does not fly" and orders(run) == []


@pytest.mark.parametrize("node", ["camera", "flight_control", "mavros"])
def test_a_node_on_a_drone_of_another_run_does_not_concern_this_one(node):
    run = FleetRun(["drone1"])
    run.node_lost(f"/drone2/{node}", "fell silent")
    assert (run.take_commands(), run.phase, run.reason, run.lost_nodes) == ((), "flying", "", frozenset())


def again(run):
    """The run in a new process of the manager."""
    new = FleetRun(["drone1", "drone2", "drone3"], lambda: 200.0)
    new.goes_on(run.memory, "the mission manager was restarted")
    return new


def test_a_continued_run_keeps_the_ends_and_gives_no_second_rest_for_them(run):
    run.route_ended("drone1", "returned", "battery low")
    orders(run)
    run.flies_rest("the others took the rest")
    run.drone_reported("drone2", "en_route", "")
    new = again(run)
    assert new.flying == ("drone2", "drone3") and new.phase == "flying" and orders(new) == []
    new.route_ended("drone2", "completed", "")
    new.route_ended("drone3", "completed", "")
    assert new.outcome == "returned" and "battery low" in new.reason and "was restarted" in new.reason


def test_a_continued_run_goes_on_with_standing_by(run):
    run.route_ended("drone1", "returned", "")
    orders(run)
    new = again(run)
    for drone in ("drone2", "drone3"):
        new.drone_reported(drone, "hold", "waits for the rest of the plan")
    assert new.phase == "standing_by" and new.rest_is_due()


def test_a_continued_run_keeps_a_persons_hold_and_a_fleet_that_comes_home(run):
    run.ask("hold", SAID, "A. Martin")
    assert again(run).phase == "holding"
    run.ask("return_home", SAID, "A. Martin")
    for drone in ("drone1", "drone2", "drone3"):
        run.drone_reported(drone, "return", "called home")
    new = again(run)
    events = (*run.memory.events, "the mission manager was restarted")
    assert new.phase == "returning" and new.memory == replace(run.memory, events=events)


def test_nothing_is_remembered_of_a_new_run(run):
    assert run.memory == RunMemory()


def test_a_drone_gets_the_persons_own_reason_and_the_run_the_whole_sentence():
    run = FleetRun(["drone1", "drone2"])
    run.ask("hold", "A. Martin ordered hold: a crane moves", "A. Martin", ["drone1"], "a crane moves")
    (command,) = run.take_commands()
    assert (command.person, command.reason) == ("A. Martin", "a crane moves")
    assert "A. Martin ordered hold: a crane moves" in run.reason
