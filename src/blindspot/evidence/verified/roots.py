"""The keys in which a reader trusts, and the keys that signed the verified records."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from blindspot.evidence.verified.checked import Checked, listed
from blindspot.law.keys import read_key_id

_ID = re.compile(r"[0-9a-f]{64}")


def roots_of(named: Iterable[str]) -> frozenset[str]:
    """The ids of computer keys, each given as id or as `.pub` file. Raises InputError for another file."""
    return frozenset(name if _ID.fullmatch(name) else read_key_id(Path(name)) for name in named)


def short_id(key_id: str) -> str:
    """The id of a key in a sealed part: the begin of the SHA-256 of the key, whose hex digits are `key_id`."""
    return hashlib.sha256(bytes.fromhex(key_id)).hexdigest()[:16]


@dataclass(slots=True)
class Signers:
    """The valid signatures of the records, by key."""

    roots: frozenset[str]
    signed: dict[str, list[str]] = field(default_factory=dict)
    """By id of the key: names of the signed records."""
    unsigned: list[str] = field(default_factory=list)
    """Records that a signature has to pin, and that have none."""

    def add(self, key_id: object, what: str) -> None:
        self.signed.setdefault(str(key_id), []).append(what)

    @property
    def known(self) -> Sequence[str]:
        """The ids with which the signature of a part can be judged: the part names the hash of its key alone."""
        return [*self.roots, *self.signed]

    def check(self) -> Checked:
        """Whether the keys are those in which the reader trusts."""
        if not self.roots:
            keys = listed(self.signed)
            return Checked("author", "unknown", (
                f"signed with the key {keys}: compare it with the key that the authority holds, or name it with "
                "--computer-key" if self.signed else "no signature names the computer that wrote this"
            ))  # fmt: skip
        foreign = {key_id: what for key_id, what in self.signed.items() if key_id not in self.roots}
        if foreign:
            key_id, what = next(iter(foreign.items()))
            return Checked("author", "broken", f"{listed(what)}: signed with the key {key_id}, which is not named")
        if self.unsigned or not self.signed:
            return Checked("author", "broken", f"not signed: {listed(self.unsigned or ['all records'])}")
        return Checked("author", "proven", f"all signatures are of the named key: {listed(self.signed)}")
