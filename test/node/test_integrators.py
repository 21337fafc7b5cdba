"""The reference's topics and parameters are what the nodes declare, and an example hears a stack with sensor QoS."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from blindspot_msgs.srv import Authorise
from test.node.conftest import order_of

from blindspot.nodes.authority import Authority
from blindspot.nodes.coverage_monitor import CoverageMonitor
from blindspot.nodes.coverage_planner import CoveragePlanner
from blindspot.nodes.detector import DetectorNode
from blindspot.nodes.flight_control import FlightControl
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import plan_message
from blindspot.nodes.graph.topics import TOPICS
from blindspot.nodes.logbook import Logbook
from blindspot.nodes.mission_manager import MissionManager
from blindspot.stack.programs.dds import PICTURES
from blindspot_lab.reference.nodes import declared as declared_parameters
from blindspot_sim.nodes.camera import SimulatedCameraNode

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLES = REPOSITORY / "examples"
OURS = re.compile(r"/(blindspot|drone1)/(?!rosout|parameter_events|mavros/|_action)")
PLUMBING = ("/_action/", "/rosout", "/parameter_events")
NOT_FOR_OTHERS = {"/drone1/camera/image_raw"}
"""Unmasked."""


@pytest.fixture(scope="module")
def table():
    """By topic, for drone1."""
    return {each.name.replace("<drone>", "drone1"): each for each in TOPICS}


@pytest.fixture
def stack(graph, mission_path, sound_plan, tmp_path):
    """Every node that publishes, and a cleared plan."""
    mission, folder, leased = str(mission_path), str(tmp_path), {"lease_key": graph.leasing.key, "simulated": True}
    graph.start(CoveragePlanner, run_dir=str(tmp_path), fleet=mission)
    graph.start(Authority, fleet=mission, simulated=True, run_dir=folder, lease_key=str(graph.leasing.private))
    graph.start(MissionManager, fleet=mission, run_dir=folder, watched_nodes=["/x/y"], node_timeout_s=30.0)
    graph.start(CoverageMonitor, run_dir=str(tmp_path), fleet=mission)
    graph.start(Logbook, fleet=mission, run_dir=folder, **leased)
    graph.start(FlightControl, "/drone1", fleet=mission, run_dir=folder, **leased)
    graph.start(SimulatedCameraNode, "/drone1", fleet=mission, run_dir=folder, **leased)
    graph.start(DetectorNode, "/drone1", fleet=mission, labels=[""], run_dir=folder, **leased)
    request = Authorise.Request(mission=order_of(mission_path), plan=plan_message(sound_plan), requester="a test")
    assert graph.ask(Authorise, "authorise", request).granted
    return graph


def declared(node):
    """(type, publisher's QoS) by topic of our own namespaces."""
    reported = {}
    for topic, types in node.get_topic_names_and_types():
        publishers = node.get_publishers_info_by_topic(topic)
        if OURS.match(topic) and publishers and not any(part in topic for part in PLUMBING):
            reported[topic] = (types[0].replace("/msg/", "/"), publishers[0].qos_profile)
    return reported


def test_the_table_is_what_the_nodes_declare(stack, table):
    assert len(table) >= 15
    stack.spin_until(lambda: declared(stack.peer).keys() >= table.keys())
    found = declared(stack.peer)
    assert found.keys() - NOT_FOR_OTHERS == table.keys()
    for topic, listed in table.items():
        reported, profile = found[topic]
        assert reported == listed.type, topic
        wanted = getattr(qos, listed.qos.upper())
        assert (profile.reliability, profile.durability) == (wanted.reliability, wanted.durability), topic


def test_the_parameters_are_what_the_nodes_declare(stack):
    """A parameter of rclpy's own is no parameter of ours."""
    for node in stack.executor.get_nodes():
        name = node.get_name()
        if name == "peer":
            continue
        known = node.list_parameters([], 0).names
        own = {each for each in known if each != "use_sim_time" and not each.startswith("qos_overrides.")}
        listed = {each.name for each in declared_parameters(name)}
        assert own - {"start_type_description_service"} == listed, name


def topics_in(value):
    """Every string of a layout that is a topic, without the path of a field behind it."""
    if isinstance(value, dict):
        return {topic for entry in (*value, *value.values()) for topic in topics_in(entry)}
    if isinstance(value, list):
        return {topic for entry in value for topic in topics_in(entry)}
    return {value.split(".")[0]} if isinstance(value, str) and value.startswith("/") else set()


def test_the_layouts_name_topics_of_the_table(table):
    rviz = yaml.safe_load((EXAMPLES / "blindspot.rviz").read_text())
    foxglove = json.loads((EXAMPLES / "foxglove.json").read_text())
    for layout in (rviz, foxglove):
        named = topics_in(layout)
        assert named
        assert named <= table.keys()


SENT, HEARD = 30, 20
"""With Fast DDS's own shared memory a quarter of them is heard (5 of 20), with ours all (20 of 20)."""
SENDER = f"""
import time, numpy, rclpy
from blindspot_msgs.msg import DroneStatus
from sensor_msgs.msg import Image
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.pictures import image_message
rclpy.init()
node = rclpy.create_node("sender")
status = node.create_publisher(DroneStatus, "/drone1/drone_status", qos.LATCHED)
status.publish(DroneStatus(drone="drone1", phase="idle"))
publisher = node.create_publisher(Image, "/drone1/camera/image_masked", qos.PICTURE)
while not publisher.get_subscription_count():
    rclpy.spin_once(node, timeout_sec=0.1)
for number in range({SENT}):
    publisher.publish(image_message(numpy.full((720, 1280, 3), number, numpy.uint8), time.time(), "drone1"))
    time.sleep(0.2)
rclpy.spin(node)
"""


def until_terminated(command, environ):
    """Exit code, output and errors of a program that is ended after its first line."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environ, stdout=pipe, stderr=pipe, text=True) as program:
        first = program.stdout.readline()
        program.terminate()
        rest, errors = program.communicate(timeout=60)
    return program.returncode, first + rest, errors


def test_the_example_hears_pictures_of_720p_with_sensor_qos(ros_domain):
    """It needs no profile of its own: the publisher's shared memory is what must be large enough."""
    profile = next(value for value in PICTURES.values() if value.endswith(".xml"))
    path = os.pathsep.join(entry for entry in sys.path if entry)
    plain = {name: value for name, value in os.environ.items() if not name.endswith("_DEFAULT_PROFILES_FILE")}
    plain |= {"ROS_DOMAIN_ID": str(ros_domain), "PYTHONPATH": path}
    with_profile = plain | PICTURES | {"FASTRTPS_DEFAULT_PROFILES_FILE": profile}
    hear = [sys.executable, str(EXAMPLES / "subscriber.py"), "drone1", "--pictures", str(HEARD)]
    with subprocess.Popen([sys.executable, "-P", "-c", SENDER], env=with_profile) as sender:
        try:
            done = subprocess.run(hear, env=plain, capture_output=True, text=True, timeout=60, check=False)
            stopped = until_terminated(hear[:3], plain | {"PYTHONUNBUFFERED": "1"})
        finally:
            sender.kill()
    assert (stopped[0], stopped[1] != "", stopped[2]) == (0, True, ""), "SIGTERM printed a traceback"
    assert done.returncode == 0, done.stderr
    assert f"picture {HEARD}: 1280 x 720 px of drone1" in done.stdout
