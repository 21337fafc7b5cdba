"""The view of a fixed camera in a Gazebo world, from its depth picture: an independent check of the coverage engine."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blindspot_sim.world.build import Eye

SURE_M = 0.2
"""Allowed depth difference beyond the span of a pixel, since a cell's centre differs from its pixel's centre."""


@dataclass(frozen=True, slots=True)
class JudgedPoints:
    """For n points: those in the picture and in range, and the ones that the depth picture shows; (n,) bool."""

    in_picture: NDArray[np.bool_]
    seen: NDArray[np.bool_]


def judge(eye: Eye, depth_m: NDArray[np.float32], points_m: NDArray[np.float64]) -> JudgedPoints:
    """Decide which of (n, 3) points on the ground (ENU, m) an eye sees.

    `depth_m` is Gazebo's depth picture, (height, width): metres along the optical axis, infinite beyond its range. A
    point is hidden if its pixel shows a nearer surface, by more than the ground span of that pixel.
    """
    focal_px = eye.width_px / 2.0 / math.tan(eye.hfov_rad / 2.0)
    ahead, left, up = _in_camera(eye, points_m)
    is_before = ahead > 0.1
    along = np.where(is_before, ahead, np.inf)
    col = np.floor(eye.width_px / 2.0 - focal_px * left / along)
    row = np.floor(eye.height_px / 2.0 - focal_px * up / along)
    flat_m = np.hypot(points_m[:, 0] - eye.east_m, points_m[:, 1] - eye.north_m)
    in_picture = is_before & (col >= 0) & (col < eye.width_px) & (row >= 0) & (row < eye.height_px)
    in_picture &= (flat_m < eye.range_m) & (ahead < eye.range_m)
    seen = np.zeros(len(points_m), bool)
    found_m = depth_m[row[in_picture].astype(int), col[in_picture].astype(int)]
    height_m = np.maximum(eye.up_m - points_m[in_picture, 2], 0.1)
    sure_m = SURE_M + ahead[in_picture] ** 2 / (focal_px * height_m)
    seen[in_picture] = found_m >= ahead[in_picture] - sure_m
    return JudgedPoints(in_picture, seen)


def _in_camera(eye: Eye, points_m: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Points in a Gazebo camera's axes: forward, left, up. The pose turns by yaw, then downwards by pitch."""
    away = points_m - np.array([eye.east_m, eye.north_m, eye.up_m])
    cos_yaw, sin_yaw = math.cos(eye.yaw_rad), math.sin(eye.yaw_rad)
    cos_pitch, sin_pitch = math.cos(eye.pitch_rad), math.sin(eye.pitch_rad)
    level = cos_yaw * away[:, 0] + sin_yaw * away[:, 1]
    left = -sin_yaw * away[:, 0] + cos_yaw * away[:, 1]
    return cos_pitch * level - sin_pitch * away[:, 2], left, sin_pitch * level + cos_pitch * away[:, 2]
