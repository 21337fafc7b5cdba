"""The port to one MAVROS: over ROS in a stack, or in-process in a simulation that runs without ROS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol


class MavrosLink(Protocol):
    """Carries calls, topics and parameters of one MAVROS; names are relative to its namespace."""

    def call(self, service: str, fields: Mapping[str, object], done: Callable[[Any], None]) -> None:
        """Call a service; `done` gets the response, or `None` after a time-out."""

    def read_parameter(self, name: str, done: Callable[[float | None], None]) -> None:
        """Read MAVROS's value of an autopilot parameter; `None` if it is unknown."""

    def publish(self, topic: str, fields: Mapping[str, object]) -> None:
        """Publish on a topic that MAVROS subscribes to."""

    def subscribe(self, topic: str, callback: Callable[[Any], None]) -> None:
        """Receive every message of a topic."""
