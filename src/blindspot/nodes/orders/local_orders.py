"""Orders to the stack of this computer through a socket file: a command takes a busy computer ten seconds to join the
graph, and drones fly meanwhile.

The file lies in the state folder and serves the user of the stack alone: the kernel says to each end which user the
other end is. `mission_manager` treats an order from the socket as an order from the service. A packet is one JSON
document: the order, then the answer, then the drones' states until they all show it or the client goes. The question
`STATUS` changes nothing, and has one answer. A stack with a keystore of SROS 2 has no socket: there the enclave
decides.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from blindspot.core import private
from blindspot.law.clearances import state_folder
from blindspot.stack.enclaves import KEYSTORE, ros_domain

REMARK = "; note: "
"""In the answer to an order, before its effect on other drones."""
_TAKEN = " is sent to "
STATUS = {"ask": "status"}
"""The question of `blindspot status`; the answer is one document, the fleet's state."""
LONGEST_BYTES = 1 << 16
_WAITING = 8
"""Clients that wait for their turn."""
ANSWERED_WITHIN_S = 3.0
"""Longest wait for the answer to a question; the graph answers it then."""
CONNECTED_WITHIN_S = 1
"""Time for which a client waits for a place in that queue, s; it joins the graph then."""


def answer_to(order: str, taken: Sequence[str], problems: Sequence[str], remark: str = "") -> str:
    """The mission manager's sentence on an order: the drones that took the order, a problem of each other drone,
    an effect on further drones."""
    sent = [f"{order}{_TAKEN}{', '.join(taken)}"] if taken else []
    return "; ".join([*sent, *problems]) + (f"{REMARK}{remark}" if remark else "")


def parts_of(answer: str) -> tuple[tuple[str, ...], str, str]:
    """The drones that took an order, the problems, and the effect on further drones, of `answer_to`."""
    said, _, remark = answer.partition(REMARK)
    sent, _, problems = said.partition("; ")
    _, is_taken, drones = sent.partition(_TAKEN)
    return (tuple(drones.split(", ")), problems, remark) if is_taken else ((), said, remark)


def order_socket(environ: Mapping[str, str]) -> Path | None:
    """The file of the stack on this ROS domain; None with a keystore."""
    if environ.get(KEYSTORE):
        return None
    return state_folder(environ) / "stacks" / f"orders-{ros_domain(environ)}.sock"


def listen(path: Path) -> socket.socket | None:
    """A socket without waits; None if another process listens there. Raises OSError."""
    if (other := connect(path)) is not None:
        other.close()
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = _new_socket()
    with _address(path) as address:
        listener.bind(address)
    path.chmod(0o600)
    listener.listen(_WAITING)  # before, the kernel refuses everybody
    listener.setblocking(False)
    return listener


def connect(path: Path) -> socket.socket | None:
    """The way to the process of this user that listens there; None without such a process, or if too many others wait
    there."""
    channel = _new_socket()
    channel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", CONNECTED_WITHIN_S, 0))
    with suppress(OSError):
        with _address(path) as address:
            channel.connect(address)
        if is_of_this_user(channel):
            return channel
    channel.close()
    return None


def is_of_this_user(channel: socket.socket) -> bool:
    """Whether the other end is a process of this user; one whose user is unknown is none."""
    with suppress(OSError):
        return private.peer_of(channel)[1] == os.geteuid()
    return False


def send(channel: socket.socket, document: Mapping[str, Any]) -> None:
    """Raises OSError."""
    channel.send(json.dumps(document).encode())


def receive(channel: socket.socket, within_s: float) -> dict[str, Any] | None:
    """The next document; None if none comes in this time, or the other side is gone."""
    channel.settimeout(within_s)
    with suppress(OSError, ValueError, RecursionError):
        document = json.loads(channel.recv(LONGEST_BYTES))
        return document if isinstance(document, dict) else None
    return None


def ask_status(environ: Mapping[str, str]) -> dict[str, Any] | None:
    """The state of the fleet of the stack on this computer (`states.fleet_state`); None if none answers here."""
    path = order_socket(environ)
    channel = None if path is None else connect(path)
    if channel is None:
        return None
    with channel:
        with suppress(OSError):
            send(channel, STATUS)
        answer = receive(channel, ANSWERED_WITHIN_S)
    return answer if answer is not None and "drones" in answer and "missions" in answer else None


def _new_socket() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """The address of a file: at most 107 bytes, however long the path is. Raises OSError without the folder."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
