"""Single rays that pass over, under and through solids: cases by hand, and symmetry."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from blindspot.coverage.sight.sight import HANGS, TAKEN, Point, is_clear, skyline, surface_of
from blindspot.site.ground.grid import Grid, HeightField

SIZE = 40


def field_of(ground_m, top_m, under_m=None):
    heights = [None if array is None else np.asarray(array, np.float32) for array in (ground_m, top_m, under_m)]
    return HeightField(Grid(0.0, 0.0, 1.0, *heights[0].shape), *heights)


def clear(field, target, eye, margin_m=0.0):
    """Whether the exact ray from a target to an eye is clear, both (x, y, z) in cells and m."""
    return is_clear(surface_of(field).solids, Point(*map(float, target)), Point(*map(float, eye)), margin_m)


def passage(under_m, top_m):
    """Level ground; over columns 10 to 14 something hangs, from an underside to a top."""
    ground = np.zeros((SIZE, SIZE))
    under, top = ground.copy(), ground.copy()
    under[:, 10:15], top[:, 10:15] = under_m, top_m
    return field_of(ground, top, under)


@pytest.mark.parametrize(("eye_m", "is_seen"), [(5.6, True), (5.7, False), (15.7, False), (15.8, True)])
def test_a_ray_passes_under_a_bridge_and_over_it(eye_m, is_seen):
    """A head (1.7 m) at 20.5, the mast at 2.5, a bridge from 4 to 6 m up: the ray meets its far edge after 5.5 of 18 m
    and its near edge after 10.5, so it passes under from up to 1.7 + 2.3 x 18 / 10.5 = 5.64 m, and over from
    1.7 + 4.3 x 18 / 5.5 = 15.77 m."""
    assert clear(passage(4, 6), (20.5, 5.5, 1.7), (2.5, 5.5, eye_m)) is is_seen


def test_with_a_margin_a_bridge_hangs_lower_and_stands_higher():
    """Half a metre: 1.7 + 1.8 x 18 / 10.5 = 4.79 m and 1.7 + 4.8 x 18 / 5.5 = 17.41 m."""
    seen = [clear(passage(4, 6), (20.5, 5.5, 1.7), (2.5, 5.5, eye_m), 0.5) for eye_m in (4.7, 4.8, 17.4, 17.5)]
    assert seen == [True, False, False, True]


def test_the_ground_under_an_overhang_is_seen_from_beside_it_and_not_from_above():
    """From 10 m beside it the ray to a head 2.5 m in rises a quarter of the mast's height above the head until it is
    out: 1.7 + (eye - 1.7) / 4 stays below 4 m up to an eye of 10.9 m."""
    field, head = passage(4, 30), (12.5, 5.5, 1.7)
    assert clear(field, head, (2.5, 5.5, 10.8))
    assert not clear(field, head, (2.5, 5.5, 11.0))
    assert not clear(field, head, (12.5, 5.6, 40.0))


def test_a_camera_fixed_to_an_overhang_sees_the_ground_below():
    assert clear(passage(4, 30), (12.5, 5.5, 1.7), (12.4, 5.6, 6.0))
    assert clear(passage(4, 30), (12.5, 5.5, 1.7), (12.4, 5.6, 3.9))


def test_a_mast_fixed_to_a_cells_wall_is_not_fixed_to_its_ground():
    """A camera sunk into a terrace's edge would see the lower ground through the terrace."""
    ground = np.zeros((SIZE, SIZE))
    ground[:, :10] = 5.0
    assert not clear(field_of(ground, ground), (12.5, 5.5, 0.0), (9.5, 5.5, 4.9))


def test_kinds_of_cells_agree_with_the_field():
    ground = np.full((2, 2), 3.0)
    top, under = ground.copy(), ground.copy()
    top[0] = 9.0
    top[1, 0] = 9.0
    under[0, 0], under[0, 1] = 5.1, 5.3
    field = field_of(ground, top, under)
    kind = skyline(field).kind
    assert kind.tolist() == [[HANGS | TAKEN, HANGS], [TAKEN, 0]]
    assert ((kind & TAKEN > 0) == field.is_building).all()


def test_a_skyline_is_cached_for_its_own_heights_only():
    field = passage(4, 6)
    assert skyline(field) is skyline(replace(field))
    assert skyline(replace(field, under_m=None)) is not skyline(field)
    assert skyline(replace(field, ground_m=field.ground_m - 1)).lowest_m == -1
    with pytest.raises(ValueError, match="finite"):
        skyline(replace(field, under_m=np.full_like(field.top_m, np.nan)))


heights_m = st.floats(0.0, 12.0)


@st.composite
def towns(draw):
    """Waves of ground, some solids, something that hangs."""
    rows, cols = np.indices((SIZE, SIZE))
    ground = draw(st.floats(0, 3)) * np.sin(cols / 5) * np.cos(rows / 4)
    top, under = ground.copy(), ground.copy()
    for row, col, size, height_m, is_hung in draw(
        st.lists(st.tuples(st.integers(0, 36), st.integers(0, 36), st.integers(1, 9), heights_m, st.booleans()))
    ):
        here = np.s_[row : row + size, col : col + size]
        top[here], under[here] = ground[here] + height_m, ground[here] + (height_m / 2 if is_hung else 0)
    return field_of(ground, top, under)


points = st.tuples(st.floats(0.1, SIZE - 0.1), st.floats(0.1, SIZE - 0.1), st.floats(0.1, 9.0), st.booleans())


@settings(deadline=None, max_examples=200)
@given(town=towns(), a=points, b=points)
def test_between_two_points_in_the_air_sight_is_mutual(town, a, b):
    """Odd fractions keep the ray off the corners of cells, which may be judged either way."""
    ends = []
    for (x, y, above_m, is_low), (odd_x, odd_y) in ((a, (2, 3)), (b, (5, 7))):
        x, y = x + 1e-4 * odd_x**0.5, y + 1e-4 * odd_y**0.5
        place = int(y), int(x)
        z = float(town.ground_m[place] if is_low else town.top_m[place]) + above_m
        assume(not (is_low and town.under_m[place] <= z <= town.top_m[place]))
        ends.append((x, y, z))
    assert clear(town, *ends) == clear(town, *reversed(ends))
