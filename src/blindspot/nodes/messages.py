"""Small conversions between ROS messages and plain values that several nodes need."""

from __future__ import annotations

from typing import Any

from blindspot_msgs.msg import Plan as PlanMessage
from builtin_interfaces.msg import Time
from rclpy.node import Node

from blindspot.errors import InputError
from blindspot.planning.plan import Plan, parse_plan

BUSY = "busy with another plan"
"""The planner's words to whoever asks while it works."""


def now_s(node: Node) -> float:
    """The node's time (wall or simulated), seconds."""
    return float(node.get_clock().now().nanoseconds) * 1e-9


def seconds(stamp: Time) -> float:
    return float(stamp.sec) + float(stamp.nanosec) * 1e-9


def stamp(time_s: float) -> Time:
    nanoseconds = round(time_s * 1e9)
    return Time(sec=nanoseconds // 1_000_000_000, nanosec=nanoseconds % 1_000_000_000)


def plan_message(plan: Plan) -> Any:
    return PlanMessage(id=plan.id, sha256=plan.sha256, json=plan.to_json())


def plan_of(message: Any) -> Plan:
    """The plan of a message; raises InputError if it is no plan or not the one whose hash it quotes."""
    plan = parse_plan(message.json, "plan message")
    if plan.sha256 != message.sha256:
        raise InputError("plan message", "sha256", "the plan does not match the hash it came with")
    return plan
