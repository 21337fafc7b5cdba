"""The files of one view for a run: as they were checked, or none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test.factories import ATLAS_VIEW as FILE, masks_over, write_atlas

from blindspot.core import InputError
from blindspot.mission import GroundMasks, load_mission, load_plan
from blindspot.planning.atlas import ATLAS_FILE, GROUND_FILE, take_view
from blindspot.site.ground import Grid

MISSION = Path(__file__).parents[4] / "config" / "missions" / "crossroads_dispatch.yaml"


@pytest.fixture
def on_call():
    return load_mission(MISSION)


@pytest.fixture
def atlas(tmp_path, on_call, plan):
    """The folder of an atlas with one view."""
    return write_atlas(tmp_path, on_call, plan, masks_over(Grid(0.0, 0.0, 1.0, 4, 4)))


def test_a_run_gets_the_plan_and_the_ground_of_the_atlas(atlas, on_call, plan):
    run = atlas / "runs" / "one"
    assert take_view(atlas / FILE, on_call, run) == plan == load_plan(run / "plan.json")
    assert GroundMasks.load(run / "ground.npz").public.any()


@pytest.mark.parametrize("name", [FILE, GROUND_FILE])
def test_a_file_that_was_changed_after_its_check_is_refused_and_the_run_gets_nothing(atlas, on_call, name):
    (atlas / name).write_bytes((atlas / name).read_bytes() + b" ")
    with pytest.raises(InputError, match="is not the file that was checked; make the atlas again"):
        take_view(atlas / FILE, on_call, atlas / "run")
    assert not (atlas / "run").exists()


def test_another_plan_beside_the_atlas_is_no_view_of_it(atlas, on_call, plan):
    (atlas / "mine.json").write_text(plan.to_json())
    with pytest.raises(InputError, match="is no view of the atlas"):
        take_view(atlas / "mine.json", on_call, atlas / "run")


def test_a_void_atlas_gives_no_view(atlas, on_call):
    document = json.loads((atlas / ATLAS_FILE).read_text())
    (atlas / ATLAS_FILE).write_text(json.dumps(document | {"mission_sha256": "0" * 64}))
    with pytest.raises(InputError, match="the atlas is void"):
        take_view(atlas / FILE, on_call, atlas / "run")
