"""Acts of people on runs: who may see, export and erase one, and the entry before the act."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from blindspot.acts.journals import journal_of, journals_naming, shared_journal
from blindspot.acts.run_folders import Run
from blindspot.core import InputError, one_line
from blindspot.evidence.acts import Act, Actor, Held, enter
from blindspot.evidence.journals import JournalError, entries_of_run, entries_with, verify_journal
from blindspot.evidence.kept import are_due, is_recording

_UNKNOWN = "check it with blindspot verify, and restore the file; runs purge erases recordings once they are due"


def held_by(run: Run, *, strict: bool = True) -> Held:
    """What a run holds, by its files and its entries in all journals, those that were moved away, too.

    A drone's own computer shows by no file that a folder is a stack's, and `run_dir` may give it any name. So a
    recording without an entry about its origin is looked up in the journal by the name of its run's folder, too. Raises
    InputError unless not `strict` if an entry of the run was edited, or if a recording has no entry and a journal is
    broken: nobody knows then who may act.
    """
    has_recording = any(map(is_recording, run.files()))
    for name in (run.id, run.folder.resolve().name) if has_recording else (run.id,):
        journals = journals_naming(run.stack_dir, name, os.environ)
        entries = [each for journal in journals for each in entries_of_run(journal, name, strict=strict)]
        held = Held.of(name, entries, has_recording=has_recording)
        if held.entries:
            return held
    if strict and has_recording:
        _refuse_broken(journals_naming(run.stack_dir, run.folder.resolve().name, os.environ))
    return Held.of(run.id, (), has_recording=has_recording)


def _refuse_broken(journals: Sequence[Path]) -> None:
    """Raise InputError for a journal that is broken: an entry that it has lost may have named the people of a run."""
    for journal in journals:
        if breaks := verify_journal(journal).breaks:
            raise InputError(journal, "", breaks[0])


def _is_due(run: Run) -> bool:
    """Whether the run has recordings, and the time of each is over."""
    return are_due(recordings_of(run), datetime.now(UTC))


def recordings_of(run: Run) -> list[Path]:
    return [file for file in run.files() if is_recording(file)]


def refuse_due(run: Run) -> None:
    """Raise InputError for a run with a recording whose time is over: nobody may read it, and nobody may keep it."""
    for recording in recordings_of(run):
        if are_due([recording], datetime.now(UTC)):
            problem = "is due for its erasure: nobody may read or keep it any more"
            raise InputError(recording, "", problem, "erase it: start its stack, or blindspot runs purge")


def refuse_others(journal: Path, who: Actor) -> None:
    """Raise InputError unless a person may verify a journal: the auditors of its latest authority that names some. A
    check leaves the journal as it is."""
    naming = (Held.of("", [entry], has_recording=False) for entry in entries_with(journal, b'"auditors":["'))
    latest = deque((held for held in naming if held.is_guarded), maxlen=1)  # a test range's flight opens nothing
    if latest and (problem := latest[0].why_not("verification", who)):
        raise InputError(journal, "", problem, "let an auditor verify it: --person, --reason, --key")


def _provably_held(run: Run, act: Act) -> tuple[Held, dict[str, str]]:
    """What a run holds, and the break of its journal as a fact. Raises InputError where nobody may act then."""
    try:
        return held_by(run), {}
    except InputError as error:
        if act != "purge" or not _is_due(run):
            problem = f"{error.problem}: who may act on it is unknown"
            raise InputError(error.file, error.field, problem, _UNKNOWN) from error
        return held_by(run, strict=False), {"unproven": one_line(error)}


def refuse_act(run: Run, act: Act, who: Actor) -> None:
    """Raise InputError for a person who may not act on a run, before any work; `act_on` does the same with the
    entry."""
    held, _ = _provably_held(run, act)
    if problem := held.why_not(act, who):
        raise InputError(run.id or "this run", "", problem, "see people in the authorisation")


def act_on(run: Run, act: Act, by: str, who: Actor, **facts: str | int) -> Path | None:
    """Write the entry of an act on a run, before it, and return its journal; None if the run needs no entry.

    Raises InputError for a person who may not, and if there is no entry. A run of a simulation without a recording
    needs none, except for its erasure.

    A lost or edited entry of the run opens it to nobody. But recordings must not outlive their time: those that are due
    are erased by the people whom the other entries name, and the entry says which one is broken.
    """
    journal = journal_of(run.stack_dir, os.environ)
    held, unproven = _provably_held(run, act)
    facts |= unproven
    if not held.needs_name:
        if journal is None or not (held.has_recording or act == "purge"):
            return None
    else:
        journal = journal or shared_journal(os.environ, run.stack_dir)
    try:
        enter(journal, by, act, held, who, folder=run.folder.resolve().name, **facts)
    except JournalError as error:
        raise InputError(run.folder, "", f"stays unchanged ({error})") from error
    return journal
