from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from shapely.geometry import LineString, box

from blindspot.core.errors import InputError
from blindspot.site.features.bdtopo import buildings_of
from blindspot.site.town.frame import LocalFrame
from blindspot.site.town.geojson import Feature


def findings(site, feature):
    return [(f.problem, f.action, f.detail) for f in site.findings if f.feature == feature]


def test_heights_come_from_the_file_then_from_storeys(crossroads):
    heights = {building.id: (building.height_m, building.assumed) for building in crossroads.buildings}
    assert heights == {
        "north-east": (12.0, False), "north-west": (9.0, False), "south-west": (15.0, False), "south-east": (6.0, True),
    }  # fmt: skip
    assert findings(crossroads, "south-east") == [("has no height", "assumed", "6.0 m: 2 storeys of 3 m")]


def houses_of(*own, step_m=20.0):
    """Houses of these properties in a row, one every `step_m`, and their findings."""
    features = [
        Feature(f"way/{k}", properties, box(k * step_m, 0, k * step_m + 10, 10)) for k, properties in enumerate(own)
    ]
    buildings, found = buildings_of(Path("b.geojson"), features, LocalFrame(47.0, 2.0, 0.0, 48.0), "height_m")
    return [building.height_m for building in buildings], found


def test_without_storeys_the_height_of_the_neighbours_counts():
    known = [{"height_m": h} for h in (12.0, 9.0, 15.0, 10.0, 30.0)]
    heights_m, (finding,) = houses_of(*known, {})
    assert heights_m[-1] == 12.0
    assert (finding.feature, finding.detail) == ("way/5", "12.0 m: median of 5 neighbours within 100 m")


def test_one_gate_of_known_height_makes_no_house_as_high():
    """A house of known storeys keeps them, and counts as a neighbour like one of known height."""
    heights_m, found = houses_of({"height_m": 25.0}, *([{"storeys": 2}] * 9), {}, {"storeys": 1})
    assert heights_m == [25.0, *[6.0] * 9, 6.0, 3.0]
    assert [f.detail for f in found if f.feature == "way/10"] == ["6.0 m: median of 6 neighbours within 100 m"]


def test_a_guess_never_comes_from_fewer_than_five_neighbours():
    """Four towers stand beside it; the fifth building that is known, a house, is 2 km away."""
    assert houses_of({}, *([{"height_m": 60.0}] * 4))[0][0] == 15.0
    known = [*([{"height_m": 60.0}] * 2), *([{"storeys": 2}] * 3)]
    heights_m, found = houses_of({}, *known, step_m=400.0)
    assert heights_m[0] == 6.0
    assert found[0].detail == "6.0 m: median of 5 neighbours within 3200 m"


def test_the_largest_guess_is_named():
    near, far = [{"storeys": 2}] * 6, [{"storeys": 7}] * 6
    _, found = houses_of(*near, {}, *([{"nature": "gap", "storeys": 2}] * 6), *far, {"height_m": "?"}, {})
    named = [(f.feature, f.problem, f.detail) for f in found if "largest guess" in f.problem]
    assert named == [
        ("way/19", "has a height of '?', the largest guess", "21.0 m: median of 5 neighbours within 100 m")
    ]


@given(st.lists(st.one_of(
    st.builds(lambda h: {"height_m": h}, st.floats(2, 100)), st.builds(lambda n: {"storeys": n}, st.integers(1, 30)),
    st.just({}),
), min_size=1, max_size=25), st.floats(10.0, 500.0))  # fmt: skip
def test_no_random_town_takes_a_house_from_its_own_storeys(town, step_m):
    """Nor does it guess outside the heights of its known buildings, except by the fixed height of a sparse site."""
    own_m = [own.get("height_m") or 3.0 * own.get("storeys", 0) for own in town]
    if not any(own_m):
        return
    heights_m, found = houses_of(*town, step_m=step_m)
    known_m = [h for h in own_m if h]
    for height_m, of_own_m in zip(heights_m, own_m, strict=True):
        assert height_m == of_own_m if of_own_m else (
            height_m == 15.0 if len(known_m) < 5 else min(known_m) <= height_m <= sorted(known_m)[-3]
        )  # fmt: skip
    guesses = [f for f in found if "neighbours" in f.detail or "any building" in f.detail]
    assert sum("largest guess" in f.problem for f in guesses) == bool(guesses)


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
    listed = {
        f.feature for f in nantes.findings if f.problem.startswith("has no height") and f.file == "buildings.geojson.gz"
    }
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
