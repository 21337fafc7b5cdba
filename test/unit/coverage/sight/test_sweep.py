"""The sweep: cases worked out by hand, properties, and agreement with single exact rays."""

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings, strategies as st

from blindspot.coverage.sight.sight import Point, is_clear, surface_of
from blindspot.coverage.sight.sweep import (
    ALL_ROUND,
    SweepCamera,
    Window,
    bounds_within,
    half_width_deg,
    slopes_within,
    sweep,
)
from blindspot.site.ground.grid import Grid, HeightField

SIZE = 40


def town(*blocks, size=SIZE, level_m=0.0):
    """Blocks are (row_min, row_max, col_min, col_max, height above the ground)."""
    top = np.full((size, size), level_m, np.float32)
    for row_min, row_max, col_min, col_max, height_m in blocks:
        top[row_min:row_max, col_min:col_max] = level_m + height_m
    return HeightField(Grid(0.0, 0.0, 1.0, size, size), np.full_like(top, level_m), top)


def swept(field, x, y, z, target_m=0.0, reach=100.0, slopes=ALL_ROUND):
    seen, camera = (
        np.zeros(field.grid.shape, np.uint8),
        SweepCamera(Point(float(x), float(y), float(z)), target_m, reach),
    )
    sweep(surface_of(field), camera, slopes, Window(seen, 0, 0))
    return seen.astype(bool)


def clear(field, target, eye):
    """Whether the exact ray from a target to an eye is clear, both (x, y, z) in cells and m."""
    return is_clear(surface_of(field).solids, Point(*map(float, target)), Point(*map(float, eye)), 0.0)


def traced(field, x, y, z, target_m=0.0):
    seen = np.zeros(field.grid.shape, bool)
    for row, col in np.argwhere(~field.is_building):
        seen[row, col] = clear(field, (col + 0.5, row + 0.5, float(field.ground_m[row, col]) + target_m), (x, y, z))
    return seen


def test_over_open_ground_all_within_range_is_seen():
    rows, cols = np.indices((SIZE, SIZE)) + 0.5
    away = np.hypot(rows - 20.3, cols - 19.6)
    seen = swept(town(), 19.6, 20.3, 6, reach=15)
    assert seen[away <= 15].all()
    assert not seen[away > 18].any()


def test_one_wall_hides_a_wedge():
    """Eye at (20.5, 10.5), a wall over columns 15..25 in row 20: its near corners are 9.5 ahead, 5.5 aside; behind
    it, slopes within 5.5 / 9.5 are hidden."""
    seen = swept(town((20, 21, 15, 26, 9.0)), 20.5, 10.5, 6)
    rows, cols = np.indices((SIZE, SIZE))
    behind = (rows > 20) & (np.abs(cols - 20) * 9.5 <= 5.5 * (rows - 10))
    wall = (rows == 20) & (cols >= 15) & (cols <= 25)
    assert (seen == ~(behind | wall)).all()


def test_round_a_corner_the_edge_of_the_block_decides():
    """A block over rows 20..24 from column 20 on; from (10.5, 15.5) its far corner (20, 25) is 9.5 up and 9.5 right, so
    that beyond it the diagonal and all to its right is hidden."""
    seen = swept(town((20, 25, 20, SIZE, 9.0)), 10.5, 15.5, 6)
    rows, cols = np.indices((SIZE, SIZE))
    block = (rows >= 20) & (rows < 25) & (cols >= 20)
    hidden = (rows >= 25) & (cols - 10 >= rows - 15)
    assert (seen == ~(block | hidden)).all()


def test_a_courtyard_is_seen_from_within_and_hidden_from_without():
    yard = town((10, 30, 10, 30, 12.0), (14, 26, 14, 26, 0.0))
    inside = np.zeros((SIZE, SIZE), bool)
    inside[14:26, 14:26] = True
    assert (swept(yard, 20.2, 20.7, 6) == inside).all()
    assert not (swept(yard, 5.5, 20.5, 6) & inside).any()


def test_a_mast_on_a_roof_sees_no_street_that_the_roof_hides():
    """A 10 m roof over columns 10..19, a 12 m eye at 19.4: to the west the roof's far edge lies
    9.4 away and 2 below, so that the ground is hidden up to 9.4 x 12 / 2 = 56 m; to the east the roof's edge hides
    the ground up to 0.6 x 12 / 2 = 3.6 m."""
    seen = swept(town((0, SIZE, 10, 20, 10.0)), 19.4, 20.6, 12)
    assert not seen[20, :20].any()
    assert (seen[20, 20:] == (np.arange(20, SIZE) + 0.5 - 19.4 > 3.6)).all()


def test_a_mast_fixed_to_the_roofs_edge_sees_past_it():
    """The eye no higher than the roof: it is fixed to that cell, which hides nothing."""
    seen = swept(town((0, SIZE, 10, 20, 10.0)), 19.5, 20.6, 10)
    assert not seen[:, :19].any()
    assert seen[20, 20:].all()


def test_a_mast_on_a_wall_sees_along_it():
    """A wall over columns 20 and on, the mast 0.4 m before it: all this side of it, from wall to wall."""
    seen = swept(town((0, SIZE, 20, SIZE, 9.0)), 19.6, 20.3, 6)
    assert seen[:, :20].all()
    assert not seen[:, 20:].any()


def test_a_slope_hides_only_the_ground_behind_its_crest():
    """Ground that climbs 0.5 m a cell to 10 m in column 20 and falls again; the mast, 6 m, stands at 10.5 on 5 m. Its
    line over the crest's far edge (21, 10 m) falls by 1 m in 10.5: a head in column 24, 9.7 m up, shows above it
    (9.67 m), one in column 25, 9.2 m up, does not (9.57 m)."""
    cols = np.arange(SIZE)
    ground = np.tile((0.5 * np.minimum(cols, SIZE - cols)).astype(np.float32), (SIZE, 1))
    seen = swept(HeightField(Grid(0.0, 0.0, 1.0, SIZE, SIZE), ground, ground.copy()), 10.5, 20.6, 11, target_m=1.7)
    assert (seen[20] == (cols < 25)).all()


def test_past_a_bridge_between_two_houses_the_street_goes_on():
    """Houses 9 m high with a street between them, columns 18 to 21, over which rows 20 to 23 hang from 4 m up: from
    a mast in the street all of it is seen, under the bridge as beyond; were it solid, it would end there."""
    houses = town((20, 24, 0, 18, 9.0), (20, 24, 22, SIZE, 9.0), (20, 24, 18, 22, 9.0))
    under = np.zeros_like(houses.top_m)
    under[20:24, 18:22] = 4.0
    bridge = HeightField(houses.grid, houses.ground_m, houses.top_m, under)
    street = np.s_[:, 18:22]
    assert swept(bridge, 20.1, 5.6, 3.5, target_m=1.7)[street].all()
    assert not swept(houses, 20.1, 5.6, 3.5, target_m=1.7)[street][20:].any()


@pytest.mark.parametrize(("target_m", "hidden_m"), [(0.0, 29.7), (1.7, 21.285), (3.9, 10.395)])
def test_a_target_behind_a_lower_block(target_m, hidden_m):
    """A 6 m eye, a 4 m block that ends 9.9 m away: hidden up to 9.9 x (6 - target) / (6 - 4)."""
    field = town((0, SIZE, 5, 11, 4.0))
    seen = swept(field, 1.1, 20.5, 6, target_m)[20]
    away_m = np.arange(SIZE) + 0.5 - 1.1
    assert (seen == (away_m < 3.9) | (away_m > hidden_m)).all()


def test_a_field_of_view_shows_its_part_of_the_whole_view():
    field = town((25, 28, 5, 18, 9.0), (5, 12, 30, 34, 5.0))
    whole = swept(field, 20.5, 20.5, 6)
    rows, cols = np.indices((SIZE, SIZE))
    azimuth_deg = np.degrees(np.arctan2(cols - 20, rows - 20))
    for heading_deg in range(0, 360, 35):
        part = swept(field, 20.5, 20.5, 6, slopes=slopes_within(heading_deg, 31.0))
        off_deg = np.abs((azimuth_deg - heading_deg + 180) % 360 - 180)
        part[20, 20] = whole[20, 20] = True
        off_deg[20, 20] = 0
        assert (part[off_deg < 30.99] == whole[off_deg < 30.99]).all()
        assert not part[off_deg > 31.01].any()


def test_a_tilted_picture_is_wider_at_its_lower_edge():
    assert half_width_deg(60, 40, 0) == pytest.approx(30)
    assert half_width_deg(60, 40, -20) > 30
    assert half_width_deg(60, 40, -20) == pytest.approx(half_width_deg(60, 40, 20))
    assert half_width_deg(60, 40, -75) == 180


def test_the_bounds_of_a_sector_are_its_corners_and_the_cardinal_points_in_it():
    root = 10 / 2**0.5
    assert bounds_within(0, 45, 10) == pytest.approx((-root, 0, root, 10))
    assert bounds_within(90, 10, 10)[2] == 10
    assert bounds_within(350, 20, 10)[3] == 10
    assert bounds_within(45, 30, 10) == pytest.approx((0, 0, 10 * np.sin(np.radians(75)), 10 * np.cos(np.radians(15))))
    assert bounds_within(123, 180, 10) == pytest.approx((-10, -10, 10, 10))


blocks = st.lists(
    st.tuples(st.integers(0, 36), st.integers(1, 8), st.integers(0, 36), st.integers(1, 8), st.floats(0.5, 15)),
    max_size=12,
).map(lambda found: [(row, row + height, col, col + width, m) for row, height, col, width, m in found])
places = st.floats(0.1, SIZE - 0.1)


@settings(deadline=None, max_examples=150)
@given(blocks=blocks, x=places, y=places, z=st.floats(2.0, 12), target_m=st.floats(0, 1.7), level_m=st.floats(-5, 5))
def test_it_is_the_exact_line_of_sight(blocks, x, y, z, target_m, level_m):
    """But for rays that pass a corner closer than a millionth of a cell, which may be judged either way."""
    x, y = x + 1e-4 * np.sqrt(2), y + 1e-4 * np.sqrt(3)
    field = town(*blocks, level_m=level_m)
    differs = swept(field, x, y, level_m + z, target_m) != traced(field, x, y, level_m + z, target_m)
    assert not differs[~_touched(field, x, y, differs)].any()


hills = st.tuples(st.floats(-0.3, 0.3), st.floats(-0.3, 0.3), st.floats(0, 2), st.floats(0, 4))
hanging = st.lists(st.tuples(st.integers(0, 36), st.integers(1, 8), st.floats(0.5, 6), st.floats(0.1, 8)), max_size=4)


def hilly(blocks, hill, hanging=()):
    """A tilted plane with a terrace and waves; solids of a height above their ground; what hangs is (first row, rows,
    underside above the ground, thickness), across the whole field."""
    east, north, wave_m, terrace_m = hill
    rows, cols = np.indices((SIZE, SIZE))
    ground = rows * north + cols * east + wave_m * np.sin(cols / 4) * np.cos(rows / 5) + terrace_m * (rows + cols > 45)
    top = ground + town(*blocks).top_m
    under = ground.copy()
    for row, many, under_m, thick_m in hanging:
        strip = np.zeros((SIZE, SIZE), bool)
        strip[row : row + many] = True
        strip &= top <= ground
        under[strip], top[strip] = (ground + under_m)[strip], (ground + under_m + thick_m)[strip]
    ground, top, under = (heights.astype(np.float32) for heights in (ground, top, under))
    return HeightField(Grid(0.0, 0.0, 1.0, SIZE, SIZE), ground, top, under if len(hanging) else None)


@settings(deadline=None, max_examples=150)
@given(blocks=blocks, hill=hills, hanging=hanging, x=places, y=places, z=st.floats(1, 15), target_m=st.floats(0, 2.5))
def test_over_hills_and_under_what_hangs_it_is_the_exact_line_of_sight(blocks, hill, hanging, x, y, z, target_m):
    x, y = x + 1e-4 * np.sqrt(2), y + 1e-4 * np.sqrt(3)
    field = hilly(blocks, hill, hanging)
    eye_m = float(field.ground_m[int(y), int(x)]) + z
    differs = swept(field, x, y, eye_m, target_m) != traced(field, x, y, eye_m, target_m)
    assert not differs[~_touched(field, x, y, differs)].any()


@settings(deadline=None, max_examples=60)
@given(blocks=blocks, hill=hills, hanging=hanging, x=places, y=places, z=st.floats(1, 12), mirrored=st.booleans())
def test_a_town_turned_by_quarters_or_mirrored_is_seen_as_before(blocks, hill, hanging, x, y, z, mirrored):
    x, y = x + 1e-4 * np.sqrt(2), y + 1e-4 * np.sqrt(3)
    field = hilly(blocks, hill, hanging)
    eye_m = float(field.ground_m[int(y), int(x)]) + z
    seen = swept(field, x, y, eye_m, 1.7)
    for _ in range(4):
        turned = [None if m is None else np.ascontiguousarray(np.rot90(m)) for m in heights_of(field)]
        field, seen, x, y = HeightField(field.grid, *turned), np.rot90(seen), y, SIZE - x
        if mirrored:
            flipped = [None if m is None else np.ascontiguousarray(m[:, ::-1]) for m in heights_of(field)]
            field, seen, x = HeightField(field.grid, *flipped), seen[:, ::-1], SIZE - x
        differs = swept(field, x, y, eye_m, 1.7) != seen
        assert not differs[~_touched(field, x, y, differs)].any()


def heights_of(field):
    return field.ground_m, field.top_m, field.under_m


@settings(deadline=None, max_examples=60)
@given(east=st.floats(18, 26), north=st.floats(12, 24), wide=st.floats(3, 9), deep=st.floats(3, 9), x=places, y=places)
def test_wherever_a_house_lies_between_the_cells_its_shadow_is_right_within_one_cell(east, north, wide, deep, x, y):
    """A cell is the house's where its centre is: sight lines that miss the true walls by three quarters of a cell are
    clear, those that come as far inside are not."""
    house = shapely.box(east, north, east + wide, north + deep)
    assume(house.distance(shapely.Point(x, y)) > 1)
    rows, cols = np.indices((SIZE, SIZE)) + 0.5
    top = np.where(shapely.contains_xy(house, cols, rows), 9.0, 0.0).astype(np.float32)
    seen = swept(HeightField(Grid(0.0, 0.0, 1.0, SIZE, SIZE), np.zeros_like(top), top), x, y, 6)
    lines = shapely.linestrings([[[x, y], [col, row]] for row, col in zip(rows.flat, cols.flat, strict=True)])
    assert seen.ravel()[shapely.distance(lines, house) > 0.75].all()
    assert not seen.ravel()[shapely.intersects(lines, house.buffer(-0.75))].any()


def _touched(field, x, y, cells, near=1e-6):
    """Which of the cells' sight lines pass a corner of the grid that closely."""
    touched = np.zeros(field.grid.shape, bool)
    for row, col in np.argwhere(cells):
        dx, dy = col + 0.5 - x, row + 0.5 - y
        corners = np.stack(np.meshgrid(np.arange(SIZE + 1), np.arange(SIZE + 1)), -1).reshape(-1, 2)
        away = np.abs((corners[:, 0] - x) * dy - (corners[:, 1] - y) * dx) / np.hypot(dx, dy)
        touched[row, col] = away.min() < near
    return touched


@settings(deadline=None, max_examples=60)
@given(blocks=blocks, places=st.tuples(places, places, places, places), z=st.floats(2.0, 12))
def test_between_equal_heights_sight_is_mutual(blocks, places, z):
    """From the centre of one open cell to that of another and back."""
    field = town(*blocks)
    col_a, row_a, col_b, row_b = (int(place) for place in places)
    if field.is_building[row_a, col_a] or field.is_building[row_b, col_b]:
        return
    a, b = (col_a + 0.5, row_a + 0.5, z), (col_b + 0.5, row_b + 0.5, z)
    there, back = clear(field, a, b), clear(field, b, a)
    x, y = (col_a + 0.5 + 1e-4, row_a + 0.5 + 2e-4)
    near = swept(field, x, y, z + 1e-6, z)[row_b, col_b]
    if there != back or near != there:  # only where the line between the centres touches a corner
        assert _touched(field, col_a + 0.5, row_a + 0.5, _only(row_b, col_b), near=1e-3)[row_b, col_b]


def _only(row, col):
    cells = np.zeros((SIZE, SIZE), bool)
    cells[row, col] = True
    return cells


@settings(deadline=None, max_examples=60)
@given(blocks=blocks, x=places, y=places, z=st.floats(2.0, 12), extra=st.tuples(st.integers(0, 37), st.integers(0, 37)))
def test_one_more_building_never_shows_more(blocks, x, y, z, extra):
    row, col = extra
    assume(not (row <= y < row + 3 and col <= x < col + 3))  # it would take the mast into its walls
    before = swept(town(*blocks), x, y, z)
    after = swept(town(*blocks, (row, row + 3, col, col + 3, 20.0)), x, y, z)
    assert not (after & ~before).any()


@settings(deadline=None, max_examples=60)
@given(blocks=blocks, x=st.integers(0, 160), y=st.integers(0, 160), z=st.floats(2.0, 12), by=st.integers(1, 20))
def test_a_town_moved_as_a_whole_is_seen_as_before(blocks, x, y, z, by):
    """The eye stands on quarters of a cell, so that moving it rounds nothing."""
    field = town(*blocks)
    top = np.zeros((SIZE + by, SIZE + by), np.float32)
    top[by:, by:] = field.top_m
    moved = HeightField(Grid(0.0, 0.0, 1.0, *top.shape), np.zeros_like(top), top)
    x, y = x / 4 % SIZE, y / 4 % SIZE
    assert (swept(moved, x + by, y + by, z)[by:, by:] == swept(field, x, y, z)).all()
