"""A child process that ends with its parent."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable
from functools import partial

_LIBC = ctypes.CDLL(None, use_errno=True)
"""Loaded here, since a child may load nothing between fork and exec."""
_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int | None = None) -> Callable[[], None]:
    """A function for a child: the kernel kills it when its parent dies, even when that is killed.

    It serves as `preexec_fn`, or for the start of a worker. The parent is this process, or the one with the id
    `parent`.
    """
    return partial(_die_with, os.getpid() if parent is None else parent)


def _die_with(parent: int) -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above: the kernel sends no signal any more
        os.kill(os.getpid(), signal.SIGKILL)
