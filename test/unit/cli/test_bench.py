"""The options of `bench`, and its exit codes."""

from __future__ import annotations

import json
import re

import pytest
import typer
from typer.testing import CliRunner

from blindspot.cli.bench import bench
from blindspot.core.errors import InputError
from blindspot_lab.bench import faults, planning
from blindspot_lab.bench.tools.target import Target


def run(*words):
    app = typer.Typer()
    app.command()(bench)
    return CliRunner().invoke(app, words, catch_exceptions=False)


def test_an_option_of_the_campaign_does_nothing_elsewhere_and_is_refused():
    with pytest.raises(InputError, match="--missions: is an option of faults and operations alone"):
        run("flight", "--missions", "3")
    with pytest.raises(InputError, match="--cpu-s: is an option of search alone"):
        run("faults", "--cpu-s", "3")


@pytest.mark.parametrize(("broken", "code"), [(0, 0), (1, 1)])
def test_a_campaign_with_a_broken_rule_fails(monkeypatch, broken, code):
    asked = {}

    def campaign(**options):
        asked.update(options)
        return [Target("rules broken", "0", broken, "", broken == 0)]

    monkeypatch.setattr(faults, "run", campaign)
    assert run("faults", "--missions", "3", "--seed", "7").exit_code == code
    assert asked == {"missions": 3, "seed": 7}


def test_one_part_or_one_mission_is_named(monkeypatch):
    asked = []
    monkeypatch.setattr(faults, "run", lambda **options: asked.append(options) or [])
    run("faults", "--only", "1000037")
    monkeypatch.setattr(planning, "run", lambda **options: asked.append(options) or [])
    run("planning", "--only", "cover")
    assert asked == [{"only": 1000037}, {"only": "cover"}]
    with pytest.raises(InputError, match="cover is no number of a mission"):
        run("faults", "--only", "cover")
    with pytest.raises(InputError, match="--only: flight has no parts"):
        run("flight", "--only", "cover")


def test_json_is_printed_instead_of_the_table(monkeypatch):
    monkeypatch.setattr(faults, "run", lambda: [Target("rules broken", "0", 0, "", True)])
    document = json.loads(run("faults", "--json").stdout)
    assert document["targets"][0] == {"name": "rules broken", "goal": "0", "measured": 0, "unit": "", "met": True}
    assert document["machine"]["cores"] >= 1


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (("faults", "--seed", "7", "--along"), "bench faults --seed 7 --along"),
        (("faults", "--seed", "0"), "bench faults --seed 0"),
        (("faults",), "bench faults"),
    ],
)
def test_json_names_the_command_that_measures_the_same_again(monkeypatch, words, command):
    monkeypatch.setattr(faults, "run", lambda **_: [])
    document = json.loads(run(*words, "--json").stdout)
    assert document["command"] == command
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", document["date"])
