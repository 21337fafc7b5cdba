"""`blindspot plan`: the files that it leaves and how it ends."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from blindspot.cli.plan import plan
from blindspot.coverage.ground_masks import load_ground_masks
from blindspot.errors import InputError
from blindspot.planning import check
from blindspot.planning.plan import load_plan

MISSION = Path(__file__).parents[3] / "config" / "missions" / "crossroads.yaml"


@pytest.fixture
def command():
    app = typer.Typer()
    app.command()(plan)
    return lambda *arguments: CliRunner().invoke(app, list(map(str, arguments)))


def test_it_writes_plan_map_outlines_and_ground(command, tmp_path):
    result = command(MISSION, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "checked: no violation" in result.output
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"plan.json", "plan.png", "plan.geojson", "ground.npz"}
    made, ground = load_plan(tmp_path / "out" / "plan.json"), load_ground_masks(tmp_path / "out" / "ground.npz")
    assert made.coverage.blind_area_m2 == pytest.approx(ground.blind.sum() * ground.grid.cell_area_m2)


def test_a_plan_that_breaks_a_rule_ends_with_1_and_names_it(command, tmp_path, monkeypatch):
    broken = check.Violation("building", "drone1", None, 12.0, "3.0 m from a building")
    monkeypatch.setattr(check, "check_plan", lambda *_: (broken,))
    result = command(MISSION, "--out", tmp_path)
    assert result.exit_code == 1
    assert "3.0 m from a building" in result.output
    assert "not to be flown" in result.output


def test_a_missing_mission_is_the_users_mistake(command, tmp_path):
    result = command(tmp_path / "none.yaml")
    assert isinstance(result.exception, InputError)
