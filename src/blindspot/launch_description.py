"""A stack of `bringup` as a ROS 2 launch description. The launch files call `describe`; it is all they do."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction, SetEnvironmentVariable
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from blindspot.bringup import Mode, NodeProcess, Options, Parameter, ProgramProcess, Stack, stack
from blindspot.errors import InputError

FLYING: tuple[Mode, ...] = ("embedded", "sitl", "gazebo", "hardware")
ARGUMENTS: dict[str, tuple[str, str, tuple[Mode, ...]]] = {
    "mission": ("", "Mission file, e.g. config/missions/nantes_evening.yaml.", FLYING),
    "run_dir": ("", "Folder of this run; a new one under runs/ if empty.", FLYING),
    "recording": ("", "Folder of a rosbag2 recording.", ("replay",)),
    "speed_factor": ("8.0", "Simulated seconds per second asked for.", ("embedded",)),
    "fcu_url": ("", "Link to the autopilot as MAVROS writes it; the mode's usual one if empty.", FLYING[1:]),
    "camera": ("", "renderer, or a video file shown in its place; renderer if empty, but on hardware.", FLYING),
    "world": ("default.sdf", "Gazebo's world: a file, or the name of one that Gazebo finds.", ("gazebo",)),
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
    """Everything to start, once the arguments are known; raises InputError for one that can't be used."""
    given = {
        name: str(LaunchConfiguration(name).perform(context))
        for name, (_, _, modes) in ARGUMENTS.items()
        if mode in modes
    }
    options = Options(
        run_dir=Path(given["recording"]) if mode == "replay" else _run_dir(given["run_dir"]),
        speed_factor=_number("speed_factor", given.get("speed_factor", "1")),
        fcu_url=given.get("fcu_url", ""),
        camera=given.get("camera", ""),
        world=given.get("world", ""),
    )
    mission = given.get("mission")
    return launch_actions(stack(mode, Path(mission) if mission else None, options))


def launch_actions(what: Stack) -> list[Any]:
    """A stack's environment, nodes and programs as launch actions."""
    environment = [SetEnvironmentVariable(name, value) for name, value in what.environment.items()]
    nodes = [_node(node, what.overlay) for node in what.nodes]
    return [*environment, *nodes, *(_program(program) for program in what.programs)]


def _node(node: NodeProcess, overlay: Path) -> Node:
    parameters = {name: _as_it_is(value) for name, value in node.parameters.items()}
    return Node(
        package=node.package,
        executable=node.executable,
        namespace=node.namespace,
        parameters=[str(overlay), parameters],
        arguments=list(node.arguments),
        remappings=list(node.remappings),
        respawn=node.starts_again,
        additional_env=dict(node.environment),
        output="screen",
    )


def _as_it_is(value: Parameter) -> Any:
    """A parameter that launch hands on with its type: it would read a text such as `1` as YAML, that is as a number."""
    if isinstance(value, str):
        return ParameterValue(value, value_type=str)
    return value if isinstance(value, (bool, int, float)) else ParameterValue(list(value), value_type=list[str])


def _program(program: ProgramProcess) -> ExecuteProcess:
    return ExecuteProcess(
        cmd=list(program.command), name=program.name, additional_env=dict(program.environment), output="screen"
    )


def _run_dir(given: str) -> Path:
    run_dir = Path(given) if given else Path("runs") / datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ-launch")
    try:
        run_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(run_dir, "run_dir", f"can't be made ({error.strerror})", "name another folder") from error
    return run_dir.resolve()


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InputError(name, "", f"{text} is no number") from error
