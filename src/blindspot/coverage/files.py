"""Everything that is written of a town's coverage, into one folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from blindspot.coverage.causes import BlindSpot
from blindspot.coverage.geotiff import write_layers
from blindspot.coverage.occupancy import write_occupancy_grid
from blindspot.coverage.outlines import write_blind_spots
from blindspot.coverage.provenance import Provenance
from blindspot.coverage.survey import Survey
from blindspot.coverage.town_maps import coverage_map
from blindspot.errors import InputError


def make_folder(folder: Path) -> None:
    """Make the folder of outputs; raises InputError if that can't be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(folder, "--out", f"can't be made ({error.strerror})", "name another folder") from error


def write_files(
    folder: Path,
    found: Survey,
    told: Sequence[BlindSpot],
    summary: Mapping[str, object],
    provenance: Provenance,
    *,
    geotiff: bool = False,
    occupancy_grid: bool = False,
) -> tuple[Path, ...]:
    """Write figures, map and outlines and what else is asked; returns the files. Raises InputError."""
    picture, outlines, figures = folder / "coverage.png", folder / "blind_spots.geojson", folder / "coverage.json"
    files = [picture, outlines, figures]
    try:
        figures.write_text(as_text(summary) + "\n", encoding="utf-8")
        coverage_map(found.site, found.spots).save(picture)
        write_blind_spots(outlines, found, told, provenance)
        if geotiff:
            files += write_layers(folder, found, provenance)
        if occupancy_grid:
            files += write_occupancy_grid(folder, found.spots.masks, provenance)
    except OSError as error:
        raise InputError(folder, "--out", f"can't be written ({error.strerror or error})") from error
    return tuple(files)


def as_text(document: Mapping[str, object]) -> str:
    """A JSON document as it is printed and written."""
    return json.dumps(document, ensure_ascii=False, indent=1)
