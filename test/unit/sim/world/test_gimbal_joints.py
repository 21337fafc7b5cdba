"""The joints of Gazebo's gimbal: the camera looks at its aim for every attitude of the drone."""

from __future__ import annotations

from math import cos, degrees, pi, radians, sin

import numpy as np
import pytest
from hypothesis import given, strategies as st

from blindspot.camera.projection import matrix_of
from blindspot_sim.world.gimbal_joints import frd_of_ros, joints_for, level_aim

HEADING_DEG = st.floats(0.0, 360.0)
LEAN_DEG = st.floats(-40.0, 40.0)


def drone_of(nose_deg, pitch_deg, roll_deg):
    """An attitude by yaw, pitch and roll of an aircraft."""
    return level_aim(pitch_deg, nose_deg) @ rolled(radians(roll_deg))


def rolled(angle):
    return matrix_of((sin(angle / 2), 0.0, 0.0, cos(angle / 2)))


def camera_of(joints, drone):
    """The camera's attitude below a drone."""
    yaw, roll, pitch = joints
    return drone @ level_aim(0.0, degrees(yaw)) @ rolled(roll) @ level_aim(degrees(pitch), 0.0)


@given(st.floats(-90.0, 20.0), HEADING_DEG, HEADING_DEG, LEAN_DEG, LEAN_DEG, st.floats(-20.0, 20.0))
def test_the_camera_looks_where_it_is_asked_however_the_drone_leans(pitch, heading, nose, lean, roll, yaw_before):
    wanted, drone = level_aim(pitch, heading), drone_of(nose, lean, roll)
    joints = joints_for(wanted, drone, yaw_before)
    assert camera_of(joints, drone) == pytest.approx(wanted, abs=1e-6)
    assert abs(joints[0] - yaw_before) <= pi + 1e-9


def test_straight_down_no_lean_turns_the_picture():
    """By the angles of an aircraft, which PX4 subtracts, the camera looked 30 deg beside the ground (in Gazebo)."""
    wanted, drone = level_aim(-90.0, 10.0), drone_of(170.0, 15.0, -10.0)
    yaw, roll, pitch = map(degrees, joints_for(wanted, drone, 0.0))
    assert camera_of(joints_for(wanted, drone, 0.0), drone) == pytest.approx(wanted, abs=1e-9)
    assert abs(roll) < 20 and -110 < pitch < -70 and abs(yaw) > 150


def test_axes_of_ros_become_those_of_a_gimbal():
    """Forward-left-up in east-north-up: the identity looks east, level."""
    assert frd_of_ros(0.0, 0.0, 0.0, 1.0) == pytest.approx(level_aim(0.0, 90.0), abs=1e-9)
    down = frd_of_ros(0.0, sin(radians(40.0) / 2), 0.0, cos(radians(40.0) / 2))  # ROS's y is left: nose down
    assert down == pytest.approx(level_aim(-40.0, 90.0), abs=1e-9)
    assert np.linalg.det(down) == pytest.approx(1.0)
