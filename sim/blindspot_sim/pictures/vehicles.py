"""Moving and parked cars in the streets: the place of each at any time, from a seed alone.

A car drives on the right of a street to its end, and back on the other side. Its place is a function of the time, as
in `people`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blindspot.vision.town import Town
from blindspot_sim.pictures.people import Walk

Floats = NDArray[np.float64]
_Way = tuple[Walk, float]
"""The street's axis, driven to and fro, and a car's distance to the right of it."""

LEAST_ROAD_M, LEAST_WIDTH_M = 20.0, 5.0
"""Smallest length and width of a street with cars."""
PARKED_SHARE = 0.4
ROOM_M = 0.4
PARKED_EVERY_M, DRIVING_EVERY_M = 7.0, 9.0
KERB_M = 1.1
"""From the carriageway's edge to the middle of a parked car."""
SHAPES_M: tuple[tuple[float, float, float], ...] = (
    (4.3, 1.8, 1.45),
    (3.7, 1.7, 1.5),
    (4.8, 1.85, 1.45),
    (5.2, 2.0, 2.1),
)
"""Length, width and height: a saloon, a small car, an estate, a van."""


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A car at one moment: the middle of its footprint in ENU m, its heading, its size, a number that only the
    simulator knows, and whether its engine runs."""

    number: int
    east_m: float
    north_m: float
    up_m: float
    heading_deg: float
    length_m: float
    width_m: float
    height_m: float
    is_driving: bool = True


def is_clear(east_m: float, north_m: float, vehicles: Sequence[Vehicle]) -> bool:
    """True if the place is outside all cars, so that a person can stand there."""
    return all(np.hypot(car.east_m - east_m, car.north_m - north_m) > car.length_m / 2 + ROOM_M for car in vehicles)


class _Street:
    """The places for cars in one street. All moving cars have the same speed, so that they keep their distance."""

    def __init__(self, axis: Floats, width_m: float, rng: np.random.Generator) -> None:
        self._axis, self._width_m = axis, width_m
        self._along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(axis, axis=0).T))])
        self._pace_mps = float(rng.uniform(4.0, 12.0))

    def parked(self) -> list[_Way]:
        return [self._way(0.0, start_m, self._width_m / 2 - KERB_M) for start_m in self._starts(PARKED_EVERY_M)]

    def driving(self) -> list[_Way]:
        return [self._way(self._pace_mps, start_m, self._width_m / 4) for start_m in self._starts(DRIVING_EVERY_M)]

    def _starts(self, every_m: float) -> list[float]:
        """Start places on both sides, clear of the street's ends."""
        return [float(start_m) for start_m in np.arange(every_m / 2, 2 * self._along[-1] - every_m / 2, every_m)]

    def _way(self, pace_mps: float, start_m: float, right_m: float) -> _Way:
        return Walk(self._axis, self._along, pace_mps, start_m, 0.0), right_m


def _chosen(ways: list[_Way], count: int, rng: np.random.Generator) -> list[_Way]:
    return [ways[k] for k in rng.permutation(len(ways))[:count]]


class Vehicles:
    """`count` cars in the streets of a town, on ways inside the town. There are fewer if the room is too small."""

    def __init__(self, town: Town, count: int, seed: int) -> None:
        self._town = town
        rng = np.random.default_rng([seed, 23])
        streets = [_Street(axis, width_m, rng) for axis, width_m in town.streets if self._drivable(axis, width_m)]
        parked = round(PARKED_SHARE * count)
        self._ways = [
            *_chosen([way for street in streets for way in street.parked()], parked, rng),
            *_chosen([way for street in streets for way in street.driving()], count - parked, rng),
        ]

    def at(self, time_s: float) -> tuple[Vehicle, ...]:
        """The true place of each car at a time."""
        return tuple(self._placed(number, *way, time_s) for number, way in enumerate(self._ways))

    def _drivable(self, axis: Floats, width_m: float) -> bool:
        long_m = float(np.hypot(*np.diff(axis, axis=0).T).sum())
        inside = all(self._town.grid.index(east_m, north_m) is not None for east_m, north_m in axis)
        return width_m >= LEAST_WIDTH_M and long_m >= LEAST_ROAD_M and inside

    def _placed(self, number: int, way: Walk, right_m: float, time_s: float) -> Vehicle:
        east_m, north_m, heading_deg = way.at(time_s)
        heading = np.radians(heading_deg)
        east_m, north_m = east_m + right_m * float(np.cos(heading)), north_m - right_m * float(np.sin(heading))
        up_m = self._town.ground_at(east_m, north_m) or 0.0
        shape_m, is_driving = SHAPES_M[number % len(SHAPES_M)], way.pace_mps > 0.0
        return Vehicle(number, east_m, north_m, up_m, heading_deg, *shape_m, is_driving)
