"""The pin-hole camera: projection of site points into the picture, and back.

Frames. The site frame is ENU metres. The camera frame is the optical frame of REP 103: x right, y down, z forward.
Pixels are (u, v) with the centre of the top left pixel at (0, 0), as in OpenCV and sensor_msgs/CameraInfo. The optical
axis therefore meets ((width - 1) / 2, (height - 1) / 2). The model has no distortion.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from blindspot.camera.optics import Lens

Floats = NDArray[np.float64]
NEAR_M = 0.1
"""A point with a smaller depth along the optical axis counts as behind the camera, m."""


def centre_px(lens: Lens) -> tuple[float, float]:
    """Pixel (u, v) of the optical axis."""
    return 0.5 * (lens.width_px - 1), 0.5 * (lens.height_px - 1)


@dataclass(frozen=True, slots=True)
class CameraPose:
    """The camera's pose at an exposure, with its uncertainty.

    `pitch_deg` is the angle of the optical axis above the horizon (-90 looks straight down). `roll_deg` turns the
    camera clockwise as seen from behind it. Standard deviations are per axis; NaN means unknown. `attitude_std_deg` is
    the value of the worst axis. `heading_std_deg` is the part of it about the vertical alone, because a compass is less
    exact than a gimbal.
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
        return 0.0 if variance < 0 else math.sqrt(variance)  # NaN stays NaN

    def aim_std_deg(self, pitch_deg: float) -> float:
        """Standard deviation of the direction of a ray with this pitch, deg. A steeper ray depends less on the
        heading error."""
        return math.hypot(self.level_std_deg, self.heading_std_deg * math.cos(math.radians(pitch_deg)))

    @property
    def position_m(self) -> Floats:
        return np.array([self.east_m, self.north_m, self.up_m])

    @property
    def rotation(self) -> Floats:
        """Rotation (3, 3) from site to camera axes. Its rows are the camera's right, down and forward in ENU."""
        heading, pitch, roll = (math.radians(a) for a in (self.heading_deg, self.pitch_deg, self.roll_deg))
        forward = np.array([math.sin(heading) * math.cos(pitch), math.cos(heading) * math.cos(pitch), math.sin(pitch)])
        level_right = np.array([math.cos(heading), -math.sin(heading), 0.0])
        level_down = np.cross(forward, level_right)
        right = math.cos(roll) * level_right + math.sin(roll) * level_down
        return np.stack([right, np.cross(forward, right), forward])

    @property
    def quaternion(self) -> tuple[float, float, float, float]:
        """Quaternion (x, y, z, w) of the camera frame in the site frame."""
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
    """Quaternion (x, y, z, w), w >= 0, of a rotation matrix, from its largest component (Shepperd 1978)."""
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
    """Rotation matrix (3, 3) of a quaternion of any length above zero."""
    x, y, z, w = np.array(quaternion_xyzw) / math.sqrt(sum(c * c for c in quaternion_xyzw))
    return np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ])  # fmt: skip


def project(points_m: ArrayLike, pose: CameraPose, lens: Lens) -> tuple[Floats, Floats]:
    """Project points of the site into the picture.

    Parameters
    ----------
    points_m
        Points (n, 3), m ENU.
    pose, lens
        The camera's pose and its lens.

    Returns
    -------
    pixels, depths
        Pixels (n, 2) and depths (n,) along the optical axis, m. A point behind the camera (depth below `NEAR_M`) has
        NaN pixels. A point beside the picture has pixels outside its bounds.
    """
    in_camera = (np.asarray(points_m, float).reshape(-1, 3) - pose.position_m) @ pose.rotation.T
    depth = in_camera[:, 2]
    scale = np.where(depth >= NEAR_M, lens.f_px / np.where(depth >= NEAR_M, depth, 1.0), np.nan)
    return in_camera[:, :2] * scale[:, None] + centre_px(lens), depth


def ground_homography(before: CameraPose, after: CameraPose, lens: Lens, up_m: float) -> Floats | None:
    """Homography (3, 3) from pixels of one picture to pixels of another, for points on the plane at height `up_m`.
    None if either camera is less than `NEAR_M` above this plane."""
    if min(before.up_m, after.up_m) < up_m + NEAR_M:
        return None
    return _from_ground(after, lens, up_m) @ np.linalg.inv(_from_ground(before, lens, up_m))


def _from_ground(pose: CameraPose, lens: Lens, up_m: float) -> Floats:
    """Homography (3, 3) from (east, north, 1) on the plane at height `up_m` to homogeneous pixels."""
    u, v = centre_px(lens)
    inner = np.array([[lens.f_px, 0, u], [0, lens.f_px, v], [0, 0, 1]])
    offset = np.array([0.0, 0.0, up_m]) - pose.position_m
    return np.asarray(inner @ pose.rotation @ np.column_stack([np.eye(3)[:, :2], offset]))


def rays(pixels: ArrayLike, pose: CameraPose, lens: Lens) -> Floats:
    """ENU directions (n, 3) through pixels (n, 2), scaled to length 1 along the optical axis."""
    offsets = (np.asarray(pixels, float).reshape(-1, 2) - centre_px(lens)) / lens.f_px
    return np.column_stack([offsets, np.ones(len(offsets))]) @ pose.rotation


def unproject(pixels: ArrayLike, pose: CameraPose, lens: Lens, up_m: float = 0.0) -> Floats:
    """Ground points of pixels: the inverse of `project` on a level plane.

    Parameters
    ----------
    pixels
        Pixels (n, 2).
    pose, lens
        The camera's pose and its lens.
    up_m
        Height of the plane, m ENU.

    Returns
    -------
    points
        East and north (n, 2), m, of the points where the rays meet the plane. NaN for level rays and for rays that
        lead away from the plane.
    """
    direction = rays(pixels, pose, lens)
    down = np.where(np.abs(direction[:, 2]) > 1e-9, direction[:, 2], np.nan)
    length = (up_m - pose.up_m) / down
    return pose.position_m[:2] + np.where(length > 0, length, np.nan)[:, None] * direction[:, :2]
