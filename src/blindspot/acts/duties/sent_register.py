"""The register of uses for its recipient: a table of the flights since the last one, and the entry of the sending."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from blindspot.acts.duties.ended_runs import journal_of_real_drones
from blindspot.core import InputError, is_blank, one_line, writable_or_error, write_private
from blindspot.evidence import Journal, JournalError
from blindspot.evidence.acts import REGISTER_SENT, uses_since

COLUMNS = (
    "run", "authorisation", "profile", "purpose", "person", "drones", "begun", "ended", "outcome", "recorded_s",
    "recorded_is", "access",
)  # fmt: skip
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""Begins of a text that a spreadsheet computes. Names and reasons are foreign text: an apostrophe makes it a text."""


@dataclass(frozen=True, slots=True)
class SentRegister:
    """A register that counts as sent: the journal with the entry, and the number of flights in the table."""

    journal: Path
    person: str
    recipient: str
    uses: int


def send_register(out: Path, person: str, recipient: str, journal: Path | None) -> SentRegister:
    """Write the flights since the recipient's last register into a new CSV file, and enter that the person sends it.

    Without the entry the file is deleted: it would not count as sent. Raises InputError.
    """
    for option, text in (("--person", person), ("--recipient", recipient)):
        if is_blank(text):
            raise InputError("authority register", option, "is empty", "give a name")
    path = journal_of_real_drones(journal, "authority register")
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
    return SentRegister(path, who, to, len(uses))


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
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([list(COLUMNS), *rows])
    return text.getvalue()
