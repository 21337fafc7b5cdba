"""Where the autopilot's own return leads."""

from __future__ import annotations

from math import hypot

from blindspot.mission import Point, Route


def goal_of_return(route: Route, east_m: float, north_m: float) -> Point:
    """The place over which it comes down: the nearest of home and the rally points.

    PX4 chooses so with RTL_TYPE 0 (home or rally) and 3 (the nearest of any kind); no plan with another one is flown.
    """
    if not route.failsafe.rally:
        return route.home
    return min((route.home, *route.failsafe.rally), key=lambda p: hypot(p.east_m - east_m, p.north_m - north_m))
