"""Public ground: areas by hand at the crossroads, and not one enclosed courtyard of Nantes."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, Polygon, box

from blindspot.site.ground.grid import Grid
from blindspot.site.public_areas import public_ground, reach_m
from blindspot.site.relief.raster import height_field
from blindspot.site.town.model import Building, Road, Zone

AROUND = Grid.over((-90.0, -90.0, 90.0, 90.0), 0.5)
YARD = box(-41, -41, -17, -17)
# Two streets 30 m wide and 180 m long, less the crossing counted twice; at their ends, where no house stands any more,
# 19 m from the axis (half of 14 m and 12 m more) are public: 4 m more on each side over 15 m; less the front garden.
BY_HAND_M2 = 2 * 30 * 180 - 30 * 30 + 8 * 4 * 15 - 5 * 10


def area_m2(mask, grid):
    return float(mask.sum()) * grid.cell_area_m2


def naive(site, grid):
    """A wrong public ground for comparison: everything open within reach of a road, also behind walls."""
    reach = shapely.union_all([road.axis.buffer(reach_m(road)) for road in site.roads if road.is_public])
    return inside(reach, np.ones(grid.shape, bool), grid) & ~height_field(site, grid.bounds_m, grid.cell_m).is_building


def inside(area, mask, grid):
    """The cells of the mask whose centre lies in the area; with shapely, not with the raster code under test."""
    cells = np.flatnonzero(mask)
    shapely.prepare(area)
    within = np.zeros(mask.size, bool)
    within[cells] = shapely.contains_xy(area, grid.centres(cells))
    return within.reshape(mask.shape)


def street(*points, width_m=4.0, level=0, private=False):
    return Road("street", LineString(points), width_m, "Route à 1 chaussée", private, level)


def town_of(site, buildings=(), roads=(), zones=()):
    return replace(
        site, buildings=tuple(Building(str(k), b, 0.0, 9.0, False) for k, b in enumerate(buildings)),
        roads=tuple(roads), zones=tuple(zones), area_of_interest=box(-90, -90, 90, 90),
    )  # fmt: skip


def test_the_area_at_the_crossroads_is_the_one_counted_by_hand(crossroads):
    assert area_m2(public_ground(crossroads, AROUND), AROUND) == BY_HAND_M2


def test_the_courtyard_behind_a_wall_is_private_though_a_plain_buffer_reaches_it(crossroads):
    assert inside(YARD, naive(crossroads, AROUND), AROUND).any()
    assert not inside(YARD, public_ground(crossroads, AROUND), AROUND).any()


def test_twelve_metres_beside_the_carriageway_and_no_more(crossroads):
    field = town_of(crossroads, roads=[street((0, -120), (0, 120), width_m=6.0)])
    assert area_m2(public_ground(field, AROUND), AROUND) == 2 * (3 + 12) * 180


def test_a_yard_with_an_open_gate_is_entered_only_as_far_as_the_path_goes(crossroads):
    block = Polygon([(5, -30), (60, -30), (60, 30), (5, 30)], [[(7, -20), (50, -20), (50, 20), (7, 20)]])
    gate = block.difference(box(4, -2, 8, 2))
    public = public_ground(town_of(crossroads, [gate], [street((0, -80), (0, 80))]), AROUND)
    reached = AROUND.centres(np.flatnonzero(inside(box(7, -20, 50, 20), public, AROUND)))
    assert reached[:, 0].max() < 14  # 2 m of carriageway and 12 m more
    # From the axis through the gate's jamb at (7, 2), what is left of 14 m is less than 7 m.
    assert np.abs(reached[:, 1]).max() < 2 + 7 * 1.12 + 0.5


def test_a_diagonal_seam_between_two_buildings_is_no_passage(crossroads):
    wall = [
        Polygon([(6, -80), (8, -80), (8, 0.01), (6, 0.01)]),
        Polygon([(8, 0), (10, 0), (10, 80), (6, 80), (6, 0.3)]),
    ]
    public = public_ground(town_of(crossroads, wall, [street((0, -60), (0, 60))]), AROUND)
    assert not inside(box(10, -80, 30, 80), public, AROUND).any()


@pytest.mark.parametrize("closed", [{"private": True}, {"level": -1}])
def test_private_roads_and_tunnels_make_nothing_public(crossroads, closed):
    assert not public_ground(town_of(crossroads, roads=[street((0, -120), (0, 120), **closed)]), AROUND).any()


def test_a_bridge_makes_only_itself_and_its_footways_public(crossroads):
    bridge = town_of(crossroads, roads=[street((0, -120), (0, 120), width_m=6.0, level=1)])
    assert area_m2(public_ground(bridge, AROUND), AROUND) == 2 * (3 + 2) * 180


def test_under_a_porch_is_not_public_but_the_way_goes_on_behind_it(crossroads):
    house = box(-80, 20, 80, 30)
    public = public_ground(town_of(crossroads, [house], [street((0, 0), (0, 60))]), AROUND)
    assert not inside(house, public, AROUND).any()
    assert inside(box(-5, 31, 5, 59), public, AROUND).sum() == 10 * 28 * 4


def hanging(footprint, min_height_m):
    return Building("over", footprint, 0.0, 9.0, False, min_height_m=min_height_m)


@pytest.mark.parametrize(("min_height_m", "depth_m"), [(3.0, 4), (2.0, 0)])
def test_an_arcade_is_public_up_to_the_wall_behind_it_if_one_can_walk_there(crossroads, min_height_m, depth_m):
    """Houses 6 m beside the axis whose upper floors hang over the first 4 m."""
    town = town_of(crossroads, [box(10, -80, 20, 80)], [street((0, -60), (0, 60))])
    arcade = box(6, -50, 10, 50)
    town = replace(town, buildings=(*town.buildings, hanging(arcade, min_height_m)))
    assert area_m2(inside(arcade, public_ground(town, AROUND), AROUND), AROUND) == depth_m * 100


def test_a_carriage_entrance_does_not_make_the_yard_behind_it_public(crossroads):
    block = Polygon([(5, -30), (60, -30), (60, 30), (5, 30)], [[(7, -20), (50, -20), (50, 20), (7, 20)]])
    entrance, yard = box(4, -2, 8, 2), box(8, -19.5, 49.5, 19.5)
    town = town_of(crossroads, [block.difference(entrance)], [street((0, -80), (0, 80))])
    assert inside(yard, public_ground(town, AROUND), AROUND).any()  # with nothing above it is an open gate
    town = replace(town, buildings=(*town.buildings, hanging(entrance, 4.0)))
    public = public_ground(town, AROUND)
    assert inside(entrance, public, AROUND).sum() == 4 * 4 * 4
    assert not inside(yard, public, AROUND).any()


def test_a_named_square_is_added_and_a_private_zone_taken_away(crossroads):
    square = Zone("square", "public", box(40, 40, 60, 60))
    garden = Zone("garden", "private", box(50.1, 40.1, 59.9, 59.9))
    public = public_ground(town_of(crossroads, [box(40, 40, 45, 45)], zones=[square, garden]), AROUND)
    assert area_m2(public, AROUND) == 20 * 20 - 5 * 5 - 10 * 20


def test_nothing_outside_the_area_of_interest(crossroads):
    far = Grid.over((-150.0, -150.0, 150.0, 150.0), 0.5)
    assert area_m2(public_ground(crossroads, far), far) == BY_HAND_M2


def test_a_window_shows_the_same_ground_as_the_whole(nantes):
    whole = Grid.over((-500.0, 200.0, -300.0, 400.0), 0.5)
    part = Grid.over((-420.0, 250.0, -350.0, 330.0), 0.5)
    row, col = whole.index(*part.centre(0, 0))
    cut = public_ground(nantes, whole)[row : row + part.rows, col : col + part.cols]
    assert (public_ground(nantes, part) == cut).all()


def test_a_height_field_that_reaches_as_far_as_the_roads_is_not_burnt_again(nantes, monkeypatch):
    small = replace(nantes, area_of_interest=box(-450.0, 250.0, -350.0, 350.0))
    field = height_field(small, (-500.0, 200.0, -300.0, 400.0))
    public = public_ground(small, field.grid)
    monkeypatch.delattr("blindspot.site.public_areas.height_field_on")
    assert (public_ground(small, field.grid, field) == public).all()


@pytest.mark.parametrize("cell_m", [0.5, 1.0])
def test_one_that_does_not_is_no_harm(nantes, cell_m):
    field = height_field(nantes, (-500.0, 200.0, -300.0, 400.0), cell_m)
    assert (public_ground(nantes, field.grid, field) == public_ground(nantes, field.grid)).all()


def test_outside_the_area_of_interest_nothing_is_worked_out(crossroads):
    assert not public_ground(crossroads, Grid.over((500.0, 500.0, 510.0, 520.0), 0.5)).any()


def test_a_grid_need_not_be_aligned(crossroads):
    shifted = Grid(-90.3, -90.2, 0.5, 360, 360)
    assert area_m2(public_ground(crossroads, shifted), shifted) == pytest.approx(BY_HAND_M2, rel=0.02)


def test_a_coarse_grid_loses_and_gains_little(nantes):
    fine, coarse = (Grid.over((-500.0, 200.0, -300.0, 400.0), cell_m) for cell_m in (0.5, 2.0))
    fine_m2, coarse_m2 = (area_m2(public_ground(nantes, grid), grid) for grid in (fine, coarse))
    assert coarse_m2 == pytest.approx(fine_m2, rel=0.02)


def test_public_ground_is_open_ground(nantes):
    grid = Grid.over((-650.0, 200.0, -250.0, 660.0), 0.5)
    assert not (public_ground(nantes, grid) & height_field(nantes, grid.bounds_m).is_building).any()


def enclosed_courtyards(site, *, gap_m):
    """Open ground that only buildings enclose (narrower gaps count as closed), entered by no public way or square."""
    footprints = [building.footprint for building in site.buildings]
    town = shapely.union_all(shapely.buffer(footprints, gap_m / 2, join_style="mitre"))
    yards = [Polygon(ring) for block in shapely.get_parts(town) for ring in block.interiors]
    ways = [road.axis for road in site.roads if not road.private and road.level >= 0]
    tree = shapely.STRtree([*ways, *(zone.polygon for zone in site.zones_of("public"))])
    entered = set(tree.query(yards, predicate="intersects")[0].tolist())
    return [yard for k, yard in enumerate(yards) if k not in entered and yard.is_valid and yard.area >= 4]


@pytest.fixture(scope="module")
def public_of_nantes(nantes):
    grid = Grid.over(nantes.area_of_interest.bounds, 0.5)
    return grid, public_ground(nantes, grid)


@pytest.mark.parametrize("gap_m", [0.02, 0.5])
def test_not_one_enclosed_courtyard_of_nantes_is_public(nantes, public_of_nantes, gap_m):
    grid, public = public_of_nantes
    yards = enclosed_courtyards(nantes, gap_m=gap_m)
    assert len(yards) > 800
    assert [yard.centroid.wkt for yard in yards if inside_window(yard, public, grid)] == []


def inside_window(area, mask, grid):
    """Whether any cell of the mask has its centre in the area, looking only at the cells about it."""
    (row, col), (top, right) = grid.index(*area.bounds[:2]), grid.index(*area.bounds[2:])
    rows, cols = np.nonzero(mask[row : top + 1, col : right + 1])
    centres = grid.centres((rows + row) * grid.cols + cols + col)
    return bool(shapely.contains_xy(area, centres).any())


def test_the_courtyard_test_has_teeth(nantes):
    window = box(-300.0, -200.0, 100.0, 200.0)
    grid = Grid.over(window.bounds, 0.5)
    yards = shapely.union_all([y for y in enclosed_courtyards(nantes, gap_m=0.5) if window.contains(y)])
    assert inside(yards, naive(nantes, grid), grid).sum() > 1000
    assert not inside(yards, public_ground(nantes, grid), grid).any()
