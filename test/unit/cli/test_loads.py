"""A command reads each of its files once: two readings of one file could differ, and a large town takes seconds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from blindspot.cli.__main__ import app
from blindspot.law import Loaded
from blindspot.law.files.authorisation_file import AuthorisationFile
from blindspot.mission.mission_file import MissionFile
from blindspot.operations.feasible import Tours
from blindspot.site import load

CONFIG = Path(__file__).resolve().parents[3] / "config"
MISSION = CONFIG / "missions" / "crossroads.yaml"
OPERATION = CONFIG / "operations" / "crossroads_evenings.yaml"


@pytest.fixture
def loads(monkeypatch):
    """How often a mission, a town and an authorisation were read."""
    counted: Counter[str] = Counter()

    def counting(name, own):
        def read(*words, **options):
            counted[name] += 1
            return own(*words, **options)

        return read

    for name, model in (("mission", MissionFile), ("authorisation", AuthorisationFile)):
        monkeypatch.setattr(model, "model_validate", counting(name, model.model_validate))
    monkeypatch.setattr(load, "Site", counting("town", load.Site))
    return counted


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("check MISSION PLAN", {"mission": 1, "town": 1}),
        (
            "check-inspection MISSION PLAN --drone drone1 --from 0 0 60 --to 5 5 60 --aim 0 -90",
            {"mission": 1, "town": 1},
        ),
        ("authority judge MISSION PLAN", {"mission": 1, "town": 1, "authorisation": 1}),
        ("plan MISSION --take PLAN --out OUT", {"mission": 1, "town": 1, "authorisation": 1}),
        ("operation tonight OPERATION --library OUT", {"mission": 1, "authorisation": 1}),
    ],
)
def test_a_command_loads_each_file_once(loads, plan, tmp_path, monkeypatch, command, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.json").write_text(plan.to_json())
    places = {"MISSION": MISSION, "PLAN": tmp_path / "plan.json", "OUT": tmp_path / "out", "OPERATION": OPERATION}
    words = [str(places.get(word, word)) for word in command.split()]
    CliRunner().invoke(app(words[0]), words)
    assert loads == expected


def test_the_library_and_the_check_of_an_operation_share_its_files(loads, tmp_path, monkeypatch):
    """The command read the operation, and with it the mission, once more for the check."""
    tours = Tours(300.0, {"drone1": 40.0, "drone2": 40.0}, 1200.0, 1800.0)
    monkeypatch.setattr("blindspot.acts.plans.patrol_library.library_of", lambda *_: None)
    monkeypatch.setattr("blindspot.acts.evenings.operation_news.ready_library", lambda *_: None)
    monkeypatch.setattr("blindspot.acts.evenings.operation_news.tours_of", lambda *_: tours)
    words = ["operation", "plan", str(OPERATION), "--library", str(tmp_path)]
    done = CliRunner().invoke(app("operation"), words)
    assert done.exit_code in (0, 2), done.output
    assert loads == {"mission": 1, "authorisation": 1}


def test_inputs_are_read_when_they_are_needed_and_then_kept(loads):
    loaded = Loaded.of(MISSION)
    assert loads == {"mission": 1}
    assert loaded.site is loaded.site and loaded.authorisation is loaded.authorisation
    assert loads == {"mission": 1, "town": 1, "authorisation": 1}
