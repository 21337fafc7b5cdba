"""A plan as the console's map draws the plan: perimeter and routes in degrees."""

from __future__ import annotations

import math
from itertools import accumulate
from typing import Any

from blindspot.mission import Leg, Plan, Route, View
from blindspot.site import LocalFrame

MOST_POINTS = 6000
"""Points of all drawn routes of a plan: a page needs no more, and a record holds no more."""
STRAIGHT = 0
"""PX4's `RTL_TYPE` of a straight way home; any other leads along the mission."""


def drawn_plan(plan: Plan, frame: LocalFrame) -> dict[str, Any]:
    """The perimeter's corners, the routes by drone, and the ways home by drone; each place as `degrees`.

    A way home is that of the autopilot's own return: straight from each step, or along the mission, which leads back
    in the first half of the route and on in the second.
    """
    most = MOST_POINTS // max(2 * len(plan.routes), 1)
    return {
        "perimeter": [degrees(frame, *corner) for corner in plan.perimeter],
        "routes": {route.drone: _line(route, frame, most) for route in plan.routes},
        "homes": {route.drone: _ways_home(route, frame, most) for route in plan.routes},
    }


def degrees(frame: LocalFrame, east_m: float, north_m: float) -> list[float]:
    """[longitude, latitude], WGS 84 degrees to a centimetre."""
    lon_deg, lat_deg = frame.to_wgs84(east_m, north_m)
    return [round(float(lon_deg), 7), round(float(lat_deg), 7)]


def looks_after_steps(route: Route) -> list[int]:
    """Number of looks after each number of steps, from 0 on."""
    return [0, *accumulate(isinstance(step, View | Leg) for step in route.steps)]


def _line(route: Route, frame: LocalFrame, most: int) -> list[list[float]]:
    home = (route.home.east_m, route.home.north_m)
    places = [home, *((step.to.east_m, step.to.north_m) for step in route.steps), home]
    each = math.ceil(len(places) / most)
    return [degrees(frame, *place) for place in places[::each]]


def _ways_home(route: Route, frame: LocalFrame, most: int) -> dict[str, Any]:
    line = _line(route, frame, most // 2)
    if route.failsafe.rtl_type == STRAIGHT:
        return {"is_straight": True, "lines": [[place, line[0]] for place in line[1:-1]]}
    middle = len(line) // 2
    return {"is_straight": False, "lines": [line[middle::-1], line[middle:]]}
