"""A node's time as a count that only goes forward, and the clock of its timers."""

from __future__ import annotations

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from blindspot.nodes.graph.messages import now_s


class ForwardClock:
    """Seconds for silences, leases and time-outs: call the object. It goes on forward if the node's clock is set back.
    Otherwise a lease would hold, and a dead node would count as alive, for as long as the clock was set back.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._last_s = now_s(node)
        self._set_back_s = 0.0

    def __call__(self) -> float:
        clock_s = now_s(self._node)
        self._set_back_s += max(0.0, self._last_s - clock_s)
        self._last_s = clock_s
        return clock_s + self._set_back_s

    def of(self, stamp_s: float) -> float:
        """A stamp of the node's present clock, converted to this count."""
        return self() + stamp_s - self._last_s


def timer_clock(node: Node) -> Clock:
    """The clock for the timers of a node that watches a flight: simulated time, else the steady clock.

    A timer of the system's clock stands still for as long as that clock is set back, while the node's heartbeat goes
    on and it counts as alive. Measured: set back by 60 s, the timer stood still for 60 s.
    """
    is_simulated = node.get_parameter("use_sim_time").value
    return node.get_clock() if is_simulated else Clock(clock_type=ClockType.STEADY_TIME)
