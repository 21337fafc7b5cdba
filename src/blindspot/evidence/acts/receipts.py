"""The erasures of recordings, by the entries of journals: file, time, and the key that signed the receipt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from blindspot.evidence.acts.access import ERASED
from blindspot.evidence.journals.journal import Entry, Fact
from blindspot.law.keys import ComputerKey, is_signed

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


PURPOSE = "blindspot.erasure/1"
"""Of the signature of a receipt, over the facts `_SIGNED` in this order."""
_NAMED = ("run", "drone", "folder", "file", "sha256")
_SIGNED = (*_NAMED, "erased_at", "late")


def receipt_facts(erased: Mapping[str, str], at: datetime, *, late: bool, key: ComputerKey | None) -> dict[str, Fact]:
    """The facts of the entry `RECEIPT` for a recording that is gone: those of its erasure's entry (`erased`), the time,
    and the signature of this computer. Without a key `key_id` and `signature` are empty."""
    facts: dict[str, Fact] = {name: erased[name] for name in _NAMED}
    facts |= {"erased_at": at.isoformat(timespec="milliseconds"), "late": late}
    signature = "" if key is None else key.sign(PURPOSE, *_signed(facts))
    return facts | {"key_id": "" if key is None else key.key_id, "signature": signature}


def is_receipt_signed(entry: Entry) -> bool:
    """Whether the named key has signed a receipt as the entry says it."""
    facts = entry.facts
    return is_signed(facts.get("key_id"), facts.get("signature"), PURPOSE, *_signed(facts))


def why_not_erased(entries: Iterable[Entry]) -> tuple[str, ...]:
    """One sentence for each erasure without a signed receipt, and for each receipt that fits no erasure, by the entries
    of a journal or of a run. An erasure by a person (`runs purge`) has no receipt."""
    open_erasures: dict[tuple[str, ...], Entry] = {}
    found = []
    for entry in entries:
        which = _which(entry)
        if entry.act == ERASED and "sha256" in entry.facts:  # older versions wrote neither the hash nor receipts
            open_erasures[which] = entry
        elif entry.act == RECEIPT:
            where, erasure = f"entry {entry.number}: the receipt of {which[-1]}", open_erasures.pop(which, None)
            if erasure is None:
                found.append(f"{where} has no entry of its erasure before")
            elif entry.facts.get("sha256") != erasure.facts.get("sha256"):
                found.append(f"{where} names another content than the entry of its erasure")
            elif not entry.facts.get("key_id"):
                found.append(f"{where} is unsigned: its computer had no key")
            elif not is_receipt_signed(entry):
                found.append(f"{where} was changed: its signature does not fit")
    return (*found, *(f"entry {each.number}: the erasure of {file} has no receipt: it failed, or was cut off"
                      for (*_, file), each in open_erasures.items()))  # fmt: skip


def _which(entry: Entry) -> tuple[str, ...]:
    return tuple(str(entry.facts.get(name)) for name in ("run", "drone", "folder", "file"))


def _signed(facts: Mapping[str, Fact]) -> tuple[str | int, ...]:
    return tuple(int(value) if isinstance(value, bool) else str(value) for value in map(facts.get, _SIGNED))


def receipts_in(entries: Iterable[Entry]) -> tuple[Receipt, ...]:
    """The erasures among the entries of a run, in the order of the entries; a receipt replaces its erasure's entry."""
    found: dict[tuple[str, str], Receipt] = {}
    for entry in entries:
        if entry.act in ERASURES:
            drone, file = (str(entry.facts.get(name) or "") for name in ("drone", "file"))
            key_id = str(entry.facts.get("key_id") or "")
            found[drone, file] = Receipt(drone, file, entry.at, entry.facts.get("late") is True, key_id)
    return tuple(found.values())
