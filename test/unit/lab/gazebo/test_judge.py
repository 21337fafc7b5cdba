"""A depth picture drawn by hand: level ground below a mast, with a wall across a part of it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from blindspot_lab.gazebo.judge import judge
from blindspot_sim.world.build import Eye

EYE = Eye("eye", 10.0, -5.0, 8.0, math.radians(20.0), math.radians(90.0), math.radians(60.0), 640, 480, 60.0)
"""8 m up, looks north and 20 deg down."""


def depth(wall_at_m: float) -> np.ndarray:
    """Metres along the axis: level ground, and a high wall across the picture's left half so far to the north."""
    focal = 320.0 / math.tan(math.radians(30.0))
    col, row = np.meshgrid(np.arange(640) + 0.5, np.arange(480) + 0.5)
    left, up = -(col - 320.0) / focal, -(row - 240.0) / focal
    pitch = EYE.pitch_rad
    north, down = math.cos(pitch) + up * math.sin(pitch), math.sin(pitch) - up * math.cos(pitch)
    with np.errstate(divide="ignore"):
        ground = np.where(down > 0, 8.0 / down, np.inf)
    wall = np.where((left > 0) & (north > 0), wall_at_m / north, np.inf)
    return np.minimum(ground, wall).astype(np.float32)


def points() -> np.ndarray:
    east, north = np.meshgrid(np.arange(-20.0, 40.0, 0.5), np.arange(-20.0, 60.0, 0.5))
    return np.column_stack((east.ravel(), north.ravel(), np.zeros(east.size)))


def test_open_ground_is_seen_wherever_it_is_in_the_picture():
    found = judge(EYE, depth(wall_at_m=1e9), points())
    assert found.in_picture.sum() > 2000
    assert found.seen[found.in_picture].mean() > 0.999
    assert not found.seen[~found.in_picture].any()


def test_the_ground_behind_a_wall_is_hidden_and_the_other_half_is_not():
    where = points()
    found = judge(EYE, depth(wall_at_m=20.0), where)
    east, north = where[:, 0] - EYE.east_m, where[:, 1] - EYE.north_m
    behind = found.in_picture & (east < -0.5) & (north > 22.0)
    before = found.in_picture & (east < -0.5) & (north < 19.0)
    free = found.in_picture & (east > 0.5)
    assert behind.sum() > 300 and not found.seen[behind].any()
    assert found.seen[before].mean() > 0.999 and found.seen[free].mean() > 0.999


@pytest.mark.parametrize(("east_m", "north_m"), [(10.0, -20.0), (10.0, 58.0), (60.0, 20.0)])
def test_points_behind_beyond_or_beside_are_outside_the_picture(east_m, north_m):
    assert not judge(EYE, depth(1e9), np.array([[east_m, north_m, 0.0]])).in_picture.any()
