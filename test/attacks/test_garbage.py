"""Garbage on every topic and service of a running stack: all nodes stay alive, and the flight ends as usual.

Garbage means random words, NaN, huge numbers and lists, unknown phases and frames. A plausible message is a forgery,
which another test covers.
"""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy")

from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosidl_parser.definition import (
    AbstractString,
    AbstractWString,
    Array,
    BasicType,
    BoundedSequence,
    NamespacedType,
    UnboundedSequence,
)

WORDS = (
    "", "\0", "x" * 5000, "\x1b[2J\u202e[/ops]", "{}", "[" * 3000, '{"schema": "blindspot.plan/1"}', "../../evil",
    "NaN",
    "\udcff".encode(errors="surrogateescape").decode("latin-1"), "-1", "--help", "/etc/passwd",
)  # fmt: skip
NUMBERS = (float("nan"), float("inf"), float("-inf"), 1e300, -1e300, 1e30, -1e30)
LONGEST = 300
NOT_GARBAGE = (
    "/clock", "/rosout", "/parameter_events", "clearance", "mavros/state", "mavros/extended_state", "mavros/sys_status",
    "mavros/estimator_status", "mavros/battery", "mavros/mission/waypoints",
    "mavros/geofence/fences", "mavros/rallypoint/rallypoints", "mavros/statustext/recv", "mavros/setpoint_raw/local",
    "mavros/setpoint_position/local", "mavros/global_position/raw/satellites", "roll_call", "/drone1/mission",
)  # fmt: skip
"""Topics on which random bits may be a plausible message, above all a state. Any order on `mission` inhibits."""
EVERY = 10
"""Number of throws between two requests to a service, since planning occupies a processor."""
ORDERS = ("std_srvs/", "mavros_msgs/", "rcl_interfaces/", "composition", "lifecycle", "type_description")
"""Services that execute requests of every client."""


def kind_of(name: str) -> Any:
    """The class of `package/msg/Name` or `package/srv/Name`."""
    package, room, kind = name.split("/")
    return getattr(importlib.import_module(f"{package}.{room}"), kind)


class Garbage:
    """A foreign node that publishes on every subscribed topic and calls every offered service."""

    def __init__(self, domain: int, seed: int) -> None:
        self._chance = random.Random(seed)
        self._context = Context()
        self._context.init(domain_id=domain)
        self._node = Node("garbage", namespace="/nobody", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._publishers: dict[str, tuple[Any, Any]] = {}
        self._clients: dict[str, tuple[Any, Any]] = {}
        self._throws = 0
        self.sent: set[str] = set()

    def look(self, everything: bool) -> None:
        """Find the present subscribers. `everything` includes messages that may be plausible by chance."""
        for topic, (kind, *_) in self._node.get_topic_names_and_types():
            spared = topic == "/clock" or "/action/" in kind or "/_action/" in topic
            spared = spared or (not everything and any(topic.endswith(name) for name in NOT_GARBAGE))
            if spared or topic in self._publishers or not self._node.count_subscribers(topic):
                continue
            profile = QoSProfile(
                depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL, reliability=ReliabilityPolicy.RELIABLE
            )
            cls = kind_of(kind)
            self._publishers[topic] = cls, self._node.create_publisher(cls, topic, profile)
        for name, (kind, *_) in self._node.get_service_names_and_types():
            if name in self._clients or kind.startswith(ORDERS) or "/action/" in kind or "/_action/" in name:
                continue
            cls = kind_of(kind)
            self._clients[name] = cls, self._node.create_client(cls, name)

    def throw(self) -> None:
        """Send one message on each topic and one request to each service."""
        for topic, (cls, publisher) in self._publishers.items():
            publisher.publish(self.fill(cls()))
            self.sent.add(topic)
        self._throws += 1
        for name, (cls, client) in self._clients.items() if self._throws % EVERY == 0 else ():
            if client.service_is_ready():
                client.call_async(self.fill(cls.Request()))
                self.sent.add(name)
        self._executor.spin_once(timeout_sec=0.02)

    def fill(self, message: Any) -> Any:
        """The message with every field of it garbage."""
        for slot, kind in zip(message.get_fields_and_field_types(), message.SLOT_TYPES, strict=True):
            setattr(message, slot, self._value(kind, getattr(message, slot)))
        return message

    def _value(self, kind: Any, now: Any) -> Any:
        chance = self._chance
        if isinstance(kind, NamespacedType):
            return self.fill(now)
        if isinstance(kind, AbstractString | AbstractWString):
            return chance.choice(WORDS)
        if isinstance(kind, BasicType):
            return self._number(kind.typename)
        if isinstance(kind, Array):
            return [self._value(kind.value_type, element) for element in now]
        if isinstance(kind, UnboundedSequence | BoundedSequence) and not isinstance(kind.value_type, NamespacedType):
            count = min(chance.choice([0, 1, 7, LONGEST]), getattr(kind, "maximum_size", LONGEST))
            return [self._value(kind.value_type, None) for _ in range(count)]
        return now

    def _number(self, name: str) -> Any:
        chance = self._chance
        if name in ("float", "double", "long double"):
            number = chance.choice(NUMBERS)
            return number if name == "double" or abs(number) < 1e31 or number != number else float("inf")
        if name == "boolean":
            return chance.random() < 0.5
        if name == "octet":
            return bytes([chance.randrange(256)])
        bits = 8 if name in ("char", "uint8", "int8") else int("".join(filter(str.isdigit, name)))
        low, high = (0, 2**bits - 1) if name.startswith(("u", "char")) else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        return chance.choice([low, high, chance.randint(low, high)])

    def close(self) -> None:
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()


@contextmanager
def garbage(domain: int, seed: int) -> Iterator[Garbage]:
    made = Garbage(domain, seed)
    try:
        yield made
    finally:
        made.close()


def thrown_into(run: Any, seed: int, *, everything: bool, most: int = 4000) -> set[str]:
    """Send garbage from the take-off until the run ends, or `most` were sent. Returns its destinations."""
    run.wait_for("drone1: en_route")
    with garbage(run.domain, seed) as node:
        for number in range(most):
            if run.process.poll() is not None:
                break
            if number % 20 == 0:
                node.look(everything)
            node.throw()
        return node.sent


@pytest.mark.thorough
def test_garbage_ends_no_node_and_changes_no_flight(
    patrol: Path, planned: tuple[str, str], sim: Callable[..., Any]
) -> None:
    run = sim(patrol, "--speed", "6", *planned)
    sent = thrown_into(run, 1, everything=False)
    assert run.end() == 0, run.printed.read_text()
    assert run.summary["outcome"] == "completed"
    assert all(what.endswith("said resume") or "stood still" in what for what in run.events), run.events
    for topic in ("/drone1/camera/pose", "/drone1/camera/camera_info", "/blindspot/plan", "/drone1/drone_status",
                  "/blindspot/coverage_status", "/blindspot/heartbeat", "/drone1/fly_rest"):  # fmt: skip
        assert topic in sent
    assert run.left_behind() == []


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(2, 5))
def test_garbage_of_every_kind_ends_no_node(
    patrol: Path, planned: tuple[str, str], sim: Callable[..., Any], seed: int
) -> None:
    """Random states may bring a drone home, but all nodes stay alive."""
    run = sim(patrol, "--speed", "6", *planned)
    run.wait_for("drone1: en_route")
    pids, log = run.pids, run.run_dir / "log"
    thrown_into(run, seed, everything=True, most=600)
    assert run.process.poll() is not None or run.pids == pids
    assert not [path.name for path in log.glob("*.log") if "Traceback" in path.read_text(errors="replace")]
    run.interrupt()
    assert run.end() in (0, 1, 4, 5)


def test_garbage_numbers_fit_into_messages() -> None:
    """Every message of ours can be filled, so that the tests above really send garbage."""
    made = Garbage.__new__(Garbage)
    made._chance = random.Random(0)
    for kind in ("Plan", "DroneStatus", "CoverageStatus", "FleetStatus", "MissionOrder", "Clearance", "Heartbeat"):
        for _ in range(50):
            assert made.fill(kind_of(f"blindspot_msgs/msg/{kind}")()) is not None
