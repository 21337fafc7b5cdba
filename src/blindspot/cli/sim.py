"""`blindspot sim MISSION`: fly a mission in simulation on this machine, with every node of the real stack."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.parts import completion
from blindspot.cli.parts.exit_codes import EXIT_CODES
from blindspot.cli.parts.output import AsJson, only_json
from blindspot.cli.parts.stack_options import GazeboWorld, LogLevel, NoConsole, ParamsFile, Speed
from blindspot.cli.sessions.sim_run import new_run_dir, print_summary, refuse_world, say_end, system_user
from blindspot.core import InputError

if TYPE_CHECKING:
    from blindspot.law import Loaded
    from blindspot.stack import Options, Stack

REASON = "simulation"
"""The reason of the order, in the name of the system's user."""


def sim(
    mission: Annotated[
        Path,
        typer.Argument(
            help="Mission file, e.g. config/missions/nantes_evening.yaml.", autocompletion=completion.missions
        ),
    ],
    speed: Speed = 10.0,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of wind and noise; the mission's by default.")] = None,
    out: Annotated[Path, typer.Option(help="Folder that holds one folder for each run.")] = Path("runs"),
    mode: Annotated[
        str, typer.Option(help="embedded, or sitl or gazebo on a machine with MAVROS and PX4.")
    ] = "embedded",
    world: GazeboWorld = None,
    in_process: Annotated[bool, typer.Option("--in-process", help="In one process without ROS, repeatable.")] = False,
    plan: Annotated[
        Path | None, typer.Option(help="Fly this plan file of the mission, checked again, instead of making a plan.")
    ] = None,
    params_file: ParamsFile = None,
    log_level: LogLevel = "",
    no_console: NoConsole = False,
    as_json: AsJson = False,
) -> None:
    """Fly a mission in simulation. Ctrl-C brings the drones home, a second Ctrl-C stops everything."""
    from blindspot.acts.plans import refuse_foreign, refuse_start
    from blindspot.law import Loaded
    from blindspot.stack import Options, stack

    _refuse_mode(mode, in_process=in_process)
    asked = Loaded.of(mission)
    refuse_start(asked)  # before the run's folder is made
    if plan is not None:
        refuse_foreign(plan, asked)  # before any node is started
    if in_process and (params_file or log_level):
        raise InputError("sim", "--in-process", "has no nodes", "leave out --params-file and --log-level")
    refuse_world("sim", mode, world)
    options = Options(
        out, speed_factor=speed, seed=seed, params_file=params_file and params_file.absolute(),
        log_level=log_level, world=str(world.absolute()) if world else "", console=not no_console,
    )  # fmt: skip
    if not in_process:
        stack(mode, mission, options)
    with new_run_dir(out, mission) as run_dir, only_json(is_asked=as_json):
        outcome = _fly(mode, asked, replace(options, run_dir=run_dir), plan, in_process=in_process)
    if as_json:
        print_summary(run_dir, outcome)
    raise typer.Exit(EXIT_CODES.get(outcome, 4))


def _refuse_mode(mode: str, *, in_process: bool) -> None:
    if mode == "hardware":
        fix = "start it with: ros2 launch blindspot hardware.launch.py"
        raise InputError("sim", "--mode", "hardware flies real drones", fix)
    if in_process and mode != "embedded":
        raise InputError("sim", "--in-process", f"has no autopilots of --mode {mode}", "leave out one of the two")


def _fly(mode: str, asked: Loaded, options: Options, plan_file: Path | None, *, in_process: bool) -> str:
    if in_process:
        from blindspot.cli.sessions import sim_in_process, watch_in_process
        from blindspot.core import writable_or_error

        is_watch = asked.mission.file.kind == "overwatch"
        fly = watch_in_process.fly_watch if is_watch else sim_in_process.fly
        with writable_or_error(options.run_dir):
            return fly(asked, options.run_dir, options.seed, plan_file)
    from blindspot.stack import stack

    return fly_on_ros(stack(mode, asked.mission.path, options), asked, options.run_dir, plan_file)


def fly_on_ros(stack: Stack, asked: Loaded, run_dir: Path, plan_file: Path | None) -> str:
    import faulthandler

    from blindspot.cli.parts.flight_display import FlightDisplay
    from blindspot.cli.parts.screen import Screen
    from blindspot.cli.sessions.run_session import Task
    from blindspot.cli.sessions.sim_session import SimSession, only_stack, refuse_second_stack
    from blindspot.law import recording_notice
    from blindspot.mission import MissionRef
    from blindspot.nodes.clients import Operator
    from blindspot.stack import Px4Logs, Supervisor, stack_record

    faulthandler.enable()  # a crash in a library prints its stack
    assert stack.fleet is not None
    mission, console, started_s = asked.mission, Screen(), time.monotonic()
    task = Task(mission, MissionRef.of(stack.fleet, mission), run_dir, system_user(), REASON, plan_file)
    if notice := recording_notice(mission.file.record, asked.authorisation, simulated=True):
        console.print(notice, soft_wrap=True)
    with only_stack(os.environ), Operator() as operator:
        operator.watch(stack.watched, run_dir)
        operator.follow("", stack.fleet.names)
        refuse_second_stack(operator.others(), os.environ)
        if warning := stack_record.write_launched(os.environ, stack, run_dir):
            typer.echo(warning, err=True)
        with (
            Px4Logs(run_dir, console.print) as px4_logs,  # copies PX4's logs after the processes have ended
            Supervisor(stack, run_dir) as supervisor,
        ):
            display = FlightDisplay(console, operator, run_dir, plan_file)
            session = SimSession(stack, supervisor, operator, display, px4_logs, task)
            result = session.fly()
    return say_end(console, run_dir, result, time.monotonic() - started_s)
