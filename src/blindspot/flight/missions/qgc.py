"""A route as a plan of QGroundControl (`.plan`, file version 1): the uploaded mission, fence and rally points, for a
review at the ground station.

The plan is made from the same waypoints that MAVROS uploads. QGroundControl writes null for NaN ("unchanged" in
parameters); places are [lat, lon].
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from blindspot.flight.route.mission_items import route_items
from blindspot.flight.vehicle import mavros_items
from blindspot.mission import Origin, Route

PX4, MULTICOPTER = 12, 2  # MAV_AUTOPILOT_PX4, MAV_TYPE_QUADROTOR
ABOVE_HOME = 1  # QGroundControl's AltitudeMode


def qgc_plan(route: Route, origin: Origin, cruise_mps: float) -> dict[str, Any]:
    """The file's contents, for `json.dumps(..., allow_nan=False)`; `origin` is the origin of the route's frame."""
    frame, home, failsafe = origin.frame, route.home, route.failsafe
    lon_deg, lat_deg = frame.to_wgs84(home.east_m, home.north_m)
    waypoints = mavros_items.waypoints(route_items(route), frame)
    corners = [[point["x_lat"], point["y_long"]] for point in mavros_items.fence(failsafe.fence, frame)]
    rally = mavros_items.rally(failsafe.rally, home, frame)
    fastest_mps = max((step.speed_mps for step in route.steps), default=cruise_mps)
    return {
        "fileType": "Plan",
        "version": 1,
        "groundStation": "QGroundControl",
        "mission": {
            "version": 2,
            "firmwareType": PX4,
            "vehicleType": MULTICOPTER,
            "globalPlanAltitudeMode": ABOVE_HOME,
            "cruiseSpeed": cruise_mps,
            "hoverSpeed": fastest_mps,
            "plannedHomePosition": [lat_deg, lon_deg, frame.to_amsl(home.up_m)],
            "items": [_item(waypoint, number) for number, waypoint in enumerate(waypoints, 1)],
        },
        "geoFence": {
            "version": 2,
            "polygons": [{"version": 1, "inclusion": True, "polygon": corners}],
            "circles": [],
        },
        "rallyPoints": {"version": 2, "points": [[p["x_lat"], p["y_long"], p["z_alt"]] for p in rally]},
    }


def _item(waypoint: Mapping[str, Any], number: int) -> dict[str, Any]:
    values = [waypoint[key] for key in ("param1", "param2", "param3", "param4", "x_lat", "y_long", "z_alt")]
    item = {
        "type": "SimpleItem",
        "command": waypoint["command"],
        "frame": waypoint["frame"],
        "params": [value if isfinite(value) else None for value in values],
        "doJumpId": number,
        "autoContinue": waypoint["autocontinue"],
    }
    if waypoint["frame"] != mavros_items.RELATIVE:
        return item
    return item | {"Altitude": waypoint["z_alt"], "AltitudeMode": ABOVE_HOME, "AMSLAltAboveTerrain": None}
