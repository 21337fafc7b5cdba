"""The check of the folder of a run against the journal of its stack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from blindspot.core import open_file, readable_or_error
from blindspot.evidence.journals.journal import Entry
from blindspot.evidence.journals.journal_check import JournalCheck
from blindspot.evidence.kept import is_as_recorded
from blindspot.evidence.sealed.form import SUFFIX
from blindspot.evidence.verified.checked import Checked, Verification, verification
from blindspot.evidence.verified.entries_check import (
    EntriesOfRun,
    by_file,
    check_erasures,
    check_recordings,
)
from blindspot.evidence.verified.manifest import digest_of
from blindspot.evidence.verified.part_check import check_part_in
from blindspot.evidence.verified.roots import Signers

NOT_PROVEN = (
    "the author without --computer-key: a person with write access can rewrite the journal and sign it again",
    "the end of the journal: entries can be cut off; compare the head with a head noted elsewhere",
    "the files besides the recordings: the journal holds no hash of them",
    "the times and the facts: the computer's clock and the writing program gave both",
)


@dataclass(frozen=True, slots=True)
class RunRecords:
    """The records of a run.

    Parameters
    ----------
    journal
        Check of the journal.
    entries
        The journal's entries of the run.
    files
        All files of the run.
    """

    journal: JournalCheck
    entries: Iterable[Entry]
    files: Sequence[Path]


def check_run(records: RunRecords, roots: frozenset[str]) -> Verification:
    """Check a run. Raises InputError for an unreadable file."""
    return verification("run", _checks(records, Signers(roots)), NOT_PROVEN)


def _checks(records: RunRecords, signers: Signers) -> Iterator[Checked]:
    yield _journal(records.journal)
    entries = EntriesOfRun()
    for entry in records.entries:
        entries.take(entry)
    yield from entries.checks(signers)
    recordings = [file for file in records.files if is_as_recorded(file)]
    yield check_recordings(entries.entries, by_file([(file.name, _digest(file)) for file in recordings]))
    if erasures := check_erasures(entries.entries, signers):
        yield erasures
    for part in recordings:
        if part.name.endswith(SUFFIX):
            with readable_or_error(part, "see its folder"), open_file(part) as file:
                yield check_part_in(part.name, file, signers)
    yield signers.check()


def _journal(check: JournalCheck) -> Checked:
    if not check.entries:
        return Checked("journal", "unknown", "the journal has no entry")
    if not check.is_whole:
        return Checked("journal", "broken", "; ".join(check.breaks[:3]))
    return Checked("journal", "proven", f"the chain is whole, entries: {check.entries}, head: {check.head}")


def _digest(path: Path) -> str:
    with readable_or_error(path, "see its folder"), open_file(path) as file:
        return digest_of(file)[1]
