"""The erasures of recordings, by the entries of journals: file, time, and the key that signed the receipt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from blindspot.evidence.acts.access import ERASED
from blindspot.evidence.journals.journal import Entry

RECEIPT, PURGED = "erasure_receipt", "purge"
ERASURES = (ERASED, RECEIPT, PURGED)
"""The acts that erase: `ERASED` stands before the erasure, `RECEIPT` after it."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """An erasure. `file` is empty for all files of a run, `key_id` for an entry without a signature."""

    drone: str
    file: str
    at: datetime
    late: bool
    key_id: str = ""

    def __str__(self) -> str:
        what = f"{self.drone} {self.file}".strip() or "all files of the run"
        proof = f"receipt signed by {self.key_id}" if self.key_id else "entry without a signature"
        return f"{what}: erased {self.at.isoformat(timespec='seconds')}{', late' if self.late else ''} ({proof})"


def receipts_in(entries: Iterable[Entry]) -> tuple[Receipt, ...]:
    """The erasures among the entries of a run, in the order of the entries; a receipt replaces its erasure's entry."""
    found: dict[tuple[str, str], Receipt] = {}
    for entry in entries:
        if entry.act in ERASURES:
            drone, file = (str(entry.facts.get(name) or "") for name in ("drone", "file"))
            key_id = str(entry.facts.get("key_id") or "")
            found[drone, file] = Receipt(drone, file, entry.at, entry.facts.get("late") is True, key_id)
    return tuple(found.values())
