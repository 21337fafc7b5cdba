"""One scheduler for each operation, by a lock of the operating system."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from blindspot.core import InputError

LOCK_FILE = "ledger.lock"


@contextmanager
def only_scheduler(folder: Path) -> Iterator[None]:
    """Hold the right to schedule the operation with its state in this folder while the block runs.

    The kernel frees the lock when the process is gone, and never earlier: a scheduler that merely stands still keeps
    it. Raises InputError while another scheduler holds it.
    """
    lock = folder / LOCK_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise InputError(lock, "", f"can't be written ({error.strerror})", "see its folder and its disk") from error
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(file, 100, 0).decode(errors="replace").strip() or "another process"
            problem = f"another scheduler runs this operation ({holder})"
            raise InputError(folder, "", problem, "end it first") from None
        os.ftruncate(file, 0)
        os.pwrite(file, f"process {os.getpid()}".encode(), 0)
        yield
    finally:
        os.close(file)
