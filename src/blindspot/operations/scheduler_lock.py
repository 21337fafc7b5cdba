"""One scheduler for each operation, by a lock of the operating system."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from blindspot.core import InputError, outputs, writable_or_error

LOCK_FILE = "ledger.lock"
LOOKED_S = 0.5
"""A look of `is_scheduled` is over long before."""


@contextmanager
def only_scheduler(folder: Path) -> Iterator[None]:
    """Hold the right to schedule the operation with its state in this folder while the block runs.

    The kernel frees the lock when the process is gone, and never earlier: a scheduler that merely stands still keeps
    it. Raises InputError while another scheduler holds it.
    """
    lock = folder / LOCK_FILE
    with writable_or_error(lock, "", "see its folder and its disk"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            outputs.lock_until(file, time.monotonic() + LOOKED_S, LOOKED_S)
        except OSError as error:
            holder = os.pread(file, 100, 0).decode(errors="replace").strip() or "another process"
            problem = f"another scheduler runs this operation ({holder})"
            raise InputError(folder, "", problem, "end it first") from error
        with suppress(OSError):  # only a message needs the name: a full disk must not keep the scheduler from starting
            os.ftruncate(file, 0)
            os.pwrite(file, f"process {os.getpid()}".encode(), 0)
        yield
    finally:
        os.close(file)


def is_scheduled(folder: Path) -> bool:
    """Whether a scheduler runs the operation with its state in this folder now."""
    try:
        file = os.open(folder / LOCK_FILE, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False
