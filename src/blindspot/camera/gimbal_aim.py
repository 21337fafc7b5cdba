"""From what the autopilot says of its position and its gimbal to the camera's pose."""

from __future__ import annotations

import math

import numpy as np

from blindspot.camera.projection import CameraPose, matrix_of, quaternion_of

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]

# Optical axes (x right, y down, z forward) by the gimbal's own (x forward, y right, z down).
_OPTICAL_OF_FRD = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
# ENU by NED.
_ENU_OF_NED = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])


def camera_pose(
    stamp_s: float,
    position_m: Vector,
    gimbal_xyzw: Quaternion,
    vehicle_heading_deg: float | None,
    position_std_m: float,
    attitude_std_deg: float,
) -> CameraPose:
    """The camera's pose at `position_m` (ENU).

    `gimbal_xyzw` is MAVLink's GIMBAL_DEVICE_ATTITUDE_STATUS, which MAVROS passes on unchanged: it turns
    north-east-down axes into the camera's forward-right-down. Its yaw counts from north where the yaw is locked;
    `vehicle_heading_deg` is then None, else the heading of the nose from which it counts.
    """
    turned = matrix_of(gimbal_xyzw)
    if vehicle_heading_deg is not None:
        half = math.radians(vehicle_heading_deg) / 2
        turned = matrix_of((0.0, 0.0, math.sin(half), math.cos(half))) @ turned
    rotation = _ENU_OF_NED @ turned @ _OPTICAL_OF_FRD.T
    return CameraPose.from_quaternion(stamp_s, position_m, quaternion_of(rotation), position_std_m, attitude_std_deg)


def heading_of(vehicle_xyzw: Quaternion) -> float:
    """Compass heading of the nose, degrees, of a vehicle's attitude in ROS's frames (forward-left-up in ENU)."""
    forward = matrix_of(vehicle_xyzw)[:, 0]
    return math.degrees(math.atan2(forward[0], forward[1])) % 360.0
