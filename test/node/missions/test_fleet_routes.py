"""After the loss of a drone: the manager's requests to planner, gate and drones, which the test plays."""

from __future__ import annotations

import pytest

from blindspot.mission.plan import Begin, Point
from blindspot.nodes.graph.messages import plan_of
from blindspot.nodes.missions import fleet_routes


@pytest.fixture
def pair(stack):
    """Both drones fly; the planner has a rest of the plan for drone2. With the stack, the drones and the result."""
    stack.with_gate()
    begin = Begin(at=Point(east_m=10.0, north_m=20.0, up_m=80.0), battery_fraction=0.75, flown_s=50.0)
    begun = stack.both.routes[1].model_copy(update={"begin": begin})
    stack.rest = stack.both.model_copy(update={"routes": (begun,)})
    future = stack.fly(stack.both)
    return stack, stack.drones["drone1"], stack.drones["drone2"], future


def test_the_rest_of_a_lost_drones_route_is_planned_cleared_and_flown_by_the_other(pair, capfd):
    stack, one, two, future = pair
    one.phase, one.reason = "return", "the battery is needed for the way home"
    stack.until_phase("standing_by")
    stack.until(lambda: "stand_by" in two.ordered)
    assert stack.situations == [], "it is waited for that drone1 is down"
    one.land("returned", "the battery is needed for the way home")
    stack.until(lambda: two.rests)
    assert plan_of(two.rests[0]).sha256 == stack.rest.sha256
    assert [judged.plan.sha256 for judged in stack.judged] == [stack.both.sha256, stack.rest.sha256]
    assert len({judged.requester for judged in stack.judged}) == 1
    [situation] = stack.situations
    standing = {one["drone"]: one for one in situation["drones"]}
    assert standing["drone1"]["down"] and standing["drone1"]["hover"] is None
    assert standing["drone2"]["hover"]["at"] == {"east_m": 10.0, "north_m": 20.0, "up_m": 80.0}
    stack.until_phase("flying")
    two.land("completed")
    outcome, reason = stack.end(future)
    assert (outcome, reason) == ("returned", "drone1: the battery is needed for the way home")
    logged = capfd.readouterr().err
    assert "drone1 is lost to the plan" in logged and "drone2 took the rest of the plan" in logged
    assert "return_home" not in two.ordered
    stack.until(lambda: {back.plan for back in stack.given_back} == {stack.both.sha256, stack.rest.sha256})


@pytest.mark.parametrize(
    ("spoil", "reported"),
    [
        (lambda stack: setattr(stack, "rest", None), "no drone can fly on"),
        (lambda stack: stack.verdicts.append("AUT-08: wider"), "AUT-08: wider"),
        (lambda stack: setattr(stack.drones["drone2"], "takes_rest", False), "another home"),
    ],
)
def test_after_any_failure_of_the_rest_the_drones_that_stand_by_come_home(pair, spoil, reported, capfd):
    stack, one, two, future = pair
    spoil(stack)
    one.land("aborted", "landed by the pilot")
    stack.until(lambda: "return_home" in two.ordered)
    two.land("returned")
    outcome, reason = stack.end(future)
    assert (outcome, reason) == ("aborted", "drone1: landed by the pilot")
    logged = capfd.readouterr().err
    assert reported in logged and "drone2 gets no new route and comes home" in logged


def test_a_planner_that_does_not_answer_in_time_brings_them_home(pair, monkeypatch):
    monkeypatch.setattr(fleet_routes, "REST_LIMIT_S", 0.0)
    stack, one, two, future = pair
    one.land("returned")
    stack.until(lambda: "return_home" in two.ordered)
    two.land("returned")
    assert "did not answer in time" in stack.end(future)[1]
    assert two.rests == []


def test_a_drone_that_does_not_fly_what_it_took_comes_home(pair, monkeypatch, capfd):
    monkeypatch.setattr(fleet_routes, "TAKEN_LIMIT_S", 0.5)
    stack, one, two, future = pair
    two.flies_rest = False
    one.land("returned")
    stack.until(lambda: "return_home" in two.ordered)
    two.land("returned")
    stack.end(future)
    assert len(two.rests) == 1 and "did not take the new route in time" in capfd.readouterr().err


@pytest.mark.parametrize("named", [(), ("drone2",)])
def test_a_persons_resume_ends_the_standing_by_and_nothing_is_planned(pair, named):
    """By name, too. Without names, the answer says which drone it left to its pilot."""
    stack, one, two, _ = pair
    one.phase = "pilot"
    stack.until_phase("standing_by")
    assert not stack.order("jump", "drone2", step=1).success, "it waits for its part of the plan"
    answer = stack.order("resume", *named)
    assert "resume is sent to drone2" in answer.message and answer.success == bool(named)
    assert ("drone1 is in the pilot's hands" in answer.message) == (not named)
    stack.until(lambda: "resume" in two.ordered)
    stack.until_phase("flying")
    assert stack.situations == [] and "resume" not in one.ordered


def test_a_restarted_manager_plans_the_rest_for_a_drone_that_stands_by(pair):
    stack, one, two, _ = pair
    one.phase, one.reason = "return", "the battery is needed for the way home"
    stack.until_phase("standing_by")
    stack.until(
        lambda: "stand_by" in two.ordered and stack.manager.memory.kept.missions[0].run.standing_by == ("drone2",)
    )
    stack.restart_manager()
    stack.until_phase("standing_by")
    one.land("returned", "the battery is needed for the way home")
    stack.until(lambda: two.rests)
    stack.until_phase("flying")
    two.land("completed")
    stack.until(lambda: stack.mission().outcome == "returned")
