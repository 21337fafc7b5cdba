"""`blindspot coverage` of a town that is computed in tiles, on a cluster or because the town is large."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from blindspot.cli.parts.progress_bar import progress_bar
from blindspot.cli.plans import coverage_tables as tables
from blindspot.core import InputError, escape_codes, writable_or_error
from blindspot.coverage import as_text, write_maps
from blindspot.coverage.maps import Library
from blindspot.coverage.records import document, layer_paths, provenance_of, write_spots
from blindspot.coverage.tiles import Question, Run, corners, grid_for, left_out, overview, write_town
from blindspot.site import Site

MOST_DRAWN = 50_000
"""Buildings of a web page. With their blind ground they make 30 MB, which a browser still opens."""


def refuse(asked: Mapping[str, bool], scheduler: str | None) -> None:
    """Raise InputError for each requested output that a survey in tiles does not offer."""
    instead = "leave --scheduler out" if scheduler else "give a --perimeter of at most some 20 km2"
    for option, is_asked in asked.items():
        if is_asked:
            raise InputError("blindspot coverage", option, "is not made in tiles", f"leave it out, or {instead}")


def survey_in_tiles(
    folder: Path,
    site: Site,
    question: Question,
    given: Iterable[Path],
    scheduler: str | None,
    library: Library | None,
    *,
    as_json: bool,
) -> tuple[Path, ...]:
    """Write the layers, the blind spots, the figures and the maps of a town, and print the figures."""
    provenance, grid = provenance_of(site, given), grid_for(site, question.area)
    with progress_bar(len(corners(grid))) as progress, writable_or_error(folder), _runner(scheduler) as run:
        figures, spots = write_town(site, question, folder, provenance, run, progress)
        summary = document(
            site, question.min_px_per_m, figures, left_out(site, grid), len(spots), provenance, question.patrol_share
        )
        progress("writing", len(corners(grid)))
        outlines, numbers = folder / "blind_spots.geojson", folder / "coverage.json"
        write_spots(outlines, spots, site.frame, question.min_px_per_m, provenance)
        numbers.write_text(as_text(summary) + "\n", encoding="utf-8")
        if library is not None and len(site.buildings) > MOST_DRAWN:
            said = f"{len(site.buildings)} buildings are too many for a web page (limit {MOST_DRAWN})"
            print(f"blindspot: no coverage.html: {said}", file=sys.stderr)
            library = None
        maps = write_maps(folder, overview(folder, site, grid, question), figures, spots, provenance, library)
    if as_json:
        print(escape_codes(as_text(summary)))
    else:
        tables.print_figures(summary)
        tables.print_blind_spots(spots)
    return numbers, outlines, *maps, *layer_paths(folder, question.layers)


def _runner(scheduler: str | None) -> AbstractContextManager[Run]:
    if scheduler is None:
        return nullcontext(map)
    from blindspot.coverage.tiles import on_cluster

    return on_cluster(scheduler)
