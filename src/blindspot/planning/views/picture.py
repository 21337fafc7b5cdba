"""The part of a camera's picture in which a target counts, and the directions of its axes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Picture:
    """The pin-hole picture in which a target counts as seen: half-width tangents, and depths along the axis, m."""

    half_width: float
    half_height: float
    nearest_m: float
    farthest_m: float

    @property
    def reach_m(self) -> float:
        """Longest line of sight that can still lie in the picture."""
        return self.farthest_m * math.sqrt(1.0 + self.half_width**2 + self.half_height**2)

    def as_row(self) -> NDArray[np.float64]:
        return np.array([self.half_width, self.half_height, self.nearest_m, self.farthest_m])


def aim_axes(aims: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 2) headings and pitches in degrees as (n, 9): the axis, the picture's right and its down, each ENU."""
    heading, pitch = np.radians(aims[:, 0]), np.radians(aims[:, 1])
    sin_h, cos_h, sin_p, cos_p = np.sin(heading), np.cos(heading), np.sin(pitch), np.cos(pitch)
    axis = np.column_stack([sin_h * cos_p, cos_h * cos_p, sin_p])
    right = np.column_stack([cos_h, -sin_h, np.zeros_like(heading)])
    down = np.column_stack([sin_h * sin_p, cos_h * sin_p, -cos_p])
    return np.ascontiguousarray(np.hstack([axis, right, down]))
