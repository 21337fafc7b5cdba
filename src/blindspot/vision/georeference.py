"""Where on the ground a detected object stands, and how well that is known."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from blindspot.coverage.optics import Lens
from blindspot.vision.detector import Detections
from blindspot.vision.projection import CameraPose, rays
from blindspot.vision.town import Town

HEIGHTS_M: dict[str, float] = {
    "person": 1.7, "bicycle": 1.6, "car": 1.5, "motorcycle": 1.6, "bus": 3.0, "truck": 3.0,
}  # fmt: skip
BOX_STD_PX = 4.0
"""How far the middle of a detector's box is from the object's, px."""
SHALLOWEST_DEG = 5.0
"""A ray flatter than this says nothing about where on the ground it ends."""


@dataclass(frozen=True, slots=True)
class GroundPoint:
    """Where an object stands: ENU m, and the standard deviation along each horizontal axis, m."""

    east_m: float
    north_m: float
    up_m: float
    std_m: float


def ground_points(detections: Detections, pose: CameraPose, lens: Lens, town: Town) -> list[GroundPoint | None]:
    """The foot of each detection; None where its ray is too flat or leaves the town.

    The middle of the box shows the middle of the object, half its usual height above the ground, whatever the
    view's steepness; the foot lies straight below. (The box's lower edge is the foot only in a flat view.)
    """
    boxes = detections.boxes_xyxy
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    points = []
    for ray, label in zip(rays(middles, pose, lens), detections.labels, strict=True):
        points.append(_foot(ray, HEIGHTS_M[label] / 2, pose, lens, town))
    return points


def _foot(ray: np.ndarray, above_m: float, pose: CameraPose, lens: Lens, town: Town) -> GroundPoint | None:
    """Follow a ray (ENU, length 1 along the optical axis) to `above_m` over the ground; terrain by two fixed-point
    steps."""
    flat = math.hypot(ray[0], ray[1])
    if ray[2] >= -math.tan(math.radians(SHALLOWEST_DEG)) * flat:
        return None
    ground_m: float | None = town.level_m
    east_m = north_m = depth_m = 0.0
    for _ in range(3):
        assert ground_m is not None
        depth_m = (pose.up_m - ground_m - above_m) / -float(ray[2])
        if depth_m <= 0:
            return None
        east_m, north_m = pose.east_m + depth_m * float(ray[0]), pose.north_m + depth_m * float(ray[1])
        ground_m = town.ground_at(east_m, north_m)
        if ground_m is None:
            return None
    assert ground_m is not None
    return GroundPoint(east_m, north_m, ground_m, _std_m(ray, depth_m, above_m, pose, lens))


def _std_m(ray: np.ndarray, depth_m: float, above_m: float, pose: CameraPose, lens: Lens) -> float:
    """Pose, box and height errors carried to the ground to first order, as the mean of the two horizontal axes.

    An angular error a at slant range r moves the point by r * a across and r * a / sin(depression) along the line
    of sight; a height error h moves it by h / tan(depression).
    """
    slant_m = depth_m * float(np.linalg.norm(ray))
    sine = -float(ray[2]) / float(np.linalg.norm(ray))
    angle = math.hypot(math.radians(pose.attitude_std_deg), BOX_STD_PX / lens.f_px)
    height_m = math.hypot(0.15 * above_m, pose.position_std_m)
    across = slant_m * angle
    along = math.hypot(across / sine, height_m * math.sqrt(1 - sine * sine) / sine)
    return math.sqrt(pose.position_std_m**2 + (across**2 + along**2) / 2)
