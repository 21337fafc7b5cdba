"""A published picture shows no surface finer than its limit, whatever a network finds."""

import math
from dataclasses import replace

import numpy as np
import pytest

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose, project
from blindspot.core.errors import MaskingError
from blindspot.site.ground.grid import Grid
from blindspot.vision.coarsen import Coarsener
from blindspot.vision.masking import Masker
from blindspot.vision.models.detector import Detections
from blindspot.vision.town.seen_town import Town

VISIBLE, THERMAL = Lens(4.5, 240, 136), Lens(6.1, 160, 128)  # parts from the middle of the two reference cameras
POSE = CameraPose(5.0, 0, 0, 51, 30.0, -90, position_std_m=1.0, attitude_std_deg=2.1, heading_std_deg=2.0)
MOST_PX_PER_M = 25.0
CONTRAST = 140


def town_with(ground_m=0.0, allowed=True):
    grid = Grid(-100.0, -100.0, 0.5, 400, 400)
    ground = np.broadcast_to(np.asarray(ground_m, np.float32), grid.shape).copy()
    public = np.broadcast_to(np.asarray(allowed), grid.shape).copy()
    return Town(grid, ground, public, public, (), ())


FLAT = town_with()


def stripes(lens, px_per_m, wide_m, turn_rad):
    """Stripes on a surface that faces the camera, drawn with 8 x 8 rays a pixel."""
    u, v = ((np.arange(8 * side) + 0.5) / 8 / px_per_m for side in (lens.width_px, lens.height_px))
    bright = np.floor((u[None] * math.cos(turn_rad) + v[:, None] * math.sin(turn_rad)) / wide_m) % 2
    share = bright.reshape(lens.height_px, 8, lens.width_px, 8).mean(axis=(1, 3))
    return np.repeat(np.rint(60 + CONTRAST * share).astype(np.uint8)[..., None], 3, axis=2)


def contrast(picture):
    return float(np.subtract(*np.percentile(picture[..., 0], (95, 5))))


def whole(lens):
    return np.full((lens.height_px, lens.width_px), 255, np.uint8)


@pytest.mark.parametrize("lens", [VISIBLE, THERMAL])
def test_stripes_of_half_a_cell_vanish_and_stripes_of_two_cells_stay(lens):
    coarsener, rng = Coarsener(FLAT, lens, MOST_PX_PER_M), np.random.default_rng(1)
    for _ in range(10):
        px_per_m, pitch_deg, turn_rad = rng.uniform(51, 60), rng.uniform(-90, -50), rng.uniform(0, math.pi)
        up_m = lens.depth_for(px_per_m) * math.sin(math.radians(-pitch_deg))
        pose = replace(POSE, up_m=up_m, pitch_deg=pitch_deg, heading_deg=rng.uniform(0, 360))
        left = {}
        for wide_m in (0.02, 0.08):
            before = stripes(lens, px_per_m, wide_m, turn_rad)
            left[wide_m] = contrast(coarsener.coarsen(before, whole(lens), pose)) / CONTRAST
        assert left[0.02] < 0.05
        assert left[0.08] > 0.7


def levels(picture):
    """Number of different columns: cells across the picture."""
    return 1 + int(np.count_nonzero((np.diff(picture.astype(int), axis=1) != 0).any(axis=(0, 2))))


def test_no_surface_is_finer_than_the_limit_when_the_camera_turns_and_on_a_terrace():
    noise = np.random.default_rng(2).integers(0, 255, (136, 240, 3)).astype(np.uint8)
    terrace = np.zeros((400, 400), np.float32)
    terrace[:, :200] = 12.0
    for town, high_m in ((FLAT, 0.0), (town_with(terrace), 12.0)):
        coarsener = Coarsener(town, VISIBLE, MOST_PX_PER_M)
        for heading_deg in (30.0, 120.0):
            out = coarsener.coarsen(noise, whole(VISIBLE), replace(POSE, heading_deg=heading_deg))
            px_per_m = VISIBLE.f_px / (POSE.up_m - high_m)
            assert 0.75 * 240 / px_per_m * 25 < levels(out) <= 240 / px_per_m * 25


def test_a_picture_that_is_coarser_than_the_limit_already_is_unchanged():
    noise = np.random.default_rng(3).integers(0, 255, (136, 240, 3)).astype(np.uint8)
    high = replace(POSE, up_m=150.0)
    assert np.array_equal(Coarsener(FLAT, VISIBLE, MOST_PX_PER_M).coarsen(noise, whole(VISIBLE), high), noise)
    assert np.array_equal(Coarsener(FLAT, VISIBLE, math.inf).coarsen(noise, whole(VISIBLE), POSE), noise)


def test_masked_pixels_stay_masked_and_give_no_colour_to_others():
    white, shown = np.full((136, 240, 3), 200, np.uint8), whole(VISIBLE)
    shown[50:75, 100:130] = 0
    white[50:75, 100:130] = (0, 0, 255)
    out = Coarsener(FLAT, VISIBLE, MOST_PX_PER_M).coarsen(white, shown, POSE)
    assert not out[shown == 0].any()
    assert (out[..., 2] <= out[..., 0]).all()


def test_a_picture_of_masked_ground_alone_is_black_and_ground_that_nobody_knows_is_never_shown():
    white = np.full((136, 240, 3), 200, np.uint8)
    assert not Coarsener(FLAT, VISIBLE, MOST_PX_PER_M).coarsen(white, 0 * whole(VISIBLE), POSE).any()
    assert not Coarsener(town_with(allowed=False), VISIBLE, MOST_PX_PER_M).coarsen(white, whole(VISIBLE), POSE).any()


@pytest.mark.parametrize("px_per_m", [0.0, -1.0, math.nan])
def test_a_limit_that_is_no_density_is_refused(px_per_m):
    with pytest.raises(MaskingError, match="has to be above 0"):
        Coarsener(FLAT, VISIBLE, px_per_m)


def test_a_pose_that_masking_refuses_is_refused():
    for pose in (replace(POSE, position_std_m=math.nan), replace(POSE, roll_deg=40.0, pitch_deg=-60)):
        with pytest.raises(MaskingError):
            Coarsener(FLAT, VISIBLE, MOST_PX_PER_M).coarsen(np.zeros((136, 240, 3), np.uint8), whole(VISIBLE), pose)


def test_the_mask_alone_and_the_masked_picture_agree(town, lens):
    pose = replace(POSE, east_m=0.0, north_m=0.0, position_std_m=0.1)
    picture = np.full((lens.height_px, lens.width_px, 3), 200, np.uint8)
    (at,), _ = project([(0.0, 0.0, 0.0)], pose, lens)
    person = Detections(np.array([[*(at - 10), *(at + 10)]], np.float32), np.ones(1, np.float32), ("person",))
    masker = Masker(town, lens)
    masked, shown = masker.mask(picture, person, pose, 5.0), masker.shown(person, pose, 5.0)
    assert np.array_equal(masked.any(axis=2), shown > 0)
