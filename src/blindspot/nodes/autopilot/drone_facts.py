"""Facts that a drone's nodes report to the gate before a flight, on `facts/NAME` of the drone, and their reader.

Each topic has one sender; a topic with two is ignored. The messages are unsigned: see the guide on security.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from math import inf, isfinite
from typing import Any

from blindspot_msgs.msg import DroneStatus
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import GetParameters
from rclpy.node import Node

from blindspot.core import one_line
from blindspot.evidence.acts import recorded
from blindspot.flight.vehicle import RemoteIdReader
from blindspot.law.rules import Book, Ready, RemoteIdState
from blindspot.mission import Fleet
from blindspot.nodes.autopilot.mavros_interface import PARAMETERS, plain
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.forward_clock import every
from blindspot.nodes.graph.messages import now_s, seconds, stamp

PERIOD_S = 2.0
FRESH_S = 10.0
PLACE_FRESH_S = 5.0
"""Age up to which a place counts: a drone reports it twice a second."""
Place = tuple[float, float, float]
"""East, north and height above the datum, m."""
ASKS_BEFORE_ARMING = "COM_ARM_AUTH_REQ"
COMPUTER, CAMERA, MODELS, MASKS = "computer", "camera", "models", "masks"
FLEET = "fleet"
"""Hash of the computer's fleet file."""
SOUND, UNREADABLE = "sound", "unreadable"
PEERS, PEER = "peers", "peer"
"""Number of the other ends of connections, and each of them."""
JOURNAL, KEPT, ACT = "journal", "journal_kept_days", "journalled"
"""Whether the computer's journal works, for how many days the journal is kept, and each kind of acts in the journal."""
FLOWN_RUN, FLOWN_PLAN, RECORDED_S = "flown_run", "flown_plan", "recorded_s"
"""Run and plan (hash) of the latest flight, and the length of the run's recordings. Sent after a landing, if known."""
SOURCE, TRACKS, SILENT = "source", "tracks", "silent"
"""Kind of the source of pictures, and that its stream is known to have no sound track."""
CLOCK_READINGS = 10
MOST_VALUES = 50

_LENGTH = re.compile(r"[0-9]{1,6}(\.[0-9])?")
Values = Sequence[tuple[str, str]]


class FactSender:
    """Publishes one kind of facts of a drone every two seconds, from now to the end of the node."""

    def __init__(self, node: Node, name: str, values: Callable[[], Values]) -> None:
        self._node, self._name, self._values = node, name, values
        self._publisher = node.create_publisher(DiagnosticArray, f"facts/{name}", qos.LATCHED)
        every(node, PERIOD_S, self.send)

    def send(self) -> None:
        status = DiagnosticStatus(level=DiagnosticStatus.OK, name=self._name)
        status.values = [KeyValue(key=key, value=value) for key, value in self._values()]
        message = DiagnosticArray(status=[status])
        message.header.stamp = stamp(now_s(self._node))
        self._publisher.publish(message)


class DroneFacts:
    """Reads what the drones of a fleet report. `allowed_models` are the hashes on the product's list."""

    def __init__(self, node: Node, now: Callable[[], float], fleet: Fleet, allowed_models: Sequence[str]) -> None:
        self._node, self._now, self._fleet, self._allowed = node, now, fleet, tuple(allowed_models)
        self._readers = {name: RemoteIdReader(fleet.system_id(name)) for name in fleet.names}
        self._heard: dict[tuple[str, str], tuple[float, tuple[tuple[str, str], ...]]] = {}
        self._clocks: dict[str, deque[tuple[float, float]]] = {}
        self._asks: dict[str, tuple[float, bool]] = {}
        self._places: dict[str, tuple[float, Place | None]] = {}
        self._parameters: dict[str, Any] = {}
        for drone in fleet.names:
            self._parameters[drone] = node.create_client(GetParameters, f"/{drone}/mavros/{PARAMETERS}")
            hear_clock = partial(self._on_status, drone)
            node.create_subscription(DroneStatus, f"/{drone}/drone_status", hear_clock, qos.LATCHED)
            for name in (COMPUTER, CAMERA, MODELS):
                hear = partial(self._on_facts, drone, name)
                node.create_subscription(DiagnosticArray, _topic(drone, name), hear, qos.LATCHED)
        every(node, PERIOD_S, self._read_parameters)

    def _read_parameters(self) -> None:
        """Ask each MAVROS for the copy of the autopilot's parameter; a silent MAVROS leaves the parameter unknown."""
        for drone, client in self._parameters.items():
            if client.service_is_ready():
                future = client.call_async(GetParameters.Request(names=[ASKS_BEFORE_ARMING]))
                future.add_done_callback(partial(self._on_parameter, drone))

    def _on_parameter(self, drone: str, future: Any) -> None:
        response = future.result()
        values = response.values if response is not None else []
        if values and values[0].type == ParameterType.PARAMETER_INTEGER:
            self._asks[drone] = self._now(), values[0].integer_value == 1

    def hear_raw(self, drone: str, message: Any) -> None:
        """One mavros_msgs/Mavlink from the drone."""
        if RemoteIdReader.reads(message.msgid):
            self._readers[drone].hear(plain(message), self._now())

    def _on_facts(self, drone: str, name: str, message: Any) -> None:
        values = [pair for status in message.status[:1] for pair in status.values[:MOST_VALUES]]
        reported = tuple((one_line(pair.key, 100), one_line(pair.value, 100)) for pair in values)
        self._heard[drone, name] = self._now(), reported

    def _on_status(self, drone: str, message: Any) -> None:
        """Its stamp is the drone's clock; the way here adds to the difference, so the largest of some counts."""
        off_s = seconds(message.header.stamp) - now_s(self._node)
        self._clocks.setdefault(drone, deque(maxlen=CLOCK_READINGS)).append((self._now(), off_s))
        at = message.position
        self._places[drone] = self._now(), (at.x, at.y, at.z) if all(map(isfinite, (at.x, at.y, at.z))) else None

    def ready(self, drones: Sequence[str]) -> Ready:
        """The facts of pre-flight about these drones; each that is unknown of one drone is unknown of all."""
        models, graph = _of_all([self._reported(drone, MODELS) for drone in drones]), self._graph()
        sound = _of_all([self._sound(drone) for drone in drones])
        return Ready(
            audio_devices=(*sound, *filter(_is_of_sound, graph)) if sound is not None else None,
            names=(*graph, *(name for name, _ in models)) if models is not None else None,
            models=models, allowed_models=self._allowed, remote_id=self.remote_id(drones),
            clock_off_s=self._clock_off_s(drones), autopilot_asks=self._autopilots_ask(drones),
            green_light=self.green_light(drones),
        )  # fmt: skip

    def green_light(self, drones: Sequence[str]) -> bool | None:
        """Whether a person states the green light of each drone; nothing measures it."""
        return True if all(self._fleet.member(drone).green_light_by for drone in drones) else None

    def place(self, drone: str) -> Place | None:
        """The place of a drone, as reported by the drone lately."""
        at_s, place = self._places.get(drone, (-inf, None))
        return place if self._now() - at_s <= PLACE_FRESH_S else None

    def _reported(self, drone: str, name: str) -> tuple[tuple[str, str], ...] | None:
        at_s, values = self._heard.get((drone, name), (None, ()))
        is_fresh = at_s is not None and self._now() - at_s <= FRESH_S
        return values if is_fresh and self._node.count_publishers(_topic(drone, name)) == 1 else None

    def _sound(self, drone: str) -> tuple[str, ...] | None:
        """Sources of sound of the drone's computer; `None` if that or the camera is unknown, or may carry sound."""
        computer, camera = self._reported(drone, COMPUTER), self._reported(drone, CAMERA)
        if computer is None or camera is None or (UNREADABLE, SOUND) in computer:
            return None
        found = tuple(f"{value} of {drone}" for key, value in (*computer, *camera) if key == SOUND)
        return found if found or (TRACKS, SILENT) in camera else None

    def peers(self, drone: str) -> tuple[str, ...] | None:
        """The other ends of the connections of a drone's computer; `None` if they are unknown."""
        computer = self._reported(drone, COMPUTER) or ()
        found = tuple(value for key, value in computer if key == PEER)
        return found if (PEERS, str(len(found))) in computer else None

    def book(self, drone: str) -> Book:
        """The journal of a drone's computer, as reported by the computer."""
        computer = self._reported(drone, COMPUTER) or ()
        said = dict(computer)
        acts = tuple(value for key, value in computer if key == ACT)
        return Book(
            writable=said[JOURNAL] == "works" if JOURNAL in said else None, acts=acts or None,
            kept_days=int(said[KEPT]) if said.get(KEPT, "").isdecimal() else None,
        )  # fmt: skip

    def recorded(self, drone: str) -> recorded.Recorded | None:
        """The recording of a drone's latest run on the drone's computer, as reported after the landing."""
        said = dict(self._reported(drone, COMPUTER) or ())
        number = said.get(RECORDED_S, "")
        if FLOWN_RUN not in said or FLOWN_PLAN not in said or not _LENGTH.fullmatch(number):
            return None
        if float(number) > recorded.LONGEST_S:
            return None
        return recorded.Recorded(said[FLOWN_RUN], said[FLOWN_PLAN], float(number))

    def _graph(self) -> tuple[str, ...]:
        """Nodes, topics and message types of the graph, as this node has discovered them."""
        nodes = (name for name, _ in self._node.get_node_names_and_namespaces())
        topics = (word for topic, types in self._node.get_topic_names_and_types() for word in (topic, *types))
        return tuple(sorted({*nodes, *topics}))

    def remote_id(self, drones: Sequence[str]) -> RemoteIdState | None:
        """The broadcast of the drones by their own messages, with the serial number of each."""
        heard = [self._readers[drone].heard(self._now()) for drone in drones]
        if any(each.ready is None for each in heard) or not heard:
            return None
        operators, serials = sorted({each.operator for each in heard}), tuple(each.serial for each in heard)
        is_active = all(each.ready for each in heard)
        if is_active and not (all(operators) and all(serials)):
            return None
        return RemoteIdState(is_active, ", ".join(operators), serials)

    def _autopilots_ask(self, drones: Sequence[str]) -> bool | None:
        asks = [self._asks.get(drone) for drone in drones]
        fresh = [each[1] for each in asks if each is not None and self._now() - each[0] <= FRESH_S]
        return all(fresh) if len(fresh) == len(drones) else None

    def _clock_off_s(self, drones: Sequence[str]) -> float | None:
        worst: list[float] = []
        for drone in drones:
            fresh = [off_s for at_s, off_s in self._clocks.get(drone, ()) if self._now() - at_s <= FRESH_S]
            if len(fresh) < 2:  # the first one may be the latched status of long ago
                return None
            worst.append(max(fresh, key=abs))
        return max(worst, key=abs, default=None)


def _is_of_sound(name: str) -> bool:
    """Whether a node, topic or type of the graph is about sound."""
    return any(word in name.lower() for word in ("audio", "microphone", "sound", "speech"))


def _topic(drone: str, name: str) -> str:
    return f"/{drone}/facts/{name}"


def _of_all(known: Sequence[tuple[Any, ...] | None]) -> tuple[Any, ...] | None:
    return None if None in known else tuple(each for values in known if values is not None for each in values)


def sound_values(inputs: Sequence[str] | None) -> Values:
    """The sound inputs of a computer as facts; `None` for unreadable ones."""
    return [(UNREADABLE, SOUND)] if inputs is None else [(SOUND, name) for name in inputs]
