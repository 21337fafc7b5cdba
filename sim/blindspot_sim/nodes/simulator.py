"""Node `simulator`: a fleet of embedded vehicles behind the topics and services of MAVROS, and `/clock`.

Runs on the wall clock and publishes the simulated one. It slows down when a node of the stack lags more than
`max_lag_s` of simulated time, measured by the times that the nodes publish. While time stands still it requests them.
While a mission is in progress, it writes the true track of the mission's drones into the folder of the run. Tests can
set parameters during the run that degrade the vehicles' links, or shift the clock of the whole stack.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from blindspot_msgs.msg import FleetStatus, Heartbeat
from mavros_msgs.msg import Mavlink
from rcl_interfaces.msg import ParameterType, ParameterValue
from rcl_interfaces.srv import GetParameters
from rclpy.clock import Clock as NodeClock, ClockType
from rclpy.node import Node
from rclpy.publisher import Publisher
from rosgraph_msgs.msg import Clock
from std_msgs.msg import Empty

from blindspot.evidence.observed import TrackPoint
from blindspot.mission import Point, load_fleet
from blindspot.nodes.autopilot import PUBLISHED, RAW_SINK, RAW_SOURCE, SERVICES, SUBSCRIBED, fill, plain, raw_topic
from blindspot.nodes.graph import (
    NODE_TIME_TOPIC,
    ROLL_CALL_TOPIC,
    GuardedNode,
    create_deferred_service,
    declare_bool,
    declare_float,
    declare_int,
    declare_names,
    declare_str,
    qos,
    run,
    stamp,
)
from blindspot_sim.fleet import make_fleet
from blindspot_sim.mavros.bad_link import BadLink, LinkFaults
from blindspot_sim.mavros.simulated_mavros import SimulatedMavros
from blindspot_sim.nodes.crew import Crew
from blindspot_sim.nodes.pace import ENDED, TICK_S, Pace
from blindspot_sim.nodes.tracks import Tracks

TICKS_A_TRACK_POINT = 4
REPEAT_CLOCK_S = 0.1
FOR_TESTS = (
    ("link_drop", 0.0, 1.0, "Share of messages, requests and answers that a vehicle's link loses."),
    ("link_duplicate", 0.0, 1.0, "Share of them that come twice."),
    ("link_delay_s", 0.0, 10.0, "Time that each of them takes, s."),
    ("clock_ahead_s", -1e6, 1e6, "How far /clock is ahead of simulated time, s."),
)
"""Parameters that may change during the run: name, smallest and largest value, meaning."""


class VehicleFace:
    """One vehicle's MAVROS interface on the graph: `/<drone>/mavros/`, and `/uas<system id>/` for raw MAVLink."""

    def __init__(self, node: Node, drone: str, vehicle: SimulatedMavros) -> None:
        self.drone, self.vehicle = drone, vehicle
        self.link = BadLink(vehicle, seed=vehicle.system_id)
        self._logger = node.get_logger()
        prefix = f"/{drone}/mavros/"
        self._publishers: dict[str, Publisher] = {
            topic: node.create_publisher(message_type, prefix + topic, profile)
            for topic, (message_type, profile) in PUBLISHED.items()
        }
        raw_source, raw_sink = (raw_topic(vehicle.system_id, name) for name in (RAW_SOURCE, RAW_SINK))
        self._publishers[RAW_SOURCE] = node.create_publisher(Mavlink, raw_source, qos.RAW_MAVLINK)
        node.create_subscription(Mavlink, raw_sink, self._listener(RAW_SINK), qos.RAW_MAVLINK)
        self._wanted: set[str] = set(self._publishers)
        self._mode = ""
        for topic, (message_type, profile) in SUBSCRIBED.items():
            node.create_subscription(message_type, prefix + topic, self._listener(topic), profile)
        for service, service_type in SERVICES.items():
            create_deferred_service(node, service_type, prefix + service, self._server(service, service_type))
        node.create_service(GetParameters, prefix + "param/get_parameters", self._get_parameters)

    def refresh_wanted(self) -> None:
        """Fill streams only while they have a subscriber. The other topics are always filled."""
        streams = {topic for topic, (_, profile) in PUBLISHED.items() if profile is qos.SENSOR}
        self._wanted = {
            topic
            for topic, publisher in self._publishers.items()
            if topic not in streams or publisher.get_subscription_count() > 0
        }

    def publish_news(self, clock_ahead_s: float) -> None:
        for stamp_s, topic, fields in self.link.drain():
            if topic == "state" and self._mode != fields["mode"]:
                self._mode = str(fields["mode"])
                self._logger.info(f"{self.drone} is in {self._mode or 'no mode'}")
            if topic not in self._wanted:
                continue
            message = fill(self._publishers[topic].msg_type(), fields)
            if hasattr(message, "header"):
                message.header.stamp = stamp(stamp_s + clock_ahead_s)
            self._publishers[topic].publish(message)

    def track_point(self, stamp_s: float) -> TrackPoint:
        """The vehicle's true position."""
        truth = self.vehicle.truth
        return TrackPoint(
            stamp_s, self.drone, truth.east_m, truth.north_m, truth.up_m,
            truth.battery_fraction, truth.armed, not truth.landed, self._mode,
        )  # fmt: skip

    def _listener(self, topic: str) -> Callable[[Any], None]:
        return lambda message: self.link.publish(topic, _mapping(message))

    def _server(self, service: str, service_type: Any) -> Callable[[Any, Callable[[Any], None]], None]:
        def handle(request: Any, answer: Callable[[Any], None]) -> None:
            if service == "set_mode":
                self._logger.info(f"{self.drone} is asked for {request.custom_mode}")
            self.link.call(service, _mapping(request), lambda reply: answer(fill(service_type.Response(), reply)))

        return handle

    def _get_parameters(self, request: Any, response: Any) -> Any:
        for name in request.names:
            value = self.vehicle.params.get(name)
            if value is None:
                response.values.append(ParameterValue(type=ParameterType.PARAMETER_NOT_SET))
            elif isinstance(value, int):
                response.values.append(ParameterValue(type=ParameterType.PARAMETER_INTEGER, integer_value=value))
            else:
                response.values.append(ParameterValue(type=ParameterType.PARAMETER_DOUBLE, double_value=float(value)))
        return response


class Simulator(GuardedNode):
    def __init__(self, **options: Any) -> None:
        super().__init__("simulator", **options)
        fleet_file = declare_str(self, "fleet", "", describe="Fleet file: drones, pads, wind.")
        run_dir = declare_str(
            self, "run_dir", "", describe="Folder of the stack: each run in it gets track.csv, the true flown track."
        )
        speed_factor = declare_float(
            self, "speed_factor", 8.0, low=0.1, high=100.0, describe="Simulated seconds per second asked for."
        )
        max_lag_s = declare_float(
            self, "max_lag_s", 0.1, low=0.02, high=10.0, describe="Lag of a node that slows simulated time down, s."
        )
        self._waits_for = frozenset(
            declare_names(self, "waits_for", describe="Nodes whose lag slows simulated time down; all if empty.")
        )
        seed = declare_int(self, "seed", 1, low=0, high=2**31 - 1, describe="Seed of wind, noise and latencies.")
        for name, low, high, describe in FOR_TESTS:
            declare_float(self, name, 0.0, low=low, high=high, describe=describe, read_only=False)
        self._clock_ahead_s = 0.0
        self.sim_s = self._repeated_s = 0.0
        waits_fast = declare_bool(
            self, "waits_fast", False, describe="True: time runs at speed_factor while no mission is in progress, too."
        )
        asks = declare_bool(
            self, "asks_before_arming", False, describe="True: the autopilots ask the gate before they arm."
        )
        self.pace = Pace(speed_factor, max_lag_s, waits_fast=waits_fast)
        fleet = make_fleet(load_fleet(Path(fleet_file)), seed, asks=asks)
        self.faces = [VehicleFace(self, name, vehicle) for name, vehicle in fleet.items()]
        self._fleet = fleet
        self._tracks = Tracks(Path(run_dir), fleet, self.get_logger().warning) if run_dir else None
        self._crew = Crew(Path(run_dir), self._carry, self.get_logger().warning) if run_dir else None
        self._ticks = 0
        self._clock_topic = self.create_publisher(Clock, "/clock", qos.CLOCK)
        self._roll_call = self.create_publisher(Empty, ROLL_CALL_TOPIC, qos.HEARTBEAT)
        self._own_name = self.get_fully_qualified_name()
        self.create_subscription(Heartbeat, NODE_TIME_TOPIC, self._on_node_time, qos.HEARTBEAT)
        self.create_subscription(FleetStatus, "/blindspot/fleet_status", self._on_fleet, qos.LATCHED)
        wall_clock = NodeClock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(min(TICK_S / speed_factor, 0.02), self._run_due_ticks, clock=wall_clock)
        self.create_timer(REPEAT_CLOCK_S, self._repeat_clock, clock=wall_clock)
        self.create_timer(0.5, self._refresh, clock=wall_clock)

    def _on_node_time(self, message: Heartbeat) -> None:
        if message.node == self._own_name or (self._waits_for and message.node not in self._waits_for):
            return
        stamp_s = message.header.stamp.sec + message.header.stamp.nanosec * 1e-9
        if stamp_s > 0.0:
            self.pace.heard(message.node, self._clock_s - stamp_s, time.monotonic())

    def _on_fleet(self, message: FleetStatus) -> None:
        self.pace.missions_are(mission.phase for mission in message.missions)
        if self._tracks is not None:
            self._tracks.runs_are({m.run: m.drones for m in message.missions if m.phase != ENDED})
        if self._crew is not None:
            self._crew.missions_are(message.missions)

    def _carry(self, drone: str, pad: Point) -> None:
        vehicle = self._fleet.get(drone)
        if vehicle is not None and vehicle.carry(pad.east_m, pad.north_m, pad.up_m):
            self.get_logger().info(f"{drone} is carried to another pad")

    def _repeat_clock(self) -> None:
        """Repeat the time while it stands still. A node that lost the last tick would hold time back for ever."""
        if self.sim_s == self._repeated_s:
            self._clock_topic.publish(Clock(clock=stamp(self._clock_s)))
        self._repeated_s = self.sim_s

    @property
    def _clock_s(self) -> float:
        """The time on `/clock`, at least 0. ROS treats 0 as an unset time."""
        return max(self.sim_s + self._clock_ahead_s, 0.01)

    def _refresh(self) -> None:
        drop, duplicate, delay_s, self._clock_ahead_s = (float(self.get_parameter(row[0]).value) for row in FOR_TESTS)
        faults = LinkFaults(drop, duplicate, delay_s)
        for face in self.faces:
            face.refresh_wanted()
            face.link.faults = faults

    def _run_due_ticks(self) -> None:
        wall_s = time.monotonic()
        ticks = self.pace.ticks_due(wall_s)
        if self.pace.asks(wall_s):
            self._roll_call.publish(Empty())
        for _ in range(ticks):
            self.sim_s += TICK_S
            for face in self.faces:
                face.vehicle.step(self.sim_s)
            self._clock_topic.publish(Clock(clock=stamp(self._clock_s)))
            for face in self.faces:
                face.publish_news(self._clock_ahead_s)
            self._ticks += 1
            if self._tracks is not None and self._ticks % TICKS_A_TRACK_POINT == 0:
                self._tracks.write(face.track_point(self.sim_s) for face in self.faces)


def _mapping(message: Any) -> Mapping[str, object]:
    fields = plain(message)
    assert isinstance(fields, dict)
    return fields


def main() -> None:
    run(Simulator)
