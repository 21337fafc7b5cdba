"""One scheduler for each operation, by a lock of the operating system, and the news of it for the crew's commands."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from blindspot.core import InputError, one_line, outputs, read_file, writable_or_error, write_whole

LOCK_FILE, NEWS_FILE = "ledger.lock", "scheduler.json"
LOOKED_S = 0.5
"""A look of `is_scheduled` is over long before."""


@contextmanager
def only_scheduler(folder: Path) -> Iterator[None]:
    """Hold the right to schedule the operation with its state in this folder while the block runs.

    The kernel frees the lock when the process is gone, and never earlier: a scheduler that merely stands still keeps
    the lock. Raises InputError while another scheduler holds it.
    """
    lock = folder / LOCK_FILE
    with writable_or_error(lock, "", "see the folder and the disk"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            outputs.lock_until(file, time.monotonic() + LOOKED_S, LOOKED_S)
        except OSError as error:
            if error.errno:  # a network's disk may know no locks
                problem = f"can't be locked ({error.strerror})"
                raise InputError(lock, "", problem, "name a state folder on a disk of this computer") from error
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
    """Whether a scheduler runs the operation with its state in this folder now. Raises InputError if the lock can't be
    read: then that is unknown."""
    lock = folder / LOCK_FILE
    try:
        with suppress(FileNotFoundError):
            file = os.open(lock, os.O_RDONLY)
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            finally:
                os.close(file)
    except OSError as error:
        problem = f"can't be read ({error.strerror}): nobody knows whether a scheduler runs"
        raise InputError(lock, "", problem, "see the owner, the folder and the disk") from error
    return False


@dataclass(frozen=True, slots=True)
class SchedulerNews:
    """The news of the scheduler with its state in a folder. The news lie in a file beside the ledger, since a
    scheduler without a writable ledger waits, too.

    Parameters
    ----------
    library
        Folder of the present or last flown library; empty if unknown.
    waits
        The reason of a present wait, as a sentence; empty for a working scheduler, and without a scheduler.
    operation
        SHA-256 of the operation file as it was read; empty without a scheduler.
    begin
        Moment of the operation at which a simulated clock was zero; None in real time, and without a scheduler.
    """

    library: str = ""
    waits: str = ""
    operation: str = ""
    begin: datetime | None = None

    @classmethod
    def of(cls, folder: Path) -> SchedulerNews:
        """The news in the state folder of an operation; empty without a file, or with a damaged file."""
        try:
            found = json.loads(read_file(folder / NEWS_FILE))
            library, waits = str(found["library"]), one_line(str(found["waits"]))
            operation, begin = str(found.get("operation", "")), found.get("begin")
            begun = None if begin is None else datetime.fromisoformat(begin)
        except (OSError, ValueError, TypeError, LookupError, RecursionError):
            return cls()
        is_now = bool(waits or operation) and is_scheduled(folder)
        return cls(library, waits, operation, begun) if is_now else cls(library)

    def keep(self, folder: Path) -> bool:
        """Write the news. Returns False if the disk does not hold the news: a full disk must stop no scheduler."""
        with suppress(OSError):
            write_whole(folder / NEWS_FILE, json.dumps(asdict(self), indent=1, default=str) + "\n")
            return True
        return False
