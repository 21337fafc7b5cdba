"""`blindspot plan` of a dispatch: it makes the atlas, and states how much of the ground has a view, and how soon."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from blindspot.cli.plans.plan import plan
from blindspot.core import InputError
from blindspot.mission import load_mission, load_plan
from blindspot.planning.atlas.atlas_file import load_atlas

MISSION = Path(__file__).parents[4] / "config" / "missions" / "crossroads_dispatch.yaml"


def test_the_command_writes_the_atlas_and_states_its_figures(tmp_path, capsys):
    with pytest.raises(typer.Exit) as end:
        plan(MISSION, out=tmp_path, as_json=True)
    found, atlas = json.loads(capsys.readouterr().out), load_atlas(tmp_path / "atlas", load_mission(MISSION))
    assert end.value.exit_code == 0 and found["refused"] == []
    assert Path(found["atlas"]) == tmp_path / "atlas" / "atlas.json"
    assert (found["squares"], sum(found["views"].values())) == (len(atlas.squares), len(atlas.views))
    assert found["share_with_view"] == 1.0 and found["median_s"] <= found["longest_s"] < 80.0
    assert all((tmp_path / "atlas" / view.file).is_file() for view in atlas.views)
    capsys.readouterr()
    plan(
        MISSION, out=tmp_path / "taken", take=tmp_path / "atlas" / atlas.views[0].file
    )  # as the planner of a stack does
    assert load_plan(tmp_path / "taken" / "plan.json").sha256 == atlas.views[0].sha256


def test_options_of_a_search_do_not_go_with_a_dispatch(tmp_path):
    with pytest.raises(InputError, match=r"--seconds.*does not go with a dispatch"):
        plan(MISSION, out=tmp_path, seconds=5.0)
