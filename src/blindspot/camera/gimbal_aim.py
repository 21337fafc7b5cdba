"""The camera's pose from the position and the gimbal attitude that the autopilot reports."""

from __future__ import annotations

import math

import numpy as np

from blindspot.camera.projection import CameraPose, matrix_of, quaternion_of

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]

# Rotation from the gimbal's axes (x forward, y right, z down) to optical axes (x right, y down, z forward).
_OPTICAL_OF_FRD = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
# Rotation from NED to ENU.
_ENU_OF_NED = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])


def camera_pose(
    stamp_s: float,
    position_m: Vector,
    gimbal_xyzw: Quaternion,
    vehicle_heading_deg: float | None,
    position_std_m: float,
    attitude_std_deg: float,
) -> CameraPose:
    """Return the camera's pose from one position and one gimbal attitude.

    Parameters
    ----------
    stamp_s
        Time of the exposure, s.
    position_m
        Camera position (east, north, up), m ENU.
    gimbal_xyzw
        Quaternion of MAVLink's GIMBAL_DEVICE_ATTITUDE_STATUS, which MAVROS passes on unchanged. It turns
        north-east-down axes into the camera's forward-right-down axes.
    vehicle_heading_deg
        None if the gimbal's yaw is locked: its yaw then counts from north. Otherwise the heading of the vehicle's
        nose, deg, from which the gimbal's yaw counts.
    position_std_m, attitude_std_deg
        Standard deviations per axis, m and deg; NaN if unknown.
    """
    turned = matrix_of(gimbal_xyzw)
    if vehicle_heading_deg is not None:
        half = math.radians(vehicle_heading_deg) / 2
        turned = matrix_of((0.0, 0.0, math.sin(half), math.cos(half))) @ turned
    rotation = _ENU_OF_NED @ turned @ _OPTICAL_OF_FRD.T
    return CameraPose.from_quaternion(stamp_s, position_m, quaternion_of(rotation), position_std_m, attitude_std_deg)


def heading_of(vehicle_xyzw: Quaternion) -> float:
    """Compass heading of the nose, deg, from a vehicle attitude in ROS frames (forward-left-up in ENU)."""
    forward = matrix_of(vehicle_xyzw)[:, 0]
    return math.degrees(math.atan2(forward[0], forward[1])) % 360.0
