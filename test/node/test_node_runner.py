"""How a node's process ends: by its exit code a stack decides whether the node starts again."""

from __future__ import annotations

import signal

import pytest

from blindspot.core.errors import InputError
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.nodes.graph.node_runner import run
from blindspot.stack.dds import VARIABLES
from blindspot.stack.enclaves import OnlyOne
from blindspot.stack.supervisor import RestartLimit


@pytest.fixture
def ends(ros_domain, monkeypatch, capfd):
    """Runs a node that meets an error; the exit code of its process, and its sentence."""
    monkeypatch.setenv("ROS_DOMAIN_ID", str(ros_domain))
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def fail(*_: object) -> None:
        raise InputError("plan.json", "", "can't be read", "see its disk")

    def run_it(*, at_start: bool) -> tuple[object, str]:
        def make() -> GuardedNode:
            node = GuardedNode("one", namespace="/blindspot")
            if at_start:
                fail()
            node.create_timer(0.01, fail)
            return node

        with pytest.raises(SystemExit) as end:
            run(make)
        return end.value.code, capfd.readouterr().err

    yield run_it
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("at_start", "again"), [(True, False), (False, True)])
def test_a_node_with_a_wrong_file_stays_down_and_one_that_met_an_error_at_work_starts_again(ends, at_start, again):
    code, printed = ends(at_start=at_start)
    assert "blindspot: plan.json: can't be read; see its disk" in printed
    assert RestartLimit().allows("one", code, 0.0) is again


def test_a_second_process_of_a_node_does_not_start(ends, ros_domain):
    """Two authorities would each grant leases, and two flight_controls would both obey each order."""
    first = OnlyOne("/blindspot/one", ros_domain)
    code, printed = ends(at_start=False)
    assert "blindspot: /blindspot/one: runs already on this computer" in printed
    assert RestartLimit().allows("one", code, 0.0) is False
    first.close()
    assert "plan.json" in ends(at_start=False)[1]
