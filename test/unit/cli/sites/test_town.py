"""One map file becomes a town that the planner plans, the checker passes and the gate lets fly in simulation."""

import json
from pathlib import Path

import pytest
import yaml
from test.own_town import write_osm
from typer.testing import CliRunner

from blindspot.cli.sites.town import app
from blindspot.core.errors import InputError, PlanningError
from blindspot.law.clearances.clearance import judge_plan
from blindspot.law.signatures.authorisation import load_authorisation
from blindspot.mission import load_fleet, load_mission
from blindspot.planning.checker import check_plan
from blindspot.planning.planner import make_plan
from blindspot.site.load import load_site

SITES = Path(__file__).parents[4] / "config" / "sites"
HEIGHTS = ("--datum-m", "140", "--geoid-m", "49.5")


def new(*words):
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["new", *map(str, words)], catch_exceptions=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("towns")
    result = new(write_osm(folder / "town.osm"), folder / "mine", *HEIGHTS, "--json")
    assert result.exit_code == 0, result.output
    return folder / "mine", json.loads(result.stdout)


def test_the_plan_of_a_new_town_breaks_no_rule_and_may_fly_in_simulation_alone(made):
    mission = load_mission(made[0] / "missions" / "mine.yaml")
    site = load_site(mission.site_dir)
    plan = make_plan(mission, site=site)
    assert plan.coverage.planned_area_m2 > 0.5 * plan.coverage.blind_area_m2
    assert check_plan(plan, mission, site) == ()
    gate, start = load_authorisation(mission.authorisation_path), mission.file.start
    assert judge_plan(gate, plan, start, simulated=True, mission=mission) == ()
    assert "AUT-02" in {verdict.rule for verdict in judge_plan(gate, plan, start, simulated=False, mission=mission)}


def test_three_pads_are_proposed_and_the_fleet_stands_on_the_first(made):
    folder, said = made
    fleet, mission = load_fleet(folder / "fleets" / "mine.yaml"), load_mission(folder / "missions" / "mine.yaml")
    assert fleet.why_not(mission) == ""
    assert [pad.name for pad in load_site(fleet.site_dir).pads] == ["pad1", "pad2", "pad3"]
    assert [pad["name"] for pad in said["pads"]] == ["pad1", "pad2", "pad3"]
    assert all(pad["street"].startswith(("Street", "Lane")) for pad in said["pads"])
    assert {Path(file).relative_to(folder) for file in said["files"]} == {
        path.relative_to(folder) for path in folder.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize("file", ["sites/mine/site.yaml", "missions/mine.yaml", "fleets/mine.yaml",
                                  "authorisations/authorisation.yaml", "drones/reference.yaml"])  # fmt: skip
def test_each_key_of_each_file_has_a_comment(made, file):
    lines = (made[0] / file).read_text().splitlines()
    bare, known = set(), set()
    for number, line in enumerate(lines):
        key = line.split("#")[0].strip(" -").partition(":")[0]
        if ":" not in line.split("#")[0] or key in known:
            continue
        known.add(key)
        if "#" not in line and not lines[number - 1].lstrip().startswith("#"):
            bare.add(key)
    assert not bare and "schema" in known
    assert yaml.safe_load((made[0] / file).read_text())


def test_a_site_that_is_there_keeps_its_files_and_its_pads(tmp_path):
    result = new(SITES / "crossroads", tmp_path / "again")
    assert result.exit_code == 0, result.output
    ours, theirs = load_site(tmp_path / "again" / "sites" / "again"), load_site(SITES / "crossroads")
    assert (ours.name, len(ours.buildings), ours.frame) == (theirs.name, len(theirs.buildings), theirs.frame)
    assert [pad.name for pad in ours.pads] == [*(pad.name for pad in theirs.pads), "pad1", "pad2", "pad3"]
    assert load_mission(tmp_path / "again" / "missions" / "again.yaml").file.fleet[0].pad == "pad1"
    assert "./blindspot plan" in result.output


def test_a_mistake_names_the_folder_that_the_user_gave(tmp_path):
    osm = write_osm(tmp_path / "town.osm")
    with pytest.raises(InputError, match="--datum-m and --geoid-m: are needed"):
        new(osm, tmp_path / "mine")
    with pytest.raises(InputError, match="--datum-m: belongs to a file of OpenStreetMap; leave it out for a site"):
        new(SITES / "crossroads", tmp_path / "mine", "--datum-m", "5")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.txt").touch()
    with pytest.raises(InputError, match="mine: is not empty"):
        new(osm, tmp_path / "mine", *HEIGHTS)
    osm.write_text(osm.read_text().replace("residential", "service"))
    with pytest.raises((InputError, PlanningError), match="no public") as refusal:
        new(osm, tmp_path / "other", *HEIGHTS)
    assert not (tmp_path / "other").exists() and ".part" not in str(refusal.value)
