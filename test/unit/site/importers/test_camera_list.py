import json

import pyproj
import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from blindspot.core.config_file import read_yaml
from blindspot.core.errors import InputError
from blindspot.site.importers.camera_list import CameraList, as_number, read_camera_list

COLUMNS = {"x": "lon", "y": "lat"}


def mapping(columns=COLUMNS, **more):
    return CameraList.model_validate(
        {"schema": "blindspot.camera_list/1", "attribution": "Ville", "columns": columns, **more}
    )


@pytest.fixture
def read(tmp_path):
    """Reads text or bytes as a list, by the mapping given."""

    def read_list(data, by=None, name="cameras.csv"):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return read_camera_list(path, by or mapping())

    return read_list


def reported(imported):
    return [(finding.feature, finding.problem) for finding in imported.findings]


FRENCH = """Nom;X;Y;Modèle;Azimut;Site;Hauteur;Champ;Focale;Capteur;Définition;Portée
Mairie;355 123,5;6 689 000;Fixe;100;10;550;50;4,8;6,2;1920 x 1080;8000
Gare;355200,0;6689100,0;Dôme;;;600;;;;2560×1440;
Port;355300;6689200;PTZ;;;;;;;;
"""
FRENCH_MAPPING = {
    "columns": {
        "x": "X",
        "y": "Y",
        "id": "Nom",
        "type": "Modèle",
        "heading": "Azimut",
        "tilt": "Site",
        "height": "Hauteur",
        "hfov": "Champ",
        "focal_mm": "Focale",
        "sensor_mm": "Capteur",
        "resolution": "Définition",
        "range": "Portée",
    },
    "crs": "EPSG:2154",
    "types": {"fixe": "fixed", "dôme": "dome", "PTZ": "panning"},
    "units": {"length": "cm", "angle": "gon", "tilt": "down"},
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_french_spreadsheet(read, encoding, newline):
    text = FRENCH.replace("\n", newline)
    imported = read(text.encode(encoding), mapping(**FRENCH_MAPPING))
    place, tags = imported.cameras[0]
    assert tags == {
        "id": "Mairie",
        "ref": "Mairie",
        "man_made": "surveillance",
        "surveillance:type": "camera",
        "camera:type": "fixed",
        "camera:direction": 90.0,
        "camera:tilt": -9.0,
        "height": 5.5,
        "hfov_deg": 45.0,
        "focal_mm": 4.8,
        "sensor_mm": 6.2,
        "resolution": "1920x1080",
        "range_m": 80.0,
    }
    back = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:2154", always_xy=True).transform(place.x, place.y)
    assert back == pytest.approx((355_123.5, 6_689_000), abs=1e-3)
    assert [tags.get("camera:type") for _, tags in imported.cameras] == ["fixed", "dome", "panning"]
    assert imported.cameras[1][1]["resolution"] == "2560x1440"
    assert "height" not in imported.cameras[2][1]
    assert imported.findings == ()
    assert imported.attribution == "Ville"


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_shows_the_columns(read, mark):
    imported = read(f'sep={mark}\nname{mark}lat{mark}lon\n"a{mark}b"{mark}47.2{mark}-1.5\n')
    ((place, _),) = imported.cameras
    assert (place.x, place.y) == (-1.5, 47.2)


def test_a_quoted_cell_may_hold_lines_and_findings_name_the_line(read):
    imported = read('lat,lon,note\n47,2,"one\ntwo"\nnorth,2,\n,,\n0,0,\n91,2,\n\nlat,lon,note\n47,3,\n')
    assert [place.x for place, _ in imported.cameras] == [2.0, 3.0]
    assert reported(imported) == [(f"line {k}", "has no place on earth") for k in (4, 6, 7)]
    assert {finding.action for finding in imported.findings} == {"left out"}


def test_a_row_too_short_has_no_place(read):
    imported = read("lat,lon\n47\n47,2,more\n")
    assert len(imported.cameras) == 1
    assert reported(imported) == [("line 2", "has no place on earth")]


def test_impossible_numbers_are_reported_by_line_and_missing(read):
    columns = COLUMNS | {"height": "h", "tilt": "t", "hfov": "f", "range": "r"}
    imported = read("lat,lon,h,t,f,r\n47,2,-5,120,400,0\n", mapping(columns))
    assert imported.cameras[0][1].keys() == {"id", "ref", "man_made", "surveillance:type"}
    assert reported(imported) == [
        ("line 2", f"has a {what}") for what in ("tilt '120'", "height '-5'", "hfov '400'", "range '0'")
    ]


def test_a_camera_outside_the_area_is_left_out_by_line(tmp_path):
    (tmp_path / "c.csv").write_text("lat,lon\n47,2\n47,3\n")
    imported = read_camera_list(tmp_path / "c.csv", mapping(), (1.9, 46.9, 2.1, 47.1))
    assert [place.x for place, _ in imported.cameras] == [2.0]
    assert reported(imported) == [("line 3", "lies outside the area")]
    with pytest.raises(InputError, match="no camera that can be placed: line 2 lies outside the area; check columns"):
        read_camera_list(tmp_path / "c.csv", mapping(), (8.0, 46.9, 8.1, 47.1))


def test_unreadable_cells_are_reported_and_missing(read):
    columns = COLUMNS | {"heading": "dir", "height": "h", "resolution": "res", "tilt": "tilt"}
    imported = read("lat,lon,dir,h,res,tilt\n47,2,to the bank,high,HD,\n", mapping(columns))
    assert imported.cameras[0][1].keys() == {"id", "ref", "man_made", "surveillance:type"}
    assert reported(imported) == [
        ("line 2", "has a heading 'to the bank'"),
        ("line 2", "has a height 'high'"),
        ("line 2", "has a resolution 'HD'"),
    ]


@pytest.mark.parametrize(
    ("text", "direction"), [("90", 90.0), ("370", 10.0), ("-90°", 270.0), ("NNE", "NNE"), ("90-270", "90-270")]
)
def test_headings(read, text, direction):
    imported = read(f"lat,lon,dir\n47,2,{text}\n", mapping(COLUMNS | {"heading": "dir"}))
    assert imported.cameras[0][1]["camera:direction"] == direction


def test_a_type_that_the_mapping_does_not_know_is_no_camera_and_an_empty_one_is_unknown(read):
    by = mapping(COLUMNS | {"type": "t"}, types={"Fixe": "fixed"})
    imported = read("lat,lon,t\n47,2, FIXE \n47,2,Thermique\n47,2,\n", by)
    assert [tags.get("camera:type") for _, tags in imported.cameras] == ["fixed", None]
    assert reported(imported) == [("line 3", "has the type 'Thermique'")]


def test_names_are_the_lines_where_there_is_none_and_never_twice(read):
    imported = read("lat,lon,n\n47,2,a\n47,2,a\n47,2,\n", mapping(COLUMNS | {"id": "n"}))
    assert [tags["ref"] for _, tags in imported.cameras] == ["a", "a (line 3)", "line 4"]


@pytest.mark.parametrize(
    ("text", "direction"), [("100-300", "90-270"), ("300-400", "270-360"), ("90°-270°", "90-270"), ("90°", 90.0)]
)
def test_a_sector_is_in_the_unit_of_its_column_and_a_written_sign_counts(read, text, direction):
    by = mapping(COLUMNS | {"heading": "h"}, units={"angle": "gon"})
    imported = read(f"lat,lon,h\n47,2,{text}\n", by)
    assert imported.cameras[0][1]["camera:direction"] == direction and imported.findings == ()


def test_a_unit_in_the_cell_counts_before_that_of_the_mapping(read):
    columns = COLUMNS | {"height": "h", "tilt": "t", "hfov": "f"}
    by = mapping(columns, units={"length": "ft", "angle": "rad", "tilt": "down"})
    imported = read("lat,lon,h,t,f\n47,2,6 m,10°,50°\n47,3,10,0.5,1\n", by)
    ((_, own), (_, plain)) = imported.cameras
    assert (own["height"], own["camera:tilt"], own["hfov_deg"]) == (6.0, -10.0, 50.0)
    assert (plain["height"], plain["camera:tilt"]) == (3.048, pytest.approx(-28.64789))


@pytest.mark.parametrize(
    ("cell", "height_m"),
    [("500 cm", 5.0), ("5000mm", 5.0), ("16 ft", 4.8768), ("16.5 feet", 5.0292), ("20'", 6.096), ("16'6\"", 5.0292),
     ("5,5 m", 5.5), ("18", 5.4864)],
)  # fmt: skip
def test_a_length_in_a_cell_may_have_any_unit_that_the_mapping_may_have(read, cell, height_m):
    by = mapping(COLUMNS | {"height": "h"}, units={"length": "ft"})
    imported = read(f"lat;lon;h\n47;2;{cell}\n", by)
    assert imported.findings == ()
    assert imported.cameras[0][1]["height"] == pytest.approx(height_m, abs=1e-6)


def test_angles_and_lenses_may_have_their_own_units_and_no_others(read):
    columns = COLUMNS | {"heading": "d", "hfov": "f", "focal_mm": "l"}
    imported = read("lat,lon,d,f,l\n47,2,100 gon,1 rad,0.4 cm\n47,2,5 m,5 mm,90°\n", mapping(columns))
    own = imported.cameras[0][1]
    assert (own["camera:direction"], own["hfov_deg"], own["focal_mm"]) == (90.0, pytest.approx(57.29578), 4.0)
    assert reported(imported) == [
        ("line 3", f"has a {what}") for what in ("heading '5 m'", "hfov '5 mm'", "focal_mm '90°'")
    ]


def test_a_unit_that_makes_each_value_of_a_column_impossible_is_refused(read):
    """60 m read as 0.6 m: the camera would see nothing, or a range would be assumed for the whole list."""
    columns, words = COLUMNS | {"range": "r"}, "units.length of its mapping: is cm, which makes each range impossible"
    with pytest.raises(InputError, match=words + ": 60 in line 2 is read as 0.6 m; write m or ft into the mapping"):
        read("lat,lon,r\n47,2,60\n47,3,80\n", mapping(columns, units={"length": "cm"}))
    with pytest.raises(InputError, match=r"is m, .*: 550 in line 2 is read as 550 m; write cm into the mapping"):
        read("lat,lon,h\n47,2,550\n", mapping(COLUMNS | {"height": "h"}))
    imported = read("lat,lon,r\n47,2,6\n47,3,8000\n", mapping(columns, units={"length": "cm"}))
    assert [tags.get("range_m") for _, tags in imported.cameras] == [None, 80.0]
    assert [(f.problem, f.detail) for f in imported.findings] == [
        ("has a range '6'", "read as 0.06 m, impossible for a camera")
    ]


@pytest.mark.parametrize(("crs", "is_read"), [("EPSG:4326", True), ("urn:ogc:def:crs:EPSG::4222", False),
                                              ("urn:ogc:def:crs:EPSG::2154", False)])  # fmt: skip
def test_a_geojson_in_another_system_than_its_mapping_is_refused(read, crs, is_read):
    """Degrees of the Cape datum read as WGS 84 put a camera 300 m off."""
    cameras = [{"geometry": {"type": "Point", "coordinates": [18.4, -33.9]}, "properties": {}}]
    file = json.dumps({"crs": {"type": "name", "properties": {"name": crs}}, "features": cameras})
    if is_read:
        assert len(read(file, mapping({}), "cameras.geojson").cameras) == 1
        return
    with pytest.raises(InputError, match=r"cameras\.geojson: crs: is .*, its mapping says 'EPSG:4326'"):
        read(file, mapping({}), "cameras.geojson")
    assert len(read(file, mapping({}, crs=crs.replace("urn:ogc:def:crs:EPSG::", "EPSG:")), "cameras.geojson").cameras)


def test_geojson_has_its_own_places(read):
    cameras = [
        {"geometry": {"type": "Point", "coordinates": [2, 47, 5]}, "properties": {"n": 7, "h": 4.5}},
        {"geometry": {"type": "Point", "coordinates": [2, 48]}, "properties": {"n": None, "h": "6 m"}},
        {"geometry": None, "properties": None},
        {"geometry": {"type": "Polygon", "coordinates": []}, "properties": {}},
        "camera",
    ]
    by = mapping({"id": "n", "height": "h"})
    imported = read(json.dumps({"type": "FeatureCollection", "features": cameras}), by, "cameras.geojson")
    assert [(p.x, p.y, t["ref"], t["height"]) for p, t in imported.cameras] == [
        (2.0, 47.0, "7", 4.5),
        (2.0, 48.0, "feature 1", 6.0),
    ]
    assert reported(imported) == [(f"feature {k}", "has no place on earth") for k in (2, 3, 4)]


@pytest.mark.parametrize(
    ("name", "data", "by", "problem"),
    [
        ("c.csv", "lat,lng\n47,2\n", mapping(), "lon: is no column of the list; its columns are lat, lng"),
        ("c.csv", "", mapping(), "is empty; give a list whose first line names its columns"),
        ("c.csv", "\0\0\n", mapping(), "is no column of the list; its columns are without names: write them"),
        ("c.csv", "\n;\n", mapping(), "is no column of the list; its columns are without names: write them"),
        ("c.csv", "lat,lon\n", mapping(), "holds no camera that can be placed"),
        ("c.csv", "lat,lon\n2,x\n", mapping(), "placed: line 2 has no place on earth"),
        ("c.csv", "lat,lon\n47,2\n", mapping({"x": "lon"}), "lacks x or y"),
        *(
            ("c.csv", "lat,lon\n47,2\n", mapping(crs=crs), f"'{crs[:8]}.* is no coordinate system of positions")
            for crs in ("EPSG:999999", "EPSG:5701", "EPSG:4978", 'LOCAL_CS["yard",UNIT["metre",1]]')
        ),
        ("c.csv", b"lat,lon\n47,2,\x81\n", mapping(), "no known encoding"),
        ("c.csv", "lat,lon\n47,2," + "x" * 200_000, mapping(), "is not CSV"),
        ("c.csv.gz", b"lat,lon\n47,2\n", mapping(), "not a whole packed file"),
        ("c.geojson", '{"features": [', mapping(), "not valid JSON"),
        ("c.geojson", '{"features": []}', mapping({"height": "h"}), "h: is a property of no feature"),
    ],
)
def test_lists_that_cannot_be_used_are_refused(read, name, data, by, problem):
    with pytest.raises(InputError, match=problem) as refusal:
        read(data, by, name)
    assert name in str(refusal.value)


def test_a_list_is_never_endless(read, monkeypatch):
    monkeypatch.setattr("blindspot.site.importers.camera_list.LARGEST_BYTES", 1000)
    with pytest.raises(InputError, match="is larger than"):
        read("lat,lon\n" + "47,2\n" * 200)


def test_a_mapping_is_read_from_yaml_and_refused_by_field(tmp_path):
    path = tmp_path / "cameras.yaml"
    head = "schema: blindspot.camera_list/1\nattribution: Ville\n"
    path.write_text(head + "columns: {x: lon, y: lat}\nunits: {length: ft}\n")
    assert read_yaml(path, CameraList).units.length == "ft"
    path.write_text(head + "columns: {lon: lon}\n")
    with pytest.raises(InputError, match=r"columns\.lon: is an unknown key"):
        read_yaml(path, CameraList)
    path.write_text(head + "columns: {x: lon, y: lat, hight: h}\n")
    with pytest.raises(InputError, match=r"columns\.hight: is an unknown key; write height, or remove it"):
        read_yaml(path, CameraList)


@pytest.mark.parametrize("wrong", [{"types": {"a": "spy"}}, {"units": {"length": "mile"}}, {"attribution": ""}])
def test_a_mapping_is_checked(wrong):
    with pytest.raises(ValidationError):
        mapping(**wrong)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("47.2", 47.2),
        ("-1,55", -1.55),
        ("1 234,5", 1234.5),
        ("1\u202f234,5", 1234.5),
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("5 m", 5.0),
        ("90°", 90.0),
        ("1e3", 1000.0),
        (7, 7.0),
        ("", None),
        (None, None),
        (True, None),
        ("NaN", None),
        ("inf", None),
        ("1,2,3", None),
        ("12 rue", None),
        ([1], None),
    ],
)
def test_numbers_as_spreadsheets_write_them(text, value):
    assert as_number(text) == (pytest.approx(value) if value is not None else None)


@given(st.floats(-1e6, 1e6), st.sampled_from([".", ","]))
def test_a_decimal_mark_may_be_either(value, mark):
    assert as_number(f"{value:.6f}".replace(".", mark)) == pytest.approx(value, abs=1e-6)
