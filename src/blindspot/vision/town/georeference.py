"""Georeferencing: the ground position of a detected object and its covariance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens, rays
from blindspot.vision.models.detector import Detections
from blindspot.vision.town.first_hit import GroundHit, TownRays, Walls

Floats = NDArray[np.float64]
HEIGHTS_M: dict[str, float] = {
    "person": 1.7, "bicycle": 1.6, "car": 1.5, "motorcycle": 1.6, "bus": 3.0, "truck": 3.0,
    "backpack": 0.45, "handbag": 0.3, "suitcase": 0.6,
}  # fmt: skip
HEIGHT_STD_SHARE = 0.1
"""Standard deviation of an object's height, as a share of its kind's usual height: 0.17 m for people."""
BOX_STD_PX, BOX_STD_SHARE = 1.0, 0.05
"""Standard deviation of the middle of a detector's box: px, and a share of the box's longer side. NanoDet on PETS 2009:
0.045 of the height across it, 0.028 along it."""
TERRAIN_STD_M = 0.3
"""Standard deviation of the terrain's height at an object."""
SHALLOWEST_DEG = 5.0
"""A flatter ray gives no usable position on the ground."""
WALL_SIGMAS = 2.5
"""Maximum shift, in standard deviations, that moves an object from behind a façade to its front."""
BEFORE_WALL_M = 0.3


@dataclass(frozen=True, slots=True)
class GroundPoint:
    """Ground position of an object, ENU m, and the (2, 2) covariance of east and north, m2, in two parts.

    `lasting_m2` comes from the pose, the terrain and the object's height. It is about the same in the next picture, so
    averaging over pictures does not reduce it. `passing_m2` comes from the box and is new in every picture. `wide_m` is
    the width of the box at the object's distance.
    """

    east_m: float
    north_m: float
    up_m: float
    lasting_m2: Floats
    passing_m2: Floats
    wide_m: float = math.nan

    @property
    def covariance_m2(self) -> Floats:
        return self.lasting_m2 + self.passing_m2


class Georeference:
    """Places the detections of one lens on the ground of one town."""

    def __init__(self, rays_of_town: TownRays, lens: Lens) -> None:
        self._town, self._lens = rays_of_town, lens

    def points(self, detections: Detections, pose: CameraPose) -> list[GroundPoint | None]:
        """Compute the ground position (ENU, m) of each detection; None if the ray is too flat, leaves the town, or ends
        on a façade or a roof.

        The middle of the box shows the middle of the object, half its usual height above the ground, at every pitch of
        the view; the foot lies straight below. (The box's lower edge is the foot only in a flat view.)
        """
        boxes = detections.boxes_xyxy.astype(float)
        middles, sizes = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]).tolist()
        seen = list(zip(rays(middles, pose, self._lens), detections.labels, strict=True))
        hits = [self._hit(ray, HEIGHTS_M[label], pose) for ray, label in seen]
        ends_m = np.array([pose.position_m[:2], *(hit.foot_m[:2] for hit in hits if hit is not None)])
        walls = self._town.walls.between(ends_m.min(axis=0), ends_m.max(axis=0))
        return [
            None if hit is None else self._point(ray, hit, HEIGHTS_M[label], size_px, pose, walls)
            for (ray, label), hit, size_px in zip(seen, hits, sizes, strict=True)
        ]

    def _hit(self, ray: Floats, height_m: float, pose: CameraPose) -> GroundHit | None:
        """Point at which a ray (ENU, of length 1 along the optical axis) falls to half the object's height above
        ground."""
        if ray[2] >= -math.tan(math.radians(SHALLOWEST_DEG)) * math.hypot(ray[0], ray[1]):
            return None
        return self._town.ground(pose.position_m, ray, height_m / 2)

    def _point(
        self, ray: Floats, hit: GroundHit, height_m: float, size_px: Sequence[float], pose: CameraPose, walls: Walls
    ) -> GroundPoint | None:
        box_std_px = math.hypot(BOX_STD_PX, BOX_STD_SHARE * max(size_px))
        lasting, passing = covariances(ray, hit, HEIGHT_STD_SHARE * height_m / 2, box_std_px, pose, self._lens)
        at_m = before_walls(walls, pose.position_m, ray, hit, lasting + passing)
        wide_m = size_px[0] * hit.length / self._lens.f_px
        if at_m is None:
            return None
        return GroundPoint(float(at_m[0]), float(at_m[1]), float(at_m[2]), lasting, passing, wide_m)


def before_walls(walls: Walls, eye_m: Floats, ray: Floats, hit: GroundHit, covariance_m2: Floats) -> Floats | None:
    """The foot of a hit, ENU m. If the ray meets a wall first, the foot is moved in front of the wall, provided that
    the covariance explains the shift; otherwise the result is None."""
    way_m = hit.length * ray
    share = walls.first(eye_m, eye_m + way_m)
    if share is None:
        return None if walls.is_built(*hit.foot_m[:2].tolist()) else hit.foot_m
    back_m = way_m[:2] * (share - 1 - BEFORE_WALL_M / max(float(np.hypot(*way_m[:2])), BEFORE_WALL_M))
    if not back_m @ np.linalg.solve(covariance_m2, back_m) <= WALL_SIGMAS**2:
        return None
    return hit.foot_m + np.append(back_m, -(hit.normal[:2] @ back_m))


def covariances(
    ray: Floats, hit: GroundHit, above_std_m: float, box_std_px: float, pose: CameraPose, lens: Lens
) -> tuple[Floats, Floats]:
    """(2, 2) lasting and passing covariance of the point where a ray meets the ground, m2, to first order.

    The point p = c + s d lies on the plane n . p = const through the hit, with camera c, ray d and length s. A change
    of c and d moves p by the oblique projection I - d n' / (n . d) of dc + s dd. A plane raised by h moves p by
    d h / (n . d). Here dd = w x d for a small turn w of the camera (about its level axes and, with a larger variance,
    about the vertical); for a pixel, dd is the camera's right or down axis divided by f.
    """
    slant = float(hit.normal @ ray)
    carried = (np.eye(3) - np.outer(ray, hit.normal) / slant)[:2]
    lifted = ray[:2] / slant
    turned = np.array([[0, ray[2], -ray[1]], [-ray[2], 0, ray[0]], [ray[1], -ray[0], 0]])
    level, heading = math.radians(pose.level_std_deg), math.radians(pose.heading_std_deg)
    turns = np.diag([level**2, level**2, level**2 + heading**2])
    moved = pose.position_std_m**2 * np.eye(3) + hit.length**2 * turned @ turns @ turned.T
    lasting = carried @ moved @ carried.T + (above_std_m**2 + TERRAIN_STD_M**2) * np.outer(lifted, lifted)
    pixel = carried @ pose.rotation[:2].T * (hit.length * box_std_px / lens.f_px)
    return lasting, pixel @ pixel.T
