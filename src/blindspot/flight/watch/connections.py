"""The other ends of the stack's connections on this computer, by the kernel's tables of sockets.

The stack's processes are those that our own parent has started, and the parent. Only connected sockets name their other
end: TCP, and UDP that was connected. DDS uses other UDP sockets; its participants are on the ROS graph.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

PROC = Path("/proc")
TABLES = ("tcp", "tcp6", "udp", "udp6")
_SOCKET = "socket:["


def peers(proc: Path = PROC, own: int | None = None) -> tuple[str, ...] | None:
    """Addresses outside this computer that a process of the stack is connected with, in order; `None` if the processes
    or their sockets can't be read."""
    try:
        processes = _family(proc, own if own is not None else os.getpid())
        if processes is None:
            return None
        sockets = {inode for process in processes for inode in _sockets(proc, process)}
        ends = {end for table in TABLES for end in _ends(proc / "self" / "net" / table, sockets)}
    except (OSError, ValueError, IndexError):
        return None
    return tuple(sorted(ends))


def _family(proc: Path, own: int) -> frozenset[int] | None:
    """Our parent and all processes below it; `None` if our own is not listed."""
    parents = {int(path.name): parent for path in proc.iterdir() if path.name.isdecimal()
               if (parent := _parent(path)) is not None}  # fmt: skip
    if own not in parents:
        return None
    found = {parents[own], own}
    while more := {process for process, parent in parents.items() if parent in found} - found:
        found |= more
    return frozenset(found - {0})


def _parent(path: Path) -> int | None:
    try:
        return int((path / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def _sockets(proc: Path, process: int) -> Iterator[str]:
    """Inodes of a process's sockets; none for a process that has ended. Raises OSError for an unreadable one."""
    try:
        files = list((proc / str(process) / "fd").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return
    for file in files:
        try:
            target = str(file.readlink())
        except (FileNotFoundError, ProcessLookupError):
            continue
        if target.startswith(_SOCKET):
            yield target.removeprefix(_SOCKET).removesuffix("]")


def _ends(table: Path, sockets: set[str]) -> Iterator[str]:
    """The other ends of these sockets in one table of the kernel, except this computer's own loopback."""
    for line in table.read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        if fields[9] not in sockets:
            continue
        end = _address(fields[2].partition(":")[0])
        if not (end.is_unspecified or end.is_loopback):
            yield str(end)


def _address(text: str) -> IPv4Address | IPv6Address:
    """An address as the kernel prints it: words of four bytes, in hex, in the processor's order (little-endian)."""
    raw = b"".join(bytes.fromhex(text[at : at + 8])[::-1] for at in range(0, len(text), 8))
    found = ip_address(raw)
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped if mapped is not None else found
