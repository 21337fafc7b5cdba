"""Privacy of a process from the other users of its computer: files, sockets, memory dumps, shared memory."""

from __future__ import annotations

import fcntl
import os
import re
import resource
import socket
import struct
import time
from contextlib import suppress
from pathlib import Path

NO_CORE_BYTES = 1
"""Too small for a core file. A limit of 1 byte also makes the kernel skip a crash handler. With a limit of 0 a handler
that is a program would get the core."""

SHARED_MEMORY = Path("/dev/shm")
SETTLED_S = 60.0
"""Age from which on an unlocked lock file belongs to a dead process: a living process locks the file at once."""
_CREDENTIALS = struct.Struct("3i")
_LOCK = re.compile(r"(fast(?:rtps|dds)_[0-9a-f]{16})_el")
"""Name of a segment of Fast DDS, in the name of the owner's lock file."""
_SHARED = re.compile(r" (/dev/shm/(?:sem\.)?fast(?:rtps|dds)_\S+)$", re.MULTILINE)


def keep_files_private() -> None:
    """Make each new file and folder of this process and all child processes accessible to the user alone."""
    os.umask(0o077)


def peer_of(channel: socket.socket) -> tuple[int, int]:
    """(process, user) at the other end of a connected Unix socket, by the kernel. Raises OSError."""
    process, user, _ = _CREDENTIALS.unpack(channel.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    return process, user


def keep_private() -> None:
    """For a process that holds pictures: `keep_files_private`, and no core dumps."""
    keep_files_private()
    highest = resource.getrlimit(resource.RLIMIT_CORE)[1]
    limit = NO_CORE_BYTES if highest == resource.RLIM_INFINITY else min(NO_CORE_BYTES, highest)
    resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))


def close_shared_memory() -> None:
    """Make the mapped DDS shared memory files of this process readable by the owner alone, if the process's user is the
    owner.

    Fast DDS creates them readable for everyone, with any umask; at start-up they hold no picture yet.
    """
    for name in set(_SHARED.findall(Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace"))):
        file = Path(name)
        if file.is_file() and file.stat().st_uid == os.getuid():
            file.chmod(0o600)


def remove_left_memory(folder: Path = SHARED_MEMORY) -> None:
    """Remove the DDS segments of this user whose process is dead: a killed process leaves its last pictures there, and
    nine megabytes of memory, until the computer starts again.

    The lock of a segment is the system's, which ends with the process. Segments of living processes, of other users and
    of any other program stay.
    """
    for lock in folder.glob("fast*_el"):
        named = _LOCK.fullmatch(lock.name)
        with suppress(OSError):  # the file is locked, or another process removed the file at the same time
            if named is not None and time.time() - lock.lstat().st_mtime > SETTLED_S:
                _remove_unlocked(lock, folder / named[1])


def _remove_unlocked(lock: Path, segment: Path) -> None:
    """Remove a segment with its lock file. Raises OSError if a process holds the lock."""
    opened = os.open(lock, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(opened).st_uid == segment.lstat().st_uid == os.getuid():
            segment.unlink()
            lock.unlink()
    finally:
        os.close(opened)
