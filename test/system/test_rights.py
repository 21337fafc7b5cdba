"""The rights of each process equal what it opens in a flight: SROS 2 neither grants more nor prevents a flight."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest
import rclpy
from rclpy.node import Node

from blindspot.mission import load_fleet, load_mission
from blindspot.nodes.rights.table import CONSOLE, OPERATOR, rights_of
from blindspot.stack.enclaves.permissions import Rights
from blindspot.stack.programs.dds import LOOPBACK

OPENED_LATER = {
    "/blindspot/mission_manager": ("/mavros/",), OPERATOR: ("/mavros/", "/order"),
    CONSOLE: ("/facts/ladder", "/image_masked/"),
    "/drone1/flight_control": ("/setpoint_",), "/drone2/flight_control": ("/setpoint_",),
}  # fmt: skip
"""Names that a process opens only for the return of a drone whose flight_control is lost, for an inspection, or while a
person looks."""


@pytest.fixture
def observer(stack_domain: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    for name, value in LOOPBACK.items():
        monkeypatch.setenv(name, value)
    rclpy.init(domain_id=stack_domain)
    node = rclpy.create_node("observer")
    yield node
    node.destroy_node()
    rclpy.try_shutdown()


def opened(node: Node, known: dict[str, Rights]) -> None:
    """Add what each node of the graph has open now."""
    kinds: dict[str, Callable[..., Any]] = {
        "publishes": node.get_publisher_names_and_types_by_node,
        "subscribes": node.get_subscriber_names_and_types_by_node,
        "serves": node.get_service_names_and_types_by_node,
        "calls": node.get_client_names_and_types_by_node,
    }
    for name, namespace in node.get_node_names_and_namespaces():
        full = f"{namespace.rstrip('/')}/{name}"
        for kind, read in kinds.items():
            try:
                names = frozenset(topic for topic, _ in read(name, namespace))
            except rclpy.node.NodeNameNonExistentError:
                continue
            known[full] = known.get(full, Rights()) | Rights(**{kind: names})


@pytest.mark.slow
@pytest.mark.thorough
def test_rights_are_what_a_flight_opens(sim, patrol, planned, observer):
    run = sim(patrol, *planned, "--speed", "10")
    known: dict[str, Rights] = {}
    while run.process.poll() is None:
        rclpy.spin_once(observer, timeout_sec=0.0)
        opened(observer, known)
        time.sleep(0.2)
    assert run.end() == 0, run.printed.read_text()
    known.pop("/observer")
    fleet = load_fleet(load_mission(patrol).path)
    assert {"/simulator", "/blindspot/authority", "/drone1/flight_control", OPERATOR} <= known.keys()
    for name, used in known.items():
        own = rights_of(name, fleet, simulated=True)
        for opens, may in ((used.writes, own.writes), (used.reads, own.reads)):
            assert [topic for topic in opens if not any(fnmatchcase(topic, one) for one in may)] == [], name
        opens = (*used.writes, *used.reads)
        unused = [one for one in (*own.writes, *own.reads) if not any(fnmatchcase(topic, one) for topic in opens)]
        assert not [topic for topic in unused if not any(part in topic for part in OPENED_LATER.get(name, ()))], name
