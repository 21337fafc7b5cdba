"""A plan as the console's map draws the plan: perimeter and routes in degrees."""

from __future__ import annotations

import math
from typing import Any

from blindspot.mission import Plan, Route
from blindspot.site import LocalFrame

MOST_POINTS = 6000
"""Points of all drawn routes of a plan: more do not fit into a record of the view."""


def drawn_plan(plan: Plan, frame: LocalFrame) -> dict[str, Any]:
    """The perimeter's corners and the routes by drone, as `degrees`; every n-th place of long routes."""
    most = MOST_POINTS // max(len(plan.routes), 1)
    return {
        "perimeter": [degrees(frame, *corner) for corner in plan.perimeter],
        "routes": {route.drone: _line(route, frame, most) for route in plan.routes},
    }


def degrees(frame: LocalFrame, east_m: float, north_m: float) -> list[float]:
    """[longitude, latitude], WGS 84 degrees to a centimetre."""
    lon_deg, lat_deg = frame.to_wgs84(east_m, north_m)
    return [round(float(lon_deg), 7), round(float(lat_deg), 7)]


def _line(route: Route, frame: LocalFrame, most: int) -> list[list[float]]:
    home = (route.home.east_m, route.home.north_m)
    places = [home, *((step.to.east_m, step.to.north_m) for step in route.steps), home]
    each = math.ceil(len(places) / most)
    return [degrees(frame, *place) for place in places[::each]]
