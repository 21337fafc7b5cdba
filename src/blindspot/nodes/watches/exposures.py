"""The exposures of the cameras of a watch, as `mission_manager` hears them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from geometry_msgs.msg import PoseWithCovarianceStamped
from rclpy.node import Node

from blindspot.nodes.graph import qos

LOOKS_S = 1.0
"""A camera counts as on for so long after an exposure."""


class Exposures:
    """Knows which cameras look now. `now` is a clock that only goes forward, s. `close` it with the watch."""

    def __init__(self, node: Node, drones: Sequence[str], now: Callable[[], float]) -> None:
        self._node, self._now = node, now
        self._heard_s: dict[str, float] = {}
        self._ears = [
            node.create_subscription(
                PoseWithCovarianceStamped, f"/{name}/camera/pose", lambda _, drone=name: self._on_exposure(drone),
                qos.EVENTS,
            )
            for name in drones
        ]  # fmt: skip

    def looks(self, drone: str) -> bool:
        """Whether the drone's camera made an exposure lately."""
        return self._now() - self._heard_s.get(drone, -math.inf) <= LOOKS_S

    def close(self) -> None:
        for ear in self._ears:
            self._node.destroy_subscription(ear)
        self._ears.clear()

    def _on_exposure(self, drone: str) -> None:
        self._heard_s[drone] = self._now()
