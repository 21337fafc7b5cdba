import math

import pytest
from hypothesis import given, strategies as st

from blindspot.camera.gimbal_aim import camera_pose, heading_of


def gimbal_xyzw(yaw_deg, pitch_deg):
    """MAVLink's quaternion of a level gimbal: yaw about down, then pitch about right."""
    y, p = math.radians(yaw_deg) / 2, math.radians(pitch_deg) / 2
    return (-math.sin(y) * math.sin(p), math.cos(y) * math.sin(p), math.sin(y) * math.cos(p), math.cos(y) * math.cos(p))


def same_angle(a_deg, b_deg):
    return math.cos(math.radians(a_deg - b_deg)) == pytest.approx(1, abs=1e-9)


@given(heading=st.floats(0, 359), pitch=st.floats(-89, 20))
def test_a_locked_yaw_is_the_compass_heading(heading, pitch):
    pose = camera_pose(3.0, (1.0, 2.0, 3.0), gimbal_xyzw(heading, pitch), None, 0.5, 0.4)
    assert same_angle(pose.heading_deg, heading)
    assert (pose.pitch_deg, pose.roll_deg) == pytest.approx((pitch, 0), abs=1e-5)
    assert (pose.stamp_s, pose.east_m, pose.north_m, pose.up_m) == (3.0, 1.0, 2.0, 3.0)
    assert (pose.position_std_m, pose.attitude_std_deg) == (0.5, 0.4)


@given(nose=st.floats(0, 359), yaw=st.floats(-170, 170))
def test_an_unlocked_yaw_counts_from_the_nose(nose, yaw):
    pose = camera_pose(0.0, (0, 0, 0), gimbal_xyzw(yaw, -60), nose, 0.5, 0.4)
    assert same_angle(pose.heading_deg, nose + yaw)


def test_straight_down_the_heading_is_kept():
    pose = camera_pose(0.0, (0, 0, 0), gimbal_xyzw(75, -90), None, 0.5, 0.4)
    assert same_angle(pose.heading_deg, 75)
    assert pose.pitch_deg == pytest.approx(-90, abs=1e-4)


@given(heading=st.floats(0, 359))
def test_the_nose_of_a_ros_attitude(heading):
    enu_yaw = math.radians(90 - heading) / 2
    assert same_angle(heading_of((0, 0, math.sin(enu_yaw), math.cos(enu_yaw))), heading)
