"""The views of one drone from its sector, and the choice of few views that together show every square."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blindspot.core import workers
from blindspot.mission import Aim, Mission
from blindspot.planning.atlas.squares import HALF, Squares
from blindspot.planning.covers.cover import cover
from blindspot.planning.drones.patrols import Patrol
from blindspot.planning.views.candidates import (
    POSE_ERROR_M,
    Fineness,
    Position,
    aims_for,
    at_most,
    pictures,
    positions,
)
from blindspot.planning.views.drone_sight import SightScene, Targets, look
from blindspot.planning.views.picture import aim_axes
from blindspot.planning.views.target_ground import Ground

FINENESS = Fineness(5.0, 12, 13.0)
MOST_PLACES = 4000
ALMOST = 0.8
"""A square of which no view shows half is shown by a view with almost as much as the best, as a share."""

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Lookouts:
    """The candidate views of a drone, the soonest first. View v stands at `at[place[v]]`, takes `aims[aim[v]]`, and
    shows the squares `seen[first[v]:first[v + 1]]`."""

    at: list[Position]
    aims: tuple[Aim, ...]
    place: NDArray[np.int32]
    aim: NDArray[np.int32]
    first: NDArray[np.int64]
    seen: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.place)

    def squares_of(self, view: int) -> NDArray[np.int32]:
        return self.seen[self.first[view] : self.first[view + 1]]

    def chosen(self, wanted: Bools, allowed: Bools) -> list[int]:
        """Few allowed views that together show each wanted square that one of them shows, by greedy cover: first the
        view with the most squares, and of equal ones the soonest."""
        found = cover(
            self.first, self.seen, np.arange(len(self), dtype=np.int32), wanted.astype(np.float64),
            allowed=allowed, stay_s=1.0, move_s=0.0, enough=1.0,
        )  # fmt: skip
        return [int(view) for view in found]


def lookouts(
    mission: Mission, ground: Ground, patrol: Patrol, squares: Squares, report: Callable[[float], None]
) -> Lookouts:
    """Every aim from places `FINENESS` apart in the drone's air, with the planner's margins."""
    drone, field = patrol.drone, ground.taller(POSE_ERROR_M)
    fineness = at_most(patrol.air, patrol.reachable, FINENESS, MOST_PLACES, 1.2)
    at = positions(patrol.air, patrol.reachable, fineness)
    at.sort(key=lambda place: float(patrol.ways.distance_m[patrol.air.grid.index(*place)]))
    aims = aims_for(drone.model, mission.file.limits, fineness)
    axes = aim_axes(np.array([(aim.heading_deg, aim.pitch_deg) for aim in aims]))
    cells, square_of = squares.samples(ground)
    samples = np.bincount(square_of, minlength=len(squares))
    counts_in, whole = pictures(drone.model, mission.file.band)
    scene = SightScene.of(field, Targets.of(field, cells), counts_in.reach_m)

    def looked(place: Position) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """(aim and square as one number, seen share of the square)."""
        first, seen = look(scene, (*place, drone.up_m), axes, counts_in, whole)
        keys = np.repeat(np.arange(len(aims)), np.diff(first)) * len(squares) + square_of[seen]
        some, counts = np.unique(keys, return_counts=True)
        return some, (counts / samples[some % len(squares)]).astype(np.float32)

    keys, shares = list[NDArray[np.int64]](), list[NDArray[np.float32]]()
    with ThreadPoolExecutor(workers()) as pool:
        for number, (own, share) in enumerate(pool.map(looked, at)):
            keys.append(own + number * len(aims) * len(squares))
            shares.append(share)
            report(number / len(at))
    return _kept(at, aims, squares, np.concatenate(keys), np.concatenate(shares))


def _kept(
    at: list[Position], aims: tuple[Aim, ...], squares: Squares, keys: NDArray[np.int64], shares: NDArray[np.float32]
) -> Lookouts:
    """The views that show a square, each with these squares."""
    square = keys % len(squares)
    best = np.zeros(len(squares), dtype=np.float32)
    np.maximum.at(best, square, shares)
    needed = np.maximum(np.minimum(HALF, ALMOST * best), squares.least_shares)
    shows = shares >= needed[square] - 1e-6
    views, count = np.unique(keys[shows] // len(squares), return_counts=True)
    return Lookouts(
        at, aims, (views // len(aims)).astype(np.int32), (views % len(aims)).astype(np.int32),
        np.concatenate([[0], np.cumsum(count)]).astype(np.int64), square[shows].astype(np.int32),
    )  # fmt: skip
