"""Mission, fence and rally items: MAVROS's `Waypoint` fields as places in the site's frame, and their commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any

from blindspot_sim.airframe.geo import GeoFrame

WAYPOINT, LOITER_UNLIMITED, LOITER_TIME, RETURN, LAND, TAKE_OFF = 16, 17, 19, 20, 21, 22
CHANGE_SPEED, ROI_LOCATION, ROI_NONE, MOUNT_CONTROL, GIMBAL_PITCH_YAW = 178, 195, 197, 205, 1000
FENCE_INSIDE, FENCE_OUTSIDE, CIRCLE_INSIDE, CIRCLE_OUTSIDE, RALLY = 5001, 5002, 5003, 5004, 5100

_POSITION = frozenset({WAYPOINT, LOITER_UNLIMITED, LOITER_TIME, LAND, TAKE_OFF})
_COMMAND = frozenset({
    RETURN, CHANGE_SPEED, ROI_LOCATION, ROI_NONE, MOUNT_CONTROL, GIMBAL_PITCH_YAW,
    206, 530, 1001, 2000, 2001, 2500, 2501,
})  # fmt: skip
_FENCE = frozenset({FENCE_INSIDE, FENCE_OUTSIDE, CIRCLE_INSIDE, CIRCLE_OUTSIDE})
ACCEPTED: Mapping[str, frozenset[int]] = {
    "mission": _POSITION | _COMMAND,
    "geofence": _FENCE,
    "rallypoint": frozenset({RALLY}),
}
_RELATIVE_FRAMES = (3, 6)
_AFTER_TRANSFER = {0: 5, 3: 6}


@dataclass(frozen=True, slots=True)
class Item:
    """One item: a place (NaN if absent; `up_m` above home if `relative`, else above datum) and parameters."""

    command: int
    east_m: float
    north_m: float
    up_m: float
    relative: bool
    params: tuple[float, float, float, float]
    x: float

    @property
    def is_position(self) -> bool:
        return self.command in _POSITION

    def up_above_datum_m(self, home_up_m: float) -> float:
        return home_up_m + self.up_m if self.relative else self.up_m


def read_item(fields: Mapping[str, Any], geo: GeoFrame, datum_amsl_m: float) -> Item:
    """An item from the fields of a mavros_msgs/Waypoint."""
    lat, lon, alt = float(fields["x_lat"]), float(fields["y_long"]), float(fields["z_alt"])
    frame = int(fields["frame"])
    names_place = frame != 2 and isfinite(lat) and isfinite(lon) and (lat != 0.0 or lon != 0.0)
    east_m, north_m = geo.to_enu(lat, lon) if names_place else (nan, nan)
    relative = frame in _RELATIVE_FRAMES
    params = (float(fields["param1"]), float(fields["param2"]), float(fields["param3"]), float(fields["param4"]))
    return Item(int(fields["command"]), east_m, north_m, alt if relative else alt - datum_amsl_m, relative, params, lat)


def as_pulled(waypoints: Sequence[Mapping[str, Any]], *, mission: bool) -> list[dict[str, Any]]:
    """Waypoints as a pull returns them: integer frames, places cut to 1e-7 deg; fences and rally points lose more.

    The yaw of a LOITER_TIME comes back as the flag that MAVLink has in that field (read in PX4's source and seen).
    """
    pulled = []
    for index, waypoint in enumerate(waypoints):
        frame = int(waypoint["frame"])
        item = {**waypoint, "frame": _AFTER_TRANSFER.get(frame, frame)}
        item["x_lat"] = int(float(waypoint["x_lat"]) * 1e7) / 1e7
        item["y_long"] = int(float(waypoint["y_long"]) * 1e7) / 1e7
        if item["command"] == LOITER_TIME:
            item["param4"] = float(waypoint["param4"] > 0)
        if not mission:
            item.update(is_current=index == 0, autocontinue=False)
        pulled.append(item)
    return pulled
