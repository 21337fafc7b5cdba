"""The check of a public page by anybody: hashes of its files, signatures of its heads, and the recipient's register.

The recipient of the weekly register holds the flights and the head of the journal. A flight that was cut off the
journal before the page was written is in the register, and is missing on the page.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from blindspot.core import InputError, one_line, read_file, readable_or_error
from blindspot.evidence.journals.journal import is_head_of
from blindspot.evidence.public.page import FACTS, SCHEMA
from blindspot.evidence.public.public_flights import LONGEST_FLIGHT, reference_of
from blindspot.evidence.verified.checked import MOST_SHOWN, Checked

LARGEST = 50_000_000
_COLUMNS = {"run", "authorisation", "begun", "ended", "head_number", "head_sha256"}
NOT_PROVEN = (
    "the author of the table: compare the SHA-256 of index.html with the entry published of the journal",
    "that nobody flew without this software",
    "the times: the computer's clock gave them",
    "the authors: compare the key of a signed head with the computer key that the authority holds",
    "that nobody copied a recording before its erasure",
)


def check_page(folder: Path, register: Path | None = None) -> tuple[Checked, ...]:
    """Check the page in a folder, with a register (CSV) also its flights. Raises InputError for a folder without a page
    and for another file than a register."""
    facts = _facts_in(folder)
    rows = None if register is None else _rows_in(register)
    return (
        _files(folder, facts),
        _heads(facts),
        *(() if rows is None else (_flights(facts, rows), _anchor(facts, rows))),
    )


def _facts_in(folder: Path) -> Mapping[str, Any]:
    path = folder / FACTS
    with readable_or_error(path, "name the folder of a public page"):
        content = read_file(path, LARGEST)
    try:
        facts = json.loads(content)
        datetime.fromisoformat(facts["written"]), timedelta(hours=float(facts["delay_h"]))
        [(one["number"], one["reference"]) for one in facts["flights"]]
        [(head["number"], head["sha256"]) for head in facts["heads"]]
        is_ours = facts["schema"] == SCHEMA and isinstance(facts["pages"], dict)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        is_ours = False
    if not is_ours:
        raise InputError(path, "", "holds no facts of a public page", "name the folder of a public page")
    return facts  # type: ignore[no-any-return]


def _rows_in(register: Path) -> list[dict[str, str]]:
    with readable_or_error(register, "name the table of a register (CSV)"):
        content = read_file(register, LARGEST)
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8", "replace"))))
    except csv.Error:  # a field is longer than a register's
        rows = []
    if not rows or not _COLUMNS.issubset(rows[0]):
        raise InputError(register, "--register", "is no table of a register", "name the CSV file of authority register")
    return [{name: (row[name] or "").removeprefix("'") for name in _COLUMNS} for row in rows]


def _files(folder: Path, facts: Mapping[str, Any]) -> Checked:
    changed = [name for name, sha256 in facts["pages"].items() if _sha256(folder, name) != sha256]
    if changed or not facts["pages"]:
        return Checked("pages", "broken", f"changed, or missing: {', '.join(map(_shown, changed[:MOST_SHOWN]))}")
    return Checked("pages", "proven", f"each page has the hash that {FACTS} names")


def _sha256(folder: Path, name: str) -> str:
    path = folder / Path(name).name
    try:
        return hashlib.sha256(read_file(path, LARGEST)).hexdigest()
    except OSError:
        return ""


def _heads(facts: Mapping[str, Any]) -> Checked:
    signed = [head["signed"] for head in facts["heads"] if isinstance(head.get("signed"), Mapping)]
    if not all(is_head_of(each) for each in signed):
        return Checked("heads", "broken", "the signature of a head does not fit the named key")
    if not signed:
        return Checked("heads", "unknown", "no head is signed")
    keys = ", ".join(dict.fromkeys(_shown(each["key_id"]) for each in signed))
    return Checked("heads", "proven", f"{len(signed)} of {len(facts['heads'])} heads are signed, with the key {keys}")


def _flights(facts: Mapping[str, Any], rows: Sequence[Mapping[str, str]]) -> Checked:
    """Whether each flight of the register under the page's authorisation, old enough for the page, is on the page."""
    listed = {one["reference"] for one in facts["flights"]}
    ours = [row for row in rows if row["begun"] and reference_of(row["authorisation"]) == facts.get("authorisation")]
    due = [row for row in ours if _is_due(row, facts)]
    hidden = [row for row in due if reference_of(row["authorisation"], row["run"], row["begun"]) not in listed]
    if hidden:
        shown = "; ".join(_shown(f"{row['run']}, begun {row['begun']}") for row in hidden[:MOST_SHOWN])
        many = f"{len(hidden)} flights of the register are" if len(hidden) > 1 else "a flight of the register is"
        return Checked("flights", "broken", f"{many} missing on the page: {shown}")
    if not due:
        return Checked("flights", "unknown", "the register has no flight of this authorisation that is old enough")
    return Checked("flights", "proven", f"{len(due)} flights of the register that are old enough are on the page")


def _is_due(row: Mapping[str, str], facts: Mapping[str, Any]) -> bool:
    """As the page's own rule. A flight whose end the register has not yet counts as ended a day after its begin."""
    try:
        ended = datetime.fromisoformat(row["ended"]) if row["ended"] else (
            datetime.fromisoformat(row["begun"]) + LONGEST_FLIGHT
        )  # fmt: skip
        return datetime.fromisoformat(facts["written"]) - ended >= timedelta(hours=float(facts["delay_h"]))
    except (ValueError, TypeError, OverflowError):
        return False


def _anchor(facts: Mapping[str, Any], rows: Sequence[Mapping[str, str]]) -> Checked:
    """Whether a journal of the page holds the head that the register had."""
    anchors = {(int(row["head_number"]), row["head_sha256"]) for row in rows if row["head_number"].isdecimal()}
    if not anchors:
        return Checked("anchor", "unknown", "the register has no head of a journal")
    number, sha256 = max(anchors)
    heads = [(head["number"], head["sha256"]) for head in facts["heads"]]
    if not any(ends >= number for ends, _ in heads):
        return Checked("anchor", "broken", f"each journal of the page ends before entry {number} of the register")
    if (number, sha256) in heads:
        return Checked("anchor", "proven", f"a journal of the page ends at the head of the register, entry {number}")
    if len(heads) == 1 and heads[0][0] == number:
        return Checked("anchor", "broken", f"entry {number} has another hash in the register: it was rewritten")
    return Checked(
        "anchor",
        "unknown",
        f"the journal goes on after entry {number}: compare the journal's own entry with the register",
    )


def _shown(text: object) -> str:
    return one_line(text, 120)
