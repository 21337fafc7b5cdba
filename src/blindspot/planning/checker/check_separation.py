"""The checker's rule about separation: proven in the ground plan alone if possible, else in space and time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from shapely.geometry import LineString, MultiLineString

from blindspot.planning.checker.check_flight import Flight, Violation, runs_of
from blindspot.planning.checker.check_track import Array

DRIFT = 0.10
LATE_S = 5.0
"""Largest deviation of two drones from their plans relative to each other: this share of the time, plus seconds."""


def breaches(a: Flight, b: Flight) -> Iterator[Violation]:
    """Two drones keep their separation, nominally and if the autopilot of either lands at once or returns.

    If the ground plans of both flights and their ways home are apart, the drones are apart at every time and height.
    Otherwise the flights are compared second by second with drift, and each failsafe of one with the rest of the
    other's flight. A return along the mission takes minutes, so it must be apart at every time.
    """
    least_m = a.mission.file.limits.separation_m
    if _ground_plan(a).distance(_ground_plan(b)) >= least_m:
        return
    if a.along is not None or b.along is not None:
        yield from breaches_at_any_time(a, b)
        return
    yield from _nominal(a, b, least_m)
    yield from _failsafe(a, b, least_m)
    yield from _failsafe(b, a, least_m)


def breaches_at_any_time(a: Flight, b: Flight) -> Iterator[Violation]:
    """The ground plans of two drones keep their separation, so that they are apart at every time and height."""
    least_m = a.mission.file.limits.separation_m
    apart_m = _ground_plan(a).distance(_ground_plan(b))
    if apart_m < least_m:
        detail = f"it or its way home is {apart_m:.1f} m from where {b.route.drone} may fly, {least_m:g} m are needed"
        yield a.breach("separation", 0, detail)


def _ground_plan(flight: Flight) -> MultiLineString:
    """The route and every line of a return, as lines on the ground. A return along the mission flies on the route."""
    flat = flight.track.flat_m
    if flight.along is not None:
        items, begins = flight.along.items, flight.along.begins
        pairs = np.hstack([flat[begins.sample], items.at_m[begins.place, :2]]).round(2)
        pairs = np.unique(pairs, axis=0).reshape(-1, 2, 2)
        pairs = pairs[np.linalg.norm(pairs[:, 0] - pairs[:, 1], axis=1) > 0.01]
        return MultiLineString([LineString(flat), LineString(items.at_m[:, :2]), *shapely.linestrings(pairs)])
    goals = flight.goal_of(flat)[:, :2]
    ways = [LineString([p, q]) for p, q in zip(flat, goals, strict=True) if np.linalg.norm(p - q) > 0.01]
    return MultiLineString([LineString(flat), *ways, *(LineString([g[:2], g[:2] + 0.01]) for g in flight.goals_m)])


def _nominal(a: Flight, b: Flight, least_m: float) -> Iterator[Violation]:
    apart_m = np.linalg.norm(a.track.at_m[:, None, :] - b.track.at_m[None, :, :], axis=2)
    ta, tb = a.track.time_s[:, None], b.track.time_s[None, :]
    together = np.abs(ta - tb) <= DRIFT * np.maximum(ta, tb) + LATE_S
    near_m = np.where(together, apart_m, np.inf).min(axis=1)
    yield from _too_near(a, near_m, least_m, f"{{:.1f}} m from {b.route.drone}, {least_m:g} m are needed")


def _failsafe(a: Flight, b: Flight, least_m: float) -> Iterator[Violation]:
    """`a` lands at once or returns at any sample while `b` flies on. On the way down `a` passes all heights, so only
    the ground plan separates them."""
    later = b.track.time_s[None, :] >= (1 - DRIFT) * a.track.time_s[:, None] - LATE_S
    flat_m = np.linalg.norm(a.track.flat_m[:, None, :] - b.track.flat_m[None, :, :], axis=2)
    below = b.track.at_m[None, :, 2] <= a.track.at_m[:, None, 2] + least_m
    near_m = np.where(later & below, flat_m, np.inf).min(axis=1)
    yield from _too_near(a, near_m, least_m, f"landing here it would come to {{:.1f}} m from {b.route.drone}")
    goals = a.goal_of(a.track.flat_m)
    up_m = np.maximum(a.track.at_m[:, 2], a.return_up_m(goals))
    for sample in range(len(a.track.time_s)):
        others = b.track.at_m[later[sample]]
        level = np.abs(others[:, 2] - up_m[sample]) < least_m
        way_m = _to_line_m(others[level, :2], a.track.flat_m[sample], goals[sample, :2])
        down_m = np.linalg.norm(others[others[:, 2] <= up_m[sample] + least_m, :2] - goals[sample, :2], axis=1)
        near_m[sample] = min(way_m.min(initial=np.inf), down_m.min(initial=np.inf))
    yield from _too_near(a, near_m, least_m, f"returning it would come to {{:.1f}} m from {b.route.drone}")


def _too_near(flight: Flight, near_m: Array, least_m: float, detail: str) -> Iterator[Violation]:
    for sample, last in runs_of(near_m < least_m):
        yield flight.breach("separation", sample, detail.format(near_m[sample : last + 1].min()), last)


def _to_line_m(points: Array, start: Array, end: Array) -> Array:
    """Distances of (n, 2) points to a straight piece."""
    return np.asarray(shapely.distance(shapely.points(points), LineString([start, end])))
