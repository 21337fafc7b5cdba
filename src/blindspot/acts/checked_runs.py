"""The check of a run's folder, for the people who may check its journal."""

from __future__ import annotations

from pathlib import Path

from blindspot.acts.checked_journals import checked_journal, journal_at
from blindspot.acts.run_folders import Run, is_run
from blindspot.evidence.acts import Actor
from blindspot.evidence.journals import entries_of_run
from blindspot.evidence.verified import RunRecords, Verification, check_run


def checked_run(folder: Path, who: Actor, roots: frozenset[str]) -> Verification | None:
    """Check a run with its journal; None for a folder without a run. Raises InputError for a person who may not, for an
    unreadable file, and for a run without a journal."""
    if not is_run(folder):
        return None
    run, journal = Run(folder, str(folder)), journal_at(folder)
    check = checked_journal(journal, who)
    return check_run(RunRecords(check, entries_of_run(journal, run.id), run.files()), roots)
