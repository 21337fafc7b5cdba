"""The other ends of the stack's connections on this computer.

The stack's processes are our parent and all processes started by our parent. Only connected sockets name their other
end: TCP, and UDP that was connected. DDS uses other UDP sockets; its participants are on the ROS graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from typing import Any

import psutil


def peers(own: int | None = None) -> tuple[str, ...] | None:
    """Addresses outside this computer with a connection to a process of the stack, in order; `None` for unreadable
    processes or sockets. `own` is the id of a process of the stack; by default of this process."""
    try:
        if not any(_outside(link.raddr) for link in psutil.net_connections(kind="inet")):
            return ()  # one look at all processes takes an eighth of the time
        process = psutil.Process(own)
        parent = process.parent() or process
        ends = {end for each in (parent, *parent.children(recursive=True)) for end in _ends(each)}
    except (psutil.Error, OSError):
        return None
    return tuple(sorted(ends))


def peers_of(pid: int) -> tuple[str, ...] | None:
    """Addresses outside this computer with a connection to one process, in order; `None` for unreadable sockets."""
    try:
        return tuple(sorted(set(_ends(psutil.Process(pid)))))
    except psutil.NoSuchProcess:
        return ()
    except (psutil.Error, OSError):
        return None


def _ends(process: psutil.Process) -> Iterator[str]:
    """The other ends of a process's sockets, except this computer itself; none for a process that has ended."""
    with suppress(psutil.NoSuchProcess):
        here = {each.address for links in psutil.net_if_addrs().values() for each in links}
        found = (_outside(link.raddr) for link in process.net_connections(kind="inet"))
        yield from (end for end in found if end and end not in here)


def _outside(address: Any) -> str:
    """The other end of a socket; empty if it has none, or on this computer's own loopback."""
    if not address:
        return ""
    end = ip_address(address.ip)
    end = (end.ipv4_mapped if isinstance(end, IPv6Address) else None) or end
    return "" if end.is_unspecified or end.is_loopback else str(end)
