"""`blindspot coverage` of a town that is taken to be large."""

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from blindspot.cli.plans.coverage import coverage
from blindspot.core.errors import InputError
from blindspot.coverage.maps.map_library import Library
from blindspot.coverage.records.provenance import Provenance
from blindspot.coverage.tiles.tiled_town import Question, grid_for, write_town
from blindspot.coverage.tiles.town_overview import overview
from blindspot.site.load import load_site

CROSSROADS = Path(__file__).resolve().parents[3] / "config" / "sites" / "crossroads"


@pytest.fixture
def command(monkeypatch):
    monkeypatch.setattr("blindspot.cli.plans.coverage.web_library", lambda page: None)
    app = typer.Typer()
    app.command()(coverage)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


@pytest.fixture
def small_machine(monkeypatch):
    monkeypatch.setattr("blindspot.coverage.tiles.tiled_town.LARGEST_CELLS", 1000)


def test_in_tiles_the_figures_are_those_of_the_whole(command, tmp_path, monkeypatch):
    whole = command(CROSSROADS, "--out", tmp_path / "whole", "--json")
    monkeypatch.setattr("blindspot.coverage.tiles.tiled_town.LARGEST_CELLS", 1000)
    tiles = command(CROSSROADS, "--out", tmp_path / "tiles", "--json")
    assert json.loads(tiles.stdout) == json.loads(whole.stdout)
    assert sorted(file.name for file in (tmp_path / "tiles").iterdir()) == [
        "blind_spots.geojson", "cameras.tif", "coverage.json", "coverage.png", "density_px_per_m.tif",
        "ground.tif", "reason.tif",
    ]  # fmt: skip
    pictures = [(tmp_path / way / "coverage.png").read_bytes() for way in ("tiles", "whole")]
    assert pictures[0] == pictures[1], "small enough for a sheet: not a cell is left out"


def test_a_map_of_tiles_takes_every_so_many_cells(tmp_path, monkeypatch):
    site = load_site(CROSSROADS)
    question = Question(site.area_of_interest, 25.0, ())
    grid = grid_for(site, question.area)
    figures, _ = write_town(site, question, tmp_path, Provenance("nobody", {}))
    fine = overview(tmp_path, site, grid, question).spots
    assert (fine.field.grid, fine.public_area_m2, fine.blind_area_m2) == (grid, figures.public_m2, figures.blind_m2)
    monkeypatch.setattr("blindspot.coverage.tiles.town_overview.LONGEST_CELLS", max(grid.shape) - 1)
    coarse = overview(tmp_path, site, grid, question).spots
    assert coarse.field.grid.cell_m == 2 * grid.cell_m
    assert coarse.blind_area_m2 == pytest.approx(fine.blind_area_m2, rel=0.02)
    assert coarse.field.grid.bounds_m[0::3] == grid.bounds_m[0::3]  # north-west, from where the file counts
    middles_m = [one.field.grid.centres(np.flatnonzero(one.fixed_seen)).mean(axis=0) for one in (fine, coarse)]
    assert middles_m[1] == pytest.approx(middles_m[0], abs=coarse.field.grid.cell_m)


def test_tables_and_files_are_listed(command, tmp_path, small_machine, monkeypatch):
    monkeypatch.setattr("blindspot.cli.plans.coverage.web_library", lambda page: Library("script", "style", "notice"))
    result = command(CROSSROADS, "--out", tmp_path)
    assert "seen by fixed cameras" in result.stdout
    assert f"wrote {tmp_path / 'ground.tif'}" in result.stdout
    assert f"wrote {tmp_path / 'coverage.html'}" in result.stdout
    assert '"sees_m2": 0' in (tmp_path / "coverage.html").read_text().replace(":0", ": 0")  # not reported: not known


def test_a_region_with_too_many_buildings_has_no_web_page(command, tmp_path, small_machine, monkeypatch):
    monkeypatch.setattr("blindspot.cli.plans.coverage.web_library", lambda page: Library("script", "style", "notice"))
    monkeypatch.setattr("blindspot.cli.plans.coverage_tiles.MOST_DRAWN", 1)
    result = command(CROSSROADS, "--out", tmp_path)
    assert "no coverage.html" in result.stderr
    assert not (tmp_path / "coverage.html").exists()
    assert (tmp_path / "coverage.png").exists()


@pytest.mark.parametrize("option", ["--occupancy-grid", "--uncertainty"])
def test_options_that_tiles_do_not_support_are_refused_with_advice(command, tmp_path, small_machine, option):
    with pytest.raises(InputError, match=f"{option}: is not made in tiles; leave it out, or give a --perimeter"):
        command(CROSSROADS, "--out", tmp_path, option)
    with pytest.raises(InputError, match="or leave --scheduler out"):
        command(CROSSROADS, "--out", tmp_path, option, "--scheduler", "tcp://127.0.0.1:9")


def test_a_scheduler_that_does_not_answer_leaves_nothing_behind(command, tmp_path):
    with pytest.raises(InputError, match="no scheduler answers there"):
        command(CROSSROADS, "--out", tmp_path, "--scheduler", "nowhere")
    assert not list(tmp_path.iterdir())


def test_a_cluster_works_out_one_network(command):
    with pytest.raises(InputError, match="--scheduler: does not go with --compare"):
        command("--compare", CROSSROADS, CROSSROADS, "--scheduler", "tcp://127.0.0.1:9")
