"""Where an output comes from, said in each of them: whom to thank, and the hash of every file that it is made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from blindspot.site import Site


@dataclass(frozen=True, slots=True)
class Provenance:
    """`inputs_sha256`: SHA-256 by file, a site's by their paths inside its folder, others by their names. `moment`: as
    of when the dated obstacles stand, ISO 8601; empty where all of them do."""

    attribution: str
    inputs_sha256: dict[str, str]
    moment: str = ""

    @property
    def fingerprint(self) -> str:
        """All hashes and the moment as one short word, for a footer: equal if and only if every input is."""
        lines = [f"{digest}  {name}\n" for name, digest in sorted(self.inputs_sha256.items())]
        lines += [self.moment] if self.moment else []
        return hashlib.sha256("".join(lines).encode()).hexdigest()[:12]

    @property
    def footer(self) -> str:
        """One line under a map."""
        as_of = f"as of {self.moment} · " if self.moment else ""
        return f"{self.attribution} · {as_of}inputs {self.fingerprint}"

    @property
    def tags(self) -> dict[str, str]:
        """As texts by name, for a file format's own place for them."""
        told = {"attribution": self.attribution, "inputs_sha256": json.dumps(self.inputs_sha256, ensure_ascii=False)}
        return told | ({"as_of": self.moment} if self.moment else {})


def of_both(before: Provenance, after: Provenance) -> Provenance:
    """That of an output made from two, whose files keep apart by "before/" and "after/"."""
    both = {"before": before, "after": after}
    thanks = dict.fromkeys(name for one in both.values() for name in one.attribution.split("; "))
    hashes = {f"{when}/{name}": digest for when, one in both.items() for name, digest in one.inputs_sha256.items()}
    return Provenance("; ".join(thanks), hashes, before.moment)


def provenance_of(site: Site, others: Iterable[Path] = ()) -> Provenance:
    """That of a site's folder and of files read beside it."""
    folder = site.folder
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    files |= {path.name: path for path in others}
    moment = site.moment.isoformat() if site.moment else ""
    return Provenance(site.attribution, {name: _sha256(path) for name, path in files.items()}, moment)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
