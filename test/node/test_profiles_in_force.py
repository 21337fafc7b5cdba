"""DDS profiles in real processes: in force, or refused."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from test.node.conftest import printed_by

from blindspot.stack import dds

NODE = """
import os, rclpy
from blindspot.stack.dds import refuse_other_transports
from blindspot.core.errors import InputError
rclpy.init()
node = rclpy.create_node("looks")
try:
    refuse_other_transports(node.context.get_domain_id(), os.environ)
except InputError as error:
    print(error)
"""


def reported_by_a_node(environment: dict[str, str], domain: int) -> str:
    command = [sys.executable, "-P", "-c", NODE]
    shell = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    given = {**shell, **environment, "ROS_DOMAIN_ID": str(domain)}
    return printed_by(subprocess.run(command, env=given, stdout=subprocess.PIPE, text=True, check=True))


@pytest.mark.parametrize(
    ("profile", "shell"),
    [("loopback", {}), ("loopback_pictures", {}), ("radio", {}), ("radio_pictures", {}),
     ("loopback", {"ROS_LOCALHOST_ONLY": "1"}), ("radio", {"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"})],
)  # fmt: skip
def test_each_profile_is_in_force_in_a_real_node_whatever_the_shell_has(ros_domain, profile, shell):
    assert reported_by_a_node({**shell, **dds.talks_by(dds.profile_file(profile))}, ros_domain) == ""


def test_a_profile_that_the_middleware_cannot_read_is_refused(ros_domain, tmp_path):
    """Fast DDS would go on with its defaults."""
    text = dds.profile_file("loopback_pictures").read_text()
    broken = tmp_path / "broken.xml"
    broken.write_text(text.replace("useBuiltinTransports>", "useBuiltInTransports>"))
    assert re.search(r"broken.xml: is not in force: ", reported_by_a_node(dds.talks_by(broken), ros_domain))


def test_the_variable_of_another_version_is_passed_over_and_that_is_refused(ros_domain):
    profile = str(dds.profile_file("loopback"))
    environment = dict.fromkeys(dds.VARIABLES, "") | {dds.VARIABLES[1]: profile}
    reported = reported_by_a_node(environment, ros_domain)
    assert (
        "loopback.xml: is not in force: a socket listens on 0.0.0.0" in reported or reported == ""
    )  # Fast DDS 3 reads it
