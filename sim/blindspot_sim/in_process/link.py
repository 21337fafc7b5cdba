"""The link of `flight.mavros.MavrosVehicle` to a simulated MAVROS in the same process, on simulated time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import Any

from blindspot_sim.mavros.simulated_mavros import SimulatedMavros


class InProcessLink:
    """A `MavrosLink`. `calls` records (stamp_s, service, fields) of each request. `cut` blocks the link."""

    def __init__(self, mavros: SimulatedMavros) -> None:
        self.calls: list[tuple[float, str, Mapping[str, object]]] = []
        self.cut = False
        self._mavros = mavros
        self._listeners: dict[str, list[Callable[[Any], None]]] = defaultdict(list)
        self._makers: dict[str, Maker] = {}

    def call(self, service: str, fields: Mapping[str, object], done: Callable[[Any], None]) -> None:
        self.calls.append((self._mavros.now_s, service, fields))
        if not self.cut:
            self._mavros.call(service, fields, lambda reply: None if self.cut else done(message_of(reply)))

    def read_parameter(self, name: str, done: Callable[[float | None], None]) -> None:
        if not self.cut:
            value = self._mavros.params.get(name)
            done(None if value is None else float(value))

    def publish(self, topic: str, fields: Mapping[str, object]) -> None:
        if not self.cut:
            self._mavros.publish(topic, fields)

    def subscribe(self, topic: str, callback: Callable[[Any], None]) -> None:
        self._listeners[topic].append(callback)

    @property
    def topics(self) -> Collection[str]:
        return self._listeners.keys()

    def deliver(self) -> None:
        """Pass on the vehicle's messages since the last call."""
        messages = self._mavros.drain()
        if self.cut:
            return
        for _, topic, fields in messages:
            if topic not in self._listeners:
                continue
            if topic not in self._makers:
                self._makers[topic] = maker(fields)
            message = self._makers[topic](fields)
            for listener in self._listeners[topic]:
                listener(message)


Maker = Callable[[Any], Any]
"""Makes a message from fields. The message takes the dict over."""


class Message:
    """Fields as attributes, as in ROS messages."""


def _flat(fields: dict[str, Any]) -> Message:
    """A message of plain fields. It skips `__init__`, half the cost: each drone sends some fifty messages a second."""
    message = Message()
    message.__dict__ = fields
    return message


def maker(fields: dict[str, Any]) -> Maker:
    """A maker for all messages of a topic, from the fields of one message. It finds the nested fields only once.

    Headers stay plain: a flight uses its own clock.
    """
    inner = tuple(
        (name, maker(value) if type(value) is dict else _list)
        for name, value in fields.items() if type(value) in (dict, list) and name != "header"
    )  # fmt: skip
    if not inner:
        return _flat

    def make(of: dict[str, Any]) -> Message:
        for name, its in inner:
            of[name] = its(of[name])
        message = Message()
        message.__dict__ = of
        return message

    return make


def _list(values: list[Any]) -> list[Any]:
    """Convert a list of one kind: messages or plain values."""
    if not values or type(values[0]) is not dict:
        return values
    make = maker(values[0])
    return [make(value) for value in values]


def message_of(fields: dict[str, Any]) -> Any:
    """Make a message of a topic that comes only once."""
    return maker(fields)(fields)
