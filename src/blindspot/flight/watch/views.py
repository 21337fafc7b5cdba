"""Tests whether a drone is on a view of its route."""

from __future__ import annotations

from collections.abc import Sequence
from math import dist

from blindspot.flight.route.geometry import axis_error_deg, distance_to_segment
from blindspot.flight.route.mission_items import LOITER_TIME, WAYPOINT, Item, step_at
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.vehicle.vehicle import Telemetry
from blindspot.mission import Leg, Point, Route, View


def is_on_view(route: Route, items: Sequence[Item], seen: Telemetry, settings: FlightSettings) -> bool:
    """Whether the drone is at a view or on a leg of the route, in place and aimed as planned; false if unknown."""
    seq = seen.mission_seq
    index = step_at(items, seq)
    if seq is None or not 0 <= index < len(route.steps) or seq >= len(items) or items[seq].passing:
        return False
    step, command = route.steps[index], items[seq].command
    here = (seen.east_m, seen.north_m, route.home.up_m + seen.height_m)
    if isinstance(step, View) and command == LOITER_TIME:
        off_m = dist(here, xyz(step.to))
    elif isinstance(step, Leg) and command == WAYPOINT:
        start = route.steps[index - 1].to if index else route.start
        off_m = distance_to_segment(here, xyz(start), xyz(step.to))
    else:
        return False
    aim_deg = axis_error_deg(seen.gimbal_pitch_deg, seen.gimbal_heading_deg, step.aim.pitch_deg, step.aim.heading_deg)
    return off_m <= settings.view_error_m and aim_deg <= settings.aim_error_deg


def xyz(point: Point) -> tuple[float, float, float]:
    """(east_m, north_m, up_m)."""
    return (point.east_m, point.north_m, point.up_m)
