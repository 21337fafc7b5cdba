"""A bare field as a site."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from blindspot.cli.sites.site_field import make_field
from blindspot.core.errors import InputError
from blindspot.law.clearances.clearance import judge_plan
from blindspot.law.drafts.new_authorisation import as_yaml, make_sim_only
from blindspot.law.signatures.authorisation import load_authorisation
from blindspot.mission.mission_file import load_mission
from blindspot.planning.checker.check import check_plan
from blindspot.planning.planner import make_plan
from blindspot.site.load import load_site

WEST, EAST, SOUTH, NORTH = 1.9995, 2.0005, 46.9996, 47.0004


@pytest.fixture
def fence(tmp_path) -> Path:
    """Of a field of 76 x 89 m."""
    ring = [[WEST, SOUTH], [EAST, SOUTH], [EAST, NORTH], [WEST, NORTH], [WEST, SOUTH]]
    area = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    path = tmp_path / "drawn.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [area]}))
    return path


@pytest.fixture
def made(fence, tmp_path):
    """Runs the command over that fence; the folder that it wrote."""

    def run(*words: str, fence: Path = fence) -> Path:
        app = typer.Typer()
        app.command()(make_field)
        out = tmp_path / "mine"
        asked = [str(fence), str(out), "--ground-amsl-m", "150", "--geoid-m", "48", *words]
        CliRunner().invoke(app, asked, catch_exceptions=False)
        return out

    return run


def test_nothing_is_built_there_and_all_of_it_is_looked_at(made):
    site = load_site(made() / "sites" / "field")
    assert (site.buildings, site.roads, site.cameras) == ((), (), ())
    assert [zone.name for zone in site.zones_of("public")] == ["My field"]
    assert {finding.feature for finding in site.findings} == {"buildings", "roads", "cameras"}
    assert site.frame.to_amsl(0.0) == 150.0


def test_its_next_commands_can_be_pasted_for_a_folder_with_a_space(fence, tmp_path, capsys):
    out = tmp_path / "my field"
    make_field(fence, out, 150.0, geoid_m=48.0)
    *_, new, sim = capsys.readouterr().out.splitlines()
    assert shlex.split(new)[-1] == f"{out}/authorisations"
    assert shlex.split(sim) == ["./blindspot", "sim", f"{out}/missions/field.yaml"]


def test_its_first_mission_is_planned_checked_and_cleared(made):
    out = made("--pad", "46.9998,2.0")
    fence, folder = out / "missions" / "fence.geojson", out / "authorisations"
    folder.mkdir()
    (folder / fence.name).write_bytes(fence.read_bytes())
    (folder / "authorisation.yaml").write_text(as_yaml(make_sim_only(fence, datetime.now(UTC), "UTC"), None))
    mission = load_mission(out / "missions" / "field.yaml")
    plan = make_plan(mission)
    assert plan.coverage.planned_blind_fraction > 0.95
    assert check_plan(plan, mission, load_site(mission.site_dir)) == ()
    authorisation = load_authorisation(mission.authorisation_path)
    assert judge_plan(authorisation, plan, mission.file.start, simulated=True) == ()
    on_hardware = judge_plan(authorisation, plan, mission.file.start, simulated=False, flown_s=0.0, cameras_beside=0)
    assert [verdict.rule for verdict in on_hardware] == ["AUT-02", "AUT-07", "GEO-03"]


@pytest.mark.parametrize(
    ("words", "reported"),
    [
        (["--pad", "46.9"], r"--pad: 46\.9 is no place; give LAT,LON in degrees"),
        (["--pad", "47.0004,2.0"], "--pad: is not 10 m inside the fence; give LAT,LON of a place inside"),
    ],
)
def test_a_pad_must_lie_inside(made, words, reported):
    with pytest.raises(InputError, match=reported):
        made(*words)


ODD = '{"features": [{"geometry": {"type": %s, "coordinates": [[[2, 47], [2.1, 47], [2.1, %s], [2, 47]]]}}]}'


@pytest.mark.parametrize(
    "text", ["here", "[" * 100_000, ODD % ('"Ring"', "47.1"), ODD % ('"Polygon"', "1" + "0" * 400)],
    ids=["words", "deep", "another type", "a huge number"],
)  # fmt: skip
def test_a_fence_must_be_an_area(made, tmp_path, text):
    (tmp_path / "text.geojson").write_text(text)
    with pytest.raises(InputError, match=r"text\.geojson: is no GeoJSON FeatureCollection; draw one polygon"):
        made(fence=tmp_path / "text.geojson")


def test_a_source_that_is_not_declared_none_is_still_required(made):
    """A forgotten file of buildings would leave walls to which no flight keeps its distance."""
    path = made() / "sites" / "field" / "site.yaml"
    path.write_text(path.read_text().replace("buildings: none\n", ""))
    with pytest.raises(InputError, match="buildings: is missing"):
        load_site(path.parent)
