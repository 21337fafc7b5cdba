"""The checker's own model of a return along the mission (`RTL_TYPE` 4): the first item, and the direction.

PX4 counts the items of the mission. On the way to item n it returns forwards if L - n < n for the landing item L, else
backwards. From the mission mode it begins at the first place from item n on, or at the last place up to item n - 2.
From any other mode the return begins at the closest place in space (the first of several equally close places). Flight
control has made that place the current item. Near the middle both directions count. This code shares
nothing with the planner's model of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blindspot.mission import Leg, Route, View
from blindspot.planning.checker.check_track import Array, FlightTrack, xyz

TAKE_OFF_ITEM_M = 5.0
STRAYS_M = 1.0
"""A drone in a hold may be so far from its path, m; the closest item is chosen from there."""
EITHER = 2
"""Items on both sides of the middle from which both directions count."""

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Items:
    """The uploaded items with a place: their numbers, places (n, 3) m ENU, and for each step its first and last number.
    `landing` is the number of the landing item."""

    number: Numbers
    at_m: Array
    first: Numbers
    last: Numbers
    landing: int

    def directions(self, number: int) -> tuple[bool, ...]:
        """Whether the return leads forwards, for a current item of this number; both near the middle."""
        ahead, behind = self.landing - number, number
        return (True, False) if abs(ahead - behind) <= 2 * EITHER else (ahead < behind,)

    def begin(self, number: int, *, forwards: bool) -> int:
        """Index of the place where a return from the mission mode begins."""
        if forwards:
            return int(np.flatnonzero(self.number >= number)[0])
        before = np.flatnonzero(self.number <= number - 2)
        return int(before[-1]) if len(before) else int(np.flatnonzero(self.number > number)[0])


def items_of(route: Route) -> Items:
    """The items as flight control uploads them: take-off low over the pad, two places over the pad, the steps, the
    landing."""
    home = xyz(route.home)
    over_pad = np.array([home[0], home[1], route.takeoff_up_m])
    rows: list[Array | None] = [home + np.array([0.0, 0.0, TAKE_OFF_ITEM_M]), over_pad, over_pad]
    first, last, here, speed_mps = [], [], over_pad, float("nan")
    for index, step in enumerate(route.steps):
        first.append(len(rows))
        there = xyz(step.to)
        if step.speed_mps != speed_mps:
            rows.append(None)
            speed_mps = step.speed_mps
        if isinstance(step, View):
            rows += [there, None, there]
        else:
            rows += [here, None, there] if isinstance(step, Leg) else [there]
            before_leg = index + 1 < len(route.steps) and isinstance(route.steps[index + 1], Leg)
            rows += [] if before_leg else [there]
        last.append(len(rows) - 1)
        here = there
    if np.linalg.norm((here - home)[:2]) > 1.0:
        rows.append(np.array([home[0], home[1], here[2]]))
    rows.append(home)
    placed = [number for number, row in enumerate(rows) if row is not None]
    at_m = np.array([row for row in rows if row is not None])
    return Items(np.array(placed), at_m, np.array(first), np.array(last), len(rows) - 1)


@dataclass(frozen=True, slots=True)
class Begins:
    """Begins of returns: a straight line from `sample[k]` to the place `place[k]`, then along the items."""

    sample: Numbers
    place: Numbers
    forwards: NDArray[np.bool_]


def begins_of(track: FlightTrack, items: Items, *, holding_only: bool = False) -> Begins:
    """Every begin of a return from every sample: of the mission mode, unless `holding_only`, and of a hold."""
    found: set[tuple[int, int, bool]] = set()
    steps = len(items.first)
    for sample, step in enumerate(track.step.tolist() if not holding_only else []):
        low, high = (0, 2) if step < 0 else (items.landing, items.landing)
        if 0 <= step < steps:
            low, high = int(items.first[step]), int(items.last[step])
        for number in range(low, high + 1):
            for forwards in items.directions(number):
                found.add((sample, items.begin(number, forwards=forwards), forwards))
    for sample, place in zip(*np.nonzero(_closest(track.at_m, items.at_m)), strict=True):
        for forwards in items.directions(int(items.number[place])):
            found.add((int(sample), int(place), forwards))
    rows = np.array(sorted(found), dtype=np.int64)
    return Begins(rows[:, 0], rows[:, 1], rows[:, 2] == 1)


def _closest(at_m: Array, places_m: Array) -> NDArray[np.bool_]:
    """(samples, places): the places that are the closest to some point within `STRAYS_M` of the sample.

    Such a point exists only if the plane midway between the place and each other place is that near, or behind.
    """
    out = np.zeros((len(at_m), len(places_m)), dtype=bool)
    for sample, here in enumerate(at_m):
        away_m = np.linalg.norm(places_m - here, axis=1)
        nearest = int(away_m.argmin())
        apart_m = np.linalg.norm(places_m - places_m[nearest], axis=1)
        to_plane_m = (away_m**2 - away_m[nearest] ** 2) / (2.0 * np.maximum(apart_m, 1e-9))
        near = np.flatnonzero((apart_m > 1e-9) & (to_plane_m <= STRAYS_M))
        apart_m = np.linalg.norm(places_m[near, None] - places_m[None], axis=2)
        to_plane_m = (away_m[near, None] ** 2 - away_m[None] ** 2) / (2.0 * np.maximum(apart_m, 1e-9))
        out[sample, near] = ((to_plane_m <= STRAYS_M) | (apart_m <= 1e-9)).all(axis=1)
        out[sample, nearest] = True
    return out
