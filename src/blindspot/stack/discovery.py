"""Discovery over a radio that blocks multicast: a Fast DDS discovery server runs on each computer.

Each node asks both servers, so that nodes of one computer find each other while the radio is cut: a `flight_control`
that restarts in the air must find its MAVROS.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from blindspot.core import InputError
from blindspot.stack.processes import Part, ProgramProcess

PORT = 11811
SERVERS: tuple[Part, Part] = ("drone", "ground")
"""Order of the servers in every list; a server's index is its number."""
_ADDRESS = re.compile(r"[A-Za-z0-9.-]+")


def discovery_port(domain: int) -> int:
    """The UDP port on which the nodes of a ROS domain hear of each other (DDSI-RTPS 2.2, 9.6.1.1)."""
    return 7400 + 250 * domain


def discovery(part: Part, peer: str) -> tuple[Mapping[str, str], tuple[ProgramProcess, ...]]:
    """(environment of every process of a part, discovery server that runs beside them).

    `peer` is the other computer's name or IPv4 address; both are empty if it is empty. Raises InputError for text that
    can't be an address, or for a peer although `part` is "all".
    """
    if not peer:
        return {}, ()
    if part == "all":
        raise InputError("peer", "", f"{peer} has no part of the stack", "set part:=drone or part:=ground")
    if not _ADDRESS.fullmatch(peer):
        raise InputError("peer", "", f"{peer} is neither a name nor an address", "write one, e.g. 192.168.10.2")
    addresses = [f"{'127.0.0.1' if at == part else peer}:{PORT}" for at in SERVERS]
    command = ("fast-discovery-server", "-i", str(SERVERS.index(part)), "-p", str(PORT))
    return {"ROS_DISCOVERY_SERVER": ";".join(addresses)}, (ProgramProcess("discovery_server", command),)
