"""Discovery over a radio that blocks multicast: a Fast DDS discovery server runs on each computer.

Each node asks the server on the same computer and the servers across the radio: a drone asks the ground station, the
ground station every drone. So nodes of one computer find each other while the radio is cut: a `flight_control` that
restarts in the air must find the drone's MAVROS.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from blindspot.core import InputError
from blindspot.stack.programs.launch_table import Part
from blindspot.stack.programs.processes import ProgramProcess

PORT = 11811
HERE = "127.0.0.1"
_ADDRESS = re.compile(r"[A-Za-z0-9.-]+")


def discovery_port(domain: int) -> int:
    """The UDP port on which the nodes of a ROS domain hear of each other (DDSI-RTPS 2.2, 9.6.1.1)."""
    return 7400 + 250 * domain


def discovery(
    part: Part, computers: Mapping[str, str], peer: str, drone: str
) -> tuple[Mapping[str, str], tuple[ProgramProcess, ...]]:
    """Discovery without multicast: the environment of every process of a part, and the part's discovery server. Both
    are empty where no address is given.

    `computers` holds a drone on each computer that carries drones, with that computer's address from the fleet file.
    The number of a drone's discovery server is the drone's place, the ground station's server has the next number.
    `peer` is on a drone the ground station's address; on the ground the address of the only drone, if given. `drone` is
    the drone of `computers` that is on this computer.

    Raises InputError for an impossible address, a missing address, or a peer with the part "all".
    """
    if part == "all":
        if peer:
            raise InputError("peer", "", f"{peer} has no part of the stack", "set part:=drone or part:=ground")
        return {}, ()
    drones = _on_ground(computers, peer) if part == "ground" else _on_board(computers, peer, drone)
    if not any(drones):
        return {}, ()
    servers = [*drones, HERE if part == "ground" else peer]
    for address in servers:
        if address and not _ADDRESS.fullmatch(address):
            raise InputError("peer", "", f"{address} is neither a name nor an address", "write one, e.g. 192.168.10.2")
    number = len(drones) if part == "ground" else list(computers).index(drone)
    command = ("fast-discovery-server", "-i", str(number), "-p", str(PORT))
    # The place in the list is a server's number, so the place of an unasked server stays empty.
    listed = ";".join(f"{address}:{PORT}" if address else "" for address in servers)
    # Without this server, a flight_control started again in the air would not find the drone's MAVROS.
    return {"ROS_DISCOVERY_SERVER": listed}, (ProgramProcess("discovery_server", command, starts_again=True),)


def _on_ground(computers: Mapping[str, str], peer: str) -> list[str]:
    """The drones' computers, as the ground station asks them."""
    if peer and len(computers) > 1:
        problem = f"{peer} is one address, and the fleet has {len(computers)} drones"
        raise InputError("peer", "", problem, "write the peer of each drone into the fleet file")
    addresses = [peer] if peer else list(computers.values())
    absent = [drone for drone, address in computers.items() if not address]
    if any(addresses) and not all(addresses):
        problem = f"is missing for {', '.join(absent)}, and other drones have one"
        raise InputError("peer", "", problem, "write it into the fleet file")
    return addresses


def _on_board(computers: Mapping[str, str], peer: str, drone: str) -> list[str]:
    """The drones' computers, as asked by one drone: only this drone."""
    if not peer and computers[drone]:
        problem = f"is missing, and the fleet file gives {drone} one"
        raise InputError("peer", "", problem, "name the address of the ground station")
    return [HERE if peer and name == drone else "" for name in computers]
