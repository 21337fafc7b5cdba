"""Declares parameters with type, range and a sentence for `ros2 param describe`; read-only by default."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.exceptions import InvalidParameterTypeException
from rclpy.node import Node

from blindspot.core import InputError
from blindspot.flight.route import thresholds
from blindspot.law.keys import ComputerKey, load_computer_key
from blindspot.mission import Fleet, load_fleet


def declare_float(
    node: Node, name: str, default: float, *, low: float, high: float, describe: str, read_only: bool = True
) -> float:
    """Declare a float parameter and return its value; values outside [low, high] are refused."""
    bounds = [FloatingPointRange(from_value=float(low), to_value=float(high), step=0.0)]
    descriptor = ParameterDescriptor(description=describe, read_only=read_only, floating_point_range=bounds)
    return float(_declared(node, name, float(default), descriptor, "a number with a point, as 1.0"))


def declare_int(node: Node, name: str, default: int, *, low: int, high: int, describe: str) -> int:
    """Declare an integer parameter and return its value; values outside [low, high] are refused at start."""
    bounds = [IntegerRange(from_value=low, to_value=high, step=1)]
    descriptor = ParameterDescriptor(description=describe, read_only=True, integer_range=bounds)
    return int(_declared(node, name, default, descriptor, "a whole number"))


def declare_str(node: Node, name: str, default: str, *, describe: str) -> str:
    """Declare a text parameter and return its value."""
    descriptor = ParameterDescriptor(description=describe, read_only=True)
    return str(_declared(node, name, default, descriptor, "a text, in quotes if it may be a number"))


def declare_bool(node: Node, name: str, default: bool, *, describe: str) -> bool:
    """Declare a true/false parameter and return its value."""
    descriptor = ParameterDescriptor(description=describe, read_only=True)
    return bool(_declared(node, name, default, descriptor, "true or false"))


def declare_names(node: Node, name: str, *, describe: str) -> list[str]:
    """Declare a list of names and return it; the default is []. It is declared as [""], since rclpy can't infer the
    type of an empty list."""
    descriptor = ParameterDescriptor(description=describe, read_only=True)
    return [item for item in _declared(node, name, [""], descriptor, "a list, as [person, car]") if item]


def given_file(node: str, name: str, value: str) -> Path:
    """The file that a parameter of a node names; raises InputError for an empty value."""
    if not value:
        raise InputError(node, name, "is missing", "name a file")
    return Path(value)


def declare_fleet(node: Node) -> Fleet:
    """Declare the parameter `fleet` and read the fleet; raises InputError for a missing or wrong file."""
    path = declare_str(node, "fleet", "", describe="Fleet file, or a mission file: then its own fleet.")
    return load_fleet(given_file(node.get_fully_qualified_name(), "fleet", path))


def declare_journal(node: Node, stack_dir: Path) -> Path:
    """Declare the parameter `journal` and return the file."""
    path = declare_str(node, "journal", "", describe="Journal file; journal.jsonl in run_dir if empty.")
    return Path(path) if path else stack_dir / "journal.jsonl"


def declare_computer_key(node: Node) -> ComputerKey | None:
    """Declare the parameter `computer_key` and read the key. Without a readable key a warning says so: the flights go
    on, and nobody can prove which computer wrote their records."""
    path = declare_str(
        node, "computer_key", "", describe="File of this computer's private key; nothing is signed if empty."
    )
    if not path:
        return None
    try:
        return load_computer_key(Path(path))
    except InputError as error:
        node.get_logger().warning(f"nothing is signed: {error}")
        return None


def declare_thresholds(node: Node) -> dict[str, Any]:
    """Declare every limit of the failsafe ladder; returns the values by name, for `FlightSettings`."""
    return {
        limit.name: declare_float(
            node, limit.name, limit.default, low=limit.low, high=limit.high, describe=limit.describe
        )
        for limit in thresholds()
    }


def _declared(node: Node, name: str, default: Any, descriptor: ParameterDescriptor, right: str) -> Any:
    """Declare a parameter and return the value; for a value of another type, raises InputError with the `right`
    form."""
    try:
        return node.declare_parameter(name, default, descriptor).value
    except InvalidParameterTypeException as error:
        given = node._parameter_overrides[name].value
        raise InputError(node.get_fully_qualified_name(), name, f"is {given!r}", f"write {right}") from error
