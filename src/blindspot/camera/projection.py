"""The pin-hole camera: where a point of the town falls in the picture, and back.

Frames. The site frame is ENU metres. The camera frame is the optical one of REP 103: x right, y down, z forward. Pixels
are (u, v) with the centre of the top left pixel at (0, 0), as OpenCV and sensor_msgs/CameraInfo have it, so the optical
axis meets ((width - 1) / 2, (height - 1) / 2). There is no distortion.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from blindspot.camera.optics import Lens

Floats = NDArray[np.float64]
NEAR_M = 0.1
"""Nearer than this along the optical axis counts as behind the camera, m."""


def centre_px(lens: Lens) -> tuple[float, float]:
    """(u, v) of the optical axis."""
    return 0.5 * (lens.width_px - 1), 0.5 * (lens.height_px - 1)


@dataclass(frozen=True, slots=True)
class CameraPose:
    """Where the camera was at an exposure and how well that is known.

    `pitch_deg` is the optical axis above the horizon (-90 looks straight down), `roll_deg` turns the camera clockwise
    as seen by someone behind it. Standard deviations are per axis; NaN means unknown. `attitude_std_deg` is that of the
    worst axis; `heading_std_deg` is the part of it that is about the vertical alone (a compass knows less than a
    gimbal).
    """

    stamp_s: float
    east_m: float
    north_m: float
    up_m: float
    heading_deg: float
    pitch_deg: float
    roll_deg: float = 0.0
    position_std_m: float = math.nan
    attitude_std_deg: float = math.nan
    heading_std_deg: float = 0.0

    @property
    def level_std_deg(self) -> float:
        """Standard deviation of the attitude about a level axis."""
        variance = self.attitude_std_deg**2 - self.heading_std_deg**2
        return 0.0 if variance < 0 else math.sqrt(variance)  # of what is not known nothing is known

    def aim_std_deg(self, pitch_deg: float) -> float:
        """How far a ray of this pitch may be turned aside: the steeper, the less a wrong heading does."""
        return math.hypot(self.level_std_deg, self.heading_std_deg * math.cos(math.radians(pitch_deg)))

    @property
    def position_m(self) -> Floats:
        return np.array([self.east_m, self.north_m, self.up_m])

    @property
    def rotation(self) -> Floats:
        """(3, 3) from site to camera axes; its rows are the camera's right, down and forward in ENU."""
        heading, pitch, roll = (math.radians(a) for a in (self.heading_deg, self.pitch_deg, self.roll_deg))
        forward = np.array([math.sin(heading) * math.cos(pitch), math.cos(heading) * math.cos(pitch), math.sin(pitch)])
        level_right = np.array([math.cos(heading), -math.sin(heading), 0.0])
        level_down = np.cross(forward, level_right)
        right = math.cos(roll) * level_right + math.sin(roll) * level_down
        return np.stack([right, np.cross(forward, right), forward])

    @property
    def quaternion(self) -> tuple[float, float, float, float]:
        """(x, y, z, w) of the camera frame in the site frame."""
        return quaternion_of(self.rotation.T)

    @classmethod
    def from_quaternion(
        cls,
        stamp_s: float,
        position_m: tuple[float, float, float],
        quaternion_xyzw: tuple[float, float, float, float],
        position_std_m: float = math.nan,
        attitude_std_deg: float = math.nan,
        heading_std_deg: float = 0.0,
    ) -> CameraPose:
        """The pose whose camera frame has this position and rotation in the site frame; the inverse of `quaternion`."""
        right, down, forward = matrix_of(quaternion_xyzw).T
        pitch = math.asin(max(-1.0, min(1.0, forward[2])))
        if math.hypot(forward[0], forward[1]) > 1e-6:
            heading = math.atan2(forward[0], forward[1])
            roll = math.atan2(-right[2], -down[2])
        else:
            heading, roll = math.atan2(-right[1], right[0]), 0.0
        return cls(
            stamp_s, *position_m, math.degrees(heading) % 360.0, math.degrees(pitch), math.degrees(roll),
            position_std_m, attitude_std_deg, heading_std_deg,
        )  # fmt: skip


def quaternion_of(rotation: Floats) -> tuple[float, float, float, float]:
    """(x, y, z, w), w >= 0, of a rotation matrix, by its largest component (Shepperd 1978)."""
    m = rotation
    squares = (1 + m[0, 0] - m[1, 1] - m[2, 2], 1 - m[0, 0] + m[1, 1] - m[2, 2],
               1 - m[0, 0] - m[1, 1] + m[2, 2], 1 + m[0, 0] + m[1, 1] + m[2, 2])  # fmt: skip
    largest = int(np.argmax(squares))
    if largest == 3:
        q = (m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], squares[3])
    elif largest == 0:
        q = (squares[0], m[0, 1] + m[1, 0], m[0, 2] + m[2, 0], m[2, 1] - m[1, 2])
    elif largest == 1:
        q = (m[0, 1] + m[1, 0], squares[1], m[1, 2] + m[2, 1], m[0, 2] - m[2, 0])
    else:
        q = (m[0, 2] + m[2, 0], m[1, 2] + m[2, 1], squares[2], m[1, 0] - m[0, 1])
    scale = math.copysign(0.5 / math.sqrt(squares[largest]), q[3])
    return float(q[0] * scale), float(q[1] * scale), float(q[2] * scale), float(q[3] * scale)


def matrix_of(quaternion_xyzw: tuple[float, float, float, float]) -> Floats:
    """The (3, 3) rotation of a quaternion of any length but zero."""
    x, y, z, w = np.array(quaternion_xyzw) / math.sqrt(sum(c * c for c in quaternion_xyzw))
    return np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ])  # fmt: skip


def project(points_m: ArrayLike, pose: CameraPose, lens: Lens) -> tuple[Floats, Floats]:
    """((n, 2) pixels, (n,) depths along the optical axis, m) of (n, 3) ENU points.

    A point behind the camera (depth below NEAR_M) has NaN pixels; one outside the picture has pixels outside of it.
    """
    in_camera = (np.asarray(points_m, float).reshape(-1, 3) - pose.position_m) @ pose.rotation.T
    depth = in_camera[:, 2]
    scale = np.where(depth >= NEAR_M, lens.f_px / np.where(depth >= NEAR_M, depth, 1.0), np.nan)
    return in_camera[:, :2] * scale[:, None] + centre_px(lens), depth


def ground_homography(before: CameraPose, after: CameraPose, lens: Lens, up_m: float) -> Floats | None:
    """(3, 3) from pixels of one picture to those of another, of points on the level `up_m`; None if a camera is not
    above it."""
    if min(before.up_m, after.up_m) < up_m + NEAR_M:
        return None
    return _from_ground(after, lens, up_m) @ np.linalg.inv(_from_ground(before, lens, up_m))


def _from_ground(pose: CameraPose, lens: Lens, up_m: float) -> Floats:
    """(3, 3) from (east, north, 1) on the level `up_m` to homogeneous pixels."""
    u, v = centre_px(lens)
    inner = np.array([[lens.f_px, 0, u], [0, lens.f_px, v], [0, 0, 1]])
    offset = np.array([0.0, 0.0, up_m]) - pose.position_m
    return np.asarray(inner @ pose.rotation @ np.column_stack([np.eye(3)[:, :2], offset]))


def rays(pixels: ArrayLike, pose: CameraPose, lens: Lens) -> Floats:
    """(n, 3) ENU directions through (n, 2) pixels, of length 1 along the optical axis."""
    offsets = (np.asarray(pixels, float).reshape(-1, 2) - centre_px(lens)) / lens.f_px
    return np.column_stack([offsets, np.ones(len(offsets))]) @ pose.rotation


def unproject(pixels: ArrayLike, pose: CameraPose, lens: Lens, up_m: float = 0.0) -> Floats:
    """(n, 2) east and north, m, where the rays of (n, 2) pixels meet the level `up_m`; NaN where they never do."""
    direction = rays(pixels, pose, lens)
    down = np.where(np.abs(direction[:, 2]) > 1e-9, direction[:, 2], np.nan)
    length = (up_m - pose.up_m) / down
    return pose.position_m[:2] + np.where(length > 0, length, np.nan)[:, None] * direction[:, :2]
