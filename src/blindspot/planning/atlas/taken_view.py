"""The files of one view of an atlas: the plan and the ground, as they were checked."""

from __future__ import annotations

import hashlib
from pathlib import Path

from blindspot.core import InputError, outputs, read_file, readable_or_error
from blindspot.mission import Mission, Plan, parse_plan
from blindspot.planning.atlas.atlas_file import GROUND_FILE, AtlasView, load_atlas

AGAIN = "make the atlas again with blindspot plan"


def plan_of_view(folder: Path, view: AtlasView) -> Plan:
    """The plan of a view in the folder of its atlas. Raises InputError unless the file is the one that was checked."""
    path = folder / view.file
    return parse_plan(_unchanged(path, view.sha256).decode(), str(path))


def take_view(plan_file: Path, mission: Mission, run_dir: Path) -> Plan:
    """Write the plan of a view, and the ground of its atlas, into the folder of a run.

    Parameters
    ----------
    plan_file
        The plan file of the view, in the folder of the mission's atlas.
    mission
        The mission.
    run_dir
        The folder of the run. It gets `plan.json` and `ground.npz`.

    Returns
    -------
    Plan
        The plan of the view.

    Raises
    ------
    InputError
        The atlas is void, the file is no view of the atlas, or a file is not the one that was checked.
    OSError
        The disk refuses.

    Example
    -------
    >>> take_view(folder / "drone1-001.json", mission, run_dir).routes[0].drone  # doctest: +SKIP
    'drone1'
    """
    folder = plan_file.parent
    atlas = load_atlas(folder, mission)
    view = next((one for one in atlas.views if one.file == plan_file.name), None)
    if view is None:
        raise InputError(plan_file, "", "is no view of the atlas", AGAIN)
    contents = {
        GROUND_FILE: _unchanged(folder / GROUND_FILE, atlas.ground_sha256),
        "plan.json": _unchanged(plan_file, view.sha256),
    }
    run_dir.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        with outputs.whole_file(run_dir / name) as opened:
            opened.write(content)
    return parse_plan(contents["plan.json"].decode(), str(plan_file))


def _unchanged(path: Path, sha256: str) -> bytes:
    with readable_or_error(path, AGAIN):
        content = read_file(path)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise InputError(path, "", "is not the file that was checked", AGAIN)
    return content
