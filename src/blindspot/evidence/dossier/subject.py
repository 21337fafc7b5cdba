"""The loaded inputs of a dossier, and the notes of its chapters: figures with their files, and missing facts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from shapely.geometry import Polygon

from blindspot.coverage.ground import BlindSpot
from blindspot.coverage.records import Provenance
from blindspot.evidence.dossier.in_view import InFixedView
from blindspot.evidence.texts.catalogue import Texts, Tongue
from blindspot.law import Authorisation
from blindspot.mission import Mission, Plan
from blindspot.site import Site


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that a fact comes from, by the name that the page shows."""

    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Evenings:
    """An operation: text of its days, slots (name, from, until, passes) and pilots."""

    name: str
    rule: str
    slots: tuple[tuple[str, str, str, str], ...]
    pilots: tuple[str, ...]
    source: SourceFile


@dataclass(frozen=True, slots=True)
class Surveyed:
    """The computed facts of the fixed cameras, each with the file of the dossier that holds it."""

    coverage: Mapping[str, Any]
    """The document of `coverage.json`."""
    coverage_source: SourceFile
    spots: tuple[BlindSpot, ...]
    seen_m2: Mapping[str, float]
    """By camera that counts: open ground that it sees at any density, m2."""
    left_out: Mapping[str, str]
    in_view: InFixedView
    in_view_source: SourceFile


@dataclass(frozen=True, slots=True)
class Subject:
    """Everything that a dossier is about. None stands for a file that the user has not named."""

    site: Site
    site_dir: str
    perimeter: Polygon
    perimeter_source: SourceFile
    provenance: Provenance
    surveyed: Surveyed
    plans: Mapping[str, str]
    """The drawings, SVG, by file name."""
    made: datetime
    language: Tongue
    mission: Mission | None = None
    mission_source: SourceFile | None = None
    plan: Plan | None = None
    plan_source: SourceFile | None = None
    authorisation: Authorisation | None = None
    authorisation_source: SourceFile | None = None
    evenings: Evenings | None = None
    improve: Mapping[str, Any] | None = None
    improve_source: SourceFile | None = None
    other_sources: tuple[SourceFile, ...] = ()

    @property
    def is_flight(self) -> bool:
        """False for a dossier of fixed cameras alone."""
        return self.mission is not None or self.authorisation is not None

    @property
    def title(self) -> str:
        return self.mission.file.name if self.mission is not None else self.site.name

    @property
    def sources(self) -> tuple[SourceFile, ...]:
        """Every file that was read, each once."""
        named = (
            self.mission_source, self.plan_source, self.authorisation_source, self.improve_source,
            self.evenings.source if self.evenings is not None else None,
        )  # fmt: skip
        town = [SourceFile(f"{self.site_dir}/{name}", digest) for name, digest in self.provenance.inputs_sha256.items()]
        return tuple(dict.fromkeys((*filter(None, named), self.perimeter_source, *self.other_sources, *town)))


@dataclass(frozen=True, slots=True)
class NotedFigure:
    """A figure of the page: the file that holds it, and the hash of this file."""

    name: str
    label: str
    value: float
    unit: str
    source: SourceFile


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact that no file holds: its key, its name in the page's language, and the file or document that wants it."""

    key: str
    name: str
    file: str


@dataclass
class Notes:
    """Collects figures and missing facts while the chapters are written."""

    texts: Texts
    figures: list[NotedFigure] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)

    def figure(
        self, name: str, value: float, unit: str, source: SourceFile, digits: int = 0, *, label: str | None = None
    ) -> str:
        """Note a figure, and return its text. `label` is its name in the page's language, by default the text of its
        key. A small area keeps a decimal: some ground in view never reads as none."""
        digits = 1 if unit == "m2" and 0.0 < value < 10.0 else digits
        said = self.texts(f"figure.{name}") if label is None else label
        self.figures.append(NotedFigure(name, said, round(value, 6), unit, source))
        return with_unit(self.texts, self.texts.number(value, digits), unit)

    def lacks(self, key: str, file: str) -> Missing:
        """Note a missing fact: each key once."""
        found = Missing(key, self.texts(f"missing.{key}"), file)
        if found not in self.missing:
            self.missing.append(found)
        return found


def with_unit(texts: Texts, number: str, unit: str) -> str:
    """The text of a figure; a count has the unit "number"."""
    return number if unit == "number" else f"{number}\u00a0{texts(f'unit.{unit}')}"


def source_of(name: str, content: bytes) -> SourceFile:
    return SourceFile(name, hashlib.sha256(content).hexdigest())


def file_source(path: Path, shown: str = "") -> SourceFile:
    return source_of(shown or path.name, path.read_bytes())
