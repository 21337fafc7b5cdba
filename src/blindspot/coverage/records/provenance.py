"""Provenance of an output, written into each file: the attribution, and the hash of every input file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from blindspot.site import Site


@dataclass(frozen=True, slots=True)
class Provenance:
    """The attribution and the hashes of the inputs of an output.

    `inputs_sha256` maps each file to its SHA-256. The key is the path inside the site's folder, or the name of any
    other file. `moment` is the time for which the dated obstacles are selected, ISO 8601; empty if all of them count.
    """

    attribution: str
    inputs_sha256: dict[str, str]
    moment: str = ""

    @property
    def fingerprint(self) -> str:
        """A short hash of all input hashes and the moment, for a footer. It changes if any of them changes."""
        lines = [f"{digest}  {name}\n" for name, digest in sorted(self.inputs_sha256.items())]
        lines += [self.moment] if self.moment else []
        return hashlib.sha256("".join(lines).encode()).hexdigest()[:12]

    @property
    def footer(self) -> str:
        """One line under a map."""
        as_of = f"as of {self.moment} · " if self.moment else ""
        return f"{self.attribution} · {as_of}inputs {self.fingerprint}"

    @property
    def document(self) -> dict[str, object]:
        """The provenance as members of a JSON document."""
        return {"attribution": self.attribution, "as_of": self.moment, "inputs_sha256": self.inputs_sha256}

    @property
    def tags(self) -> dict[str, str]:
        """The provenance as texts by name, for the metadata tags of a file format."""
        texts = {"attribution": self.attribution, "inputs_sha256": json.dumps(self.inputs_sha256, ensure_ascii=False)}
        return texts | ({"as_of": self.moment} if self.moment else {})


def of_both(before: Provenance, after: Provenance) -> Provenance:
    """Provenance of an output made from two others. The prefixes "before/" and "after/" keep their files apart."""
    both = {"before": before, "after": after}
    credits = dict.fromkeys(name for one in both.values() for name in one.attribution.split("; "))
    hashes = {f"{when}/{name}": digest for when, one in both.items() for name, digest in one.inputs_sha256.items()}
    return Provenance("; ".join(credits), hashes, before.moment)


def provenance_of(site: Site, others: Iterable[Path] = ()) -> Provenance:
    """Provenance of a site's folder and of other files read with it."""
    folder = site.folder
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    files |= {path.name: path for path in others}
    moment = site.moment.isoformat() if site.moment else ""
    return Provenance(site.attribution, {name: _sha256(path) for name, path in files.items()}, moment)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
