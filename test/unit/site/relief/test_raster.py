from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from shapely.geometry import Point, box

from blindspot.site.ground.grid import HEADROOM_M, Grid
from blindspot.site.ground.terrain import Terrain
from blindspot.site.relief.raster import height_field
from blindspot.site.town.model import Building, Tree

AROUND = (-90.0, -90.0, 90.0, 90.0)
BLOCK_M2, YARD_M2 = 60 * 60, 24 * 24


def with_buildings(site, *shapes_and_heights):
    buildings = tuple(Building(str(k), s, 0.0, h, False) for k, (s, h) in enumerate(shapes_and_heights))
    return replace(site, buildings=buildings)


def test_areas_and_heights_of_the_crossroads(crossroads):
    field = height_field(crossroads, AROUND)
    assert field.grid.shape == (360, 360)
    assert field.is_building.sum() * field.grid.cell_area_m2 == 4 * BLOCK_M2 - YARD_M2
    heights_m, cells = np.unique(field.top_m, return_counts=True)
    assert dict(zip(heights_m.tolist(), (cells / 4).tolist(), strict=True)) == {
        0: 180 * 180 - 4 * BLOCK_M2 + YARD_M2, 6: BLOCK_M2, 9: BLOCK_M2, 12: BLOCK_M2, 15: BLOCK_M2 - YARD_M2,
    }  # fmt: skip
    assert not field.ground_m.any()


def test_row_0_is_south_and_column_0_west(crossroads):
    field = height_field(crossroads, AROUND)
    assert field.top_m[field.grid.index(-70, -70)] == 15
    assert field.top_m[field.grid.index(70, 70)] == 12
    assert field.top_m[field.grid.index(-30, -30)] == 0  # the courtyard


def test_the_higher_wins_where_buildings_overlap(crossroads):
    towers = with_buildings(crossroads, (box(0, 0, 10, 10), 30.0), (box(0, 0, 20, 10), 8.0))
    field = height_field(towers, (0, 0, 20, 10))
    assert np.unique(field.top_m[:, :20]).tolist() == [30]
    assert np.unique(field.top_m[:, 20:]).tolist() == [8]


def test_no_building_slips_between_the_cells(crossroads):
    sliver = with_buildings(crossroads, (box(0.05, 1, 0.15, 9), 5.0))
    assert height_field(sliver, (-5, 0, 5, 10)).is_building.sum() >= 16


def test_an_empty_window_is_all_ground(crossroads):
    assert not height_field(crossroads, (500, 500, 510, 510)).is_building.any()


@settings(max_examples=25)
@given(
    east_m=st.floats(-20, 20), north_m=st.floats(-20, 20), radius_m=st.floats(3, 15), cell_m=st.sampled_from([0.5, 1.0])
)
def test_rasters_neither_grow_nor_shrink_a_building(crossroads, east_m, north_m, radius_m, cell_m):
    tower = Point(east_m, north_m).buffer(radius_m)
    field = height_field(with_buildings(crossroads, (tower, 10.0)), (-40, -40, 40, 40), cell_m)
    area_m2 = field.is_building.sum() * field.grid.cell_area_m2
    assert area_m2 == pytest.approx(tower.area, abs=tower.length * cell_m * 0.3)


SLOPE = Terrain(Grid(-50.0, -50.0, 10.0, 10, 10), np.tile(np.arange(10, dtype=np.float32), (10, 1)))  # 0.1 up east


def hanging(site, *shapes_and_heights):
    """(shape, underside, top) each."""
    return replace(
        site, buildings=tuple(Building(str(k), s, 0.0, top, False, 0.0, under)
                              for k, (s, under, top) in enumerate(shapes_and_heights)),
    )  # fmt: skip


def test_on_a_slope_the_ground_rises_and_the_eaves_stay_level(crossroads):
    house = Building("h", box(0, 0, 20, 10), 4.5, 6.0, False)
    field = height_field(replace(crossroads, terrain=SLOPE, buildings=(house,)), (-10, -10, 30, 20))
    west, east = field.grid.index(0.5, 5), field.grid.index(19.5, 5)
    assert (field.ground_m[west], field.ground_m[east]) == pytest.approx((4.575, 6.475), abs=0.001)
    assert field.top_m[west] == field.top_m[east] == pytest.approx(10.5)
    assert field.top_m[field.grid.index(-5, 5)] == field.ground_m[field.grid.index(-5, 5)]
    assert field.under_m is None


def test_a_shed_dug_into_the_slope_is_still_a_building(crossroads):
    shed = Building("h", box(-40, 0, 40, 10), 0.5, 2.0, False)
    field = height_field(replace(crossroads, terrain=SLOPE, buildings=(shed,)), (-45, 0, 45, 10))
    assert field.is_building.sum() * field.grid.cell_area_m2 == 800


def test_under_an_overhang_is_open_ground(crossroads):
    field = height_field(hanging(crossroads, (box(0, 0, 10, 10), 3.0, 9.0)), (-5, -5, 15, 15))
    inside, outside = field.grid.index(5, 5), field.grid.index(-3, 5)
    assert (field.under_m[inside], field.top_m[inside]) == (3.0, 9.0)
    assert (field.under_m[outside], field.top_m[outside]) == (0.0, 0.0)
    assert not field.is_building.any()


def test_a_solid_that_hangs_too_low_to_walk_under_counts_as_standing(crossroads):
    field = height_field(hanging(crossroads, (box(0, 0, 10, 10), HEADROOM_M - 0.1, 9.0)), (0, 0, 10, 10))
    assert field.under_m is None and field.is_building.all()


def test_of_two_that_hang_all_between_is_solid_and_a_block_below_absorbs(crossroads):
    site = hanging(
        crossroads, (box(0, 0, 20, 10), 3.0, 5.0), (box(10, 0, 30, 10), 8.0, 12.0), (box(0, 0, 5, 10), 0.0, 4.0)
    )
    field = height_field(site, (0, 0, 30, 10))
    columns = [(float(field.under_m[field.grid.index(e, 5)]), float(field.top_m[field.grid.index(e, 5)]))
               for e in (2, 7, 15, 25)]  # fmt: skip
    assert columns == [(0.0, 5.0), (3.0, 5.0), (3.0, 12.0), (8.0, 12.0)]


def test_an_overhang_up_the_slope_may_hang_too_low(crossroads):
    porch = Building("p", box(-40, 0, 40, 10), 0.5, 12.0, False, 0.0, 5.0)  # underside at 5.5, ground from 0.5 to 8.5
    field = height_field(replace(crossroads, terrain=SLOPE, buildings=(porch,)), (-40, 0, 40, 10))
    assert not field.is_building[field.grid.index(-20, 5)]
    assert field.is_building[field.grid.index(0, 5)]
    assert (field.under_m >= field.ground_m).all() and (field.top_m >= field.under_m).all()


def test_the_highest_surface_of_a_building_is_its_highest_point(crossroads):
    """The eaves hide the street. Of the roof above them only the height of the ridge is known, not its place."""
    flat, gabled = box(0, 0, 10, 10), box(10, 0, 20, 10)
    buildings = (
        Building("flat", flat, 0.0, 8.0, False),
        Building("gabled", gabled, 0.0, 8.0, False, ridge_m=14.0),
        Building("guessed", box(20, 0, 30, 10), 0.0, 6.0, True),
    )
    field = height_field(replace(crossroads, buildings=buildings), (0, 0, 40, 10))
    assert np.unique(field.top_m).tolist() == [0, 6, 8]
    assert [field.surface_m[10, col] for col in (10, 30, 50, 70)] == [8, 14, 9, 0]
    assert field.part(field.grid.window(0, 20, 20, 20)).surface_m.min() == 14
    assert height_field(replace(crossroads, buildings=buildings[:1]), (0, 0, 40, 10)).peak_m is None


def test_a_crown_is_seen_at_its_whole_width(crossroads):
    """A part of it that hides nothing, because a camera hangs there, is in the pictures of a drone all the same."""
    crown = Tree("t", 10.0, 10.0, 5.0, 0.0, 3.0, 12.0, True, sight_radius_m=1.0)
    field = height_field(replace(crossroads, buildings=(), trees=(crown,)), (0, 0, 20, 20))
    assert (field.top_m == 12).sum() < 20 < 300 < (field.surface_m == 12).sum()
