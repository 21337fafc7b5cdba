"""`blindspot verify [WHAT]`: whether the chain of a journal is whole, and the facts that this proves."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_json
from blindspot.cli.records.acting import Key, Person, Reason
from blindspot.cli.records.journals import FILE, latest_journal, own_journal, shared_journal
from blindspot.core import InputError, plain

if TYPE_CHECKING:
    from blindspot.evidence import JournalCheck

PROVEN = (
    "each entry has the content that its hash names",
    "the entries stand in the order of their numbers, and each names the hash of the entry before it",
    "each seed of an evening's draw that is revealed has the hash that an entry before it commits to",
)
NOT_PROVEN = (
    "the author: the chain has no signature, and a person with write access can rewrite the whole file",
    "the end: entries can be cut off; compare the head with one that was noted elsewhere",
    "the times and the facts: they are those of the computer's clock and of the program that wrote them",
)

BREAKS_SHOWN = 20


def verify(
    what: Annotated[
        Path | None,
        typer.Argument(
            metavar="WHAT", help="Journal file, or folder of a stack or of one of its runs.", show_default=False
        ),
    ] = None,
    journal: Annotated[bool, typer.Option("--journal", help="Check the journal of the latest stack here.")] = False,
    person: Person = "",
    reason: Reason = "",
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Check the hash chain of a journal, and the revealed seeds of draws.

    A journal with flights under an authority that names auditors is for these. Exit code 0 if it is whole, 1 with a
    sentence for each of the first breaks, 2 if there is no journal, or one without an entry: that proves nothing.
    """
    from blindspot.cli.records.acting import actor, refuse_others
    from blindspot.evidence import verify_journal

    path = _journal(what, of_latest=journal)
    refuse_others(path, actor(person, reason, key))
    check = verify_journal(path)
    check = replace(check, breaks=(*_lost(path), *check.breaks))
    if as_json:
        print_json(_document(path, check))
    else:
        _print(path, check)
    raise typer.Exit(1 if check.breaks else 0 if check.entries else 2)


def _lost(path: Path) -> tuple[str, ...]:
    """The break that the noted head of a real drone's journal shows."""
    from blindspot.evidence.acts import lost_entry

    try:
        lost = lost_entry(path)
    except (OSError, ValueError):
        return (f"{path.name}.head, the note of its last entry, can't be read",)
    noted = f"entry {lost}, which the gate noted in {path.name}.head, is in no journal of this folder"
    return (f"{noted}: entries were cut off, or the file was rewritten",) if lost is not None else ()


def _journal(what: Path | None, *, of_latest: bool) -> Path:
    if what is None:
        if not of_latest:
            raise InputError("verify", "WHAT", "is missing", "name a journal or a stack's folder, or add --journal")
        if (found := latest_journal(os.environ)) is None:
            raise InputError("verify", "--journal", "finds no record of a stack here", "name the journal file")
        if not found.exists():
            raise InputError(found, "", "has no entry yet", "it begins with the first order or mission of the stack")
        return found
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
    from blindspot.cli.records.run_folders import runs_in
    from blindspot.evidence import entries_of_run

    runs = [folder.name, *(run.folder.name for run in runs_in(folder))]
    for journal in dict.fromkeys(shared_journal(os.environ, stack_dir) for stack_dir in (folder, folder.parent)):
        if journal.is_file() and any(next(entries_of_run(journal, run), None) is not None for run in runs):
            return journal
    return None


def _proven(check: JournalCheck) -> tuple[str, ...]:
    """A file without an entry proves nothing: a stack has just begun, or all of its entries were removed."""
    return PROVEN if check.is_whole and check.entries else ()


def _document(path: Path, check: JournalCheck) -> dict[str, object]:
    return {
        "schema": "blindspot.journal_check/1",
        "journal": str(path),
        "whole": check.is_whole and check.entries > 0,
        "entries": check.entries,
        "first": check.first and check.first.isoformat(),
        "last": check.last and check.last.isoformat(),
        "head": check.head,
        "breaks": check.breaks,
        "remarks": check.remarks,
        "proven": _proven(check),
        "not_proven": NOT_PROVEN,
    }


def _print(path: Path, check: JournalCheck) -> None:
    whole = "whole" if check.entries else "has no entry, so nothing is proven"
    lines = [f"{path}: {whole if check.is_whole else 'BROKEN'}"]
    lines += [f"break: {sentence}" for sentence in check.breaks[:BREAKS_SHOWN]]
    if len(check.breaks) > BREAKS_SHOWN:
        lines.append(f"breaks: {len(check.breaks) - BREAKS_SHOWN} more; --json lists all")
    lines += [f"remark: {sentence}" for sentence in check.remarks]
    lines.append(f"entries: {check.entries}")
    if check.first is not None and check.last is not None:
        lines.append(f"times: {check.first:%Y-%m-%d %H:%M:%S} to {check.last:%Y-%m-%d %H:%M:%S} UTC")
    lines.append(f"head: {check.head}")
    lines += [f"proven: {fact}" for fact in _proven(check)]
    lines += [f"not proven: {fact}" for fact in NOT_PROVEN]
    print(plain("\n".join(lines)))
