"""The density cap in flight: whether a picture from a camera's own pose would show something from too near.

A plan keeps the cap for the planned poses alone. In flight the camera also turns, sinks and drifts, and seen straight
down, a turn about the axis brings other roofs into the picture. This test runs on board, so it needs numpy and OpenCV
only. It follows the coverage kernel (`drone_view`): columns of the town's grid against the part of the picture's
pyramid that is nearer than the cap allows.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens
from blindspot.vision.town.seen_town import Floats, Town

HEAD_M = 1.7
"""Height of a standing person's head above open ground."""
SHIFT = 4
"""Fraction bits of OpenCV's pixel coordinates."""
EDGES = tuple((a, b) for a, b in combinations(range(8), 2) if (a ^ b) in (1, 2, 4))
"""The edges of a box whose corners are numbered by three bits."""


class DensityCap:
    """The highest pixel density that one lens may have on any surface of one town: ground, people on it, façades,
    roofs up to their highest possible point, and crowns."""

    def __init__(self, town: Town, lens: Lens, max_px_per_m: float) -> None:
        self._grid, self._ground_m, self._nearest_m = town.grid, town.ground_m, lens.depth_for(max_px_per_m)
        self._half = lens.width_px / (2 * lens.f_px), lens.height_px / (2 * lens.f_px)
        solids = [
            *((prism.top_m, prism.rings) for prism in town.prisms),
            *((tree.top_m, (_circle(tree.east_m, tree.north_m, tree.radius_m),)) for tree in town.trees),
        ]
        self._solids = sorted(solids, key=lambda solid: solid[0])  # the highest is drawn last
        self._tops_m = np.array([top_m for top_m, _ in self._solids])
        self._low_m = np.array([rings[0].min(axis=0) for _, rings in self._solids]).reshape(-1, 2)
        self._high_m = np.array([rings[0].max(axis=0) for _, rings in self._solids]).reshape(-1, 2)
        self._highest_m = max(float(town.ground_m.max()), float(self._tops_m.max(initial=-math.inf))) + HEAD_M

    def is_exceeded(self, pose: CameraPose) -> bool:
        """Whether a surface in the picture may be denser than the cap, with the pose's standard deviation as a margin;
        also true if that is unknown, because of the pose or because the picture leaves the town."""
        # An error of the heading moves the farthest corner, also straight down: there it turns the picture.
        far_m = float(np.hypot(*(self._too_near(pose, 0.0)[:, :2] - pose.position_m[:2]).T).max())
        level_m = self._nearest_m * math.radians(pose.level_std_deg)
        margin_m = math.hypot(pose.position_std_m, level_m, far_m * math.radians(pose.heading_std_deg))
        if not np.isfinite([margin_m, *pose.position_m, *pose.rotation.flat]).all():
            return True
        # A column stands for its whole cell, so one beside the pyramid or under its lowest corner may count.
        near_m = _below(self._too_near(pose, margin_m + self._grid.cell_m), self._highest_m)
        if not len(near_m):
            return False
        cell_m, corner_m = self._grid.cell_m, (self._grid.east_min_m, self._grid.north_min_m)
        (col, row), (last_col, last_row) = (
            np.floor((edge_m - corner_m) / cell_m).astype(int) + beyond
            for edge_m, beyond in ((near_m[:, :2].min(axis=0), -1), (near_m[:, :2].max(axis=0), 1))
        )
        if min(row, col) < 0 or last_row >= self._grid.rows or last_col >= self._grid.cols:
            return True
        part = slice(row, last_row + 1), slice(col, last_col + 1)
        surface_m = self._surface_m(part, float(near_m[:, 2].min()))
        east_m = (np.arange(col, last_col + 1) + 0.5) * cell_m + corner_m[0] - pose.east_m
        north_m = (np.arange(row, last_row + 1) + 0.5) * cell_m + corner_m[1] - pose.north_m
        return self._reaches(east_m[None, :], north_m[:, None], surface_m - pose.up_m, pose, margin_m)

    def _too_near(self, pose: CameraPose, margin_m: float) -> Floats:
        """The corners (8, 3), ENU m, of the picture's pyramid, grown by the margin, up to the cap's depth."""
        corners = []
        for number in range(8):
            depth_m = self._nearest_m + margin_m if number & 4 else -margin_m
            across, down = (half * depth_m + margin_m * math.hypot(1.0, half) for half in self._half)
            corners.append((across if number & 1 else -across, down if number & 2 else -down, depth_m))
        return np.asarray(pose.position_m + np.array(corners) @ pose.rotation)

    def _surface_m(self, part: tuple[slice, slice], above_m: float) -> NDArray[np.float32]:
        """The highest point of each cell of a part of the grid: a head above the ground, or a solid that ends above
        `above_m`."""
        surface_m = self._ground_m[part] + np.float32(HEAD_M)
        cell_m, rows, cols = self._grid.cell_m, *part
        low_m = np.array([cols.start, rows.start]) * cell_m + (self._grid.east_min_m, self._grid.north_min_m)
        high_m = low_m + np.array(surface_m.shape[::-1]) * cell_m
        near = (self._low_m <= high_m).all(axis=1) & (self._high_m >= low_m).all(axis=1) & (self._tops_m >= above_m)
        drawn = np.full(surface_m.shape, -np.inf, np.float32)
        for number in np.flatnonzero(near).tolist():
            top_m, rings = self._solids[number]
            pixels = [np.rint(((ring - low_m) / cell_m - 0.5) * (1 << SHIFT)).astype(np.int32) for ring in rings]
            cv2.fillPoly(drawn, pixels, top_m, shift=SHIFT)
        return np.asarray(np.maximum(surface_m, drawn), np.float32)

    def _reaches(self, east_m: Floats, north_m: Floats, up_m: Any, pose: CameraPose, margin_m: float) -> bool:
        """Whether a column up to `up_m` reaches into the pyramid; all from the eye. A cell is a column at its centre,
        and the pyramid grows by half a cell."""
        right, down, forward = pose.rotation
        low_m, high_m = np.full(up_m.shape, -np.inf), np.asarray(up_m, float)
        sides = [half * forward + sign * axis for half, axis in zip(self._half, (right, down), strict=True)
                 for sign in (-1, 1)]  # fmt: skip
        for normal, offset_m in ((forward, 0.0), (-forward, self._nearest_m), *((side, 0.0) for side in sides)):
            slack_m = margin_m * float(np.linalg.norm(normal)) + offset_m
            slack_m += 0.5 * self._grid.cell_m * (abs(normal[0]) + abs(normal[1]))
            at_eye_m = normal[0] * east_m + normal[1] * north_m + slack_m
            if abs(normal[2]) < 1e-12:
                high_m = np.where(at_eye_m >= 0, high_m, -np.inf)
            elif normal[2] > 0:
                low_m = np.maximum(low_m, -at_eye_m / normal[2])
            else:
                high_m = np.minimum(high_m, -at_eye_m / normal[2])
        return bool(((low_m <= high_m) & (high_m > -np.inf)).any())


def _below(corners_m: Floats, highest_m: float) -> Floats:
    """The corners (n, 3) of the part of a box, in the order of `EDGES`, that lies below a height."""
    below = corners_m[:, 2] <= highest_m
    cuts = []
    for a, b in EDGES:
        if below[a] != below[b]:
            share = (highest_m - corners_m[a, 2]) / (corners_m[b, 2] - corners_m[a, 2])
            cuts.append(corners_m[a] + share * (corners_m[b] - corners_m[a]))
    return np.concatenate([corners_m[below], np.array(cuts).reshape(-1, 3)])


def _circle(east_m: float, north_m: float, radius_m: float) -> Floats:
    """A polygon of sixteen corners around a circle."""
    turn = np.arange(16) * (math.tau / 16)
    return np.column_stack([np.cos(turn), np.sin(turn)]) * (radius_m / math.cos(math.pi / 16)) + (east_m, north_m)
