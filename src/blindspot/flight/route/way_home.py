"""The goal of the autopilot's own return."""

from __future__ import annotations

from math import hypot

from blindspot.mission import Point, Route


def goal_of_return(route: Route, east_m: float, north_m: float) -> Point:
    """The place over which the drone comes down: the nearest of home and the rally points.

    PX4 makes this choice with RTL_TYPE 0 (home or rally) and 3 (the nearest of any kind), the only permitted values.
    """
    if not route.failsafe.rally:
        return route.home
    return min((route.home, *route.failsafe.rally), key=lambda p: hypot(p.east_m - east_m, p.north_m - north_m))
