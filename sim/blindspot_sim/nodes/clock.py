"""Node `clock`: Gazebo's clock as often as anyone needs it.

Gazebo tells the time at each of its steps, 250 times a second, and every node that lives on simulated time reads every
one of them: MAVROS alone in each of its plugins. Subscribes `gazebo/clock`, publishes `/clock`.
"""

from __future__ import annotations

from typing import Any

from rclpy.node import Node
from rosgraph_msgs.msg import Clock

from blindspot.nodes import qos
from blindspot.nodes.run import run

PERIOD_NS = 50_000_000
"""Of simulated time, as the embedded simulation's clock."""


class ClockNode(Node):
    def __init__(self, **options: Any) -> None:
        """`options` are those of `rclpy.node.Node`."""
        super().__init__("clock", **options)
        self._told_ns = -PERIOD_NS
        self._thinned = self.create_publisher(Clock, "/clock", qos.CLOCK)
        self.create_subscription(Clock, "gazebo/clock", self._on_step, qos.CLOCK)

    def _on_step(self, message: Clock) -> None:
        """A world that was set back begins anew."""
        now_ns = message.clock.sec * 1_000_000_000 + message.clock.nanosec
        if not 0 <= now_ns - self._told_ns < PERIOD_NS:
            self._told_ns = now_ns
            self._thinned.publish(message)


def main() -> None:
    run(ClockNode)
