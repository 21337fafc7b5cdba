"""The view against cases computed by hand and a slow second opinion that clips a ray against every cell's box."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st
from test.factories import flat_town

from blindspot.camera.optics import Lens
from blindspot.coverage.sight.drone_camera import drone_view
from blindspot.site.ground.grid import Grid, HeightField

SKIN = 1e-9
"""A ray that stays in a cell for less than this share of its length only touches a corner: either answer is right."""


def sight(field, target, eye, taller_m=0.0):
    """ "clear", "blocked" or "touching" between two (east, north, up) points."""
    rows, cols = np.indices(field.grid.shape)
    cell_m, start, step = field.grid.cell_m, np.array(target, float), np.subtract(eye, target)
    enter, leave = np.zeros(field.grid.shape), np.ones(field.grid.shape)
    for axis, low in ((0, cols * cell_m + field.grid.east_min_m), (1, rows * cell_m + field.grid.north_min_m)):
        if step[axis] == 0:
            outside = (start[axis] < low) | (start[axis] > low + cell_m)
            enter = np.where(outside, 2.0, enter)
        else:
            ends = np.stack([low - start[axis], low + cell_m - start[axis]]) / step[axis]
            enter, leave = np.maximum(enter, ends.min(axis=0)), np.minimum(leave, ends.max(axis=0))
    wall = np.where(field.is_building, field.top_m + taller_m, field.top_m)
    under = field.ground_m if field.under_m is None else field.under_m
    lowest = start[2] + np.minimum(step[2] * enter, step[2] * leave)
    highest = start[2] + np.maximum(step[2] * enter, step[2] * leave)
    hit = (wall > lowest) & (under <= highest) & (enter <= leave + SKIN)
    if not hit.any():
        return "clear"
    sure = (leave - enter > SKIN) & (wall > lowest + SKIN) & (under < highest - SKIN)
    return "blocked" if (hit & sure).any() else "touching"


def in_camera(point, eye, heading_deg, pitch_deg):
    """(x, y, depth), m: right, down and along the optical axis, by two rotations."""
    east, north, up = np.subtract(point, eye)
    heading, pitch = math.radians(heading_deg), math.radians(pitch_deg)
    right = east * math.cos(heading) - north * math.sin(heading)
    ahead = east * math.sin(heading) + north * math.cos(heading)
    return right, ahead * math.sin(pitch) - up * math.cos(pitch), ahead * math.cos(pitch) + up * math.sin(pitch)


LENS = Lens(hfov_deg=50.0, width_px=640, height_px=480)
WIDE_BAND = SimpleNamespace(min_px_per_m=1.0, max_px_per_m=10_000.0)
BAND = SimpleNamespace(min_px_per_m=12.0, max_px_per_m=40.0)

heights_m = st.sampled_from([0.0, 0.0, 0.0, 3.0, 8.0, 14.5])
fields = st.lists(heights_m, min_size=30 * 30, max_size=30 * 30).map(
    lambda tops: HeightField(
        Grid(-7.0, 11.0, 2.0, 30, 30), np.zeros((30, 30), np.float32), np.array(tops, np.float32).reshape(30, 30)
    )
)
sparse_fields = st.lists(
    st.tuples(st.integers(0, 25), st.integers(1, 5), st.integers(0, 25), st.integers(1, 5), st.floats(2, 20)),
    max_size=8,
).map(lambda blocks: flat_town(30, 30, [(r, r + h, c, c + w, m) for r, h, c, w, m in blocks], cell_m=2.0))
hung_fields = st.lists(
    st.tuples(st.integers(0, 25), st.integers(1, 5), st.integers(0, 25), st.integers(1, 5), st.floats(1, 9)),
    min_size=1,
    max_size=8,
).map(lambda found: flat_town(30, 30, [(r, r + h, c, c + w, m * 1.5, m * (c % 2)) for r, h, c, w, m in found], 2.0))
eyes = st.tuples(st.floats(0.1, 59.9), st.floats(0.1, 59.9), st.floats(15, 60))
headings_deg = st.floats(0, 360)
pitches_deg = st.floats(-90, -20)


def whole(field, eye, heading_deg=0.0, pitch_deg=-90.0, band=WIDE_BAND, **options):
    return drone_view(field, LENS, *eye, heading_deg, pitch_deg, band, **options)


def test_the_nadir_footprint_is_the_lens_over_the_height():
    field = flat_town(80, 80, [])
    seen = np.zeros(field.grid.shape, bool)
    seen.flat[whole(field, (40.0, 40.0, 30.0), target_height_m=0.0).cells] = True
    half_width_m = 30.0 * 320 / LENS.f_px
    rows, cols = np.nonzero(seen)
    assert cols.min() == math.ceil(40.0 - half_width_m - 0.5)
    assert cols.max() == math.floor(40.0 + half_width_m - 0.5)
    assert (rows.max() - rows.min() + 1, cols.max() - cols.min() + 1) == (20, 28)
    assert seen.sum() == 20 * 28


def test_turning_a_nadir_picture_by_90_degrees_swaps_its_sides():
    field = flat_town(80, 80, [])
    north = np.isin(np.arange(6400), whole(field, (40.0, 40.0, 30.0)).cells).reshape(80, 80)
    east = np.isin(np.arange(6400), whole(field, (40.0, 40.0, 30.0), heading_deg=90.0).cells).reshape(80, 80)
    assert (east == north.T).all()


def test_the_shadow_behind_one_block_is_as_long_as_computed_by_hand():
    """Eye 30 m up; a 10 m wall whose far side is 20 m away hides the ground up to 20 / (30 - 10) * 30 = 30 m."""
    field = flat_town(21, 80, [(0, 21, 29, 30, 10.0)])
    view = whole(field, (10.0, 10.5, 30.0), heading_deg=90.0, pitch_deg=-45.0, target_height_m=0.0)
    cols = np.unique(view.cells[view.cells // 80 == 10] % 80)
    ahead_m = cols + 0.5 - 10.0
    assert not ((ahead_m > 19) & (ahead_m < 30)).any()
    assert {18.5, 30.5} <= set(ahead_m)


def test_the_band_is_tested_on_the_ground_and_at_head_height():
    field = flat_town(80, 80, [])
    at_25 = LENS.f_px / 25.0
    band = SimpleNamespace(min_px_per_m=20.0, max_px_per_m=25.0)
    assert whole(field, (40.0, 40.0, at_25 + 0.1), band=band, target_height_m=0.0).cells.size
    assert not whole(field, (40.0, 40.0, at_25 + 0.1), band=band).cells.size
    assert whole(field, (40.0, 40.0, at_25 + 1.8), band=band).cells.size


@pytest.mark.parametrize(("roof_m", "nearest_m"), [(0.0, 30.0 - 1.7), (8.0, 22.0), (1.0, 30.0 - 1.7)])
def test_the_cap_is_judged_on_roofs_and_on_people(roof_m, nearest_m):
    field = flat_town(80, 80, [(38, 42, 38, 42, roof_m)])
    assert whole(field, (40.0, 45.0, 30.0)).max_px_per_m == pytest.approx(LENS.f_px / nearest_m)


def test_the_cap_is_judged_on_the_part_of_a_facade_that_is_in_the_picture():
    """Level sight at 20 m onto a 60 m tower 30 m away: the nearest point in the picture is the facade, not the roof."""
    field = flat_town(80, 80, [(50, 60, 0, 80, 60.0)])
    view = whole(field, (40.0, 20.0, 20.0), pitch_deg=0.0)
    assert LENS.f_px / 30.0 <= view.max_px_per_m <= LENS.f_px / 29.4


def test_under_an_overhang_ground_is_seen_from_beside_it_not_from_above():
    """Eye 10 m up; an overhang from 6 to 7 m over rows 40 and on: 20 m ahead of its edge, the line under the edge meets
    a head (1.7 m) up to 20 x (6 - 1.7) / (10 - 6) = 21.5 m behind it, and the ground up to 30 m."""
    field = flat_town(80, 80, [(40, 80, 0, 80, 7.0, 6.0)])
    beside = whole(field, (40.5, 20.0, 10.0), pitch_deg=-10.0).cells
    rows = beside[beside % 80 == 40] // 80
    assert rows.max() == 60
    above = whole(field, (40.5, 60.0, 30.0)).cells // 80
    assert not (above >= 40).any()


def test_the_cap_counts_a_hanging_solid_as_a_standing_one():
    field = flat_town(80, 80, [(38, 42, 38, 42, 8.0, 6.0)])
    assert whole(field, (40.0, 45.0, 30.0)).max_px_per_m == pytest.approx(LENS.f_px / 22.0)


@pytest.mark.parametrize("eye", [(-0.1, 40.0, 30.0), (40.0, 80.1, 30.0), (5.0, 5.0, 9.0)])
def test_an_eye_outside_the_field_or_inside_a_building_sees_nothing_and_meets_no_cap(eye):
    field = flat_town(80, 80, [(0, 10, 0, 10, 10.0)])
    view = whole(field, eye)
    assert view.cells.size == 0
    assert view.max_px_per_m == math.inf


def test_a_view_of_unknown_ground_meets_no_cap():
    field = flat_town(80, 80, [])
    near = SimpleNamespace(min_px_per_m=5.0, max_px_per_m=LENS.f_px / 29.0)
    assert whole(field, (40.0, 40.0, 30.0), band=near).max_px_per_m < math.inf
    assert whole(field, (5.0, 40.0, 30.0), band=near).max_px_per_m == math.inf


def test_numbers_that_are_not_finite_are_refused():
    field = flat_town(8, 8, [])
    with pytest.raises(ValueError, match="finite"):
        whole(field, (4.0, 4.0, math.nan))
    with pytest.raises(ValueError, match="shaped"):
        whole(field, (4.0, 4.0, 4.0), among=np.ones((3, 3), bool))


@settings(deadline=None, max_examples=60)
@given(field=st.one_of(fields, sparse_fields, hung_fields), eye=eyes, heading_deg=headings_deg, pitch_deg=pitches_deg)
def test_the_view_agrees_with_a_slow_caster(field, eye, heading_deg, pitch_deg):
    eye = (eye[0] + field.grid.east_min_m, eye[1] + field.grid.north_min_m, eye[2])
    assume(eye[2] > field.top_m[field.grid.index(eye[0], eye[1])])
    seen = set(whole(field, eye, heading_deg, pitch_deg, BAND).cells.tolist())
    open_cells = np.flatnonzero(~field.is_building.ravel())
    for cell, (east, north) in zip(open_cells.tolist(), field.grid.centres(open_cells), strict=True):
        slack = math.inf
        for up in (0.0, 1.7):
            x, y, depth = in_camera((east, north, up), eye, heading_deg, pitch_deg)
            slack = min(
                slack,
                depth * 320 / LENS.f_px - abs(x),
                depth * 240 / LENS.f_px - abs(y),
                depth - LENS.f_px / BAND.max_px_per_m,
                LENS.f_px / BAND.min_px_per_m - depth,
            )
        if abs(slack) < 1e-6:
            continue
        lines = [sight(field, (east, north, up), eye) for up in (0.0, 1.7)] if slack > 0 else ["blocked"]
        assert "touching" in lines or (cell in seen) == (set(lines) == {"clear"})


@settings(deadline=None, max_examples=60)
@given(field=sparse_fields, eye=eyes, heading_deg=headings_deg, pitch_deg=pitches_deg, seed=st.integers(0, 99))
def test_no_surface_in_the_picture_is_closer_than_the_cap_says(field, eye, heading_deg, pitch_deg, seed):
    assume(eye[2] > field.top_m[field.grid.index(eye[0], eye[1])])
    highest = whole(
        field, eye, heading_deg, pitch_deg, SimpleNamespace(min_px_per_m=4.0, max_px_per_m=1e4)
    ).max_px_per_m
    rng = np.random.default_rng(seed)
    rows, cols = rng.integers(0, 30, 3000), rng.integers(0, 30, 3000)
    tops = field.top_m[rows, cols]
    ups = rng.random(3000) * np.where(tops > 0, tops, 1.7)
    depths = [
        depth
        for east, north, up in zip((cols + rng.random(3000)) * 2, (rows + rng.random(3000)) * 2, ups, strict=True)
        for x, y, depth in [in_camera((east, north, up), eye, heading_deg, pitch_deg)]
        if 0 < depth < LENS.f_px / 4 and abs(x) * LENS.f_px <= 320 * depth and abs(y) * LENS.f_px <= 240 * depth
    ]
    assert all(LENS.f_px / depth <= highest * (1 + 1e-9) for depth in depths)


@settings(deadline=None, max_examples=30)
@given(field=sparse_fields, eye=eyes, heading_deg=headings_deg, pitch_deg=pitches_deg, margin_m=st.floats(0.1, 3))
def test_uncertainty_only_takes_away(field, eye, heading_deg, pitch_deg, margin_m):
    sure = whole(field, eye, heading_deg, pitch_deg, BAND)
    unsure = whole(field, eye, heading_deg, pitch_deg, BAND, uncertainty_m=margin_m)
    assert set(unsure.cells) <= set(sure.cells)
    assert unsure.max_px_per_m >= sure.max_px_per_m


@settings(deadline=None, max_examples=30)
@given(field=sparse_fields, eye=eyes, heading_deg=headings_deg, pitch_deg=pitches_deg, seed=st.integers(0, 99))
def test_testing_fewer_cells_changes_nothing_else(field, eye, heading_deg, pitch_deg, seed):
    among = np.random.default_rng(seed).random(field.grid.shape) < 0.4
    everything = whole(field, eye, heading_deg, pitch_deg, BAND)
    some = whole(field, eye, heading_deg, pitch_deg, BAND, among=among)
    assert some.cells.tolist() == [cell for cell in everything.cells.tolist() if among.flat[cell]]
    assert some.max_px_per_m == everything.max_px_per_m


def test_the_cap_counts_up_to_the_ridge_and_the_eaves_hide_the_ground():
    """A ridge 8 m over the eaves, 35 m below the camera: 686 px of focal length give 19.6 px/m, at the eaves 16.0."""
    eaves = flat_town(60, 60, [(20, 40, 25, 35, 12.0)])
    gabled = replace(eaves, peak_m=np.where(eaves.is_building, np.float32(20.0), eaves.top_m))
    below, above = (drone_view(field, LENS, 20.5, 30.5, 55.0, 0.0, -90.0, BAND) for field in (eaves, gabled))
    assert (above.cells == below.cells).all() and len(above.cells)
    assert below.max_px_per_m == pytest.approx(LENS.f_px / 43.0)
    assert above.max_px_per_m == pytest.approx(LENS.f_px / 35.0)


def test_an_eye_under_a_ridge_sees_it_from_any_density():
    eaves = flat_town(60, 60, [(20, 40, 25, 35, 12.0)])
    gabled = replace(eaves, peak_m=np.where(eaves.is_building, np.float32(20.0), eaves.top_m))
    assert drone_view(gabled, LENS, 30.5, 30.5, 15.0, 0.0, -90.0, BAND).max_px_per_m == math.inf


def test_an_unknown_ridge_is_refused():
    field = flat_town(60, 60, [])
    with pytest.raises(ValueError, match="finite"):
        drone_view(replace(field, peak_m=np.full_like(field.top_m, np.nan)), LENS, 30.5, 30.5, 60.0, 0.0, -90.0, BAND)
