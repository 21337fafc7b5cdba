"""Child processes that end with their parent."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from math import inf

_LIBC = ctypes.CDLL(None, use_errno=True)
"""Loaded here, since a child may load nothing between fork and exec."""
_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int | None = None) -> Callable[[], None]:
    """A function for a child: the kernel kills it when its parent dies, even when that is killed.

    It serves as `preexec_fn`, or for the start of a worker. The parent is this process, or the one with the id
    `parent`.
    """
    return partial(_die_with, os.getpid() if parent is None else parent)


class Child:
    """A program in a process of its own, which the caller watches with `has_ended`; it is killed after `within_s`.

    Its output stays in memory files: a full pipe would stop it, and one that a grandchild holds open the reader.
    Raises OSError if it can't be started.
    """

    def __init__(self, command: Sequence[str], within_s: float = inf) -> None:
        self.is_late = False
        self._until_s = time.monotonic() + within_s
        with ExitStack() as opened:
            output, errors = self._files = [
                opened.enter_context(os.fdopen(os.memfd_create(name), "w+", encoding="utf-8", errors="replace"))
                for name in ("output", "errors")
            ]
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, preexec_fn=die_with_parent()
            )
            opened.pop_all()

    def has_ended(self) -> bool:
        if self.process.poll() is None and time.monotonic() > self._until_s:
            self.is_late = True
            self.process.kill()
            self.process.wait()
        return self.process.returncode is not None

    def close(self) -> tuple[str, str]:
        """End it, unless it has ended; its standard output and its standard error."""
        self.process.kill()
        self.process.wait()
        for file in self._files:
            file.seek(0)
        with self._files[0] as output, self._files[1] as errors:
            return output.read(), errors.read()


def _die_with(parent: int) -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above: the kernel sends no signal any more
        os.kill(os.getpid(), signal.SIGKILL)
