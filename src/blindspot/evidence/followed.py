"""Reads a growing file of lines again and again: each time only the new lines are taken."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import BinaryIO, Generic, TypeVar

from blindspot.core import InputError
from blindspot.evidence.journal import LONGEST

State = TypeVar("State")
_CHUNK = 1 << 20


class Followed(Generic[State]):
    """A state that takes the lines of a file one by one, and keeps what it has taken for the next reading.

    The lines that were taken are compared by their hash at each reading, which is some hundred times faster than
    reading them: an edit, a cut or another file is read from its beginning, with a new state.
    """

    def __init__(self, begin: Callable[[], State], take: Callable[[State, int, int, bytes], None]) -> None:
        """`take` gets the state, the number of a line, its offset in bytes, and the line, of an overlong one its start.
        If it raises an exception, the line comes again at the next reading."""
        self._begin, self._take, self._lock = begin, take, Lock()
        self._forget()

    def read(self, path: Path) -> tuple[State, bytes]:
        """The state after all whole lines that the file has now, and a last line without an end.

        Raises InputError for an unreadable file, and the exceptions of `take`.
        """
        if path.exists() and not path.is_file():
            raise InputError(path, "", "can't be read: it is no file", "name a journal file")
        try:
            with self._lock, path.open("rb") as file:
                return self._read(file, os.fstat(file.fileno()).st_size)
        except OSError as error:
            raise InputError(path, "", f"can't be read ({error.strerror})", "name a journal file") from error

    def _forget(self) -> None:
        self.state, self._number, self._taken, self._sha = self._begin(), 0, 0, hashlib.sha256()

    def _read(self, file: BinaryIO, size: int) -> tuple[State, bytes]:
        if not self._begins_as_before(file):
            self._forget()
            file.seek(0)
        while line := file.readline(min(size - self._taken, LONGEST + 1)):
            sha, length, end = self._sha.copy(), len(line), line
            sha.update(line)
            while len(end) > LONGEST and not end.endswith(b"\n"):
                end = file.readline(min(size - self._taken - length, LONGEST + 1))
                length += len(end)
                sha.update(end)
            if not end.endswith(b"\n"):
                return self.state, line
            self._take(self.state, self._number + 1, self._taken, line)
            self._number, self._taken, self._sha = self._number + 1, self._taken + length, sha
        return self.state, b""

    def _begins_as_before(self, file: BinaryIO) -> bool:
        sha, left = hashlib.sha256(), self._taken
        while left and (chunk := file.read(min(left, _CHUNK))):
            sha.update(chunk)
            left -= len(chunk)
        return not left and sha.digest() == self._sha.digest()
