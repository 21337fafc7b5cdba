"""Erasure of a journal that was moved away, three years after its last entry."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from blindspot.acts.journals import FILE
from blindspot.core import InputError
from blindspot.evidence.acts import forget_head, why_kept
from blindspot.evidence.journals import Journal, JournalError, verify_journal


def erase_journal(file: Path, person: str, reason: str) -> tuple[int, str]:
    """Delete a journal after the entry of a person's order in the journal beside it. Returns the number of its entries
    and its head. Raises InputError for a journal that must be kept; without the entry it stays."""
    entries, head = _refuse(file, datetime.now(UTC))
    beside = file.with_name(FILE)
    try:
        Journal(beside, "runs purge-journal").write(
            "purge_journal", file=file.name, person=person, reason=reason, entries=entries, head=head
        )
        forget_head(beside, file)
        file.unlink()
    except JournalError as error:
        raise InputError(file, "", f"stays unchanged ({error})") from error
    except OSError as error:
        raise InputError(file, "", f"can't be deleted ({error.strerror})", "delete it") from error
    return entries, head


def _refuse(file: Path, now_utc: datetime) -> tuple[int, str]:
    """Number of entries and head of a journal that may be erased. Raises InputError for a journal that must be kept.
    For a damaged journal, and for a journal touched later, the time of the file counts; after a clock was set back, the
    latest entry counts.
    """
    if file.name == FILE or file.is_symlink():
        raise InputError(file, "", "is in use", f"move it away from the name {FILE} first")
    check = verify_journal(file)
    if not check.entries:
        raise InputError(file, "", "holds no entry", "name a journal")
    changed = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    if problem := why_kept(max(filter(None, (check.latest, changed))), now_utc):
        raise InputError(file, "", f"is kept: {problem}")
    return check.entries, check.head
