"""The register of uses for its recipient: a table and a page of the flights since the last one, and the entry of the
sending."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from blindspot.acts.duties.ended_runs import journal_of_real_drones
from blindspot.acts.duties.register_page import page
from blindspot.acts.journal_runs import figures_of, runs_of
from blindspot.acts.run_folders import SUMMARY, read_json
from blindspot.core import InputError, is_blank, one_line, plain, writable_or_error, write_private
from blindspot.evidence import Journal, JournalError, last_entries, verify_journal
from blindspot.evidence.acts import register
from blindspot.evidence.observed import Summary
from blindspot.evidence.texts import Tongue

FIGURES = ("seen_m2", "private_m2s", "facade_m2s", "highest_px_per_m", "sensor_s")
"""Of the proportion as flown."""
OF_THE_USE = (
    "run", "authorisation", "profile", "purpose", "person", "drones", "begun", "ended", "outcome", "recorded_s",
    "recorded_is", "access", "receipts",
)  # fmt: skip
COLUMNS = (*OF_THE_USE, *FIGURES, "proportion_unknown", "head_number", "head_sha256")
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""Begins of a text that a spreadsheet computes. Names and reasons are foreign text: an apostrophe makes it a text."""
NO_FOLDER = "the folder of the run was not found"


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a journal: its number and its hash."""

    number: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SentRegister:
    """A register that counts as sent: the journal with the entry, the journal's head before the entry, the page beside
    the table, and the number of flights in both."""

    journal: Path
    page: Path
    person: str
    recipient: str
    uses: int
    head: Head


def send_register(
    out: Path, person: str, recipient: str, journal: Path | None, drone_journals: Sequence[Path] = (),
    runs: Path | None = None, tongue: Tongue = "en",
) -> SentRegister:  # fmt: skip
    """Write the flights since the recipient's last register into a new CSV file and a page beside it, and enter that
    the person sends them.

    `drone_journals` are those of the drones' own computers, and `runs` is a folder of runs, for the figures of the
    proportion. Without the entry both files are deleted: they would not count as sent. Raises InputError.
    """
    for option, text in (("--person", person), ("--recipient", recipient)):
        if is_blank(text):
            raise InputError("authority register", option, "is empty", "give a name")
    path = journal_of_real_drones(journal, "authority register")
    beside = out.with_suffix(".html")
    if taken := next((file for file in (out, beside) if file.exists()), None):
        raise InputError(taken, "", "is there already", "name another file")
    if beside == out:
        raise InputError(out, "", "is the name of the page", "name the table, e.g. register.csv")
    _refuse_broken(drone_journals)
    who, to = one_line(person, 100), one_line(recipient, 200)
    head = _head_of(path)
    uses, until = register.uses_since(path, to, drone_journals)
    rows = [_row(use, figures, head) for use, figures in _with_figures(uses, path, runs)]
    try:
        with writable_or_error(out, ""):
            write_private(out, _table(rows or [_empty(head)]).encode())
            write_private(beside, page(rows, who, to, tongue, head.number, head.sha256).encode())
        Journal(path, "authority register").write(
            register.REGISTER_SENT, file=out.name, person=who, recipient=to, uses=len(uses), until=until
        )
    except (InputError, JournalError) as error:
        for file in (out, beside):
            file.unlink(missing_ok=True)
        if isinstance(error, InputError):
            raise
        raise InputError(out, "", f"does not count as sent ({error})", "see the disk of the journal") from error
    return SentRegister(path, beside, who, to, len(uses), head)


def _refuse_broken(journals: Sequence[Path]) -> None:
    """Raise InputError for a broken journal of a drone: a lost entry may have been that of a recording."""
    for journal in journals:
        if breaks := verify_journal(journal).breaks:
            raise InputError(journal, "--drone-journal", breaks[0], "copy it from the drone's computer again")


def _head_of(journal: Path) -> Head:
    last = next(last_entries(journal), None)
    return Head(0, "") if last is None else Head(last.number, last.sha256)


def _with_figures(
    uses: Sequence[register.Use], journal: Path, runs: Path | None
) -> Iterator[tuple[register.Use, Mapping[str, float | str | None]]]:
    """The uses, each with the figures of its proportion and the reason why they are unknown."""
    folders = runs_of(journal, () if runs is None else (runs,)) if uses else {}
    for use in uses:
        run = folders.get(use.run)
        proportion = None if run is None else Summary.of(read_json(run.folder / SUMMARY)).proportion
        why = NO_FOLDER if run is None else "its summary holds none" if proportion is None else proportion.get("reason")
        figures = {name: figures_of(proportion, name) for name in FIGURES}
        yield use, {**figures, "proportion_unknown": str(why or "")}


def _row(use: register.Use, figures: Mapping[str, float | str | None], head: Head) -> dict[str, str]:
    row = {name: _text(getattr(use, name)) for name in OF_THE_USE}
    return row | {name: _text(value) for name, value in figures.items()} | _anchor(head)


def _anchor(head: Head) -> dict[str, str]:
    return {"head_number": str(head.number), "head_sha256": head.sha256}


def _empty(head: Head) -> dict[str, str]:
    """The row of a register without a flight: the recipient gets the head all the same."""
    return dict.fromkeys(COLUMNS, "") | _anchor(head)


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.0f}"
    if isinstance(value, datetime):
        return value.isoformat()
    text = plain("; ".join(map(str, value)) if isinstance(value, tuple) else value or "")
    return f"'{text}" if text.lstrip(" ").startswith(FORMULAS) else text


def _table(rows: Sequence[Mapping[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
