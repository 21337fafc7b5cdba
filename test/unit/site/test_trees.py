import math

import pytest
from shapely.geometry import LineString, Point, mapping

from blindspot.core.errors import InputError
from blindspot.coverage.sight.fixed import fixed_coverage
from blindspot.site.ground.grid import HEADROOM_M
from blindspot.site.relief.raster import height_field
from blindspot.site.town.frame import LocalFrame

SOURCE = "trees:\n  file: trees.geojson\n  format: osm-geojson\n  attribution: invented, CC0\nplaces:\n"
FRAME = LocalFrame(47.0, 2.0, 150.0, 48.0)


def degrees(*corners):
    return [FRAME.to_wgs84(float(e), float(n)) for e, n in corners]


@pytest.fixture
def planted(town):
    """The crossroads with trees: `planted((shape, tags), ...)`."""

    def load(*trees):
        if "trees:" not in (town.folder / "site.yaml").read_text():
            town.replace("site.yaml", "places:\n", SOURCE)
        features = [{"type": "Feature", "properties": tags, "geometry": mapping(shape)} for shape, tags in trees]
        town.write("trees.geojson", features)
        return town.load()

    return load


def reported(site):
    return [(f.problem, f.action, f.detail) for f in site.findings if f.file == "trees.geojson"]


def test_a_tree_takes_its_size_from_its_tags(planted):
    tags = {"id": "oak", "natural": "tree", "height": "9 m", "diameter_crown": "6"}
    (tree,) = planted((Point(*degrees((0, 0))), tags)).trees
    assert (tree.id, tree.height_m, tree.radius_m, tree.base_m) == ("oak", 9.0, 3.0, HEADROOM_M)
    assert (tree.east_m, tree.north_m) == pytest.approx((0, 0), abs=1e-6)


@pytest.mark.parametrize(("height", "metres"), [("100 ft", 30.48), ("82'", 24.9936), ("9;18", 18.0), (25.5, 25.5)])
def test_a_tree_is_as_high_as_the_unit_says(planted, height, metres):
    """A crown that is taken for lower than it is stands in the way of a flight over it."""
    site = planted((Point(*degrees((0, 0))), {"natural": "tree", "height": height}))
    assert site.trees[0].height_m == pytest.approx(metres)


def test_missing_tags_are_assumed_large_and_reported(planted):
    site = planted((Point(*degrees((0, 0))), {"natural": "tree", "height": "tall"}))
    assert (site.trees[0].height_m, site.trees[0].radius_m) == (12.0, 4.0)
    assert reported(site) == [
        ("has height 'tall'", "assumed", "12 m for the view, 40 m for drones"),
        ("has no diameter_crown", "assumed", "8 m"),
        ("gives no base of the crown", "assumed", "2.2 m"),
    ]


def test_a_crown_of_unknown_height_is_as_high_as_street_trees_grow_for_drones(planted):
    """Most trees of OpenStreetMap have no height. It hides as much as a low one, and a flight over it clears a high
    one."""
    site = planted(
        (Point(*degrees((0, 0))), {"id": "a", "natural": "tree"}),
        (Point(*degrees((30, 0))), {"id": "b", "natural": "tree", "height": "12"}),
    )
    unknown, known = (tree.as_block for tree in site.trees)
    assert (unknown.top_m, unknown.highest_m, known.top_m, known.highest_m) == (12.0, 40.0, 12.0, 12.0)
    assert [tree.hiding_block.top_m for tree in site.trees] == [12.0, 12.0]


def test_a_row_has_a_tree_every_few_metres(planted):
    site = planted((LineString(degrees((-10, 0), (10, 0))), {"id": "allee", "natural": "tree_row"}))
    assert [round(tree.east_m) for tree in site.trees] == [-10, -6, -2, 2, 6, 10]
    assert site.trees[0].id == "allee/1"


def test_a_row_that_would_fill_the_memory_is_refused(planted):
    """Two corners 60 km apart, a hundred times to and fro: 1.5 million trees out of three kilobytes."""
    corners = degrees(*[(-30_000 + 60_000 * (k % 2), k) for k in range(100)])
    with pytest.raises(InputError, match=r"trees\.geojson: hedge: is a row of 59\d\d km; cut the row to its street"):
        planted((LineString(corners), {"id": "hedge", "natural": "tree_row"}))


def test_other_features_are_left_out_by_name(planted):
    site = planted((Point(*degrees((0, 0))), {"natural": "peak"}), (LineString(degrees((0, 0), (9, 9))), {}))
    assert site.trees == ()
    assert [action for _, action, _ in reported(site)] == ["left out", "left out"]


def test_ground_below_a_crown_is_open_and_the_crown_hides_the_view(planted):
    tags = {"natural": "tree", "height": "9", "diameter_crown": "8"}
    field = height_field(planted((Point(*degrees((0, 0))), tags)), (-10, -10, 10, 10))
    crown = field.grid.index(1.0, 1.0)
    assert (field.under_m[crown], field.top_m[crown]) == pytest.approx((HEADROOM_M, 9.0))
    assert not field.is_building.any()
    crowns_m2 = float((field.top_m > 0).sum()) * field.grid.cell_area_m2
    assert crowns_m2 == pytest.approx(math.pi * 16, rel=0.05)


def test_a_drone_keeps_clear_of_crowns(planted):
    site = planted((Point(*degrees((0, 0))), {"natural": "tree", "height": "9", "diameter_crown": "8"}))
    assert len(site.solids) == len(site.buildings) + 1
    crown = site.solids[-1]
    assert crown.highest_m == 9.0
    assert crown.footprint.covers(Point(0, 0).buffer(3.999))
    assert crown.footprint.area < 1.02 * math.pi * 16


@pytest.mark.parametrize("away_m", [0.0, 2.0, 4.1])
def test_a_camera_in_a_crown_of_assumed_width_looks_out_of_it(planted, away_m):
    bare = planted()
    corner = bare.cameras[0]
    at = (corner.east_m + away_m, corner.north_m)
    site = planted((Point(*degrees(at)), {"id": "plane", "natural": "tree", "height": "9"}))
    (reported,) = [f for f in site.findings if f.feature == corner.id and "crown" in f.problem]
    assert (reported.problem, reported.action) == ("hangs in the crown of plane", "repaired")
    assert seen_m2(site) > 0.5 * seen_m2(bare)


@pytest.mark.parametrize("away_m", [0.0, 2.0])
def test_a_drone_keeps_clear_of_the_whole_crown_that_is_cut_back_for_a_camera(planted, away_m):
    """That a camera sees past a tree is no reason to fly through it."""
    corner = planted().cameras[0]
    at = (corner.east_m + away_m, corner.north_m)
    site = planted((Point(*degrees(at)), {"id": "plane", "natural": "tree"}))
    (tree,) = site.trees
    assert tree.radius_m == 4.0
    assert site.solids[-1].footprint.area == pytest.approx(math.pi * 16, rel=0.02)
    assert sum(block.footprint.area for block in site.opaque[len(site.buildings) :]) < 8.0


def test_a_camera_in_a_crown_of_known_width_is_reported(planted):
    corner = planted().cameras[0]
    tags = {"id": "plane", "natural": "tree", "height": "9", "diameter_crown": "8"}
    site = planted((Point(*degrees((corner.east_m, corner.north_m))), tags))
    assert [f.problem for f in site.findings if f.feature == corner.id and f.action == "assumed"][-1].endswith("plane")
    assert len(site.trees) == 1


def test_a_camera_over_a_crown_leaves_it_as_it_is(planted):
    corner = planted().cameras[0]
    site = planted((Point(*degrees((corner.east_m, corner.north_m))), {"natural": "tree", "height": "5"}))
    assert site.trees[0].radius_m == 4.0


def seen_m2(site):
    """The area that the camera at the corner sees, m2."""
    return fixed_coverage(site, height_field(site, (-100, -100, 100, 100))).area_m2[site.cameras[0].id]
