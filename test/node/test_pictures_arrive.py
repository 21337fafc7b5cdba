"""Pictures of 720p between two processes, with the transport that `bringup` sets."""

from __future__ import annotations

import os
import subprocess
import sys

from blindspot import bringup

WIDTH_PX, HEIGHT_PX, PICTURES = 1280, 720, 5

COMMON = """
import sys, time
import numpy as np, rclpy
from rclpy.experimental import EventsExecutor
from sensor_msgs.msg import Image
from blindspot.nodes import qos

rclpy.init()
node = rclpy.create_node(sys.argv[1])
executor = EventsExecutor()
executor.add_node(node)
width, height, wanted = map(int, sys.argv[2:5])
deadline_s = time.monotonic() + 40.0
"""
SENDER = (
    COMMON
    + """
publisher = node.create_publisher(Image, 'picture', qos.PICTURE)
picture = Image(width=width, height=height, step=3 * width, encoding='bgr8')
picture.data.frombytes(np.arange(width * height * 3, dtype=np.uint32).astype(np.uint8).tobytes())
while time.monotonic() < deadline_s:
    publisher.publish(picture)
    executor.spin_once(timeout_sec=0.05)
"""
)
RECEIVER = (
    COMMON
    + """
pictures = []
node.create_subscription(Image, 'picture', pictures.append, qos.PICTURE)
while len(pictures) < wanted and time.monotonic() < deadline_s:
    executor.spin_once(timeout_sec=0.05)
expected = np.arange(width * height * 3, dtype=np.uint32).astype(np.uint8)
print(len(pictures), all(np.array_equal(np.frombuffer(p.data, np.uint8), expected) for p in pictures))
"""
)


def test_pictures_arrive_whole_between_two_processes(ros_domain):
    environment = (
        os.environ
        | bringup.PICTURES
        | {
            "ROS_DOMAIN_ID": str(ros_domain),
            "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
        }
    )
    size = [str(WIDTH_PX), str(HEIGHT_PX), str(PICTURES)]
    with subprocess.Popen([sys.executable, "-c", SENDER, "sender", *size], env=environment) as sender:
        try:
            receiver = subprocess.run(
                [sys.executable, "-c", RECEIVER, "receiver", *size],
                env=environment, capture_output=True, text=True, timeout=120,
            )  # fmt: skip
        finally:
            sender.kill()
    assert receiver.stdout.split() == [str(PICTURES), "True"], receiver.stderr
