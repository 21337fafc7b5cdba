"""Node `clock`: Gazebo's clock at the rate that the nodes need.

Gazebo publishes the time at each of its steps, 250 times a second. Every node on simulated time reads each of these
messages, and MAVROS reads it in each of its plugins. This node subscribes `gazebo/clock` and publishes `/clock`.

After a long standstill of simulated time this node ends, and with it the run. The other nodes would wait for ever.
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
"""Period in simulated time, as in the embedded simulation."""
STANDSTILL_S = 30.0
"""Wall time. The first picture of a whole town takes 13 s (measured), and simulated time stands still meanwhile."""


class StandstillError(BlindspotError):
    """Simulated time stands still."""


class ClockNode(GuardedNode):
    def __init__(self, **options: Any) -> None:
        super().__init__("clock", **options)
        self._published_ns = -PERIOD_NS
        self._stepped_s = math.inf
        self._thinned = self.create_publisher(Clock, "/clock", qos.CLOCK)
        self.create_subscription(Clock, "gazebo/clock", self.on_step, qos.CLOCK)
        self.create_timer(1.0, self.look, clock=SteadyClock(clock_type=ClockType.STEADY_TIME))

    def on_step(self, message: Clock) -> None:
        """Publish the time once per period. A reset of the world restarts the count."""
        self._stepped_s = time.monotonic()
        now_ns = message.clock.sec * 1_000_000_000 + message.clock.nanosec
        if not 0 <= now_ns - self._published_ns < PERIOD_NS:
            self._published_ns = now_ns
            self._thinned.publish(message)

    def look(self) -> None:
        if time.monotonic() - self._stepped_s > STANDSTILL_S:
            raise StandstillError(f"Gazebo's clock has stood still for {STANDSTILL_S:.0f} s: see Gazebo's log")


def main() -> None:
    run(ClockNode)
