"""A simulated module for remote identification: it broadcasts the numbers that it was given, and reports them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blindspot.flight.vehicle import Numbers, module_messages

REMOTE_ID_TOPICS = frozenset({"open_drone_id/basic_id", "open_drone_id/operator_id", "open_drone_id/system"})
KEPT_S = 3.0
"""Numbers that are not given again for so long are no longer sent."""


class RemoteIdModule:
    """The module of one drone. It reports once it was given any message; `problem` makes it report a fault.

    `given` holds the last message of each topic. PX4 passes no serial number on to a real module: this one takes it.
    """

    def __init__(self, system_id: int) -> None:
        self.given: dict[str, Mapping[str, Any]] = {}
        self.problem = ""
        self.is_fitted = True
        self._system_id = system_id
        self._at_s: dict[str, float] = {}

    def take(self, topic: str, message: Mapping[str, Any], now_s: float) -> None:
        """A message of MAVROS's plugin `open_drone_id`."""
        self.given[topic], self._at_s[topic] = message, now_s

    def reports(self, now_s: float) -> list[dict[str, Any]]:
        """The raw MAVLink that it sends now; call it once a second. Empty before the first message."""
        if not (self.given and self.is_fitted):
            return []
        late = [topic for topic in REMOTE_ID_TOPICS if not now_s - self._at_s.get(topic, -KEPT_S) <= KEPT_S]
        if late:
            return module_messages(None, self._system_id, self.problem or f"missing {min(late).partition('/')[2]}")
        operator = str(self.given["open_drone_id/operator_id"]["operator_id"])
        serial = str(self.given["open_drone_id/basic_id"]["uas_id"])
        return module_messages(Numbers(operator, serial), self._system_id, self.problem)
