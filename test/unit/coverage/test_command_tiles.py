"""`blindspot coverage` of a town that is taken to be large."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from blindspot.cli.coverage import coverage
from blindspot.errors import InputError

CROSSROADS = Path(__file__).resolve().parents[3] / "config" / "sites" / "crossroads"


@pytest.fixture
def command():
    app = typer.Typer()
    app.command()(coverage)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


@pytest.fixture
def small_machine(monkeypatch):
    monkeypatch.setattr("blindspot.coverage.town.LARGEST_CELLS", 1000)


def test_in_tiles_the_figures_are_those_of_the_whole(command, tmp_path, monkeypatch):
    whole = command(CROSSROADS, "--out", tmp_path / "whole", "--json")
    monkeypatch.setattr("blindspot.coverage.town.LARGEST_CELLS", 1000)
    tiles = command(CROSSROADS, "--out", tmp_path / "tiles", "--json")
    assert json.loads(tiles.stdout) == json.loads(whole.stdout)
    assert sorted(file.name for file in (tmp_path / "tiles").iterdir()) == [
        "blind_spots.geojson", "cameras.tif", "coverage.json", "density_px_per_m.tif", "ground.tif", "reason.tif",
    ]  # fmt: skip


def test_tables_and_files_are_told(command, tmp_path, small_machine):
    result = command(CROSSROADS, "--out", tmp_path)
    assert "seen by fixed cameras" in result.stdout
    assert f"wrote {tmp_path / 'ground.tif'}" in result.stdout


@pytest.mark.parametrize("option", ["--occupancy-grid", "--uncertainty"])
def test_what_tiles_can_not_give_is_refused(command, tmp_path, small_machine, option):
    with pytest.raises(InputError, match=f"{option}: is not made in tiles"):
        command(CROSSROADS, "--out", tmp_path, option)


def test_a_scheduler_that_does_not_answer_leaves_nothing_behind(command, tmp_path):
    with pytest.raises(InputError, match="no scheduler answers there"):
        command(CROSSROADS, "--out", tmp_path, "--scheduler", "nowhere")
    assert not list(tmp_path.iterdir())


def test_a_cluster_works_out_one_network(command):
    with pytest.raises(InputError, match="--scheduler: does not go with --compare"):
        command("--compare", CROSSROADS, CROSSROADS, "--scheduler", "tcp://127.0.0.1:9")
