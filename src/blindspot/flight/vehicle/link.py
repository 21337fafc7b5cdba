"""The port to one MAVROS: over ROS in a stack, in the same process in a simulation without ROS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol


class MavrosLink(Protocol):
    """Carries calls, topics and parameters of one MAVROS; names are relative to its namespace."""

    def call(self, service: str, fields: Mapping[str, object], done: Callable[[Any], None]) -> None:
        """Call a service; `done` gets the response, or None when there was none in time."""

    def read_parameter(self, name: str, done: Callable[[float | None], None]) -> None:
        """Read a parameter of the autopilot as MAVROS knows it; None if it does not."""

    def publish(self, topic: str, fields: Mapping[str, object]) -> None:
        """Publish on a topic that MAVROS subscribes."""

    def subscribe(self, topic: str, callback: Callable[[Any], None]) -> None:
        """Be told every message of a topic."""
