"""The link of `flight.mavros.MavrosVehicle` to a real MAVROS (or the embedded simulator's) over ROS 2."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import GetParameters
from rclpy.client import Client
from rclpy.node import Node
from rclpy.task import Future

from blindspot.nodes.autopilot.mavros_interface import CALLED, PARAMETERS, PUBLISHED, SERVICES, SUBSCRIBED, fill
from blindspot.nodes.graph.forward_clock import every

_VALUE_FIELD = {
    ParameterType.PARAMETER_BOOL: "bool_value",
    ParameterType.PARAMETER_INTEGER: "integer_value",
    ParameterType.PARAMETER_DOUBLE: "double_value",
}


@dataclass(slots=True)
class _Pending:
    deadline_s: float
    client: Client
    future: Future
    done: Callable[[Any], None]


class RosMavrosLink:
    """Calls, topics and parameters of one vehicle's MAVROS, under `<namespace>/mavros/` of the given node.

    No call blocks. If a service is absent or silent for `timeout_s` of the node's clock, the response is None. The
    adapter treats None as a failure, and has shorter time-outs for most calls. All clients are created at the start:
    a server drops the answer to a client not yet discovered. `services` are the services that this link may call.
    """

    def __init__(
        self, node: Node, *, namespace: str = "", timeout_s: float = 35.0, services: Collection[str] = CALLED
    ) -> None:
        self._node = node
        self._prefix = f"{namespace}/mavros/" if namespace else "mavros/"
        self._timeout_s = timeout_s
        self._clients: dict[str, Client] = {
            name: node.create_client(service_type, self._prefix + name)
            for name, service_type in {**SERVICES, PARAMETERS: GetParameters}.items()
            if name in services
        }
        self._publishers: dict[str, Any] = {}
        self._subscriptions: dict[str, Any] = {}
        self._pending: list[_Pending] = []
        every(node, 0.1, self._expire)

    def call(self, service: str, fields: Mapping[str, object], done: Callable[[Any], None]) -> None:
        """Call `mavros/<service>`; `done` gets the response, or None after the time-out."""
        self._send(service, fill(SERVICES[service].Request(), fields), done)

    def read_parameter(self, name: str, done: Callable[[float | None], None]) -> None:
        """Read an autopilot parameter, which MAVROS keeps as a ROS parameter of its `param` node."""

        def found(response: Any) -> None:
            values = response.values if response is not None else []
            field = _VALUE_FIELD.get(values[0].type) if values else None
            done(float(getattr(values[0], field)) if field else None)

        self._send(PARAMETERS, GetParameters.Request(names=[name]), found)

    def publish(self, topic: str, fields: Mapping[str, object]) -> None:
        message_type, profile = SUBSCRIBED[topic]
        if topic not in self._publishers:
            self._publishers[topic] = self._node.create_publisher(message_type, self._prefix + topic, profile)
        self._publishers[topic].publish(fill(message_type(), fields))

    def subscribe(self, topic: str, callback: Callable[[Any], None]) -> None:
        """Call `callback` with every message of a MAVROS topic, in place of an earlier callback."""
        message_type, profile = PUBLISHED[topic]
        if topic in self._subscriptions:
            self._node.destroy_subscription(self._subscriptions[topic])
        self._subscriptions[topic] = self._node.create_subscription(
            message_type, self._prefix + topic, callback, profile
        )

    def _now_s(self) -> float:
        return float(self._node.get_clock().now().nanoseconds) * 1e-9

    def _send(self, service: str, request: Any, done: Callable[[Any], None]) -> None:
        client = self._clients[service]
        pending = _Pending(self._now_s() + self._timeout_s, client, client.call_async(request), done)
        self._pending.append(pending)
        pending.future.add_done_callback(lambda _: self._answered(pending))

    def _answered(self, pending: _Pending) -> None:
        if pending in self._pending:
            self._pending.remove(pending)
            pending.done(pending.future.result())

    def _expire(self) -> None:
        now_s = self._now_s()
        for pending in [p for p in self._pending if now_s >= p.deadline_s]:
            self._pending.remove(pending)
            pending.client.remove_pending_request(pending.future)
            pending.done(None)
