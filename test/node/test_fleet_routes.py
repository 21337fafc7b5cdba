"""After the loss of a drone: the manager's requests to planner, gate and drones, which the test plays."""

from __future__ import annotations

import json
from functools import partial

import pytest
from blindspot_msgs.action import FlyRoute, RunMission
from blindspot_msgs.msg import DroneStatus, MissionStatus
from blindspot_msgs.srv import Authorise, FlyRest, Replan, Resume
from geometry_msgs.msg import Point as PointMessage
from std_srvs.srv import Trigger

from blindspot.mission.plan import Begin, Point
from blindspot.nodes import fleet_routes, mission_manager
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.deferred_action import DeferredActionServer
from blindspot.nodes.graph.messages import plan_message, plan_of
from blindspot.nodes.mission_manager import MissionManager

DRONES = ("drone1", "drone2")


class Drone:
    """A flight_control that obeys every order."""

    def __init__(self, stack, name: str) -> None:
        self.stack, self.name, self.phase, self.reason = stack, name, "idle", ""
        self.orders: list[str] = []
        self.rests: list[object] = []
        self.takes_rest = self.flies_rest = True
        peer = stack.graph.peer
        self._fly = DeferredActionServer(peer, FlyRoute, f"/{name}/fly_route", start=self._start, cancel=lambda: None)
        for order, kind in (("hold", Trigger), ("resume", Resume), ("return_home", Trigger), ("stand_by", Trigger)):
            peer.create_service(kind, f"/{name}/{order}", partial(self._on_order, order))
        peer.create_service(FlyRest, f"/{name}/fly_rest", self._on_rest)
        self._status = peer.create_publisher(DroneStatus, f"/{name}/drone_status", qos.LATCHED)

    def _start(self, _) -> None:
        self.phase = "en_route"

    def _on_order(self, order, _, response):
        self.orders.append(order)
        self.phase = {"return_home": "return", "resume": "en_route"}.get(order, "hold")
        response.success = True
        return response

    def _on_rest(self, request, response):
        self.rests.append(request.plan)
        response.success, response.message = self.takes_rest, "" if self.takes_rest else "another home"
        self.phase = "en_route" if self.takes_rest and self.flies_rest else self.phase
        return response

    def tell(self) -> None:
        self._status.publish(
            DroneStatus(
                drone=self.name, phase=self.phase, reason=self.reason, battery_fraction=0.8, route_fraction=0.5,
                position=PointMessage(x=10.0, y=20.0, z=80.0), autopilot="down" if self.phase == "idle" else "up",
            )
        )  # fmt: skip

    def end(self, outcome: str, reason: str = "") -> None:
        self._fly.finish(FlyRoute.Result(outcome=outcome, reason=reason))
        self.phase = "idle"


class Stack:
    def __init__(self, graph, plan) -> None:
        self.graph, self.plan = graph, plan
        [route] = plan.routes
        self.plan = plan.model_copy(update={"routes": (route, route.model_copy(update={"drone": "drone2"}))})
        begin = Begin(at=Point(east_m=10.0, north_m=20.0, up_m=80.0), battery_fraction=0.75, flown_s=50.0)
        begun = route.model_copy(update={"drone": "drone2", "begin": begin})
        self.rest = self.plan.model_copy(update={"routes": (begun,)})
        self.verdicts: list[str] = []
        self.cleared: list[str] = []
        self.situations: list[dict[str, object]] = []
        self.plans = True
        self.statuses: list[MissionStatus] = graph.hear(MissionStatus, "mission_status", qos.LATCHED)
        graph.peer.create_service(Authorise, "authorise", self._judge)
        graph.peer.create_service(Replan, "replan", self._on_replan)
        self.drones = {name: Drone(self, name) for name in DRONES}
        graph.start(MissionManager, drones=list(DRONES), watched_nodes=["/x/y"], node_timeout_s=30.0)

    def _judge(self, request, response):
        self.cleared.append(request.plan.sha256)
        response.verdicts = self.verdicts if self.cleared[-1] == self.rest.sha256 else []
        response.granted = not response.verdicts
        return response

    def _on_replan(self, request, response):
        self.situations.append(json.loads(request.situation))
        response.success = self.plans
        response.message = "" if self.plans else "no drone can fly on"
        response.plan = plan_message(self.rest)
        return response

    def tell(self) -> None:
        for drone in self.drones.values():
            drone.tell()

    def fly(self):
        """Both drones on their route; the future of the run's result."""
        handle = self.graph.send_goal(RunMission, "run_mission", RunMission.Goal(plan=plan_message(self.plan)))
        future = handle.get_result_async()
        self.graph.spin_until(lambda: all(d.phase == "en_route" for d in self.drones.values()), self.tell)
        self.graph.spin_until(lambda: any(s.phase == "flying" for s in self.statuses), self.tell)
        return future

    def until_told(self, phase: str) -> None:
        """Wait until the manager publishes a phase."""
        self.statuses.clear()
        self.graph.spin_until(lambda: any(status.phase == phase for status in self.statuses), self.tell)

    def result(self, future) -> tuple[str, str]:
        self.graph.spin_until(future.done, self.tell)
        return future.result().result.outcome, future.result().result.reason


@pytest.fixture
def stack(graph, plan, monkeypatch):
    monkeypatch.setattr(mission_manager, "DISCOVERY_LIMIT_S", 5.0)
    return Stack(graph, plan)


def test_the_rest_of_a_lost_drones_route_is_planned_cleared_and_flown_by_the_other(stack):
    future = stack.fly()
    one, two = stack.drones["drone1"], stack.drones["drone2"]
    one.phase, one.reason = "return", "the battery is needed for the way home"
    stack.until_told("standing_by")
    stack.graph.spin_until(lambda: "stand_by" in two.orders, stack.tell)
    assert stack.situations == [], "it is waited for that drone1 is down"
    one.end("returned", "the battery is needed for the way home")
    stack.graph.spin_until(lambda: two.rests, stack.tell)
    assert plan_of(two.rests[0]).sha256 == stack.rest.sha256
    assert stack.cleared == [stack.plan.sha256, stack.rest.sha256]
    [situation] = stack.situations
    standing = {one["drone"]: one for one in situation["drones"]}
    assert standing["drone1"]["down"] and standing["drone1"]["hover"] is None
    assert standing["drone2"]["hover"]["at"] == {"east_m": 10.0, "north_m": 20.0, "up_m": 80.0}
    stack.until_told("flying")
    two.end("completed")
    outcome, reason = stack.result(future)
    assert outcome == "returned"
    assert "drone1 is lost to the plan" in reason and "drone2 took the rest of the plan" in reason
    assert "return_home" not in two.orders


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda stack: setattr(stack, "plans", False), "no drone can fly on"),
        (lambda stack: stack.verdicts.append("AUT-08: wider"), "AUT-08: wider"),
        (lambda stack: setattr(stack.drones["drone2"], "takes_rest", False), "another home"),
    ],
)
def test_after_any_failure_of_the_rest_the_drones_that_stand_by_come_home(stack, spoil, told):
    spoil(stack)
    future = stack.fly()
    one, two = stack.drones["drone1"], stack.drones["drone2"]
    one.end("aborted", "landed by the pilot")
    stack.graph.spin_until(lambda: "return_home" in two.orders, stack.tell)
    two.end("returned")
    outcome, reason = stack.result(future)
    assert outcome == "aborted" and told in reason and "drone2 gets no new route and comes home" in reason


def test_a_planner_that_does_not_answer_in_time_brings_them_home(stack, monkeypatch):
    monkeypatch.setattr(fleet_routes, "REST_LIMIT_S", 0.0)
    future = stack.fly()
    one, two = stack.drones["drone1"], stack.drones["drone2"]
    one.end("returned")
    stack.graph.spin_until(lambda: "return_home" in two.orders, stack.tell)
    two.end("returned")
    assert "did not answer in time" in stack.result(future)[1]
    assert two.rests == []


def test_a_drone_that_does_not_fly_what_it_took_comes_home(stack, monkeypatch):
    monkeypatch.setattr(fleet_routes, "TAKEN_LIMIT_S", 0.5)
    two = stack.drones["drone2"]
    two.flies_rest = False
    future = stack.fly()
    stack.drones["drone1"].end("returned")
    stack.graph.spin_until(lambda: "return_home" in two.orders, stack.tell)
    two.end("returned")
    assert len(two.rests) == 1 and "did not take the new route in time" in stack.result(future)[1]


def test_a_persons_resume_ends_the_standing_by_and_nothing_is_planned(stack):
    stack.fly()
    stack.drones["drone1"].phase = "pilot"
    stack.until_told("standing_by")
    answer = stack.graph.ask(Resume, "resume", Resume.Request(person="A. Martin"))
    assert answer.success
    stack.graph.spin_until(lambda: "resume" in stack.drones["drone2"].orders, stack.tell)
    stack.until_told("flying")
    assert stack.situations == []
