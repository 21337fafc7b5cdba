"""People who walk in the town: the place of each at any time, from a seed alone.

A walker goes to and fro on a fixed way over public ground at a steady pace. Its place is a function of the time.
Simulations at different speeds, and two processes with the same seed, therefore agree about it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.vision.town import Town

Floats = NDArray[np.float64]

HEIGHT_M = 1.7
WALK_STEPS = 24
STEP_M = 4.0


@dataclass(frozen=True, slots=True)
class Person:
    """A person at one moment: the foot in ENU m, the heading, and a number that only the simulator knows."""

    number: int
    east_m: float
    north_m: float
    up_m: float
    heading_deg: float
    height_m: float


@dataclass(frozen=True, slots=True)
class Walk:
    """Corners of a way, (n, 2) m, and the distance along it at each. A walker goes it to and fro."""

    corners_m: Floats
    along_m: Floats
    pace_mps: float
    start_m: float
    height_m: float

    def at(self, time_s: float) -> tuple[float, float, float]:
        """(east, north, heading)."""
        length_m = float(self.along_m[-1])
        travelled = (self.start_m + self.pace_mps * time_s) % (2 * length_m) if length_m > 0 else 0.0
        forth = travelled <= length_m
        along = travelled if forth else 2 * length_m - travelled
        east, north = (float(np.interp(along, self.along_m, self.corners_m[:, axis])) for axis in (0, 1))
        segment = min(int(np.searchsorted(self.along_m, along, side="right")), len(self.along_m) - 1)
        step = self.corners_m[segment] - self.corners_m[max(segment - 1, 0)]
        heading = np.degrees(np.arctan2(*step)) + (0 if forth else 180)
        return east, north, float(heading % 360)


class People:
    """`count` walkers on the allowed ground of a town (public, inside the perimeter)."""

    def __init__(self, town: Town, count: int, seed: int) -> None:
        self._town = town
        # One cell's width from the edge, so that the line between two clear samples stays clear at corners.
        self._walkable = cv2.erode(town.allowed.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
        rng = np.random.default_rng([seed, 7])
        cells = np.flatnonzero(self._walkable)
        starts = rng.choice(cells, count) if count and len(cells) else np.zeros(0, int)
        self.walks = [self._walk(start, rng) for start in town.grid.centres(starts)]

    def at(self, time_s: float) -> tuple[Person, ...]:
        """The true place of each person at a time."""
        people = []
        for number, walk in enumerate(self.walks):
            east_m, north_m, heading_deg = walk.at(time_s)
            up_m = self._town.ground_at(east_m, north_m) or 0.0
            people.append(Person(number, east_m, north_m, up_m, heading_deg, walk.height_m))
        return tuple(people)

    def _walk(self, start_m: Floats, rng: np.random.Generator) -> Walk:
        """A random way from a start that turns at the edge of the ground."""
        corners = [start_m]
        heading = rng.uniform(0, 2 * np.pi)
        for _ in range(WALK_STEPS):
            for turn in (0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0, np.pi):
                ahead = heading + turn + rng.normal(0, 0.1)
                step = STEP_M * np.array([np.sin(ahead), np.cos(ahead)])
                if self._is_clear(corners[-1], corners[-1] + step):
                    heading = ahead
                    corners.append(corners[-1] + step)
                    break
        way = np.array(corners)
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(way, axis=0).T))])
        pace = float(np.clip(rng.normal(1.35, 0.2), 0.8, 1.9))
        return Walk(way, along, pace, rng.uniform(0, 2 * max(along[-1], 1.0)), float(rng.normal(HEIGHT_M, 0.08)))

    def _is_clear(self, a: Floats, b: Floats) -> bool:
        samples = (self._town.grid.index(*(a + share * (b - a))) for share in np.linspace(0, 1, 9)[1:])
        return all(cell is not None and bool(self._walkable[cell]) for cell in samples)
