"""Optics of an ideal pin-hole camera: pixels, angles and depths."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Sensor = Literal["visible", "thermal"]
"""Light that a camera sees."""
RECOGNISE_PX_PER_M = 125.0
"""Density from which a person who is known can be recognised (EN 62676-4), px/m."""


@dataclass(frozen=True, slots=True)
class Lens:
    """Lens and picture size of the stream that the detector and the recorder use.

    Parameters
    ----------
    hfov_deg
        Horizontal field of view, deg, between 0 and 180 (both excluded).
    width_px, height_px
        Size of the picture, px. Pixels are square.

    Raises
    ------
    ValueError
        If the field of view is out of range, or a size is 0 or less.

    Examples
    --------
    >>> lens = Lens(hfov_deg=35.0, width_px=1920, height_px=1080)
    >>> round(lens.f_px)
    3045
    >>> round(lens.depth_for(px_per_m=25.0))
    122
    """

    hfov_deg: float
    width_px: int
    height_px: int

    def __post_init__(self) -> None:
        if not 0 < self.hfov_deg < 180:
            raise ValueError(f"a pin-hole lens needs 0 < hfov_deg < 180, found {self.hfov_deg}")
        if self.width_px <= 0 or self.height_px <= 0:
            raise ValueError(f"a picture needs pixels, found {self.width_px} x {self.height_px}")

    @property
    def f_px(self) -> float:
        """Focal length, px."""
        return self.width_px / (2 * math.tan(math.radians(self.hfov_deg) / 2))

    @property
    def vfov_deg(self) -> float:
        return math.degrees(2 * math.atan(self.height_px / (2 * self.f_px)))

    def px_per_m(self, depth_m: float) -> float:
        """Pixel density of a surface at a depth along the optical axis."""
        return self.f_px / depth_m

    def depth_for(self, px_per_m: float) -> float:
        """Depth along the optical axis, m, at which the density is `px_per_m`."""
        return self.f_px / px_per_m


Vector = tuple[float, float, float]
MAX_ROLL_DEG, STRAIGHT_DOWN_DEG = 30.0, 80.0


def is_upright(pitch_deg: float, roll_deg: float) -> bool:
    """Whether a standing person is upright in the picture, as the detector and the masking assume.

    A view that is nearly straight down (`STRAIGHT_DOWN_DEG` or steeper) counts as upright at any roll.
    """
    return pitch_deg <= -STRAIGHT_DOWN_DEG or abs(roll_deg) <= MAX_ROLL_DEG


def camera_axes(heading_deg: float, pitch_deg: float, roll_deg: float = 0.0) -> tuple[Vector, Vector, Vector]:
    """ENU unit vectors (right, up, forward) of a camera.

    The roll turns the camera clockwise as seen from behind it. A pitch of -90 deg looks at the nadir. The heading is
    then the direction of the picture's upper edge at roll 0.
    """
    heading, pitch = math.radians(heading_deg), math.radians(pitch_deg)
    sin_h, cos_h, sin_p, cos_p = math.sin(heading), math.cos(heading), math.sin(pitch), math.cos(pitch)
    right = (cos_h, -sin_h, 0.0)
    up = (-sin_h * sin_p, -cos_h * sin_p, cos_p)
    forward = (sin_h * cos_p, cos_h * cos_p, sin_p)
    return turned(right, up, -roll_deg), turned(up, right, roll_deg), forward


def turned(axis: Vector, towards: Vector, angle_deg: float) -> Vector:
    """A unit vector turned by an angle towards another unit vector that is perpendicular to it."""
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    x, y, z = (cos * a + sin * b for a, b in zip(axis, towards, strict=True))
    return x, y, z
