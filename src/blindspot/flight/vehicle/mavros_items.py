"""Missions, fences and rally points as the waypoints that MAVROS uploads, and the comparison with a list read back.

PX4 returns a list in another form than it was sent (measured). Relative frames come back as their integer twins,
coordinates rounded to 1e-7 degrees, `is_current` and `autocontinue` with PX4's own values. The yaw of a LOITER_TIME is
kept, but comes back as 1 for a number above 0, else as 0: MAVLink has a flag in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

from blindspot.flight.route.mission_items import LOITER_TIME, Item
from blindspot.mission import Point
from blindspot.site import LocalFrame

GLOBAL, MISSION, RELATIVE = 0, 2, 3  # MAV_FRAME
INCLUSION_POLYGON, RALLY = 5001, 5100  # MAV_CMD
_SAME_FRAME = {5: GLOBAL, 6: RELATIVE}  # the integer twins
_PLACE_TOLERANCE_DEG = 2e-7
_TOLERANCE = 1e-3  # float32 of degrees, metres and seconds

Waypoint = dict[str, object]
Params = tuple[float, float, float, float]


def waypoints(items: Sequence[Item], frame: LocalFrame) -> list[Waypoint]:
    """The fields of mavros_msgs/Waypoint, one for each item."""
    return [_waypoint(item, frame, first=index == 0) for index, item in enumerate(items)]


def fence(corners: Sequence[tuple[float, float]], frame: LocalFrame) -> list[Waypoint]:
    """One inclusion polygon; `corners` are (east_m, north_m), an open ring."""
    count = float(len(corners))
    return [_place(GLOBAL, INCLUSION_POLYGON, (count, 0.0, 0.0, 0.0), corner, 0.0, frame) for corner in corners]


def rally(points: Sequence[Point], home: Point, frame: LocalFrame) -> list[Waypoint]:
    """Rally points, heights relative to the pad."""
    return [
        _place(RELATIVE, RALLY, (0.0, 0.0, 0.0, 0.0), (p.east_m, p.north_m), p.up_m - home.up_m, frame) for p in points
    ]


def same(sent: Sequence[Mapping[str, object]], read: Sequence[Any]) -> bool:
    """Whether a list read back is equivalent to the sent one; `read` has ROS field names as attributes."""
    return len(sent) == len(read) and all(_same_item(a, b) for a, b in zip(sent, read, strict=True))


def leads_to(items: Sequence[Any], seq: int, frame: LocalFrame) -> tuple[float, float] | None:
    """(east_m, north_m) of the first item with a place, from item `seq` on; `None` if all are without one."""
    for item in items[seq:]:
        is_place = abs(item.x_lat) <= 85.0 and abs(item.y_long) <= 180.0  # false for NaN
        if _SAME_FRAME.get(item.frame, item.frame) == RELATIVE and is_place:
            return frame.to_enu(item.y_long, item.x_lat)
    return None


def _waypoint(item: Item, frame: LocalFrame, *, first: bool) -> Waypoint:
    if item.at is None:
        return _fields(MISSION, item.command, item.params, item.flags, 0.0, 0.0, first=first)
    return _place(RELATIVE, item.command, item.params, item.at, item.above_home_m, frame, first=first)


def _place(
    mav_frame: int,
    command: int,
    params: Params,
    at: tuple[float, float],
    height_m: float,
    frame: LocalFrame,
    *,
    first: bool = False,
) -> Waypoint:
    lon_deg, lat_deg = frame.to_wgs84(*at)
    return _fields(mav_frame, command, params, lat_deg, lon_deg, height_m, first=first)


def _fields(mav_frame: int, command: int, params: Params, x: float, y: float, z: float, *, first: bool) -> Waypoint:
    param1, param2, param3, param4 = params
    return {
        "frame": mav_frame,
        "command": command,
        "is_current": first,
        "autocontinue": True,
        "param1": param1,
        "param2": param2,
        "param3": param3,
        "param4": param4,
        "x_lat": x,
        "y_long": y,
        "z_alt": z,
    }


def _same_item(sent: Mapping[str, Any], read: Any) -> bool:
    if (sent["frame"], sent["command"]) != (_SAME_FRAME.get(read.frame, read.frame), read.command):
        return False
    if not all(abs(sent[key] - getattr(read, key)) <= _PLACE_TOLERANCE_DEG for key in ("x_lat", "y_long")):
        return False  # also for NaN
    if not all(_same_value(sent[key], getattr(read, key)) for key in ("param1", "param2", "param3", "z_alt")):
        return False
    as_flag = sent["command"] == LOITER_TIME and read.param4 == float(sent["param4"] > 0)
    return as_flag or _same_value(sent["param4"], read.param4)


def _same_value(sent: float, read: float) -> bool:
    return (isnan(sent) and isnan(read)) or abs(sent - read) <= _TOLERANCE
