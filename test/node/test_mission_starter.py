"""The starter, with the rest of the graph played by the test."""

from __future__ import annotations

import pytest
from blindspot_msgs.action import RunMission
from blindspot_msgs.msg import Heartbeat
from blindspot_msgs.srv import PlanCoverage

from blindspot.nodes import mission_starter
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.deferred_action import DeferredActionServer
from blindspot.nodes.graph.messages import plan_message
from blindspot.nodes.graph.node_runner import HEARTBEAT_TOPIC
from blindspot.nodes.mission_starter import MissionStarter

WATCHED = ["/drone1/camera", "/blindspot/authority"]


class Town:
    """The peer as planner, mission manager and all the nodes that live."""

    def __init__(self, graph, answer: PlanCoverage.Response) -> None:
        self.asked, self.started, self._answer = [], [], answer
        peer = graph.peer
        self._beats = peer.create_publisher(Heartbeat, HEARTBEAT_TOPIC, qos.HEARTBEAT)
        peer.create_service(PlanCoverage, "plan_coverage", self._on_plan)
        self.mission = DeferredActionServer(
            peer, RunMission, "run_mission", start=self.started.append, cancel=lambda: None
        )

    def _on_plan(self, request, _):
        self.asked.append((request.mission_file, request.run, request.plan_file))
        return self._answer

    def beat(self, *names: str) -> None:
        for name in names:
            self._beats.publish(Heartbeat(node=name))


@pytest.fixture
def ended(monkeypatch) -> list[object]:
    """The context would be the test's own."""
    calls: list[object] = []
    monkeypatch.setattr(mission_starter, "end", lambda context: calls.append(context))
    return calls


@pytest.fixture
def start(graph, ended, mission_path):
    fleet = str(mission_path.parent.parent / "fleets" / "crossroads.yaml")

    def start(**parameters: object):
        return graph.start(MissionStarter, fleet=fleet, mission=str(mission_path), watched_nodes=WATCHED, **parameters)

    return start


def test_it_waits_for_all_then_plans_flies_and_ends(graph, start, ended, plan):
    town, starter = Town(graph, PlanCoverage.Response(success=True, plan=plan_message(plan))), start()
    rounds = iter(range(20))
    graph.spin_until(lambda: next(rounds, None) is None, lambda: town.beat(WATCHED[0]))
    assert town.asked == []
    graph.spin_until(lambda: town.started, lambda: town.beat(*WATCHED))
    assert town.asked == [("../missions/crossroads.yaml", "", "")]
    [goal] = town.started
    order = goal.mission
    assert (order.file, order.run, order.person, order.reason) == (
        "../missions/crossroads.yaml", "", "autostart", "autostart:=true",
    )  # fmt: skip
    assert len(order.sha256) == 64 and goal.plan.sha256 == plan.sha256
    assert starter.outcome == ""
    town.mission.finish(RunMission.Result(outcome="completed"))
    graph.spin_until(lambda: ended)
    assert starter.outcome == "completed"
    assert len(town.started) == 1


def test_a_refusal_to_plan_is_reported(graph, start, ended):
    town, starter = Town(graph, PlanCoverage.Response(success=False, message="no legal view")), start()
    graph.spin_until(lambda: ended, lambda: town.beat(*WATCHED))
    assert starter.outcome == "failed: no legal view"


def test_a_mission_that_ends_early_is_reported_with_its_reason(graph, start, ended, plan):
    town, starter = Town(graph, PlanCoverage.Response(success=True, plan=plan_message(plan))), start()
    graph.spin_until(lambda: town.started, lambda: town.beat(*WATCHED))
    town.mission.finish(RunMission.Result(outcome="returned", reason="wind"))
    graph.spin_until(lambda: ended)
    assert starter.outcome == "returned: wind"


def test_a_node_that_does_not_start_is_named(graph, start, ended):
    starter = start(ready_within_s=1.0)
    graph.spin_until(lambda: ended)
    assert starter.outcome.startswith(f"failed: not ready after 1 s: {', '.join(WATCHED)}, plan_coverage")
