"""The command on files of every kind; the centre of Nantes comes through it unchanged."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from pyogrio.raw import read, write
from pyproj import Transformer
from shapely.geometry import mapping
from typer.testing import CliRunner

from blindspot.cli.sites.site import app
from blindspot.core.errors import InputError
from blindspot.coverage.ground.blind_ground import blind_spots
from blindspot.coverage.sight.fixed import fixed_coverage
from blindspot.site.load import load_site
from blindspot.site.relief.raster import height_field

NANTES = Path(__file__).parents[4] / "config" / "sites" / "nantes"
CROP_DEG = (-1.5640, 47.2175, -1.5580, 47.2210)
ORIGIN = ("--origin", "47.2150,-1.5560", "--datum-m", "26", "--geoid-m", "48.2")


def import_site(*words):
    runner = CliRunner(env={"COLUMNS": "200"})
    return runner.invoke(app, ["import", *map(str, words)], catch_exceptions=False)


@pytest.fixture(scope="module")
def crop(tmp_path_factory):
    """BD TOPO's buildings and roads of some blocks of Nantes, in Lambert 93, as GeoPackage and as Shapefile."""
    folder = tmp_path_factory.mktemp("crop")
    to_lambert = Transformer.from_crs("EPSG:4326", "EPSG:2154", always_xy=True)
    for name, layer in (("buildings", "batiment"), ("roads", "troncon_de_route")):
        source = f"/vsigzip/{NANTES / name}.geojson.gz"
        meta, _, wkb, values = read(source, bbox=CROP_DEG)
        shapes = shapely.transform(shapely.from_wkb(wkb), lambda xy: np.column_stack(to_lambert.transform(*xy.T)))
        gather = shapely.multipolygons if name == "buildings" else shapely.multilinestrings
        whole = [gather(list(shapely.get_parts(shape))) for shape in shapes]
        table = (shapely.to_wkb(whole), values, meta["fields"])
        profile = {"geometry_type": whole[0].geom_type, "crs": "EPSG:2154"}
        write(str(folder / "b.gpkg"), *table, layer=layer, driver="GPKG", append=name == "roads", **profile)
        write(str(folder / f"{name}.shp"), *table, driver="ESRI Shapefile", encoding="UTF-8", **profile)
    (folder / "area.geojson").write_text(json.dumps(mapping(shapely.box(*CROP_DEG))))
    return folder


def figures(site):
    """(areas public, seen, blind, m2) of the crop, and the heights of the ground it was computed on."""
    field = height_field(site, site.area_of_interest.bounds)
    spots = blind_spots(site, field, fixed_coverage(site, field), site.area_of_interest, 25.0)
    return spots.public_area_m2, spots.fixed_area_m2, spots.blind_area_m2, field


@pytest.mark.parametrize("form", ["gpkg", "shp"])
def test_nantes_is_the_same_after_the_import(crop, tmp_path, form):
    buildings, roads = (crop / "b.gpkg",) * 2 if form == "gpkg" else (crop / "buildings.shp", crop / "roads.shp")
    for name in ("public_squares.geojson", "private_zones.geojson"):
        (tmp_path / name).write_bytes((NANTES / name).read_bytes())
    result = import_site(
        tmp_path, "--force", "--area", crop / "area.geojson", "--buildings", buildings, "--roads", roads,
        "--cameras", NANTES / "cameras_invented.geojson", *ORIGIN,
    )  # fmt: skip
    assert result.exit_code == 0
    assert "holds no launch pad" in result.output
    ours = load_site(tmp_path)
    imported = figures(ours)
    truth = reference(ours, tmp_path / "reference")
    expected = figures(truth)
    assert expected[1] > 2000
    assert imported[:3] == pytest.approx(expected[:3], rel=1e-4)
    assert np.abs(imported[3].top_m - expected[3].top_m).mean() < 1e-3
    assert {b.id for b in ours.buildings} == {b.id for b in truth.buildings}


def reference(site, folder):
    """The same crop read by the reader of BD TOPO's GeoJSON, as the shipped site is."""
    folder.mkdir()
    ids = {"buildings": {b.id.split("/")[0] for b in site.buildings}, "roads": {r.id.split("/")[0] for r in site.roads}}
    for name, kept in ids.items():
        root = json.loads(gzip.decompress((NANTES / f"{name}.geojson.gz").read_bytes()))
        root["features"] = [f for f in root["features"] if f["properties"]["ID"] in kept]
        (folder / f"{name}.geojson").write_text(json.dumps(root))
    for path in site.folder.glob("*.geojson"):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "cameras.geojson.gz").write_bytes((site.folder / "cameras.geojson.gz").read_bytes())
    text = (site.folder / "site.yaml").read_text()
    text = text.replace("blindspot-geojson", "bdtopo-geojson")
    for name in ids:
        text = text.replace(f"{name}.geojson.gz", f"{name}.geojson")
    (folder / "site.yaml").write_text(text)
    return load_site(folder)


def test_every_finding_is_in_the_report(crop, tmp_path):
    files = ("--buildings", crop / "b.gpkg", "--roads", crop / "b.gpkg")
    printed = import_site(tmp_path / "new", *files, "--geoid-m", "48.2", "--json")
    report = json.loads((tmp_path / "new" / "import_report.json").read_text())
    assert json.loads(printed.stdout) == report
    assert report["counts"]["buildings"] > 300
    assert sum(report["findings_by_action"].values()) == len(report["findings"])
    problems = {finding["problem"] for finding in report["findings"]}
    assert {"is not given", "has no carriageway width", "holds no camera", "holds no launch pad"} <= problems
    assert [source["option"] for source in report["sources"]] == ["--buildings", "--roads"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "needs buildings and roads; give --osm, or --buildings and --roads"),
        (("--buildings", "{b}"), "needs buildings and roads"),
        (("--buildings", "{b}", "--roads", "{b}", "--terrain", "{b}"), "--terrain: is no GeoTIFF"),
        (("--buildings", "{b}", "--surface", "{b}", "--roads", "{b}"), "gives buildings as --buildings does"),
        (("--buildings", "{b}", "--roads", "{b}", "--mapping", "m.yaml"), "--mapping: is given without --cameras"),
        (("--buildings", "{b}", "--roads", "{b}", "--origin", "north"), "--origin: north is no place; give LAT,LON"),
        (("--buildings", "{b}", "--roads", "{b}", "--origin", "nan,2"), "--origin: nan,2 is no place"),
        (("--buildings", "{b}", "--roads", "nowhere.shp"), r"nowhere\.shp: --roads: does not exist"),
    ],
)
def test_a_mistake_is_one_sentence_with_the_way_out(crop, tmp_path, words, message):
    with pytest.raises(InputError, match=message):
        import_site(tmp_path / "new", *(word.format(b=crop / "b.gpkg") for word in words), "--geoid-m", "48.2")
    assert not (tmp_path / "new").exists()


def test_the_geoid_is_asked_for_before_a_file_is_read(tmp_path, monkeypatch):
    monkeypatch.setenv("GEOGRAPHICLIB_GEOID_PATH", str(tmp_path))
    (tmp_path / "town.osm").write_text("<osm> cut off")
    with pytest.raises(InputError, match="--geoid-m: is needed"):
        import_site(tmp_path / "new", "--osm", tmp_path / "town.osm", "--datum-m", "26")
    assert not (tmp_path / "new").exists()


def test_an_import_that_fails_leaves_the_folder_as_it_was(crop, tmp_path):
    drawn = json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": None}]})
    (tmp_path / "launch_pads.geojson").write_text(drawn)
    with pytest.raises(InputError, match=rf"^{tmp_path}/launch_pads\.geojson: #0: has no geometry"):
        import_site(tmp_path, "--force", "--buildings", crop / "b.gpkg", "--roads", crop / "b.gpkg", *ORIGIN)
    assert [path.name for path in tmp_path.iterdir()] == ["launch_pads.geojson"]


@pytest.mark.parametrize(
    ("datum_m", "heights", "is_refused"), [(26, {"floor_m": 60}, False), (14, {"floor_m": 60}, True), (14, {}, False)]
)
def test_a_zone_with_heights_is_kept_only_over_the_same_datum(crop, tmp_path, datum_m, heights, is_refused):
    """Its floor counts from the datum: over another one, drones may fly where it forbids them to."""
    files = ("--buildings", crop / "b.gpkg", "--roads", crop / "b.gpkg", "--area", crop / "area.geojson")
    assert import_site(tmp_path / "town", *files, *ORIGIN).exit_code == 0
    zone = {"type": "Feature", "properties": {"name": "airway"} | heights, "geometry": mapping(shapely.box(*CROP_DEG))}
    path = tmp_path / "town" / "no_fly_zones.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [zone]}))
    again = (*files, "--force", "--datum-m", datum_m, "--geoid-m", "48.2")
    if not is_refused:
        assert import_site(tmp_path / "town", *again).exit_code == 0
        return
    with pytest.raises(InputError, match=r"--datum-m: is 14 m and was 26 m: .*airway.*; give --datum-m 26, or correct"):
        import_site(tmp_path / "town", *again)
    assert load_site(tmp_path / "town").frame.datum_amsl_m == 26


def test_an_area_elsewhere_is_refused(crop, tmp_path):
    (tmp_path / "area.geojson").write_text(json.dumps(mapping(shapely.box(2.0, 48.0, 2.01, 48.01))))
    with pytest.raises(InputError, match="gives no road in the area"):
        import_site(
            tmp_path / "new", "--area", tmp_path / "area.geojson", "--buildings", crop / "b.gpkg", "--roads",
            crop / "b.gpkg", *ORIGIN,
        )  # fmt: skip
