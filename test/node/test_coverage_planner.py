"""Plans on request: the work runs elsewhere, and whatever it says is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from blindspot_msgs.msg import Plan as PlanMessage
from blindspot_msgs.srv import PlanCoverage
from nav_msgs.msg import OccupancyGrid

from blindspot.nodes import qos
from blindspot.nodes.coverage_planner import CoveragePlanner
from blindspot.nodes.messages import plan_of

SOURCE = Path(__file__).resolve().parents[2] / "src"


@pytest.fixture
def planner(graph, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(SOURCE))
    node = graph.start(CoveragePlanner, run_dir=str(tmp_path))
    yield node
    if node._job is not None:
        node._job.kill()
        node._job.communicate()


def test_a_mission_that_does_not_exist_is_told_in_the_planners_words(graph, planner, tmp_path):
    request = PlanCoverage.Request(mission_file=str(tmp_path / "nowhere.yaml"))
    answer = graph.ask(PlanCoverage, "plan_coverage", request)
    assert not answer.success
    assert "nowhere.yaml" in answer.message and not answer.message.startswith("blindspot:")
    again = graph.ask(PlanCoverage, "plan_coverage", request)
    assert "nowhere.yaml" in again.message, "it is ready for the next request"


def test_a_second_request_is_told_that_the_planner_is_busy(graph, planner, mission_path):
    client = graph.peer.create_client(PlanCoverage, "plan_coverage")
    graph.spin_until(client.service_is_ready)
    client.call_async(PlanCoverage.Request(mission_file=str(mission_path)))
    graph.spin_until(lambda: planner._job is not None)
    answer = graph.ask(PlanCoverage, "plan_coverage", PlanCoverage.Request(mission_file=str(mission_path)))
    assert not answer.success and "busy" in answer.message


def test_work_that_dies_is_told(graph, planner, mission_path):
    client = graph.peer.create_client(PlanCoverage, "plan_coverage")
    graph.spin_until(client.service_is_ready)
    future = client.call_async(PlanCoverage.Request(mission_file=str(mission_path)))
    graph.spin_until(lambda: planner._job is not None)
    planner._job.kill()
    graph.spin_until(future.done)
    assert not future.result().success and "-9" in future.result().message


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
