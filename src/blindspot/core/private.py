"""What a process that holds pictures keeps to itself."""

from __future__ import annotations

import os
import re
import resource
from pathlib import Path

NO_CORE_BYTES = 1
"""Too small for a core file, and by one byte also the kernel's sign that none goes to a crash handler either: a handler
that is a program gets the core of a process whose limit is 0."""

_SHARED = re.compile(r" (/dev/shm/(?:sem\.)?fast(?:rtps|dds)_\S+)$", re.MULTILINE)


def keep_private() -> None:
    """Whatever this process writes from now on is its user's alone, and its memory goes into no core dump."""
    os.umask(0o077)
    highest = resource.getrlimit(resource.RLIMIT_CORE)[1]
    limit = NO_CORE_BYTES if highest == resource.RLIM_INFINITY else min(NO_CORE_BYTES, highest)
    resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))


def close_shared_memory() -> None:
    """The files of DDS's shared memory that this process has mapped and that are its user's are nobody else's to read.
    Fast DDS makes them readable for everybody, whatever the umask; in the first moment no picture lies there."""
    for name in set(_SHARED.findall(Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace"))):
        file = Path(name)
        if file.is_file() and file.stat().st_uid == os.getuid():
            file.chmod(0o600)
