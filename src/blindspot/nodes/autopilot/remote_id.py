"""Remote identification of one drone on the graph: it is sent through MAVROS, and the drone's reports are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mavros_msgs.msg import Mavlink
from rclpy.node import Node

from blindspot.flight.preflight import Judged
from blindspot.flight.vehicle import MavrosVehicle, Numbers, RemoteIdReader
from blindspot.law import Authorisation
from blindspot.law.airspace import numbers_problem, sent_operator
from blindspot.mission import Fleet
from blindspot.nodes.autopilot.mavros_interface import RAW_SOURCE, plain, raw_topic
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.forward_clock import ForwardClock, every

PERIOD_S = 1.0
LONGEST = 19
"""Letters of a serial number: MAVROS 2.12 cuts the twentieth."""
GIVE_NUMBERS = "give remote_id_operator and drones[].remote_id_serial in the fleet file, as the authorisation has them"


class RemoteId:
    """The numbers that the fleet file gives to a drone, and what the drone reports. Without numbers nothing is sent.

    `vehicle` sends them once a second, until the node ends; `None` only reads. Raw MAVLink is read on the ground alone:
    a message costs 0.26 ms of processor time, and only pre-flight needs them.
    """

    def __init__(
        self, node: Node, now: ForwardClock, fleet: Fleet, drone: str, vehicle: MavrosVehicle | None = None,
        in_the_air: Callable[[], bool] = lambda: False,
    ) -> None:  # fmt: skip
        self._node, self._now = node, now
        self._operator, self._serial = fleet.file.remote_id_operator, fleet.member(drone).remote_id_serial
        self._topic = f"/{drone}/mavros/open_drone_id/basic_id"
        self._reader = RemoteIdReader(fleet.system_id(drone))
        self._numbers = Numbers(sent_operator(self._operator), self._serial)
        if not (self._operator or self._serial):
            return
        self._source = raw_topic(fleet.system_id(drone), RAW_SOURCE)
        self._raw: Any = None
        self._listen(True)
        if vehicle is not None:
            self._vehicle, self._in_the_air = vehicle, in_the_air
            every(node, PERIOD_S, self._announce)

    def _announce(self) -> None:
        self._vehicle.announce(self._numbers)
        self._listen(not self._in_the_air())

    def _listen(self, is_on: bool) -> None:
        if is_on and self._raw is None:
            self._raw = self._node.create_subscription(Mavlink, self._source, self._on_raw, qos.RAW_MAVLINK)
        elif not is_on and self._raw is not None:
            self._node.destroy_subscription(self._raw)
            self._raw = None

    def _on_raw(self, message: Any) -> None:
        if RemoteIdReader.reads(message.msgid):
            self._reader.hear(plain(message), self._now())

    def judge(self, auth: Authorisation, *, simulated: bool) -> Judged:
        """The pre-flight check: valid and authorised numbers that MAVROS takes, and a module that is ready."""
        aviation = auth.file.aviation
        named = aviation.rid if aviation is not None else None
        if not (self._operator or self._serial):
            if named is not None and not simulated:
                return Judged("the fleet file gives no numbers", GIVE_NUMBERS)
            return Judged("none: the fleet file gives no numbers", remark=_none_sent(simulated))
        if problem := numbers_problem(self._operator, self._serial):
            return Judged(problem, "correct remote_id_operator, or the drone's remote_id_serial, in the fleet file")
        if len(self._serial) > LONGEST:
            return Judged(f"MAVROS cuts the serial number {self._serial}", f"use one of at most {LONGEST} characters")
        if named is not None and (named.operator != self._operator or self._serial not in named.serials):
            return Judged("the authorisation names other numbers", GIVE_NUMBERS)
        if not (self._node.count_publishers(self._topic) and self._node.count_subscribers(self._topic)):
            return Judged(
                "MAVROS does not take the numbers", "install mavros_extras, and allow its plugin open_drone_id"
            )
        return self._judge_module(simulated=simulated)

    def _judge_module(self, *, simulated: bool) -> Judged:
        ours, heard = self._numbers, self._reader.heard(self._now())
        if heard.ready is None:
            if simulated:
                return Judged(f"{ours.serial} is sent", remark="no module reports: this simulation has none")
            return Judged("no module reports", "connect and power it; let the autopilot pass the messages on")
        if not heard.ready:
            return Judged(f"the module is not ready: {heard.problem}", "see its manual")
        for name, found, own in (("operator", heard.operator, ours.operator), ("serial", heard.serial, ours.serial)):
            if found and found != own:
                return Judged(f"the drone sends {name} number {found}", f"set its module to {own}")
        unread = [name for name, found in (("operator", heard.operator), ("serial", heard.serial)) if not found]
        remark = f"the {' and '.join(unread)} number that it sends is unread" if unread else ""
        return Judged(f"{ours.serial}, the module is ready", remark=remark)


def _none_sent(simulated: bool) -> str:
    return "" if simulated else "check that the law of this place asks for none"
