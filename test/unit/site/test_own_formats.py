import pytest

from blindspot.core.errors import InputError
from blindspot.site.own_formats import read_buildings, read_roads
from blindspot.site.town.frame import LocalFrame

FRAME = LocalFrame(47.0, 0.0, 100.0, 48.0)
SQUARE = [[[0, 47], [0.0001, 47], [0.0001, 47.0001], [0, 47.0001], [0, 47]]]


@pytest.fixture
def read(town):
    """Buildings of these properties through the reader, and the findings about them."""

    def read(*properties):
        feature = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": SQUARE}}
        town.write("buildings.geojson", [feature | {"properties": own} for own in properties])
        buildings, findings = read_buildings(town.folder / "buildings.geojson", FRAME)
        return buildings, [(f.feature, f.problem, f.action, f.detail) for f in findings]

    return read


def test_every_key_is_taken_as_it_stands(read):
    own = {"id": "a", "height_m": 9.0, "ridge_m": 12.0, "min_height_m": 3.0, "ground_amsl_m": 104.0}
    ((building,), reported) = read(own)
    assert (building.id, building.height_m, building.ridge_m, building.min_height_m) == ("a", 9.0, 12.0, 3.0)
    assert (building.foot_m, building.assumed, reported) == (4.0, False, [])


def test_a_tower_without_eaves_hides_as_high_as_its_ridge(read):
    """The height of its neighbours would leave ground behind it seen."""
    houses = [{"id": f"a{k}", "height_m": 6.0} for k in range(5)]
    (*_, house, tower, shed), reported = read(*houses, {"id": "b", "ridge_m": 60.0}, {"id": "c", "ridge_m": 3.0})
    assert (house.height_m, tower.height_m, shed.height_m) == (6.0, 60.0, 6.0)
    why = "60.0 m: its ridge, higher than 6.0 m, the median of 5 neighbours within 50 m"
    assert reported[0] == ("b", "has no height, the largest guess", "assumed", why)


@pytest.mark.parametrize("unknown", [-1000.0, 9999.0, 1e308])
def test_an_impossible_foot_is_an_unknown_one(read, unknown):
    ((building,), _) = read({"id": "a", "height_m": 9.0, "ground_amsl_m": unknown})
    assert building.foot_m is None


def test_no_house_is_as_high_as_the_chimney_beside_it(read):
    chimney = {"id": "c", "height_m": 120.0, "structure": True}
    houses = [{"id": f"b{k}", "height_m": 6.0} for k in range(5)]
    (_, house, *others), _ = read(chimney, {"id": "a"}, *houses)
    assert (house.height_m, others[0].height_m) == (6.0, 6.0)
    with pytest.raises(InputError, match="no building has a height"):
        read(chimney, {"id": "a"})
    ((alone,), _) = read(chimney)
    assert alone.height_m == 120.0


def test_storeys_alone_are_enough_for_a_town(read):
    """As in OpenStreetMap, where few buildings have a height and many their levels."""
    (counted, *_, unknown), reported = read(*({"id": f"a{k}", "storeys": 3} for k in range(5)), {"id": "b"})
    assert (counted.height_m, unknown.height_m) == (9.0, 9.0)
    assert counted.assumed and unknown.assumed
    assert reported[0] == ("a0", "has no height", "assumed", "9.0 m: 3 storeys of 3 m")
    assert reported[-1] == (
        "b", "has no height, the largest guess", "assumed", "9.0 m: median of 5 neighbours within 50 m",
    )  # fmt: skip
    with pytest.raises(InputError, match=r"height_m: no building has a height .*tags height or building:levels"):
        read({"id": "a"})


@pytest.mark.parametrize("under", [9.0, 12.0, -1.0, "low"])
def test_an_underside_that_can_not_be_makes_the_block_solid(read, under):
    ((building,), reported) = read({"id": "a", "height_m": 9.0, "min_height_m": under})
    assert building.min_height_m == 0.0
    assert reported == [("a", f"has an underside at {under!r} m", "left out", "solid from the ground to 9.0 m")]


def test_roads_have_names_and_stay_closed_where_nothing_is_known(town):
    line = {"type": "LineString", "coordinates": [[0, 47], [0.001, 47]]}
    known = {"id": "r", "name": "Rue du Port", "nature": "residential", "width_m": 4.0, "private": False, "level": 0}
    features = [{"type": "Feature", "properties": own, "geometry": line} for own in (known, {"id": "x"})]
    town.write("roads.geojson", features)
    (first, second), findings = read_roads(town.folder / "roads.geojson", FRAME)
    assert (first.name, first.width_m, first.is_public, second.is_public) == ("Rue du Port", 4.0, True, False)
    assert {f.feature for f in findings} == {"x"}
    assert {f.detail for f in findings} == {"2 m, as a narrow 'way'", "open to the public", "not open to the public"}


def test_a_town_without_pads_has_coverage_and_no_missions(town):
    town.write("launch_pads.geojson", [])
    site = town.load()
    assert site.pads == ()
    assert [f.detail for f in site.findings if f.problem == "holds no launch pad"] == [
        "coverage only: no mission can start here"
    ]
