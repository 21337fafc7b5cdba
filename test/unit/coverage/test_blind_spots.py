import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from shapely.geometry import Polygon, box, shape

from blindspot.coverage.blind_spots import patches_of, split_ground, write_blind_spots
from blindspot.coverage.fixed import FixedCoverage
from blindspot.site.frame import LocalFrame
from blindspot.site.grid import Grid, HeightField

GRID = Grid(100.0, -50.0, 0.5, 12, 16)
FRAME = LocalFrame(47.21, -1.55, 10.0, 48.0)


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


def test_nothing_public_is_nothing_blind():
    field, fixed = street()
    spots = split_ground(np.zeros(GRID.shape, bool), field, fixed, box(*GRID.bounds_m), 25.0)
    assert (spots.blind_area_m2, spots.fixed_fraction, spots.polygons) == (0.0, 1.0, ())


def test_polygons_lie_where_the_cells_lie_and_come_largest_first():
    spots = split()
    assert [patch.area for patch in spots.polygons] == [12 * 8 * 0.25, 12 * 3 * 0.25]
    assert spots.polygons[0].bounds == (104.0, -50.0, 108.0, -44.0)


@settings(deadline=None, max_examples=50)
@given(mask=arrays(bool, GRID.shape, elements=st.booleans()))
def test_patches_are_valid_disjoint_and_as_large_as_the_mask(mask):
    patches = list(patches_of(GRID, mask))
    assert all(patch.is_valid for patch in patches)
    assert sum(patch.area for patch in patches) == pytest.approx(mask.sum() * 0.25)
    assert shapely.union_all(patches).area == pytest.approx(mask.sum() * 0.25)


def test_the_file_is_wgs84_geojson_with_areas(tmp_path: Path):
    spots = split()
    write_blind_spots(tmp_path / "spots.geojson", spots, FRAME, "surveyed by hand")
    root = json.loads((tmp_path / "spots.geojson").read_text())
    assert root["type"] == "FeatureCollection"
    assert "crs" not in root
    assert root["attribution"] == "surveyed by hand"
    assert [f["properties"] for f in root["features"]] == [
        {"kind": "blind", "area_m2": 24.0},
        {"kind": "blind", "area_m2": 9.0},
        {"kind": "fixed_seen", "area_m2": 9.0},
    ]
    first = shape(root["features"][0]["geometry"])
    assert isinstance(first, Polygon)
    assert first.exterior.is_ccw
    east_m, north_m = FRAME.to_enu(first.centroid.x, first.centroid.y)
    assert (east_m, north_m) == pytest.approx((106.0, -47.0), abs=0.02)
