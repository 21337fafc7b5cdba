"""The checker's rule about holds near corners: a hold that begins on the way to a corner may end beyond it.

On a straight way the drone brakes along its route. At the way's end the drone may slide on in the direction of
flight, by at most the braking distance of fence and zones, v^2 / 2a. Buildings and crowns keep a last distance there.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from blindspot.mission import rounding
from blindspot.planning.checker.check_air import buildings_near, gaps_m
from blindspot.planning.checker.check_flight import Flight, Violation
from blindspot.planning.checker.check_track import xyz

POSITION_ERROR_M = 2.0
"""Largest error of a drone's position estimate, m."""
MOVES_M = 0.01
"""Least way over the ground with a direction, m."""


def kept_m(flight: Flight) -> float:
    """Least distance from a building after the slide, m: the position error and half of the span."""
    return POSITION_ERROR_M + flight.model.span_m / 2.0 - rounding.WITHIN_M


def breaches(flight: Flight) -> Iterator[Violation]:
    """The place of rest beyond the end of each step, and the way straight down from there, keep the last distance.

    With roofs below the route, landing at once means landing on one: then the way down is left out, as for the route.
    """
    least_m, track, near = kept_m(flight), flight.track, buildings_near(flight)
    samples, ends, slides_m, lows_m = [], [], [], []
    for number, step in enumerate(flight.route.steps):
        own = np.flatnonzero(track.step == number)
        start, end = track.at_m[max(int(own[0]) - 1, 0)], xyz(step.to)
        way_m = float(np.linalg.norm((end - start)[:2]))
        if way_m > MOVES_M:
            braking_m = step.speed_mps**2 / (2 * flight.model.performance.acceleration_mps2)
            samples.append(int(own[np.linalg.norm(track.at_m[own] - end, axis=1).argmin()]))
            ends.append([end[:2], end[:2] + braking_m / way_m * (end - start)[:2]])
            slides_m.append(braking_m)
            lows_m.append(min(start[2], end[2]))
    if not samples:
        return
    low_m = np.array(lows_m) if flight.mission.file.limits.over_roofs else np.full(len(lows_m), -np.inf)
    gap_m = gaps_m(shapely.linestrings(np.array(ends)), low_m, near, least_m)
    for k in np.flatnonzero(gap_m < least_m):
        detail = f"a hold on the way here may end {slides_m[k]:.1f} m further on, {gap_m[k]:.1f} m from a building"
        yield flight.breach("hold", samples[k], f"{detail}, {least_m:.1f} m are needed")
