"""Reads a growing file of lines again and again: each time only the new lines are taken."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock
from typing import BinaryIO, Generic, TypeVar

from blindspot.core import open_file, readable_or_error
from blindspot.evidence.journals.journal import LONGEST

State = TypeVar("State")
_CHUNK = 1 << 20


class Followed(Generic[State]):
    """A state that takes the lines of a file one by one, and keeps the taken lines for the next reading.

    The taken lines are compared by hash at each reading, some hundred times faster than a new reading: an edited
    file, a cut file or another file is read from the beginning, with a new state.
    """

    def __init__(self, begin: Callable[[], State], take: Callable[[State, int, int, bytes], None]) -> None:
        """`take` gets the state, the number of a line, the offset in bytes, and the line (the start of an overlong
        line). If it raises an exception, the line comes again at the next reading."""
        self._begin, self._take, self._lock = begin, take, Lock()
        self._forget()

    def read(self, path: Path) -> tuple[State, bytes]:
        """The state after all whole lines that the file has now, and a last line without an end.

        Raises InputError for an unreadable file, and the exceptions of `take`.
        """
        with self._lock, readable_or_error(path, "name a journal file"), open_file(path) as file:
            return self._read(file)

    def _forget(self) -> None:
        self.state, self._number, self._taken, self._sha = self._begin(), 0, 0, hashlib.sha256()

    def _read(self, file: BinaryIO) -> tuple[State, bytes]:
        if not self._begins_as_before(file):
            self._forget()
            file.seek(0)
        for parts in lines_of(file):
            if not parts[-1].endswith(b"\n"):
                return self.state, parts[0]
            self._take(self.state, self._number + 1, self._taken, parts[0])
            self._number += 1
            for part in parts:
                self._taken += len(part)
                self._sha.update(part)
        return self.state, b""

    def _begins_as_before(self, file: BinaryIO) -> bool:
        sha, left = hashlib.sha256(), self._taken
        while left and (chunk := file.read(min(left, _CHUNK))):
            sha.update(chunk)
            left -= len(chunk)
        return not left and sha.digest() == self._sha.digest()


def lines_of(file: BinaryIO) -> Iterator[list[bytes]]:
    """Each line from the present place on, an overlong one in several parts. A growing file is read to the present
    size."""
    left = os.fstat(file.fileno()).st_size - file.tell()
    while part := file.readline(min(left, LONGEST + 1)):
        parts = [part]
        left -= len(part)
        while len(parts[-1]) > LONGEST and not parts[-1].endswith(b"\n"):
            parts.append(file.readline(min(left, LONGEST + 1)))
            left -= len(parts[-1])
        yield parts
