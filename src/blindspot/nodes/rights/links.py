"""Links with other systems, as the software sees them: nodes of the graph, readers of pictures, ends of connections.

The nodes of the stack are those of the table of rights, which a test compares with the bring-up. Names can be forged
where the graph is open, and a program beside the stack is on no graph: a named person states that there is none.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from typing import Any

from rclpy.node import Node

from blindspot.console import read_address
from blindspot.core import InputError
from blindspot.flight.watch import peers, peers_of
from blindspot.mission import Fleet
from blindspot.nodes.autopilot.drone_facts import PERIOD_S, DroneFacts
from blindspot.nodes.rights import rights_of
from blindspot.stack import stack_record

PICTURES = ("camera/image_masked", "camera/image_masked/compressed", "camera/image_raw", "detections", "sightings",
            "events")  # fmt: skip
"""Topics of a drone with pictures or with what a detector found in them."""
ONLY_SIMULATED = frozenset({"simulator", "gimbal", "mission_starter"})
LAUNCH = re.compile(r"/launch_ros_\d+")
UNNAMED = "_UNKNOWN_"
"""Part of the name of an endpoint whose node is not discovered yet."""
_ADDRESS = re.compile(r"\d+(?:\.\d+){3}")


class Links:
    """What another system would be connected by; read at most every two seconds."""

    def __init__(self, node: Node, fleet: Fleet, facts: DroneFacts, *, simulated: bool = False) -> None:
        self._node, self._fleet, self._facts, self._simulated = node, fleet, facts, simulated
        self._own = own_hosts(fleet)
        self._read_s = -PERIOD_S
        self._graph: tuple[str, ...] | None = None
        self._peers: tuple[str, ...] | None = None
        self._pages: tuple[str, ...] | None = None

    def out(self, drones: Collection[str], hosts: Collection[str], now_s: float) -> tuple[str, ...] | None:
        """The foreign nodes, readers and addresses; `None` if a part is unknown and none is found. `hosts` are own
        devices that a person has named."""
        if now_s - self._read_s >= PERIOD_S:
            self._read_s, self._peers, self._pages = now_s, peers(), _peers_of_console()
            self._graph = strangers(self._node, self._fleet, simulated=self._simulated)
        reported = [self._facts.peers(drone) for drone in drones]
        own = self._own | frozenset(hosts)
        pages = [end for end in self._pages or () if end not in own]
        known = [each for each in (self._peers, *reported) if each is not None]
        others = [end for ends in known for end in ends if end not in own and end not in pages]
        found = [f"address {end}, by a page or an output of the console," for end in pages]
        found += [*(f"address {end}" for end in others), *(self._graph or ())]
        is_known = len(known) == 1 + len(reported) and self._graph is not None and self._pages is not None
        return tuple(dict.fromkeys(found)) if found or is_known else None


def _peers_of_console() -> tuple[str, ...] | None:
    """The addresses that are connected with the console of this ROS domain, which a person may start in another
    terminal; none without a console."""
    console = read_address(stack_record.console_file(os.environ))
    return () if console is None else peers_of(console.pid)


def own_hosts(fleet: Fleet) -> frozenset[str]:
    """The addresses that the fleet file names: of companion computers, and in links to autopilots."""
    texts = (text for drone in fleet.file.drones for text in (drone.peer, *_ADDRESS.findall(drone.fcu_url)))
    return frozenset(text for text in texts if text)


def has_twin(node: Node) -> bool:
    """Whether the graph has another node of this node's name."""
    own = node.get_name(), node.get_namespace()
    return sum(tuple(each) == own for each in node.get_node_names_and_namespaces()) > 1


def strangers(node: Node, fleet: Fleet, *, simulated: bool = False) -> tuple[str, ...] | None:
    """Nodes outside the stack, and readers of pictures without the right to read pictures; `None` while the node of a
    reader is unknown. The nodes that only a simulation has are strangers on a real drone's graph."""
    names = [_full(*place) for place in node.get_node_names_and_namespaces()]
    found = [name for name in names if not (_is_own(name, fleet) or (simulated and _only_simulated(name)))]
    for topic in (f"/{drone}/{name}" for drone in fleet.names for name in PICTURES):
        for reader in _readers(node, topic):
            if UNNAMED in reader:
                return None
            if not _may_read(reader, topic, fleet):
                found.append(f"{reader}, which reads {topic},")
    return tuple(sorted(set(found)))


def _readers(node: Any, topic: str) -> Iterator[str]:
    for end in node.get_subscriptions_info_by_topic(topic):
        yield _full(end.node_name, end.node_namespace)


def _full(name: str, namespace: str) -> str:
    return f"{namespace.rstrip('/')}/{name}"


def _is_own(name: str, fleet: Fleet) -> bool:
    if LAUNCH.fullmatch(name) or any(name.startswith(f"/{drone}/mavros/") for drone in fleet.names):
        return True
    if _only_simulated(name):
        return False
    try:
        rights_of(name, fleet, simulated=False)
    except InputError:
        return False
    return True


def _only_simulated(name: str) -> bool:
    return name.rpartition("/")[2] in ONLY_SIMULATED


def _may_read(reader: str, topic: str, fleet: Fleet) -> bool:
    return _is_own(reader, fleet) and not LAUNCH.fullmatch(reader) and topic in _read_by(reader, fleet)


def _read_by(reader: str, fleet: Fleet) -> frozenset[str]:
    try:
        return rights_of(reader, fleet, simulated=False).subscribes
    except InputError:  # a part of MAVROS
        return frozenset()
