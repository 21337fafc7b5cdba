import pytest
from hypothesis import given, strategies as st

from blindspot.site.features import osm_tags


@pytest.mark.parametrize(
    ("text", "lengths_m"),
    [
        ("12", [12.0]),
        ("12.5", [12.5]),
        ("12,5", [12.5]),
        ("12 m", [12.0]),
        ("12m", [12.0]),
        ("12 metres", [12.0]),
        ("40'", [12.192]),
        ("5'6\"", [1.6764]),
        ("40 ft", [12.192]),
        ("3;4", [3.0, 4.0]),
        ("3 m; 40 ft", [3.0, 12.192]),
        ("", []),
        ("high", []),
        ("-3", []),
        ("3;high", []),
        ("1e9", []),
        ("12 km", []),
        ("15.239999771118164", [15.24]),
        ("12′6″", [3.81]),
        ("12’ 6”", [3.81]),
        ("9" * 400, []),
        ("NaN", []),
    ],
)
def test_lengths(text, lengths_m):
    assert osm_tags.lengths_m(text) == pytest.approx(lengths_m)


@given(st.text(alphabet="0123456789.,;'\" mft-", max_size=40))
def test_a_length_is_never_negative_nor_endless(text):
    assert all(0 <= length < 1e7 + 1 for length in osm_tags.lengths_m(text))


@pytest.mark.parametrize(
    ("tags", "properties"),
    [
        ({"building": "yes"}, {}),
        ({"building": "church", "height": "20"}, {"nature": "church", "height_m": 20.0, "ridge_m": 20.0}),
        ({"height": "20", "roof:height": "6"}, {"height_m": 14.0, "ridge_m": 20.0}),
        ({"height": "20", "roof:height": "20"}, {"height_m": 20.0, "ridge_m": 20.0}),
        ({"height": "9;12"}, {"height_m": 12.0, "ridge_m": 12.0}),
        ({"height": "9", "roof:height": "2;3"}, {"height_m": 7.0, "ridge_m": 9.0}),
        ({"building:levels": "3;4"}, {"storeys": 4.0}),
        ({"building:levels": "2.5"}, {"storeys": 2.5}),
        ({"building:levels": "3", "roof:height": "8"}, {"storeys": 3.0, "ridge_m": 17.0}),
        ({"building:levels": "3", "roof:levels": "2"}, {"storeys": 3.0, "ridge_m": 15.0}),
        ({"building:levels": "3", "roof:height": "4;5", "roof:levels": "1"}, {"storeys": 3.0, "ridge_m": 14.0}),
        ({"height": "20", "roof:levels": "1"}, {"height_m": 20.0, "ridge_m": 20.0}),
        ({"height": "3", "building:levels": "20"}, {"height_m": 60.0, "ridge_m": 60.0, "storeys": 20.0}),
        ({"height": "10", "building:levels": "5"}, {"height_m": 10.0, "ridge_m": 10.0, "storeys": 5.0}),
        ({"height": "9", "min_height": "3;4"}, {"height_m": 9.0, "ridge_m": 9.0, "min_height_m": 3.0}),
        ({"height": "9", "min_height": "0"}, {"height_m": 9.0, "ridge_m": 9.0}),
        ({"building:levels": "5", "building:min_level": "2"}, {"storeys": 5.0, "min_height_m": 6.0}),
        ({"min_height": "4"}, {"min_height_m": 4.0}),
    ],
)
def test_a_building(tags, properties):
    assert osm_tags.building({"building": "yes"} | tags).properties == properties


@pytest.mark.parametrize(
    "tags", [{"building:height": "30"}, {"est_height": "30"}, {"height": "tall", "est_height": "30"}]
)
def test_a_height_under_another_name_counts_if_height_is_unusable(tags):
    read = osm_tags.building({"building": "yes", "building:levels": "2"} | tags)
    assert read.properties["height_m"] == 30.0
    assert read.findings[-1][0].endswith("and no height")


@pytest.mark.parametrize(
    ("tags", "findings"),
    [
        ({"height": "tall"}, ("has height 'tall'", "left out")),
        ({"height": "0"}, ("has height '0'", "left out")),
        ({"height": "1900"}, ("has height '1900'", "left out")),
        ({"height": "3", "building:levels": "20"}, ("has a height of 3 m and 20 storeys", "assumed")),
        ({"building:levels": "-1"}, ("has building:levels '-1'", "left out")),
        ({"building:min_level": "1"}, ("has building:min_level and no min_height", "assumed")),
        ({"height": "9", "min_height": "9"}, ("has an underside at 9 m and a top at 9 m", "repaired")),
        ({"building:levels": "2", "min_height": "7"}, ("has an underside at 7 m and a top at 6 m", "repaired")),
    ],
)
def test_impossible_tags_of_a_building_are_reported(tags, findings):
    read = osm_tags.building({"building": "yes"} | tags)
    assert [(problem, action) for problem, action, _ in read.findings] == [findings]
    assert "height_m" not in read.properties or read.properties["height_m"] in (9.0, 60.0)


@pytest.mark.parametrize(
    ("tags", "name"),
    [
        ({"man_made": "flare"}, "flare"),
        ({"man_made": "flagpole"}, ""),
        ({"man_made": "flagpole", "height": "50"}, "flagpole"),
        ({"power": "pole"}, ""),
        ({"power": "generator"}, ""),
    ],
)
def test_what_a_drone_must_avoid_beside_buildings(tags, name):
    assert osm_tags.structure_of(tags) == name


def test_an_overhang_that_makes_no_sense_is_solid():
    assert "min_height_m" not in osm_tags.building({"building": "yes", "height": "9", "min_height": "12"}).properties


@pytest.mark.parametrize(
    ("tags", "private"),
    [
        ({}, False),
        ({"access": "yes"}, False),
        ({"access": "destination"}, False),
        ({"access": "private"}, True),
        ({"access": "no"}, True),
        ({"access": "customers"}, True),
        ({"access": "permissive"}, True),
        ({"access": "whatever"}, True),
        ({"access": "no", "foot": "yes"}, False),
        ({"foot": "private"}, True),
        ({"highway": "service"}, True),
        ({"highway": "service", "service": "driveway"}, True),
        ({"highway": "service", "service": "alley"}, False),
        ({"highway": "service", "access": "yes"}, False),
    ],
)
def test_access_of_pedestrians_to_a_road(tags, private):
    assert osm_tags.road({"highway": "residential"} | tags).properties["private"] is private


@pytest.mark.parametrize(
    ("tags", "level"),
    [
        ({}, 0),
        ({"bridge": "yes"}, 1),
        ({"bridge": "viaduct", "layer": "2"}, 2),
        ({"bridge": "no"}, 0),
        ({"tunnel": "yes"}, -1),
        ({"tunnel": "yes", "layer": "-3"}, -3),
        ({"tunnel": "building_passage"}, 0),
        ({"tunnel": "no"}, 0),
        ({"layer": "-1"}, -1),
        ({"layer": "1"}, 1),
        ({"level": "-1"}, -1),
        ({"layer": "deep"}, -1),
        ({"bridge": "yes", "layer": "1e9"}, -1),
    ],
)
def test_the_level_of_a_road(tags, level):
    assert osm_tags.road({"highway": "residential"} | tags).properties["level"] == level


@pytest.mark.parametrize(
    ("tags", "width_m"),
    [
        ({}, None),
        ({"width": "5;4"}, 4.0),
        ({"width": "0"}, None),
        ({"lanes": "2"}, 5.0),
        ({"lanes": "2", "width": "6"}, 6.0),
        ({"lanes": "3", "width": "wide"}, 7.5),
    ],
)
def test_the_width_of_a_carriageway(tags, width_m):
    assert osm_tags.road({"highway": "residential"} | tags).properties.get("width_m") == width_m


@pytest.mark.parametrize(
    ("tags", "why"),
    [
        ({"highway": "footway"}, ""),
        ({"highway": "motorway"}, "has highway 'motorway'"),
        ({"highway": "proposed"}, "has highway 'proposed'"),
        ({"highway": "Sentier"}, "has highway 'Sentier'"),
        ({"highway": "trunk", "motorroad": "yes"}, "is a motor road"),
        ({"highway": "footway", "indoor": "yes"}, "runs indoors"),
    ],
)
def test_which_highways_people_walk_along(tags, why):
    assert osm_tags.no_road_because(tags) == why


@pytest.mark.parametrize(
    ("tags", "public"),
    [
        ({"place": "square"}, True),
        ({"leisure": "park"}, True),
        ({"leisure": "park", "access": "private"}, False),
        ({"leisure": "park", "access": "unknown"}, False),
        ({"leisure": "garden"}, False),
        ({"leisure": "playground"}, False),
        ({"landuse": "recreation_ground"}, True),
        ({"amenity": "marketplace"}, True),
        ({"highway": "pedestrian"}, True),
        ({"highway": "service"}, False),
        ({"highway": "pedestrian", "indoor": "yes"}, False),
        ({"highway": "pedestrian", "layer": "-1"}, False),
        ({"building": "yes"}, False),
    ],
)
def test_which_areas_are_public(tags, public):
    assert osm_tags.is_square(tags) is public
