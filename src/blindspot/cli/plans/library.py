"""The library of a patrol for a command: read if it is still valid, else made and kept."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from blindspot.cli.parts.screen import Screen
from blindspot.core import InputError, plain_text, progress_of

if TYPE_CHECKING:
    from blindspot.law import Loaded
    from blindspot.mission import Mission
    from blindspot.operations.patrols import Library
    from blindspot.site import Site


def library_of(mission: Mission, folder: Path) -> Library:
    """The library in a folder, if the library is of this mission and this site; else a new library, kept in the
    folder."""
    from blindspot.operations.patrols import load_library

    try:
        return load_library(folder, mission)
    except InputError as error:
        if folder.exists():
            Screen(stderr=True).print(str(error), soft_wrap=True, markup=False)
    return new_library(mission, folder)


def new_library(mission: Mission, folder: Path, site: Site | None = None) -> Library:
    """Make the library of a mission and keep it in a folder. Raises PlanningError, and InputError at once while a
    scheduler flies the library in the folder."""
    from blindspot.operations.patrols import build_library, replaced_library, save_library

    with replaced_library(folder):
        pass
    begun_s = time.monotonic()
    with progress_of("library") as progress:
        library = build_library(mission, site=site, progress=lambda stage, share: progress(stage, share, 1.0))
    save_library(library, folder)
    share, took_s = plain_text.percent(library.promised_share, 1), time.monotonic() - begun_s
    line = f"library of {len(library.variants)} variants in {took_s:.0f} s: {share} of the reachable ground promised"
    Screen().print(line, soft_wrap=True)
    return library


def write_ages(library: Library, asked: Loaded, folder: Path) -> tuple[Path, ...]:
    """Write the map of the longest age of each place, and the page with the chart of an evening. Returns the files."""
    from shapely.geometry import Polygon

    from blindspot.operations.patrols import age_map, ages_page

    picture = age_map(library, asked.site, Polygon(library.variants[0].plan.perimeter))
    picture_path, page_path = folder / "ages.png", folder / "ages.html"
    picture.save(picture_path)
    page_path.write_text(ages_page(library, picture, f"{asked.mission.file.name}: ages"), encoding="utf-8")
    return picture_path, page_path
