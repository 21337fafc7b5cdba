"""Pictures of 720p between two processes, with the transports that `bringup` sets."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from test.node.conftest import printed_by

from blindspot.stack.programs import dds

PICTURES = 5


@pytest.mark.parametrize(
    ("transport", "size"), [(dds.PICTURES, (1280, 720)), (dds.LOOPBACK, (32, 32))], ids=["pictures", "messages"]
)
def test_they_arrive_whole_between_two_processes(ros_domain, transport, size):
    environment = (
        os.environ
        | transport
        | {"ROS_DOMAIN_ID": str(ros_domain), "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    )
    command = [sys.executable, "-P", "-m", "blindspot.nodes.clients.picture_probe", *map(str, (*size, PICTURES))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    reported = json.loads(printed_by(done))
    assert (reported["arrived"], reported["whole"]) == (PICTURES, True), done.stderr
    assert reported["late_ms"] >= 0.0
