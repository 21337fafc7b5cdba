"""DDS profiles in real processes: in force, or refused."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from test.node.conftest import printed_by

from blindspot.stack.programs import dds

NODE = """
import os, rclpy
from blindspot.stack.programs.dds import refuse_other_transports
from blindspot.core.errors import InputError
rclpy.init()
node = rclpy.create_node("looks")
try:
    refuse_other_transports(node.context.get_domain_id(), os.environ)
except InputError as error:
    print(error)
"""


ECHOES = """
import rclpy
from std_msgs.msg import String
rclpy.init()
node = rclpy.create_node("echoes")
publisher = node.create_publisher(String, "back", 10)
node.create_subscription(String, "there", publisher.publish, 10)
while True:
    rclpy.spin_once(node)
"""
SENDS = """
import rclpy
from std_msgs.msg import String
rclpy.init()
node, heard = rclpy.create_node("sends"), []
publisher = node.create_publisher(String, "there", 10)
node.create_subscription(String, "back", lambda message: heard.append(len(message.data)), 10)
while not heard:
    publisher.publish(String(data="x" * 100_000))
    rclpy.spin_once(node, timeout_sec=0.1)
print(heard[0])
"""


def environment_of(profile: str, domain: int) -> dict[str, str]:
    shell = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    return {**shell, **dds.talks_by(dds.profile_file(profile)), "ROS_DOMAIN_ID": str(domain)}


@pytest.mark.parametrize(("stack", "client"), [("loopback", "radio"), ("loopback_pictures", "radio_pictures")])
def test_large_messages_pass_between_a_stack_on_one_computer_and_a_client_that_may_be_beyond_a_radio(
    ros_domain, stack, client
):
    """Plans come to `blindspot fly` from a launched stack, which it does not know."""
    echoes = subprocess.Popen([sys.executable, "-P", "-c", ECHOES], env=environment_of(stack, ros_domain))
    try:
        sends = subprocess.run(
            [sys.executable, "-P", "-c", SENDS], env=environment_of(client, ros_domain), stdout=subprocess.PIPE,
            text=True, check=True, timeout=60,
        )  # fmt: skip
    finally:
        echoes.kill()
        echoes.wait()
    assert printed_by(sends) == "100000\n"


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
