"""A test's nodes end with it: a whole run in one process would else hold thousands of threads, sockets and segments."""

from __future__ import annotations

from pathlib import Path

import pytest

from blindspot.nodes.authority import Authority

THREADS: list[int] = []


@pytest.mark.parametrize("round_", range(3))
def test_a_graph_that_is_closed_keeps_no_thread(graph, mission_path, round_):
    graph.start(Authority, fleet=str(mission_path), simulated=True, lease_key=str(graph.leasing.private))
    status = Path("/proc/self/status").read_text()
    [reported] = [line for line in status.splitlines() if line.startswith("Threads:")]
    THREADS.append(int(reported.split()[1]))
    assert max(THREADS) <= THREADS[0]
