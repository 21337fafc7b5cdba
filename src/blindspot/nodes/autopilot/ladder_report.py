"""`facts/ladder` of a drone: how near each row of the failsafe ladder is to its limit, once a second, and only while
somebody listens. For the eyes of the crew: no node acts on the report."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node

from blindspot.flight.control import Margin
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.forward_clock import every
from blindspot.nodes.graph.messages import now_s, stamp

LADDER = "ladder"
PERIOD_S = 1.0
ACTION, VALUE, LIMIT, USED, LEFT_S = "action", "value", "limit", "used", "left_s"
"""Keys of a row. A row without a number has no `value` and `used`; a row that is not approached has no `left_s`."""
_LEVELS = {"quiet": DiagnosticStatus.OK, "counting": DiagnosticStatus.WARN, "due": DiagnosticStatus.ERROR}


class LadderReport:
    """Publishes the margins of a flight; `margins` returns none without a flight."""

    def __init__(self, node: Node, margins: Callable[[], tuple[Margin, ...]]) -> None:
        self._node, self._margins = node, margins
        self._publisher = node.create_publisher(DiagnosticArray, f"facts/{LADDER}", qos.SENSOR)
        every(node, PERIOD_S, self._send)

    def _send(self) -> None:
        if self._publisher.get_subscription_count() == 0:
            return
        message = DiagnosticArray(status=[row_status(margin) for margin in self._margins()])
        message.header.stamp = stamp(now_s(self._node))
        self._publisher.publish(message)


def row_status(margin: Margin) -> DiagnosticStatus:
    """A row of the ladder as a status: OK, WARN while its condition counts, ERROR once the row is due."""
    said = {
        ACTION: margin.action, VALUE: _number(margin.value, margin.unit), LIMIT: margin.threshold,
        USED: _number(margin.used), LEFT_S: _number(margin.left_s),
    }  # fmt: skip
    values = [KeyValue(key=key, value=value) for key, value in said.items() if value]
    return DiagnosticStatus(level=_LEVELS[margin.progress], name=margin.row, message=margin.progress, values=values)


def _number(value: float, unit: str = "") -> str:
    return f"{value:.2f} {unit}".rstrip() if isfinite(value) else ""
