"""A child process that ends with its parent."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable

_LIBC = ctypes.CDLL(None, use_errno=True)
"""Loaded here, since a child may load nothing between fork and exec."""
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> Callable[[], None]:
    """A function for `preexec_fn`: the kernel kills the child when this process dies, even when it is killed."""
    parent = os.getpid()

    def bind() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the line above: the kernel sends no signal any more
            os.kill(os.getpid(), signal.SIGKILL)

    return bind
