"""The fleet's drones, as `mission_manager` hears and reaches them: status and clients of each flight_control."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

from blindspot_msgs.action import FlyRoute
from blindspot_msgs.msg import DroneStatus
from blindspot_msgs.srv import FlyRest, Order
from rclpy.action import ActionClient
from rclpy.node import Node
from rclpy.task import Future

from blindspot.flight.control import NOT_FLOWN
from blindspot.nodes.autopilot.mavros_interface import CALLED_TO_RETURN
from blindspot.nodes.autopilot.mavros_link import RosMavrosLink

SETTLED_S = 1.0
"""After this idle time a node has discovered all clients, and all results have arrived."""


class Drones:
    """The latest status of each drone, and the clients of its flight_control, by name."""

    def __init__(self, node: Node, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.statuses: dict[str, DroneStatus] = {}
        self.fly = {name: ActionClient(node, FlyRoute, f"/{name}/fly_route") for name in names}
        self.fly_rest = {name: node.create_client(FlyRest, f"/{name}/fly_rest") for name in names}
        self._order = {name: node.create_client(Order, f"/{name}/order") for name in names}
        self._idle_since_s: dict[str, float] = {}
        self._node = node
        self._links: dict[str, RosMavrosLink] = {}

    def heard(self, status: Any) -> None:
        self.statuses[status.drone] = status
        if status.phase == "idle":
            self._idle_since_s.setdefault(status.drone, time.monotonic())
        else:
            self._idle_since_s.pop(status.drone, None)

    def order(self, drone: str, request: Any) -> Future:
        return self._order[drone].call_async(request)

    def can_be_ordered(self, drone: str) -> bool:
        """Whether the drone's flight_control is discovered."""
        return bool(self._order[drone].service_is_ready())

    def link(self, drone: str) -> RosMavrosLink:
        """The ground station's own link to the drone's MAVROS. It is made once: a stack stays up for days."""
        if drone not in self._links:
            self._links[drone] = RosMavrosLink(self._node, namespace=f"/{drone}", services=CALLED_TO_RETURN)
        return self._links[drone]

    def is_settled(self, drone: str) -> bool:
        """Whether its flight_control has been idle for `SETTLED_S`."""
        return self.idle_s(drone) >= SETTLED_S

    def idle_s(self, drone: str) -> float:
        """Wall time since the drone's flight_control is idle, s; negative infinity while the flight_control works."""
        return time.monotonic() - self._idle_since_s.get(drone, math.inf)

    def tells_end(self, drone: str, run: str) -> bool:
        """Whether its status holds the outcome of a flight of this run."""
        status = self.statuses.get(drone)
        return status is not None and bool(status.outcome) and status.run == run

    def begins(self, drone: str) -> None:
        """Its route is sent: the idle time counts anew."""
        self._idle_since_s.pop(drone, None)

    @property
    def in_the_air(self) -> tuple[str, ...]:
        """Drones that are heard and whose autopilots do not report the drones as down."""
        return tuple(name for name, status in self.statuses.items() if status.autopilot != "down")

    def is_down(self, drone: str) -> bool:
        """Whether the autopilot reports that the drone is down, and no flight is in progress."""
        status = self.statuses.get(drone)
        return status is not None and status.autopilot == "down" and status.phase in NOT_FLOWN
