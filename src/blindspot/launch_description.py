"""A stack of `bringup` as a ROS 2 launch description. The launch files call `describe`; it is all they do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction, SetEnvironmentVariable
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from blindspot.bringup import MODES, Mode, NodeProcess, Options, ProgramProcess, Stack, stack

ARGUMENTS: dict[str, tuple[str, str, tuple[Mode, ...]]] = {
    "mission": ("", "Mission file, e.g. config/missions/nantes_evening.yaml.", ("embedded", "sitl", "gazebo", "hardware")),
    "run_dir": ("", "Folder of this run; a new one under runs/ if empty.", MODES),
    "speed_factor": ("8.0", "Simulated seconds per second asked for.", ("embedded",)),
    "fcu_url": ("", "Link to the autopilot as MAVROS writes it; the mode's usual one if empty.", ("sitl", "gazebo", "hardware")),
    "camera": ("", "Source of the pictures; the mode's usual one if empty.", ("embedded", "sitl", "gazebo", "hardware")),
}
"""Name: default, description, the modes that have it."""


def describe(mode: Mode) -> LaunchDescription:
    """The launch description of a mode with its arguments declared."""
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=text)
        for name, (default, text, modes) in ARGUMENTS.items()
        if mode in modes
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=lambda context: _actions(mode, context))])


def _actions(mode: Mode, context: Any) -> list[Any]:
    """Everything to start, once the arguments are known."""

    def given(name: str) -> str:
        return str(LaunchConfiguration(name).perform(context)) if mode in ARGUMENTS[name][2] else ""

    options = Options(run_dir=_run_dir(given("run_dir")), fcu_url=given("fcu_url"), camera_source=given("camera"))
    if given("speed_factor"):
        options = replace(options, speed_factor=float(given("speed_factor")))
    return launch_actions(stack(mode, Path(given("mission")) if given("mission") else None, options))


def launch_actions(what: Stack) -> list[Any]:
    """A stack's environment, nodes and programs as launch actions."""
    environment = [SetEnvironmentVariable(name, value) for name, value in what.environment.items()]
    nodes = [_node(node, what.overlay) for node in what.nodes]
    return [*environment, *nodes, *(_program(program) for program in what.programs)]


def _node(node: NodeProcess, overlay: Path) -> Node:
    return Node(
        package=node.package,
        executable=node.executable,
        namespace=node.namespace,
        parameters=[str(overlay), dict(node.parameters)],
        remappings=list(node.remappings),
        output="screen",
    )


def _program(program: ProgramProcess) -> ExecuteProcess:
    return ExecuteProcess(
        cmd=list(program.command), name=program.name, additional_env=dict(program.environment), output="screen"
    )


def _run_dir(given: str) -> Path:
    run_dir = Path(given) if given else Path("runs") / datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ-launch")
    run_dir.mkdir(parents=True, exist_ok=True)
    return run_dir.resolve()
