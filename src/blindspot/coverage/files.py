"""Writes the output files of a town's coverage into one folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from blindspot.core import writable_or_error
from blindspot.coverage.ground.causes import BlindSpot
from blindspot.coverage.ground.site_survey import Survey
from blindspot.coverage.maps.camera_maps import turning_map, uncertainty_map
from blindspot.coverage.maps.drawing import drawing_of
from blindspot.coverage.maps.map_library import Library
from blindspot.coverage.maps.town_maps import comparison_map, coverage_map
from blindspot.coverage.maps.web_map import web_map
from blindspot.coverage.records.comparison import Comparison
from blindspot.coverage.records.geotiff import write_bounds, write_layers
from blindspot.coverage.records.occupancy import write_occupancy_grid
from blindspot.coverage.records.outlines import write_blind_spots, write_changes
from blindspot.coverage.records.provenance import Provenance
from blindspot.coverage.records.summary import Figures


def write_files(
    folder: Path,
    found: Survey,
    figures: Figures,
    blind: Sequence[BlindSpot],
    summary: Mapping[str, object],
    provenance: Provenance,
    *,
    library: Library | None,
    geotiff: bool = False,
    occupancy_grid: bool = False,
) -> tuple[Path, ...]:
    """Write the output files of a survey.

    The figures, the maps and the outlines are always written. The turning map and the uncertainty files follow if the
    survey holds their data.

    Parameters
    ----------
    folder
        An existing folder.
    found, figures, blind
        The survey, its areas, and its blind spots.
    summary
        The content of `coverage.json`.
    provenance
        Attribution and input hashes, written into each file.
    library
        MapLibre GL for the web map. None skips the web map.
    geotiff, occupancy_grid
        Whether to write the GeoTIFF layers and the occupancy grid, too.

    Returns
    -------
    files
        The paths of the written files.

    Raises
    ------
    InputError
        If a file is not writable.

    Example
    -------
    >>> write_files(Path("out"), found, figures, blind, {}, provenance, library=None)[0].name  # doctest: +SKIP
    'coverage.json'
    """
    numbers, outlines = files = [folder / name for name in ("coverage.json", "blind_spots.geojson")]
    with writable_or_error(folder):
        numbers.write_text(as_text(summary) + "\n", encoding="utf-8")
        write_blind_spots(outlines, found, blind, provenance)
        files += write_maps(folder, found, figures, blind, provenance, library)
        if geotiff:
            files += write_layers(folder, found, provenance)
        if found.time_share is not None or found.could_see_px_per_m is not None:
            files.append(turning_map(found, provenance).save(folder / "turning.png", provenance.tags))
        if found.uncertainty:
            files += write_bounds(folder, found, found.uncertainty, provenance)
            bounds_map = uncertainty_map(found, found.uncertainty, provenance)
            files.append(bounds_map.save(folder / "uncertainty.png", provenance.tags))
        if occupancy_grid:
            files += write_occupancy_grid(folder, found.spots.masks, provenance)
    return tuple(files)


def write_maps(
    folder: Path,
    found: Survey,
    figures: Figures,
    blind: Sequence[BlindSpot],
    provenance: Provenance,
    library: Library | None,
) -> tuple[Path, ...]:
    """Write the coverage map as PNG and, with a library, as web page.

    Parameters
    ----------
    folder
        An existing folder.
    found, figures, blind
        The survey, its areas, and its blind spots.
    provenance
        Attribution and input hashes, written into each file.
    library
        The library of web maps; None: no web page.

    Returns
    -------
    tuple of Path
        `coverage.png` and, with a library, `coverage.html`.

    Raises
    ------
    OSError
        A write fails.

    Example
    -------
    >>> write_maps(Path("out"), found, figures, blind, provenance, None)[0].name  # doctest: +SKIP
    'coverage.png'
    """
    picture, page = folder / "coverage.png", folder / "coverage.html"
    coverage_map(found, figures, provenance).save(picture, provenance.tags)
    if library is None:
        return (picture,)
    drawing = drawing_of(found, blind)
    page.write_text(web_map(found, figures, blind, drawing, provenance, library), encoding="utf-8")
    return picture, page


def write_comparison(
    folder: Path, change: Comparison, summary: Mapping[str, object], provenance: Provenance
) -> tuple[Path, ...]:
    """Write the figures, the picture and the outlines of the changes between two surveys.

    Parameters
    ----------
    folder
        An existing folder for `compare.json`, `compare.png` and `compare.geojson`.
    change
        The cells that become seen or unseen.
    summary
        The content of `compare.json`.
    provenance
        Attribution and input hashes, written into the picture and the outlines.

    Returns
    -------
    tuple of Path
        The three files.

    Raises
    ------
    InputError
        The folder can't be written.

    Example
    -------
    >>> write_comparison(Path("out"), change, summary, provenance)[0].name  # doctest: +SKIP
    'compare.json'
    """
    figures, picture, outlines = (folder / f"compare.{ending}" for ending in ("json", "png", "geojson"))
    with writable_or_error(folder):
        figures.write_text(as_text(summary) + "\n", encoding="utf-8")
        comparison_map(change, provenance).save(picture, provenance.tags)
        write_changes(outlines, change, provenance)
    return figures, picture, outlines


def as_text(document: Mapping[str, object]) -> str:
    r"""Format a JSON document for printing and for files.

    Parameters
    ----------
    document
        Values that JSON can hold.

    Returns
    -------
    str
        The text, indented by one space, with all letters as they are.

    Example
    -------
    >>> as_text({"street": "Rue Crébillon"})
    '{\n "street": "Rue Crébillon"\n}'
    """
    return json.dumps(document, ensure_ascii=False, indent=1)
