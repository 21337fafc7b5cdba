"""Houses made by hand: where their ground, eaves and ridge lie is known."""

import json

import numpy as np
import pytest
import shapely
from pyproj import Transformer

from blindspot.core.errors import InputError
from blindspot.site.importers.cityjson import read_cityjson

CRS = "https://www.opengis.net/def/crs/EPSG/0/7415"  # compound: RD New and NAP
EAST_MM, NORTH_MM = 85_000_000, 447_000_000  # Delft
TO_RD = Transformer.from_crs("EPSG:4326", "EPSG:28992", always_xy=True)
BLOCK = [
    [[[3, 2, 1, 0]], [[4, 5, 6, 7]], [[0, 1, 5, 4]], [[1, 2, 6, 5]], [[2, 3, 7, 6]], [[3, 0, 4, 7]]],
]  # fmt: skip
"""A box: its floor is 0 1 2 3, its top 4 5 6 7."""


def box(width_m, depth_m, low_m, high_m, east_m=0.0):
    """Eight vertices in mm."""
    plan = [(east_m, 0), (east_m + width_m, 0), (east_m + width_m, depth_m), (east_m, depth_m)]
    return [
        [EAST_MM + round(x * 1000), NORTH_MM + round(y * 1000), round(z * 1000)]
        for z in (low_m, high_m)
        for x, y in plan
    ]


def solid(boundaries=BLOCK, lod="1.2", kinds=None):
    geometry = {"type": "Solid", "lod": lod, "boundaries": boundaries}
    if kinds:
        surfaces = [{"type": kind} for kind in ("GroundSurface", "RoofSurface", "WallSurface")]
        geometry["semantics"] = {"surfaces": surfaces, "values": [kinds]}
    return geometry


def document(objects, vertices, **root):
    return {
        "type": "CityJSON", "version": "2.0", "transform": {"scale": [0.001] * 3, "translate": [0, 0, 0]},
        "metadata": {"referenceSystem": CRS}, "CityObjects": objects, "vertices": vertices,
    } | root  # fmt: skip


def building(*geometry, **more):
    return {"type": "Building", "geometry": list(geometry), **more}


@pytest.fixture
def read(tmp_path):
    def read(root, **options):
        path = tmp_path / "town.city.json"
        path.write_text(json.dumps(root) if isinstance(root, dict) else root)
        return read_cityjson(path, **options)

    return read


@pytest.mark.parametrize("version", ["1.1", "2.0"])
def test_a_block_stands_from_its_floor_to_its_top(read, version):
    town = read(document({"house": building(solid())}, box(10, 20, 2.0, 8.5), version=version))
    ((shape, own),) = town.buildings
    assert own == {"id": "house", "ground_amsl_m": 2.0, "height_m": 6.5, "ridge_m": 6.5}
    back = shapely.transform(shape, lambda xy: np.column_stack(TO_RD.transform(*xy.T)))
    assert back.bounds == pytest.approx((85_000, 447_000, 85_010, 447_020), abs=1e-3)


GABLE = [[
    [[3, 2, 1, 0]], [[4, 5, 9, 8]], [[6, 7, 8, 9]], [[0, 1, 5, 4]], [[2, 3, 7, 6]], [[1, 2, 6, 9, 5]],
    [[3, 0, 4, 8, 7]],
]]  # fmt: skip


@pytest.mark.parametrize("kinds", [None, [0, 1, 1, 2, 2, 2, 2]], ids=["no semantics", "semantics"])
def test_a_gable_roof_has_eaves_and_a_ridge(read, kinds):
    """The ridge runs 3 m over the eaves, from west to east over the middle of a 10 x 8 m house."""
    ridge = [[EAST_MM + x, NORTH_MM + 4000, 9000] for x in (0, 10_000)]
    town = read(document({"h": building(solid(GABLE, "2", kinds))}, box(10, 8, 0.0, 6.0) + ridge))
    ((_, own),) = town.buildings
    assert (own["height_m"], own["ridge_m"]) == (6.0, 9.0)


def test_a_tower_over_an_annexe_is_a_block_of_its_own(read):
    """Two boxes in one solid, 4 and 15 m high: the eaves of the whole are the annexe's, the tower hides as a tower."""
    tower = [[[[v + 8 for v in ring] for ring in face] for face in shell] for shell in BLOCK]
    vertices = box(10, 10, 0.0, 4.0) + box(5, 10, 0.0, 15.0, east_m=10.0)
    town = read(document({"h": building(solid([BLOCK[0] + tower[0]]))}, vertices))
    (whole, own), (top, over) = town.buildings
    assert (own["height_m"], own["ridge_m"]) == (4.0, 15.0)
    assert (over["id"], over["height_m"]) == ("h/roof1", 15.0)
    assert top.area == pytest.approx(whole.area / 3, rel=0.01)


def test_the_finest_level_counts_and_parts_stand_for_the_whole(read):
    flat = {"type": "MultiSurface", "lod": "0", "boundaries": [[[0, 1, 2, 3]]]}
    part = {"type": "BuildingPart", "parents": ["h"], "geometry": [flat, solid()]}
    objects = {"h": building(flat, children=["p"]), "p": part}
    assert [own["id"] for _, own in read(document(objects, box(10, 10, 0, 5))).buildings] == ["p"]


@pytest.mark.parametrize(
    "faces", [[[[0, 1, 99]]], [[[[0, 1, 5, 4]], [[1, 2, 6, 5]]]]], ids=["no vertex", "walls alone"]
)
def test_a_coarser_level_counts_where_the_finest_is_broken(read, faces):
    """A house that is left out is no obstacle for a drone."""
    broken = {"type": "Solid", "lod": "2.2", "boundaries": faces}
    town = read(document({"h": building(broken, solid())}, box(10, 10, 0, 5)))
    assert [(own["id"], own["height_m"]) for _, own in town.buildings] == [("h", 5.0)]
    ((name, problem, action, detail),) = [(f.feature, f.problem, f.action, f.detail) for f in town.findings]
    assert (name, action, detail) == ("h", "repaired", "a coarser level of detail instead") and problem


def test_a_footprint_stays_where_one_of_its_parts_is_broken(read):
    """Else the house would lose that part."""
    flat = {"type": "MultiSurface", "lod": "0", "boundaries": [[[0, 1, 2, 3]]]}
    part = {"type": "BuildingPart", "parents": ["h"], "geometry": [solid()]}
    objects = {"h": building(flat, children=["p", "q"]), "p": part, "q": part | {"geometry": [solid([[[[0, 1, 99]]]])]}}
    assert [own["id"] for _, own in read(document(objects, box(10, 10, 0, 5))).buildings] == ["h", "p"]


@pytest.mark.parametrize("part", [None, {"type": "BuildingPart", "parents": ["h"], "geometry": []}])
def test_a_footprint_counts_where_no_part_stands_for_it(read, part):
    flat = {"type": "MultiSurface", "lod": "0", "boundaries": [[[0, 1, 2, 3]]]}
    objects = {"h": building(flat, children=["p"], attributes={"storeysAboveGround": 3})}
    objects |= {"p": part} if part else {}
    assert [own["id"] for _, own in read(document(objects, box(10, 10, 0, 5))).buildings] == ["h"]


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        (json.dumps(document({}, []))[:60], "ends in the middle: .*; get the whole file again"),
        (json.dumps({"type": "CityJSON", "version": "2.0"}), "transform: is missing, so that its integer"),
    ],
)
def test_an_incomplete_model_is_reported_in_one_sentence(read, text, reported):
    with pytest.raises(InputError, match=reported):
        read(text)


def test_a_footprint_alone_has_storeys_but_no_height(read):
    flat = {"type": "MultiSurface", "lod": "0", "boundaries": [[[0, 1, 2, 3]]]}
    objects = {"h": building(flat, attributes={"storeysAboveGround": 3})}
    ((_, own),) = read(document(objects, box(10, 10, 0, 5))).buildings
    assert own == {"id": "h", "ground_amsl_m": 0.0, "storeys": 3}


def test_a_sequence_is_one_feature_a_line(read):
    head = document({}, [])
    lines = [json.dumps(head)]
    for number in range(2):
        feature = {"type": "CityJSONFeature", "id": f"h{number}", "CityObjects": {f"h{number}": building(solid())}}
        lines.append(json.dumps(feature | {"vertices": box(10, 10, 0, 5 + number)}))
    town = read("\n".join([*lines, "{", ""]))
    assert [(own["id"], own["height_m"]) for _, own in town.buildings] == [("h0", 5.0), ("h1", 6.0)]
    ((where, problem),) = [(f.feature, f.problem) for f in town.findings]
    assert where == "line 4"
    assert problem.startswith("ends in the middle")


def test_unreadable_objects_are_reported_by_name(read):
    objects = {
        "template": building({"type": "GeometryInstance", "template": 0, "boundaries": [0]}),
        "nowhere": building(solid([[[[0, 1, 99]]]])),
        "wall": building(solid([[[[0, 1, 5, 4]]]])),
        "bridge": {"type": "Bridge", "geometry": [solid()]},
    }
    town = read(document(objects, box(10, 10, 0, 5)))
    assert town.buildings == ()
    assert {f.feature: f.problem for f in town.findings} == {
        "Bridge": "is not read, 1 object(s)",
        "template": "has only a GeometryInstance, which is not supported",
        "nowhere": "has a broken geometry (a ring names no vertex)",
        "wall": "has no surface that covers ground",
    }


@pytest.mark.parametrize(
    ("root", "message"),
    [
        ({"version": "1.0"}, "version: is '1.0'"),
        ({"metadata": {}}, "does not say its coordinate system"),
        ({"metadata": {"referenceSystem": "EPSG:4326"}}, "is not in metres"),
        ({"metadata": {"referenceSystem": "EPSG:28992+6360"}}, "is not in metres"),  # its heights are in feet
        ({"transform": None}, "transform"),
        ({"type": "FeatureCollection"}, "is not CityJSON"),
    ],
)
def test_a_file_that_can_not_be_placed_is_refused(read, root, message):
    with pytest.raises(InputError, match=message):
        read(document({"h": building(solid())}, box(10, 10, 0, 5), **root))


def test_only_buildings_that_meet_the_bounds_are_kept(read):
    root = document({"h": building(solid())}, box(10, 10, 0, 5))
    ((shape, _),) = read(root).buildings
    assert len(read(root, bounds=shape.bounds).buildings) == 1
    assert read(root, bounds=(5.0, 52.0, 5.1, 52.1)).buildings == ()


def test_a_chimney_that_is_no_building_is_a_block_too(read):
    chimney = {"type": "OtherConstruction", "geometry": [solid()]}
    ((_, own),) = read(document({"chimney": chimney}, box(4, 4, 0, 60))).buildings
    assert (own["id"], own["height_m"]) == ("chimney", 60.0)


def test_a_flat_construction_is_no_house_of_unknown_height(read):
    platform = {"type": "OtherConstruction", "geometry": [solid()]}
    town = read(document({"platform": platform}, box(40, 4, 0, 0.3)))
    assert town.buildings == ()
    assert [(f.feature, f.problem) for f in town.findings] == [("platform", "is a construction without height")]


def test_things_that_stand_and_are_not_read_are_counted(read):
    tree = {"type": "SolitaryVegetationObject", "geometry": [solid()]}
    road = {"type": "Road", "geometry": [solid()]}
    objects = {"house": building(solid()), "oak": tree, "elm": tree, "street": road}
    (finding,) = read(document(objects, box(4, 4, 0, 8))).findings
    assert (finding.feature, finding.problem, finding.action) == (
        "SolitaryVegetationObject", "is not read, 2 object(s)", "left out",
    )  # fmt: skip


CANOPY = [[[3, 2, 1, 0]], [[12, 13, 14, 15]], [[0, 1, 13, 12]]]
"""A floor, a roof over a larger area, and a wall."""


@pytest.mark.parametrize(("beyond_m", "ids"), [(0.4, ["hall"]), (8.0, ["hall", "hall/overhang1"])])
def test_a_roof_that_reaches_far_beyond_the_ground_floor_is_an_obstacle_there(read, beyond_m, ids):
    """The roof of a filling station or of an arcade; the eaves of a house are no such roof."""
    vertices = box(10, 10, 0.0, 5.0) + box(10 + beyond_m, 10, 0.0, 6.0)
    town = read(document({"hall": building(solid([CANOPY], "2", [0, 1, 2]))}, vertices))
    assert [own["id"] for _, own in town.buildings] == ids
    roofed = shapely.union_all([shape for shape, _ in town.buildings])
    metres = shapely.transform(roofed, lambda xy: np.column_stack(TO_RD.transform(*xy.T)))
    assert metres.area == pytest.approx(180.0 if beyond_m > 1 else 100.0, abs=0.1)
    assert all((own["height_m"], own["ridge_m"]) == (6.0, 6.0) for _, own in town.buildings)


def test_a_shell_without_meanings_keeps_its_building(read):
    """`null` stands for a whole shell."""
    house = solid()
    house["semantics"] = {"surfaces": [{"type": "RoofSurface"}], "values": [None]}
    town = read(document({"h": building(house)}, box(10, 10, 0, 5)))
    assert (len(town.buildings), town.findings) == (1, ())
