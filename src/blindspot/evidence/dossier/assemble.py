"""The chapters of a dossier in their order, and its page and document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blindspot import __version__
from blindspot.coverage.maps import templates
from blindspot.evidence.dossier import chapter as part, of_cameras, of_flight, of_people
from blindspot.evidence.dossier.chapter import Block, Chapter
from blindspot.evidence.dossier.subject import Missing, NotedFigure, Notes, Subject, with_unit
from blindspot.evidence.texts.catalogue import Texts, Tongue, texts_in

SCHEMA = "blindspot.dossier/1"
Writer = Callable[[Subject, Notes], Iterator[Block]]
CHAPTERS: tuple[tuple[str, tuple[Writer, ...], bool], ...] = (
    ("presentation", (of_flight.purpose, of_cameras.technique, of_flight.drones, of_cameras.ground), False),
    ("masse", (of_cameras.masse,), False),
    ("detail", (of_cameras.detail,), False),
    ("limits", (of_cameras.masks,), False),
    ("processing", (of_people.recording,), False),
    ("access", (of_people.access,), False),
    ("notice", (of_people.notice,), False),
    ("perimeter", (of_flight.perimeter,), False),
    ("proof", (of_flight.masking,), False),
    ("order", (of_people.order, of_flight.planned), True),
    ("means", (of_flight.necessity, of_cameras.changes), False),
    ("rules", (of_flight.rules,), True),
    ("protection", (of_people.protection,), False),
)
"""Key, parts, and whether the chapter is about a flight alone."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """A written dossier."""

    texts: Texts
    chapters: tuple[Chapter, ...]
    figures: tuple[NotedFigure, ...]
    missing: tuple[Missing, ...]


def texts_of(language: Tongue) -> Texts:
    return texts_in(Path(__file__).parent, language)


def write(it: Subject) -> Dossier:
    """Write every chapter. Each figure and each missing fact is noted on the way."""
    say = texts_of(it.language)
    notes = Notes(say)
    chapters = [
        Chapter(say(f"chapter.{key}"), say(f"article.{key}"), tuple(_blocks(writers, it, notes)))
        for key, writers, of_flight_alone in CHAPTERS
        if it.is_flight or not of_flight_alone
    ]
    figures = tuple({figure.name: figure for figure in notes.figures}.values())
    chapters.append(Chapter(say("chapter.sources"), say("article.sources"), tuple(_sources(it, figures, say))))
    return Dossier(say, tuple(chapters), figures, tuple(notes.missing))


def _blocks(writers: tuple[Writer, ...], it: Subject, notes: Notes) -> Iterator[Block]:
    for writer in writers:
        yield from writer(it, notes)


def _sources(it: Subject, figures: tuple[NotedFigure, ...], say: Texts) -> Iterator[Block]:
    """The files with their hashes, the figures with their files, and the assumptions about the town."""
    own = (it.surveyed.coverage_source, it.surveyed.in_view_source)
    yield part.table(
        say("sources.files"), (say("words.file"), "SHA-256"), [(one.file, one.sha256) for one in (*own, *it.sources)]
    )
    yield part.table(
        say("sources.figures"), (say("words.figure"), say("words.value"), say("words.file")),
        [(figure.label, with_unit(say, _exact(say, figure.value), figure.unit), figure.source.file)
         for figure in figures],
    )  # fmt: skip
    assumed = sum(finding.action == "assumed" for finding in it.site.findings)
    yield part.text(say("sources.assumed", number=assumed, site=it.site_dir))


def _exact(say: Texts, value: float) -> str:
    """A figure with the decimals that it has, two at most."""
    return say.number(value, next(digits for digits in range(3) if digits == 2 or value == round(value, digits)))


def page(it: Subject, dossier: Dossier) -> str:
    """The page as one HTML file."""
    say = dossier.texts
    kind = "flight" if it.is_flight else "cameras"
    simulated = it.authorisation is not None and it.authorisation.only_simulated
    lines = [
        (say("cover.site"), it.site.name), (say("cover.made"), f"{say.day(it.made)}, {it.made:%H:%M} UTC"),
        (say("cover.perimeter"), f"{say.number(it.perimeter.area)} m²"),
    ]  # fmt: skip
    if it.mission_source is not None:
        lines.append((say("cover.mission"), it.mission_source.file))
    if it.authorisation is not None:
        lines.append((say("cover.authorisation"), f"{it.authorisation.id}, {it.authorisation.file.profile}"))
    if it.evenings is not None:
        lines.append((say("cover.operation"), it.evenings.name))
    lines.append((say("cover.software"), f"blindspot {__version__}"))
    return templates(Path(__file__).parent).get_template("dossier.html.j2").render(
        lang=it.language, say=say, it=dossier, title=it.title, kind=say(f"cover.{kind}"), lines=lines,
        running=f"{say(f'cover.{kind}')} · {it.title}"[:110], attribution=it.provenance.attribution,
        simulated="", only_simulated=simulated,
    )  # fmt: skip


def document(it: Subject, dossier: Dossier) -> dict[str, Any]:
    """The content of `dossier.json`, schema `blindspot.dossier/1`."""
    return {
        "schema": SCHEMA,
        "site": it.site.name,
        "mission": it.mission.file.name if it.mission is not None else None,
        "operation": it.evenings.name if it.evenings is not None else None,
        "authorisation": it.authorisation.id if it.authorisation is not None else None,
        "language": it.language,
        "made": it.made.isoformat(),
        "software": __version__,
        "figures": [
            {"name": figure.name, "value": figure.value, "unit": figure.unit, "file": figure.source.file,
             "sha256": figure.source.sha256}
            for figure in dossier.figures
        ],
        "missing": [{"key": one.key, "name": one.name, "file": one.file} for one in dossier.missing],
        "inputs": [{"file": one.file, "sha256": one.sha256} for one in it.sources],
    }  # fmt: skip
