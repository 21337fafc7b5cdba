"""The atlas of a dispatch: made, checked and written into a folder beside the plans of the mission."""

from __future__ import annotations

from pathlib import Path

from blindspot.acts.plans.plan_folders import ATLAS_DIR
from blindspot.core import moved, output_folder, progress_of
from blindspot.law import Loaded
from blindspot.planning.atlas import ATLAS_FILE, GROUND_FILE, MadeAtlas, make_atlas


def plan_atlas(folder: Path, asked: Loaded) -> tuple[MadeAtlas, tuple[Path, ...]]:
    """Make the atlas of a mission, and write its plans, its ground and `atlas.json` into the folder's own folder
    `ATLAS_DIR`.

    Returns the atlas and the written files, `atlas.json` first. Raises the errors of `make_atlas`, and InputError if a
    file can't be written.
    """
    own = folder / ATLAS_DIR
    with output_folder(own) as part:
        with progress_of("planning") as progress:
            made = make_atlas(asked.mission, asked.site, lambda stage, done: progress(stage, done, 1.0))
        for view, plan in zip(made.atlas.views, made.plans, strict=True):
            (part / view.file).write_text(plan.to_json(), encoding="utf-8")
        (part / ATLAS_FILE).write_text(made.atlas.model_dump_json(by_alias=True, indent=1), encoding="utf-8")
        (part / GROUND_FILE).write_bytes(made.ground)
        files = [part / ATLAS_FILE, part / GROUND_FILE, *(part / view.file for view in made.atlas.views)]
    return made, moved(files, own)
