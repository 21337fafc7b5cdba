import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from test.factories import flat_town

from blindspot.coverage.ground.patrol import area_by_share, at_preset, could_see, time_share, tour_s
from blindspot.coverage.sight.fixed import fixed_coverage
from blindspot.coverage.sight.single_camera import elevations_deg
from blindspot.site.town.lens import vfov_deg
from blindspot.site.town.model import FixedCamera, Preset

EAST, NORTH = Preset(90.0, -15.0, 60.0, 20.0), Preset(0.0, -15.0, 60.0, 10.0)
PTZ = FixedCamera(
    id="ptz", east_m=30.5, north_m=30.5, height_m=6.0, kind="panning", heading_deg=None, tilt_deg=-15.0, hfov_deg=60.0,
    vfov_deg=vfov_deg(60.0, 1920, 1080), width_px=1920, height_px=1080, range_m=25.0, presets=(EAST, NORTH),
)  # fmt: skip
DOME = replace(
    PTZ, id="dome", kind="dome", hfov_deg=360.0, tilt_deg=-45.0, vfov_deg=90.0, width_px=9000, range_m=5.0, presets=()
)


def share_of(field, *cameras, min_px_per_m=25.0):
    town = SimpleNamespace(cameras=cameras)
    return time_share(town, field, fixed_coverage(town, field), min_px_per_m)


def could_see_in(field, *cameras):
    town = SimpleNamespace(cameras=cameras)
    return could_see(town, field, fixed_coverage(town, field))


def test_a_tour_is_its_dwells_and_a_move_after_each():
    assert tour_s((EAST, NORTH)) == 20 + 5 + 10 + 5
    assert tour_s((EAST,)) == 20


def test_a_place_is_seen_for_the_dwell_of_its_preset_over_the_whole_tour():
    share = share_of(flat_town(61, 61), PTZ)
    assert share[30, 45] == pytest.approx(20 / 40)
    assert share[45, 30] == pytest.approx(10 / 40)
    assert share[30, 15] == share[15, 30] == 0
    assert set(np.unique(share).tolist()) == {0.0, 0.25, 0.5}


def test_presets_that_overlap_add_up():
    both = replace(PTZ, presets=(EAST, replace(NORTH, heading_deg=80.0)))
    assert share_of(flat_town(61, 61), both)[30, 45] == pytest.approx(30 / 40)


def test_a_single_preset_is_never_left():
    assert share_of(flat_town(61, 61), replace(PTZ, presets=(EAST,)))[30, 45] == 1


def test_of_several_tours_the_largest_share_counts_and_a_camera_that_always_sees_makes_it_one():
    other = replace(PTZ, id="other", presets=(replace(EAST, dwell_s=5.0), replace(NORTH, dwell_s=25.0)))
    share = share_of(flat_town(61, 61), PTZ, other, replace(DOME, north_m=50.5))
    assert share[30, 45] == pytest.approx(20 / 40)
    assert share[40, 30] == pytest.approx(25 / 40)
    assert share[48, 30] == 1


def test_too_few_pixels_are_not_seen_at_any_time():
    sharp = share_of(flat_town(61, 61), PTZ, min_px_per_m=PTZ.f_px / 12)
    assert sharp[30, 38] == pytest.approx(0.5)
    assert sharp[30, 50] == 0


def test_a_camera_without_a_tour_or_outside_the_map_has_no_share():
    assert not share_of(flat_town(61, 61), replace(PTZ, presets=()), replace(PTZ, id="far", east_m=70.0)).any()


def test_turned_it_could_see_all_round_and_a_wall_still_hides():
    field = flat_town(61, 61, [(28, 33, 20, 22, 20.0)])
    best = could_see_in(field, replace(PTZ, presets=()))
    assert best[30, 45] > 0
    assert best[30, 23] > 0
    assert best[30, 15] == 0
    assert best[30, 45] == best[45, 30]
    corner = math.hypot(PTZ.f_px, 960, 540)
    assert best[30, 45] == pytest.approx(corner / math.hypot(15, 6 - 1.7), rel=1e-5)


def test_potential_view_is_kept_apart_from_seen_ground():
    field = flat_town(61, 61)
    town = SimpleNamespace(cameras=(PTZ, replace(PTZ, id="aimless", kind="fixed", presets=())))
    fixed = fixed_coverage(town, field)
    assert could_see(town, field, fixed).any()
    assert not fixed.density_px_per_m.any()
    assert time_share(town, field, fixed, 25.0).max() == pytest.approx(0.5)


blocks = st.lists(
    st.tuples(st.integers(0, 55), st.integers(1, 6), st.integers(0, 55), st.integers(1, 6), st.floats(1, 20)),
    max_size=6,
)
presets = st.builds(Preset, st.floats(0, 360), st.floats(-90, 15), st.floats(5, 100), st.floats(1, 60))


@settings(max_examples=40)
@given(blocks=blocks, tour=st.lists(presets, min_size=1, max_size=4), height_m=st.floats(2, 12))
def test_no_preset_sees_more_than_could_be_seen_and_shares_lie_between(blocks, tour, height_m):
    field = flat_town(61, 61, [(r, r + h, c, c + w, m) for r, h, c, w, m in blocks])
    camera = replace(PTZ, height_m=height_m, presets=tuple(tour))
    best, share = could_see_in(field, camera), share_of(field, camera)
    for preset in tour:
        town = SimpleNamespace(cameras=(at_preset(camera, preset),))
        density = fixed_coverage(town, field).density_px_per_m
        assert (density <= best).all()
        assert (share[density >= 25] >= np.float32(preset.dwell_s / tour_s(tour)) * (1 - 1e-6)).all()
    assert ((share >= 0) & (share <= 1)).all()
    assert not share[best < 25].any()


@settings(max_examples=40)
@given(
    heading_deg=st.floats(0, 360), tilt_deg=st.floats(-90, 20), hfov_deg=st.floats(5, 150), height_m=st.floats(2, 12)
)
def test_no_heading_of_a_camera_without_one_sees_more_than_it_could(heading_deg, tilt_deg, hfov_deg, height_m):
    field, v_deg = flat_town(61, 61), vfov_deg(hfov_deg, 1920, 1080)
    aimless = replace(
        PTZ, kind="fixed", height_m=height_m, tilt_deg=tilt_deg, hfov_deg=hfov_deg, vfov_deg=v_deg, presets=()
    )
    town = SimpleNamespace(cameras=(replace(aimless, heading_deg=heading_deg),))
    assert (fixed_coverage(town, field).density_px_per_m <= could_see_in(field, aimless)).all()


@given(tilt_deg=st.floats(-90, 20), hfov_deg=st.floats(5, 150), right=st.floats(-1, 1), up=st.floats(-1, 1))
def test_every_point_of_a_picture_lies_between_its_elevations(tilt_deg, hfov_deg, right, up):
    camera = replace(PTZ, kind="fixed", tilt_deg=tilt_deg, hfov_deg=hfov_deg, presets=())
    lowest_deg, highest_deg = elevations_deg(camera)
    x = right * math.tan(math.radians(hfov_deg / 2))
    y = up * math.tan(math.radians(hfov_deg / 2)) * 1080 / 1920
    tilt = math.radians(tilt_deg)
    sine = (math.sin(tilt) + y * math.cos(tilt)) / math.hypot(x, y, 1)
    assert lowest_deg - 2e-3 <= math.degrees(math.asin(max(-1, min(1, sine)))) <= highest_deg + 2e-3


def test_areas_by_share_add_up_by_hand():
    share = np.array([[0, 0.05, 0.1], [0.25, 0.5, 0.51], [0.99, 1, 1]], np.float32)
    where = np.ones_like(share, bool)
    where[2, 2] = False
    assert area_by_share(share, where, 0.25) == {
        "never": 0.25, "0-10 %": 0.5, "10-25 %": 0.25, "25-50 %": 0.25, "50-75 %": 0.25, "75-100 %": 0.25,
        "always": 0.25,
    }  # fmt: skip
