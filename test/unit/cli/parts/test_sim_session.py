"""The messages of `blindspot sim` about a stack that fails to start."""

from pathlib import Path

import pytest

from blindspot.cli.parts.sim_session import StartError, not_up, only_stack

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
