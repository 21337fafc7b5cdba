"""Small conversions between ROS messages and plain values that several nodes need."""

from __future__ import annotations

import math
from typing import Any

from blindspot_msgs.msg import Plan as PlanMessage
from builtin_interfaces.msg import Time
from rclpy.node import Node

from blindspot.core import InputError, one_line
from blindspot.evidence.observed import TrackPoint
from blindspot.flight.route import PHASES
from blindspot.mission import Plan, parse_plan

BUSY = "busy with another plan"
"""The beginning of the planner's answer to a request that the planner can't take during other work."""

AGE_FIELDS = ("x", "y", "z", "age_s")
"""Fields of a point of the topic `ages`, 32-bit floats: m ENU, and seconds since the last view; NaN: never."""

FARTHEST_M, HIGHEST_M, FASTEST_MPS = 50_000.0, 9_500.0, 300.0
"""Limits for any drone: distance from the site's origin, height, speed."""


def is_place(east_m: float, north_m: float, up_m: float) -> bool:
    """Whether a position in a site, m ENU, is plausible; False for NaN."""
    return abs(east_m) <= FARTHEST_M and abs(north_m) <= FARTHEST_M and abs(up_m) <= HIGHEST_M


def share(value: float) -> float:
    """The value if it is a share from 0 to 1; NaN for any other value."""
    return float(value) if 0.0 <= value <= 1.0 else math.nan


def status_of(message: Any, drone: str) -> Any:
    """A drone's status with impossible numbers replaced by NaN; raises InputError for another drone's status or an
    unknown phase."""
    if message.drone != drone or message.phase not in PHASES:
        found = f"{one_line(message.drone, 40)!r} in phase {one_line(message.phase, 20)!r}"
        raise InputError("drone_status", "drone", f"is of {found}", f"it should be of {drone}")
    message.reason = one_line(message.reason)
    message.battery_fraction, message.route_fraction = share(message.battery_fraction), share(message.route_fraction)
    message.inspection = one_line(message.inspection, 40)
    if not message.hold_ends_s >= 0.0:
        message.hold_ends_s = math.nan
    at, speed = message.position, message.velocity
    if not is_place(at.x, at.y, at.z):
        at.x = at.y = at.z = math.nan
    if not max(abs(speed.x), abs(speed.y), abs(speed.z)) <= FASTEST_MPS:
        speed.x = speed.y = speed.z = math.nan
    return message


def track_point(status: Any) -> TrackPoint:
    """A drone's published position. The autopilot reports whether the drone flies; if that is unknown, the drone's
    phase decides."""
    stamp, at = status.header.stamp, status.position
    is_up = status.phase in ("takeoff", "en_route", "hold", "inspect", "return", "landing", "pilot")
    if status.autopilot in ("up", "down"):
        is_up = status.autopilot == "up" and status.phase != "armed"
    return TrackPoint(
        stamp.sec + stamp.nanosec * 1e-9, status.drone, at.x, at.y, at.z, status.battery_fraction,
        is_up or status.phase == "armed", is_up, status.phase,
    )  # fmt: skip


def now_s(node: Node) -> float:
    """The node's time (wall or simulated), seconds."""
    return float(node.get_clock().now().nanoseconds) * 1e-9


def seconds(stamp: Time) -> float:
    return float(stamp.sec) + float(stamp.nanosec) * 1e-9


def stamp(time_s: float) -> Time:
    nanoseconds = round(time_s * 1e9)
    return Time(sec=nanoseconds // 1_000_000_000, nanosec=nanoseconds % 1_000_000_000)


MOST_LETTERS = 20_000_000


def plan_message(plan: Plan) -> Any:
    return PlanMessage(id=plan.id, sha256=plan.sha256, json=plan.to_json())


def plan_of(message: Any) -> Plan:
    """The plan of a message; raises InputError for an invalid plan, or a plan that does not match the message's
    hash."""
    if len(message.json) > MOST_LETTERS:
        raise InputError("plan message", "json", f"has {len(message.json)} letters, more than any plan")
    plan = parse_plan(message.json, "plan message")
    if plan.sha256 != message.sha256:
        raise InputError("plan message", "sha256", "the plan does not match the hash it came with")
    return plan
