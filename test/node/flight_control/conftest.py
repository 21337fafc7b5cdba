"""A drone's flight_control, its embedded autopilot, and the rest of the stack as the test plays it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from blindspot_msgs.action import FlyRoute
from blindspot_msgs.msg import Clearance, DroneStatus, FleetStatus, MissionOrder, MissionStatus
from blindspot_msgs.srv import Order
from sensor_msgs.msg import CameraInfo
from test.node.conftest import CONFIG, order_of

from blindspot.nodes.flight_control import FlightControl
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import now_s, plan_message
from blindspot_sim.nodes.simulator import Simulator


class World:
    """The autopilot, the drone's flight_control, and what the test publishes for the others."""

    def __init__(
        self, graph, mission, folder: Path, *, fleet: Path | None = None, speed: float = 30.0, **parameters
    ) -> None:
        self.graph = graph
        self.folder = folder
        self.order: MissionOrder = order_of(mission, run="evening", fleet=fleet)
        self.simulator = graph.start(Simulator, "/", fleet=str(fleet or mission), speed_factor=speed, run_dir="")
        self._parameters = {
            "fleet": str(fleet or mission), "use_sim_time": True, "simulated": True, "run_dir": str(folder),
            "lease_key": graph.leasing.key, **parameters,
        }  # fmt: skip
        self.simulated = self._parameters["simulated"]
        self.control = graph.start(FlightControl, "/drone1", **self._parameters)
        self.statuses: list[DroneStatus] = graph.hear(DroneStatus, "/drone1/drone_status", qos.STATE)
        self.orders: list[MissionOrder] = graph.hear(MissionOrder, "/drone1/mission", qos.LATCHED)
        self.asked: list[str] = []
        self.plan = ""
        """Hash of the plan that is leased."""
        vehicle = self.simulator.faces[0].vehicle
        call = vehicle.call

        def noted(service, fields, answer):
            self.asked.append(f"{service} {fields.get('value', '')}".strip())
            call(service, fields, answer)

        vehicle.call = noted
        self.leases = graph.peer.create_publisher(Clearance, "/drone1/clearance", qos.LEASE)
        self._ordering = graph.peer.create_client(Order, "/drone1/order")
        self._camera = graph.peer.create_publisher(CameraInfo, "/drone1/camera/camera_info", qos.SENSOR)
        self._manager = graph.peer.create_publisher(FleetStatus, "/blindspot/fleet_status", qos.LATCHED)

    @property
    def phases(self) -> list[str]:
        return [status.phase for status in self.statuses]

    @property
    def entries(self) -> list[tuple[str, dict]]:
        """Acts and facts of the journal."""
        file = self.folder / "journal.jsonl"
        lines = file.read_text().splitlines() if file.is_file() else []
        return [(entry["act"], entry["facts"]) for entry in map(json.loads, lines)]

    def start_again(self) -> None:
        """Another flight_control in place of the first, as if its process had died."""
        self.graph.end(self.control)
        self.control = self.graph.start(FlightControl, "/drone1", **self._parameters)

    def lease(self, drone: str, plan: str, until_s: float, **changes):
        """A lease of the authority for the mission that is flown."""
        return self.graph.leasing.lease(drone, plan, until_s, **{"mission": self.order.sha256, **changes})

    def play(self, *, lease: str = "drone1", manager: bool = True, **mission) -> None:
        """One round of the other nodes' messages; `lease` names its drone, none without one; `mission` changes the
        manager's status of the mission."""
        if lease:
            until_s = now_s(self.control) + 3.0
            self.leases.publish(self.lease(lease, self.plan, until_s, simulated=self.simulated))
        if manager:
            mission = {"run": self.order.run, "phase": "flying", "drones": ["drone1"], **mission}
            self._manager.publish(FleetStatus(missions=[MissionStatus(**mission)]))
        self._camera.publish(CameraInfo())

    def goal(self, plan, **changes) -> FlyRoute.Goal:
        """The goal to fly a plan, or a message with one."""
        message = plan_message(plan) if hasattr(plan, "to_json") else plan
        return FlyRoute.Goal(mission=self.order, plan=message, **changes)

    def send(self, plan) -> None:
        """Begin a route that is accepted."""
        goal = self.goal(plan)
        self.plan = goal.plan.sha256
        assert self.graph.send_goal(FlyRoute, "/drone1/fly_route", goal).accepted

    def fly(self, plan, act=lambda: None, **changes):
        """The outcome and the reason of a route, and whether the drone was ever asked to arm."""
        goal = self.goal(plan, **changes)
        self.plan = self.plan or goal.plan.sha256
        handle = self.graph.send_goal(FlyRoute, "/drone1/fly_route", goal)
        assert handle.accepted
        future = handle.get_result_async()
        self.graph.spin_until(future.done, act)
        result = future.result().result
        return result.outcome, result.reason, any(what.startswith("cmd/arming") for what in self.asked)

    def give(self, order: str, person: str = "A. Martin", reason: str = "a test", **fields) -> Order.Response:
        """The answer to an order."""
        self.graph.spin_until(self._ordering.service_is_ready, self.play)
        request = Order.Request(order=order, person=person, reason=reason, **fields)
        return self.graph.answer(self._ordering, request, self.play)


@pytest.fixture
def world(graph, mission_path, tmp_path):
    return World(graph, mission_path, tmp_path)


@pytest.fixture
def new_world(graph, mission_path, tmp_path):
    """A world whose flight_control has other parameters."""
    return lambda **parameters: World(graph, mission_path, tmp_path, **parameters)


@pytest.fixture(scope="session")
def mission_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The crossroads' mission, which here may be flown 20 m over the ground: low flights are short."""
    config = tmp_path_factory.mktemp("low") / "config"
    shutil.copytree(CONFIG, config, ignore=shutil.ignore_patterns("nantes*"))
    mission = config / "missions" / "crossroads.yaml"
    mission.write_text(mission.read_text().replace("min_up_m: 60.0", "min_up_m: 20.0"))
    return mission


@pytest.fixture
def plan(plan, mission_path):
    """The plan of one view, 30 m over the pad."""
    [route] = plan.routes
    [view] = route.steps
    to = view.to.model_copy(update={"up_m": route.home.up_m + 30.0})
    failsafe = route.failsafe.model_copy(update={"rtl_return_alt_m": 30.0, "fence_max_alt_m": 45.0})
    steps = (view.model_copy(update={"to": to}),)
    lower = route.model_copy(update={"takeoff_up_m": to.up_m, "steps": steps, "failsafe": failsafe})
    return plan.model_copy(update={"mission": str(mission_path), "routes": (lower,)})
