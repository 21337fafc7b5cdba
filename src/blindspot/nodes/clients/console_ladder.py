"""The failsafe ladders of the drones, heard while a page looks, and only then: a drone sends its ladder on demand."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node
from rclpy.subscription import Subscription

from blindspot.core import InputError, one_line
from blindspot.nodes.autopilot.ladder_report import ACTION, LADDER, LEFT_S, LIMIT, USED, VALUE
from blindspot.nodes.clients.console_records import ConsoleRecords
from blindspot.nodes.graph import qos

LOOKS_S = 6.0
"""A page that looks says so each two seconds. So a page that was lost is forgotten."""
MOST_ROWS = 80


class ConsoleLadders:
    """Call `step` again and again; `want` may be called in another thread."""

    def __init__(self, node: Node, drones: Collection[str], records: ConsoleRecords) -> None:
        self._node, self._records = node, records
        self._wanted_s = dict.fromkeys(drones, float("-inf"))
        self._heard: dict[str, Subscription] = {}

    def want(self, drone: object) -> bool:
        """A page looks at a drone's ladder; False for an unknown drone."""
        if not isinstance(drone, str) or drone not in self._wanted_s:
            return False
        self._wanted_s[drone] = time.monotonic()
        return True

    def step(self) -> None:
        """Begin to hear what a page wants, and end what no page wants."""
        now_s = time.monotonic()
        for drone, wanted_s in self._wanted_s.items():
            is_wanted = now_s - wanted_s <= LOOKS_S
            if is_wanted and drone not in self._heard:
                self._heard[drone] = self._node.create_subscription(
                    DiagnosticArray, f"/{drone}/facts/{LADDER}", partial(self.take, drone), qos.SENSOR
                )
            elif not is_wanted and drone in self._heard:
                self._node.destroy_subscription(self._heard.pop(drone))
                self._records.keep("ladder/", {f"ladder/{other}" for other in self._heard})

    def take(self, drone: str, message: DiagnosticArray) -> None:
        """The rows of a ladder, the nearest to its limit first. Raises InputError for more rows than any ladder has."""
        if len(message.status) > MOST_ROWS:
            raise InputError(LADDER, drone, f"has {len(message.status)} rows", f"a ladder has at most {MOST_ROWS}")
        rows = sorted((ladder_row(status) for status in message.status), key=_nearness)
        self._records.take(f"ladder/{drone}", {"rows": rows})


def ladder_row(status: DiagnosticStatus) -> dict[str, Any]:
    """A row as the page shows the row; numbers that are none are unknown."""
    said: Mapping[str, str] = {value.key: one_line(value.value, 120) for value in status.values[:10]}
    return {
        "row": one_line(status.name, 40), "progress": one_line(status.message, 20), "action": said.get(ACTION, ""),
        "value": said.get(VALUE, ""), "limit": said.get(LIMIT, ""), "used": _number(said.get(USED)),
        "left_s": _number(said.get(LEFT_S)),
    }  # fmt: skip


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "nan")
    except ValueError:
        return None
    return number if 0.0 <= number < 1e9 else None


def _nearness(row: Mapping[str, Any]) -> tuple[float, float]:
    """Rows that act or count first, then by the time that is left, then by the share of the way to the limit."""
    rank = {"due": -2.0, "counting": -1.0}.get(row["progress"], 0.0)
    left_s = row["left_s"] if row["left_s"] is not None else 1e9
    return (rank or left_s, -(row["used"] or 0.0))
