"""Files made to break a reader: each is refused by an InputError or read with findings, and nothing else happens."""

import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from blindspot.core.errors import InputError
from blindspot.site.importers.camera_list import CameraList, read_camera_list
from blindspot.site.importers.imported import Imported
from blindspot.site.importers.osm.osm import read_osm

FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
CAMERAS = CameraList.model_validate(
    {"schema": "blindspot.camera_list/1", "attribution": "x", "columns": {"x": "lon", "y": "lat", "heading": "dir"}}
)


def survives(path, data=None):
    if data is not None:
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with suppress(InputError):
        assert isinstance(read_osm(path), Imported)


@pytest.fixture
def whole(small_town, tmp_path):
    """The small town's bytes by the ending of its file."""
    return {
        "osm": small_town.xml(tmp_path / "t.osm").read_bytes(),
        "osm.gz": small_town.gzipped_xml(tmp_path / "t.osm.gz").read_bytes(),
        "osm.pbf": small_town.pbf(tmp_path / "t.osm.pbf").read_bytes(),
        "json": small_town.overpass_geom(tmp_path / "t.json").read_bytes(),
        "geojson": small_town.geojson(tmp_path / "t.geojson").read_bytes(),
    }


@pytest.mark.parametrize("ending", ["osm", "osm.gz", "osm.pbf", "json", "geojson"])
@FEW
@given(st.data())
def test_truncated_and_flipped_files(whole, tmp_path, ending, data):
    damaged = bytearray(whole[ending])
    for _ in range(data.draw(st.integers(0, 5))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    del damaged[data.draw(st.integers(0, len(damaged))) :]
    survives(tmp_path / f"damaged.{ending}", bytes(damaged))


@pytest.mark.parametrize("ending", ["osm", "osm.bz2", "osm.pbf", "json", "geojson"])
@FEW
@given(noise=st.binary(max_size=500))
def test_noise(tmp_path, ending, noise):
    survives(tmp_path / f"noise.{ending}", noise)


scalars = st.none() | st.booleans() | st.integers() | st.floats(-1e308, 1e308) | st.text(max_size=5)
anything = st.recursive(scalars, lambda x: st.lists(x, max_size=4) | st.dictionaries(st.text(max_size=5), x))
KEYS = "type id tags nodes geometry members lat lon ref role properties coordinates"
KINDS = "node way relation Point MultiPoint LineString Polygon MultiPolygon GeometryCollection"
TAGS = "building building:part highway man_made natural place area height layer"
VALUES = "yes no surveillance tree square residential -1 999999999999999999999 1;x"
keys, kinds, tag_keys, values = (st.sampled_from(words.split()) for words in (KEYS, KINDS, TAGS, VALUES))
tags = st.dictionaries(tag_keys, values | anything)
elements = st.dictionaries(keys, anything | kinds | tags | st.dictionaries(keys, anything))
places = st.recursive(scalars, lambda inner: st.lists(inner, max_size=6))
geometries = st.fixed_dictionaries({"type": kinds, "coordinates": places})
features = st.fixed_dictionaries({"properties": tags | anything, "geometry": geometries | anything}) | anything


@FEW
@given(st.lists(elements | anything, max_size=5))
def test_an_answer_of_overpass_of_any_shape(tmp_path, answer):
    survives(tmp_path / "answer.json", json.dumps({"elements": answer}))


@FEW
@given(st.lists(features, max_size=5))
def test_geojson_of_any_shape(tmp_path, collection):
    survives(tmp_path / "town.geojson", json.dumps({"features": collection}))


letters_of_any_script = st.characters(max_codepoint=0xFFFFF, exclude_categories=["Cs"])


@FEW
@given(st.dictionaries(st.text(letters_of_any_script, min_size=1, max_size=20), st.text(letters_of_any_script)))
def test_tags_of_any_letters_keep_them(tmp_path, letters):
    tree = {"type": "node", "id": 1, "lat": 47.0, "lon": 2.0, "tags": letters | {"natural": "tree"}}
    path = tmp_path / "answer.json"
    path.write_text(json.dumps({"elements": [tree]}))
    ((_, tags),) = read_osm(path).trees
    kept = {key: value for key, value in letters.items() if "\0" not in key + value and key not in ("id", "natural")}
    assert kept.items() <= tags.items()


XML = '<osm version="0.6">{}</osm>'
LAUGHS = "".join(f'<!ENTITY l{k + 1} "{f"&l{k};" * 10}">' for k in range(9))
HOSTILE = {
    "billion laughs": f'<!DOCTYPE osm [<!ENTITY l0 "ha">{LAUGHS}]>' + XML.format("<way>&l9;</way>"),
    "a file of the machine": '<!DOCTYPE osm [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + XML.format("&f;"),
    "deep nesting": XML.format("<way>" * 50_000),
    "a huge id": XML.format(f'<node id="{"9" * 5000}" lat="47" lon="2"/>'),
    "a position that is not a number": XML.format('<node id="1" lat="NaN" lon="1e999"/>'),
    "an area made of itself": XML.format(
        '<relation id="1"><member type="relation" ref="1" role="outer"/><tag k="type" v="multipolygon"/>'
        '<tag k="building" v="yes"/></relation>'
    ),
    "a way round one node": XML.format(
        '<node id="1" lat="47" lon="2"/><way id="1"><nd ref="1"/><nd ref="1"/><nd ref="1"/><nd ref="1"/>'
        '<tag k="building" v="yes"/></way>'
    ),
    "an endless tag": XML.format(f'<node id="1" lat="47" lon="2"><tag k="natural" v="{"x" * 100_000}"/></node>'),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_xml(tmp_path, text):
    survives(tmp_path / "hostile.osm", text)


def test_an_entity_never_reaches_a_tag(tmp_path):
    """No file of the machine is read into the town."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    path = tmp_path / "town.osm"
    path.write_text(
        f'<!DOCTYPE osm [<!ENTITY f SYSTEM "file://{secret}">]>'
        + XML.format('<node id="1" lat="47" lon="2"><tag k="natural" v="tree"/>&f;</node>')
    )
    with suppress(InputError):
        assert "secret" not in str(read_osm(path))


@FEW
@given(st.text(alphabet='latond,;\t"\n\r 0123456789.-+eE°NSWx\x00', max_size=300) | st.binary(max_size=300))
def test_any_list_of_cameras(tmp_path, rows):
    path = tmp_path / "cameras.csv"
    head = b"lat,lon,dir\n47,2,N\n"
    path.write_bytes(head + (rows if isinstance(rows, bytes) else rows.encode()))
    with suppress(InputError):
        assert len(read_camera_list(path, CAMERAS).cameras) >= 1


@FEW
@given(st.lists(features, max_size=5))
def test_any_geojson_of_cameras(tmp_path, collection):
    path = tmp_path / "cameras.geojson"
    path.write_text(json.dumps({"features": collection}))
    with suppress(InputError):
        read_camera_list(path, CAMERAS)
