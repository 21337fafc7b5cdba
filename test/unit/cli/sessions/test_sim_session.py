"""The messages of `blindspot sim` about a stack that fails to start."""

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from blindspot.cli.sessions.run_session import Task
from blindspot.cli.sessions.sim_session import SimSession, StartError, not_up, only_stack

LOGS = Path("runs/log")


@pytest.mark.parametrize(
    ("absent", "reported"),
    [
        (("/drone1/camera",), "/drone1/camera: not up within 60 s; see runs/log"),
        (
            ("/drone1/camera", "/blindspot/authority"),
            "not one of 2 nodes is heard within 60 s: find the cause with ./blindspot doctor; logs: runs/log",
        ),
    ],
)
def test_nodes_that_are_missing_are_named_unless_they_are_all(absent, reported):
    assert not_up(absent, 2, LOGS) == reported


def test_two_stacks_that_start_at_once_in_one_domain_are_one():
    """They do not hear each other yet. The right ends with its command, and another domain has its own."""
    here, there = {"ROS_DOMAIN_ID": "97"}, {"ROS_DOMAIN_ID": "98"}
    with only_stack(here), only_stack(there), pytest.raises(StartError, match="starts or runs on ROS_DOMAIN_ID 97"):
        only_stack(here).__enter__()
    with only_stack(here):
        pass


def test_a_node_that_hangs_in_a_simulated_flight_is_killed_and_named(tmp_path):
    """`up` alone did so: a frozen node ended the flight of `sim`."""
    operator = SimpleNamespace(
        join=lambda: None,
        silent=lambda: ("/drone1/detector",),
        result=("completed", ""),
        spin=lambda for_s=0.1: concluded.touch(),
    )
    killed, shown, concluded = [], [], tmp_path / "report.html"

    def kill_hung(silent, now_s):
        killed.extend(silent)
        return silent

    supervisor = SimpleNamespace(kill_hung=kill_hung, ended=tuple, pids={})
    display = SimpleNamespace(say=shown.append, flying=nullcontext, refresh=shown.extend)
    task = Task(SimpleNamespace(), SimpleNamespace(), tmp_path, "A. Martin", "a test")
    session = SimSession(
        SimpleNamespace(watched=(), programs=()), supervisor, operator, display, SimpleNamespace(), task
    )
    assert session.join() == ("completed", "")
    assert killed[:1] == ["/drone1/detector"]
    assert shown == ["/drone1/detector hangs: killed"]
