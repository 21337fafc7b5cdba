"""Edited plans sent to a running stack of real processes through `run_mission`, past every command that would check
them; and an authorisation that is withdrawn in flight. Only plans that the gate allows may arm or go on.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rclpy
from blindspot_msgs.action import RunMission
from blindspot_msgs.msg import DroneStatus
from mavros_msgs.msg import State
from rclpy.action import ActionClient
from rclpy.experimental import EventsExecutor
from test.node.conftest import order_of

from blindspot.mission.plan import Plan, load_plan
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import plan_message, seconds
from blindspot.stack.bringup import stack
from blindspot.stack.dds import LOOPBACK
from blindspot.stack.processes import Options
from blindspot.stack.supervisor import Supervisor

WAIT_LIMIT_S = 150.0
"""A guard against a hang."""


class Attacker:
    """A foreign node on the stack's network."""

    def __init__(self, domain: int, mission: Path) -> None:
        rclpy.init(domain_id=domain)
        self._node = rclpy.create_node("attacker")
        self._executor = EventsExecutor()
        self._executor.add_node(self._node)
        self._order = order_of(mission)
        self.states: list[State] = []
        self.statuses: list[DroneStatus] = []
        self._node.create_subscription(State, "/drone1/mavros/state", self.states.append, qos.STATE)
        self._node.create_subscription(DroneStatus, "/drone1/drone_status", self.statuses.append, qos.LATCHED)
        self._missions = ActionClient(self._node, RunMission, "/blindspot/run_mission")

    def wait_for(self, fact: Callable[[], object]) -> None:
        deadline_s = time.monotonic() + WAIT_LIMIT_S
        while not fact():
            assert time.monotonic() < deadline_s
            self._executor.spin_once(timeout_sec=0.05)

    def start(self, plan: Plan) -> Any:
        """Request the flight of a plan. Returns the future of its result."""
        self.wait_for(self._missions.server_is_ready)
        sent = self._missions.send_goal_async(RunMission.Goal(mission=self._order, plan=plan_message(plan)))
        self.wait_for(sent.done)
        assert sent.result().accepted
        return sent.result().get_result_async()

    def run(self, plan: Plan) -> tuple[str, str]:
        future = self.start(plan)
        self.wait_for(future.done)
        return future.result().result.outcome, future.result().result.reason

    def close(self) -> None:
        self._node.destroy_node()
        rclpy.try_shutdown()


@pytest.fixture(scope="module")
def sound(patrol: Path, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    out = tmp_path_factory.mktemp("planned")
    command = [sys.executable, "-P", "-m", "blindspot.cli", "plan", str(patrol), "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True)
    return load_plan(out / "plan.json")


@pytest.fixture(scope="module")
def attacker(patrol: Path, stack_domain: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacker]:
    run_dir = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROS_DOMAIN_ID", str(stack_domain))
        for name, value in LOOPBACK.items():
            patch.setenv(name, value)
        what = stack("embedded", patrol, Options(run_dir=run_dir, speed_factor=4.0))
        with Supervisor(what, run_dir):
            made = Attacker(stack_domain, patrol)
            made.wait_for(lambda: made.statuses and made.states)
            yield made
            made.close()


def edited(plan: Plan, edit: Callable[[dict[str, Any]], object]) -> Plan:
    data = json.loads(plan.to_json())
    edit(data["routes"][0])
    return Plan.model_validate(data)


def at_22_m(route: dict[str, Any]) -> None:
    route["takeoff_up_m"] = 22.0
    for step in route["steps"]:
        step["to"]["up_m"] = 22.0


def fast(route: dict[str, Any]) -> None:
    for step in route["steps"]:
        step["speed_mps"] = 25.0


def over_a_block(route: dict[str, Any]) -> None:
    """A breach that only the town's model shows."""
    place = {**route["steps"][0]["to"], "east_m": 45.0, "north_m": 45.0}
    route["steps"].insert(1, {"kind": "waypoint", "to": place, "speed_mps": 4.0})


EDITS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "22 m": (at_22_m, "AVI-01"),
    "25 m/s": (fast, "AVI-03"),
    "fence of 10 km": (
        lambda route: route["failsafe"].update(fence=[[-5e3, -5e3], [5e3, -5e3], [5e3, 5e3], [-5e3, 5e3]]), "GEO-01"
    ),
    "over a block": (over_a_block, "PLN-04"),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_plan_never_arms(attacker: Attacker, sound: Plan, name: str) -> None:
    edit, rule = EDITS[name]
    outcome, reason = attacker.run(edited(sound, edit))
    assert outcome == "refused" and rule in reason
    assert not any(state.armed for state in attacker.states)


def test_a_plan_that_switches_the_sticks_off_is_none(attacker: Attacker, sound: Plan) -> None:
    """The first node that reads it refuses it."""
    data = json.loads(sound.to_json())
    route = sound.routes[0]
    parameters = data["routes"][0]["failsafe"]["parameters"] | {"COM_RC_IN_MODE": 4.0}
    failsafe = route.failsafe.model_copy(update={"parameters": parameters})
    forged = sound.model_copy(update={"routes": (route.model_copy(update={"failsafe": failsafe}),)})
    outcome, reason = attacker.run(forged)
    assert outcome == "refused" and "COM_RC_IN_MODE" in reason
    assert not any(state.armed for state in attacker.states)


@pytest.mark.thorough
def test_an_authorisation_taken_away_in_flight_ends_it(attacker: Attacker, sound: Plan, patrol: Path) -> None:
    """Within 2 s the camera is inhibited, the drone comes home, and no other mission begins."""
    authorisation = patrol.parents[1] / "authorisations" / "crossroads_sim.yaml"
    text = authorisation.read_text()
    future = attacker.start(sound)
    attacker.wait_for(lambda: attacker.statuses[-1].phase == "en_route" and not attacker.statuses[-1].sensor_inhibited)
    seen_s = seconds(attacker.statuses[-1].header.stamp)
    authorisation.unlink()
    try:
        attacker.wait_for(lambda: attacker.statuses[-1].sensor_inhibited)
        assert seconds(attacker.statuses[-1].header.stamp) - seen_s <= 2.0
        attacker.wait_for(future.done)
        assert future.result().result.outcome == "returned"
        attacker.wait_for(lambda: not attacker.states[-1].armed)
        outcome, reason = attacker.run(sound)
        assert outcome == "refused" and "AUT-01" in reason
    finally:
        authorisation.write_text(text)
