"""The checker's rule about separation: the ground plans of two drones are apart, their ways home included.

Times prove nothing: a hold, a jump or a late start moves a drone by minutes, and a lost lease calls all of them home at
once. Heights prove nothing either: a drone that lands at once passes all heights.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from shapely.geometry import LineString, MultiLineString

from blindspot.planning.checker.check_flight import Flight, Violation


def breaches(a: Flight, b: Flight) -> Iterator[Violation]:
    """The ground plans of two drones keep their separation, so that they are apart at every time and height."""
    least_m = a.mission.file.limits.separation_m
    apart_m = ground_plan(a).distance(ground_plan(b))
    if apart_m < least_m:
        detail = f"it or its way home is {apart_m:.1f} m from where {b.route.drone} may fly, {least_m:g} m are needed"
        yield a.breach("separation", 0, detail)


def ground_plan(flight: Flight) -> MultiLineString:
    """The route and every line of a return, as lines on the ground. A return along the mission flies on the route."""
    flat = flight.track.flat_m
    if flight.along is not None:
        items, begins = flight.along.items, flight.along.begins
        pairs = np.hstack([flat[begins.sample], items.at_m[begins.place, :2]]).round(2)
        pairs = np.unique(pairs, axis=0).reshape(-1, 2, 2)
        pairs = pairs[np.linalg.norm(pairs[:, 0] - pairs[:, 1], axis=1) > 0.01]
        return MultiLineString([LineString(flat), LineString(items.at_m[:, :2]), *shapely.linestrings(pairs)])
    sample, goals = flight.goals_from(flat)
    ends = zip(flat[sample], goals[:, :2], strict=True)
    ways = [LineString([p, q]) for p, q in ends if np.linalg.norm(p - q) > 0.01]
    return MultiLineString([LineString(flat), *ways, *(LineString([g[:2], g[:2] + 0.01]) for g in flight.goals_m)])
