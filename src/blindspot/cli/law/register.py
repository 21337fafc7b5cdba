"""`blindspot authority register`: the register of uses for its recipient, and the entry about the sending."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_result
from blindspot.core import InputError, is_blank, one_line

COLUMNS = (
    "run", "authorisation", "profile", "purpose", "person", "drones", "begun", "ended", "outcome", "recorded_s",
    "recorded_is", "access",
)  # fmt: skip
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""Begins of a text that a spreadsheet computes. Names and reasons are foreign text: an apostrophe makes it a text."""


def register(
    out: Annotated[Path, typer.Argument(help="File for the register (CSV); it must be new.")],
    person: Annotated[str, typer.Option(help="Name of the person who sends it now.")],
    recipient: Annotated[str, typer.Option(help="Who receives it: register_recipient of the authorisation.")],
    journal: Annotated[
        Path | None, typer.Option(help="Journal; that of the real drones by default.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the flights under an authority since the last register, and note in the journal that you send it now. A
    flight in progress at that time is in the next register, too, with the flight's end."""
    from blindspot.acts import journals
    from blindspot.core import writable_or_error, write_private
    from blindspot.evidence import Journal, JournalError
    from blindspot.evidence.acts import REGISTER_SENT, uses_since

    for option, text in (("--person", person), ("--recipient", recipient)):
        if is_blank(text):
            raise InputError("authority register", option, "is empty", "give a name")
    path = journal or journals.journal_of_duties(os.environ)
    if path is None or not path.is_file():
        raise InputError(path or "authority register", "--journal", "is missing", "name the ground station's journal")
    if out.exists():
        raise InputError(out, "", "is there already", "name another file")
    who, to = one_line(person, 100), one_line(recipient, 200)
    uses, until = uses_since(path, to)
    with writable_or_error(out, ""):
        write_private(out, _table([_row(use) for use in uses]).encode())
    try:
        Journal(path, "authority register").write(
            REGISTER_SENT, file=out.name, person=who, recipient=to, uses=len(uses), until=until
        )
    except JournalError as error:
        out.unlink()
        raise InputError(out, "", f"does not count as sent ({error})", "see the disk of the journal") from error
    line = f"{out}: {len(uses)} flights; send it to {to} now, {path} says that you do"
    said = {"file": str(out), "journal": str(path), "person": who, "recipient": to, "uses": len(uses)}
    print_result(said, line, as_json=as_json)


def _row(use: object) -> list[str]:
    return [_text(getattr(use, name)) for name in COLUMNS]


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.0f}"
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    text = "; ".join(value) if isinstance(value, tuple) else str(value or "")
    return f"'{text}" if text.startswith(FORMULAS) else text


def _table(rows: list[list[str]]) -> str:
    import csv
    import io

    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([list(COLUMNS), *rows])
    return text.getvalue()
