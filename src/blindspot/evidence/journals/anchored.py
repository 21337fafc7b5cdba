"""The entries of a journal that hold a time stamp over an earlier entry."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from blindspot.core import open_file, readable_or_error
from blindspot.evidence.journals.followed import lines_of
from blindspot.evidence.journals.journal import Entry, read_entry
from blindspot.evidence.journals.journal_check import entries_with

ANCHORED = "anchored"
_MARK = b'{"act":"anchored"'
_HASH = re.compile(rb'"sha256":"([0-9a-f]{64})"\}\n\Z')
_LONGEST_END = 80


def anchors_in(path: Path) -> Iterator[Entry]:
    """The entries with a time stamp: facts `number`, `hash`, `stamped_at` and `token` (the answer in base64). Raises
    InputError for an unreadable file."""
    return (entry for entry in entries_with(path, _MARK) if entry.act == ANCHORED)


def entry_with_hash(path: Path, fits: Callable[[str], bool]) -> Entry | None:
    """The first valid entry whose hash (64 hex digits) fits; None without one. Raises InputError for an unreadable
    file."""
    with readable_or_error(path, "name a journal file"), open_file(path) as file:
        for parts in lines_of(file):
            found = _HASH.search(parts[0][-_LONGEST_END:])
            if found is not None and fits(found[1].decode()):
                with suppress(ValueError):
                    return read_entry(parts[0])
    return None
