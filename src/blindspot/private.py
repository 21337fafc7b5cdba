"""What a process that holds pictures keeps to itself."""

from __future__ import annotations

import os
import resource

NO_CORE_BYTES = 1
"""Too small for a core file, and by one byte also the kernel's sign that none goes to a crash handler either: a handler
that is a program gets the core of a process whose limit is 0."""


def keep_private() -> None:
    """Whatever this process writes from now on is its user's alone, shared memory included, and its memory goes into no
    core dump."""
    os.umask(0o077)
    highest = resource.getrlimit(resource.RLIMIT_CORE)[1]
    limit = NO_CORE_BYTES if highest == resource.RLIM_INFINITY else min(NO_CORE_BYTES, highest)
    resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))
