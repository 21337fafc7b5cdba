"""The checks of the journal entries of one run: order, signed heads, recordings and erasures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO

from blindspot.core import one_line
from blindspot.evidence.acts.access import JOURNALLED, RECORDING, SEALED
from blindspot.evidence.acts.receipts import PURGED, RECEIPT, is_receipt_signed, why_not_erased
from blindspot.evidence.journals.journal import HEAD_SIGNED, LONGEST, Entry, is_head_signed, read_entry
from blindspot.evidence.verified.checked import Checked, listed
from blindspot.evidence.verified.roots import Signers


@dataclass(slots=True)
class EntriesOfRun:
    """The entries of one run in their order, whose chain has gaps: the entries of other runs lie between."""

    entries: list[Entry] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def take(self, entry: Entry) -> None:
        where, last = f"entry {entry.number}", self.entries[-1] if self.entries else None
        if last is not None and entry.number <= last.number:
            self.broken.append(f"{where} stands after entry {last.number}: it is repeated, moved or inserted")
        elif last is not None and entry.number == last.number + 1 and entry.previous != last.sha256:
            self.broken.append(f"{where} does not continue the entry before it")
        if last is not None and entry.at < last.at:
            back_s = (last.at - entry.at).total_seconds()
            self.remarks.append(f"the clock was set back by {back_s:.3g} s before {where}")
        if entry.act == HEAD_SIGNED and not is_head_signed(entry):
            self.broken.append(f"{where}: the signature does not fit the entry before it and the named key")
        self.entries.append(entry)

    def read(self, file: IO[bytes]) -> None:
        """Take each line of a file."""
        for number, line in enumerate(iter(lambda: file.readline(LONGEST + 1), b""), 1):
            try:
                self.take(read_entry(line))
            except ValueError as error:
                self.broken.append(f"line {number}: {error}")

    def checks(self, signers: Signers) -> Iterator[Checked]:
        """The checks of order, heads and clock; the valid heads go to the signers."""
        if self.broken:
            yield Checked("entries", "broken", "; ".join(self.broken[:3]))
        elif self.entries:
            yield Checked("entries", "proven", f"{len(self.entries)} entries have their hashes and stand in order")
        else:
            yield Checked("entries", "unknown", "the journal has no entry of this run")
        heads = [entry for entry in self.entries if entry.act == HEAD_SIGNED and is_head_signed(entry)]
        for head in heads:
            signers.add(head.facts["key_id"], f"head of entry {head.facts['number']}")
        if heads:
            numbers = listed(str(head.facts["number"]) for head in heads)
            yield Checked("heads", "proven", f"the computer signed the journal at entry {numbers}")
        elif self.entries:
            yield Checked("heads", "unknown", "no head of the journal is signed after this run")
        if self.remarks:
            yield Checked("clock", "unknown", "; ".join(self.remarks[:3]))


def check_recordings(entries: Iterable[Entry], digests: Mapping[str, str]) -> Checked:
    """Whether each recording has the hash of its closing, and each begun one is there or erased.

    Parameters
    ----------
    entries
        The entries of the run.
    digests
        SHA-256 of each recording, by the name of its file.
    """
    closed, begun = dict[str, str](), set[str]()
    for entry in entries:
        file = str(entry.facts.get("file"))
        if entry.act == SEALED:
            closed[file] = str(entry.facts.get("sha256"))
        if entry.act in (RECORDING, SEALED) and "file" in entry.facts:
            begun.add(file)
        elif entry.act == PURGED:
            begun.clear()
        elif entry.act in JOURNALLED["erasure"]:
            begun.discard(file)
    changed = [name for name, sha256 in digests.items() if closed.get(name, sha256) != sha256]
    foreign = [name for name in digests if name not in closed]
    missing = sorted(begun - digests.keys())
    faults = {"changed since it was closed": changed, "never closed": foreign, "missing, and not erased": missing}
    if found := [f"{what}: {listed(map(_shown, names))}" for what, names in faults.items() if names]:
        return Checked("recordings", "broken", "; ".join(found))
    if not digests:
        return Checked("recordings", "unknown", "there is no recording")
    return Checked("recordings", "proven", f"{len(digests)} recordings have the hashes of their closing")


def check_erasures(entries: Sequence[Entry], signers: Signers) -> Checked | None:
    """Whether each erasure of a recorder has a signed receipt; None without an erasure. The valid receipts go to the
    signers."""
    receipts = [entry for entry in entries if entry.act == RECEIPT]
    for receipt in filter(is_receipt_signed, receipts):
        signers.add(receipt.facts["key_id"], f"receipt of entry {receipt.number}")
    if faults := why_not_erased(entries):
        return Checked("erasures", "broken", "; ".join(map(_shown, faults[:3])))
    return Checked("erasures", "proven", f"{len(receipts)} erasures have a signed receipt") if receipts else None


def by_file(digests: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The hashes by the name of the file alone, as entries name recordings."""
    return {PurePosixPath(name).name: sha256 for name, sha256 in digests}


def _shown(name: str) -> str:
    return one_line(name, 120)
