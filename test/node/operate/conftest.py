"""A stack that the test plays, for the commands of a standing stack."""

from __future__ import annotations

import json
import math
import os
import threading
from pathlib import Path

import pytest
import rclpy
from blindspot_msgs.action import RunMission
from blindspot_msgs.msg import DroneStatus, FleetStatus, Heartbeat, MissionStatus
from blindspot_msgs.srv import Order, PlanCoverage
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from std_msgs.msg import Header
from typer.testing import CliRunner

from blindspot.cli.__main__ import app
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.deferred_action import DeferredActionServer
from blindspot.nodes.graph.node_runner import HEARTBEAT_TOPIC
from blindspot.stack import stack_record
from blindspot.stack.parts.basis import usual_nodes

WORDS = ("--person", "A. Martin", "--reason", "a test")
NODES = usual_nodes(("drone1", "drone2"))
EFFECTS = {"hold": "hold", "resume": "en_route", "return_home": "return", "abort": "landing", "jump": "hold"}


class FakeStack:
    """A mission manager, a logbook and two drones, in a thread of its own."""

    def __init__(self, domain: int, fleet: Path, stack_dir: Path) -> None:
        self.phases = {"drone1": "en_route", "drone2": "idle"}
        self.reasons = {"drone1": "", "drone2": ""}
        self.missions: list[MissionStatus] = []
        self.lost: list[str] = []
        self.nodes = NODES
        """The nodes whose heartbeats it sends."""
        self.refusal, self.obeys, self.lands = "", True, False
        self.orders: list[Order.Request] = []
        self.plans: list[PlanCoverage.Request] = []
        self.plan = PlanCoverage.Response(message="no legal view")
        self.goals: list[RunMission.Goal] = []
        self.outcome: tuple[str, str] | None = ("completed", "")
        self.records = True
        """Whether the logbook opens a record for each run."""
        self._fleet, self._stack_dir = fleet, stack_dir
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain)
        self._node = node = rclpy.create_node("manager", namespace="/blindspot", context=self._context)
        self._status = node.create_publisher(FleetStatus, "fleet_status", qos.LATCHED)
        self._beats = node.create_publisher(Heartbeat, HEARTBEAT_TOPIC, qos.HEARTBEAT)
        self._drones = {
            name: node.create_publisher(DroneStatus, f"/{name}/drone_status", qos.LATCHED) for name in self.phases
        }
        node.create_service(Order, "order", self._on_order)
        node.create_service(PlanCoverage, "plan_coverage", self._on_plan)
        self._action = DeferredActionServer(
            node, RunMission, "run_mission", start=self.goals.append, cancel=lambda: None
        )
        node.create_timer(0.05, self._turn)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(node)
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)
        self._thread.start()

    def _drone(self, name: str) -> DroneStatus:
        phase = self.phases[name]
        return DroneStatus(
            header=Header(stamp=self._node.get_clock().now().to_msg()),
            drone=name, phase=phase, reason=self.reasons[name], battery_fraction=0.8, route_fraction=math.nan,
            autopilot="down" if phase in ("idle", "landed") else "up",
            hold_ends_s=120.0 if phase == "hold" else math.nan,
            run=self.missions[-1].run if self.missions else "",
        )  # fmt: skip

    def _turn(self) -> None:
        if self.lands:
            self.phases = {name: "landed" if phase == "return" else phase for name, phase in self.phases.items()}
        for name, publisher in self._drones.items():
            publisher.publish(self._drone(name))
        for node in self.nodes:
            self._beats.publish(Heartbeat(node=node))
        if self.goals and not self.missions:
            run = self.goals[-1].mission.run
            self.missions.append(MissionStatus(run=run, mission="Crossroads", phase="flying", drones=["drone1"]))
            if self.records:
                (self._stack_dir / run / "events.jsonl").touch()
        elif self.goals and self.outcome is not None and self.missions[-1].phase != "done":
            outcome, reason = self.outcome
            self.missions[-1].phase, self.missions[-1].outcome = "done", outcome
            self.phases = dict.fromkeys(self.phases, "landed")
            self._action.finish(RunMission.Result(outcome=outcome, reason=reason))
        if self.records and self.missions and self.missions[-1].phase == "done":
            self.conclude(self._stack_dir / self.missions[-1].run, self.missions[-1].outcome)
        drones = [self._drone(name) for name in self.phases]
        self._status.publish(FleetStatus(
            simulated=True, fleet=str(self._fleet), stack_dir=str(self._stack_dir), missions=self.missions,
            drones=drones, lost_nodes=self.lost,
        ))  # fmt: skip

    def listeners(self) -> int:
        """The subscribers of a topic that a client has once it follows a run, and of the fleet's status."""
        return sum(self._node.count_subscribers(topic) for topic in ("fleet_status", "coverage_status"))

    @staticmethod
    def conclude(folder: Path, outcome: str) -> None:
        if not (folder / "report.html").exists() and outcome:
            (folder / "summary.json").write_text(json.dumps({"outcome": outcome, "violations": []}))
            (folder / "report.html").touch()

    def _on_order(self, request, response):
        self.orders.append(request)
        response.success, response.message = not self.refusal, self.refusal or "sent to drone1"
        if response.success and self.obeys:
            for name in request.drones or [name for name, phase in self.phases.items() if phase != "idle"]:
                self.phases[name] = EFFECTS.get(request.order, self.phases[name])
        return response

    def _on_plan(self, request, _):
        self.plans.append(request)
        return self.plan

    def close(self) -> None:
        self._executor.shutdown()
        self._thread.join()
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)


@pytest.fixture
def domain(monkeypatch, ros_domain):
    monkeypatch.setenv("ROS_DOMAIN_ID", str(ros_domain))
    for name, value in os.environ.items():  # a client sets its DDS profile
        if name.startswith(("FAST", "ROS_")):
            monkeypatch.setenv(name, value)
    monkeypatch.setattr(stack_record, "read_stack_record", lambda _: None)
    return ros_domain


@pytest.fixture
def stack(domain, tmp_path, mission_path):
    made = FakeStack(domain, mission_path, tmp_path)
    yield made
    made.close()


def run(*words: object):
    return CliRunner().invoke(app(), list(map(str, words)), catch_exceptions=False)
