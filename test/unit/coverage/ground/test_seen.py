"""Conditions for seen ground: a steady, certain and legal picture, at its real pose."""

import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from test.factories import masks_over

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose
from blindspot.core.errors import InputError
from blindspot.coverage.ground.seen import SeenGround
from blindspot.mission.ground_masks import GroundMasks
from blindspot.mission.plan import DensityBand
from blindspot.site.ground.grid import Grid

LENS = Lens(35.0, 1920, 1080)
BAND = DensityBand(min_px_per_m=25, max_px_per_m=60)
GRID = Grid(-100, -100, 1.0, 200, 200)


def exposed(**changes):
    """A picture straight down from 90 m, with these changes."""
    steady = CameraPose(1.0, 0.0, 0.0, 90.0, 0.0, -90.0, position_std_m=0.3, attitude_std_deg=0.2)
    return replace(steady, **changes)


@pytest.fixture
def masks():
    """Flat open ground, the western half of it blind."""
    return masks_over(GRID, blind=np.tile(np.arange(200) < 100, (200, 1)))


@pytest.fixture
def seen(masks):
    return SeenGround(masks, BAND)


def look_twice(seen, exposure, **second):
    seen.look("drone1", LENS, exposure)
    return seen.look("drone1", LENS, replace(exposure, stamp_s=exposure.stamp_s + 0.2, **second))


def test_a_steady_nadir_picture_sees_the_blind_half_of_its_footprint(seen):
    assert look_twice(seen, exposed())
    # 90 m up: 56.8 m x 31.9 m of ground, drawn in by the person's height at the edges and by the pose error
    assert 0.5 * (53 - 2) * (29 - 2) <= seen.seen_area_m2 <= 0.5 * 57 * 32
    assert not seen.seen[:, 100:].any()
    assert len(seen.take_new_cells()) == seen.seen_area_m2 and len(seen.take_new_cells()) == 0


def test_the_first_picture_never_counts_because_its_motion_is_unknown(seen):
    assert not seen.look("drone1", LENS, exposed())
    assert seen.seen_area_m2 == 0 and seen.refused.total() == 1


@pytest.mark.parametrize(
    ("exposure", "second", "cause"),
    [
        (exposed(position_std_m=3.0), {}, "pose unsure"),
        (exposed(position_std_m=float("nan")), {}, "pose unsure"),
        (exposed(attitude_std_deg=2.0), {}, "pose unsure"),
        (exposed(up_m=40.0), {}, "over the density cap"),
        (exposed(), {"pitch_deg": -80.0}, "blurred: the camera turns"),
        (exposed(), {"heading_deg": 60.0}, "blurred: the camera turns"),
    ],
    ids=["unsure place", "unknown place", "unsure aim", "over the cap", "tilting", "turning"],
)
def test_a_picture_that_is_not_sure_steady_and_legal_does_not_count(seen, exposure, second, cause):
    assert not look_twice(seen, exposure, **second)
    assert set(seen.refused) <= {cause, "motion unknown: the first after a pause"} and cause in seen.refused
    assert seen.seen_area_m2 == 0 and seen.refused.total() == 2


def test_a_gap_breaks_the_motion(seen):
    seen.look("drone1", LENS, exposed(stamp_s=1.0))
    assert not seen.look("drone1", LENS, exposed(stamp_s=5.0))


def test_two_cameras_do_not_share_their_motion(seen):
    seen.look("drone1", LENS, exposed())
    assert not seen.look("drone2", LENS, exposed(stamp_s=1.2))


def test_age_is_that_of_the_place_seen_longest_ago(seen):
    look_twice(seen, exposed(stamp_s=10.0))
    look_twice(seen, exposed(stamp_s=50.0, east_m=-60.0))
    assert seen.oldest_view_age_s(60.2) == pytest.approx(50.0)


def test_a_cell_keeps_the_time_of_its_first_view_and_gets_that_of_each_later_one(seen, masks, tmp_path):
    file = saved(seen, tmp_path, 5.0, 9.0)
    with np.load(file) as data:
        first_s, last_s = data["first_seen_s"][seen.seen], data["last_seen_s"][seen.seen]
    assert set(first_s) == {5.0} and set(last_s) == {9.0}
    again = SeenGround(masks, BAND)
    assert again.resume(file, 5.0, 9.0)
    look_twice(again, exposed(stamp_s=20.0))
    assert set(again.first_seen_s[again.seen]) == {5.0}


def test_beside_straight_down_the_roll_says_how_the_picture_lies(seen, masks):
    """A gimbal that leans to its right by a hair looks east, rolled to the left: the picture's upper edge is north."""
    assert look_twice(seen, exposed(pitch_deg=-89.99, heading_deg=90.0, roll_deg=-90.0))
    upright = SeenGround(masks, BAND)
    assert look_twice(upright, exposed())
    assert np.array_equal(seen.seen, upright.seen)


def test_a_gimbal_that_trembles_about_straight_down_does_not_turn(seen):
    for number, side in enumerate((1, -1, 1, -1, 1)):
        lean = exposed(stamp_s=1 + 0.2 * number, pitch_deg=-89.9, heading_deg=180 - 90.0 * side, roll_deg=-90.0 * side)
        seen.look("drone1", LENS, lean)
    assert (seen.counted, seen.refused.total()) == (4, 1)


def test_an_upside_down_picture_does_not_count_because_it_cannot_be_masked(seen):
    assert not look_twice(seen, exposed(pitch_deg=-60.0, roll_deg=180.0))
    assert seen.refused["not upright: it can't be masked"] == 2


def test_a_camera_that_rolls_turns(seen):
    assert not look_twice(seen, exposed(pitch_deg=-60.0), roll_deg=15.0)
    assert seen.refused["blurred: the camera turns"] == 1


def saved(seen, folder, *times_s):
    """The file of a flight that saw the same place at these times."""
    for time_s in times_s:
        seen.look("drone1", LENS, exposed(stamp_s=time_s - 0.1))
        assert seen.look("drone1", LENS, exposed(stamp_s=time_s))
    seen.save(folder / "seen.npz")
    return folder / "seen.npz"


def test_a_restart_goes_on_with_the_ground_of_its_own_flight(seen, masks, tmp_path):
    today_s = 1.8e9
    file = saved(seen, tmp_path, today_s)
    again = SeenGround(masks, BAND)
    assert again.resume(file, today_s, today_s + 1.0)
    assert again.seen_area_m2 == seen.seen_area_m2 > 0 and np.array_equal(again.seen, seen.seen)
    assert again.oldest_view_age_s(today_s + 10.0) == pytest.approx(10.0)
    assert len(again.take_new_cells()) == again.seen.sum(), "they are new to those who draw it"
    look_twice(again, exposed(stamp_s=today_s + 5.0))
    assert again.seen_area_m2 == seen.seen_area_m2 and again.counted == 1


@pytest.mark.parametrize(("since_s", "until_s"), [(7.0, 60.0), (0.0, 5.0), (math.nan, 60.0), (0.0, math.nan)])
def test_the_ground_of_another_flight_is_not_taken_over(seen, masks, tmp_path, since_s, until_s):
    file = saved(seen, tmp_path, 6.0)
    again = SeenGround(masks, BAND)
    assert not again.resume(file, since_s, until_s)
    assert not again.seen.any() and again.seen_area_m2 == 0.0


def test_a_file_that_is_not_of_this_ground_is_not_taken_over(seen, masks, tmp_path):
    file = tmp_path / "seen.npz"
    again = SeenGround(masks, BAND)
    assert not again.resume(file, 0.0, 60.0)
    file.write_bytes(b"no archive")
    assert not again.resume(file, 0.0, 60.0)
    for times_s in (np.full((3, 3), 6.0), np.full(masks.grid.shape, 6.0), np.full(masks.grid.shape, np.nan)):
        np.savez_compressed(file, first_seen_s=times_s, last_seen_s=times_s)
        assert not again.resume(file, 0.0, 60.0)
    assert not again.seen.any()


@pytest.mark.parametrize("first_seen_s", [None, 7.0, math.nan, -1.0])
def test_a_file_whose_first_views_do_not_fit_the_last_ones_is_not_taken_over(seen, masks, tmp_path, first_seen_s):
    file = saved(seen, tmp_path, 6.0)
    first = {} if first_seen_s is None else {"first_seen_s": np.where(seen.seen, first_seen_s, np.nan)}
    np.savez_compressed(file, last_seen_s=seen.last_seen_s, **first)
    assert not SeenGround(masks, BAND).resume(file, 0.0, 60.0)


def test_ground_masks_come_back_from_their_file(masks, tmp_path):
    masks.save(tmp_path / "ground.npz")
    back = GroundMasks.load(tmp_path / "ground.npz")
    assert back.grid == masks.grid
    for name in ("public", "fixed_seen", "blind"):
        assert np.array_equal(getattr(back, name), getattr(masks, name))


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\3\4 half a file"])
def test_a_file_of_another_kind_is_named_in_the_error(tmp_path, content):
    (tmp_path / "ground.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"ground\.npz"):
        GroundMasks.load(tmp_path / "ground.npz")


FIRST_PICTURE = """
import sys
from types import SimpleNamespace
import numpy as np
from blindspot.coverage.sight.drone_camera import drone_view
from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose
from blindspot.coverage.ground.seen import warm_up
from blindspot.site.ground.grid import Grid, HeightField

def compiled():
    ours = [module for name, module in sys.modules.items() if name.startswith("blindspot.coverage")]
    kernels = {v for module in ours for v in vars(module).values() if hasattr(v, "nopython_signatures")}
    return sum(len(kernel.nopython_signatures) for kernel in kernels)

warm_up(SimpleNamespace(min_px_per_m=20.0, max_px_per_m=70.0))
warm, grid = compiled(), Grid(-30.0, -30.0, 1.0, 60, 60)
flat, blind = np.zeros(grid.shape, np.float32), np.ones(grid.shape, np.bool_)
drone_view(HeightField(grid, flat, flat), Lens(35.0, 1920, 1080), 0.0, 0.0, 80.0, 90.0, -60.0,
           SimpleNamespace(min_px_per_m=25.0, max_px_per_m=60.0), among=blind, uncertainty_m=0.3)
print(warm, compiled())
"""


def test_after_the_warm_up_the_first_picture_compiles_nothing():
    out = subprocess.run([sys.executable, "-c", FIRST_PICTURE], capture_output=True, text=True, check=True).stdout
    warm, after = map(int, out.split())
    assert 0 < warm == after
