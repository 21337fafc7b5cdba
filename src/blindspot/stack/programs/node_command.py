"""The command line that runs a node by itself, without a launch system."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from blindspot.core import DependencyError
from blindspot.stack.programs.processes import NodeProcess, Parameter


def node_command(node: NodeProcess, *parameter_files: Path, log_level: str = "", enclave: str = "") -> tuple[str, ...]:
    """The command line that runs a node by itself; raises DependencyError for a node whose package is missing."""
    arguments = ["--ros-args", "-r", f"__ns:={node.namespace}"]
    for file in (node.parameter_file, *parameter_files):
        arguments += ["--params-file", str(file)] if file is not None else []
    if log_level:
        arguments += ["--log-level", log_level]
    if enclave:
        arguments += ["--enclave", enclave]
    for source, target in node.remappings:
        arguments += ["-r", f"{source}:={target}"]
    for name, value in node.parameters.items():
        arguments += ["-p", f"{name}:={as_yaml(value)}"]
    if node.is_ours:
        return (sys.executable, "-P", "-c", f"from {node.module} import main; main()", *arguments)
    return (_installed(node), *node.arguments, *arguments)


def _installed(node: NodeProcess) -> str:
    """The program of a node from another ROS 2 package, found in the way of `ros2 run`."""
    for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep):
        program = Path(prefix) / "lib" / node.package / node.executable
        if prefix and program.is_file():
            return str(program)
    package = node.package.replace("_", "-")
    raise DependencyError(
        f"{node.full_name} needs ROS 2's package {node.package}: install ros-jazzy-{package}, source the distribution"
    )


def as_yaml(value: Parameter) -> str:
    """A parameter as the YAML that ROS reads from a command line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, (int, float)):
        # YAML takes 1e-05 for a text: a number with an exponent needs its point.
        return repr(value).replace("e", ".0e") if "." not in repr(value) else repr(value)
    return "[" + ", ".join(map(as_yaml, value)) + "]"
