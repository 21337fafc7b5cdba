import numpy as np
import pytest
import shapely
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays
from shapely.geometry import box

from blindspot.coverage.ground.blind_ground import patches_of, split_ground
from blindspot.coverage.sight.fixed import FixedCoverage
from blindspot.site.ground.grid import Grid, HeightField

GRID = Grid(100.0, -50.0, 0.5, 12, 16)


def street():
    """12 x 16 cells of public ground with a building over columns 6 and 7; a camera sees columns 0..2 at 40 px/m and
    columns 3..5 at 20 px/m."""
    top = np.zeros(GRID.shape, np.float32)
    top[:, 6:8] = 9.0
    density = np.zeros(GRID.shape, np.float32)
    density[:, 0:3], density[:, 3:6] = 40.0, 20.0
    fixed = FixedCoverage(density, (density > 0).astype(np.uint8), {}, {})
    return HeightField(GRID, np.zeros_like(top), top), fixed


def split(min_px_per_m=25.0, perimeter=None):
    field, fixed = street()
    public = np.ones(GRID.shape, bool)
    return split_ground(public, field, fixed, perimeter or box(*GRID.bounds_m), min_px_per_m)


def test_areas_add_up_by_hand():
    spots = split()
    assert spots.public_area_m2 == 12 * 14 * 0.25
    assert spots.fixed_area_m2 == 12 * 3 * 0.25
    assert spots.blind_area_m2 == 12 * (3 + 8) * 0.25
    assert spots.fixed_fraction == pytest.approx(3 / 14)


def test_the_required_density_decides():
    assert split(20.0).fixed_area_m2 == 12 * 6 * 0.25
    assert split(40.1).fixed_area_m2 == 0


def test_only_the_perimeter_counts():
    """A perimeter over the four westernmost columns: three seen, one not."""
    east_min, north_min, _, north_max = GRID.bounds_m
    spots = split(perimeter=box(east_min, north_min, east_min + 2.0, north_max))
    assert spots.public_area_m2 == 12 * 4 * 0.25
    assert spots.blind_area_m2 == 12 * 1 * 0.25


def test_where_nothing_is_public_nothing_is_blind_and_no_share_is_seen():
    field, fixed = street()
    spots = split_ground(np.zeros(GRID.shape, bool), field, fixed, box(*GRID.bounds_m), 25.0)
    assert (spots.blind_area_m2, spots.fixed_fraction) == (0.0, None)


def test_patches_lie_where_the_cells_lie():
    west, east = sorted(patches_of(GRID, split().blind), key=lambda patch: patch.bounds)
    assert (west.area, east.area) == (12 * 3 * 0.25, 12 * 8 * 0.25)
    assert east.bounds == (104.0, -50.0, 108.0, -44.0)


@settings(deadline=None, max_examples=50)
@given(mask=arrays(bool, GRID.shape, elements=st.booleans()))
def test_patches_are_valid_disjoint_and_as_large_as_the_mask(mask):
    patches = list(patches_of(GRID, mask))
    assert all(patch.is_valid for patch in patches)
    assert sum(patch.area for patch in patches) == pytest.approx(mask.sum() * 0.25)
    assert shapely.union_all(patches).area == pytest.approx(mask.sum() * 0.25)
