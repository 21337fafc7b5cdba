"""Where the autopilot's own return leads."""

from __future__ import annotations

from math import hypot

from blindspot.planning.plan import Point, Route

RTL_TO_SAFE_POINT = 3
"""PX4's RTL_TYPE: the nearest of home and the rally points."""


def goal_of_return(route: Route, east_m: float, north_m: float) -> Point:
    """The place over which it comes down."""
    failsafe = route.failsafe
    if failsafe.rtl_type != RTL_TO_SAFE_POINT or not failsafe.rally:
        return route.home
    return min((route.home, *failsafe.rally), key=lambda p: hypot(p.east_m - east_m, p.north_m - north_m))
