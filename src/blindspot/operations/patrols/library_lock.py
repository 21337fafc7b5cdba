"""A library that a scheduler flies is not replaced: both hold a lock of the operating system on its folder.

A scheduler keeps the library in memory for weeks, and a pass flies the plan file. Other files under the same names
would let them differ.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from blindspot.core import InputError, readable_or_error

WRITTEN_S = 5.0
"""The files of a new library are moved into the folder long before."""
EVERY_S = 0.05


@contextmanager
def flown_library(folder: Path) -> Iterator[None]:
    """Keep the library in a folder as it is while the block runs. Any number of schedulers may fly it. Raises
    InputError if the folder can't be read, or is being written."""
    with _opened(folder) as file:
        until_s = time.monotonic() + WRITTEN_S
        while not _locked(folder, file, fcntl.LOCK_SH):
            if time.monotonic() >= until_s:
                raise InputError(folder, "", "is being written by another process", "wait until that one has ended")
            time.sleep(EVERY_S)
        yield


@contextmanager
def replaced_library(folder: Path) -> Iterator[None]:
    """The right to write the files of a library while the block runs. Raises InputError while a scheduler flies it."""
    if not folder.is_dir():
        yield
        return
    with _opened(folder) as file:
        if not _locked(folder, file, fcntl.LOCK_EX):
            problem = "is flown by an operation that is scheduled now, and can't be replaced"
            raise InputError(folder, "", problem, "end it first with: blindspot down; or name another folder")
        yield


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    with readable_or_error(folder, "let its owner start this, or name another folder"):
        file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield file
    finally:
        os.close(file)


def _locked(folder: Path, file: int, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:  # a network's disk may know no locks
        problem = f"can't be locked ({error.strerror})"
        raise InputError(folder, "", problem, "name a folder on a disk of this computer") from error
    return True
