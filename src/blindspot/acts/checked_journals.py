"""The journal of a stack or a run, and whether its chain is whole."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from blindspot.acts.journals import FILE, latest_journal, own_journal, shared_journal
from blindspot.acts.run_acts import refuse_others
from blindspot.acts.run_folders import runs_in
from blindspot.core import InputError, one_line
from blindspot.evidence.acts import Actor, lost_entry
from blindspot.evidence.journals import JournalCheck, entries_of_run, entries_with, verify_journal
from blindspot.evidence.verified import stamps_in

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


def checked_journal(
    path: Path, who: Actor, roots: Collection[str] = (), certificates: Sequence[Certificate] = ()
) -> JournalCheck:
    """The check of a journal, with the break that the noted head of a real drone's journal shows. With `roots`, ids of
    computer keys, a head signed with another key is a break, too. With `certificates`, a time stamp that they do not
    confirm is a break. Raises InputError for a person who may not verify
    it."""
    refuse_others(path, who)
    check = verify_journal(path)
    foreign = _foreign_heads(path, roots) if roots else ()
    stamps = list(stamps_in(path, certificates))
    broken = (sentence for fits, sentence in stamps if not fits)
    remarks = (sentence for fits, sentence in stamps if fits)
    breaks = (*_lost(path), *foreign, *broken, *check.breaks)
    return replace(check, breaks=breaks, remarks=(*check.remarks, *remarks))


def _foreign_heads(path: Path, roots: Collection[str]) -> tuple[str, ...]:
    """A break for each other key, and one for a journal without a signed head."""
    keys = dict.fromkeys(str(entry.facts.get("key_id")) for entry in entries_with(path, b'{"act":"head_signed"'))
    if not keys:
        return ("no head of the journal is signed, with the named key or another",)
    return tuple(
        f"heads are signed with the key {one_line(key, 64)}, which is not a named one"
        for key in keys
        if key not in roots
    )


def newest_journal() -> Path:
    """The journal of the latest stack here. Raises InputError without one, or if it has no entry."""
    if (found := latest_journal(os.environ)) is None:
        raise InputError("verify", "--journal", "finds no record of a stack here", "name the journal file")
    if not found.exists():
        raise InputError(found, "", "has no entry yet", "it begins with the first order or mission of the stack")
    return found


def journal_at(what: Path) -> Path:
    """The journal of a file, of a stack's folder or of the folder of a run. Raises InputError without one."""
    if not what.exists():
        raise InputError(what, "", "does not exist", "name a journal or a stack's folder")
    if not what.is_dir():
        return what
    folder = what.resolve()
    found = own_journal(folder, os.environ) or own_journal(folder.parent, os.environ) or _shared(folder)
    if found is None:
        raise InputError(what, "", f"has no {FILE}, and neither has the folder above", "name the journal file")
    return found


def _shared(folder: Path) -> Path | None:
    """The journal of this computer's real drones, if it has an entry of this run, or of a run in this stack's folder.
    Otherwise it says nothing about the folder, whose own journal may have been removed."""
    runs = [folder.name, *(run.folder.name for run in runs_in(folder))]
    for journal in dict.fromkeys(shared_journal(os.environ, stack_dir) for stack_dir in (folder, folder.parent)):
        if journal.is_file() and any(next(entries_of_run(journal, run), None) is not None for run in runs):
            return journal
    return None


def _lost(path: Path) -> tuple[str, ...]:
    """The break that the noted head of a real drone's journal shows."""
    try:
        lost = lost_entry(path)
    except (OSError, ValueError):
        return (f"{path.name}.head, the note of its last entry, can't be read",)
    noted = f"entry {lost}, which the gate noted in {path.name}.head, is in no journal of this folder"
    return (f"{noted}: entries were cut off, or the file was rewritten",) if lost is not None else ()
