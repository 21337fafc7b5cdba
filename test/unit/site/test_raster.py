from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, box

from blindspot.site.model import Building
from blindspot.site.raster import height_field

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
