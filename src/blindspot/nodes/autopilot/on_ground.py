"""The drones on the ground, and the drones in flight, by the reports of their autopilots over MAVROS."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import inf

from mavros_msgs.msg import ExtendedState, State
from rclpy.node import Node

from blindspot.nodes.graph import qos
from blindspot.nodes.graph.forward_clock import ForwardClock

HEARD_WITHIN_S = 5.0
"""Longest age of both messages; an autopilot publishes each about once a second."""
LONGEST_FLIGHT_S = 3600.0
"""Time after which a silent drone is on the ground: no battery lasts longer."""
OFF_GROUND = (
    ExtendedState.LANDED_STATE_IN_AIR, ExtendedState.LANDED_STATE_TAKEOFF, ExtendedState.LANDED_STATE_LANDING,
)  # fmt: skip


class OnGround:
    """A drone is down if the autopilot lately reported the drone as on the ground and disarmed. A drone is up if the
    autopilot lately reported the drone as armed or off the ground. A silent drone is neither."""

    def __init__(self, node: Node, drones: Sequence[str]) -> None:
        self._now = ForwardClock(node)
        self._drones = tuple(drones)
        self._disarmed_s: dict[str, float] = {}
        self._landed_s: dict[str, float] = {}
        self._up_s: dict[str, float] = {}
        """Time of the last report that the drone was up; removed by a later report that the drone is down."""
        for name in drones:
            for topic, kind, hear in (
                ("state", State, self.on_state), ("extended_state", ExtendedState, self.on_extended),
            ):  # fmt: skip
                node.create_subscription(kind, f"/{name}/mavros/{topic}", partial(hear, name), qos.STATE)

    def is_down(self, drone: str) -> bool:
        heard_s = min(self._disarmed_s.get(drone, -inf), self._landed_s.get(drone, -inf))
        return self._now() - heard_s <= HEARD_WITHIN_S

    @property
    def down(self) -> set[str]:
        return {name for name in self._drones if self.is_down(name)}

    @property
    def up(self) -> set[str]:
        return {name for name, up_s in self._up_s.items() if self._now() - up_s <= HEARD_WITHIN_S}

    @property
    def airborne(self) -> set[str]:
        """The drones that were up and have not been reported as down since: they may be in the air."""
        return {name for name, up_s in self._up_s.items() if self._now() - up_s <= LONGEST_FLIGHT_S}

    def on_state(self, drone: str, message: State) -> None:
        is_disarmed = message.connected and not message.armed
        self._disarmed_s[drone] = self._now() if is_disarmed else -inf
        self._heard(drone, is_up=message.connected and message.armed)

    def on_extended(self, drone: str, message: ExtendedState) -> None:
        landed = message.landed_state == ExtendedState.LANDED_STATE_ON_GROUND
        self._landed_s[drone] = self._now() if landed else -inf
        self._heard(drone, is_up=message.landed_state in OFF_GROUND)

    def _heard(self, drone: str, *, is_up: bool) -> None:
        if is_up:
            self._up_s[drone] = self._now()
        elif self.is_down(drone):
            self._up_s.pop(drone, None)
