"""The library of a patrol for a command: read if it is still valid, else made and kept."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from blindspot.core import InputError, progress_of, tell

if TYPE_CHECKING:
    from blindspot.mission import Mission
    from blindspot.operations.patrols import Library

LIBRARY_DIR = "library"


def library_folder(mission: Mission) -> Path:
    """Where `blindspot plan` keeps the library of a mission by default."""
    return Path("runs") / f"plan-{mission.path.stem}" / LIBRARY_DIR


def library_of(mission: Mission, folder: Path) -> Library:
    """The library in a folder, if it is of this mission and this site; else a new one, which is kept there."""
    from blindspot.operations.patrols import load_library

    try:
        return load_library(folder, mission)
    except InputError as error:
        if folder.exists():
            tell(str(error))
    return new_library(mission, folder)


def new_library(mission: Mission, folder: Path) -> Library:
    """Make the library of a mission and keep it in a folder. Raises PlanningError if none is possible."""
    from blindspot.operations.patrols import build_library, save_library

    begun_s = time.monotonic()
    with progress_of("library") as progress:
        library = build_library(mission, progress=lambda stage, share: progress(stage, share, 1.0))
    save_library(library, folder)
    share, count = 100 * library.promised_share, len(library.variants)
    tell(f"library of {count} variants in {time.monotonic() - begun_s:.0f} s: {share:.1f} % of the reachable ground")
    return library


def write_ages(library: Library, mission: Mission, folder: Path) -> tuple[Path, ...]:
    """Write the map of the longest age of each place, and the page with the chart of an evening. Returns the files."""
    from shapely.geometry import Polygon

    from blindspot.core import told_if_unwritable
    from blindspot.operations.patrols import age_map, ages_page
    from blindspot.site import load_site

    site = load_site(mission.site_dir, mission.file.start)
    picture = age_map(library, site, Polygon(library.variants[0].plan.perimeter))
    picture_path, page_path = folder / "ages.png", folder / "ages.html"
    with told_if_unwritable(folder):
        picture.save(picture_path)
        page_path.write_text(ages_page(library, picture, f"{mission.file.name}: ages"), encoding="utf-8")
    return picture_path, page_path
