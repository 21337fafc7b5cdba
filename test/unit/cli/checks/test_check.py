"""`blindspot check`: the checker alone, over a plan file of anybody's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from blindspot.cli.__main__ import app
from blindspot.mission.plan import load_plan

MISSION = Path(__file__).resolve().parents[4] / "config" / "missions" / "crossroads.yaml"


@pytest.fixture(scope="module")
def plan_file(plan, tmp_path_factory):
    path = tmp_path_factory.mktemp("plan") / "plan.json"
    path.write_text(plan.to_json())
    return path


def check(*words):
    return CliRunner().invoke(app(), ["check", str(MISSION), *map(str, words)])


def test_a_sound_plan_is_named_by_its_hash(plan_file):
    reported = check(plan_file)
    assert reported.exit_code == 0
    assert reported.output == f"checked {load_plan(plan_file).sha256}: no violation\n"
    assert json.loads(check(plan_file, "--json").output) == {"plan": load_plan(plan_file).sha256, "violations": []}


def test_every_broken_rule_is_printed(plan_file, tmp_path, transcript):
    data = json.loads(plan_file.read_text())
    for step in data["routes"][0]["steps"]:
        step["speed_mps"] = 7.0
    fast = tmp_path / "fast.json"
    fast.write_text(json.dumps(data))
    reported = check(fast)
    assert reported.exit_code == 1
    transcript(reported.output)
    document = check(fast, "--json")
    assert document.exit_code == 1 and "speed: drone1" in json.loads(document.stdout)["violations"][0]


def test_a_name_of_the_town_moves_no_cursor(plan_file, monkeypatch):
    hostile = "no-fly zone: drone1, over \x1b[2J\u202eRoof garden"
    monkeypatch.setattr("blindspot.planning.checker.check_plan", lambda *_: [hostile])
    reported = check(plan_file)
    assert reported.exit_code == 1 and "over [2JRoof garden" in reported.output
    assert "\x1b" not in reported.output and "\u202e" not in reported.output


def test_a_plan_that_begins_on_the_ground_is_no_rest_of_another(plan_file):
    reported = check(plan_file, "--flown", plan_file)
    assert reported.exit_code == 1 and "begin: drone1" in reported.output
