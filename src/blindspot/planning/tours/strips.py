"""The best lawnmower over a drone's ground: it competes with the search where flights may cross roofs.

Strips are parallel lanes with the camera straight down, at headings all around and at several distances. Each lane is
cut to the ground that its pictures see, and to the drone's air. The lawnmower that costs the least is chosen: missing
ground has a price.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from blindspot.mission import DensityBand, timing
from blindspot.planning.drones.patrols import Drone, Patrol
from blindspot.planning.views.candidates import Position, pictures
from blindspot.planning.views.drone_sight import Targets
from blindspot.planning.views.legs import LEG_MIN_M, joined, sweep_legs
from blindspot.planning.views.picture import aim_axes
from blindspot.site.ground import HeightField

HEADINGS, SIDE_OVERLAPS = 18, (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
PIECE_M = 80.0
"""Longest part of a lane between two places at which the search may leave it."""
STRAIGHT_DOWN_DEG = -90.0
CELLS_INSIDE = 1.5
"""Lanes keep this many cells from the air's edge, so that their places lie in open cells."""

Line = tuple[Position, Position]


@dataclass(frozen=True, slots=True)
class Strips:
    """The places of a lawnmower in flight order, its flight time from the pad and back, s, and the weight it sees."""

    places: tuple[Position, ...]
    time_s: float
    seen: float


def best_strips(
    patrol: Patrol, band: DensityBand, field: HeightField, targets: Targets, weight: NDArray[np.float32],
    enough: float, price_s: float,
) -> Strips | None:  # fmt: skip
    """The lawnmower that costs the least, if a unit of weight missing to `enough` costs `price_s`; None if there is
    no lawnmower."""
    drone, (counts_in, _) = patrol.drone, pictures(patrol.drone.model, band)
    swath_m = 2.0 * counts_in.half_width * (drone.up_m - float(np.median(targets.ground_m)))
    room = patrol.air.free.buffer(-CELLS_INSIDE * patrol.air.grid.cell_m)
    plans, headings = list[list[Line]](), list[float]()
    for heading_deg in np.arange(HEADINGS) * 180.0 / HEADINGS:
        for overlap in SIDE_OVERLAPS:
            lanes = _lanes(room, drone.home_2d, targets, float(heading_deg), swath_m * (1.0 - overlap))
            plans += [lanes] if lanes else []
            headings += [float(heading_deg)] * len(lanes)
    if not plans:
        return None
    starts, ends = (np.array([lane[k] for lanes in plans for lane in lanes]) for k in (0, 1))
    axes = aim_axes(np.column_stack([headings, np.full(len(headings), STRAIGHT_DOWN_DEG)]))
    first, lists = sweep_legs(field, starts, ends, drone.up_m, axes, targets, counts_in, drone.leg_mps)
    seen = joined(lists)
    last, found = 0, list[Strips]()
    for lanes in plans:
        begin, last = last, last + len(lanes)
        sees = float(weight[np.unique(seen[first[begin] : first[last]])].sum())
        found.append(Strips(_pieces(lanes), _time_s(drone, lanes), sees))
    return min(found, key=lambda strips: strips.time_s + price_s * max(0.0, enough - strips.seen))


def _lanes(room: BaseGeometry, home: Position, targets: Targets, heading_deg: float, apart_m: float) -> list[Line]:
    """Lanes along a heading inside `room`, evenly over the targets and at most `apart_m` apart, flown to and fro from
    the side of the pad."""
    at = np.column_stack([targets.east_m, targets.north_m])
    east, north = math.sin(math.radians(heading_deg)), math.cos(math.radians(heading_deg))
    along, across = at @ np.array([east, north]), at @ np.array([north, -east])
    low, high = float(across.min()), float(across.max())
    count = max(1, math.ceil((high - low) / apart_m))
    lane_of = np.minimum(((across - low) / max(high - low, 1e-9) * count).astype(int), count - 1)
    numbers = range(count)
    if home[0] * north - home[1] * east > (low + high) / 2.0:
        numbers = range(count - 1, -1, -1)
    lanes, last = list[Line](), home
    for number in numbers:
        own = along[lane_of == number]
        if not len(own):
            continue
        middle = low + (number + 0.5) * (high - low) / count
        ends = [(middle * north + s * east, s * north - middle * east) for s in (float(own.min()), float(own.max()))]
        inside = _longest(shapely.LineString(ends).intersection(room))
        if inside is None:
            continue
        lane = inside if math.dist(last, inside[0]) <= math.dist(last, inside[1]) else (inside[1], inside[0])
        lanes.append(lane)
        last = lane[1]
    return lanes


def _longest(inside: BaseGeometry) -> Line | None:
    """The longest straight part inside the air, if it is long enough for a leg."""
    lines = [part for part in shapely.get_parts(inside) if isinstance(part, shapely.LineString)]
    longest = max(lines, key=lambda line: float(line.length), default=None)
    if longest is None or longest.length < LEG_MIN_M:
        return None
    (a, *_, b) = longest.coords
    return (float(a[0]), float(a[1])), (float(b[0]), float(b[1]))


def _pieces(lanes: Sequence[Line]) -> tuple[Position, ...]:
    places = []
    for start, end in lanes:
        count = max(1, math.ceil(math.dist(start, end) / PIECE_M))
        for k in range(count + 1):
            s = k / count
            places.append((start[0] + s * (end[0] - start[0]), start[1] + s * (end[1] - start[1])))
    return tuple(places)


def _time_s(drone: Drone, lanes: Sequence[Line]) -> float:
    row = [drone.home_2d, *(place for lane in lanes for place in lane), drone.home_2d]
    acceleration_mps2 = drone.model.performance.acceleration_mps2
    return sum(timing.level_s(math.dist(a, b), drone.leg_mps, acceleration_mps2) for a, b in pairwise(row))
