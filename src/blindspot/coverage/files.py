"""Everything that is written of a town's coverage, into one folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from blindspot.coverage.blind_spots import write_blind_spots
from blindspot.coverage.causes import BlindSpot
from blindspot.coverage.geotiff import write_layers
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
    folder: Path, found: Survey, told: Sequence[BlindSpot], summary: Mapping[str, object], *, geotiff: bool
) -> tuple[Path, ...]:
    """Write figures, map and outlines (and with `geotiff` every layer); returns the files. Raises InputError."""
    picture, outlines, figures = folder / "coverage.png", folder / "blind_spots.geojson", folder / "coverage.json"
    site, spots = found.site, found.spots
    files = [picture, outlines, figures]
    try:
        figures.write_text(as_text(summary) + "\n", encoding="utf-8")
        coverage_map(site, spots).save(picture)
        write_blind_spots(outlines, spots, site.frame, site.attribution, [_properties(spot) for spot in told])
        if geotiff:
            files += write_layers(folder, site, spots, found.fixed, found.causes)
    except OSError as error:
        raise InputError(folder, "--out", f"can't be written ({error.strerror or error})") from error
    return tuple(files)


def as_text(document: Mapping[str, object]) -> str:
    """A JSON document as it is printed and written."""
    return json.dumps(document, ensure_ascii=False, indent=1)


def _properties(spot: BlindSpot) -> dict[str, object]:
    return {
        "reason": spot.cause,
        "nearest_camera": spot.camera or None,
        "nearest_camera_m": round(spot.camera_distance_m, 1) if spot.camera else None,
        "nearest_road": spot.road or None,
    }
