"""Edited plans and odd orders sent to a running stack of real processes, past every command that would check them; a
stranger's requests, a lost journal, and an authorisation that is withdrawn in flight. Only plans that the gate allows
may arm or go on, by order of a named person and with an entry in the journal.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import rclpy
from blindspot_msgs.action import RunMission
from blindspot_msgs.msg import DroneStatus, FleetStatus, MissionOrder, MissionStatus
from blindspot_msgs.srv import Authorise, GiveBack, Order
from geometry_msgs.msg import PoseWithCovarianceStamped
from mavros_msgs.msg import State
from rclpy.action import ActionClient
from rclpy.experimental import EventsExecutor
from test.node.conftest import order_of

from blindspot.law.orders.signed_order import unsigned
from blindspot.mission.plan import Plan, load_plan
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import plan_message, seconds
from blindspot.stack.bringup import stack
from blindspot.stack.programs.dds import LOOPBACK
from blindspot.stack.programs.processes import Options
from blindspot.stack.supervisor import Supervisor

WAIT_LIMIT_S = 150.0
"""A guard against a hang."""


class Attacker:
    """A foreign node on the stack's network, or one with a name that the stack knows."""

    def __init__(self, domain: int, mission: Path, run_dir: Path, name: str = "attacker", namespace: str = "") -> None:
        rclpy.init(domain_id=domain)
        self.run_dir, self.journal = run_dir, run_dir / "journal.jsonl"
        self._node = rclpy.create_node(name, namespace=namespace)
        self._executor = EventsExecutor()
        self._executor.add_node(self._node)
        self.order = order_of(mission)
        self.states: list[State] = []
        self.statuses: list[DroneStatus] = []
        self._node.create_subscription(State, "/drone1/mavros/state", self.states.append, qos.STATE)
        self._node.create_subscription(DroneStatus, "/drone1/drone_status", self.statuses.append, qos.STATE)
        self.poses: list[PoseWithCovarianceStamped] = []
        self._node.create_subscription(PoseWithCovarianceStamped, "/drone1/camera/pose", self.poses.append, qos.EVENTS)
        self._missions = ActionClient(self._node, RunMission, "/blindspot/run_mission")

    def wait_for(self, fact: Callable[[], object]) -> None:
        deadline_s = time.monotonic() + WAIT_LIMIT_S
        while not fact():
            assert time.monotonic() < deadline_s
            self._executor.spin_once(timeout_sec=0.05)

    def start(self, plan: Plan, **odd: str) -> Any:
        """Request the flight of a plan, with some fields of the order changed. Returns the future of its result."""
        order = {field: getattr(self.order, field) for field in self.order.get_fields_and_field_types()}
        order |= {"signature": unsigned()} | odd
        self.wait_for(self._missions.server_is_ready)
        goal = RunMission.Goal(mission=MissionOrder(**order), plan=plan_message(plan))
        sent = self._missions.send_goal_async(goal)
        self.wait_for(sent.done)
        assert sent.result().accepted
        return sent.result().get_result_async()

    def run(self, plan: Plan, **odd: str) -> tuple[str, str]:
        future = self.start(plan, **odd)
        self.wait_for(future.done)
        return future.result().result.outcome, future.result().result.reason

    def ask(self, service: type, name: str, **fields: Any) -> Any:
        """The answer of a service."""
        client = self._node.create_client(service, name)
        self.wait_for(client.service_is_ready)
        asked = client.call_async(service.Request(**fields))
        self.wait_for(asked.done)
        self._node.destroy_client(client)
        return asked.result()

    def publish_for(self, sim_s: float, topic: str, message: Any, until: Callable[[], object] = lambda: True) -> None:
        """Publish a message again and again, for some time of the flight and until the fact holds."""
        publisher = self._node.create_publisher(type(message), topic, qos.LATCHED)
        until_s = self.time_s + sim_s

        def is_over() -> bool:
            publisher.publish(message)
            return self.time_s > until_s and bool(until())

        self.wait_for(is_over)
        self._node.destroy_publisher(publisher)

    @property
    def time_s(self) -> float:
        return seconds(self.statuses[-1].header.stamp)

    @contextmanager
    def no_journal(self) -> Iterator[None]:
        """Nobody can write to the journal, as on a full or broken disk."""
        kept = self.journal.with_suffix(".kept")
        if self.journal.exists():
            self.journal.rename(kept)
        self.journal.mkdir()
        try:
            yield
        finally:
            self.journal.rmdir()
            if kept.exists():
                kept.rename(self.journal)

    def close(self) -> None:
        self._node.destroy_node()
        rclpy.try_shutdown()


@pytest.fixture(scope="module")
def sound(planned: tuple[str, str]) -> Plan:
    return load_plan(Path(planned[1]))


@pytest.fixture(scope="module")
def attacker(patrol: Path, stack_domain: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacker]:
    run_dir = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROS_DOMAIN_ID", str(stack_domain))
        for name, value in LOOPBACK.items():
            patch.setenv(name, value)
        what = stack("embedded", patrol, Options(run_dir=run_dir, speed_factor=4.0))
        with Supervisor(what, run_dir):
            made = Attacker(stack_domain, patrol, run_dir)
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


ODD: dict[str, tuple[dict[str, str], str]] = {
    "no person": ({"person": ""}, "needs the name of a person"),
    "a person of codes": ({"person": "\x1b\u202e \0\u200b"}, "needs the name of a person"),
    "no reason": ({"reason": " \t"}, "needs a reason"),
    "a run outside": ({"run": "../x"}, "is no name of a folder"),
    "a long run": ({"run": "x" * 100_000}, "is no name of a folder"),
    "a long file": ({"file": "x" * 100_000}, "is no file here"),
    "another path of the same file": ({"file": "../missions/corner.yaml"}, "differs here from the copy"),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_order_flies_nothing_and_is_refused_in_one_sentence(attacker: Attacker, sound: Plan, name: str) -> None:
    odd, why = ODD[name]
    outcome, reason = attacker.run(sound, **odd)
    assert outcome == "refused" and why in reason
    assert len(reason) < 400 and reason.isprintable()
    assert not any(state.armed for state in attacker.states)


def test_without_a_journal_no_mission_begins(attacker: Attacker, sound: Plan) -> None:
    with attacker.no_journal():
        outcome, reason = attacker.run(sound)
    assert outcome == "refused" and "journal" in reason
    assert not any(state.armed for state in attacker.states)


def test_a_stranger_changes_no_flight_and_without_a_journal_it_takes_no_picture(
    attacker: Attacker, sound: Plan
) -> None:
    """False orders of a mission inhibit the camera, and that is all."""
    letters = "x" * 100_000
    flight = attacker.start(sound, person=f"\x1b[2JA. \u202eTester {letters}", reason=f"[/ops]\n{letters}")
    attacker.wait_for(lambda: attacker.statuses[-1].phase == "en_route" and not attacker.statuses[-1].sensor_inhibited)
    attacker.wait_for(lambda: attacker.poses)

    refused = attacker.ask(
        Authorise, "/blindspot/authorise", mission=attacker.order, plan=plan_message(sound), requester="stranger"
    )
    assert not refused.granted and "another requester's plan" in refused.verdicts[0]
    assert not attacker.ask(GiveBack, "/blindspot/give_back", plan=sound.sha256, requester="stranger").success
    for order in ("hold", "return_home", "abort", "jump", "inspect"):
        assert not attacker.ask(Order, "/blindspot/order", order=order, reason="none").success
    unknown = [letters, *(f"drone9{number}" for number in range(100))]
    answer = attacker.ask(Order, "/blindspot/order", order="hold", drones=unknown, person="A. Tester", reason="none")
    assert not answer.success and "the fleet has no drone" in answer.message and len(answer.message) < 2000
    for order in ("resume", "jump", "inspect"):
        assert not attacker.ask(Order, "/drone1/order", order=order, reason="none").success
    ended = MissionStatus(phase="done", outcome="aborted", drones=["drone1"])
    attacker.publish_for(3.0, "/blindspot/fleet_status", FleetStatus(missions=[ended]))

    log = attacker.run_dir / "log" / "drone1.camera.log"
    for odd, said in (
        ({"file": "other.yaml"}, "the mission can't be loaded"),
        ({"sha256": "0" * 64}, "the mission can't be loaded"),
        ({"run": "other"}, "flight_control flies another run"),
    ):
        false = MissionOrder(**{"file": attacker.order.file, "sha256": attacker.order.sha256} | odd)
        attacker.publish_for(2.0, "/drone1/mission", false, lambda said=said: said in log.read_text())
        seen = len(attacker.poses)
        attacker.publish_for(3.0, "/drone1/mission", false)
        assert len(attacker.poses) == seen
    assert not (attacker.run_dir / "other").exists()
    assert not flight.done() and attacker.statuses[-1].phase == "en_route"

    person = {"person": "A. Tester", "reason": "a test"}
    with attacker.no_journal():
        answer = attacker.ask(Order, "/blindspot/order", order="jump", drones=["drone1"], **person)
        assert not answer.success
        for order, phase in (("hold", "hold"), ("resume", "en_route")):
            assert attacker.ask(Order, "/drone1/order", order=order, **person).success
            attacker.wait_for(lambda phase=phase: attacker.statuses[-1].phase == phase)
        attacker.wait_for(lambda: "no pictures" in attacker.statuses[-1].reason)
        assert attacker.statuses[-1].phase == "en_route" and attacker.statuses[-1].sensor_inhibited
        assert attacker.ask(Order, "/blindspot/order", order="return_home", **person).success
        attacker.wait_for(flight.done)
    assert flight.result().result.outcome == "returned"
    for line in attacker.journal.read_text().splitlines():
        assert len(line) < 5000 and line.isprintable()


@pytest.mark.thorough
def test_an_authorisation_taken_away_in_flight_ends_it(attacker: Attacker, sound: Plan, patrol: Path) -> None:
    """Within 2 s the camera is inhibited, the drone comes home, and no other mission begins."""
    authorisation = patrol.parents[1] / "authorisations" / "crossroads_sim.yaml"
    text = authorisation.read_text()
    future = attacker.start(sound, run="withdrawn")
    attacker.wait_for(
        lambda: (
            future.done()
            or (attacker.statuses[-1].phase, attacker.statuses[-1].sensor_inhibited) == ("en_route", False)
        )
    )
    assert not future.done(), future.result().result.reason
    seen_s = seconds(attacker.statuses[-1].header.stamp)
    authorisation.unlink()
    try:
        attacker.wait_for(lambda: attacker.statuses[-1].sensor_inhibited)
        assert seconds(attacker.statuses[-1].header.stamp) - seen_s <= 2.0
        attacker.wait_for(future.done)
        assert future.result().result.outcome == "returned"
        attacker.wait_for(lambda: not attacker.states[-1].armed)
        outcome, reason = attacker.run(sound)
        assert outcome == "refused" and "crossroads_sim.yaml does not exist" in reason
    finally:
        authorisation.write_text(text)
