"""The answers of the gate to autopilots that ask before arming (PX4's `COM_ARM_AUTH_REQ`), over raw MAVLink."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from mavros_msgs.msg import Mavlink
from rclpy.publisher import Publisher

from blindspot.flight.vehicle import mavlink
from blindspot.mission import Fleet
from blindspot.nodes.autopilot.autopilots import Autopilots
from blindspot.nodes.autopilot.mavros_interface import RAW_SINK, RAW_SOURCE, fill, plain, raw_topic
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.guarded import GuardedNode

OUR_SYSTEM_ID, OUR_COMPONENT_ID = 1, 191
"""Our address on the MAVLink network: MAVROS's own system, which `COM_ARM_AUTH_ID` must name, and the component id of
an on-board computer."""


class ArmingJudge:
    """Answers each drone's autopilot. In a simulation, a yes also requires that the autopilot has reported itself as a
    simulation.

    `why_not` gives the reason against the arming of a drone now, or ""; `arms` is called before a yes. `hear` is called
    with each raw message of a drone.
    """

    def __init__(
        self, node: GuardedNode, fleet: Fleet, why_not: Callable[[str], str], arms: Callable[[str], None],
        hear: Callable[[str, Any], None], *, simulated: bool,
    ) -> None:  # fmt: skip
        self._node, self._why_not, self._arms, self._hear, self._simulated = node, why_not, arms, hear, simulated
        for name in fleet.names:
            system_id = fleet.system_id(name)
            sink = node.create_publisher(Mavlink, raw_topic(system_id, RAW_SINK), qos.RAW_MAVLINK)
            listener = partial(self._on_raw, name, system_id, sink)
            node.create_subscription(Mavlink, raw_topic(system_id, RAW_SOURCE), listener, qos.RAW_MAVLINK)
        self._autopilots = Autopilots(node, fleet.names if simulated else [])

    def _on_raw(self, drone: str, system_id: int, sink: Publisher, message: Any) -> None:
        """Answer the request to arm of a drone's autopilot, and ignore all other messages."""
        self._hear(drone, message)
        if message.msgid != mavlink.COMMAND_LONG:
            return
        asked = mavlink.CommandLong(mavlink.AUTHORISE_ARMING, system_id, OUR_SYSTEM_ID)
        if mavlink.read_command_long(plain(message)) != asked:
            return
        may_arm = self._may_arm(drone)
        if may_arm and self._simulated:
            self._autopilots.ask(drone, partial(self._answer_simulated, drone, sink, asked))
        else:
            self._answer(drone, sink, asked, may_arm)

    def _may_arm(self, drone: str) -> bool:
        problem = self._why_not(drone)
        self._node.warn_of(f"{drone} may not arm", problem)
        return not problem

    def _answer_simulated(self, drone: str, sink: Publisher, asked: mavlink.CommandLong, is_simulation: bool) -> None:
        """The clearance may have ended while the autopilot was asked what it is."""
        if not is_simulation:
            self._node.get_logger().warning(f"{drone} may not arm: AUT-07 its autopilot may be real")
        self._answer(drone, sink, asked, is_simulation and self._may_arm(drone))

    def _answer(self, drone: str, sink: Publisher, asked: mavlink.CommandLong, granted: bool) -> None:
        if granted:
            self._arms(drone)
        result = mavlink.ACCEPTED if granted else mavlink.DENIED
        ack = mavlink.CommandAck(asked.command, result, asked.system_id)
        sink.publish(fill(Mavlink(), mavlink.command_ack(ack, OUR_SYSTEM_ID, OUR_COMPONENT_ID)))
