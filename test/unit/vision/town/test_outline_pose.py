"""A wrong pose over a village, and the picture that the simulator draws from the right one."""

from dataclasses import replace

import numpy as np
import pytest

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose, project
from blindspot.site.ground.grid import Grid
from blindspot.vision.town.outline_pose import OutlinePose, moved
from blindspot.vision.town.seen_town import Prism, Town
from blindspot_sim.pictures.renderer import Renderer

LENS = Lens(35.0, 1280, 720)
TRUE = CameraPose(5.0, 2.0, -36.0, 60.0, 15.0, -60.0)
DOUBT = {"position_std_m": 1.0, "attitude_std_deg": float(np.hypot(2.0, 0.5)), "heading_std_deg": 2.0}
CORNERS = [(3.0, -8.0, 0.0), (10.0, -8.0, 0.0), (3.0, 2.0, 0.0)]


def house(west_m, south_m, top_m):
    """Seven metres by six."""
    ring = np.array([(west_m, south_m), (west_m + 7, south_m), (west_m + 7, south_m + 6), (west_m, south_m + 6)], float)
    return Prism((ring,), 0.0, top_m, top_m)


@pytest.fixture(scope="module")
def village():
    """Houses of different heights, 3 m and 4 m apart."""
    grid = Grid(-60.0, -60.0, 0.5, 240, 240)
    everywhere = np.ones(grid.shape, np.bool_)
    houses = tuple(
        house(10 * col - 27.0, 10 * row - 28.0, 3.0 + (3 * col + 5 * row) % 4) for col in range(6) for row in range(6)
    )
    return Town(grid, np.zeros(grid.shape, np.float32), everywhere, everywhere, houses, ())


@pytest.fixture(scope="module")
def outlines(village):
    return OutlinePose(village, LENS)


@pytest.fixture(scope="module")
def picture(village):
    return Renderer(village, LENS).render(TRUE)


def off_px(pose):
    """How far the block's corners are drawn from where they are."""
    return float(np.hypot(*(project(CORNERS, pose, LENS)[0] - project(CORNERS, TRUE, LENS)[0]).T).max())


@pytest.mark.parametrize("change", [(1.0, -0.8, 0.5, 0.004, -0.004, 0.03), (-0.9, 0.7, -0.8, -0.005, 0.0, -0.04)])
def test_a_wrong_pose_is_put_right_by_the_outlines(outlines, picture, change):
    reported = moved(replace(TRUE, **DOUBT), np.array(change))
    assert off_px(reported) > 10
    corrected = outlines.correct(picture, reported)
    assert corrected is not None
    assert off_px(corrected.pose) < 4
    assert corrected.pose.attitude_std_deg < reported.attitude_std_deg
    assert corrected.pose.stamp_s == reported.stamp_s


def test_a_right_pose_stays(outlines, picture):
    corrected = outlines.correct(picture, replace(TRUE, **DOUBT))
    assert corrected is not None
    assert off_px(corrected.pose) < 3


def test_a_picture_of_something_else_corrects_nothing(outlines):
    noise = np.random.default_rng(1).integers(0, 255, (LENS.height_px, LENS.width_px, 3), np.uint8)
    assert outlines.correct(noise, replace(TRUE, **DOUBT)) is None
    assert outlines.correct(np.full_like(noise, 128), replace(TRUE, **DOUBT)) is None


def test_where_no_building_is_in_sight_nothing_is_said(outlines, picture):
    assert outlines.correct(picture, replace(TRUE, north_m=60.0, **DOUBT)) is None
