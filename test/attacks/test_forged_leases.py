"""Forged leases, statuses and heartbeats in a stack of real processes: no drone arms, no picture is exposed, and flying
drones come home.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rclpy
from blindspot_msgs.action import FlyRoute
from blindspot_msgs.msg import Clearance, DroneStatus, FleetStatus, Heartbeat, MissionStatus
from blindspot_msgs.srv import Authorise, GiveBack
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from geometry_msgs.msg import PoseWithCovarianceStamped
from mavros_msgs.msg import State
from rclpy.action import ActionClient
from rclpy.experimental import EventsExecutor
from rosgraph_msgs.msg import Clock
from test.node.conftest import order_of

from blindspot.law.leases.lease import LEASE_S
from blindspot.law.leases.signed_lease import LeaseSigner
from blindspot.mission.plan import Plan, load_plan
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import plan_message, seconds
from blindspot.nodes.graph.node_runner import HEARTBEAT_TOPIC
from blindspot.nodes.judging.leases import clearance_message
from blindspot.stack.bringup import stack
from blindspot.stack.programs.dds import LOOPBACK
from blindspot.stack.programs.processes import Options
from blindspot.stack.supervisor import Supervisor

WAIT_LIMIT_S = 120.0
"""A guard against a hang."""
AUTHORITY, MANAGER = "/blindspot/authority", "/blindspot/mission_manager"


class Attacker:
    """A foreign process on the stack's network, with its own key."""

    def __init__(self, domain: int, mission: Path, plan: Plan) -> None:
        rclpy.init(domain_id=domain)
        self.order, self.plan, self.time_s = order_of(mission), plan, 0.0
        self.states: list[State] = []
        self.statuses: list[DroneStatus] = []
        self.leases: list[Clearance] = []
        self.exposed_s: list[float] = []
        self._signer = LeaseSigner(Ed25519PrivateKey.generate())
        self._node = node = rclpy.create_node("stranger")
        self._executor = EventsExecutor()
        self._executor.add_node(node)
        make, hear = node.create_publisher, node.create_subscription
        self._lease = make(Clearance, "/drone1/clearance", qos.LEASE)
        self._status = make(DroneStatus, "/drone1/drone_status", qos.LATCHED)
        self._fleet: Any = None
        self._heartbeat = make(Heartbeat, HEARTBEAT_TOPIC, qos.HEARTBEAT)
        self._authorise = node.create_client(Authorise, "/blindspot/authorise")
        self._give_back = node.create_client(GiveBack, "/blindspot/give_back")
        self._fly = ActionClient(node, FlyRoute, "/drone1/fly_route")
        hear(Clock, "/clock", self._on_clock, qos.CLOCK)
        hear(State, "/drone1/mavros/state", self.states.append, qos.STATE)
        hear(DroneStatus, "/drone1/drone_status", self.statuses.append, qos.STATE)
        hear(Clearance, "/drone1/clearance", self.leases.append, qos.LEASE)
        hear(PoseWithCovarianceStamped, "/drone1/camera/pose", self._on_pose, qos.EVENTS)

    def spin(self) -> None:
        for _ in range(20):
            self._executor.spin_once(timeout_sec=0.002)

    def wait_for(self, fact: Callable[[], object], act: Callable[[], object] = lambda: None) -> None:
        deadline_s = time.monotonic() + WAIT_LIMIT_S
        while not fact():
            assert time.monotonic() < deadline_s
            act()
            self.spin()

    def lease(self) -> Any:
        until_ns = round((self.time_s + LEASE_S) * 1e9)
        signed = self._signer.sign(
            "drone1", "SIM-CROSSROADS", self.plan.sha256, self.order.sha256, granted=True, may_look=True,
            simulated=True, valid_until_ns=until_ns, rule="",
        )  # fmt: skip
        return clearance_message(signed, "")

    def forge(self, *dead: str, lease: Any = None) -> None:
        """Publish a lease, a status of the manager, and a heartbeat of each dead node."""
        self._lease.publish(lease or self.lease())
        if self._fleet is None:  # created late: a manager starts no flight while another one publishes
            self._fleet = self._node.create_publisher(FleetStatus, "/blindspot/fleet_status", qos.LATCHED)
        self._fleet.publish(FleetStatus(missions=[MissionStatus(phase="flying", drones=["drone1"])]))
        for name in dead:
            self._heartbeat.publish(Heartbeat(node=name))

    def allow_pictures(self) -> None:
        status = DroneStatus(drone="drone1", phase="en_route", sensor_inhibited=False)
        status.header.stamp.sec, status.header.stamp.nanosec = divmod(round(self.time_s * 1e9), 1_000_000_000)
        self._status.publish(status)

    def authorise(self) -> Any:
        """Let the authority judge the plan. Returns its answer."""
        asked = Authorise.Request(mission=self.order, plan=plan_message(self.plan), requester="stranger")
        return self.ask(self._authorise, asked)

    def give_back(self) -> Any:
        return self.ask(self._give_back, GiveBack.Request(plan=self.plan.sha256, requester="stranger"))

    def ask(self, client: Any, request: Any) -> Any:
        self.wait_for(client.service_is_ready)
        asked = client.call_async(request)
        self.wait_for(asked.done)
        return asked.result()

    def fly(self, act: Callable[[], object]) -> tuple[str, str]:
        """The result of a requested route."""
        self.wait_for(self._fly.server_is_ready)
        sent = self._fly.send_goal_async(FlyRoute.Goal(mission=self.order, plan=plan_message(self.plan)))
        self.wait_for(sent.done, act)
        result = sent.result().get_result_async()
        self.wait_for(result.done, act)
        return result.result().result.outcome, result.result().result.reason

    @property
    def leased_until_s(self) -> float:
        """End of the authority's last lease."""
        ours = self.lease().issuer
        return max(seconds(lease.valid_until) for lease in self.leases if lease.issuer != ours)

    @property
    def has_armed(self) -> bool:
        return any(state.armed for state in self.states)

    def close(self) -> None:
        """Remove the node, since the manager of the next test would hear a node that the executor keeps."""
        self._executor.remove_node(self._node)
        self._node.destroy_node()
        self._executor.shutdown()
        rclpy.try_shutdown()

    def _on_clock(self, message: Clock) -> None:
        self.time_s = seconds(message.clock)

    def _on_pose(self, message: PoseWithCovarianceStamped) -> None:
        self.exposed_s.append(seconds(message.header.stamp))


@pytest.fixture
def attacker(
    patrol: Path, planned: tuple[str, str], stack_domain: int, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Attacker]:
    for name, value in LOOPBACK.items():
        monkeypatch.setenv(name, value)
    made = Attacker(stack_domain, patrol, load_plan(Path(planned[1])))
    yield made
    made.close()


@pytest.fixture
def running(patrol: Path, stack_domain: int, tmp_path: Path, attacker: Attacker, monkeypatch: pytest.MonkeyPatch):
    """A stack that waits for requests."""
    monkeypatch.setenv("ROS_DOMAIN_ID", str(stack_domain))
    with Supervisor(stack("embedded", patrol, Options(run_dir=tmp_path, speed_factor=4.0)), tmp_path) as supervisor:
        attacker.wait_for(lambda: attacker.statuses and attacker.states and attacker.time_s)
        yield supervisor


def test_forged_leases_and_manager_statuses_arm_nothing(attacker, running):
    """First a replay of a valid lease, then the attacker's own leases after the nodes that would object are dead."""
    assert attacker.authorise().granted
    attacker.wait_for(lambda: attacker.leases)
    good = attacker.leases[-1]
    assert attacker.give_back().success
    for name in (AUTHORITY, MANAGER):
        os.kill(running.pids[name], signal.SIGKILL)
    attacker.wait_for(lambda: attacker.time_s > attacker.leased_until_s)
    for lease in (good, None):
        outcome, reason = attacker.fly(lambda lease=lease: attacker.forge(AUTHORITY, MANAGER, lease=lease))
        assert (outcome, reason) == ("aborted", "the mission manager is lost") or "no lease" in reason
    assert not attacker.has_armed


@pytest.mark.thorough
@pytest.mark.parametrize("node", [AUTHORITY, MANAGER])
def test_a_forged_dead_node_does_not_stop_the_return(sim, patrol, planned, attacker, node):
    run = sim(patrol, *planned, "--speed", "10")
    attacker.wait_for(lambda: attacker.exposed_s and attacker.time_s)
    os.kill(run.pids[node], signal.SIGKILL)

    def attack() -> None:
        attacker.forge(node)
        if node == AUTHORITY:
            attacker.allow_pictures()

    attacker.wait_for(lambda: run.process.poll() is not None, attack)
    assert run.end() == 1, run.printed.read_text()
    assert run.summary["outcome"] not in ("completed", "failed") and node in run.said
    assert run.left_behind() == []
    last = (run.run_dir / "track.csv").read_text().splitlines()
    row = dict(zip(last[0].split(","), last[-1].split(","), strict=True))
    assert (row["armed"], row["in_air"]) == ("0", "0")
    if node == AUTHORITY:
        assert max(attacker.exposed_s) <= attacker.leased_until_s, "no picture is exposed on a forged lease"
