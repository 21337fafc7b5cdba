"""The new entries of a journal that other processes write."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from blindspot.core import open_file
from blindspot.evidence.journals.followed import lines_of
from blindspot.evidence.journals.journal import Entry, read_entry


class JournalTail:
    """The entries of some acts in a journal, each once. A journal that was put aside for a new one is read from its
    beginning. Whole lines that are no entries are skipped: `verify` names them."""

    def __init__(self, path: Path, acts: Collection[str]) -> None:
        self._path = path
        self._marks = [json.dumps({"act": act}, separators=(",", ":"))[1:-1].encode() for act in acts]
        self._taken, self._inode = 0, -1

    def new(self) -> list[Entry]:
        """The entries since the last call; none for a missing file. Raises OSError for an unreadable one."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return []
        if found.st_ino != self._inode or found.st_size < self._taken:
            self._taken, self._inode = 0, found.st_ino
        if found.st_size == self._taken:
            return []
        entries = list[Entry]()
        with open_file(self._path) as file:
            file.seek(self._taken)
            for parts in lines_of(file):
                if not parts[-1].endswith(b"\n"):
                    break  # it is being written
                self._taken += sum(map(len, parts))
                entries += self._read(parts[0])
        return entries

    def _read(self, line: bytes) -> list[Entry]:
        if not any(mark in line for mark in self._marks):
            return []  # reading it would take fifty times as long
        try:
            return [read_entry(line)]
        except ValueError:
            return []
