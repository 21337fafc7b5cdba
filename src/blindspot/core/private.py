"""Privacy of a process that holds pictures: its files, its memory dumps, its shared memory."""

from __future__ import annotations

import os
import re
import resource
from pathlib import Path

NO_CORE_BYTES = 1
"""Too small for a core file. A limit of 1 byte also makes the kernel skip a crash handler. With a limit of 0 a handler
that is a program would get the core."""

_SHARED = re.compile(r" (/dev/shm/(?:sem\.)?fast(?:rtps|dds)_\S+)$", re.MULTILINE)


def keep_private() -> None:
    """Make every file that this process creates from now on readable by its user alone, and disable core dumps."""
    os.umask(0o077)
    highest = resource.getrlimit(resource.RLIMIT_CORE)[1]
    limit = NO_CORE_BYTES if highest == resource.RLIM_INFINITY else min(NO_CORE_BYTES, highest)
    resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))


def close_shared_memory() -> None:
    """Make the DDS shared memory files that this process has mapped and its user owns readable by that user alone.

    Fast DDS creates them readable for everyone, with any umask; at start-up they hold no picture yet.
    """
    for name in set(_SHARED.findall(Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace"))):
        file = Path(name)
        if file.is_file() and file.stat().st_uid == os.getuid():
            file.chmod(0o600)
