"""Facts of the journal, as the gate sees them before a real flight."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from blindspot.core import InputError
from blindspot.evidence import JournalCheck, verify_journal
from blindspot.evidence.acts import JOURNALLED, kept_days, note_head, open_runs, register_sent
from blindspot.law.rules import Book

LEAST_ROOM = 1_000_000
"""Of the journal's disk, bytes: some hundred entries."""
CLOCKS = timedelta(seconds=2)
"""An entry may be written while a clock is corrected."""


def book_of(journal: Path, going_on: Collection[str], of_drones: Sequence[Book], recipient: str = "") -> Book:
    """The facts of a journal and of the drones' own ones. A part unknown of one computer is unknown; the worst value
    of all counts. `going_on` are the runs that the journal may leave open, `recipient` is the recipient of the
    register."""
    check = _checked(journal)
    works = takes_entries(journal) and (check is None or check.is_whole)
    ours = Book(writable=works, acts=tuple(JOURNALLED), kept_days=_kept_days(journal, check) if works else None)
    books = (ours, *of_drones)
    all_work = [book.writable for book in books]
    acts = [frozenset(book.acts) for book in books if book.acts is not None]
    days = [book.kept_days for book in books if book.kept_days is not None]
    common = tuple(kind for kind in JOURNALLED if all(kind in each for each in acts))
    return Book(
        writable=False if False in all_work else None if None in all_work else True,
        acts=common if len(acts) == len(books) else None,
        kept_days=min(days) if len(days) == len(books) else None,
        is_behind=check is not None and check.last is not None and check.last - CLOCKS > datetime.now(UTC),
        register_sent=register_sent(journal, recipient) if works else None,
        register_complete=register_complete(journal, going_on) if works else None,
    )


def journal_works(path: Path) -> bool:
    """Whether each entry continues the chain, and the file takes more; the first entry makes a missing file."""
    check = _checked(path)
    return takes_entries(path) and (check is None or check.is_whole)


def _checked(path: Path) -> JournalCheck | None:
    """The check of a journal; `None` before its first entry. An unreadable one is broken."""
    if not path.exists():
        return None
    try:
        return verify_journal(path)
    except InputError as error:
        return JournalCheck(0, None, None, "", (str(error),), ())


def takes_entries(path: Path) -> bool:
    """Whether the file, or for the first entry the folder, may be written, and the disk has room."""
    try:
        disk = os.statvfs(path.parent)
    except OSError:
        return False
    has_room = disk.f_bavail * disk.f_frsize >= LEAST_ROOM
    return has_room and os.access(path if path.exists() else path.parent, os.W_OK)


def _kept_days(journal: Path, check: JournalCheck | None) -> int | None:
    """The days for which a whole journal is kept. The head of the journal is noted, so that a later loss shows; a
    loss of the noted entry leaves the old note."""
    days = kept_days(journal)
    if days and check is not None:
        try:
            note_head(journal, check.entries, check.head)
        except (OSError, ValueError):
            return None
    return days


def register_complete(journal: Path, going_on: Collection[str]) -> bool:
    """Whether each mission of the journal has an end, except the runs in progress. Raises InputError for a damaged
    journal."""
    return open_runs(journal).keys() <= set(going_on)
