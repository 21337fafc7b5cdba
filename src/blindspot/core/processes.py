"""Child processes that end with the parent, and the permitted cores and memory of this process."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from math import inf
from pathlib import Path

WORKER_BYTES = 10**9
"""Memory that each task at a time may take: the sorties of a drone over a whole town take about as much."""

_LIBC = ctypes.CDLL(None, use_errno=True)
"""Loaded here, since a child may load nothing between fork and exec."""
_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int | None = None) -> Callable[[], None]:
    """A function for a child: the kernel kills the child when the parent dies, even when the parent is killed.

    It serves as `preexec_fn`, or for the start of a worker. The parent is this process, or the one with the id
    `parent`.
    """
    return partial(_die_with, os.getpid() if parent is None else parent)


class Child:
    """A program in a separate process, which the caller watches with `has_ended`; the program is killed after
    `within_s`.

    The output stays in memory files: a full pipe would stop the program, and a pipe held open by a grandchild would
    stop the reader. Raises OSError if it can't be started.
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
        """End the program, unless the program has ended. Returns standard output and standard error."""
        self.process.kill()
        self.process.wait()
        for file in self._files:
            file.seek(0)
        with self._files[0] as output, self._files[1] as errors:
            return output.read(), errors.read()


def workers(root: Path = Path("/")) -> int:
    """Count the tasks to compute at the same time. Results must not depend on the number.

    Containers and services may use less than the computer has.

    Parameters
    ----------
    root
        The folder with `proc` and `sys`.

    Returns
    -------
    int
        One task for each permitted core with `WORKER_BYTES` of free memory; at least 1.

    Example
    -------
    >>> workers() >= 1
    True
    """
    groups = tuple(_groups(root))
    cores = min([len(os.sched_getaffinity(0)), *(cores for group in groups for cores in _quota(group))])
    free = min([*_available(root), *(free for group in groups for free in _room(group))], default=0)
    return max(1, min(cores, free // WORKER_BYTES))


def _die_with(parent: int) -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above: the kernel sends no signal any more
        os.kill(os.getpid(), signal.SIGKILL)


def _groups(root: Path) -> Iterator[Path]:
    """The control group of this process (version 2) and the groups around it, each of which may set limits."""
    for line in _lines(root / "proc/self/cgroup"):
        if line.startswith("0::/"):
            top, inner = root / "sys/fs/cgroup", Path(line.removeprefix("0::/"))
            yield from (top / group for group in (inner, *inner.parents))


def _quota(group: Path) -> Iterator[int]:
    """Whole cores of a control group, if they are limited: `cpu.max` holds microseconds in each period."""
    for line in _lines(group / "cpu.max"):
        limit, period = line.split()
        if limit != "max":
            yield int(limit) // int(period)


def _room(group: Path) -> Iterator[int]:
    """Bytes that a control group may still take, if they are limited. The kernel gives back unused pages of files."""
    for limit in _lines(group / "memory.max"):
        if limit != "max":
            taken = sum(map(int, _lines(group / "memory.current")))
            rows = (line.split() for line in _lines(group / "memory.stat"))
            yield int(limit) - taken + sum(int(held) for name, held in rows if name == "inactive_file")


def _available(root: Path) -> Iterator[int]:
    """Bytes that the computer can give without swapping."""
    for line in _lines(root / "proc/meminfo"):
        if line.startswith("MemAvailable:"):
            yield 1024 * int(line.split()[1])


def _lines(file: Path) -> list[str]:
    """The lines of a file of the kernel; none if this kernel or this group has no such file."""
    try:
        return file.read_text(encoding="ascii").splitlines()
    except OSError:
        return []
