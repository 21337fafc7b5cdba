"""OFFBOARD set-points as clients publish them, in the site's frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import atan2, degrees, isfinite
from typing import Any

from blindspot_sim.airframe.vehicle_config import Position

Triple = tuple[float, float, float]
_IGNORE_POSITION, _IGNORE_VELOCITY, _IGNORE_YAW = 7, 56, 1024


@dataclass(frozen=True, slots=True)
class Setpoint:
    """A place (m, site frame) or a velocity (m/s), and a heading (deg). None marks a field that the message ignores."""

    place: Triple | None
    velocity: Triple | None
    heading_deg: float | None


def read_setpoint(topic: str, message: Mapping[str, Any], start: Position) -> Setpoint | None:
    """The set-point in a message of `setpoint_raw/local` or `setpoint_position/local` (ENU about the start).

    Returns None if a number is NaN or infinite. Raises KeyError for another topic.
    """
    if topic == "setpoint_raw/local":
        setpoint = _raw(message, start)
    elif topic == "setpoint_position/local":
        pose = message["pose"]
        q = pose["orientation"]
        yaw = atan2(2.0 * (q["w"] * q["z"] + q["x"] * q["y"]), 1.0 - 2.0 * (q["y"] * q["y"] + q["z"] * q["z"]))
        setpoint = Setpoint(_place(pose["position"], start), None, 90.0 - degrees(yaw))
    else:
        raise KeyError(f"MAVROS subscribes no topic {topic}")
    numbers = (setpoint.place or ()) + (setpoint.velocity or ())
    return setpoint if all(isfinite(number) for number in numbers) else None


def _raw(message: Mapping[str, Any], start: Position) -> Setpoint:
    mask = int(message["type_mask"])
    place = velocity = heading_deg = None
    if not mask & _IGNORE_POSITION:
        place = _place(message["position"], start)
    elif not mask & _IGNORE_VELOCITY:
        v = message["velocity"]
        velocity = (float(v["x"]), float(v["y"]), float(v["z"]))
    if not mask & _IGNORE_YAW and isfinite(float(message["yaw"])):
        heading_deg = 90.0 - degrees(float(message["yaw"]))
    return Setpoint(place, velocity, heading_deg)


def _place(position: Mapping[str, Any], start: Position) -> Triple:
    x, y, z = float(position["x"]), float(position["y"]), float(position["z"])
    return start.east_m + x, start.north_m + y, start.up_m + z
