"""A manager of two drones, with gate, planner, flight_controls and the other nodes played by the test."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace

import pytest
from blindspot_msgs.action import FlyRoute, RunMission
from blindspot_msgs.msg import CoverageStatus, DroneStatus, FleetStatus, Heartbeat, MissionOrder, MissionStatus
from blindspot_msgs.srv import Authorise, FlyRest, GiveBack, Order, Replan
from geometry_msgs.msg import Point as PointMessage
from rclpy.experimental import EventsExecutor
from rclpy.parameter import Parameter
from std_msgs.msg import Header

from blindspot.law.orders.signed_order import unsigned
from blindspot.mission.fleet_file import load_fleet
from blindspot.mission.mission_copy import MissionRef
from blindspot.mission.mission_file import load_mission
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.deferred_action import DeferredActionServer
from blindspot.nodes.graph.deferred_service import create_deferred_service
from blindspot.nodes.graph.messages import plan_message
from blindspot.nodes.graph.node_runner import HEARTBEAT_TOPIC
from blindspot.nodes.mission_manager import MissionManager
from blindspot.nodes.missions import clearances, drones, flights, one_mission, renewal

GATE, PLANNER, SIMULATOR = "/blindspot/authority", "/blindspot/coverage_planner", "/simulator"
WATCHED = ["/drone1/camera", "/drone2/camera", GATE, PLANNER, SIMULATOR]


class Drone:
    """A flight_control that flies until `land`, and obeys every order unless `refuses`."""

    def __init__(self, graph, name: str) -> None:
        self.graph, self.name = graph, name
        self.flown: list[object] = []
        self.orders: list[object] = []
        self.rests: list[object] = []
        self.refuses = self.is_silent = False
        self.takes_rest = self.flies_rest = self.takes_off = True
        self.phase, self.reason, self.autopilot, self.run, self.outcome = "idle", "", "down", "", ""
        self.place = 10.0, 20.0, 80.0
        peer = graph.peer
        self.fly = DeferredActionServer(peer, FlyRoute, f"/{name}/fly_route", start=self._start, cancel=lambda: None)
        peer.create_service(Order, f"/{name}/order", self._on_order)
        peer.create_service(FlyRest, f"/{name}/fly_rest", self._on_rest)
        self.status = peer.create_publisher(DroneStatus, f"/{name}/drone_status", qos.LATCHED)

    @property
    def ordered(self) -> list[str]:
        return [order.order for order in self.orders]

    def _start(self, goal) -> None:
        self.flown.append(goal)
        if goal.reattach or not self.takes_off:
            return
        self.phase, self.autopilot, self.run, self.outcome = "en_route", "up", goal.mission.run, ""

    def _on_order(self, request, response):
        self.orders.append(request)
        problem = "it refuses" if self.refuses else "no route is flown" if self.phase == "idle" else ""
        response.success, response.message = not problem, problem
        phases = {"hold": "hold", "stand_by": "hold", "resume": "en_route", "return_home": "return"}
        if response.success:
            self.phase = phases.get(request.order, self.phase)
        return response

    def _on_rest(self, request, response):
        self.rests.append(request.plan)
        response.success, response.message = self.takes_rest, "" if self.takes_rest else "another home"
        self.phase = "en_route" if self.takes_rest and self.flies_rest else self.phase
        return response

    def report(self) -> None:
        """Publish its status."""
        if not self.is_silent:
            self.status.publish(
                DroneStatus(
                    header=Header(stamp=self.graph.peer.get_clock().now().to_msg()),
                    drone=self.name, phase=self.phase, reason=self.reason, run=self.run, outcome=self.outcome,
                    autopilot=self.autopilot, battery_fraction=0.8, route_fraction=0.5,
                    hold_ends_s=118.0 if self.phase == "hold" else math.nan,
                    position=PointMessage(**dict(zip("xyz", self.place, strict=True))),
                )
            )  # fmt: skip

    def land(self, outcome: str, reason: str = "", autopilot: str = "down") -> None:
        """The flight ends, and what the autopilot says then."""
        self.phase, self.reason, self.outcome, self.autopilot = "idle", "", outcome, autopilot
        if autopilot != "down":
            self.phase = "failed"
        self.report()
        self.fly.finish(FlyRoute.Result(outcome=outcome, reason=reason))

    def restart(self, phase: str = "idle") -> None:
        """As a new process of flight_control, which knows no flight: the goal of the former one is lost."""
        self.fly.goal = None
        self.phase, self.run, self.outcome = phase, "", ""


class Process:
    """The executor of the manager beside the graph's own. A node that ends is silenced by ending its executor's turns:
    to remove it from a running EventsExecutor, with its action clients, crashes rclpy 7.1."""

    def __init__(self, graph) -> None:
        self._graph, self._others = graph, graph.executor
        self._all: list[tuple[object, object]] = []
        self._turns: object = None
        graph.executor = self

    def start(self, make, parameters: dict[str, object]):
        node = make(
            namespace="/blindspot", parameter_overrides=[Parameter(name, value=v) for name, v in parameters.items()]
        )
        self._turns = EventsExecutor()
        self._turns.add_node(node)
        self._all.append((node, self._turns))
        return node

    def stop(self) -> None:
        self._turns = None

    def spin_once(self, timeout_sec: float) -> None:
        self._others.spin_once(timeout_sec=timeout_sec / 2)
        if self._turns is not None:
            self._turns.spin_once(timeout_sec=timeout_sec / 2)

    def add_node(self, node) -> None:
        self._others.add_node(node)

    def close(self) -> None:
        self._graph.executor = self._others
        for node, turns in self._all:
            turns.remove_node(node)
            node.destroy_node()
            turns.shutdown()


class Stack:
    """The nodes around the manager, played by the test."""

    def __init__(self, graph, plan, mission_path: Path, folder: Path) -> None:
        self.graph, self.folder, self._mission_path = graph, folder, mission_path
        self.process = Process(graph)
        [route] = plan.routes
        self.plan = plan
        self.plan2 = plan.model_copy(
            update={"id": "other-view", "routes": (route.model_copy(update={"drone": "drone2"}),)}
        )
        self.both = plan.model_copy(
            update={"id": "two-views", "routes": (route, route.model_copy(update={"drone": "drone2"}))}
        )
        self.judged: list[object] = []
        self.given_back: list[object] = []
        self.verdicts: list[str] = []
        self.takes_back = True
        self.falls_silent = False
        """Whether the gate of `with_gate` dies before it answers."""
        self.situations: list[dict[str, object]] = []
        self.rest = None
        """The answer of the planner; None: it finds no rest."""
        self.fleet_file = mission_path
        self.statuses: list[FleetStatus] = graph.hear(FleetStatus, "fleet_status", qos.LATCHED)
        self.drones = {name: Drone(graph, name) for name in ("drone1", "drone2")}
        self.coverage = graph.peer.create_publisher(CoverageStatus, "coverage_status", qos.LATCHED)
        self._beat = graph.peer.create_publisher(Heartbeat, HEARTBEAT_TOPIC, qos.HEARTBEAT)
        graph.peer.create_service(Replan, "replan", self._on_replan)
        graph.peer.create_service(GiveBack, "give_back", self._on_give_back)
        self.alive: list[str] = []
        """Nodes whose heartbeat comes."""

    def with_manager(self, **parameters):
        known = {"watched_nodes": WATCHED, "node_timeout_s": 1.0, "simulated": True} | parameters
        known |= {"fleet": str(self.fleet_file), "run_dir": str(self.folder)}
        self.manager = self.process.start(MissionManager, known)
        return self.manager

    def restart_manager(self, **parameters):
        """As if the manager's process died and was started again."""
        self.process.stop()
        self.statuses.clear()
        manager = self.with_manager(**parameters)
        manager.count_publishers = lambda _: 1  # the silenced node is still in the graph
        return manager

    def with_gate(self, *verdicts: str) -> None:
        """A gate that grants, or refuses with these verdicts; `self.verdicts` are those against later plans."""

        def judge(request, answer):
            self.judged.append(request)
            refused = list(verdicts) or (self.verdicts if len(self.judged) > 1 else [])
            if not self.falls_silent:
                answer(Authorise.Response(granted=not refused, verdicts=refused))

        create_deferred_service(self.graph.peer, Authorise, "authorise", judge)

    def with_slow_gate(self) -> list[object]:
        """A gate that answers when the test calls one of the returned functions."""
        answers: list[object] = []
        create_deferred_service(self.graph.peer, Authorise, "authorise", lambda _, answer: answers.append(answer))
        return answers

    def _on_give_back(self, request, response):
        self.given_back.append(request)
        response.success = self.takes_back
        return response

    def _on_replan(self, request, response):
        self.situations.append(json.loads(request.situation))
        response.success = self.rest is not None
        if self.rest is None:
            response.message = "no drone can fly on"
        else:
            response.plan = plan_message(self.rest)
        return response

    def report(self) -> None:
        """Everybody publishes: the drones their status, the living nodes their heartbeat."""
        for drone in self.drones.values():
            drone.report()
        for node in self.alive:
            self._beat.publish(Heartbeat(node=node))

    def until(self, fact) -> None:
        self.graph.spin_until(fact, self.report)

    def until_phase(self, phase: str, run: str = "") -> None:
        """Wait until the manager publishes a phase of a run anew."""
        self.statuses.clear()
        self.until(lambda: any(m.phase == phase for s in self.statuses for m in s.missions if m.run == run))

    def mission(self, run: str = ""):
        """The last published status of a run; an empty one without it."""
        missions = self.statuses[-1].missions if self.statuses else []
        return next((mission for mission in missions if mission.run == run), MissionStatus())

    @property
    def lost_nodes(self) -> list[str]:
        """As published last."""
        return list(self.statuses[-1].lost_nodes) if self.statuses else []

    def goal(self, plan=None, *, message=None, **changes) -> RunMission.Goal:
        ref = MissionRef.of(load_fleet(self.fleet_file), load_mission(self._mission_path))
        order = {"file": ref.file, "sha256": ref.sha256, "run": "", "person": "A. Tester", "reason": "a test"}
        order["signature"], flown = unsigned(), message or plan_message(plan or self.plan)
        order["plans"] = [] if plan is not None and plan.sortie is not None else [flown.sha256]
        return RunMission.Goal(mission=MissionOrder(**(order | changes)), plan=flown)

    def send(self, plan=None, **changes):
        goal = self.goal(plan, **changes)
        handle = self.graph.send_goal(RunMission, "run_mission", goal, self.report)  # a silent node would be lost
        assert handle.accepted
        return handle

    def start(self, plan=None, **changes):
        """Request a mission; the future of its result."""
        return self.send(plan, **changes).get_result_async()

    def fly(self, plan=None, **changes):
        """Request a mission, and wait until its drones fly; the future of its result."""
        future = self.start(plan, **changes)
        names = {route.drone for route in (plan or self.plan).routes}
        self.until(lambda: self.flights(changes.get("run", "")).last_phases.keys() == names)
        self.until_phase("flying", changes.get("run", ""))
        return future

    def flights(self, run: str = ""):
        """The flights of a run; without a last phase before they begin."""
        mission = self.manager.missions.get(run)
        return mission.flights if mission and mission.flights else SimpleNamespace(last_phases={})

    def end(self, future) -> tuple[str, str]:
        self.until(future.done)
        result = future.result().result
        return result.outcome, result.reason

    def order(self, order: str, *names: str, person: str = "A. Martin", reason: str = "a reason", **fields):
        request = Order.Request(order=order, drones=list(names), person=person, reason=reason, **fields)
        return self.graph.ask(Order, "order", request, self.report)

    def journal(self, act: str) -> list[dict[str, object]]:
        """The facts of the journal's entries of this act."""
        path = self.folder / "journal.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        entries = [json.loads(line) for line in lines]
        return [entry["facts"] for entry in entries if entry["act"] == act]


@pytest.fixture
def bare(graph, plan, mission_path, tmp_path, monkeypatch):
    """The stack without a manager."""
    monkeypatch.setattr(clearances, "DISCOVERY_LIMIT_S", 1.0)
    monkeypatch.setattr(clearances, "GIVE_BACK_AGAIN_S", 0.1)
    monkeypatch.setattr(flights, "DISCOVERY_LIMIT_S", 1.0)
    monkeypatch.setattr(flights, "REATTACH_WITHIN_S", 1.0)
    monkeypatch.setattr(one_mission, "JUDGED_WITHIN_S", 1.0)
    monkeypatch.setattr(drones, "SETTLED_S", 0.2)
    monkeypatch.setattr(renewal, "LEASED_AGAIN_WITHIN_S", 1.0)
    made = Stack(graph, plan, mission_path, tmp_path)
    yield made
    made.process.close()


@pytest.fixture
def stack(bare):
    bare.with_manager()
    return bare
