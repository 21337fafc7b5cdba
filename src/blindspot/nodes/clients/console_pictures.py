"""Hears the masked pictures at which somebody looks: only then the detector encodes, and the radio carries, pictures.

A picture counts only while the drone's detector alone publishes on the topic.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import CompressedImage

from blindspot.console.pictures import PictureBox
from blindspot.core import InputError, one_line
from blindspot.nodes.clients.console_records import ConsoleRecords
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import seconds
from blindspot.nodes.rights.links import UNNAMED

TOPIC = "camera/image_masked/compressed"
DETECTOR = "detector"
FOREIGN = "picture/"
"""Begin of the keys of the records about foreign publishers."""
LOOKED_EACH_S = 1.0
CALM_S = 10.0
"""Pictures stay withheld for so long after a foreign publisher was seen."""


class ConsolePictures:
    """Call `step` again and again."""

    def __init__(self, node: Node, drones: Collection[str], box: PictureBox, records: ConsoleRecords) -> None:
        self._node, self._drones, self._box, self._records = node, tuple(drones), box, records
        self._heard: dict[str, Any] = {}
        self._foreign: dict[str, tuple[str, float]] = {}
        self._due_s = 0.0

    def step(self) -> None:
        """Subscribe where somebody looks, and look for foreign publishers."""
        wanted = self._box.looked_at & frozenset(self._drones)
        for drone in wanted - self._heard.keys():
            self._heard[drone] = self._node.create_subscription(
                CompressedImage, f"/{drone}/{TOPIC}", lambda message, drone=drone: self._take(drone, message),
                qos.PICTURE,
            )  # fmt: skip
        for drone in self._heard.keys() - wanted:
            self._node.destroy_subscription(self._heard.pop(drone))
        if (now_s := time.monotonic()) >= self._due_s:
            self._due_s = now_s + LOOKED_EACH_S
            for drone in self._drones:
                self._look(drone)
            self._records.keep(FOREIGN, {f"{FOREIGN}{drone}" for drone in self._foreign})

    def _look(self, drone: str) -> str:
        """The reason why no picture of a drone is shown now, which the pages see, too."""
        now_s = time.monotonic()
        ends = self._node.get_publishers_info_by_topic(f"/{drone}/{TOPIC}")
        names = [f"{end.node_namespace.rstrip('/')}/{end.node_name}" for end in ends]
        own = f"/{drone}/{DETECTOR}"
        if any(name != own and UNNAMED not in name for name in names) or names.count(own) > 1:
            foreign = one_line(", ".join(sorted(names)), 200)
            self._foreign[drone] = foreign, now_s
            self._records.take(f"{FOREIGN}{drone}", {"publishers": foreign})
        elif drone in self._foreign and now_s - self._foreign[drone][1] > CALM_S:
            del self._foreign[drone]
        if drone in self._foreign:
            why = f"{self._foreign[drone][0]} publish pictures of {drone}: only its detector may"
        else:
            why = "" if all(name == own for name in names) else "a publisher of the pictures is not known yet"
        self._box.withhold(drone, why)
        return why

    def _take(self, drone: str, message: CompressedImage) -> None:
        if drone not in self._heard or self._look(drone):
            return
        age_s = self._records.stack_s - seconds(message.header.stamp)
        if not self._box.take(drone, bytes(message.data), time.monotonic(), age_s):
            raise InputError(drone, "picture", "is no JPEG of a usual size")
