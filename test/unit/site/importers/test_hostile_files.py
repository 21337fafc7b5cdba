"""Tables, models and rasters made to break a reader: refused by an InputError or read with findings, nothing else."""

import json
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from blindspot.core.errors import InputError
from blindspot.site.importers.bdtopo_files import read_bdtopo_buildings
from blindspot.site.importers.cityjson import read_cityjson
from blindspot.site.importers.detect import kind_of
from blindspot.site.importers.elevation import write_terrain
from blindspot.site.importers.imported import Imported
from blindspot.site.importers.surface import read_surface

FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
COLUMNS = ["ID", "HAUTEUR", "NB_ETAGES", "Z_MIN_SOL"]


def damage(data, whole):
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(0, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    if data.draw(st.booleans()):
        del damaged[data.draw(st.integers(0, len(damaged))) :]
    return bytes(damaged)


def survives(path, read):
    with suppress(InputError):
        kind_of(path)
    with suppress(InputError):
        assert isinstance(read(path), Imported)


@pytest.fixture(scope="module")
def layers(files, tmp_path_factory):
    folder = tmp_path_factory.mktemp("layers")
    rows = [(files.block(20 * k, 0), f"B{k}", 9.0 + k, 3.0, 12.0) for k in range(4)]
    files.layer(folder / "b.gpkg", "batiment", COLUMNS, rows)
    files.layer(folder / "b.shp", "batiment", COLUMNS, rows, driver="ESRI Shapefile")
    degrees = [(files.degrees(shape), *values) for shape, *values in rows]
    files.layer(folder / "b.geojson", "batiment", COLUMNS, degrees, driver="GeoJSON", crs="EPSG:4326")
    return folder


@pytest.mark.parametrize(("name", "broken"), [("b.gpkg", "b.gpkg"), ("b.geojson", "b.geojson"), *(
    ("b.shp", f"b.{part}") for part in ("shp", "shx", "dbf", "prj", "cpg")
)])  # fmt: skip
@FEW
@given(data=st.data())
def test_a_damaged_table(layers, tmp_path, name, broken, data):
    for path in layers.glob("b.*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / broken).write_bytes(damage(data, (layers / broken).read_bytes()))
    survives(tmp_path / name, read_bdtopo_buildings)


MODEL = {
    "type": "CityJSON", "version": "2.0", "transform": {"scale": [0.001] * 3, "translate": [0, 0, 0]},
    "metadata": {"referenceSystem": "urn:ogc:def:crs:EPSG::28992"},
    "vertices": [[85_000_000 + x, 447_000_000 + y, z] for z in (0, 6000) for x, y in ((0, 0), (9, 0), (9, 9), (0, 9))],
}  # fmt: skip
SOLID = {"type": "Solid", "lod": "1", "boundaries": [[[[0, 1, 2, 3]], [[4, 5, 6, 7]], [[0, 1, 5, 4]]]]}


@FEW
@given(data=st.data())
def test_a_damaged_model(tmp_path, data):
    whole = json.dumps(MODEL | {"CityObjects": {"h": {"type": "Building", "geometry": [SOLID]}}})
    (tmp_path / "m.json").write_bytes(damage(data, whole.encode()))
    survives(tmp_path / "m.json", read_cityjson)


scalars = st.none() | st.booleans() | st.integers() | st.floats(-1e308, 1e308) | st.text(max_size=5)
anything = st.recursive(scalars, lambda x: st.lists(x, max_size=4) | st.dictionaries(st.text(max_size=5), x))
indices = st.recursive(st.integers(-1, 8) | scalars, lambda inner: st.lists(inner, max_size=5))
surfaces = st.lists(st.fixed_dictionaries({"type": st.sampled_from(["RoofSurface", "GroundSurface"])}), max_size=2)
semantics = st.fixed_dictionaries({"surfaces": surfaces | anything, "values": indices})
geometries = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["Solid", "MultiSurface", "CompositeSolid", "GeometryInstance"]),
        "lod": st.sampled_from(["0", "1", 2.2]) | scalars,
        "boundaries": indices,
    },
    optional={"semantics": semantics | anything},
)
objects = st.fixed_dictionaries(
    {"type": st.sampled_from(["Building", "BuildingPart"])},
    optional={"geometry": st.lists(geometries, max_size=2) | anything, "attributes": anything, "children": anything},
)
KEYS = ("version", "transform", "metadata", "vertices", "CityObjects")


@FEW
@given(
    things=st.dictionaries(st.text(max_size=3), objects | anything, max_size=3),
    changed=st.dictionaries(st.sampled_from(KEYS), anything, max_size=1),
)
def test_a_model_of_any_shape(tmp_path, things, changed):
    root = MODEL | {"CityObjects": things} | changed
    (tmp_path / "m.json").write_text(json.dumps(root))
    survives(tmp_path / "m.json", read_cityjson)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":' * 50_000,
        '{"type":"CityJSON","vertices":' + "[" * 50_000,
        json.dumps(MODEL | {"vertices": [[1e308] * 3] * 8, "transform": {"scale": [1e9] * 3, "translate": [0] * 3}}),
        json.dumps(MODEL | {"vertices": [["9" * 400, 0, 0]]}),
        '{"type":"CityJSON"}\n' + "{}\n" * 10,
        '{"type":"FeatureCollection","features":[{"properties":{"HAUTEUR":1},"geometry":{"coordinates":' + "[" * 9999,
    ],
    ids=["deep", "deep vertices", "huge", "text for numbers", "empty lines", "deep geometry"],
)
def test_hostile_text(tmp_path, text):
    (tmp_path / "t.json").write_text(text)
    survives(tmp_path / "t.json", read_cityjson)
    survives(tmp_path / "t.json", read_bdtopo_buildings)


@FEW
@given(data=st.data())
def test_a_damaged_raster(files, tmp_path, data):
    heights = np.full((60, 60), 20.0)
    heights[20:30, 20:30] = 30.0
    whole = files.raster(tmp_path / "whole.tif", heights, nodata=-1.0, compress="DEFLATE")
    bounds = files.degrees(files.block(0, 0, 60, 60)).bounds
    path = tmp_path / "damaged.tif"
    path.write_bytes(damage(data, whole.read_bytes()))
    survives(path, lambda path: read_surface(path, bounds))
    with suppress(InputError):
        write_terrain(path, tmp_path / "terrain.tif", bounds)


def test_heights_that_are_none(files, tmp_path):
    """Infinite, absurd and missing numbers are holes."""
    heights = np.full((60, 60), 20.0)
    heights[0], heights[1], heights[2] = np.inf, 1e30, np.nan
    path = files.raster(tmp_path / "a.tif", heights)
    town = read_surface(path, files.degrees(files.block(0, 0, 60, 60)).bounds)
    assert all(own["height_m"] < 10 for _, own in town.buildings)
    assert any("has no height" in finding.problem for finding in town.findings)
