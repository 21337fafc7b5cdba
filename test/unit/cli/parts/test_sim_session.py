"""The messages of `blindspot sim` about a stack that fails to start."""

from pathlib import Path

import pytest

from blindspot.cli.parts.sim_session import not_up

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
