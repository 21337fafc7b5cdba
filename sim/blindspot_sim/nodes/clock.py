"""Node `clock`: Gazebo's clock as often as anyone needs it.

Gazebo tells the time at each of its steps, 250 times a second, and every node that lives on simulated time reads every
one of them: MAVROS alone in each of its plugins. Subscribes `gazebo/clock`, publishes `/clock`.

Where time has stood still for long it ends, and so does the run: whatever else runs on that time would wait for ever.
"""

from __future__ import annotations

import math
import time
from typing import Any

from rclpy.clock import Clock as SteadyClock, ClockType
from rosgraph_msgs.msg import Clock

from blindspot.core import BlindspotError
from blindspot.nodes.graph import GuardedNode, qos, run

PERIOD_NS = 50_000_000
"""Of simulated time, as the embedded simulation's clock."""
STANDSTILL_S = 30.0
"""Wall time. A world of a whole town draws its first picture for 13 s (measured), in which nothing else moves."""


class StandstillError(BlindspotError):
    """Simulated time does not go on."""


class ClockNode(GuardedNode):
    def __init__(self, **options: Any) -> None:
        """`options` are those of `rclpy.node.Node`."""
        super().__init__("clock", **options)
        self._told_ns = -PERIOD_NS
        self._stepped_s = math.inf
        self._thinned = self.create_publisher(Clock, "/clock", qos.CLOCK)
        self.create_subscription(Clock, "gazebo/clock", self._on_step, qos.CLOCK)
        self.create_timer(1.0, self._look, clock=SteadyClock(clock_type=ClockType.STEADY_TIME))

    def _on_step(self, message: Clock) -> None:
        """A world that was set back begins anew."""
        self._stepped_s = time.monotonic()
        now_ns = message.clock.sec * 1_000_000_000 + message.clock.nanosec
        if not 0 <= now_ns - self._told_ns < PERIOD_NS:
            self._told_ns = now_ns
            self._thinned.publish(message)

    def _look(self) -> None:
        if time.monotonic() - self._stepped_s > STANDSTILL_S:
            raise StandstillError(f"Gazebo's clock has told nothing for {STANDSTILL_S:.0f} s: look at its log")


def main() -> None:
    run(ClockNode)
