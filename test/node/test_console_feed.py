"""The console's node in a real graph: alerts in the log, and masked pictures while somebody looks."""

from __future__ import annotations

import math
import time
from pathlib import Path
from threading import Lock

import pytest
import rclpy
from blindspot_msgs.msg import Heartbeat
from rclpy.node import Node
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import Header

from blindspot.console import LiveGround, View
from blindspot.console.alerts import alerts_in
from blindspot.console.pictures import PictureBox
from blindspot.mission import load_fleet
from blindspot.nodes.clients import console_feed
from blindspot.nodes.clients.console_feed import ConsoleFeed
from blindspot.nodes.clients.console_records import ConsoleRecords
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.node_runner import HEARTBEAT_TOPIC
from blindspot.site import load_frame
from blindspot.stack import LOOPBACK

FLEET = Path(__file__).parents[2] / "config" / "fleets" / "crossroads.yaml"


NODE = "/blindspot/authority"
TOPIC = "/drone1/camera/image_masked/compressed"
JPEG = b"\xff\xd8\xff a picture \xff\xd9"
WITHIN_S = 30.0
"""A guard against a hang on a busy computer."""


@pytest.fixture
def view():
    return View()


@pytest.fixture
def box():
    return PictureBox()


@pytest.fixture
def feed(ros_domain, monkeypatch, tmp_path, view, box):
    for name, value in (LOOPBACK | {"ROS_DOMAIN_ID": str(ros_domain)}).items():
        monkeypatch.setenv(name, value)
    fleet = load_fleet(FLEET)
    frame = load_frame(fleet.site_dir)
    records = ConsoleRecords(view, Lock(), fleet, frame, (NODE,), tmp_path, "embedded")
    with ConsoleFeed(records, fleet.names, LiveGround(frame), box) as feed:
        yield feed


def test_alerts_begin_and_end_in_the_log(feed, capfd):
    for line, warns in (("alert: drone1 is silent", True), ("alert is over: drone1 is silent", False)) * 2:
        feed.say(line, warns)
    feed.spin(0.01)
    said = capfd.readouterr().err
    assert said.count("[WARN]") == said.count("[INFO]") == 2 and said.count("alert is over") == 2


def until(feed, is_so, act=lambda: None):
    ends_s = time.monotonic() + WITHIN_S
    while not is_so():
        assert time.monotonic() < ends_s
        act()
        feed.spin(0.05)


def publisher(name):
    node = rclpy.create_node(name, namespace="/drone1")
    return node, node.create_publisher(CompressedImage, TOPIC, qos.PICTURE)


def test_pictures_are_heard_while_somebody_looks_and_withheld_beside_a_second_publisher(feed, box, view):
    node, sends = publisher("detector")
    picture = CompressedImage(format="bgr8; jpeg compressed bgr8", data=JPEG)
    feed.spin(0.1)
    assert sends.get_subscription_count() == 0
    box.look("drone1")
    until(feed, lambda: box.newest("drone1"), lambda: sends.publish(picture))
    assert box.newest("drone1").jpeg == JPEG

    foreign: list[Node] = []

    def appear():
        if not foreign:
            foreign.append(publisher("impostor")[0])
        sends.publish(picture)

    until(feed, lambda: box.why_withheld("drone1"), appear)
    assert "/drone1/impostor" in box.why_withheld("drone1") and box.newest("drone1") is None
    until(feed, lambda: view.keys("picture/"))
    assert [alert.key for alert in alerts_in(view.contents(0.0))] == ["alert/picture_foreign/drone1"]
    box.leave("drone1")
    until(feed, lambda: sends.get_subscription_count() == 0)
    for each in (node, *foreign):
        each.destroy_node()


@pytest.fixture
def beats():
    node = rclpy.create_node("beats")
    yield node.create_publisher(Heartbeat, HEARTBEAT_TOPIC, qos.HEARTBEAT)
    node.destroy_node()


def test_each_heartbeat_of_a_stranger_counts(feed, view, beats, monkeypatch):
    monkeypatch.setattr(console_feed, "BEATS_ANEW_S", math.inf)
    until(feed, lambda: view.refused >= 3, lambda: beats.publish(Heartbeat(node="/blindspot/stranger")))
    assert view.keys("node/") == []


@pytest.mark.parametrize("frame", ["", "x" * 100_000])
def test_a_node_of_the_stack_is_alive_with_any_frame(feed, view, beats, frame):
    beat = Heartbeat(header=Header(frame_id=frame), node=NODE)
    until(feed, lambda: view.keys("node/"), lambda: beats.publish(beat))
    assert view.keys("node/") == [f"node/{NODE}"] and view.refused == 0


def test_a_wake_ends_the_next_spin(feed):
    feed.wake()
    feed.spin(3_600.0)  # it would reach the limit of a test
