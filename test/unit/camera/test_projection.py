import math

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

from blindspot.camera.optics import Lens, camera_axes
from blindspot.camera.projection import CameraPose, project, unproject

LENS = Lens(90.0, 201, 101)  # f = 100.5 px, centre (100, 50)

headings = st.floats(0, 359.9)
poses = st.builds(
    CameraPose,
    stamp_s=st.just(0.0), east_m=st.floats(-300, 300), north_m=st.floats(-300, 300), up_m=st.floats(20, 120),
    heading_deg=headings, pitch_deg=st.floats(-90, -25), roll_deg=st.floats(-5, 5),
)  # fmt: skip


def test_a_camera_that_looks_north_has_east_on_its_right():
    pose = CameraPose(0, 0, 0, 0, heading_deg=0, pitch_deg=0)
    pixels, depth = project([(0, 10, 0), (10, 10, 0), (0, 10, 5)], pose, LENS)
    assert depth == pytest.approx([10, 10, 10])
    assert pixels == pytest.approx(np.array([(100, 50), (200.5, 50), (100, -0.25)]))


def test_at_the_nadir_the_heading_is_up_in_the_picture():
    pose = CameraPose(0, 0, 0, 50, heading_deg=90, pitch_deg=-90)
    pixels, depth = project([(10, 0, 0), (0, 10, 0)], pose, LENS)
    assert depth == pytest.approx([50, 50])
    assert pixels == pytest.approx(np.array([(100, 50 - 20.1), (100 - 20.1, 50)]))


def test_a_point_behind_the_camera_has_no_pixel():
    pixels, depth = project([(0, -1, 0)], CameraPose(0, 0, 0, 0, 0, 0), LENS)
    assert np.isnan(pixels).all()
    assert depth[0] == -1


def test_a_ray_over_the_horizon_never_meets_the_ground():
    pose = CameraPose(0, 0, 0, 10, heading_deg=0, pitch_deg=0)
    assert np.isnan(unproject([(100, 49), (100, 50)], pose, LENS)).all()
    assert np.isfinite(unproject([(100, 51)], pose, LENS)).all()


def test_a_positive_roll_lowers_the_right_side():
    level = CameraPose(0, 0, 0, 0, heading_deg=0, pitch_deg=0)
    rolled = CameraPose(0, 0, 0, 0, heading_deg=0, pitch_deg=0, roll_deg=10)
    point = [(5, 10, 0)]
    assert project(point, rolled, LENS)[0][0, 1] < project(point, level, LENS)[0][0, 1]


@given(heading=headings, pitch=st.floats(-90, 90), roll=st.floats(-180, 180))
def test_the_axes_are_those_of_the_coverage(heading, pitch, roll):
    right, up, forward = camera_axes(heading, pitch, roll)
    rotation = CameraPose(0, 0, 0, 0, heading, pitch, roll).rotation
    assert rotation == pytest.approx(np.array([right, [-c for c in up], forward]), abs=1e-12)


@given(pose=poses, u=st.floats(0, 200), v=st.floats(0, 100), up_m=st.floats(-5, 15))
def test_unproject_undoes_project(pose, u, v, up_m):
    on_ground = unproject([(u, v)], pose, LENS, up_m)[0]
    assume(np.isfinite(on_ground).all() and np.abs(on_ground).max() < 1e4)
    pixels, _ = project([(*on_ground, up_m)], pose, LENS)
    assert pixels[0] == pytest.approx((u, v), abs=1e-6)


@given(pose=poses)
def test_a_pose_survives_its_quaternion(pose):
    back = CameraPose.from_quaternion(0.0, (pose.east_m, pose.north_m, pose.up_m), pose.quaternion)
    assert back.rotation == pytest.approx(pose.rotation, abs=1e-7)
    if pose.pitch_deg > -89:
        turned = (back.heading_deg - pose.heading_deg + 180) % 360 - 180
        assert (turned, back.pitch_deg, back.roll_deg) == pytest.approx((0, pose.pitch_deg, pose.roll_deg), abs=1e-4)


@given(heading=headings)
def test_straight_down_keeps_the_heading_and_has_no_roll(heading):
    back = CameraPose.from_quaternion(0.0, (0, 0, 0), CameraPose(0, 0, 0, 0, heading, -90).quaternion)
    assert math.cos(math.radians(back.heading_deg - heading)) == pytest.approx(1, abs=1e-6)
    assert (back.pitch_deg, back.roll_deg) == pytest.approx((-90, 0), abs=1e-4)
