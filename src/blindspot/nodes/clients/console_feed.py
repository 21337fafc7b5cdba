"""The console's ears: hears the stack's messages.

The feed is a client. The feed beats no heartbeat, and its end ends nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from contextlib import suppress
from functools import partial
from pathlib import Path

import rclpy
from blindspot_msgs.msg import Clearance, CoverageStatus, DroneStatus, FleetStatus, Heartbeat, SeenCells
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.executors import ExternalShutdownException
from rclpy.experimental import EventsExecutor
from rclpy.serialization import deserialize_message
from rclpy.task import Future
from sensor_msgs.msg import PointCloud2

from blindspot.console import LiveGround
from blindspot.console.pictures import PictureBox
from blindspot.nodes.clients.console_flights import ConsoleFlights
from blindspot.nodes.clients.console_ground import ConsoleGround
from blindspot.nodes.clients.console_ladder import ConsoleLadders
from blindspot.nodes.clients.console_leases import ConsoleLeases
from blindspot.nodes.clients.console_pictures import ConsolePictures
from blindspot.nodes.clients.console_records import ConsoleRecords
from blindspot.nodes.clients.joining import join_graph
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.nodes.graph.node_runner import HEARTBEAT_TOPIC
from blindspot.nodes.orders.ordering import Orders
from blindspot.stack import LOOPBACK
from blindspot.stack.enclaves import CONSOLE

AFTER_STAMP = 12
"""Bytes of a serialised header before its frame."""
BEATS_ANEW_S = 1.0
"""A node's heartbeats are taken once in this time."""
LONGEST_KEPT = 300
"""Bytes of a frame and a node's name; a longer heartbeat is converted each time."""


class _Ears(GuardedNode):
    """A node that counts each dropped message in the view."""

    def __init__(self, records: ConsoleRecords) -> None:
        self._records = records
        super().__init__("console", namespace="/blindspot")

    def drop(self, name: str, error: Exception) -> None:
        super().drop(name, error)
        self._records.refuse()


class ConsoleFeed:
    """A context manager around one ROS node, which hands messages to `records` and `ground`; `drones` are the names of
    the fleet. `box` takes masked pictures. `lease_key` is the public half of the leases' key; without the key no lease
    counts, and nobody knows whether a drone may fly. `simulated` states whether every autopilot is a simulation.

    Within the context, `orders` sends orders to the mission manager, `flights` asks for plans and flights, and
    `ladders` hears the ladders that pages want.
    """

    def __init__(
        self, records: ConsoleRecords, drones: Collection[str], ground: LiveGround, box: PictureBox,
        *, lease_key: Path | None = None, simulated: bool = False,
    ) -> None:  # fmt: skip
        self._records, self._drones, self._ground = records, tuple(drones), ConsoleGround(ground, records)
        self._box = box
        self._beaten: set[bytes] = set()
        self._beats_anew_s = 0.0
        self._turn = Future()
        self._leases: ConsoleLeases | None = None
        if lease_key is not None:
            self._leases = ConsoleLeases(records, self._drones, lease_key, simulated=simulated)

    def __enter__(self) -> ConsoleFeed:
        os.environ.update(LOOPBACK)  # read when the first node is made
        join_graph(CONSOLE)
        self._node = node = _Ears(self._records)
        self._executor = EventsExecutor()
        self._executor.add_node(node)
        self.orders, self.flights = Orders(node), ConsoleFlights(node, self._records)
        self.ladders = ConsoleLadders(node, self._drones, self._records)
        self._pictures = ConsolePictures(node, self._drones, self._box, self._records)
        records = self._records
        node.create_subscription(FleetStatus, "fleet_status", records.take_fleet, qos.LATCHED)
        node.create_subscription(CoverageStatus, "coverage_status", records.take_coverage, qos.STATE)
        node.create_subscription(Heartbeat, HEARTBEAT_TOPIC, self._take_beat, qos.HEARTBEAT, raw=True)
        node.create_subscription(DiagnosticArray, "/diagnostics", records.take_diagnostics, qos.EVENTS)
        node.create_subscription(PointCloud2, "ages", self._ground.take_ages, qos.LATCHED)
        node.create_subscription(SeenCells, "seen", self._ground.take_seen, qos.EVENTS)
        for name in self._drones:
            if self._leases is not None:
                heard = partial(self._leases.take, name)
                node.create_subscription(Clearance, f"/{name}/clearance", heard, qos.LEASE)
            node.create_subscription(
                DroneStatus, f"/{name}/drone_status", partial(records.take_status, name), qos.STATE
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.remove_node(self._node)
        self._node.destroy_node()
        self._executor.shutdown()
        rclpy.try_shutdown()

    def wake(self) -> None:
        """End the present `spin`, or else the next one, from any thread."""
        self._turn.set_result(None)

    def _take_beat(self, beat: bytes) -> None:
        """Take one heartbeat of each node of the stack in `BEATS_ANEW_S`: to convert all of them is half of the
        console's work. The bytes after the stamp name the node. A beat that is refused is not kept, and counts each
        time."""
        node, now_s = beat[AFTER_STAMP:], time.monotonic()
        if now_s >= self._beats_anew_s:
            self._beaten.clear()
            self._beats_anew_s = now_s + BEATS_ANEW_S
        if node in self._beaten:
            return
        self._records.take_heartbeat(deserialize_message(beat, Heartbeat))
        if len(node) <= LONGEST_KEPT:
            self._beaten.add(node)

    def say(self, line: str, warns: bool) -> None:
        """Write a line to the log of the stack, which goes into the events of a run."""
        log = self._node.get_logger()
        if warns:  # the log takes one severity from each line of code
            log.warning(line)
        else:
            log.info(line)

    def spin(self, for_s: float) -> None:
        """Handle what arrives during `for_s` of wall time, or until `wake`."""
        self._pictures.step()
        self.ladders.step()
        with suppress(ExternalShutdownException):  # `spin_once` would return, and cost, for each message
            self._executor.spin_until_future_complete(self._turn, timeout_sec=for_s)
        self._turn = Future()
