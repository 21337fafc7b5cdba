"""Plans on request: the work runs in another process, and its output becomes the answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from blindspot_msgs.msg import Plan as PlanMessage
from blindspot_msgs.srv import PlanCoverage, Replan
from nav_msgs.msg import OccupancyGrid

from blindspot.mission.mission_file import load_mission
from blindspot.mission.plan import Begin, View, load_plan
from blindspot.mission.situation import Situation, Standing
from blindspot.nodes.coverage_planner import CoveragePlanner
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import plan_message, plan_of
from blindspot.planning.planner import make_plan

SOURCE = Path(__file__).resolve().parents[2] / "src"


@pytest.fixture
def planner(graph, mission_path, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(SOURCE))
    node = graph.start(CoveragePlanner, run_dir=str(tmp_path), mission=str(mission_path))
    yield node
    if node._job is not None:
        node._job.kill()
        node._job.communicate()


def test_a_mission_that_does_not_exist_is_reported_in_the_planners_words(graph, planner, tmp_path):
    request = PlanCoverage.Request(mission_file=str(tmp_path / "nowhere.yaml"))
    answer = graph.ask(PlanCoverage, "plan_coverage", request)
    assert not answer.success
    assert "nowhere.yaml" in answer.message and not answer.message.startswith("blindspot:")
    again = graph.ask(PlanCoverage, "plan_coverage", request)
    assert "nowhere.yaml" in again.message, "it is ready for the next request"


def test_a_second_request_is_informed_that_the_planner_is_busy(graph, planner, mission_path):
    client = graph.peer.create_client(PlanCoverage, "plan_coverage")
    graph.spin_until(client.service_is_ready)
    client.call_async(PlanCoverage.Request(mission_file=str(mission_path)))
    graph.spin_until(lambda: planner._job is not None)
    answer = graph.ask(PlanCoverage, "plan_coverage", PlanCoverage.Request(mission_file=str(mission_path)))
    assert not answer.success and "busy" in answer.message


def test_a_situation_that_is_none_is_reported_and_no_route_is_answered(graph, planner, plan):
    request = Replan.Request(plan=plan_message(plan), situation="{}")
    answer = graph.ask(Replan, "replan", request)
    assert not answer.success and "situation-1.json" in answer.message and answer.plan.json == ""


def test_work_that_dies_is_reported(graph, planner, mission_path):
    client = graph.peer.create_client(PlanCoverage, "plan_coverage")
    graph.spin_until(client.service_is_ready)
    future = client.call_async(PlanCoverage.Request(mission_file=str(mission_path)))
    graph.spin_until(lambda: planner._job is not None)
    planner._job.kill()
    graph.spin_until(future.done)
    assert not future.result().success and "-9" in future.result().message


def test_a_plan_file_that_it_is_given_is_taken(graph, mission_path, tmp_path, monkeypatch):
    """The operator's pick flies: this one is not there, which only one who looks for it says."""
    monkeypatch.setenv("PYTHONPATH", str(SOURCE))
    graph.start(CoveragePlanner, run_dir=str(tmp_path), plan=str(tmp_path / "picked.json"))
    answer = graph.ask(PlanCoverage, "plan_coverage", PlanCoverage.Request(mission_file=str(mission_path)))
    assert not answer.success and "picked.json" in answer.message


@pytest.mark.slow
def test_a_plan_is_answered_and_latched_with_its_maps(graph, planner, mission_path):
    answer = graph.ask(PlanCoverage, "plan_coverage", PlanCoverage.Request(mission_file=str(mission_path)))
    assert answer.success, answer.message
    plan = plan_of(answer.plan)
    assert {route.drone for route in plan.routes} == {"drone1", "drone2"}
    plans = graph.hear(PlanMessage, "plan", qos.LATCHED)
    grids = graph.hear(OccupancyGrid, "fixed_coverage", qos.LATCHED)
    graph.spin_until(lambda: plans and grids)
    assert plans[0].sha256 == plan.sha256
    assert set(grids[0].data) == {-1, 0, 100} and len(grids[0].data) == grids[0].info.width * grids[0].info.height


@pytest.mark.slow
def test_the_rest_of_a_plan_is_answered_and_nothing_latched_changes(graph, planner, mission_path, tmp_path):
    """drone1 is down, drone2 hovers at its first view."""
    plan = make_plan(load_mission(mission_path))
    plans = graph.hear(PlanMessage, "plan", qos.LATCHED)
    view = next(step for step in plan.route_of("drone2").steps if isinstance(step, View))
    hover = Begin(at=view.to, battery_fraction=0.9, flown_s=60.0)
    drones = (Standing(drone="drone1", steps_done=0, down=True), Standing(drone="drone2", steps_done=0, hover=hover))
    situation = Situation(schema="blindspot.situation/1", drones=drones)
    request = Replan.Request(plan=plan_message(plan), situation=situation.model_dump_json(by_alias=True))
    answer = graph.ask(Replan, "replan", request)
    assert answer.success, answer.message
    rest = plan_of(answer.plan)
    assert [(route.drone, route.begin) for route in rest.routes] == [("drone2", hover)]
    assert load_plan(tmp_path / "rest-1.json") == rest and plans == []
