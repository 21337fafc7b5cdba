import gzip
import json

import pytest
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Polygon, box

from blindspot.core.errors import InputError
from blindspot.site.town.frame import LocalFrame
from blindspot.site.town.geojson import feature_collection, load_area, polygons_of

FRAME = LocalFrame(47.0, 2.0, 0.0, 0.0)


def area(*degrees, **root):
    ring = [list(point) for point in degrees]
    feature = {
        "type": "Feature",
        "properties": {"name": "park"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    return {"type": "FeatureCollection", **root, "features": [feature]}


SQUARE = ((2.0, 47.0), (2.001, 47.0), (2.001, 47.001), (2.0, 47.001), (2.0, 47.0))


def refused(tmp_path, document) -> str:
    path = tmp_path / "area.geojson"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    with pytest.raises(InputError) as refusal:
        load_area(path, FRAME)
    assert "area.geojson" in str(refusal.value)
    return str(refusal.value)


def test_an_area_comes_in_metres(tmp_path):
    path = tmp_path / "area.geojson"
    path.write_text(json.dumps(area(*SQUARE)))
    assert load_area(path, FRAME).area == pytest.approx(76.06 * 111.17, rel=1e-3)


def test_a_feature_alone_and_a_geometry_alone_are_areas_too(tmp_path):
    path, (feature,) = tmp_path / "area.geojson", area(*SQUARE)["features"]
    for document in (feature, feature["geometry"]):
        path.write_text(json.dumps(document))
        assert load_area(path, FRAME).area == pytest.approx(76.06 * 111.17, rel=1e-3)


def test_written_features_are_read_back_to_a_centimetre(tmp_path):
    path = tmp_path / "area.geojson"
    park = box(-50, -20, 70, 40)
    path.write_text(json.dumps(feature_collection([(park, {"name": "park"})], FRAME)))
    assert load_area(path, FRAME).hausdorff_distance(park) < 0.02


def test_written_rings_run_counter_clockwise():
    clockwise = Polygon([(0, 0), (0, 10), (10, 10), (10, 0)])
    (feature,) = feature_collection([(clockwise, {})], FRAME)["features"]
    assert Polygon(feature["geometry"]["coordinates"][0]).exterior.is_ccw


def test_a_gzipped_file_is_read_and_half_a_one_refused(tmp_path):
    path = tmp_path / "area.geojson.gz"
    packed = gzip.compress(json.dumps(area(*SQUARE)).encode())
    path.write_bytes(packed)
    assert load_area(path, FRAME).area > 0
    path.write_bytes(packed[:-12])
    with pytest.raises(InputError, match="not a whole gzip file"):
        load_area(path, FRAME)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"is a folder; name a GeoJSON file in it"):
        load_area(tmp_path, FRAME)
    with pytest.raises(InputError, match=r"nowhere\.geojson: can't be read"):
        load_area(tmp_path / "nowhere.geojson", FRAME)


@pytest.mark.parametrize(
    ("document", "reported"),
    [
        ("{", "not valid JSON"),
        ("[]", "is not GeoJSON; give a FeatureCollection, a Feature or a geometry"),
        ('{"type": "FeatureCollection", "features": []}', "is empty"),
        (
            area(*SQUARE, crs={"type": "name", "properties": {"name": "EPSG:2154"}}),
            "'EPSG:2154'; GeoJSON must be WGS 84",
        ),
        (area((355000.0, 6689000.0), (355100.0, 6689000.0), (355100.0, 6689100.0)), "seems projected"),
        (area((47.0, 2.0), (47.0, 2.001), (47.001, 2.001), (47.0, 2.0)), "longitude first"),
        (area((2.0, float("nan")), *SQUARE[1:4], (2.0, float("nan"))), "not a number"),
        (area(("2.0", "47.0"), *SQUARE[1:4], ("2.0", "47.0")), "not a number"),
        (
            area(SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]),
            "park: crosses itself at latitude 47.000500, longitude 2.000500; draw",
        ),
        (area((2.0, 47.0), (2.000001, 47.0), (2.000001, 47.000001), (2.0, 47.0)), "covers only"),
        (area((2.0, 47.0), (2.001, 47.0)), "park: has a broken geometry"),
        (
            {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"name": "park"}}]},
            "no geometry",
        ),
    ],
)
def test_bad_areas_are_refused_by_name(tmp_path, document, reported):
    assert reported in refused(tmp_path, document)


@pytest.mark.parametrize("kind", ["Polygon", "MultiPolygon", "GeometryCollection"])
def test_a_hole_without_corners_is_refused_before_it_ends_the_process(tmp_path, kind):
    """GEOS 3.14 takes such a polygon for valid, and dies of a signal in `contains` and `buffer`."""
    holed = area(*SQUARE)
    [feature] = holed["features"]
    feature["geometry"]["coordinates"].append([])
    if kind == "MultiPolygon":
        feature["geometry"] = {"type": kind, "coordinates": [feature["geometry"]["coordinates"]]}
    elif kind == "GeometryCollection":
        feature["geometry"] = {"type": kind, "geometries": [feature["geometry"]]}
    assert "park: has a hole without corners; remove the empty list" in refused(tmp_path, holed)


def test_two_areas_are_one_too_many(tmp_path):
    document = area(*SQUARE)
    document["features"] *= 2
    assert "holds 2 areas" in refused(tmp_path, document)


def test_a_bow_tie_is_repaired_into_its_two_halves():
    halves, problem = polygons_of(Polygon([(0, 0), (10, 10), (10, 0), (0, 10)]))
    assert problem == "Self-intersection"
    assert sum(half.area for half in halves) == pytest.approx(50)


def test_a_geometry_without_area_gives_no_polygon():
    assert polygons_of(Polygon([(0, 0), (10, 0), (5, 0)]))[0] == []


def test_a_small_file_that_unpacks_to_gigabytes_is_refused_early(tmp_path):
    import tracemalloc

    path = tmp_path / "bomb.geojson.gz"
    with gzip.open(path, "wb", compresslevel=1) as packed:
        for _ in range(60):
            packed.write(b" " * (1 << 22))
    assert path.stat().st_size < 2_000_000
    tracemalloc.start()
    with pytest.raises(InputError, match="unpacks to over 50 times its size"):
        load_area(path, FRAME)
    assert tracemalloc.get_traced_memory()[1] < 200_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("content", [b"\x1f\x8b\x08\0\0\0\0\0\0\xff\xff", b"\x1f\x8b", b"", b"no gzip"])
def test_a_broken_packed_file_is_reported(tmp_path, content):
    path = tmp_path / "town.geojson.gz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"town\.geojson\.gz: is not"):
        load_area(path, FRAME)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"type":"Point","coordinates":' + "[" * 500 + "]" * 500 + "}",
                                  '{"type":"Point","coordinates":[' + "9" * 400 + ",0]}"])  # fmt: skip
def test_text_made_to_break_a_parser_is_refused(tmp_path, text):
    refused(tmp_path, text)


def test_half_a_character_is_refused_and_a_whole_one_read(tmp_path):
    path = tmp_path / "area.geojson"
    path.write_text(json.dumps(area((2.0, 47.0), (2.001, 47.0), (2.001, 47.001)) | {"note": "\U0001f6a7"}))
    load_area(path, FRAME)
    path.write_text(path.read_text().replace("\\ud83d", ""))
    with pytest.raises(InputError, match="half a character"):
        load_area(path, FRAME)


def test_no_polygon_of_a_collection_of_collections_is_lost():
    blocks = MultiPolygon([box(0, 0, 1, 1), box(2, 0, 3, 1)])
    mixed = GeometryCollection([LineString([(0, 0), (9, 9)]), box(5, 5, 6, 6), GeometryCollection([blocks])])
    polygons, problem = polygons_of(mixed)
    assert (len(polygons), problem) == (3, "")


@pytest.mark.parametrize("crs", [{"properties": [1]}, {"properties": "EPSG:4326"}, [1], 5, {}])
def test_a_coordinate_system_of_any_shape_is_refused(tmp_path, crs):
    assert "crs: is " in refused(tmp_path, area(*SQUARE, crs=crs))
