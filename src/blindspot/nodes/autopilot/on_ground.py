"""The drones that stand on the ground, as their autopilots report over MAVROS."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from math import inf

from mavros_msgs.msg import ExtendedState, State
from rclpy.node import Node

from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import now_s

HEARD_WITHIN_S = 5.0
"""Longest age of both messages; an autopilot publishes each about once a second."""


class OnGround:
    """A drone is down if its autopilot reported it lately, as on the ground and disarmed; else it may be flying."""

    def __init__(self, node: Node, drones: Iterable[str]) -> None:
        self._node = node
        self._disarmed_s: dict[str, float] = {}
        self._landed_s: dict[str, float] = {}
        for name in drones:
            for topic, kind, hear in (
                ("state", State, self._on_state), ("extended_state", ExtendedState, self._on_extended),
            ):  # fmt: skip
                node.create_subscription(kind, f"/{name}/mavros/{topic}", partial(hear, name), qos.STATE)

    def is_down(self, drone: str) -> bool:
        heard_s = min(self._disarmed_s.get(drone, -inf), self._landed_s.get(drone, -inf))
        return now_s(self._node) - heard_s <= HEARD_WITHIN_S

    def _on_state(self, drone: str, message: State) -> None:
        self._disarmed_s[drone] = now_s(self._node) if message.connected and not message.armed else -inf

    def _on_extended(self, drone: str, message: ExtendedState) -> None:
        landed = message.landed_state == ExtendedState.LANDED_STATE_ON_GROUND
        self._landed_s[drone] = now_s(self._node) if landed else -inf
