"""A stack of `bringup` as a ROS 2 launch description. The launch files only call `describe`."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from launch import LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    ExecuteProcess,
    OpaqueFunction,
    SetEnvironmentVariable,
    Shutdown,
    TimerAction,
)
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from blindspot.core import private, writable_or_error
from blindspot.law.leases import leave_public_half, renew_lease_key
from blindspot.stack.bringup import stack
from blindspot.stack.enclaves.only_one import OnlyOne
from blindspot.stack.enclaves.security import ros_domain
from blindspot.stack.launch_arguments import read_arguments
from blindspot.stack.programs.launch_table import Mode, arguments_of
from blindspot.stack.programs.processes import NodeProcess, Parameter, ProgramProcess, Stack
from blindspot.stack.stack_record import write_launched
from blindspot.stack.supervised import StoppedChildren, children
from blindspot.stack.supervisor import RestartLimit

LOOK_S = 5.0
"""Time between two checks for stopped processes."""
_HELD: list[OnlyOne] = []
"""The right to the domain, until this process ends."""


def describe(mode: Mode) -> LaunchDescription:
    """The launch description of a mode with its arguments declared."""
    declared = [
        DeclareLaunchArgument(name, default_value=argument.default, description=argument.text)
        for name, argument in arguments_of(mode).items()
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=lambda context: _actions(mode, context))])


def _actions(mode: Mode, context: Any) -> list[Any]:
    """All launch actions, once the arguments are known; raises InputError for an unusable argument."""
    private.keep_files_private()  # the run folder, and the files of programs that are no nodes of ours
    given = {name: str(LaunchConfiguration(name).perform(context)) for name in arguments_of(mode)}
    fleet, options = read_arguments(mode, given)
    made, domain = stack(mode, fleet, options), ros_domain(os.environ)
    if made.fleet is not None and options.part != "drone":
        _HELD.append(OnlyOne("/blindspot/stack", domain))
    for name in made.watched:  # the nodes of a killed launch go on, and hold their own names
        OnlyOne(name, domain).close()
    if made.public_key is not None and made.lease_key is None and options.part != "drone":
        with writable_or_error(options.run_dir, "run_dir", "name another folder"):
            leave_public_half(made.public_key, options.run_dir)
    is_here = made.fleet is not None and options.part != "drone"
    if is_here and (warning := write_launched(os.environ, made, options.run_dir)):
        print(warning, file=sys.stderr)
    return launch_actions(made)


def launch_actions(what: Stack) -> list[Any]:
    """A stack's environment, nodes and programs as launch actions."""
    if what.lease_key is not None:
        renew_lease_key(what.lease_key)
    environment = [SetEnvironmentVariable(name, value) for name, value in what.environment.items()]
    limit = RestartLimit()
    nodes = [_first_start(node, what, limit) for node in what.nodes]
    programs = [_program(program, limit) for program in what.programs]
    again = {node.executable for node in what.nodes if node.starts_again}
    return [*environment, *nodes, *programs, _watch(StoppedChildren(), again)]


def _watch(stopped: StoppedChildren, again: Collection[str]) -> TimerAction:
    """Kill each node of this launch that a signal has stopped for long: such a node starts `again`, by the name of the
    program. A launch without processes ends, as it would without this watch."""

    def look(context: Any) -> list[Any]:
        for pid in stopped.hung(time.monotonic()):
            name = _program_of(pid)
            if name in again:
                print(f"{name} (process {pid}) was stopped by a signal and hangs: killed", file=sys.stderr)
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        return [] if context.is_shutdown or not children() else [_watch(stopped, again)]

    return TimerAction(period=LOOK_S, actions=[OpaqueFunction(function=look)])


def _program_of(pid: int) -> str:
    """The name of a process's program or script, "" if the process is gone."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")
    except OSError:
        return ""
    is_script = Path(words[0]).name.startswith("python") and len(words) > 1
    return Path(words[1] if is_script else words[0]).name


def _first_start(node: NodeProcess, what: Stack, limit: RestartLimit) -> Any:
    action = _node(node, what, limit)
    return TimerAction(period=node.after_s, actions=[action]) if node.after_s else action


def _node(node: NodeProcess, what: Stack, limit: RestartLimit) -> Node:
    parameters = {name: _as_it_is(value) for name, value in node.parameters.items()}
    given = {"--log-level": what.log_level, "--enclave": what.enclave_of(node)}
    return Node(
        package=node.package,
        executable=node.executable,
        namespace=node.namespace,
        parameters=[*(str(file) for file in (node.parameter_file, *what.parameter_files) if file), parameters],
        arguments=list(node.arguments),
        ros_arguments=[word for name, value in given.items() if value for word in (name, value)],
        remappings=list(node.remappings),
        additional_env=dict(node.environment),
        on_exit=_at_its_end(node.full_name, node, limit, lambda: _node(node, what, limit)),
        output="screen",
        sigterm_timeout=str(node.ends_within_s),
    )


def _at_its_end(
    name: str, process: NodeProcess | ProgramProcess, limit: RestartLimit, again: Callable[[], Any]
) -> Callable[[Any, Any], list[Any]]:
    """What follows the end of a process. Launch's own `respawn` has a limit for life, and would repeat the start of a
    node with wrong parameters."""

    def follows(event: Any, context: Any) -> list[Any]:
        if context.is_shutdown:
            return []
        if process.ends_stack:
            return [_end_of_stack(name)]
        is_again = process.starts_again and limit.allows(name, event.returncode, time.monotonic())
        return [again()] if is_again else []

    return follows


def _end_of_stack(name: str) -> Shutdown:
    return Shutdown(reason=f"{name} has ended, and the stack can't go on without it")


def _as_it_is(value: Parameter) -> Any:
    """A parameter with its type. By default, launch would parse a text such as `1` as YAML, and so as a number."""
    if isinstance(value, str):
        return ParameterValue(value, value_type=str)
    return value if isinstance(value, (bool, int, float)) else ParameterValue(list(value), value_type=list[str])


def _program(program: ProgramProcess, limit: RestartLimit) -> ExecuteProcess:
    return ExecuteProcess(
        cmd=list(program.command), name=program.name, additional_env=dict(program.environment), output="screen",
        on_exit=_at_its_end(program.name, program, limit, lambda: _program(program, limit)),
    )  # fmt: skip
