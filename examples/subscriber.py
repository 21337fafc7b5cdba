"""Subscribes to one drone of a running stack: its status, its sightings and its masked pictures.

.venv/bin/python examples/subscriber.py drone1               # until Ctrl-C or SIGTERM
.venv/bin/python examples/subscriber.py drone1 --pictures 20 # ends after 20 pictures

It needs only rclpy and blindspot_msgs: copy it and change it.
"""

from __future__ import annotations

import argparse
import signal
import threading

import rclpy
from blindspot_msgs.msg import DroneStatus, SightingArray
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy, qos_profile_sensor_data
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import Image

LATCHED = QoSProfile(
    depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL
)  # a late subscriber gets the last message at once


class Subscriber(Node):
    def __init__(self, drone: str) -> None:
        super().__init__("subscriber", namespace=drone)
        self.pictures = 0
        self._phase = ""
        self.create_subscription(DroneStatus, "drone_status", self._on_status, LATCHED)
        self.create_subscription(SightingArray, "sightings", self._on_sightings, 10)
        self.create_subscription(Image, "camera/image_masked", self._on_picture, qos_profile_sensor_data)

    def _on_status(self, status: DroneStatus) -> None:
        if status.phase != self._phase:
            self._phase = status.phase
            at = status.position
            print(f"{status.drone}: {status.phase} at {at.x:.0f} m east, {at.y:.0f} m north {status.reason}".rstrip())

    def _on_sightings(self, message: SightingArray) -> None:
        for sighting in message.sightings:
            print(f"{sighting.drone}: {sighting.label} {sighting.track}")

    def _on_picture(self, picture: Image) -> None:
        self.pictures += 1
        size, lens = f"{picture.width} x {picture.height} px", picture.header.frame_id
        print(f"picture {self.pictures}: {size} of {lens}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("drone", help="its ROS namespace")
    parser.add_argument("--pictures", type=int, default=0, help="end after this number of pictures")
    asked = parser.parse_args()
    # Ctrl-C and SIGTERM only set a flag: an exception, or a shutdown by rclpy's own handler, sometimes ended spin_once
    # with an error of rclpy.
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = Subscriber(asked.drone)
    while not ended.is_set() and not 0 < asked.pictures <= node.pictures:
        rclpy.spin_once(node, timeout_sec=0.5)
    rclpy.try_shutdown()


if __name__ == "__main__":
    main()
