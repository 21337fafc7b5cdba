"""The command that tells what a few changes of the cameras would do."""

import hashlib
import json
from pathlib import Path

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from blindspot.cli.coverage import coverage
from blindspot.cli.improve import flown, print_improvements
from blindspot.errors import InputError
from blindspot.planning.mission import load_mission
from blindspot.site.load import load_site

CONFIG = Path(__file__).resolve().parents[3] / "config"
CROSSROADS = CONFIG / "sites" / "crossroads"
MISSION = CONFIG / "missions" / "crossroads.yaml"


def run(*words):
    app = typer.Typer()
    app.command()(coverage)
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


@pytest.fixture(scope="module")
def improved(tmp_path_factory):
    """One change over the crossroads mission: the folder written, and what was printed as JSON."""
    folder = tmp_path_factory.mktemp("improve")
    result = run(CROSSROADS, "--improve", "--changes", "1", "--mission", MISSION, "--out", folder, "--json")
    assert result.exit_code == 0
    return folder, json.loads(result.stdout)


def test_the_document_is_written_as_printed_with_hashes_and_pictures(improved):
    folder, document = improved
    assert document == json.loads((folder / "improve.json").read_text(encoding="utf-8"))
    for path in (CROSSROADS / "site.yaml", MISSION):
        assert document["inputs_sha256"][path.name] == hashlib.sha256(path.read_bytes()).hexdigest()
    for name in ("improve.png", "improve_built.png"):
        assert Image.open(folder / name).width > 1000


def test_each_set_is_flown_in_the_planner(improved):
    _, document = improved
    assert document["blind_area_m2"] == pytest.approx(6692, abs=1)  # inside the mission's perimeter
    assert document["flight_today"]["min"] > 0
    assert [found["scope"] for found in document["sets"]] == ["turned", "built"]
    for found in document["sets"]:
        (change,) = found["changes"]
        assert change["adds_m2"] == found["closed_m2"] > 0
        assert found["flight"]["min"] > 0
        assert found["flight"]["drones"] <= 2


def test_people_read_a_table_a_sentence_a_change_and_what_was_assumed(improved, capsys):
    document = improved[1]
    print_improvements(document)
    told = capsys.readouterr().out
    for found in document["sets"]:
        assert f"{found['changes'][0]['what']}: +" in told
    for part in ("cameras turned, tilted or parked", "higher masts and new cameras", "the site names no poles"):
        assert part in told


def test_a_flight_that_can_not_be_planned_saves_nothing(improved, capsys):
    document = improved[1]
    failed = {"min": 0.0, "drones": 0, "seen_of_blind": 0.0, "why_none": "no legal view"}
    needless = failed | {"why_none": "no flight needed"}
    today = document["flight_today"] | {"min": 7.0}
    for flight, saved in ((failed, False), (needless, True)):
        sets = [document["sets"][0] | {"flight": flight}]
        print_improvements(document | {"flight_today": today, "sets": sets})
        assert ("7.0" in capsys.readouterr().out.split("private", 1)[1]) is saved


def test_where_nothing_is_left_blind_no_flight_is_planned(monkeypatch):
    monkeypatch.setattr("blindspot.planning.planner.make_plan", lambda *_, **__: pytest.fail("planned a flight"))
    assert flown(load_mission(MISSION), load_site(CROSSROADS), is_all_seen=True)["why_none"] == "no flight needed"


def test_a_mission_over_another_town_or_beside_a_perimeter_is_refused(tmp_path):
    with pytest.raises(InputError, match="give a mission over"):
        run(CROSSROADS.parent / "nantes", "--improve", "--mission", MISSION, "--out", tmp_path)
    perimeter = MISSION.parent / "crossroads_perimeter.geojson"
    with pytest.raises(InputError, match="leave --perimeter out"):
        run(CROSSROADS, "--improve", "--mission", MISSION, "--perimeter", perimeter, "--out", tmp_path)
    with pytest.raises(InputError, match="goes with --improve"):
        run(CROSSROADS, "--mission", MISSION, "--out", tmp_path)
