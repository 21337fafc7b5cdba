"""A test's nodes end with it: a whole run in one process would else hold thousands of threads, sockets and segments."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any
from weakref import ref

import pytest
import rclpy
from blindspot_msgs.action import FlyRoute
from rclpy.impl.implementation_singleton import rclpy_implementation as implementation
from rclpy.parameter import Parameter

from blindspot.nodes.authority import Authority
from blindspot.nodes.graph.deferred_action import DeferredActionServer
from blindspot.nodes.graph.forward_clock import every

THREADS: list[int] = []


@pytest.mark.parametrize("round_", range(3))
def test_a_graph_that_is_closed_keeps_no_thread(graph, mission_path, round_):
    graph.start(Authority, fleet=str(mission_path), simulated=True, lease_key=str(graph.leasing.private))
    status = Path("/proc/self/status").read_text()
    [reported] = [line for line in status.splitlines() if line.startswith("Threads:")]
    THREADS.append(int(reported.split()[1]))
    assert max(THREADS) <= THREADS[0]


def test_a_node_with_periodic_work_in_simulated_time_ends_too(ros):
    node = rclpy.create_node("one", parameter_overrides=[Parameter("use_sim_time", value=True)])
    every(node, 1.0, node.get_name)
    known = ref(node)
    node.destroy_node()
    del node
    gc.collect()
    assert known() is None


def test_an_action_server_that_is_garbage_goes_before_its_clock(ros, monkeypatch):
    """Else the process crashes: garbage goes in any order, and the server reads its clock."""
    make, ended = implementation.ActionServer, []

    class Handle:
        """rclpy's own, which notes its end."""

        def __init__(self, *args: Any) -> None:
            self.true = make(*args)

        def destroy_when_not_in_use(self) -> None:
            self.true.destroy_when_not_in_use()
            ended.append(self.true)

    monkeypatch.setattr(implementation, "ActionServer", Handle)
    node = rclpy.create_node("one")
    DeferredActionServer(node, FlyRoute, "fly", start=lambda _: None, cancel=lambda: None)
    node.destroy_node()
    del node
    gc.collect()
    assert len(ended) == 1
