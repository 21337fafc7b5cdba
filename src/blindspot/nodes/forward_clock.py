"""A node's time as a count that only goes forward."""

from __future__ import annotations

from rclpy.node import Node

from blindspot.nodes.messages import now_s


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
