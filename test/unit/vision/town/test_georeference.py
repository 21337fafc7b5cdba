from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, strategies as st

from blindspot.camera.projection import CameraPose, project, quaternion_of
from blindspot.site.ground.grid import Grid
from blindspot.vision.models.detector import Detections
from blindspot.vision.town.first_hit import TownRays
from blindspot.vision.town.georeference import HEIGHT_STD_SHARE, TERRAIN_STD_M, WALL_SIGMAS, Georeference
from blindspot.vision.town.seen_town import Town

POSE = CameraPose(0.0, 0, -45, 60, 0, -55, position_std_m=0.4, attitude_std_deg=0.4)
STANDARD = {"position_std_m": 1.0, "attitude_std_deg": float(np.hypot(2.0, 0.5)), "heading_std_deg": 2.0}
CHI2_95 = 5.991


def person_at(east_m, north_m, pose, lens, up_m=0.0, height_m=1.7):
    """The detection of someone whose box is drawn around her middle."""
    (u, v), *_ = project([(east_m, north_m, up_m + height_m / 2)], pose, lens)[0]
    return Detections(np.array([[u - 5, v - 12, u + 5, v + 12]], np.float32), np.ones(1, np.float32), ("person",))


@pytest.fixture(scope="module")
def place(town, lens):
    """Where somebody who is seen at a pose is said to stand."""
    made = Georeference(TownRays(town), lens)
    return lambda seen, pose: made.points(seen, pose)[0]


@given(east=st.floats(-9, 9), north=st.floats(-9, 9), pitch=st.floats(-90, -35), heading=st.floats(0, 359))
def test_the_foot_is_found_at_any_steepness(town, lens, place, east, north, pitch, heading):
    pose = replace(POSE, pitch_deg=pitch, heading_deg=heading, east_m=3.0, north_m=-4.0)
    if project([(east, north, 0.85)], pose, lens)[1][0] < 1:
        return
    point = place(person_at(east, north, pose, lens), pose)
    if point is not None:  # None where the ray is too flat, or the block hides her
        assert (point.east_m, point.north_m, point.up_m) == pytest.approx((east, north, 0), abs=0.05)
        assert np.sqrt(np.linalg.eigvalsh(point.covariance_m2)).min() > pose.position_std_m


def test_a_flat_ray_says_nothing(lens, place):
    middle = Detections(np.array([[310, 170, 330, 190]], np.float32), np.ones(1, np.float32), ("person",))
    assert place(middle, replace(POSE, pitch_deg=0.0)) is None


def test_objects_outside_the_town_have_no_position(lens, place):
    pose = replace(POSE, north_m=200.0)
    assert place(person_at(0, 245, pose, lens), pose) is None


def test_a_slope_is_followed_to_where_the_ray_first_meets_it(lens):
    """The ground rises by 0.2 to the north, toward which the camera looks."""
    grid = Grid(-50.0, -50.0, 0.5, 200, 200)
    north = np.arange(-49.75, 50, 0.5)[:, None] + np.zeros(grid.shape)
    slope = Town(grid, (0.2 * north).astype(np.float32), north < 99, north < 99, (), ())
    found = Georeference(TownRays(slope), lens).points(person_at(2, 5, POSE, lens, up_m=1.0), POSE)
    assert (found[0].east_m, found[0].north_m, found[0].up_m) == pytest.approx((2, 5, 1.0), abs=0.05)


def test_a_person_seen_on_a_facade_is_not_placed_behind_it(lens, place):
    """The block's west wall is 12 m high: a box at half of it can't be of someone on the ground in front of it."""
    pose = replace(POSE, east_m=-35.0, north_m=0.0, heading_deg=90.0)
    (u, v), *_ = project([(10.0, 0.0, 6.0)], pose, lens)[0]
    box = np.array([[u - 5, v - 12, u + 5, v + 12]], np.float32)
    on_the_wall = Detections(box, np.ones(1, np.float32), ("person",))
    assert place(on_the_wall, pose) is None


def test_a_person_close_to_a_facade_is_placed_before_it_despite_pose_errors(lens, place):
    pose = replace(POSE, east_m=-35.0, north_m=0.0, heading_deg=90.0, **STANDARD)
    seen = person_at(9.0, 0.0, pose, lens)
    point = place(seen, replace(pose, east_m=pose.east_m + 2.0))
    assert point is not None
    assert 9.0 < point.east_m < 10.0
    assert place(seen, replace(pose, east_m=pose.east_m + 4.0 * WALL_SIGMAS)) is None


def test_objects_on_a_roof_have_no_position(lens, place):
    pose = replace(POSE, east_m=20.0, north_m=0.0, pitch_deg=-90.0)
    assert place(person_at(20.0, 0.0, pose, lens), pose) is None


def wrong(pose, rng):
    """A reported pose with a random error of these standard deviations."""
    turn = np.radians(rng.normal(0, pose.level_std_deg, 3))
    turn[2] += np.radians(rng.normal(0, pose.heading_std_deg))
    position = pose.position_m + rng.normal(0, pose.position_std_m, 3)
    rotation = cv2.Rodrigues(turn)[0] @ pose.rotation.T
    return CameraPose.from_quaternion(
        pose.stamp_s, tuple(position), quaternion_of(rotation),
        pose.position_std_m, pose.attitude_std_deg, pose.heading_std_deg,
    )  # fmt: skip


@pytest.mark.parametrize("doubt", [STANDARD, {"position_std_m": 0.05, "attitude_std_deg": 0.4}])
@pytest.mark.parametrize("pitch_deg", [-60.0, -40.0])
def test_the_covariance_ellipse_holds_its_nominal_share(lens, place, doubt, pitch_deg):
    """Monte Carlo over wrong poses, heights of people and of the ground; the box's own error is left out on both
    sides."""
    rng = np.random.default_rng(1)
    pose = replace(POSE, pitch_deg=pitch_deg, north_m=60 / np.tan(np.radians(pitch_deg)), **doubt)
    inside = []
    for _ in range(400):
        height_m, up_m = 1.7 * (1 + rng.normal(0, HEIGHT_STD_SHARE)), rng.normal(0, TERRAIN_STD_M)
        point = place(person_at(-3.0, 0.0, pose, lens, up_m, height_m), wrong(pose, rng))
        off = np.array([point.east_m + 3.0, point.north_m])
        inside.append(off @ np.linalg.solve(point.lasting_m2, off) <= CHI2_95)
    assert 0.90 <= np.mean(inside) <= 0.98


def test_a_heading_error_widens_the_covariance_across_the_line_of_sight(lens, place):
    pose = replace(POSE, position_std_m=0.0, attitude_std_deg=2.0, heading_std_deg=2.0)
    point = place(person_at(0.0, 0.0, pose, lens), pose)
    across_m, along_m = np.sqrt(np.diag(point.lasting_m2))
    assert across_m == pytest.approx(np.radians(2.0) * 45, rel=0.05)
    assert along_m < 0.5


def test_an_unsure_box_moves_the_point_by_its_pixels(lens, place):
    pose = replace(POSE, north_m=0.0, pitch_deg=-90.0, position_std_m=0.0, attitude_std_deg=0.0)
    point = place(person_at(0.0, 0.0, pose, lens), pose)
    pixel_m = (60 - 0.85) / lens.f_px
    assert np.sqrt(np.diag(point.passing_m2)) == pytest.approx(np.hypot(1.0, 0.05 * 24) * pixel_m, rel=0.01)
    assert point.wide_m == pytest.approx(10 * pixel_m, rel=0.01)
