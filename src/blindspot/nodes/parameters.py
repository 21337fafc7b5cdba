"""Parameters declared once, with type, range and a sentence for `ros2 param describe`; read-only unless said."""

from __future__ import annotations

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node

from blindspot.flight.settings import thresholds


def declare_float(
    node: Node, name: str, default: float, *, low: float, high: float, describe: str, read_only: bool = True
) -> float:
    """Declare a float parameter and return its value; values outside [low, high] are refused."""
    bounds = [FloatingPointRange(from_value=float(low), to_value=float(high), step=0.0)]
    descriptor = ParameterDescriptor(description=describe, read_only=read_only, floating_point_range=bounds)
    return float(node.declare_parameter(name, float(default), descriptor).value)


def declare_int(node: Node, name: str, default: int, *, low: int, high: int, describe: str) -> int:
    """Declare an integer parameter and return its value; values outside [low, high] are refused at start."""
    bounds = [IntegerRange(from_value=low, to_value=high, step=1)]
    descriptor = ParameterDescriptor(description=describe, read_only=True, integer_range=bounds)
    return int(node.declare_parameter(name, default, descriptor).value)


def declare_str(node: Node, name: str, default: str, *, describe: str) -> str:
    """Declare a text parameter and return its value."""
    return str(node.declare_parameter(name, default, ParameterDescriptor(description=describe, read_only=True)).value)


def declare_bool(node: Node, name: str, default: bool, *, describe: str) -> bool:
    """Declare a yes/no parameter and return its value."""
    return bool(node.declare_parameter(name, default, ParameterDescriptor(description=describe, read_only=True)).value)


def declare_names(node: Node, name: str, *, describe: str) -> list[str]:
    """Declare a list of names and return it; unset is [] (rclpy can't tell the type of an empty list)."""
    descriptor = ParameterDescriptor(description=describe, read_only=True)
    return [item for item in node.declare_parameter(name, [""], descriptor).value if item]


def declare_thresholds(node: Node) -> dict[str, float]:
    """Declare every limit of the failsafe ladder; the values by name, for `FlightSettings`."""
    return {
        limit.name: declare_float(
            node, limit.name, limit.default, low=limit.low, high=limit.high, describe=limit.describe
        )
        for limit in thresholds()
    }
