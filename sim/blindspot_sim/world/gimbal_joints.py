"""The joints of Gazebo's gimbal: yaw below the drone, then roll, then pitch, with the camera at its end.

Attitudes are (3, 3) rotations that turn forward-right-down axes into north-east-down ones. This order of joints keeps
the straight-down view regular. With the Euler angles of an aircraft it would be singular, and a camera that looks down
would turn with every tilt of the drone.
"""

from __future__ import annotations

from math import atan2, cos, pi, radians, sin

import numpy as np
from numpy.typing import NDArray

from blindspot.camera import matrix_of

Rotation = NDArray[np.float64]
Joints = tuple[float, float, float]
"""Angles of yaw (clockwise from above), roll (to the right) and pitch (up), radians."""

_NED_OF_ENU = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])
_FLU_OF_FRD = np.diag([1.0, -1.0, -1.0])


def frd_of_ros(x: float, y: float, z: float, w: float) -> Rotation:
    """The attitude of a quaternion in ROS's axes: forward-left-up, in east-north-up."""
    turned: Rotation = _NED_OF_ENU @ matrix_of((x, y, z, w)) @ _FLU_OF_FRD
    return turned


def level_aim(pitch_deg: float, heading_deg: float) -> Rotation:
    """The attitude of a camera with zero roll."""
    return _about_z(radians(heading_deg)) @ _about_y(radians(pitch_deg))


def joints_for(wanted: Rotation, drone: Rotation, yaw_before: float) -> Joints:
    """The angles that give the camera the attitude `wanted` below a drone of the attitude `drone`.

    The yaw is the one nearest to `yaw_before`, which avoids needless turns.
    """
    m = drone.T @ wanted  # yaw about z, roll about x, pitch about y: rows and columns of that product
    yaw = atan2(-m[0, 1], m[1, 1])
    yaw += 2 * pi * round((yaw_before - yaw) / (2 * pi))
    return yaw, float(np.arcsin(np.clip(m[2, 1], -1.0, 1.0))), atan2(-m[2, 0], m[2, 2])


def _about_y(angle: float) -> Rotation:
    c, s = cos(angle), sin(angle)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def _about_z(angle: float) -> Rotation:
    c, s = cos(angle), sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
