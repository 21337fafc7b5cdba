"""Fixtures of the node tests: a graph, a transport that carries pictures, and a small mission."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rclpy
import yaml
from blindspot_msgs.msg import MissionOrder
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rclpy.action import ActionClient
from rclpy.client import Client
from rclpy.experimental import EventsExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from test.factories import cost_of, coverage_of, plan_of, route_of, square, view_at

from blindspot.law.keys.key_file import public_half
from blindspot.law.leases.lease_key import load_lease_key, make_lease_key
from blindspot.law.leases.signed_lease import LeaseSigner
from blindspot.law.orders.signed_order import OrderSigner, key_text
from blindspot.mission.fleet_file import load_fleet
from blindspot.mission.homes import site_pads
from blindspot.mission.mission_copy import MissionRef
from blindspot.mission.mission_file import load_mission
from blindspot.mission.plan import Plan, Relief
from blindspot.nodes.judging.leases import clearance_message
from blindspot.nodes.orders.signed_orders import mission_ordered, ordered
from blindspot.planning.planner import make_plan
from blindspot.site.town.geojson import load_area
from blindspot.stack.programs.dds import PICTURES

CONFIG = Path(__file__).resolve().parents[2] / "config"
# As `bringup` sets it: with the default transport a picture never arrives. Read when the first node is made.
os.environ.update(PICTURES)


def printed_by(process: subprocess.CompletedProcess[str]) -> str:
    """What a process with shared memory printed. Two of them that begin at the same moment try one port; the one that
    loses logs it, and takes another."""
    return "".join(line for line in process.stdout.splitlines(True) if "open_and_lock_file failed" not in line)


@pytest.fixture(scope="session")
def mission_path() -> Path:
    """The mission over the tutorial's crossroads."""
    return CONFIG / "missions" / "crossroads.yaml"


@pytest.fixture
def changed_mission(mission_path: Path, tmp_path: Path) -> Callable[..., Path]:
    """Makes a copy of the crossroads' mission with changed fields, under the authorisation with changed text."""

    def make(name: str = "mission", law: dict[str, str] | None = None, **changes: object) -> Path:
        folder, config = tmp_path / "missions", mission_path.parents[1]
        folder.mkdir(exist_ok=True)
        if not (tmp_path / "drones").exists():
            (tmp_path / "drones").symlink_to(config / "drones")
        mission = yaml.safe_load(mission_path.read_text())
        text = (config / "authorisations" / "crossroads_sim.yaml").read_text()
        for old, new in ({"../missions/": f"{mission_path.parent}/"} | (law or {})).items():
            assert old in text
            text = text.replace(old, new)
        (folder / f"{name}_law.yaml").write_text(text)
        mission |= {
            "site": str(config / "sites" / "crossroads"),
            "perimeter": str(mission_path.parent / mission["perimeter"]),
            "authorisation": f"{name}_law.yaml",
        } | changes
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(mission))
        return folder / f"{name}.yaml"

    return make


class Leasing:
    """An authority's key and what it signs; `key` is the file of its public half."""

    def __init__(self, private: Path) -> None:
        self.private, self.key = private, str(public_half(private))
        self._signer = LeaseSigner(load_lease_key(private))

    def lease(
        self, drone: str, plan: str, until_s: float, *, mission: str = "", authorisation: str = "SIM-CROSSROADS",
        granted: bool = True, may_look: bool = True, simulated: bool = True,
    ) -> Any:  # fmt: skip
        """The next lease, as a message; `mission` is the hash of the plan's mission."""
        signed = self._signer.sign(
            drone, authorisation, plan, mission, granted=granted, may_look=may_look, simulated=simulated,
            valid_until_ns=round(until_s * 1e9), rule="",
        )  # fmt: skip
        return clearance_message(signed, "")


@pytest.fixture(scope="session")
def lease_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private key that leases are signed with."""
    private = tmp_path_factory.mktemp("lease") / "lease.key"
    make_lease_key(private)
    return private


def order_of(
    mission_path: Path, *, run: str = "", person: str = "A. Tester", fleet: Path | None = None
) -> MissionOrder:
    """The order to fly a mission with the stack of a fleet file; default: the mission's own fleet."""
    ref = MissionRef.of(load_fleet(fleet or mission_path), load_mission(mission_path))
    return MissionOrder(file=ref.file, sha256=ref.sha256, run=run, person=person, reason="a test")


@pytest.fixture
def leasing(lease_key: Path) -> Leasing:
    return Leasing(lease_key)


class Graph:
    """Nodes of one process under one executor, and a peer that plays everybody else."""

    def __init__(self, leasing: Leasing) -> None:
        self.leasing = leasing
        self.executor = EventsExecutor()
        self._nodes: list[Node] = []
        self.peer = self.add(rclpy.create_node("peer", namespace="/blindspot"))

    def add(self, node: Node) -> Any:
        self._nodes.append(node)
        self.executor.add_node(node)
        return node

    def start(self, make: Callable[..., Node], namespace: str = "/blindspot", **parameters: object) -> Any:
        """A node under test, with its parameters."""
        overrides = [Parameter(name, value=value) for name, value in parameters.items()]
        return self.add(make(namespace=namespace, parameter_overrides=overrides))

    def hear(self, message_type: type, topic: str, profile: QoSProfile) -> list[Any]:
        """The list that gets every message of a topic."""
        messages: list[Any] = []
        self.peer.create_subscription(message_type, topic, messages.append, profile)
        return messages

    def spin_until(self, fact: Callable[[], object], act: Callable[[], object] = lambda: None) -> None:
        """Let the nodes work until the fact holds, doing `act` all the while; the limit only guards against a hang."""
        deadline_s = time.monotonic() + 120.0
        while not fact():
            assert time.monotonic() < deadline_s
            act()
            for _ in range(20):
                self.executor.spin_once(timeout_sec=0.002)

    def ask(self, service_type: Any, name: str, request: Any, act: Callable[[], object] = lambda: None) -> Any:
        """Find a service and call it, doing `act` until it answers; its response."""
        return self.answer(self.client(service_type, name, act), request, act)

    def client(self, service_type: Any, name: str, act: Callable[[], object] = lambda: None) -> Client:
        """A client of a service that is found."""
        client = self.peer.create_client(service_type, name)
        self.spin_until(client.service_is_ready, act)
        return client

    def answer(self, client: Client, request: Any, act: Callable[[], object] = lambda: None) -> Any:
        """The answer of a service, once it is found."""
        future = client.call_async(request)
        self.spin_until(future.done, act)
        return future.result()

    def send_goal(self, action_type: Any, name: str, goal: Any, act: Callable[[], object] = lambda: None) -> Any:
        """Send a goal, doing `act` until it is answered; the accepted or rejected goal handle."""
        client = ActionClient(self.peer, action_type, name)
        self.spin_until(client.server_is_ready, act)
        future = client.send_goal_async(goal)
        self.spin_until(future.done, act)
        return future.result()

    def run_goal(self, action_type: Any, name: str, goal: Any) -> Any:
        """Send a goal that is accepted, wait for its end; the result."""
        handle = self.send_goal(action_type, name, goal)
        assert handle.accepted
        future = handle.get_result_async()
        self.spin_until(future.done)
        return future.result().result

    def end(self, node: Node) -> None:
        """As if its process died."""
        self._nodes.remove(node)
        for timer in list(node.timers):
            timer.cancel()
        self.executor.remove_node(node)
        for _ in range(20):
            self.executor.spin_once(timeout_sec=0.0)  # a timer that is due already would publish for a destroyed node
        node.destroy_node()

    def close(self) -> None:
        for node in self._nodes:
            self.executor.remove_node(node)
            node.destroy_node()
        self.executor.shutdown()


@pytest.fixture
def graph(ros: None, leasing: Leasing) -> Iterator[Graph]:
    made = Graph(leasing)
    yield made
    made.close()


@pytest.fixture(scope="session")
def sound_plan(mission_path: Path, made_once: Callable[..., Plan]) -> Plan:
    """The crossroads' plan as the planner makes it, the same as in all other tests: the checker finds nothing in it."""
    return made_once("plan", lambda: make_plan(load_mission(mission_path)))


@pytest.fixture(scope="session")
def plan(mission_path: Path) -> Plan:
    """One drone, one view straight down over its pad: small, and lawful under the crossroads' authorisation."""
    mission = load_mission(mission_path)
    origin, pads = site_pads(mission)
    home = pads["north"]
    frame = origin.frame
    perimeter = tuple(load_area(mission.perimeter_path, frame).exterior.coords)[:-1]
    route = route_of(
        view_at(home.east_m, home.north_m, home.up_m + 80.0), home=home, up_m=home.up_m + 80.0,
        failsafe={"rtl_return_alt_m": 80.0, "fence": square(75.0), "fence_max_alt_m": 95.0},
        expected=cost_of(100.0, 160.0, 6.0),
    )  # fmt: skip
    return plan_of(
        route, id="one-view", mission=str(mission_path), site=str(mission.site_dir), origin=origin,
        perimeter=perimeter, coverage=coverage_of(100.0, cell_m=1.0),
        relief=Relief(lowest_m=home.up_m, highest_m=home.up_m),
    )  # fmt: skip


@pytest.fixture
def pilot_key() -> Ed25519PrivateKey:
    """The key of A. Martin."""
    return Ed25519PrivateKey.generate()


@pytest.fixture
def keyed_fleet(mission_path: Path, tmp_path: Path, pilot_key: Ed25519PrivateKey) -> Path:
    """The crossroads' fleet, with a pilot who has a key, and an observer."""
    return fleet_with_key(tmp_path / "keyed", mission_path.parents[1], pilot_key)


def fleet_with_key(folder: Path, config: Path, key: Ed25519PrivateKey) -> Path:
    fleet = yaml.safe_load((config / "fleets" / "crossroads.yaml").read_text())
    pilot = {"name": "A. Martin", "key": key_text(key.public_key())}
    people = [pilot, {"name": "B. Roy", "role": "observer"}]
    fleet |= {"name": "Keyed", "site": str(config / "sites" / "crossroads"), "operators": people}
    (folder / "fleets").mkdir(parents=True)
    (folder / "drones").symlink_to(config / "drones")
    file = folder / "fleets" / "ours.yaml"
    file.write_text(yaml.safe_dump(fleet))
    return file


@pytest.fixture
def sign_as_pilot(pilot_key: Ed25519PrivateKey) -> Callable[[Any], str]:
    """Signs a goal, a request for a clearance or an order as A. Martin does."""
    signer = OrderSigner(pilot_key, "Keyed", True)

    def sign(message: Any) -> str:
        if not hasattr(message, "mission"):
            return signer.sign(ordered(message))
        message.mission.plans = list(message.mission.plans) or [message.plan.sha256]
        return signer.sign(mission_ordered(message.mission))

    return sign
