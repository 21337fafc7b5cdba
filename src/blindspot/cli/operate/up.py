"""`blindspot up FLEET`: start a standing stack and keep the stack running until its shut-down."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.parts.stack_options import (
    Attended,
    Calibration,
    Camera,
    GazeboWorld,
    LogLevel,
    NoConsole,
    Operation,
    OperationLibrary,
    ParamsFile,
    Speed,
)
from blindspot.cli.sessions.sim_run import new_run_dir, refuse_world, system_user
from blindspot.core import InputError

if TYPE_CHECKING:
    from blindspot.stack import Options, Px4Logs, Stack, Supervisor

MODES = ("embedded", "sitl", "gazebo", "hardware")


def up(
    fleet: Annotated[Path, typer.Argument(help="Fleet file, e.g. config/fleets/crossroads.yaml.")],
    mode: Annotated[str, typer.Option(help="embedded, sitl, gazebo or hardware.")] = "embedded",
    speed: Speed = 1.0,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of wind and noise; the fleet's by default.")] = None,
    out: Annotated[Path, typer.Option(help="Folder that holds one folder for each stack.")] = Path("runs"),
    world: GazeboWorld = None,
    camera: Camera = "",
    calibration: Calibration = None,
    params_file: ParamsFile = None,
    log_level: LogLevel = "",
    operation: Operation = None,
    library: OperationLibrary = None,
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="Judge each flight of a simulation as a real flight.")
    ] = False,
    no_console: NoConsole = False,
    person: Annotated[
        str, typer.Option(help="Of --operation: name of the person who starts it; the system's user by default.")
    ] = "",
    attended: Attended = False,
) -> None:
    """Start a standing stack for a fleet. Missions and orders come from blindspot fly, hold, return and others.

    Ctrl-C or `blindspot down` brings the drones home and ends the stack. A second Ctrl-C ends it at once.
    """
    from blindspot.acts.evenings import operating
    from blindspot.cli.sessions.the_stack import NoStackError, domain, running_record
    from blindspot.stack import Options, stack

    _refuse(mode, world, camera, calibration)
    for option, given in (("--library", library), ("--person", person), ("--attended", attended)):
        if given and operation is None:
            raise InputError("up", option, "goes with --operation", "add it, or leave the option out")
    if (record := running_record()) is not None:
        raise NoStackError(
            f"a stack of {record.fleet} runs already on ROS_DOMAIN_ID {domain(os.environ)}: end it with blindspot "
            "down, or export another ROS_DOMAIN_ID (0 to 101) for this stack"
        )
    options = Options(
        out, speed_factor=speed, seed=seed, params_file=params_file and params_file.absolute(), log_level=log_level,
        camera=camera, calibration=calibration, standing=True, rehearse=rehearse, console=not no_console,
    )  # fmt: skip
    if operation is not None:
        made = operating(operation, fleet, library, person or system_user(), attended=attended)
        options = replace(options, operation=made)
    if world is not None:
        options = replace(options, world=str(world.absolute()))
    stack(mode, fleet, options)  # mistakes are found before the folder is made
    with new_run_dir(out, fleet) as stack_dir:
        code = _run(mode, fleet, replace(options, run_dir=stack_dir))
    raise typer.Exit(code)


def _refuse(mode: str, world: Path | None, camera: str, calibration: Path | None) -> None:
    if mode not in MODES:
        raise InputError("up", "--mode", f"{mode} is unknown", f"name {', '.join(MODES[:-1])} or {MODES[-1]}")
    refuse_world("up", mode, world)
    if mode != "hardware" and (camera or calibration):
        option = "--camera" if camera else "--calibration"
        raise InputError("up", option, "is for --mode hardware", "leave it out")


def _run(mode: str, fleet: Path, options: Options) -> int:
    """Run the stack until it is shut down; the exit code."""
    import faulthandler

    from blindspot.cli.operate.stack_session import StackDisplay, StackSession
    from blindspot.cli.parts.screen import Screen
    from blindspot.cli.sessions.reports import Reports
    from blindspot.cli.sessions.sim_session import only_stack, refuse_second_stack
    from blindspot.mission import run_folder
    from blindspot.nodes.clients import Operator
    from blindspot.stack import Px4Logs, Supervisor, stack, stack_record

    faulthandler.enable()  # a crash in a library prints its stack
    stack_dir, console = options.run_dir, Screen(highlight=False)
    started = stack(mode, fleet, options)
    assert started.fleet is not None
    with only_stack(os.environ), Operator() as operator:
        operator.watch(started.watched, stack_dir)
        operator.follow(None, started.fleet.names)
        refuse_second_stack(operator.others(), os.environ)
        with (
            _recorded(started, stack_dir),
            Px4Logs(stack_dir, console.print) as px4_logs,  # moves the logs of no run after the processes have ended
            Supervisor(started, stack_dir) as supervisor,
        ):
            display = StackDisplay(console, operator, started.watched)
            session = StackSession(
                started, supervisor, operator, display, stack_dir, system_user(),
                lambda run, drones: px4_logs.keep(run_folder(stack_dir, run), drones), Reports(stack_dir),
                lambda what: stack_record.note_wait(os.environ, what),
            )  # fmt: skip
            code: int = session.run(lambda: _once_up(px4_logs, supervisor))
    return code


def _once_up(px4_logs: Px4Logs, supervisor: Supervisor) -> None:
    from blindspot.stack import stack_record

    if warning := stack_record.note_ready(os.environ):
        typer.echo(warning, err=True)
    px4_logs.find(supervisor.pids)


@contextmanager
def _recorded(started: Stack, stack_dir: Path) -> Iterator[None]:
    """Keep the record of the running stack, by which the other commands find it."""
    from blindspot.stack import stack_record

    if warning := stack_record.write_stack_record(os.environ, started, stack_dir):
        typer.echo(warning, err=True)
    try:
        yield
    finally:
        stack_record.end_stack_record(os.environ)
