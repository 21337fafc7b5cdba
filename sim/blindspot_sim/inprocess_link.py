"""The link of `flight.mavros.MavrosVehicle` to a simulated MAVROS in the same process: no ROS, no wall clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import Any

from blindspot_sim.mavros import SimulatedMavros


class InProcessLink:
    """A `MavrosLink`. `calls` keeps (stamp_s, service, fields) of everything asked; while `cut` nothing passes."""

    def __init__(self, mavros: SimulatedMavros) -> None:
        self.calls: list[tuple[float, str, Mapping[str, object]]] = []
        self.cut = False
        self._mavros = mavros
        self._listeners: dict[str, list[Callable[[Any], None]]] = defaultdict(list)
        self._nested: dict[str, Nested] = {}

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
        """What somebody listens to."""
        return self._listeners.keys()

    def deliver(self) -> None:
        """Hand on what the vehicle has said since the last time."""
        for _, topic, fields in self._mavros.drain():
            listeners = self._listeners.get(topic)
            if listeners and not self.cut:
                if topic not in self._nested:
                    self._nested[topic] = nested(fields)
                message = as_message(fields, self._nested[topic])
                for listener in listeners:
                    listener(message)


Nested = tuple[tuple[str, Any], ...]
"""The fields of a message that are messages, with their own, or lists (None): the same for all messages of a topic."""


class Message:
    """Fields as attributes, as ROS messages have them."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.__dict__ = fields  # taken over, not copied: a fleet hears some fifty messages a second from each drone


def nested(fields: dict[str, Any]) -> Nested:
    """What of a message is nested; looked up once a topic. Headers stay as they are: a flight goes by its own clock."""
    kinds = {name: type(value) for name, value in fields.items() if name != "header"}
    return tuple(
        (name, nested(fields[name]) if kind is dict else None) for name, kind in kinds.items() if kind in (dict, list)
    )


def as_message(fields: dict[str, Any], inner: Nested) -> Any:
    """`fields`, which becomes the message's own, with nested mappings and lists of them as messages, too."""
    for name, its in inner:
        value = fields[name]
        if its is not None:
            fields[name] = as_message(value, its)
        elif value and type(value[0]) is dict:
            of_each = nested(value[0])
            fields[name] = [as_message(item, of_each) for item in value]
    return Message(fields)


def message_of(fields: dict[str, Any]) -> Any:
    """`as_message` for one that comes but once."""
    return as_message(fields, nested(fields))
