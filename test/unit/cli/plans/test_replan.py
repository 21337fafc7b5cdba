"""`blindspot replan`: routes for those who hover as a file, or one sentence why there are none."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from blindspot.cli.plans.replan import replan
from blindspot.core.errors import InputError, PlanningError
from blindspot.mission.in_flight.situation import Situation, Standing
from blindspot.mission.plan import Begin, View, load_plan
from blindspot.planning.checker import check_replan as check_rest
from blindspot.planning.checker.check_flight import Violation

pytestmark = pytest.mark.usefixtures("searched_little")

MISSION = Path(__file__).parents[4] / "config" / "missions" / "crossroads.yaml"


@pytest.fixture
def command(plan, tmp_path):
    """The command in a folder that holds the plan; given what is said of drone2."""
    app = typer.Typer()
    app.command()(replan)
    (tmp_path / "plan.json").write_text(plan.to_json())

    def run(**drone2):
        drones = (Standing(drone="drone1", steps_done=0, down=True), Standing(drone="drone2", **drone2))
        situation = Situation(schema="blindspot.situation/1", drones=drones)
        (tmp_path / "situation.json").write_text(situation.model_dump_json(by_alias=True))
        files = [MISSION, tmp_path / "plan.json", tmp_path / "situation.json", "--out", tmp_path / "rest.json"]
        return CliRunner().invoke(app, list(map(str, files)))

    return run


@pytest.fixture
def hover(plan):
    view = next(step for step in plan.route_of("drone2").steps if isinstance(step, View))
    return Begin(at=view.to, battery_fraction=0.9, flown_s=60.0)


def test_it_writes_a_plan_that_begins_where_the_drone_hovers(command, hover, plan, tmp_path):
    result = command(steps_done=0, hover=hover)
    assert result.exit_code == 0, result.output
    assert "drone2:" in result.output and "checked, no violation" in result.output
    rest = load_plan(tmp_path / "rest.json")
    assert [(route.drone, route.begin) for route in rest.routes] == [("drone2", hover)]
    assert rest.id == plan.id and rest.sha256 != plan.sha256


def test_without_a_hovering_drone_no_file_is_written(command, tmp_path):
    result = command(steps_done=0, down=True)
    assert isinstance(result.exception, PlanningError) and "none hovers" in str(result.exception)
    assert not (tmp_path / "rest.json").exists()


def test_routes_that_break_a_rule_are_not_written(command, hover, monkeypatch, tmp_path):
    broken = Violation("separation", "drone2", None, None, "3.0 m from where drone1 may be")
    monkeypatch.setattr(check_rest, "check_rest", lambda *_: (broken,))
    result = command(steps_done=0, hover=hover)
    assert isinstance(result.exception, PlanningError) and "3.0 m from where drone1 may be" in str(result.exception)
    assert not (tmp_path / "rest.json").exists()


def test_a_situation_with_an_unknown_field_names_the_field(command, tmp_path):
    app = typer.Typer()
    app.command()(replan)
    drones = '[{"drone": "drone1", "steps": 1}]'
    (tmp_path / "bad.json").write_text(f'{{"schema": "blindspot.situation/1", "drones": {drones}}}')
    result = CliRunner().invoke(app, [str(MISSION), str(tmp_path / "plan.json"), str(tmp_path / "bad.json")])
    assert isinstance(result.exception, InputError) and "drones drone 1" in str(result.exception)
