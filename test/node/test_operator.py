"""The operator's side: its requests and the messages that it receives; the test plays the rest of the graph."""

from __future__ import annotations

import time
from itertools import count

import pytest
import rclpy
from blindspot_msgs.action import RunMission
from blindspot_msgs.msg import CoverageStatus, DroneStatus, FleetStatus, Heartbeat, MissionStatus
from blindspot_msgs.srv import Order, PlanCoverage
from rcl_interfaces.msg import Log
from rclpy.context import Context
from rclpy.experimental import EventsExecutor

from blindspot.cli.sessions.sim_session import StartError, refuse_second_stack
from blindspot.core.errors import BlindspotError, PlanningError
from blindspot.mission.mission_copy import MissionRef
from blindspot.nodes.clients import operator as operator_module, plan_request
from blindspot.nodes.clients.operator import Operator
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.deferred_action import DeferredActionServer
from blindspot.nodes.graph.deferred_service import create_deferred_service
from blindspot.nodes.graph.messages import BUSY, plan_message, stamp
from blindspot.nodes.graph.node_runner import HEARTBEAT_TOPIC


class Town:
    """A node that answers the operator, in a context of its own: the operator has the process's default one."""

    def __init__(self, domain: int) -> None:
        self.context = Context()
        rclpy.init(context=self.context, domain_id=domain)
        self.node = rclpy.create_node("town", namespace="/blindspot", context=self.context)
        self._executor = EventsExecutor(context=self.context)
        self._executor.add_node(self.node)
        self.started: list[object] = []
        self.orders: list[Order.Request] = []
        self.mission = DeferredActionServer(
            self.node, RunMission, "run_mission", start=self.started.append, cancel=lambda: None
        )
        self.node.create_service(Order, "order", self._on_order)
        self.fleet = self.node.create_publisher(FleetStatus, "fleet_status", qos.LATCHED)
        self.beats = self.node.create_publisher(Heartbeat, HEARTBEAT_TOPIC, qos.HEARTBEAT)

    def _on_order(self, request, response):
        self.orders.append(request)
        response.success, response.message = bool(request.person), "sent to drone1"
        return response

    def says(self, *missions: MissionStatus) -> None:
        self.fleet.publish(FleetStatus(stack_dir="runs/stack", missions=list(missions)))

    def answer_plans(self, response: PlanCoverage.Response) -> None:
        self.node.create_service(PlanCoverage, "plan_coverage", lambda *_: response)

    def spin(self) -> None:
        for _ in range(10):
            self._executor.spin_once(timeout_sec=0.002)

    def close(self) -> None:
        self._executor.remove_node(self.node)
        self.node.destroy_node()
        self._executor.shutdown()
        rclpy.shutdown(context=self.context)


@pytest.fixture
def town(monkeypatch, ros_domain):
    monkeypatch.setenv("ROS_DOMAIN_ID", str(ros_domain))
    made = Town(ros_domain)
    yield made
    made.close()


@pytest.fixture
def operator(town):
    with Operator(silence_s=0.3) as made:
        made.watch(["/drone1/camera"])
        made.follow("evening", ["drone1"])
        yield made


def start(operator, plan) -> None:
    operator.start(plan_message(plan), MissionRef("missions/evening.yaml", "5" * 64), "A. Martin", "a test")


def until(town, operator, fact) -> None:
    deadline_s = time.monotonic() + 120.0
    while not fact():
        assert time.monotonic() < deadline_s
        town.spin()
        operator.spin(0.01)


def answering(town, operator) -> None:
    """Wait until the operator has found everything that it talks to."""
    town.answer_plans(PlanCoverage.Response())
    until(town, operator, lambda: not operator.unreachable())


def test_services_that_are_still_undiscovered_are_named(town, operator):
    assert "plan_coverage" in operator.unreachable()
    until(town, operator, lambda: operator.unreachable() == ("plan_coverage",))
    answering(town, operator)


def test_a_node_of_these_names_that_speaks_before_ours_is_another_stacks(town, operator, monkeypatch):
    monkeypatch.setattr(operator_module, "LISTENS_S", 0.05)
    assert operator.others() == ()
    until(town, operator, lambda: town.beats.publish(Heartbeat(node="/drone1/camera")) or operator.others())
    refuse_second_stack((), {})
    with pytest.raises(StartError, match=r"ROS_DOMAIN_ID 7 \(/drone1/camera is up already\)"):
        refuse_second_stack(operator.others(), {"ROS_DOMAIN_ID": "7"})


def test_a_plan_is_asked_for_and_returned(town, operator, plan):
    asked = []

    def plans(request, response):
        asked.append(request)
        return PlanCoverage.Response(success=True, plan=plan_message(plan))

    town.node.create_service(PlanCoverage, "plan_coverage", plans)
    until(town, operator, lambda: not operator.unreachable())
    assert operator.plan("mission.yaml", town.spin, plan_file="plan.json").sha256 == plan.sha256
    (request,) = asked
    assert (request.mission_file, request.run, request.plan_file) == ("mission.yaml", "evening", "plan.json")


def test_a_refusal_to_plan_is_raised_in_the_planners_words(town, operator):
    town.answer_plans(PlanCoverage.Response(success=False, message="no legal view"))
    until(town, operator, lambda: not operator.unreachable())
    with pytest.raises(PlanningError, match="no legal view"):
        operator.plan("mission.yaml", town.spin)


def test_a_mission_is_flown_in_a_persons_name_and_ends_with_its_outcome(town, operator, plan):
    answering(town, operator)
    start(operator, plan)
    until(town, operator, lambda: town.started)
    order = town.started[0].mission
    assert (order.file, order.sha256, order.run) == ("missions/evening.yaml", "5" * 64, "evening")
    assert (order.person, order.reason) == ("A. Martin", "a test")
    assert operator.result is None
    town.mission.finish(RunMission.Result(outcome="returned", reason="wind"))
    until(town, operator, lambda: operator.result)
    assert operator.result == ("returned", "wind")


def test_a_mission_that_is_not_taken_is_refused(town, operator, plan):
    answering(town, operator)
    start(operator, plan)
    until(town, operator, lambda: town.started)
    start(operator, plan)
    until(town, operator, lambda: operator.result)
    assert operator.result[0] == "refused" and "no other mission" in operator.result[1]


def test_an_order_to_fly_that_nobody_answers_fails_unless_the_run_is_under_way(town, operator, plan, monkeypatch):
    answering(town, operator)
    monkeypatch.setattr(operator_module, "TAKEN_WITHIN_S", 0.0)
    town.says(MissionStatus(run="evening", phase="flying"))
    until(town, operator, lambda: operator.mission.run)
    start(operator, plan)
    operator.spin(0.05)  # the town does not spin: it answers nothing
    assert operator.result is None
    town.says()
    deadline_s = time.monotonic() + 120.0
    while operator.result is None and time.monotonic() < deadline_s:
        operator.spin(0.01)
    assert operator.result == ("failed", "the mission manager did not answer the order to fly: see blindspot status")


def test_nodes_are_absent_until_heard_and_silent_when_they_stop(town, operator):
    assert operator.absent() == ("/drone1/camera",)
    until(town, operator, lambda: town.beats.publish(Heartbeat(node="/drone1/camera")) or not operator.absent())
    until(town, operator, lambda: operator.silent() == ("/drone1/camera",))


def test_an_outcome_whose_answer_is_lost_is_heard_from_the_fleets_status(town, operator, plan):
    """DDS drops a reader that stood still for 20 s, and the answer to it; latched messages are sent again."""
    answering(town, operator)
    town.says(MissionStatus(run="evening", phase="done", outcome="completed", reason="of a mission before"))
    until(town, operator, lambda: operator.mission.phase == "done")
    assert operator.result is None, "nothing was asked for yet"
    start(operator, plan)
    until(town, operator, lambda: town.started)
    town.says(MissionStatus(run="evening", phase="flying"))
    until(town, operator, lambda: operator.mission.phase == "flying")
    town.says(MissionStatus(run="evening", phase="done", reason="wind"))
    until(town, operator, lambda: operator.mission.phase == "done")
    assert operator.result is None, "its outcome follows"
    town.says(MissionStatus(run="evening", phase="done", outcome="returned", reason="wind"))
    until(town, operator, lambda: operator.result)
    assert operator.result == ("returned", "wind")


def test_only_the_own_run_is_followed(town, operator, plan):
    answering(town, operator)
    start(operator, plan)
    until(town, operator, lambda: town.started)
    other = MissionStatus(run="morning", phase="done", outcome="failed")
    town.says(MissionStatus(run="evening", phase="flying", seen_blind_fraction=0.5), other)
    until(town, operator, lambda: operator.mission.phase == "flying")
    assert operator.result is None and len(operator.fleet.missions) == 2
    seen = town.node.create_publisher(CoverageStatus, "coverage_status", qos.LATCHED)
    seen.publish(CoverageStatus(run="morning", seen_fraction=0.25))
    seen.publish(CoverageStatus(run="evening", seen_fraction=0.5))
    until(town, operator, lambda: operator.coverage.seen_fraction == 0.5)
    town.says(other)
    until(town, operator, lambda: not operator.mission.phase)
    assert operator.result is None, "a restarted manager has lost the run"


def test_the_flight_of_a_drone_before_the_run_is_not_reported(town):
    statuses = town.node.create_publisher(DroneStatus, "/drone1/drone_status", qos.LATCHED)
    with Operator() as operator:
        operator.follow("evening", ["drone1"])
        for run, phase in (("morning", "landed"), ("evening", "takeoff")):
            message = DroneStatus(drone="drone1", run=run, phase=phase)
            statuses.publish(message)
            until(town, operator, lambda message=message: operator.statuses.get("drone1") == message)
        assert [status.phase for status in operator.changes] == ["takeoff"]


def test_a_client_that_meets_an_error_as_it_leaves_is_not_ended_later(town, monkeypatch):
    watched = []
    monkeypatch.setattr("faulthandler.dump_traceback_later", lambda *_, **__: watched.append(True))
    monkeypatch.setattr("faulthandler.cancel_dump_traceback_later", watched.clear)
    shut_down = rclpy.try_shutdown

    def leave() -> None:
        shut_down()
        raise RuntimeError("the context is gone")

    with pytest.raises(RuntimeError, match="the context is gone"), Operator():
        monkeypatch.setattr(rclpy, "try_shutdown", leave)
    monkeypatch.setattr(rclpy, "try_shutdown", shut_down)
    assert watched == []


def test_a_plan_whose_answer_was_lost_while_this_process_stood_still_is_asked_for_again(
    town, operator, plan, monkeypatch
):  # fmt: skip
    monkeypatch.setattr(plan_request, "STOOD_STILL_S", 0.3)
    monkeypatch.setattr(plan_request, "ASK_AGAIN_S", 0.3)
    answers = [None, PlanCoverage.Response(success=False, message=f"{BUSY}: blindspot plan m, process 7")]
    answers.append(PlanCoverage.Response(success=True, plan=plan_message(plan)))

    def judge(_, answer) -> None:
        response = answers.pop(0) if len(answers) > 1 else answers[0]
        if response is not None:
            answer(response)

    create_deferred_service(town.node, PlanCoverage, "plan_coverage", judge)
    until(town, operator, lambda: not operator.unreachable())
    stands_still = iter([0.5])

    def wait() -> None:
        town.spin()
        if len(answers) == 2:
            time.sleep(next(stands_still, 0.0))

    assert operator.plan("mission.yaml", wait).sha256 == plan.sha256
    assert len(answers) == 1


class Planner:
    """One process of the planner: its heartbeat is in the graph."""

    def __init__(self, domain: int) -> None:
        self.context = Context()
        rclpy.init(context=self.context, domain_id=domain)
        self.node = rclpy.create_node("coverage_planner", namespace="/blindspot", context=self.context)
        self.node.create_publisher(Heartbeat, HEARTBEAT_TOPIC, qos.HEARTBEAT)

    def close(self) -> None:
        self.node.destroy_node()
        rclpy.shutdown(context=self.context)


@pytest.mark.parametrize("is_killed", [True, False])
def test_a_planner_that_was_started_again_has_lost_the_request(town, operator, ros_domain, is_killed):
    """It may be back, and beat, before its heartbeat is missed; and no supervisor knows the nodes of a launch file."""
    create_deferred_service(town.node, PlanCoverage, "plan_coverage", lambda *_: None)
    until(town, operator, lambda: not operator.unreachable())
    planners, turns = [Planner(ros_domain)], count()

    def wait() -> None:
        town.spin()
        turn = next(turns)
        if turn == 20 and not is_killed:
            planners.pop().close()
        elif turn == 30:
            planners.append(Planner(ros_domain))

    try:
        with pytest.raises(BlindspotError, match="/blindspot/coverage_planner was started again and lost this request"):
            operator.plan("mission.yaml", wait)
    finally:
        for planner in planners:
            planner.close()
    assert next(turns) > 30


def test_everything_that_a_drone_publishes_is_kept_once_in_order(town, operator):
    """A flight_control that was started again may be on its way before anybody looks: only its reason is new then."""
    statuses = town.node.create_publisher(DroneStatus, "/drone1/drone_status", qos.LATCHED)
    said = [("en_route", ""), ("en_route", ""), ("en_route", "started again"), ("landing", "")]
    for phase, reason in said:
        message = DroneStatus(drone="drone1", run="evening", phase=phase, reason=reason)
        statuses.publish(message)
        until(town, operator, lambda message=message: operator.statuses.get("drone1") == message)
    assert [(each.phase, each.reason) for each in operator.changes] == [*said[:1], *said[2:]]


def test_a_hold_that_ends_soon_is_kept_once_more(town, operator):
    statuses = town.node.create_publisher(DroneStatus, "/drone1/drone_status", qos.LATCHED)
    for ends_s in (118.0, 31.0, 29.5, 29.0):
        message = DroneStatus(drone="drone1", run="evening", phase="hold", hold_ends_s=ends_s)
        statuses.publish(message)
        until(town, operator, lambda message=message: operator.statuses.get("drone1") == message)
    assert [each.hold_ends_s for each in operator.changes] == [118.0, 29.5]


def test_the_lines_of_the_scheduler_are_kept_for_a_display(town):
    rosout = town.node.create_publisher(Log, "/rosout", qos.LOG)
    with Operator() as operator:
        operator.follow("", ["drone1"])
        # By a publisher of its own: rclpy's log of one process serves the context that came first.
        before = Log(stamp=stamp(1.0), level=Log.INFO, name="blindspot.scheduler", msg="of an evening before")
        line = Log(stamp=stamp(time.time()), level=Log.WARN, name="blindspot.town", msg="the town is quiet")
        passes = Log(stamp=stamp(time.time()), level=Log.INFO, name="blindspot.scheduler", msg="pass 1 is due")

        def publish() -> None:
            for each in (before, line, passes):
                rosout.publish(each)

        until(town, operator, lambda: publish() or operator.scheduled)
        assert set(operator.scheduled) == {"pass 1 is due"}
