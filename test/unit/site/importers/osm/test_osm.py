import gzip
import json
from dataclasses import replace

import pytest
from shapely.geometry import LineString, Point, Polygon, mapping

from blindspot.core.errors import InputError
from blindspot.site.importers.osm.osm import read_osm

FORMATS = ("osm", "ways first", "osm.gz", "osm.pbf", "overpass body", "overpass geom", "geojson", "nested geojson")


def written(town, form, folder):
    match form:
        case "osm":
            return town.xml(folder / "town.osm")
        case "ways first":
            return town.xml(folder / "town.osm", ways_first=True)
        case "osm.gz":
            return town.gzipped_xml(folder / "town.osm.gz")
        case "osm.pbf":
            return town.pbf(folder / "town.osm.pbf")
        case "overpass body":
            return town.overpass_body(folder / "town.json")
        case "overpass geom":
            return town.overpass_geom(folder / "town.json")
    return town.geojson(folder / "town.geojson", nested=form == "nested geojson")


def normal(imported):
    """Rings may start and turn as they like."""
    kinds = ("buildings", "roads", "squares", "cameras", "trees")
    turned = {kind: tuple((g.normalize(), tags) for g, tags in getattr(imported, kind)) for kind in kinds}
    return replace(imported, **turned)


def reported(imported):
    return {(finding.feature, finding.problem, finding.action) for finding in imported.findings}


def square(west, south, east, north):
    return Polygon([(west, south), (east, south), (east, north), (west, north)])


@pytest.fixture
def read(osm_of, tmp_path):
    """Reads ways and areas on the grid as XML."""

    def read_ways(ways, areas=(), **options):
        return read_osm(osm_of(ways, areas).xml(tmp_path / "town.osm"), **options)

    return read_ways


@pytest.mark.parametrize("form", FORMATS)
def test_a_town_is_the_same_in_every_format(small_town, tmp_path, form):
    town = normal(read_osm(written(small_town, form, tmp_path)))
    flats = square(2.005, 47.001, 2.009, 47.005) - square(2.006, 47.002, 2.008, 47.004)
    assert town.buildings == (
        (flats.normalize(), {"id": "relation/1", "nature": "apartments", "storeys": 5.0}),
        (
            square(2.001, 47.001, 2.003, 47.003).normalize(),
            {"id": "way/1", "nature": "house", "height_m": 6.0, "ridge_m": 9.0},
        ),
    )
    street = LineString([(2.001, 47.006), (2.005, 47.006), (2.009, 47.006)])
    properties = {"id": "way/5", "nature": "residential", "name": "Rue du Port", "private": False, "level": 0}
    assert town.roads == ((street.normalize(), properties | {"width_m": 5.0}),)
    assert town.squares == (
        (square(2.001, 47.007, 2.003, 47.008).normalize(), {"id": "way/6", "name": "Grand-Place"}),
        (square(2.004, 47.007, 2.006, 47.008).normalize(), {"id": "way/7", "name": "way/7"}),
    )
    ((place, camera),) = town.cameras
    assert place == Point(2.001, 47.009)
    assert camera == {
        "id": "node/19",
        "ref": "node/19",
        "man_made": "surveillance",
        "camera:type": "dome",
        "name": 'Café <1> & "2"',
    }
    assert town.trees == ((Point(2.002, 47.009), {"id": "node/29", "natural": "tree", "height": "8"}),)
    assert town.findings == ()
    assert town.attribution == "© OpenStreetMap contributors, ODbL 1.0"


@pytest.mark.parametrize("form", FORMATS)
def test_elements_that_touch_the_bounds_are_kept_whole_and_the_rest_dropped(small_town, tmp_path, form):
    town = read_osm(written(small_town, form, tmp_path), bounds=(2.0055, 47.0, 2.0095, 47.0065))
    assert [tags["id"] for _, tags in town.buildings] == ["relation/1"]
    assert [(tags["id"], line.bounds[0]) for line, tags in town.roads] == [("way/5", 2.001)]
    assert (town.squares, town.cameras, town.trees, town.findings) == ((), (), (), ())


def test_elements_far_outside_the_bounds_give_no_finding(read):
    open_house = ([11, 31, 33], {"building": "yes"})
    assert len(read({1: open_house}, bounds=(2.0, 47.0, 2.1, 47.1)).findings) == 1
    assert reported(read({1: open_house}, bounds=(2.9, 47.0, 3.0, 47.1))) == {
        ("", "holds nothing that makes a town within the bounds", "left out")
    }


def test_empty_bounds_are_reported(small_town, tmp_path):
    town = read_osm(small_town.xml(tmp_path / "town.osm"), bounds=(3.0, 47.0, 4.0, 48.0))
    assert reported(town) == {("", "holds nothing that makes a town within the bounds", "left out")}


def test_progress_reports_the_count(small_town, tmp_path, monkeypatch):
    monkeypatch.setattr("blindspot.site.importers.osm.osm.PROGRESS_EVERY", 3)
    counts = []
    read_osm(small_town.pbf(tmp_path / "town.osm.pbf"), progress=counts.append)
    assert counts == [3, 6]  # of seven: camera, tree, house, flats, street, two squares


@pytest.mark.parametrize("form", ["osm", "osm.pbf", "overpass body", "overpass geom"])
def test_a_house_without_one_of_its_nodes_is_kept_and_a_square_is_not(osm_of, tmp_path, form):
    outline = [11, 31, 33, 999, 13, 11]
    town = osm_of({1: (outline, {"building": "yes"}), 2: (outline, {"leisure": "park"})})
    imported = read_osm(written(town, form, tmp_path))
    ((house, _),) = imported.buildings
    assert house.equals(square(2.001, 47.001, 2.003, 47.003))
    assert imported.squares == ()
    assert reported(imported) == {
        ("way/1", "lacks some of its nodes", "repaired"),
        ("way/2", "lacks some of its nodes", "left out"),
    }


def test_a_street_with_unknown_nodes_is_kept_in_pieces(read):
    town = read({1: ([11, 21, 998, 51, 61, 999, 81], {"highway": "residential"})})
    assert [(list(line.coords), tags["id"]) for line, tags in town.roads] == [
        ([(2.001, 47.001), (2.002, 47.001)], "way/1/1"),
        ([(2.005, 47.001), (2.006, 47.001)], "way/1/2"),
    ]
    assert reported(town) == {("way/1", "lacks some of its nodes", "repaired")}


def test_an_open_outline_is_closed_for_a_house_and_refused_for_a_square(read):
    corner = [11, 31, 33]
    house, line = (corner, {"building": "yes"}), ([11, 12], {"building": "yes"})
    town = read({1: house, 2: (corner, {"place": "square"}), 3: line})
    ((house, _),) = town.buildings
    assert house.equals(Polygon([(2.001, 47.001), (2.003, 47.001), (2.003, 47.003)]))
    assert town.squares == ()
    assert reported(town) == {
        ("way/1", "has an outline that is not closed", "repaired"),
        ("way/2", "has an outline that is not closed", "left out"),
        ("way/3", "has an outline that is not closed", "left out"),
    }


def test_an_outline_that_crosses_itself_is_two_houses_and_no_square(read):
    bow_tie = [11, 33, 31, 13, 11]
    town = read({1: (bow_tie, {"building": "yes"}), 2: (bow_tie, {"leisure": "park"})})
    assert [tags["id"] for _, tags in town.buildings] == ["way/1/1", "way/1/2"]
    assert town.squares == ()
    assert [(f.feature, f.action) for f in town.findings] == [("way/1", "repaired"), ("way/2", "left out")]
    assert all("Self-intersection" in finding.problem for finding in town.findings)


def test_a_hole_as_large_as_its_house_is_filled_and_its_square_left_out(tmp_path):
    ring = square(2.001, 47.001, 2.003, 47.003).exterior.coords
    twice = mapping(Polygon(ring, [ring]))
    features = [
        {"type": "Feature", "id": f"way/{k}", "properties": tags, "geometry": twice}
        for k, tags in enumerate(({"building": "yes"}, {"leisure": "park"}), 1)
    ]
    path = tmp_path / "town.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    town = read_osm(path)
    ((house, _),) = town.buildings
    assert house.equals(Polygon(ring)) and town.squares == ()
    assert {(found.feature, found.action) for found in town.findings} == {("way/1", "repaired"), ("way/2", "left out")}


BROKEN_AREAS = {
    "an outer way is missing": [(2, "outer"), (99, "outer")],
    "the ring stays open": [(2, "outer"), (4, "inner")],
}


@pytest.mark.parametrize("form", ["osm", "osm.pbf", "overpass body", "overpass geom"])
@pytest.mark.parametrize("members", BROKEN_AREAS.values(), ids=BROKEN_AREAS)
def test_an_area_that_cannot_be_assembled_is_a_house_and_no_square(osm_of, tmp_path, form, members):
    ways = {2: ([51, 91, 95, 55], {}), 4: ([62, 82, 84, 64, 62], {})}
    areas = {
        1: (members, {"type": "multipolygon", "building": "yes"}),
        2: (members, {"type": "multipolygon", "leisure": "park"}),
    }
    town = read_osm(written(osm_of(ways, areas), form, tmp_path))
    ((house, _),) = town.buildings
    assert house.equals(square(2.005, 47.001, 2.009, 47.005))
    assert town.squares == ()
    assert reported(town) == {
        ("relation/1", "has an outline that can't be assembled", "repaired"),
        ("relation/2", "has an outline that can't be assembled", "left out"),
    }


def test_an_area_without_any_member_is_reported(read):
    house = ([(99, "outer")], {"type": "multipolygon", "building": "yes"})
    town = read({5: ([11, 31], {"highway": "path"})}, {1: house})
    assert reported(town) == {("relation/1", "has an outline that can't be assembled", "left out")}


def test_a_position_off_the_earth_is_reported(osm_of, tmp_path):
    town = osm_of({1: ([11, 31], {"highway": "path"})})
    town.nodes[19] = (2.0, 95.0, {"natural": "tree"})
    imported = read_osm(town.xml(tmp_path / "town.osm"))
    assert reported(imported) == {("node/19", "has no position on earth", "left out")}
    assert len(imported.roads) == 1


def test_an_answer_cut_short_by_overpass_is_reported(small_town, tmp_path):
    path = small_town.overpass_geom(tmp_path / "town.json")
    answer = json.loads(path.read_text())
    answer["elements"][0]["tags"]["remark"] = "this one is a tag"
    path.write_text(json.dumps(answer | {"remark": 'runtime error: Query timed out in "query"'}))
    problem = 'says that the answer is incomplete: runtime error: Query timed out in "query"'
    assert reported(read_osm(path)) == {("remark", problem, "left out")}


def test_bounds_or_a_centre_are_no_outline(tmp_path):
    outline = {"type": "Polygon", "coordinates": [[[2.0, 47.0], [2.1, 47.0], [2.1, 47.1], [2.0, 47.0]]]}
    tags = {"leisure": "park", "@geometry": "bounds", "@id": "way/1"}
    park = {"type": "Feature", "geometry": outline, "properties": tags}
    path = tmp_path / "town.geojson"
    path.write_text(json.dumps({"features": [park]}))
    assert ("way/1", "is drawn as bounds or centre only", "left out") in reported(read_osm(path))


HOUSE_WITHOUT_NODES = '<way id="1"><nd ref="1"/><tag k="building" v="yes"/></way>'


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("town.osm", "", "can't be read"),
        ("town.osm", "<osm", "can't be read"),
        ("town.osm", f'<osm version="0.6">{HOUSE_WITHOUT_NODES}</osm>', "holds no node"),
        ("town.osm.gz", "not gzip", "not a whole packed file"),
        ("town.osm.bz2", "not bzip2", "can't be read"),
        ("town.osm.pbf", "not PBF", "can't be read"),
        ("town.json", "{", "not valid JSON"),
        ("town.json", '{"elements": [NaN]}', "not valid JSON"),
        ("town.json", "[1]", "neither an answer of Overpass nor GeoJSON"),
        ("town.json", '{"type": "FeatureCollection"}', "neither an answer of Overpass nor GeoJSON"),
        ("town.shp", "", "unknown ending"),
        ("town", "", "unknown ending"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_name(tmp_path, name, text, problem):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputError, match=problem) as refusal:
        read_osm(path)
    assert name in str(refusal.value)


@pytest.mark.parametrize("name", ["nowhere.osm", "nowhere.osm.pbf", "nowhere.json"])
def test_a_missing_file_is_named(tmp_path, name):
    with pytest.raises(InputError, match=f"{name}: can't be read"):
        read_osm(tmp_path / name)


def test_an_unsorted_pbf_is_refused_with_the_way_out(small_town, tmp_path):
    small_town.ways = dict(reversed(small_town.ways.items()))
    with pytest.raises(InputError, match="osmium sort"):
        read_osm(small_town.pbf(tmp_path / "town.osm.pbf"))


def test_lines_of_overpass_as_xml_are_refused_with_the_way_out(tmp_path):
    path = tmp_path / "town.osm"
    member = '<member type="way" ref="1" role="outer"><nd lat="47" lon="2"/></member>'
    path.write_text(f'<osm version="0.6"><relation id="1">{member}</relation></osm>')
    with pytest.raises(InputError, match="ask Overpass for JSON"):
        read_osm(path)


@pytest.mark.parametrize(("name", "credit"), [("node/7", "© OpenStreetMap contributors, ODbL 1.0"), ("mast 7", "")])
def test_a_geojson_is_credited_to_openstreetmap_if_its_ids_are_from_there(tmp_path, name, credit):
    camera = {"type": "Feature", "id": name, "properties": {"man_made": "surveillance", "camera:type": "dome"}}
    camera["geometry"] = {"type": "Point", "coordinates": [2.0, 47.0]}
    path = tmp_path / "cameras.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [camera]}))
    town = read_osm(path)
    assert (len(town.cameras), town.attribution) == (1, credit)


def drawn(path, head="", foot="", suffix=""):
    """A street and a camera, drawn in a GIS, with members of the file before and after them."""
    features = [
        {"properties": {"highway": "residential"}, "geometry": mapping(LineString([(2.0, 47.0), (2.001, 47.0)]))},
        {"properties": {"man_made": "surveillance"}, "geometry": mapping(Point(2.0, 47.0))},
    ]
    text = f'{{"type": "FeatureCollection", {head} "features": {json.dumps(features)} {foot}}}'.encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


@pytest.mark.parametrize("name", ["town.geojson", "town.geojson.gz"])
@pytest.mark.parametrize(
    "crs",
    [
        '{"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4222"}}', '"EPSG:4222"',
        '{"type": "link", "properties": {"href": "http://example.org/crs/42"}}',
    ],
)  # fmt: skip
@pytest.mark.parametrize("at_end", [False, True])
def test_a_geojson_in_degrees_of_another_system_is_refused(tmp_path, name, crs, at_end):
    """Degrees of the Cape datum read as WGS 84 put each house of Cape Town 300 m off."""
    member = f'"crs": {crs}'
    path = drawn(tmp_path / name, **({"foot": f", {member}"} if at_end else {"head": f'"name": "streets", {member},'}))
    with pytest.raises(InputError, match=r"town\.geojson.*: crs: is .*; convert the file to WGS 84"):
        read_osm(path)


@pytest.mark.parametrize("member", ['"crs": null,', '"crs": {"properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},',
                                    '"crs": {"type": "name", "properties": {"name": "EPSG:4326"}},'])  # fmt: skip
def test_a_geojson_that_names_wgs_84_is_read(tmp_path, member):
    assert len(read_osm(drawn(tmp_path / "town.geojson", head=member)).roads) == 1


JOSM = """<?xml version='1.0' encoding='UTF-8'?>
<osm version='0.6' generator='JOSM'>
{nodes}
  <way id='-5' action='modify' visible='true'><nd ref='-1'/><nd ref='-2'/><nd ref='-3'/><nd ref='-1'/>
    <tag k='building' v='yes'/></way>
  <way id='6' {action} version='1' visible='true'><nd ref='-1'/><nd ref='-2'/><tag k='highway' v='residential'/></way>
  <way id='7' version='1' visible='true'><nd ref='-2'/><nd ref='-3'/><tag k='highway' v='residential'/></way>
</osm>
"""
NODE = "  <node id='{}' action='modify' visible='true' lat='{}' lon='{}'/>"
CORNERS = [(-1, 47.0, 2.0), (-2, 47.001, 2.0), (-3, 47.001, 2.001)]


def josm(folder, corners, action=""):
    path = folder / "josm.osm"
    path.write_text(JOSM.format(nodes="\n".join(NODE.format(*corner) for corner in corners), action=action))
    return path


@pytest.mark.parametrize(("action", "kept"), [("", ["way/6", "way/7"]), ("action='delete'", ["way/7"])])
def test_elements_that_an_editor_marks_as_deleted_are_left_out(tmp_path, action, kept):
    assert [own["id"] for _, own in read_osm(josm(tmp_path, CORNERS, action)).roads] == kept


@pytest.mark.parametrize("author", ["uid='4' user='Eve'", """user="id='4'" """, "user='a > b' uid='4'"])
def test_the_author_of_an_element_is_no_part_of_its_number(tmp_path, author):
    path = josm(tmp_path, CORNERS)
    path.write_text(path.read_text().replace("visible='true'", f"visible='true' {author}"))
    assert [own["id"] for _, own in read_osm(path).roads] == ["way/6", "way/7"]


def test_new_nodes_of_two_files_under_one_number_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"node/-2: is there twice, at two places; upload or renumber"):
        read_osm(josm(tmp_path, [*CORNERS, (-2, 47.1, 2.1)]))
    assert read_osm(josm(tmp_path, [*CORNERS, CORNERS[0]])).buildings
