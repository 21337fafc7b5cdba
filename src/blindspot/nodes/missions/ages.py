"""The age of each place over all runs: kept in a file, published as points."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from sensor_msgs.msg import PointCloud2, PointField

from blindspot.core import RateLimit
from blindspot.coverage.ground import GroundAges, SeenGround
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import AGE_FIELDS, now_s

PUBLISHED_HZ = 0.1


class AgeTopic:
    """Topic `ages` of a node: centres of the 2 m cells of blind ground, m ENU, with the time since each was last seen,
    s (NaN: never). The file keeps them across restarts."""

    def __init__(self, node: Any, path: Path) -> None:
        self._node, self._path = node, path
        self._ages = GroundAges()
        self._limit = RateLimit(PUBLISHED_HZ)
        self._ages_publisher = node.create_publisher(PointCloud2, "ages", qos.LATCHED)
        if self._ages.load(path):
            node.get_logger().info(f"{len(self._ages)} cells have an age from before")
        elif path.exists():
            node.get_logger().warning(f"{path} can't be read: every place counts as unseen")

    def take(self, seen: SeenGround) -> None:
        """Add what a run has seen so far, and keep it. Raises OSError."""
        self._ages.take(seen.masks, seen.last_seen_s)
        self._ages.save(self._path)

    def publish(self) -> None:
        """Publish the ages if the time has come and somebody listens."""
        if not len(self._ages) or not self._ages_publisher.get_subscription_count():
            return
        if self._limit.is_due(time.monotonic()):
            self._ages_publisher.publish(self._message())

    def _message(self) -> Any:
        points = np.zeros((len(self._ages), len(AGE_FIELDS)), np.float32)
        points[:, :2] = self._ages.centres_m()
        points[:, 3] = self._ages.ages_s(now_s(self._node))
        message = PointCloud2(
            height=1, width=len(points), point_step=4 * len(AGE_FIELDS), row_step=points.nbytes, is_dense=False,
            fields=[
                PointField(name=name, offset=4 * number, datatype=PointField.FLOAT32, count=1)
                for number, name in enumerate(AGE_FIELDS)
            ],
            data=points.tobytes(),
        )  # fmt: skip
        message.header.frame_id = "map"
        message.header.stamp = self._node.get_clock().now().to_msg()
        return message
