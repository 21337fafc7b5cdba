"""Asks the autopilots of a fleet whether they are simulations, over the MAVROS of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mavros_msgs.srv import VehicleInfoGet
from rclpy.node import Node
from rclpy.task import Future

from blindspot.flight.vehicle import is_simulation


class Autopilots:
    """Asked before a simulation's clearance arms an autopilot."""

    def __init__(self, node: Node, drones: Sequence[str]) -> None:
        self._clients = {
            name: node.create_client(VehicleInfoGet, f"/{name}/mavros/vehicle_info_get") for name in drones
        }

    def ask(self, drone: str, answer: Callable[[bool], None]) -> None:
        """Call `answer` with whether the drone's autopilot reports itself as a simulation.

        An absent MAVROS gives False. A MAVROS that stays silent leaves `answer` uncalled.
        """

        def answered(future: Future) -> None:
            found = future.result()
            answer(found is not None and found.success and bool(found.vehicles) and is_simulation(found.vehicles[0]))

        client = self._clients[drone]
        if client.service_is_ready():
            client.call_async(VehicleInfoGet.Request()).add_done_callback(answered)
        else:
            answer(False)
