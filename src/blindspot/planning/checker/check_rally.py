"""The checker's rule about rally points: the autopilot may land on each, so each must be as good as a pad.

`check_air.py` judges the ways to rally points like ways home, from each place of a possible choice by the autopilot.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from shapely.geometry import Point as Place, Polygon

from blindspot.mission import Point, rounding
from blindspot.planning.checker.check_air import buildings_near, gap_to_buildings, ground_under
from blindspot.planning.checker.check_flight import Flight, Violation
from blindspot.planning.checker.check_hold import POSITION_ERROR_M
from blindspot.planning.checker.check_track import xyz

ON_THE_GROUND_M = 0.5
LEFT_OUT_M = 10.0
"""PX4 leaves out rally points nearer to home than this (`rtl.cpp` of 1.17)."""


def breaches(flight: Flight) -> Iterator[Violation]:
    for point in flight.route.failsafe.rally:
        for problem in _problems(flight, point):
            yield Violation("rally", flight.route.drone, point, None, problem)


def meetings(a: Flight, b: Flight) -> Iterator[Violation]:
    """The landing places of two drones are apart, so that both can be called back at the same time."""
    least_m = a.mission.file.limits.separation_m
    for point in a.route.failsafe.rally:
        near_m = float(np.linalg.norm(b.goals_m[:, :2] - xyz(point)[:2], axis=1).min())
        if near_m < least_m:
            detail = f"{near_m:.1f} m from where {b.route.drone} may land, {least_m:g} m are needed"
            yield Violation("rally", a.route.drone, point, None, detail)


def _problems(flight: Flight, point: Point) -> Iterator[str]:
    """Faults of a rally point: it must lie in an emergency area and on the ground, with room on the way down and room
    to brake."""
    at_m, place = xyz(point)[None], Place(point.east_m, point.north_m)
    if not any(area.polygon.covers(place) for area in flight.site.emergency_areas):
        yield "lies in no emergency area of the site"
    home_m = float(np.linalg.norm(at_m[0, :2] - xyz(flight.route.home)[:2]))
    if home_m < LEFT_OUT_M + POSITION_ERROR_M:
        yield (
            f"is {home_m:.1f} m from home: the autopilot leaves out those within {LEFT_OUT_M:g} m of its own home, "
            f"which may be {POSITION_ERROR_M:g} m off"
        )
    off_m = point.up_m - float(ground_under(flight.site, at_m[:, :2])[0])
    if abs(off_m) > ON_THE_GROUND_M:
        yield f"is {abs(off_m):.1f} m {'above' if off_m > 0 else 'below'} the ground: so would be the return height"
    clearance_m = flight.mission.file.limits.building_clearance_m - rounding.WITHIN_M
    gap_m = float(gap_to_buildings(at_m * np.array([1, 1, 0]), buildings_near(flight), clearance_m, flat=True)[0])
    if gap_m < clearance_m:
        yield f"the way down passes a building at {gap_m:.1f} m"
    for name, corners in (("perimeter", flight.plan.perimeter), ("fence", flight.route.failsafe.fence)):
        if not Polygon(corners).buffer(-flight.fence_margin_m + rounding.WITHIN_M).covers(place):
            yield f"outside the {name}, or closer to it than the {flight.fence_margin_m:.1f} m that braking needs"
    for zone in flight.site.zones:
        if zone.kind == "no_fly" and shapely.dwithin(zone.polygon, place, flight.fence_margin_m - rounding.WITHIN_M):
            yield f"the way down leads through {zone.name} or too near"
