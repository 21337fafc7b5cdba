"""A node's time as a count that only goes forward, and what its timers run by."""

from __future__ import annotations

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from blindspot.nodes.graph.messages import now_s


class ForwardClock:
    """Seconds for silences, leases and time-outs: call it. Where the node's clock is set back, it goes on from there.

    Otherwise a lease would hold, and a dead node count as heard, for as long as the clock was set back.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._last_s = now_s(node)
        self._set_back_s = 0.0

    def __call__(self) -> float:
        told_s = now_s(self._node)
        self._set_back_s += max(0.0, self._last_s - told_s)
        self._last_s = told_s
        return told_s + self._set_back_s

    def of(self, stamp_s: float) -> float:
        """A stamp of the node's clock as it is set now, on this count."""
        return self() + stamp_s - self._last_s


def timer_clock(node: Node) -> Clock:
    """What the timers of a node that watches a flight run by: simulated time, else the steady clock.

    A timer of the system's clock stands still for as long as that is set back, while the node beats on and counts as
    alive: measured, by 60 s and for 60 s.
    """
    is_simulated = node.get_parameter("use_sim_time").value
    return node.get_clock() if is_simulated else Clock(clock_type=ClockType.STEADY_TIME)
