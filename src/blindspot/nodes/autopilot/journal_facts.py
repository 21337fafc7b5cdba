"""Facts of the journal, as the gate sees them before a real flight."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from blindspot.core import InputError
from blindspot.evidence import entries_of_act, verify_journal
from blindspot.law.rules import Book


def book_of(journal: Path, going_on: Collection[str]) -> Book:
    """The facts of a journal; `going_on` are the runs that it may leave open. The retention period stays unknown."""
    writable = journal_works(journal)
    return Book(writable=writable, register_complete=register_complete(journal, going_on) if writable else None)


def journal_works(path: Path) -> bool:
    """Whether the chain of entries is whole and the file is writable. A missing file counts as whole if its folder is
    writable, because the first entry creates the file."""
    if not path.exists():
        return os.access(path.parent, os.W_OK)
    try:
        return verify_journal(path).is_whole and os.access(path, os.W_OK)
    except InputError:
        return False


def register_complete(journal: Path, going_on: Collection[str]) -> bool:
    """Whether each mission of the journal has its end, except the runs that go on. Raises InputError for a damaged
    journal."""
    ends = {str(entry.facts.get("run")): entry.number for entry in entries_of_act(journal, "mission_ended")}
    begun = {str(entry.facts.get("run")): entry.number for entry in entries_of_act(journal, "mission")}
    return all(run in going_on or ends.get(run, 0) > number for run, number in begun.items())
