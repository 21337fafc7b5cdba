import errno
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import rasterio
import typer
from PIL import Image
from rasterio.warp import transform as warp
from shapely.geometry import Point, shape
from typer.testing import CliRunner

from blindspot.cli.plans.coverage import coverage
from blindspot.core import folders
from blindspot.core.errors import InputError
from blindspot.coverage.maps import map_library
from blindspot.site.load import load_site

CROSSROADS = Path(__file__).resolve().parents[3] / "config" / "sites" / "crossroads"


def run(*words):
    app = typer.Typer()
    app.command()(coverage)
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


@pytest.fixture
def command():
    return run


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """All that can be written of the crossroads, with the levels of a file, and what was printed meanwhile."""
    folder = tmp_path_factory.mktemp("coverage") / "new" / "folder"
    levels = folder.parents[1] / "levels.yaml"
    levels.write_text("levels: {overview: 20, detail: 80}")
    result = run(CROSSROADS, "--out", folder, "--levels", levels, "--geotiff", "--occupancy-grid")
    assert result.exit_code == 0
    return folder, result


@pytest.fixture(scope="module")
def figures(written):
    return json.loads((written[0] / "coverage.json").read_text(encoding="utf-8"))


def test_it_prints_areas_and_writes_a_map_and_the_outlines(written):
    folder, result = written
    assert "seen by fixed cameras" in result.stdout
    assert "2 of 2 cameras see something here" in result.stdout
    assert Image.open(folder / "coverage.png").width > 1000
    spots = json.loads((folder / "blind_spots.geojson").read_text(encoding="utf-8"))
    kinds = {feature["properties"]["kind"] for feature in spots["features"]}
    assert kinds == {"blind", "fixed_seen"}
    assert all(feature["properties"]["area_m2"] > 0 for feature in spots["features"])


def test_a_missing_site_and_an_unusable_folder_are_reported(command, tmp_path):
    with pytest.raises(InputError, match="nowhere: is no folder; give a site's"):
        command(tmp_path / "nowhere", "--out", tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="can't be made"):
        command(CROSSROADS, "--out", tmp_path / "file" / "folder")


def test_a_density_that_makes_no_sense_is_refused(command):
    assert command(CROSSROADS, "--min-px-per-m", "0").exit_code == 2


def test_every_blind_spot_has_its_reason_street_and_nearest_camera(written, figures):
    spots = json.loads((written[0] / "blind_spots.geojson").read_text(encoding="utf-8"))["features"]
    blind = [spot["properties"] for spot in spots if spot["properties"]["kind"] == "blind"]
    assert {spot["reason"] for spot in blind} <= {
        "out of range", "no line of sight", "outside field of view", "too few pixels",
    }  # fmt: skip
    assert all(spot["nearest_camera"] and spot["nearest_camera_m"] >= 0 and spot["street"] for spot in blind)
    assert sum(spot["area_m2"] for spot in blind) == figures["blind_area_m2"]
    assert len(blind) == figures["blind_spots"]


def test_figures_are_one_document_with_hashes_and_attribution(figures):
    assert figures["attribution"]
    digest = hashlib.sha256((CROSSROADS / "site.yaml").read_bytes()).hexdigest()
    assert figures["inputs_sha256"]["site.yaml"] == digest
    assert "levels.yaml" in figures["inputs_sha256"]
    assert list(figures["public_area_by_level_m2"]) == ["overview", "detail"]
    assert sum(figures["blind_area_by_reason_m2"].values()) == pytest.approx(figures["blind_area_m2"])
    assert sum(figures["public_area_by_cameras_m2"].values()) == pytest.approx(figures["public_area_m2"])


def test_json_prints_that_document_and_nothing_else(command, tmp_path):
    printed = command(CROSSROADS, "--out", tmp_path, "--json").stdout
    assert json.loads(printed) == json.loads((tmp_path / "coverage.json").read_text(encoding="utf-8"))


def test_layers_are_cloud_optimised_geotiff_that_lie_where_the_town_lies(written, figures):
    folder, site = written[0], load_site(CROSSROADS)
    for name in ("density_px_per_m", "cameras", "ground", "reason"):
        with rasterio.open(folder / f"{name}.tif") as file:
            assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            assert file.tags()["attribution"] == site.attribution
            assert json.loads(file.tags()["inputs_sha256"]) == figures["inputs_sha256"]
    with rasterio.open(folder / "ground.tif") as file:
        cells, crs = file.read(1), file.crs
        row, col = np.argwhere(cells == 1)[0]
        east_m, north_m = file.xy(row, col)
    assert (cells == 2).sum() * 0.25 == figures["blind_area_m2"]
    assert (cells == 1).sum() * 0.25 == figures["fixed_area_m2"]
    lon_deg, lat_deg = warp(crs, "EPSG:4326", [east_m], [north_m])
    assert (lon_deg[0], lat_deg[0]) == pytest.approx(site.frame.to_wgs84(east_m, north_m), abs=1e-7)
    assert site.area_of_interest.contains(Point(east_m, north_m))
    assert any(mask.contains(Point(lon_deg[0], lat_deg[0])) for mask in seen_outlines(folder))


TOUR = [
    {"heading_deg": 90, "tilt_deg": -10, "hfov_deg": 40, "dwell_s": 55},
    {"heading_deg": 270, "tilt_deg": -10, "hfov_deg": 40, "dwell_s": 35},
]


@pytest.fixture
def toured(tmp_path) -> Path:
    """The crossroads with one of its cameras turning: 55 % and 35 % of the time here and there, 10 % on the move."""
    town = tmp_path / "toured"
    shutil.copytree(CROSSROADS, town)
    cameras = json.loads((town / "cameras_invented.geojson").read_text(encoding="utf-8"))
    cameras["features"][0]["properties"] |= {"camera:type": "panning", "presets": TOUR}
    (town / "cameras_invented.geojson").write_text(json.dumps(cameras), encoding="utf-8")
    return town


def test_a_tour_is_reported_as_a_time_share_and_counts_only_on_request(command, toured, tmp_path):
    apart = json.loads(command(toured, "--out", tmp_path, "--json", "--geotiff").stdout)
    shares_m2 = apart["time_share"]["public_area_m2"]
    assert apart["time_share"]["counts_as_seen_from"] is None
    assert shares_m2["always"] == apart["fixed_area_m2"]
    assert shares_m2["50-75 %"] > 0 < shares_m2["25-50 %"]
    assert sum(shares_m2.values()) == pytest.approx(apart["public_area_m2"])
    assert apart["could_see"]["public_area_m2"] >= apart["public_area_m2"] - shares_m2["never"]
    with rasterio.open(tmp_path / "time_share.tif") as file:
        assert np.unique(file.read(1)).tolist() == pytest.approx([0, 0.35, 0.55, 1])
    with rasterio.open(tmp_path / "could_see_px_per_m.tif") as file:
        assert (file.read(1) >= 25).sum() * 0.25 >= apart["could_see"]["public_area_m2"]

    counted = json.loads(command(toured, "--out", tmp_path, "--json", "--patrol-share", "0.5").stdout)
    assert counted["time_share"]["counts_as_seen_from"] == 0.5
    assert counted["fixed_area_m2"] == shares_m2["always"] + shares_m2["50-75 %"]
    assert Image.open(tmp_path / "turning.png").width > 1000


def test_a_share_of_no_tour_is_refused(command, tmp_path):
    with pytest.raises(InputError, match="--patrol-share: no camera here has a tour"):
        command(CROSSROADS, "--out", tmp_path, "--patrol-share", "0.5")
    figures = json.loads(command(CROSSROADS, "--out", tmp_path, "--json").stdout)
    assert not {"time_share", "could_see", "uncertainty"} & set(figures)
    assert not (tmp_path / "turning.png").exists()


def test_bounds_enclose_the_assumed_coverage(command, tmp_path):
    figures = json.loads(command(CROSSROADS, "--out", tmp_path, "--json", "--uncertainty").stdout)
    reported = figures["uncertainty"]
    assert 0 < reported["pessimistic_area_m2"] < figures["fixed_area_m2"] < reported["optimistic_area_m2"]
    assert [(stake["camera"], stake["unknown"]) for stake in reported["ask_first"]] == [
        ("west", "hfov"),
        ("corner", "range"),
    ]
    with (
        rasterio.open(tmp_path / "pessimistic_px_per_m.tif") as low,
        rasterio.open(tmp_path / "optimistic_px_per_m.tif") as high,
    ):
        assert (low.read(1) <= high.read(1)).all()
    assert Image.open(tmp_path / "uncertainty.png").width > 1000


def seen_outlines(folder: Path):
    spots = json.loads((folder / "blind_spots.geojson").read_text(encoding="utf-8"))["features"]
    return [shape(spot["geometry"]) for spot in spots if spot["properties"]["kind"] == "fixed_seen"]


def test_every_map_carries_attribution_and_hashes(written, figures):
    folder = written[0]
    chunks = Image.open(folder / "coverage.png").text
    assert chunks["attribution"] == figures["attribution"]
    assert json.loads(chunks["inputs_sha256"]) == figures["inputs_sha256"]
    outlines = json.loads((folder / "blind_spots.geojson").read_text(encoding="utf-8"))
    grid = (folder / "coverage.yaml").read_text(encoding="utf-8")
    assert outlines["inputs_sha256"] == figures["inputs_sha256"]
    assert all(digest in grid for digest in figures["inputs_sha256"].values())
    assert all(figures["attribution"] in text for text in (outlines["attribution"], grid))


def test_the_occupancy_grid_is_a_pair_of_files(written):
    assert (written[0] / "coverage.pgm").exists()
    assert "image: coverage.pgm" in (written[0] / "coverage.yaml").read_text(encoding="utf-8")


def test_without_the_map_library_the_rest_is_written_and_the_fix_printed(command, tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "WEB_DIR", tmp_path / "nothing")
    result = command(CROSSROADS, "--out", tmp_path)
    assert result.exit_code == 0
    (line,) = result.stderr.splitlines()
    assert "no coverage.html" in line
    assert "./blindspot setup" in line
    assert (tmp_path / "coverage.png").exists()
    assert not (tmp_path / "coverage.html").exists()


def test_with_the_library_the_web_map_is_written(command, tmp_path, monkeypatch):
    monkeypatch.setattr(map_library, "load_library", lambda folder: map_library.Library("script", "style", "notice"))
    assert f"wrote {tmp_path / 'coverage.html'}" in command(CROSSROADS, "--out", tmp_path).stdout
    assert "Crossroads" in (tmp_path / "coverage.html").read_text(encoding="utf-8")


def test_a_full_disk_is_one_sentence(command, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(InputError, match=r"--out: can't be written \(No space left on device\)"):
        command(CROSSROADS, "--out", tmp_path)


@pytest.fixture
def one_camera(tmp_path):
    """The crossroads' network without its second camera."""
    network = json.loads((CROSSROADS / "cameras_invented.geojson").read_text(encoding="utf-8"))
    del network["features"][1:]
    path = tmp_path / "one_camera.geojson"
    path.write_text(json.dumps(network), encoding="utf-8")
    return path


def test_two_networks_are_compared_whichever_is_the_file(command, tmp_path, one_camera):
    less = json.loads(command("--compare", CROSSROADS, one_camera, "--out", tmp_path / "a", "--json").stdout)
    more = json.loads(command("--compare", one_camera, CROSSROADS, "--out", tmp_path / "b", "--json").stdout)
    assert less["gained_area_m2"] == more["lost_area_m2"] == 0
    assert less["lost_area_m2"] == more["gained_area_m2"] > 0
    assert less["before"] == more["after"]
    assert "after/one_camera.geojson" in less["inputs_sha256"]
    assert {path.name for path in (tmp_path / "a").iterdir()} == {"compare.json", "compare.png", "compare.geojson"}
    changes = json.loads((tmp_path / "a" / "compare.geojson").read_text(encoding="utf-8"))
    assert {change["properties"]["kind"] for change in changes["features"]} == {"lost"}
    assert sum(change["properties"]["area_m2"] for change in changes["features"]) == less["lost_area_m2"]
    assert changes["inputs_sha256"] == less["inputs_sha256"]
    assert json.loads(Image.open(tmp_path / "a" / "compare.png").text["inputs_sha256"]) == less["inputs_sha256"]


def test_a_comparison_is_a_table(command, tmp_path, one_camera):
    printed = command("--compare", CROSSROADS, one_camera, "--out", tmp_path / "a").stdout
    assert "seen at detect" in printed
    assert "lost" in printed
    assert "compare.png" in printed


def test_missing_and_surplus_options_are_reported(command, tmp_path, one_camera):
    with pytest.raises(InputError, match="either SITE or --compare"):
        command()
    with pytest.raises(InputError, match="either SITE or --compare"):
        command(CROSSROADS, "--compare", CROSSROADS, one_camera)
    with pytest.raises(InputError, match="both files"):
        command("--compare", one_camera, one_camera, "--out", tmp_path)


def test_a_dated_obstacle_hides_ground_on_its_day(command, tmp_path):
    folder = tmp_path / "site"
    shutil.copytree(CROSSROADS, folder)
    frame = load_site(folder).frame
    ring = [list(frame.to_wgs84(e, n)) for e, n in ((-6.0, -6.0), (6.0, -6.0), (6.0, 6.0), (-6.0, 6.0), (-6.0, -6.0))]
    tent = {"name": "tent", "height_m": 6, "from": "2026-11-06", "until": "2026-11-07"}
    feature = {"type": "Feature", "properties": tent, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    (folder / "obstacles.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    yaml = folder / "site.yaml"
    yaml.write_text(yaml.read_text().replace("places:\n", "places:\n  obstacles: obstacles.geojson\n"))

    def public_m2(*on):
        return json.loads(command(folder, "--json", "--out", tmp_path / "out", "--force", *on).stdout)["public_area_m2"]

    without = public_m2("--on", "2026-11-20")
    assert public_m2("--on", "2026-11-07") == pytest.approx(without - 144)
    assert public_m2("--on", "2026-11-06T20:00+01:00") == public_m2() == public_m2("--on", "2026-11-07")
    with pytest.raises(InputError, match="--on: is 'soon'; give a day"):
        public_m2("--on", "soon")


def test_a_town_without_public_ground_is_reported(tmp_path):
    """An empty result must not look like a town without blind spots."""
    town = tmp_path / "town"
    shutil.copytree(CROSSROADS, town)
    (town / "roads.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    reported = run(town, "--out", tmp_path / "out").stdout
    assert "no public ground" in reported and "roads" in reported and "0 blind spots" not in reported


def test_an_earlier_result_of_another_question_is_kept_unless_forced(command, tmp_path):
    command(CROSSROADS, "--out", tmp_path)
    command(CROSSROADS, "--out", tmp_path)
    with pytest.raises(InputError, match=r"coverage\.json: --out: holds .* min_px_per_m 25\.0, this one has 30\.0"):
        command(CROSSROADS, "--out", tmp_path, "--min-px-per-m", "30")
    assert json.loads((tmp_path / "coverage.json").read_text())["min_px_per_m"] == 25.0
    command(CROSSROADS, "--out", tmp_path, "--min-px-per-m", "30", "--force")
    assert json.loads((tmp_path / "coverage.json").read_text())["min_px_per_m"] == 30.0
