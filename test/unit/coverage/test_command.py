import json
from pathlib import Path

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from blindspot.cli.coverage import coverage
from blindspot.errors import InputError

CROSSROADS = Path(__file__).resolve().parents[3] / "config" / "sites" / "crossroads"


@pytest.fixture
def command():
    app = typer.Typer()
    app.command()(coverage)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


def test_it_prints_areas_and_writes_a_map_and_the_outlines(command, tmp_path):
    result = command(CROSSROADS, "--out", tmp_path / "new" / "folder")
    assert result.exit_code == 0
    assert "seen by fixed cameras" in result.output
    assert "2 of 2 cameras see something here" in result.output
    assert Image.open(tmp_path / "new" / "folder" / "coverage.png").width > 1000
    spots = json.loads((tmp_path / "new" / "folder" / "blind_spots.geojson").read_text(encoding="utf-8"))
    kinds = {feature["properties"]["kind"] for feature in spots["features"]}
    assert kinds == {"blind", "fixed_seen"}
    assert all(feature["properties"]["area_m2"] > 0 for feature in spots["features"])


def test_a_missing_site_and_an_unusable_folder_are_told(command, tmp_path):
    with pytest.raises(InputError, match="can't be read"):
        command(tmp_path / "nowhere", "--out", tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="can't be made"):
        command(CROSSROADS, "--out", tmp_path / "file" / "folder")


def test_a_density_that_makes_no_sense_is_refused(command):
    assert command(CROSSROADS, "--min-px-per-m", "0").exit_code == 2
