"""Walls in a picture: cases worked out by hand, and single exact rays to points of every wall."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st
from test.factories import flat_town

from blindspot.camera.optics import Lens, camera_axes
from blindspot.coverage.sight.facade_view import FACING, facades
from blindspot.coverage.sight.sight import Point, is_clear, surface_of
from blindspot.site.ground.grid import HeightField

LENS = Lens(hfov_deg=50.0, width_px=640, height_px=480)
WIDE = Lens(hfov_deg=90.0, width_px=200, height_px=200)
SIZE = 24


def town(*blocks, cell_m=1.0):
    """Blocks are (row_min, row_max, col_min, col_max, height) on level ground."""
    return flat_town(SIZE, SIZE, blocks, cell_m)


def seen_by_side(found):
    return [float(found.area_m2[found.sides == side].sum()) for side in range(4)]


def test_of_a_tower_the_two_sides_that_face_the_eye_are_seen():
    """2 x 3 cells, 10 m high, from the south-west: 3 m wide to the south, 2 m to the west."""
    found = facades(town((10, 12, 10, 13, 10.0)), WIDE, 2.0, 2.0, 20.0, 45.0, -45.0, 1.0)
    assert seen_by_side(found) == pytest.approx([0, 0, 30, 20])


def test_density_is_that_of_the_nearest_point_in_the_picture():
    """Level sight to the north at 5 m onto a wall 8 m away: f_px / 8 all over it."""
    found = facades(town((10, 11, 0, SIZE, 12.0)), WIDE, 12.0, 2.0, 5.0, 0.0, 0.0, 1.0)
    assert found.px_per_m == pytest.approx(WIDE.f_px / 8)
    assert set(found.sides) == {2}
    assert seen_by_side(found)[2] == pytest.approx(16 * 12)  # 8 m to either side at 45 degrees, ground to eaves


def test_a_lower_house_hides_the_foot_of_a_taller_one():
    """Eye 20 m up; the lower house's far eaves (5 m) lie 10 m ahead, the taller one (15 m) stands 16 m ahead: the line
    over the eaves drops 15 m in 10, so that it would be 24 m down after 16: nothing is hidden. From 8 m up it drops
    3 m in 10, 4.8 m in 16: the wall is hidden up to 3.2 m."""
    field = town((8, 12, 0, SIZE, 5.0), (18, 20, 0, SIZE, 15.0))
    for up_m, hidden_m in ((20.0, 0.0), (8.0, 3.2)):
        found = facades(field, WIDE, 12.5, 2.0, up_m, 0.0, -15.0, 0.1)
        middle = found.area_m2[(found.cells == 18 * SIZE + 12) & (found.sides == 2)]
        assert middle == pytest.approx([15.0 - hidden_m])


def test_walls_above_a_lower_neighbour_and_below_an_overhang_are_no_walls():
    field = town((10, 12, 0, SIZE, 4.0), (12, 14, 0, SIZE, 9.0))
    under = np.zeros_like(field.top_m)
    under[10:12] = 3.0
    hung = HeightField(field.grid, field.ground_m, field.top_m, under)
    for town_, areas in ((field, {10: 4.0, 12: 5.0}), (hung, {10: 1.0, 12: 9.0})):
        found = facades(town_, WIDE, 12.5, 2.0, 12.0, 0.0, -30.0, 0.1)
        for row, area_m2 in areas.items():
            assert found.area_m2[found.cells == row * SIZE + 12] == pytest.approx([area_m2])


def test_walls_below_the_lowest_density_are_left_out():
    field = town((20, 22, 0, SIZE, 12.0))
    assert facades(field, WIDE, 12.0, 2.0, 5.0, 0.0, 0.0, WIDE.f_px / 18.5).cells.size
    assert not facades(field, WIDE, 12.0, 2.0, 5.0, 0.0, 0.0, WIDE.f_px / 17.5).cells.size


@pytest.mark.parametrize("eye", [(-1.0, 5.0, 20.0), (5.0, 5.0, 4.0), (5.0, 5.0, math.nan), (math.nan, 5.0, 20.0)])
def test_an_eye_outside_the_field_or_inside_a_solid_is_refused(eye):
    with pytest.raises(ValueError, match="outside the field or inside"):
        facades(town((0, 10, 0, 10, 8.0)), LENS, *eye, 0.0, -30.0, 1.0)


fields = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 6), st.integers(0, 20), st.integers(1, 6), st.floats(1, 20)),
    max_size=10,
).map(lambda blocks: town(*((r, r + h, c, c + w, m) for r, h, c, w, m in blocks), cell_m=2.0))


@settings(deadline=None, max_examples=60)
@given(
    field=fields, east_m=st.floats(0.1, 47.9), north_m=st.floats(0.1, 47.9), up_m=st.floats(1, 40),
    heading_deg=st.floats(0, 360), pitch_deg=st.floats(-90, 10),
)  # fmt: skip
def test_a_point_of_a_wall_is_in_a_piece_if_it_is_in_the_picture_and_its_ray_is_clear(
    field, east_m, north_m, up_m, heading_deg, pitch_deg
):
    east_m, north_m, up_m = east_m + 1e-4 * 2**0.5, north_m + 1e-4 * 3**0.5, up_m + 1e-4 * 5**0.5
    eye = np.array([east_m, north_m, up_m])
    assume(up_m > field.top_m[field.grid.index(east_m, north_m)])
    found = facades(field, LENS, east_m, north_m, up_m, heading_deg, pitch_deg, 2.0)
    pieces = dict(zip(zip(found.cells.tolist(), found.sides.tolist(), strict=True), found.area_m2, strict=True))
    right, up, forward = map(np.array, camera_axes(heading_deg, pitch_deg))
    half = np.array([320, 240]) / LENS.f_px
    padded = np.pad(field.top_m, 1, constant_values=np.inf)
    for (row, col), side in [(place, side) for place in np.argwhere(field.top_m > 0).tolist() for side in range(4)]:
        rows, cols = FACING[side]
        bottom_m, top_m = float(padded[row + 1 + rows, col + 1 + cols]), float(field.top_m[row, col])
        if bottom_m >= top_m:
            continue
        x, y = col + 0.5 + 0.5 * cols, row + 0.5 + 0.5 * rows
        if (east_m / 2 - x) * cols + (north_m / 2 - y) * rows <= 0:
            assert (row * SIZE + col, side) not in pieces
            continue
        heights_m = np.linspace(bottom_m, top_m, 21)[:-1] + (top_m - bottom_m) / 40
        ways = np.column_stack([np.full(20, x * 2), np.full(20, y * 2), heights_m]) - eye
        depth = ways @ forward
        inside = (abs(ways @ right) <= half[0] * depth) & (abs(ways @ up) <= half[1] * depth)
        inside &= depth <= LENS.f_px / 2.0
        solids = surface_of(field).solids
        for k in np.flatnonzero(inside):
            point = Point(x + 1e-9 * cols, y + 1e-9 * rows, float(heights_m[k]))
            inside[k] = is_clear(solids, point, Point(east_m / 2, north_m / 2, up_m), 0.0)
        area_m2 = pieces.get((row * SIZE + col, side), 0.0)
        assert area_m2 / 2 == pytest.approx(inside.mean() * (top_m - bottom_m), abs=(top_m - bottom_m) / 20 + 1e-6)
