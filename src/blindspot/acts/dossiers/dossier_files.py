"""Computes a dossier and writes its files."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from blindspot.acts.dossiers.dossier_inputs import DossierInputs
from blindspot.core import InputError, escape_codes, moved, output_folder, plain, read_file, writable_or_error
from blindspot.coverage import as_text
from blindspot.coverage.ground import DETECT, EN_62676_4_2014, explain, survey
from blindspot.coverage.records import figures_of, summarise
from blindspot.evidence.dossier import (
    Dossier,
    Subject,
    Surveyed,
    assemble,
    file_source,
    in_fixed_view,
    pia,
    plan_sheet,
    source_of,
)  # fmt: skip
from blindspot.evidence.masks import FILE as RATES_FILE
from blindspot.evidence.texts import catalogue

FILE, DOCUMENT, PDF = "dossier.html", "dossier.json", "dossier.pdf"
COVERAGE, IN_VIEW = "coverage.json", "in_view.json"
IDENTITY = ("site", "mission", "operation", "authorisation")
"""Keys of the document that a dossier in the same folder must share."""
Progress = Callable[[str, float, float | None], None]


def write_dossier(
    folder: Path, asked: DossierInputs, language: catalogue.Tongue, made: datetime, progress: Progress
) -> tuple[Dossier, tuple[Path, ...]]:
    """Compute the dossier and write its files into a folder.

    Parameters
    ----------
    folder
        Gets page, document, plans and study.
    asked
        The loaded inputs.
    made
        The time to state, UTC.
    progress
        Called with (phase, done, total).

    Returns
    -------
    tuple
        The dossier, and the written files.

    Raises
    ------
    InputError
        The folder holds another dossier, or can't be written.
    """
    _refuse_other(folder, asked)
    with output_folder(folder) as part:
        it, texts = _subject(asked, language, made, progress)
        progress("page", 1, 1)
        dossier = assemble.write(it)
        texts |= it.plans
        texts[pia.FILE] = _json(pia.study(it, dossier.texts))
        texts[DOCUMENT] = _json(assemble.document(it, dossier))
        texts[FILE] = assemble.page(it, dossier)
        with writable_or_error(folder):
            for name, text in texts.items():
                (part / name).write_text(text, encoding="utf-8")
            (folder / PDF).unlink(missing_ok=True)  # a print of an earlier page
    return dossier, moved((part / name for name in texts), folder)


def _subject(
    asked: DossierInputs, language: catalogue.Tongue, made: datetime, progress: Progress
) -> tuple[Subject, dict[str, str]]:
    """The inputs with the computed coverage, and the texts of the computed files."""
    site, of = asked.site, len(asked.site.cameras)
    density = asked.mission.file.band.min_px_per_m if asked.mission is not None else DETECT.min_px_per_m
    found = survey(site, asked.perimeter, density, lambda phase, done: progress(phase, done, of))
    asked.refuse_other_ground(found.spots.blind_area_m2, density)
    progress("buildings in view", 0, None)
    view = in_fixed_view(site, found.spots, found.fixed)
    spots = explain(site, found.spots, found.causes)
    cover = summarise(found, figures_of(found, EN_62676_4_2014), spots, asked.provenance)
    texts = {COVERAGE: as_text(cover), IN_VIEW: as_text(view.document(asked.provenance))}
    sources = {name: source_of(name, text.encode()) for name, text in texts.items()}
    progress("plans", 0, None)
    say, cameras = assemble.texts_of(language), plan_sheet.numbered(site, found.fixed.area_m2, asked.perimeter)
    plans = (
        plan_sheet.plan_masse(site, found.spots, view, cameras, say),
        plan_sheet.plan_de_detail(site, found.spots, cameras, say),
    )
    return Subject(
        site=site, site_dir=site.folder.name, perimeter=asked.perimeter, perimeter_source=asked.perimeter_source,
        provenance=asked.provenance,
        surveyed=Surveyed(cover, sources[COVERAGE], spots, found.fixed.area_m2, found.fixed.left_out, view,
                          sources[IN_VIEW]),
        plans=dict(zip(plan_sheet.FILES, plans, strict=True)), made=made, language=language,
        mission=asked.mission, mission_source=asked.mission_source, plan=asked.plan,
        plan_source=asked.plan_source, authorisation=asked.authorisation,
        authorisation_source=asked.authorisation_source, evenings=asked.evenings, improve=asked.improve,
        improve_source=asked.improve_source,
        other_sources=(*asked.other_sources, file_source(RATES_FILE, f"config/{RATES_FILE.name}")),
    ), texts  # fmt: skip


def _json(content: dict[str, Any]) -> str:
    return escape_codes(json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1)) + "\n"


def _refuse_other(folder: Path, asked: DossierInputs) -> None:
    """Raise InputError if the folder holds the dossier of another subject. The dossier of the same subject is
    replaced."""
    path = folder / DOCUMENT
    try:
        earlier = json.loads(read_file(path))
    except FileNotFoundError:
        return
    except (OSError, ValueError, RecursionError):
        earlier = None
    if not isinstance(earlier, dict):
        raise InputError(path, "--out", "is no dossier", "name another folder")
    now = {
        "site": asked.site.name,
        "mission": asked.mission.file.name if asked.mission is not None else None,
        "operation": asked.evenings.name if asked.evenings is not None else None,
        "authorisation": asked.authorisation.id if asked.authorisation is not None else None,
    }
    for key in IDENTITY:
        if earlier.get(key) != now[key]:
            problem = f"holds another dossier: {key} is {plain(earlier.get(key))!r} there, and {now[key]!r} here"
            raise InputError(path, "--out", problem, "name another folder")
