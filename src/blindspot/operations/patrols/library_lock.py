"""A scheduler's library is not replaced in use, and no library is read during a replacement: all processes hold a
lock of the operating system on the folder.

A scheduler keeps the library in memory for weeks, and a pass flies the plan file. Other files under the same names
would let them differ. The folder is closed to the other users of the computer: a lock of theirs would keep it for ever.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from blindspot.core import InputError, outputs, readable_or_error

WRITTEN_S = 5.0
"""The files of a new library are moved into the folder long before."""
READ_S = 3.0
"""A command that only reads the files has ended long before."""
EVERY_S = 0.05


@contextmanager
def flown_library(folder: Path) -> Iterator[None]:
    """Keep the library in a folder as it is while the block runs. Any number of schedulers may fly it. Raises
    InputError if the folder can't be read, or is being written."""
    with _opened(folder) as file:
        if not _locked_within(WRITTEN_S, folder, file, fcntl.LOCK_SH):
            raise _written(folder)
        yield


@contextmanager
def replaced_library(folder: Path) -> Iterator[None]:
    """The right to write the files of a library while the block runs. Raises InputError while a scheduler flies the
    library, or another process writes the library."""
    if not folder.is_dir():
        yield
        return
    with _opened(folder) as file:
        if not _locked_within(READ_S, folder, file, fcntl.LOCK_EX):
            if not _locked(folder, file, fcntl.LOCK_SH):
                raise _written(folder)
            problem = "is flown by an operation that is scheduled now, and can't be replaced"
            raise InputError(folder, "", problem, "end it first with: blindspot down; or name another folder")
        yield


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    with readable_or_error(folder, "let its owner start this, or name another folder"):
        file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # a service sees the homes read-only, and flies all the same
            outputs.close_to_others(file)
        yield file
    finally:
        os.close(file)


def _written(folder: Path) -> InputError:
    return InputError(folder, "", "is being written by another process", "wait until that one has ended")


def _locked_within(limit_s: float, folder: Path, file: int, how: int) -> bool:
    until_s = time.monotonic() + limit_s
    while not _locked(folder, file, how):
        if time.monotonic() >= until_s:
            return False
        time.sleep(EVERY_S)
    return True


def _locked(folder: Path, file: int, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:  # a network's disk may know no locks
        problem = f"can't be locked ({error.strerror})"
        raise InputError(folder, "", problem, "name a folder on a disk of this computer") from error
    return True
