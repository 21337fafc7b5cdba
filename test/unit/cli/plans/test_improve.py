"""The command that computes the effect of a few camera changes."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from blindspot.cli.plans.coverage import coverage
from blindspot.cli.plans.improve import print_improvements
from blindspot.core.errors import InputError

CONFIG = Path(__file__).resolve().parents[4] / "config"
CROSSROADS = CONFIG / "sites" / "crossroads"
MISSION = CONFIG / "missions" / "crossroads.yaml"


def run(*words):
    app = typer.Typer()
    app.command()(coverage)
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


@pytest.fixture(scope="module")
def improved(tmp_path_factory, planned_whole):
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


def test_the_output_has_a_table_a_sentence_for_each_change_and_the_assumptions(improved, capsys):
    document = improved[1]
    print_improvements(document)
    reported = capsys.readouterr().out
    for found in document["sets"]:
        assert f"{found['changes'][0]['what']}: +" in reported
    for part in ("cameras turned, tilted or parked", "higher masts and new cameras", "the site names no poles"):
        assert part in reported


def sets(*closed_m2):
    """Best sets of one change, two ... that close so much."""
    return [
        {
            "scope": "turned", "closed_m2": m2, "closed_fraction": m2 / 1000, "elsewhere_m2": -0.2, "private_m2": 0.0,
            "gap": 0.0, "changes": [{"what": f"change {n} of {k}", "adds_m2": m2 / k} for n in range(1, k + 1)],
        }
        for k, m2 in enumerate(closed_m2, 1)
    ]  # fmt: skip


def test_the_recommended_set_and_the_largest_are_spelled_out(improved, capsys):
    print_improvements(improved[1] | {"flight_today": None, "sets": sets(300.0, 800.0, 1000.0)})
    reported = capsys.readouterr().out
    assert (
        "recommended, 2 changes for +800 m2:\n  change 1 of 2: +400 m2\n  change 2 of 2: +400 m2\nall, 3 ch" in reported
    )
    assert "change 1 of 1" not in reported
    assert "-0" not in reported


def test_a_flight_as_long_as_before_saves_nothing(improved, capsys):
    today = improved[1]["flight_today"] | {"min": 7.0}
    step = sets(310.0)[0] | {"flight": today | {"min": 7.04}}
    print_improvements(improved[1] | {"flight_today": today, "sets": [step]})
    reported = capsys.readouterr().out
    assert "-0" not in reported
    assert reported.count("0.0 ") == 1


def test_a_town_without_camera_and_pole_is_asked_for_poles(tmp_path):
    town = tmp_path / "town"
    shutil.copytree(CROSSROADS, town)
    (town / "cameras_invented.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    with pytest.raises(InputError, match=r"--improve: the town has no camera and no pole; draw .* into poles\.geojson"):
        run(town, "--improve", "--out", tmp_path / "out")
    reported = run(town, "--out", tmp_path / "out")
    assert (reported.exit_code, "no fixed camera: everything is blind" in reported.stdout) == (0, True)


def test_a_flight_that_can_not_be_planned_saves_nothing(improved, capsys):
    document = improved[1]
    failed = {"min": 0.0, "drones": 0, "seen_of_blind": 0.0, "why_none": "no legal view"}
    needless = failed | {"why_none": "no flight needed"}
    today = document["flight_today"] | {"min": 7.0}
    for flight, saved in ((failed, False), (needless, True)):
        sets = [document["sets"][0] | {"flight": flight}]
        print_improvements(document | {"flight_today": today, "sets": sets})
        assert ("7.0" in capsys.readouterr().out.split("private", 1)[1]) is saved


def test_a_mission_over_another_town_or_beside_a_perimeter_is_refused(tmp_path):
    with pytest.raises(InputError, match="give a mission over"):
        run(CROSSROADS.parent / "nantes", "--improve", "--mission", MISSION, "--out", tmp_path)
    perimeter = MISSION.parent / "crossroads_perimeter.geojson"
    with pytest.raises(InputError, match="leave --perimeter out"):
        run(CROSSROADS, "--improve", "--mission", MISSION, "--perimeter", perimeter, "--out", tmp_path)
    with pytest.raises(InputError, match="goes with --improve"):
        run(CROSSROADS, "--mission", MISSION, "--out", tmp_path)
