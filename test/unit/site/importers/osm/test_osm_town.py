import pytest
from shapely.geometry import GeometryCollection, LineString, MultiLineString, Point, box

from blindspot.site.importers.osm.osm_town import Element, OsmTown
from blindspot.site.town import assumptions

M = 1 / 111_320
"""About a metre of latitude, degrees; these towns lie on the equator."""


def town_of(*elements):
    town = OsmTown("town.osm", None)
    for element in elements:
        town.add(element)
    return town.imported()


def outline(name, west_m, south_m, east_m, north_m, **tags):
    tags = {key.replace("__", ":"): value for key, value in tags.items()}
    return Element(name, tags, box(west_m * M, south_m * M, east_m * M, north_m * M))


def areas_m2(town):
    return {properties["id"]: pytest.approx(round(area.area / M**2, 3)) for area, properties in town.buildings}


def reported(town):
    return [(finding.feature, finding.problem, finding.action) for finding in town.findings]


def test_an_outline_gives_way_to_the_parts_that_cover_it():
    hall = outline("way/1", 0, 0, 40, 20, building="yes", height="10")
    tower = outline("way/2", 0, 0, 10, 20, building__part="yes", height="30")
    arch = outline("way/3", 10, 0, 20, 20, building__part="yes", height="10", min_height="4")
    town = town_of(tower, hall, arch)
    assert areas_m2(town) == {"way/1": 400, "way/2": 200, "way/3": 200}
    assert [properties.get("min_height_m") for _, properties in town.buildings] == [None, None, 4.0]


def test_an_outline_that_its_parts_cover_but_for_a_sliver_is_gone():
    hall = outline("way/1", 0, 0, 40, 20, building="yes")
    west = outline("way/2", 0, 0.3, 20, 20, building__part="yes")
    east = outline("way/3", 20, 0, 40, 20, building__part="yes")
    assert list(areas_m2(town_of(hall, west, east))) == ["way/2", "way/3"]


def test_a_wall_left_beside_the_parts_stays():
    hall = outline("way/1", 0, 0, 40, 20, building="yes")
    part = outline("way/2", 1, 1, 39, 20, building__part="yes")
    assert areas_m2(town_of(hall, part))["way/1"] == 40 * 20 - 38 * 19


def test_an_outline_cut_in_two_is_two_buildings():
    hall = outline("way/1", 0, 0, 40, 20, building="yes")
    part = outline("way/2", 10, 0, 20, 20, building__part="yes")
    areas = areas_m2(town_of(hall, part))
    assert list(areas) == ["way/1/1", "way/1/2", "way/2"]
    assert [areas["way/1/1"], areas["way/1/2"]] in ([200, 400], [400, 200])


def test_a_part_without_height_takes_its_outlines():
    hall = outline("way/1", 0, 0, 40, 20, building="yes", height="10", building__levels="3")
    parts = (
        outline("way/2", 0, 0, 10, 20, building__part="yes", min_height="12"),
        outline("way/3", 10, 0, 20, 20, building__part="yes", building__levels="2"),
    )
    town = town_of(hall, *parts)
    heights = {p["id"]: (p.get("height_m"), p.get("storeys")) for _, p in town.buildings}
    assert heights == {"way/1": (10.0, 3.0), "way/2": (10.0, 3.0), "way/3": (None, 2.0)}
    assert not any("min_height_m" in properties for _, properties in town.buildings)
    assert reported(town) == [("way/2", "is a building part without height", "assumed")]


def test_a_part_that_only_touches_an_outline_leaves_it_alone():
    house = outline("way/1", 0, 0, 10, 10, building="yes", height="10")
    neighbour = outline("way/2", 10, 0, 20, 10, building__part="yes")
    town = town_of(house, neighbour)
    assert areas_m2(town) == {"way/1": 100, "way/2": 100}
    assert reported(town) == []


def test_an_element_that_is_both_outline_and_part_is_an_outline():
    both = outline("way/1", 0, 0, 10, 10, building="yes", building__part="yes")
    assert list(areas_m2(town_of(both))) == ["way/1"]


@pytest.mark.parametrize("tags", [{"building": "no"}, {"building:part": "no"}, {}])
def test_no_building_is_none(tags):
    assert town_of(Element("way/1", tags, box(0, 0, M, M))).buildings == ()


def test_an_underground_building_hides_nothing():
    town = town_of(outline("way/1", 0, 0, 10, 10, building="yes", location="underground"))
    assert town.buildings == ()
    assert reported(town) == [("way/1", "is an underground building", "left out")]


@pytest.mark.parametrize("geometry", [Point(0, 0), LineString([(0, 0), (0, 0)]), LineString([(0, 0), (M, 0), (0, 0)])])
def test_a_building_without_area_is_reported(geometry):
    town = town_of(Element("way/1", {"building": "yes"}, geometry))
    assert town.buildings == ()
    assert [(finding.feature, finding.action) for finding in town.findings] == [("way/1", "left out")]


def test_squares_of_one_name_get_their_ids():
    tags = {"place": "square", "name": "Place Neuve"}
    squares = [Element(f"way/{k}", tags, box(0, k * M, M, (k + 1) * M)) for k in (1, 2)]
    town = town_of(*squares, outline("way/3", 0, 9, 9, 10, leisure="park"))
    names = [properties["name"] for _, properties in town.squares]
    assert names == ["Place Neuve (way/1)", "Place Neuve (way/2)", "way/3"]


def test_a_closed_street_is_a_line_unless_it_says_area():
    ring = LineString([(0, 0), (M, 0), (M, M), (0, 0)])
    around = town_of(Element("way/1", {"highway": "pedestrian"}, ring))
    assert [road.length for road, _ in around.roads] == [pytest.approx(ring.length)]
    assert around.squares == ()
    area = town_of(Element("way/1", {"highway": "pedestrian", "area": "yes"}, ring))
    assert (len(area.roads), len(area.squares)) == (0, 1)
    assembled = town_of(Element("relation/1", {"highway": "pedestrian"}, box(0, 0, M, M)))
    assert (len(assembled.roads), len(assembled.squares)) == (0, 1)


def test_a_car_park_drawn_as_an_area_of_service_ways_is_reported():
    town = town_of(Element("way/1", {"highway": "service", "area": "yes"}, box(0, 0, M, M)))
    assert (town.roads, town.squares) == ((), ())
    assert reported(town) == [("way/1", "is an area of highway 'service'", "left out")]


@pytest.mark.parametrize("tags", [{"highway": "crossing"}, {"place": "square"}])
def test_a_point_is_no_road_and_no_square(tags):
    town = town_of(Element("node/1", tags, Point(0, 0)))
    assert (town.roads, town.squares) == ((), ())


@pytest.mark.parametrize(
    ("tags", "geometry", "problem"),
    [
        ({"surveillance": "indoor"}, Point(0, 0), "watches indoors"),
        ({"surveillance:type": "ALPR"}, Point(0, 0), "has surveillance:type 'ALPR'"),
        ({}, box(0, 0, M, M), "is a Polygon, not a point"),
    ],
)
def test_other_features_than_street_cameras_are_reported(tags, geometry, problem):
    town = town_of(Element("node/1", {"man_made": "surveillance"} | tags, geometry))
    assert town.cameras == ()
    assert reported(town) == [("node/1", problem, "left out")]


def test_a_row_of_trees_is_a_line():
    row = LineString([(0, 0), (M, M)])
    town = town_of(Element("way/1", {"natural": "tree_row"}, row))
    assert town.trees == ((row, {"id": "way/1", "natural": "tree_row"}),)


def test_order_goes_by_number():
    trees = [Element(name, {"natural": "tree"}, Point(0, 0)) for name in ("node/10", "node/9", "way/1", "node/9/2")]
    assert [tags["id"] for _, tags in town_of(*trees).trees] == ["node/9", "node/9/2", "node/10", "way/1"]


def test_nothing_without_a_place_is_taken():
    tree = Element("node/1", {"natural": "tree"}, Point())
    house = Element("node/2", {"building": "yes"}, GeometryCollection())
    problem = "has no position on earth"
    assert reported(town_of(tree, house)) == [("node/1", problem, "left out"), ("node/2", problem, "left out")]


def test_every_class_that_is_walked_along_has_a_width():
    assert all(0.5 <= width_m <= 5 for width_m in assumptions.HIGHWAY_WIDTH_M.values())
    assert assumptions.HIGHWAY_WIDTH_M.items() <= assumptions.ROAD_WIDTH_M.items()


def test_a_tower_that_is_no_building_stands_in_the_way():
    """A mast is a point, a chimney often has no height: then no flight may cross it."""
    mast = Element("node/1", {"man_made": "mast", "height": "45"}, Point(10 * M, 10 * M))
    chimney = Element("node/2", {"man_made": "chimney"}, Point(50 * M, 50 * M))
    tank = outline("way/3", 100, 100, 120, 120, man_made="storage_tank", height="15 m")
    lamp = Element("node/4", {"man_made": "street_cabinet"}, Point(70 * M, 70 * M))
    town = town_of(mast, chimney, tank, lamp)
    heights_m = {properties["id"]: properties["height_m"] for _, properties in town.buildings}
    assert heights_m == {"node/1": 45.0, "node/2": assumptions.STRUCTURE_HEIGHT_M, "way/3": 15.0}
    assert areas_m2(town) == {"node/1": 16, "node/2": 16, "way/3": 400}
    assert reported(town) == [("node/2", "is a chimney without height", "assumed")]


def test_a_chimney_drawn_as_a_building_is_no_lower_for_it():
    drawn = outline("way/1", 0, 0, 5, 5, building="yes", man_made="chimney")
    [(_, properties)] = town_of(drawn).buildings
    assert properties["height_m"] == assumptions.STRUCTURE_HEIGHT_M


@pytest.mark.parametrize(
    ("tags", "geometry"),
    [
        ({"man_made": "crane"}, LineString([(0, 0), (30 * M, 0)])),  # on its rails
        ({"man_made": "mast", "building": "yes"}, Point(0, 0)),
        ({"power": "tower"}, Point(0, 0)),
        ({"power": "generator", "generator:source": "wind"}, Point(0, 0)),
        ({"aerialway": "pylon"}, Point(0, 0)),
    ],
)
def test_a_tall_structure_is_an_obstacle_however_it_is_drawn(tags, geometry):
    [(area, properties)] = town_of(Element("way/1", tags, geometry)).buildings
    assert area.covers(geometry) and area.area >= 15.9 * M**2
    assert properties["height_m"] == assumptions.STRUCTURE_HEIGHT_M


def test_a_structure_is_as_wide_far_in_the_north():
    [(area, _)] = town_of(Element("node/1", {"man_made": "mast"}, Point(25.0, 60.0))).buildings
    west, south, east, north = area.bounds
    assert (north - south, (east - west) / 2) == pytest.approx((4 * M, 4 * M))


@pytest.mark.parametrize(
    ("tags", "problem"),
    [
        ({"natural": "wood"}, "is a wood"),
        ({"landuse": "forest"}, "is a wood"),
        ({"power": "minor_line"}, "is a power line"),
        ({"man_made": "bridge"}, "is a bridge, whose deck is no obstacle here"),
        ({"highway": "primary", "bridge": "viaduct"}, "is a bridge, whose deck is no obstacle here"),
        ({"aerialway": "gondola"}, "is an aerialway 'gondola'"),
    ],
)
def test_things_that_hide_or_hang_and_are_not_read_are_reported(tags, problem):
    town = town_of(Element("way/1", tags, LineString([(0, 0), (M, 0), (M, M), (0, 0)])))
    assert reported(town) == [("way/1", problem, "left out")]


def test_a_row_of_trees_without_some_of_its_nodes_keeps_the_others():
    row = MultiLineString([[(0, 0), (M, 0)], [(2 * M, 0), (3 * M, 0)]])
    town = town_of(Element("way/1", {"natural": "tree_row"}, row, "lacks some of its nodes"))
    assert [tags["id"] for _, tags in town.trees] == ["way/1/1", "way/1/2"]
    assert reported(town) == [("way/1", "lacks some of its nodes", "repaired")]


def test_trees_drawn_as_an_area_are_reported():
    town = town_of(Element("way/1", {"natural": "tree_row"}, box(0, 0, M, M)))
    assert town.trees == ()
    assert reported(town) == [("way/1", "is a Polygon with natural 'tree_row'", "left out")]
