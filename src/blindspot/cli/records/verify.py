"""`blindspot verify [WHAT]`: whether the chain of a journal is whole, and the facts that this proves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_json
from blindspot.cli.records.acting import Key, Person, Reason
from blindspot.core import InputError, plain

if TYPE_CHECKING:
    from blindspot.evidence import JournalCheck

PROVEN = (
    "the content of each entry fits the hash",
    "the entries stand in the order of their numbers, and each names the hash of the entry before it",
    "each revealed seed of an evening's draw has the hash committed to by an entry before",
    "each signed head fits the entry before it and the key that the entry names",
    "no entry about a watch lets more drones look than the entry states as authorised, and no sensor of a turn is "
    "released before the entry of its right to look",
)
NOT_PROVEN = (
    "the author: a person with write access can rewrite the whole file, and sign heads with another key; compare the "
    "key_id of each entry head_signed with the computer key that the authority holds",
    "the end: entries can be cut off; compare the head with a head noted elsewhere",
    "the times and the facts: the computer's clock and the writing program gave both",
)

BREAKS_SHOWN = 20


def verify(
    what: Annotated[
        Path | None,
        typer.Argument(
            metavar="WHAT",
            help="Journal file, folder of a stack or of a run, archive of `runs export`, sealed part, or public page.",
            show_default=False,
        ),
    ] = None,
    register: Annotated[
        Path | None,
        typer.Option(help="Table of a register (CSV): compares a public page's flights with it.", show_default=False),
    ] = None,
    computer_key: Annotated[
        list[str] | None,
        typer.Option(
            help="Computer key that the authority holds, its id or `.pub` file: every signature has to be of this key. "
            "Repeatable.",
            show_default=False,
        ),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(help="Root certificate (PEM) that the time stamps of a journal need.", show_default=False),
    ] = None,
    journal: Annotated[bool, typer.Option("--journal", help="Check the journal of the latest stack here.")] = False,
    person: Person = "",
    reason: Reason = "",
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Check the hash chain of a journal, the revealed seeds of draws, and the rights to look of a watch; the files,
    entries and signatures of a run, of an archive or of a sealed part; or a public page, with --register also its
    flights. An archive of a stranger is safe to check.

    A journal with flights under an authority that names auditors is for these. Exit code 0 if it is whole, 1 with a
    sentence for each of the first breaks, 2 if there is no journal, or one without an entry: that proves nothing.
    """
    from blindspot.acts import checked_journal
    from blindspot.cli.records import verify_records
    from blindspot.cli.records.acting import actor
    from blindspot.evidence.verified import certificates_in, roots_of

    who, roots = actor(person, reason, key), roots_of(computer_key or ())
    if what is not None and (found := verify_records.verified(what, register, roots, who)) is not None:
        verify_records.end(what, found, as_json=as_json)
    path = _journal(what, of_latest=journal)
    check = checked_journal(path, who, roots, () if certificate is None else certificates_in(certificate))
    if as_json:
        print_json(_document(path, check))
    else:
        _print(path, check)
    raise typer.Exit(1 if check.breaks else 0 if check.entries else 2)


def _journal(what: Path | None, *, of_latest: bool) -> Path:
    from blindspot.acts import journal_at, newest_journal

    if what is not None:
        return journal_at(what)
    if not of_latest:
        raise InputError("verify", "WHAT", "is missing", "name a journal or a stack's folder, or add --journal")
    return newest_journal()


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
