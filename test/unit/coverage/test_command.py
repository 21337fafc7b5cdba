import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
import typer
from PIL import Image
from rasterio.warp import transform as warp
from shapely.geometry import Point, shape
from typer.testing import CliRunner

from blindspot.cli.coverage import coverage
from blindspot.errors import InputError
from blindspot.site.load import load_site

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


def test_every_blind_spot_tells_its_reason_and_what_is_near(command, tmp_path):
    assert command(CROSSROADS, "--out", tmp_path).exit_code == 0
    spots = json.loads((tmp_path / "blind_spots.geojson").read_text(encoding="utf-8"))["features"]
    blind = [spot["properties"] for spot in spots if spot["properties"]["kind"] == "blind"]
    assert {spot["reason"] for spot in blind} <= {
        "out of range", "no line of sight", "outside field of view", "too few pixels",
    }  # fmt: skip
    assert all(spot["nearest_camera"] and spot["nearest_camera_m"] >= 0 and spot["street"] for spot in blind)
    figures = json.loads((tmp_path / "coverage.json").read_text(encoding="utf-8"))
    assert sum(spot["area_m2"] for spot in blind) == figures["blind_area_m2"]
    assert len(blind) == figures["blind_spots"]


def test_json_is_one_document_with_hashes_and_attribution(command, tmp_path):
    levels = tmp_path / "levels.yaml"
    levels.write_text("levels: {overview: 20, detail: 80}")
    printed = command(CROSSROADS, "--out", tmp_path, "--json", "--levels", levels).stdout
    figures = json.loads(printed)
    assert figures == json.loads((tmp_path / "coverage.json").read_text(encoding="utf-8"))
    assert figures["attribution"]
    digest = hashlib.sha256((CROSSROADS / "site.yaml").read_bytes()).hexdigest()
    assert figures["inputs_sha256"]["site.yaml"] == digest
    assert "levels.yaml" in figures["inputs_sha256"]
    assert list(figures["public_area_by_level_m2"]) == ["overview", "detail"]
    assert sum(figures["blind_area_by_reason_m2"].values()) == pytest.approx(figures["blind_area_m2"])
    assert sum(figures["public_area_by_cameras_m2"].values()) == pytest.approx(figures["public_area_m2"])


def test_layers_are_cloud_optimised_geotiff_that_lie_where_the_town_lies(command, tmp_path):
    figures = json.loads(command(CROSSROADS, "--out", tmp_path, "--json", "--geotiff").stdout)
    site = load_site(CROSSROADS)
    for name in ("density_px_per_m", "cameras", "ground", "reason"):
        with rasterio.open(tmp_path / f"{name}.tif") as file:
            assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            assert file.tags()["attribution"] == site.attribution
    with rasterio.open(tmp_path / "ground.tif") as file:
        cells, crs = file.read(1), file.crs
        row, col = np.argwhere(cells == 1)[0]
        east_m, north_m = file.xy(row, col)
    assert (cells == 2).sum() * 0.25 == figures["blind_area_m2"]
    assert (cells == 1).sum() * 0.25 == figures["fixed_area_m2"]
    lon_deg, lat_deg = warp(crs, "EPSG:4326", [east_m], [north_m])
    assert (lon_deg[0], lat_deg[0]) == pytest.approx(site.frame.to_wgs84(east_m, north_m), abs=1e-7)
    assert site.area_of_interest.contains(Point(east_m, north_m))
    assert any(mask.contains(Point(lon_deg[0], lat_deg[0])) for mask in seen_outlines(tmp_path))


def seen_outlines(folder: Path):
    spots = json.loads((folder / "blind_spots.geojson").read_text(encoding="utf-8"))["features"]
    return [shape(spot["geometry"]) for spot in spots if spot["properties"]["kind"] == "fixed_seen"]
