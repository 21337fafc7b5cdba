"""Walkers and moving cars in the town, on closed ways."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely

from blindspot.vision.town import Town
from blindspot_sim.pictures.people import People
from blindspot_sim.world.mesh import Floats

TURN_S = 0.4
"""Time for a turn on the spot at a corner."""
DRIVE_MPS = 8.0
LEAST_ROAD_M, LEAST_WIDTH_M = 60.0, 5.0
"""Smallest length and width of a street with moving cars."""


Corner = tuple[float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Mover:
    """A timed way: (time_s, east_m, north_m, up_m, yaw_rad) at its corners, yaw counter-clockwise from east."""

    name: str
    way: tuple[Corner, ...]


def people(town: Town, count: int, seed: int) -> list[Mover]:
    """The walkers of the embedded simulation, with the same ways, speeds and start places."""
    movers = []
    for number, walk in enumerate(People(town, count, seed).walks):
        if len(walk.corners_m) > 1:
            there_and_back = np.concatenate([walk.corners_m, walk.corners_m[-2::-1]])
            movers.append(Mover(f"person_{number}", _way(town, there_and_back, walk.pace_mps, walk.start_m)))
    return movers


def cars(town: Town, count: int, seed: int) -> list[Mover]:
    """Cars that drive on the right of long and wide streets to their end, and back on the other side."""
    random = np.random.default_rng([seed, 19])
    streets = [
        (axis, width_m)
        for axis, width_m in town.streets
        if width_m >= LEAST_WIDTH_M and shapely.LineString(axis).length >= LEAST_ROAD_M and _inside(town, axis)
    ]
    chosen = random.permutation(len(streets))[:count]
    return [
        Mover(f"car_{number}", _way(town, _round(*streets[k]), DRIVE_MPS, random.uniform(0.0, LEAST_ROAD_M)))
        for number, k in enumerate(chosen)
    ]


def _inside(town: Town, axis: Floats) -> bool:
    return all(town.grid.index(*corner) is not None for corner in axis)


def _round(axis: Floats, width_m: float) -> Floats:
    """The right lane there and the right lane back."""
    line = shapely.LineString(axis)
    there, back = (shapely.get_coordinates(side.offset_curve(-width_m / 4.0)) for side in (line, line.reverse()))
    return np.concatenate([there, back, there[:1]])


def _way(town: Town, corners: Floats, speed_mps: float, begun_m: float) -> tuple[Corner, ...]:
    """The closed way over the corners, from `begun_m` along it, on the ground."""
    return tuple(_timed(town, _from(corners, begun_m), speed_mps))


def _from(corners: Floats, begun_m: float) -> Floats:
    """The same closed way with another start place."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))])
    begun_m %= along[-1]
    after = int(np.searchsorted(along, begun_m, side="right"))
    start = np.array([np.interp(begun_m, along, corners[:, axis]) for axis in (0, 1)])
    return np.concatenate([[start], corners[after:], corners[1:after], [start]])


def _timed(town: Town, corners: Floats, speed_mps: float) -> Iterator[Corner]:
    """Start and end of each side with the same heading, so that turns happen only at corners."""
    time_s, yaw = 0.0, math.nan
    for (e, n), (next_e, next_n) in zip(corners[:-1].tolist(), corners[1:].tolist(), strict=True):
        length_m = math.hypot(next_e - e, next_n - n)
        if length_m < 1e-6:
            continue
        wanted = math.atan2(next_n - n, next_e - e)
        # Gazebo interpolates between the two angles: take the shorter turn.
        turn = 0.0 if math.isnan(yaw) else (wanted - yaw + math.pi) % (2 * math.pi) - math.pi
        time_s += 0.0 if math.isnan(yaw) else TURN_S
        yaw = wanted if math.isnan(yaw) else yaw + turn
        yield time_s, e, n, town.ground_at(e, n) or 0.0, yaw
        time_s += length_m / speed_mps
        yield time_s, next_e, next_n, town.ground_at(next_e, next_n) or 0.0, yaw
