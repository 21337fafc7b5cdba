import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st
from test.factories import flat_town

from blindspot.coverage.sight.fixed import enter, fixed_coverage, sight_of
from blindspot.site.ground.grid import Grid, HeightField
from blindspot.site.town.model import FixedCamera

DOME = FixedCamera(
    id="dome", east_m=10.5, north_m=10.5, height_m=6.0, kind="dome", heading_deg=None, tilt_deg=-45.0, hfov_deg=360.0,
    vfov_deg=90.0, width_px=3600, height_px=900, range_m=60.0,
)  # fmt: skip
FIXED = replace(DOME, id="fixed", kind="fixed", heading_deg=90.0, tilt_deg=-10.0, hfov_deg=60.0, vfov_deg=40.0)


def coverage_of(field, *cameras, progress=None):
    return fixed_coverage(SimpleNamespace(cameras=cameras), field, progress=progress)


def is_seen(field, camera, target_height_m):
    count = np.zeros(field.grid.shape, np.uint8)
    sight = sight_of(camera, field, target_height_m)
    enter(sight, field, np.zeros(field.grid.shape, np.float32), count, target_height_m)
    return count > 0


def test_the_shadow_of_one_block_is_as_long_as_computed_by_hand():
    """A 6 m mast, a 4 m block that ends 10 m away: the ground is hidden up to 10 x 6 / (6 - 4) = 30 m from the mast."""
    field = flat_town(21, 60, [(0, 21, 16, 21, 4.0)])
    camera = replace(DOME, east_m=11.0)
    seen = is_seen(field, camera, 0.0)[10]
    centres_m = np.arange(60) + 0.5
    hidden = (centres_m > 16) & (centres_m < 41)
    assert (seen == ~hidden).all()


def test_a_head_shows_over_a_wall_earlier_than_the_ground():
    """The same for a 1.7 m head: hidden up to 10 x (6 - 1.7) / (6 - 4) = 21.5 m from the mast."""
    field = flat_town(21, 60, [(0, 21, 16, 21, 4.0)])
    seen = coverage_of(field, replace(DOME, east_m=11.0)).count[10] > 0
    assert not seen[32]  # its centre is 21.5 m away, where the sight line just touches: see below
    assert seen[33]
    assert not seen[31]


def test_density_of_a_pinhole_is_focal_length_over_depth():
    field = flat_town(41, 60)
    camera = replace(FIXED, north_m=20.5, tilt_deg=0.0, vfov_deg=90.0)
    found = coverage_of(field, camera)
    f_px = 1800 / math.tan(math.radians(30))
    assert found.density_px_per_m[20, 40] == pytest.approx(f_px / 30, rel=1e-6)
    assert found.density_px_per_m[24, 40] == pytest.approx(f_px / 30, rel=1e-6)
    assert found.density_px_per_m[20, 5] == 0


def test_a_tilted_pinhole_takes_the_deeper_one_of_foot_and_head():
    field = flat_town(41, 60)
    found = coverage_of(field, replace(FIXED, north_m=20.5))
    tilt = math.radians(-10)
    depth_m = 30 * math.cos(tilt) - 6 * math.sin(tilt)
    assert found.density_px_per_m[20, 40] == pytest.approx(FIXED.f_px / depth_m, rel=1e-6)


def test_density_of_a_dome_is_pixels_a_radian_over_distance():
    found = coverage_of(flat_town(41, 60), replace(DOME, north_m=20.5))
    assert found.density_px_per_m[20, 18] == pytest.approx(3600 / (2 * math.pi) / math.hypot(8, 6), rel=1e-6)


def test_a_pinhole_is_blind_at_its_foot_and_outside_its_sector():
    seen = coverage_of(flat_town(41, 60), replace(FIXED, north_m=20.5)).count > 0
    rows, cols = np.nonzero(seen)
    assert (np.degrees(np.arctan2(np.abs(rows - 20), cols - 10.0)) <= 31).all()
    head_below_m = 6.0 - 1.7
    nearest_m = head_below_m / math.tan(math.radians(10 + 20))
    assert cols[rows == 20].min() == math.ceil(10.5 + nearest_m - 0.5)


def test_range_cuts_off():
    field = flat_town(41, 60)
    rows, cols = np.nonzero(coverage_of(field, replace(DOME, north_m=20.5, range_m=9.0)).count)
    assert np.hypot(rows - 20, cols - 10).max() <= 9.0
    assert len(rows) == sum(r * r + c * c <= 81 for r in range(-9, 10) for c in range(-9, 10))


def test_cameras_that_do_not_always_see_count_for_nothing_and_are_named():
    found = coverage_of(
        flat_town(30, 30),
        replace(DOME, id="turning", kind="panning", hfov_deg=60.0),
        replace(FIXED, id="aimless", heading_deg=None),
        replace(DOME, id="far", east_m=31.0),
    )
    assert not found.count.any()
    assert found.area_m2 == {}
    assert found.left_out == {"turning": "turns", "aimless": "no known direction", "far": "beyond the map's edge"}
    with pytest.raises(ValueError, match="outside the field"):
        sight_of(replace(DOME, east_m=31.0), flat_town(30, 30))


def test_two_cameras_count_twice_and_the_better_density_wins():
    field, near = flat_town(30, 30), replace(DOME, east_m=20.5)
    both = coverage_of(field, DOME, near)
    alone = [coverage_of(field, camera) for camera in (DOME, near)]
    assert (both.count == alone[0].count + alone[1].count).all()
    assert (both.density_px_per_m == np.maximum(alone[0].density_px_per_m, alone[1].density_px_per_m)).all()
    assert both.area_m2["dome"] == alone[0].area_m2["dome"] == alone[0].count.sum()


blocks = st.lists(
    st.tuples(st.integers(0, 25), st.integers(1, 5), st.integers(0, 25), st.integers(1, 5), st.floats(1, 20)),
    max_size=8,
)
spots_m = st.floats(0.1, 29.9)


@settings(deadline=None, max_examples=40)
@given(blocks=blocks, east_m=spots_m, north_m=spots_m, height_m=st.floats(3, 10), more_m=st.floats(0.1, 10))
def test_over_level_ground_a_higher_mast_loses_nothing_to_walls(blocks, east_m, north_m, height_m, more_m):
    """A ray from higher up clears every wall that the lower one cleared (a dome has no limit of elevation down)."""
    field = flat_town(30, 30, [(r, r + h, c, c + w, m) for r, h, c, w, m in blocks])
    camera = replace(DOME, east_m=east_m, north_m=north_m, height_m=height_m)
    low = is_seen(field, camera, 0.0)
    high = is_seen(field, replace(camera, height_m=height_m + more_m), 0.0)
    assert not (low & ~high).any()


@settings(deadline=None, max_examples=40)
@given(blocks=blocks, east_m=spots_m, north_m=spots_m, extra=st.tuples(st.integers(0, 28), st.integers(0, 28)))
def test_one_more_building_never_shows_more(blocks, east_m, north_m, extra):
    assume(not (extra[0] <= north_m < extra[0] + 2 and extra[1] <= east_m < extra[1] + 2))  # not around the mast
    town = [(r, r + h, c, c + w, m) for r, h, c, w, m in blocks]
    camera = replace(DOME, east_m=east_m, north_m=north_m)
    before = coverage_of(flat_town(30, 30, town), camera).count > 0
    after = (
        coverage_of(flat_town(30, 30, [*town, (extra[0], extra[0] + 2, extra[1], extra[1] + 2, 20.0)]), camera).count
        > 0
    )
    assert not (after & ~before).any()


@settings(deadline=None, max_examples=40)
@given(blocks=blocks, east_m=spots_m, north_m=spots_m, lower_m=st.floats(0, 1.7))
def test_a_taller_target_is_seen_wherever_a_shorter_one_is(blocks, east_m, north_m, lower_m):
    field = flat_town(30, 30, [(r, r + h, c, c + w, m) for r, h, c, w, m in blocks])
    camera = replace(DOME, east_m=east_m, north_m=north_m)
    short = is_seen(field, camera, lower_m)
    tall = is_seen(field, camera, 1.8)
    assert not (short & ~tall).any()


@pytest.mark.parametrize("name", ["synthetic_seed7", "nantes_dense_crop"])
def test_agreement_with_the_exact_line_of_sight_of_the_reference_scenes(shared_data, name):
    from blindspot_lab.bench.tools.scenes import Scene

    scene = Scene.load(shared_data / "scenes" / f"{name}.npz")
    compared = differing = 0
    for number in range(0, scene.cameras, 4):
        cells, wrong = scene.disagreement(number)
        compared, differing = compared + cells, differing + wrong
    assert compared > 100_000
    assert differing <= 0.005 * compared


def test_behind_a_terrace_the_lower_ground_is_hidden_as_far_as_computed_by_hand():
    """A 6 m mast on a 3 m terrace that ends 10 m away: the lower ground is hidden up to 10 x 9 / (9 - 3) = 15 m."""
    ground = np.zeros((21, 60), np.float32)
    ground[:, :21] = 3.0
    field = HeightField(Grid(0.0, 0.0, 1.0, 21, 60), ground, ground.copy())
    seen = is_seen(field, replace(DOME, east_m=11.0), 0.0)[10]
    centres_m = np.arange(60) + 0.5
    assert (seen == ~((centres_m > 21) & (centres_m < 26))).all()


def test_over_a_terrain_a_picture_is_as_wide_as_over_level_ground():
    """A pit far away makes the ground uneven; what the camera sees here stays the same."""
    level, terrain = flat_town(41, 60, [(25, 28, 25, 30, 9.0)]), flat_town(41, 61, [(25, 28, 25, 30, 9.0)])
    terrain.ground_m[0, 60] = terrain.top_m[0, 60] = -5.0
    for camera in (replace(FIXED, east_m=10.4, north_m=20.3), replace(DOME, east_m=10.4, north_m=20.3, hfov_deg=100.0)):
        swept, traced = coverage_of(level, camera), coverage_of(terrain, camera)
        assert (swept.count == traced.count[:, :60]).all()
        assert (swept.density_px_per_m == traced.density_px_per_m[:, :60]).all()


def test_many_cameras_at_once_are_entered_in_their_order():
    cameras = [replace(DOME, id=str(k), east_m=1.5 + k, north_m=15.5, range_m=12.0) for k in range(28)]
    reported = []
    found = coverage_of(flat_town(30, 30), *cameras, progress=lambda done, of: reported.append((done, of)))
    assert list(found.area_m2) == [str(k) for k in range(28)]
    assert reported == [(k + 1, 28) for k in range(28)]
