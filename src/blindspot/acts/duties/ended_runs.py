"""The end of a run whose stack died before it could note the end."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from blindspot.acts import journals
from blindspot.core import InputError
from blindspot.evidence import Entry, Journal, JournalError
from blindspot.evidence.acts import ENDED, open_runs
from blindspot.law.keys import own_computer_key
from blindspot.law.orders import named
from blindspot.stack import stack_record


def journal_of_real_drones(named_file: Path | None, command: str) -> Path:
    """The journal that a person names, else the journal whose flights an authority counts. Raises InputError without
    such a file."""
    path = named_file or journals.journal_of_duties(os.environ)
    if path is None or not path.is_file():
        raise InputError(path or command, "--journal", "is missing", "name the ground station's journal")
    return path


def runs_without_end(journal: Path | None) -> tuple[Path, Mapping[str, Entry]]:
    """The journal, and the runs in it without an end, each with the entry of its begin. Raises InputError."""
    path = journal_of_real_drones(journal, "authority end-run")
    return path, open_runs(path)


def note_end(run: str, person: str, reason: str, journal: Path | None) -> tuple[Path, str]:
    """Note in the journal that a run is over, by a person who has looked where its drones are. Returns the journal and
    the person. Raises InputError for a run with an end, and for a run whose stack still runs."""
    path, left = runs_without_end(journal)
    who, why = named(person, reason)
    if run not in left:
        known = f"they are {', '.join(left)}" if left else "each run has an end"
        raise InputError("authority end-run", run[:80], "is no run without an end", known)
    if _may_fly(path, left[run]):
        problem = "the stack of that run runs: it notes the end itself"
        raise InputError("authority end-run", run[:80], problem, "shut that stack down first")
    try:
        writer = Journal(path, "authority end-run", own_computer_key())
        writer.write(ENDED, run=run, outcome="unaccounted", person=who, reason=why)
    except JournalError as error:
        raise InputError(path, "", str(error), "see the disk of the journal") from error
    return path, who


def _may_fly(journal: Path, begun: Entry) -> bool:
    """Whether a stack of this journal that runs now was there when a mission began."""
    ours = (each for each in stack_record.all_stacks(os.environ) if each.journal.resolve() == journal.resolve())
    return any(each.is_running and datetime.fromisoformat(each.started) <= begun.at for each in ours)
