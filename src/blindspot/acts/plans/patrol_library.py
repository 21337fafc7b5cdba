"""The library of a patrol: read if it is still valid, else made and kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from shapely.geometry import Polygon

from blindspot.core import InputError, plain_text, progress_of
from blindspot.law import Loaded
from blindspot.mission import Mission
from blindspot.operations.patrols import (
    Library,
    age_map,
    ages_page,
    build_library,
    load_library,
    replaced_library,
    save_library,
)
from blindspot.site import Site

Say = Callable[[str], object]
"""Gets a sentence for the person who waits."""


def library_of(mission: Mission, folder: Path, say: Say, warn: Say) -> Library:
    """The library in a folder, if the library is of this mission and this site; else a new library, kept in the
    folder. `warn` gets the reason for which a library is replaced, and `say` the figures of a new library."""
    try:
        return load_library(folder, mission)
    except InputError as error:
        if folder.exists():
            warn(str(error))
    return new_library(mission, folder, say)


def new_library(mission: Mission, folder: Path, say: Say, site: Site | None = None) -> Library:
    """Make the library of a mission and keep it in a folder. Raises PlanningError, and InputError at once while a
    scheduler flies the library in the folder."""
    with replaced_library(folder):
        pass
    begun_s = time.monotonic()
    with progress_of("library") as progress:
        library = build_library(mission, site=site, progress=lambda stage, share: progress(stage, share, 1.0))
    save_library(library, folder)
    share, took_s = plain_text.percent(library.promised_share, 1), time.monotonic() - begun_s
    say(f"library of {len(library.variants)} variants in {took_s:.0f} s: {share} of the reachable ground promised")
    return library


def write_ages(library: Library, asked: Loaded, folder: Path) -> tuple[Path, ...]:
    """Write the map of the longest age of each place, and the page with the chart of an evening. Returns the files."""
    picture = age_map(library, asked.site, Polygon(library.variants[0].plan.perimeter))
    picture_path, page_path = folder / "ages.png", folder / "ages.html"
    picture.save(picture_path)
    page_path.write_text(ages_page(library, picture, f"{asked.mission.file.name}: ages"), encoding="utf-8")
    return picture_path, page_path
