from pathlib import Path

import pytest
from shapely.geometry import LineString, box

from blindspot.core.errors import InputError
from blindspot.site.frame import LocalFrame
from blindspot.site.geojson import Feature
from blindspot.site.importers.bdtopo import buildings_of


def findings(site, feature):
    return [(f.problem, f.action, f.detail) for f in site.findings if f.feature == feature]


def test_heights_come_from_the_file_then_from_storeys(crossroads):
    heights = {building.id: (building.height_m, building.assumed) for building in crossroads.buildings}
    assert heights == {
        "north-east": (12.0, False), "north-west": (9.0, False), "south-west": (15.0, False), "south-east": (6.0, True),
    }  # fmt: skip
    assert findings(crossroads, "south-east") == [("has no height", "assumed", "6.0 m: 2 storeys of 3 m")]


def test_without_storeys_the_height_of_the_neighbours_counts(town):
    town.replace("buildings.geojson", '"HAUTEUR": null, "NB_ETAGES": 2', '"HAUTEUR": null, "NB_ETAGES": null')
    south_east = town.load().buildings[3]
    assert (south_east.height_m, south_east.assumed) == (12.0, True)  # of 12, 9 and 15 m


@pytest.mark.parametrize("height", ["NaN", "-4.0", "0", '"high"', "9000"])
def test_an_invalid_height_is_assumed_with_a_finding(town, height):
    town.replace("buildings.geojson", '"HAUTEUR": 12.0, "NB_ETAGES": 4', f'"HAUTEUR": {height}, "NB_ETAGES": 4')
    site = town.load()
    assert site.buildings[0].height_m == 12.0
    ((problem, action, detail),) = findings(site, "north-east")
    assert problem.startswith("has a height of")
    assert (action, detail) == ("assumed", "12.0 m: 4 storeys of 3 m")


def test_the_tallest_building_of_the_world_keeps_its_height(town):
    town.replace("buildings.geojson", '"HAUTEUR": 12.0, "NB_ETAGES": 4', '"HAUTEUR": 828.0, "NB_ETAGES": 163')
    assert town.load().buildings[0].height_m == 828.0


def test_no_height_at_all_is_refused(town):
    bare = [{**f, "properties": {"ID": f["properties"]["ID"]}} for f in town.features("buildings.geojson")]
    town.write("buildings.geojson", bare)
    with pytest.raises(InputError, match=r"buildings\.geojson: HAUTEUR: no building has a height"):
        town.load()


def test_a_town_of_openstreetmap_without_any_height_names_the_tags_that_give_one():
    house = Feature("way/1", {}, box(0, 0, 10, 10))
    with pytest.raises(InputError, match=r"height_m: no building has a height.*the tags height or building:levels"):
        buildings_of(Path("buildings.geojson"), [house], LocalFrame(47.0, 2.0, 0.0, 48.0), "height_m")


def test_the_ridge_is_never_below_the_eaves(nantes):
    assert all(b.ridge_m >= b.height_m > 0 and b.highest_m >= b.top_m for b in nantes.buildings)


def test_a_self_crossing_footprint_is_repaired_by_name(town):
    features = town.features("buildings.geojson")
    ring = features[0]["geometry"]["coordinates"][0]
    ring[1], ring[2] = ring[2], ring[1]
    town.write("buildings.geojson", features)
    site = town.load()
    ((problem, action, detail),) = findings(site, "north-east")
    assert "Self-intersection" in problem
    assert (action, detail) == ("repaired", "kept as 2 building(s)")
    assert [b.id for b in site.buildings[:2]] == ["north-east/1", "north-east/2"]
    assert sum(b.footprint.area for b in site.buildings[:2]) == pytest.approx(1800, abs=3)


def test_a_footprint_without_area_is_left_out_by_name(town):
    features = town.features("buildings.geojson")
    ring = features[0]["geometry"]["coordinates"][0]
    features[0]["geometry"]["coordinates"] = [[ring[0], ring[1], ring[0], ring[0]]]
    town.write("buildings.geojson", features)
    site = town.load()
    assert "north-east" not in {building.id for building in site.buildings}
    assert [action for _, action, _ in findings(site, "north-east")] == ["left out"]


@pytest.mark.parametrize("moved", [0.0, 2e-6])
def test_a_hole_as_large_as_its_house_is_filled(town, moved):
    """A ring that is there twice, exactly or nearly: without the house a drone would fly through it."""
    features = town.features("buildings.geojson")
    (ring,) = features[0]["geometry"]["coordinates"]
    features[0]["geometry"]["coordinates"] = [ring, [[lon + moved, lat] for lon, lat in ring]]
    town.write("buildings.geojson", features)
    site = town.load()
    ((problem, action, detail),) = findings(site, "north-east")
    assert (action, detail) == ("repaired", "kept as 1 building(s)")
    assert site.buildings[0].footprint.area == pytest.approx(3600, abs=3) and problem


def test_a_courtyard_stays_open(town):
    features = town.features("buildings.geojson")
    (ring,) = features[0]["geometry"]["coordinates"]
    middle = [sum(place[k] for place in ring[:-1]) / 4 for k in (0, 1)]
    yard = [[m + 0.9 * (at - m) for at, m in zip(place, middle, strict=True)] for place in ring]
    features[0]["geometry"]["coordinates"] = [ring, yard]
    town.write("buildings.geojson", features)
    site = town.load()
    assert findings(site, "north-east") == []
    assert site.buildings[0].footprint.area == pytest.approx(0.19 * 3600, abs=3)


def test_an_outline_that_would_fill_the_memory_is_refused():
    comb = LineString([(30_000.0 * (k % 2), k) for k in range(100)]).buffer(0.1)
    with pytest.raises(InputError, match=r"b\.geojson: comb: has an outline of 5\d\d\d km; no building is so large"):
        buildings_of(
            Path("b.geojson"), [Feature("comb", {"height_m": 5.0}, comb)], LocalFrame(47.0, 2.0, 0.0, 48.0), "height_m"
        )


def test_several_polygons_become_several_buildings_of_one_height(nantes):
    split = [b for b in nantes.buildings if "/" in b.id]
    assert len(split) == 16  # 5 features of two polygons and 2 of three
    assert sum(f.problem.startswith("is one feature of") for f in nantes.findings) == 7


def test_a_position_that_is_no_number_refuses_the_town(town):
    features = town.features("buildings.geojson")
    features[2]["geometry"]["coordinates"][0][1][0] = float("nan")
    town.write("buildings.geojson", features)
    with pytest.raises(InputError, match=r"buildings\.geojson: south-west: has a position that is not a number"):
        town.load()


def test_every_assumed_height_of_nantes_is_listed(nantes):
    assumed = {building.id for building in nantes.buildings if building.assumed}
    listed = {f.feature for f in nantes.findings if f.problem == "has no height" and f.file == "buildings.geojson.gz"}
    assert len(assumed) == 74
    assert assumed == listed


def test_a_missing_width_is_assumed_by_class(town):
    features = town.features("roads.geojson")
    features[0]["properties"]["LARGEUR"] = 0.0
    town.write("roads.geojson", features)
    site = town.load()
    assert [road.width_m for road in site.roads] == [3.0, 14.0]
    assert findings(site, "north-south") == [
        ("has no carriageway width", "assumed", "3 m, as a narrow 'Route à 1 chaussée'")
    ]


@pytest.mark.parametrize(
    ("change", "public"),
    [
        ({"PRIVE": "Oui"}, False),
        ({"PRIVE": None}, True),
        ({"PRIVE": "yes"}, False),
        ({"PRIVE": "Inconnu"}, False),
        ({"POS_SOL": -0.5}, False),
        ({"POS_SOL": 1}, True),
        ({"POS_SOL": -1}, False),
        ({"POS_SOL": None}, False),
        ({"POS_SOL": "Gué ou radier"}, False),
    ],
)
def test_which_roads_are_public(town, change, public):
    features = town.features("roads.geojson")
    features[0]["properties"].update(change)
    town.write("roads.geojson", features)
    assert [road.is_public for road in town.load().roads] == [public, True]


def test_a_ferry_is_left_out_by_name(town):
    features = town.features("roads.geojson")
    features[1]["properties"]["NATURE"] = "Bac ou liaison maritime"
    town.write("roads.geojson", features)
    site = town.load()
    assert [road.id for road in site.roads] == ["north-south"]
    assert findings(site, "east-west") == [("is a ferry line", "left out", "")]
