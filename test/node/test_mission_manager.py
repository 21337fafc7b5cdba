"""The manager of a mission, with gate, flight_control and the other nodes played by the test."""

from __future__ import annotations

import time
from functools import partial

import pytest
from blindspot_msgs.action import FlyRoute, RunMission
from blindspot_msgs.msg import DroneStatus, Heartbeat, MissionStatus
from blindspot_msgs.srv import Authorise, Resume
from std_srvs.srv import Trigger

from blindspot.nodes import mission_manager
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.deferred_action import DeferredActionServer
from blindspot.nodes.graph.deferred_service import create_deferred_service
from blindspot.nodes.graph.messages import plan_message
from blindspot.nodes.graph.node_runner import HEARTBEAT_TOPIC
from blindspot.nodes.mission_manager import MissionManager

CAMERA, GATE, PLANNER, SIMULATOR = "/drone1/camera", "/blindspot/authority", "/blindspot/coverage_planner", "/simulator"


class Stack:
    """The nodes around the manager, played by the test."""

    def __init__(self, graph, plan) -> None:
        self.graph, self.plan = graph, plan
        self.flown: list[object] = []
        self.orders: list[str] = []
        self.judged: list[str] = []
        """Hashes of the plans that the gate was asked about; empty for a clearance that is given back."""
        self.refuses = False
        self.statuses: list[MissionStatus] = graph.hear(MissionStatus, "mission_status", qos.LATCHED)
        self._drone = graph.peer.create_publisher(DroneStatus, "/drone1/drone_status", qos.LATCHED)
        self._beat = graph.peer.create_publisher(Heartbeat, HEARTBEAT_TOPIC, qos.HEARTBEAT)
        self.manager = graph.start(
            MissionManager, drones=["drone1"], watched_nodes=[CAMERA, GATE, PLANNER, SIMULATOR], node_timeout_s=1.0
        )

    def with_gate(self, *verdicts: str) -> None:
        """A gate that grants, or refuses with these verdicts."""

        def judge(request, response):
            self.judged.append(request.plan.sha256)
            response.granted, response.verdicts = not verdicts, list(verdicts)
            return response

        self.graph.peer.create_service(Authorise, "authorise", judge)

    def with_flight_control(self) -> None:
        """A flight_control that flies until `land`."""
        self._fly = DeferredActionServer(
            self.graph.peer, FlyRoute, "/drone1/fly_route", start=self.flown.append, cancel=lambda: None
        )
        for order, kind in (("hold", Trigger), ("resume", Resume), ("return_home", Trigger), ("abort", Trigger)):
            self.graph.peer.create_service(kind, f"/drone1/{order}", partial(self._on_order, order))

    def _on_order(self, order, request, response):
        self.orders.append(f"resume {request.person}" if order == "resume" else order)
        response.success = not self.refuses
        return response

    def tell(self, phase: str, autopilot: str = "up") -> None:
        """Publish drone1's status: its flight_control's phase, and its autopilot's report."""
        self._drone.publish(DroneStatus(drone="drone1", phase=phase, autopilot=autopilot))

    def land(self, outcome: str, reason: str = "", autopilot: str = "down") -> None:
        """The flight ends, and what the autopilot says then."""
        self.tell("landed" if autopilot == "down" else "failed", autopilot)
        self._fly.finish(FlyRoute.Result(outcome=outcome, reason=reason))

    def beat(self, *nodes: str) -> None:
        for node in nodes:
            self._beat.publish(Heartbeat(node=node))

    def start(self, message=None):
        goal = RunMission.Goal(plan=message or plan_message(self.plan))
        handle = self.graph.send_goal(RunMission, "run_mission", goal)
        assert handle.accepted
        return handle.get_result_async()

    def end(self, future, act=lambda: None) -> tuple[str, str]:
        self.graph.spin_until(future.done, act)
        result = future.result().result
        return result.outcome, result.reason


@pytest.fixture
def stack(graph, plan, monkeypatch):
    monkeypatch.setattr(mission_manager, "DISCOVERY_LIMIT_S", 1.0)
    monkeypatch.setattr(mission_manager, "JUDGED_WITHIN_S", 1.0)
    monkeypatch.setattr(mission_manager, "REATTACH_WITHIN_S", 1.0)
    monkeypatch.setattr(mission_manager, "SETTLED_S", 0.2)
    return Stack(graph, plan)


def test_a_mission_is_cleared_flown_and_ends_as_its_drone_does(stack):
    stack.with_gate()
    stack.with_flight_control()
    future = stack.start()
    stack.graph.spin_until(lambda: stack.flown)
    assert stack.flown[0].plan.sha256 == stack.plan.sha256
    stack.land("completed")
    assert stack.end(future) == ("completed", "")
    stack.graph.spin_until(lambda: any(status.phase == "done" for status in stack.statuses))
    assert stack.statuses[-1].outcome == "completed"


def test_the_clearance_of_a_mission_that_is_over_is_given_back(stack):
    stack.with_gate()
    stack.with_flight_control()
    future = stack.start()
    stack.graph.spin_until(lambda: stack.flown)
    assert stack.judged == [stack.plan.sha256]
    stack.land("completed")
    stack.end(future)
    stack.graph.spin_until(lambda: stack.judged == [stack.plan.sha256, ""])


def test_a_plan_that_the_gate_refuses_is_not_flown(stack):
    stack.with_gate("GEO-01: outside", "TIM-03: too late")
    stack.with_flight_control()
    assert stack.end(stack.start()) == ("refused", "GEO-01: outside; TIM-03: too late")
    assert stack.flown == []


def test_beside_another_manager_nothing_is_flown(stack):
    stack.with_gate()
    stack.with_flight_control()
    told = stack.graph.peer.create_publisher(MissionStatus, "mission_status", qos.LATCHED)
    stack.graph.spin_until(lambda: stack.manager.count_publishers(told.topic_name) == 2)
    outcome, reason = stack.end(stack.start())
    assert outcome == "refused" and "another mission manager runs in ROS domain" in reason
    assert stack.flown == []


def test_without_a_gate_nothing_is_flown(stack):
    stack.with_flight_control()
    outcome, reason = stack.end(stack.start())
    assert outcome == "refused" and "authority does not answer" in reason
    assert stack.flown == []


def test_a_gate_that_does_not_answer_in_time_refuses(stack):
    create_deferred_service(stack.graph.peer, Authorise, "authorise", lambda request, answer: None)
    stack.with_flight_control()
    outcome, reason = stack.end(stack.start())
    assert outcome == "refused" and "in time" in reason
    assert stack.flown == []


def test_without_flight_control_the_mission_fails_and_reports_it(stack):
    stack.with_gate()
    outcome, reason = stack.end(stack.start())
    assert outcome == "failed" and "drone1" in reason and "flight_control" in reason


def test_a_plan_that_does_not_match_its_hash_is_refused(stack):
    stack.with_gate()
    stack.with_flight_control()
    message = plan_message(stack.plan)
    message.sha256 = "0" * 64
    outcome, reason = stack.end(stack.start(message))
    assert outcome == "refused" and "hash" in reason and stack.flown == []


def test_a_plan_for_a_drone_that_the_fleet_lacks_is_refused(stack):
    stack.with_gate()
    stack.with_flight_control()
    stranger = stack.plan.routes[0].model_copy(update={"drone": "drone9"})
    outcome, reason = stack.end(stack.start(plan_message(stack.plan.model_copy(update={"routes": (stranger,)}))))
    assert outcome == "refused" and "drone9" in reason and stack.flown == []


def test_a_second_mission_is_rejected_while_one_runs(stack):
    stack.with_gate()
    stack.with_flight_control()
    stack.start()
    goal = RunMission.Goal(plan=plan_message(stack.plan))
    assert not stack.graph.send_goal(RunMission, "run_mission", goal).accepted


@pytest.mark.parametrize("silent", [CAMERA, GATE])
def test_a_node_that_falls_silent_brings_the_drone_home_and_is_named(stack, silent):
    stack.with_gate()
    stack.with_flight_control()
    others = [node for node in (CAMERA, GATE, PLANNER, SIMULATOR) if node != silent]
    stack.graph.spin_until(lambda: silent not in stack.manager._liveness.absent(), lambda: stack.beat(silent, *others))
    future = stack.start()
    stack.graph.spin_until(lambda: stack.orders, lambda: stack.beat(*others))
    assert stack.orders == ["return_home"]
    stack.land("returned", "called home")
    outcome, reason = stack.end(future, lambda: stack.beat(*others))
    assert outcome == "returned" and f"{silent} fell silent" in reason


def test_a_planner_that_falls_silent_is_reported_and_nothing_else(stack):
    stack.with_gate()
    stack.with_flight_control()
    others = (CAMERA, GATE, SIMULATOR)
    stack.graph.spin_until(lambda: not stack.manager._liveness.absent(), lambda: stack.beat(PLANNER, *others))
    future = stack.start()
    stack.graph.spin_until(
        lambda: any(PLANNER in status.reason for status in stack.statuses), lambda: stack.beat(*others)
    )
    stack.land("completed")
    outcome, reason = stack.end(future, lambda: stack.beat(*others))
    assert outcome == "degraded" and PLANNER in reason and stack.orders == [], "completed is with every node alive"


def test_a_node_that_is_back_at_the_end_leaves_the_mission_completed(stack):
    stack.with_gate()
    stack.with_flight_control()
    others, everybody = (CAMERA, GATE, SIMULATOR), (CAMERA, GATE, SIMULATOR, PLANNER)
    stack.graph.spin_until(lambda: not stack.manager._liveness.absent(), lambda: stack.beat(*everybody))
    future = stack.start()
    fell, back = f"{PLANNER} fell silent", f"{PLANNER} is back"
    stack.graph.spin_until(lambda: any(fell in s.reason for s in stack.statuses), lambda: stack.beat(*others))
    stack.graph.spin_until(lambda: any(back in s.reason for s in stack.statuses), lambda: stack.beat(*everybody))
    stack.land("completed")
    outcome, reason = stack.end(future, lambda: stack.beat(*everybody))
    assert outcome == "completed" and fell in reason and back in reason


def test_a_flight_that_is_given_up_in_the_air_is_brought_home_and_ends_no_better(stack, monkeypatch):
    monkeypatch.setattr(mission_manager, "DOWN_WITHIN_S", 0.3)
    stack.with_gate()
    stack.with_flight_control()
    future = stack.start()
    stack.graph.spin_until(lambda: stack.flown)
    stack.graph.spin_until(lambda: "drone1" in stack.manager._last_phases, lambda: stack.tell("en_route"))
    stack.land("failed", "silent for too long", autopilot="unknown")
    stack.graph.spin_until(lambda: stack.manager._take_overs)
    assert not future.done(), "nobody knows yet where the drone is"
    stack.manager._take_overs["drone1"]._end("returned", "brought home by the ground station")
    outcome, reason = stack.end(future)
    assert outcome == "failed" and "brought home" in reason and "not known to be down" in reason


def test_a_manager_that_stood_still_reports_it_and_counts_no_node_as_lost(stack, monkeypatch):
    """Frozen for longer than any node may be silent: what they said meanwhile is still to be read."""
    monkeypatch.setattr(mission_manager, "STOOD_STILL_S", 1.0)
    stack.with_gate()
    stack.with_flight_control()
    everybody = (CAMERA, GATE, PLANNER, SIMULATOR)
    beat = partial(stack.beat, *everybody)
    stack.graph.spin_until(lambda: not stack.manager._liveness.absent(), beat)
    future = stack.start()
    stack.graph.spin_until(lambda: stack.flown, beat)
    time.sleep(1.2)
    stack.graph.spin_until(lambda: "stood still" in stack.manager._run.reason, beat)
    stack.land("completed")
    outcome, reason = stack.end(future, beat)
    assert outcome == "completed" and "the mission manager stood still for 1." in reason
    assert "fell silent" not in reason and stack.orders == []


def test_without_the_simulator_the_mission_has_failed(stack):
    stack.with_gate()
    stack.with_flight_control()
    others = (CAMERA, GATE, PLANNER)
    stack.graph.spin_until(lambda: not stack.manager._liveness.absent(), lambda: stack.beat(SIMULATOR, *others))
    outcome, reason = stack.end(stack.start(), lambda: stack.beat(*others))
    assert outcome == "failed" and SIMULATOR in reason


def test_orders_reach_every_drone_that_is_out_and_none_without_a_mission(stack):
    answer = stack.graph.ask(Trigger, "hold", Trigger.Request())
    assert not answer.success and answer.message == "no mission runs"
    stack.with_gate()
    stack.with_flight_control()
    future = stack.start()
    stack.graph.spin_until(lambda: stack.flown)
    assert stack.graph.ask(Trigger, "hold", Trigger.Request()).success
    nobody = stack.graph.ask(Resume, "resume", Resume.Request(person=" "))
    assert not nobody.success and "name" in nobody.message
    assert stack.graph.ask(Resume, "resume", Resume.Request(person="A. Martin")).success
    for order in ("return_home", "abort"):
        assert stack.graph.ask(Trigger, order, Trigger.Request()).success
    stack.graph.spin_until(lambda: len(stack.orders) == 4)
    assert stack.orders == ["hold", "resume A. Martin", "return_home", "abort"]
    stack.land("aborted", "landed where it was")
    outcome, reason = stack.end(future)
    assert outcome == "aborted" and "the operator said abort" in reason


def test_a_cancelled_mission_brings_the_drones_home(stack):
    stack.with_gate()
    stack.with_flight_control()
    handle = stack.graph.send_goal(RunMission, "run_mission", RunMission.Goal(plan=plan_message(stack.plan)))
    future = handle.get_result_async()
    stack.graph.spin_until(lambda: stack.flown)
    handle.cancel_goal_async()
    stack.graph.spin_until(lambda: stack.orders)
    assert stack.orders == ["return_home"]
    stack.land("returned")
    outcome, reason = stack.end(future)
    assert outcome == "returned" and "cancelled" in reason


@pytest.fixture
def judging(stack):
    """A mission that is being authorised: its handle, and the answer that is not given yet."""
    answers = []
    create_deferred_service(stack.graph.peer, Authorise, "authorise", lambda _, answer: answers.append(answer))
    stack.with_flight_control()
    handle = stack.graph.send_goal(RunMission, "run_mission", RunMission.Goal(plan=plan_message(stack.plan)))
    stack.graph.spin_until(lambda: answers)
    return handle, answers[0]


def test_a_mission_cancelled_while_it_is_authorised_is_not_flown(stack, judging):
    handle, answer = judging
    future = handle.get_result_async()
    stack.graph.spin_until(handle.cancel_goal_async().done)
    answer(Authorise.Response(granted=True))
    outcome, reason = stack.end(future)
    assert outcome == "aborted" and "cancelled" in reason and stack.flown == []


@pytest.mark.parametrize("order", ["return_home", "abort"])
def test_a_mission_called_off_while_it_is_authorised_is_not_flown(stack, judging, order):
    handle, answer = judging
    future = handle.get_result_async()
    assert not stack.graph.ask(Trigger, "hold", Trigger.Request()).success
    assert stack.graph.ask(Trigger, order, Trigger.Request()).success
    answer(Authorise.Response(granted=True))
    outcome, reason = stack.end(future)
    assert outcome == "aborted" and order.replace("_", " ") in reason and stack.flown == []


def test_the_result_of_an_earlier_missions_flight_is_ignored(stack):
    stack.with_gate()
    stack.with_flight_control()
    others = (CAMERA, GATE, PLANNER)
    stack.graph.spin_until(lambda: not stack.manager._liveness.absent(), lambda: stack.beat(SIMULATOR, *others))
    first = stack.start()
    stack.graph.spin_until(lambda: stack.flown, lambda: stack.beat(SIMULATOR, *others))
    old, stack._fly._goal = stack._fly._goal, None
    assert stack.end(first, lambda: stack.beat(*others))[0] == "failed"
    second = stack.start()
    stack.graph.spin_until(lambda: len(stack.flown) == 2, lambda: stack.beat(SIMULATOR, *others))
    new, stack._fly._goal = stack._fly._goal, old
    stack.land("returned", "of the first mission")
    heard = stack.graph.hear(MissionStatus, "mission_status", qos.LATCHED)
    stack.graph.spin_until(lambda: len(heard) > 4, lambda: stack.beat(SIMULATOR, *others))
    assert not second.done()
    stack._fly._goal = new
    stack.land("completed")
    assert stack.end(second, lambda: stack.beat(SIMULATOR, *others)) == ("completed", "")


def flown_and_lost(stack):
    """A mission whose flight_control published "en_route" and then restarted; its goal is lost."""
    stack.with_gate()
    stack.with_flight_control()
    future = stack.start()
    stack.graph.spin_until(lambda: stack.flown)
    phases = stack.manager._last_phases
    stack.graph.spin_until(lambda: str(phases.get("drone1")) == "en_route", lambda: stack.tell("en_route"))
    stack._fly._goal = None
    return future


def test_a_flight_control_that_was_started_again_is_asked_to_take_its_flight_over(stack):
    future = flown_and_lost(stack)
    assert stack.flown[0].reattach == ""
    stack.graph.spin_until(lambda: len(stack.flown) == 2, lambda: stack.tell("idle"))
    assert stack.flown[1].reattach == "en_route" and stack.flown[1].plan.sha256 == stack.plan.sha256
    for _ in range(5):
        stack.graph.spin_until(lambda: True, lambda: stack.tell("en_route"))
    stack.land("completed")
    outcome, reason = stack.end(future)
    assert outcome == "completed" and "was started again" in reason and "watched again" in reason
    assert len(stack.flown) == 2 and stack.orders == []


def test_a_flight_that_can_not_be_taken_over_is_brought_home_by_the_ground_station(stack):
    flown_and_lost(stack)
    stack.graph.spin_until(lambda: len(stack.flown) == 2, lambda: stack.tell("idle"))
    stack.tell("reattach")
    stack.graph.spin_until(lambda: stack.manager._statuses["drone1"].phase == "failed", lambda: stack.tell("failed"))
    stack.land("refused", "another mission is on board")
    stack.graph.spin_until(lambda: stack.manager._take_overs, lambda: stack.tell("idle"))
    assert stack.manager._take_overs["drone1"]._ours == {"AUTO.MISSION"}, "lost en route, whatever the reattach came to"
    assert stack.statuses[-1].outcome == "" and len(stack.flown) == 2
    stack.graph.spin_until(lambda: any("ground station" in status.reason for status in stack.statuses))


def test_an_abort_given_while_a_flight_is_taken_over_in_vain_stays_one(stack):
    flown_and_lost(stack)
    stack.graph.spin_until(lambda: len(stack.flown) == 2, lambda: stack.tell("idle"))
    seen = stack.manager._statuses
    stack.graph.spin_until(lambda: seen["drone1"].phase == "reattach", lambda: stack.tell("reattach"))
    stack.manager._run.ask("abort", "the operator said abort")
    stack.graph.spin_until(lambda: stack.orders == ["abort"])
    stack.land("refused", "another mission is on board")
    stack.graph.spin_until(lambda: stack.manager._take_overs)
    assert stack.manager._take_overs["drone1"]._command == "AUTO.LAND"


def test_the_result_of_a_thawed_flight_control_is_ignored_after_a_take_over(stack):
    future = flown_and_lost(stack)
    stack.manager._run.node_lost("/drone1/flight_control", "fell silent")
    stack.graph.spin_until(lambda: stack.manager._take_overs)
    stack.manager._route_ended("drone1", False, "aborted", "the pilot has it (mode AUTO.RTL)")
    assert stack.manager._run.flying == ("drone1",) and not future.done()
    stack.manager._take_overs["drone1"].outcome = "returned"
    outcome, reason = stack.end(future)
    assert outcome == "returned" and "pilot" not in reason


@pytest.mark.parametrize("order", ["hold", "return_home"])
def test_an_order_that_stops_a_drone_is_repeated_until_it_is_answered(stack, monkeypatch, order):
    monkeypatch.setattr(mission_manager, "ORDER_AGAIN_S", 0.1)
    flown_and_lost(stack)
    stack.refuses = True
    stack.manager._run.ask(order, "told to")
    stack.graph.spin_until(lambda: len(stack.orders) > 2)
    stack.refuses = False
    stack.graph.spin_until(lambda: not stack.manager._owed)
    assert set(stack.orders) == {order}


def test_a_hold_given_while_a_flight_is_taken_over_is_repeated_until_a_person_resumes(stack, monkeypatch):
    monkeypatch.setattr(mission_manager, "ORDER_AGAIN_S", 0.1)
    flown_and_lost(stack)
    stack.graph.spin_until(lambda: len(stack.flown) == 2, lambda: stack.tell("idle"))
    seen = stack.manager._statuses
    stack.graph.spin_until(lambda: seen["drone1"].phase == "reattach", lambda: stack.tell("reattach"))
    stack.refuses = True
    assert stack.graph.ask(Trigger, "hold", Trigger.Request()).success
    stack.graph.spin_until(lambda: "hold" in stack.orders)
    stack.graph.spin_until(lambda: seen["drone1"].phase == "en_route", lambda: stack.tell("en_route"))
    stack.orders.clear()
    stack.graph.spin_until(lambda: "hold" in stack.orders)
    assert stack.graph.ask(Resume, "resume", Resume.Request(person="A. Martin")).success
    stack.graph.spin_until(lambda: "resume A. Martin" in stack.orders)
    assert not stack.manager._owed


def test_a_flight_control_that_does_not_come_back_is_given_up(stack):
    flown_and_lost(stack)
    stack.manager._run.node_lost("/drone1/flight_control", "fell silent")
    stack.graph.spin_until(lambda: stack.manager._take_overs)
    assert "did not come back" in stack.manager._run.reason and len(stack.flown) == 1


def test_a_flight_control_that_was_only_frozen_goes_on(stack):
    flown_and_lost(stack)
    stack.manager._run.node_lost("/drone1/flight_control", "fell silent")
    stack.graph.spin_until(lambda: stack.manager._lost_since_s)
    stack.graph.spin_until(lambda: not stack.manager._lost_since_s, lambda: stack.tell("en_route"))
    assert not stack.manager._take_overs and len(stack.flown) == 1
