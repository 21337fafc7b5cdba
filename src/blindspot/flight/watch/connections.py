"""The other ends of the stack's connections on this computer.

The stack's processes are those that our own parent has started, and the parent. Only connected sockets name their other
end: TCP, and UDP that was connected. DDS uses other UDP sockets; its participants are on the ROS graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from sys import byteorder
from typing import Any

import psutil

SOCKETS = Path("/proc/net")
"""The kernel's lists of the sockets of this computer, of every process."""
_WORD = 4
_ORDER = -1 if byteorder == "little" else 1
"""Bytes of a word of an address, and their order: the kernel writes each word in the order of this processor."""
_OTHER_END = 2
"""Column of the other end, as address and port in hexadecimal digits."""


def peers(own: int | None = None, sockets: Path = SOCKETS) -> tuple[str, ...] | None:
    """Addresses outside this computer that a process of the stack is connected with, in order; `None` if the processes
    or their sockets can't be read. `own` is the id of one of these processes; by default this one's."""
    try:
        if not any(map(_outside, _all_ends(sockets))):
            return ()  # to find the process of each socket takes a hundred times as long
        process = psutil.Process(own)
        parent = process.parent() or process
        ends = {end for each in (parent, *parent.children(recursive=True)) for end in _ends(each)}
    except (psutil.Error, OSError, ValueError, IndexError):
        return None
    return tuple(sorted(ends))


def _all_ends(sockets: Path) -> Iterator[str]:
    """The other ends of all sockets of this computer. Raises OSError, ValueError or IndexError if they can't be
    read."""
    for protocol in ("tcp", "udp", "tcp6", "udp6"):
        file = sockets / protocol
        if protocol.endswith("6") and not file.exists():
            continue  # a kernel without IPv6
        lines = file.read_text(encoding="ascii").splitlines()[1:]
        for digits in {line.split()[_OTHER_END].partition(":")[0] for line in lines}:
            words = bytes.fromhex(digits)
            starts = range(0, len(words), _WORD)
            packed = b"".join(words[i : i + _WORD][::_ORDER] for i in starts)
            yield str(IPv6Address(packed) if protocol.endswith("6") else IPv4Address(packed))


def _ends(process: psutil.Process) -> Iterator[str]:
    """The other ends of a process's sockets, except this computer's own loopback; none for a process that has ended."""
    with suppress(psutil.NoSuchProcess):
        links: list[Any] = process.net_connections(kind="inet")
        yield from filter(None, (_outside(link.raddr.ip) for link in links if link.raddr))


def _outside(address: str) -> str:
    """The other end of a socket; empty if it has none, or on this computer's own loopback."""
    end = ip_address(address)
    end = (end.ipv4_mapped if isinstance(end, IPv6Address) else None) or end
    return "" if end.is_unspecified or end.is_loopback else str(end)
