"""What the autopilots of a fleet say that they are, asked over the MAVROS of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mavros_msgs.srv import VehicleInfoGet
from rclpy.node import Node
from rclpy.task import Future

from blindspot.flight.vehicle import is_simulation


class Autopilots:
    """Asked by who must know before a simulation's clearance arms one."""

    def __init__(self, node: Node, drones: Sequence[str]) -> None:
        self._clients = {
            name: node.create_client(VehicleInfoGet, f"/{name}/mavros/vehicle_info_get") for name in drones
        }

    def ask(self, drone: str, answer: Callable[[bool], None]) -> None:
        """`answer` is told whether the drone's autopilot says that it is a simulation; never, where nobody answers."""

        def told(future: Future) -> None:
            found = future.result()
            answer(found is not None and found.success and bool(found.vehicles) and is_simulation(found.vehicles[0]))

        client = self._clients[drone]
        if client.service_is_ready():
            client.call_async(VehicleInfoGet.Request()).add_done_callback(told)
        else:
            answer(False)
