"""`blindspot follow [RUN]`: watch a flight in progress that another client ordered."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.parts import completion
from blindspot.cli.parts.exit_codes import EXIT_CODES, STOPPED
from blindspot.cli.parts.output import AsJson
from blindspot.cli.sessions.sim_run import print_summary

if TYPE_CHECKING:
    from blindspot.cli.parts.screen import Screen
    from blindspot.flight.missions import KeptMission
    from blindspot.nodes.clients import Operator


def follow(
    run: Annotated[
        str,
        typer.Argument(
            help="Name of the run, as blindspot status shows it; by default the only run.",
            autocompletion=completion.runs,
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Follow a flight in progress to the end, and print the outcome. Ctrl-C ends only the command.

    The exit codes are those of `blindspot sim`. The stack writes the record of every run, whoever follows it.
    """
    from blindspot.cli.operate.fly import StopFollowingError
    from blindspot.cli.parts.screen import Screen
    from blindspot.cli.sessions.the_stack import operator_of_the_stack

    try:
        with operator_of_the_stack() as operator:
            run_dir, outcome = _follow(operator, Screen(stderr=as_json), run)
    except (KeyboardInterrupt, StopFollowingError):
        typer.echo("stopped following: the flight goes on; blindspot status shows it", err=True)
        raise typer.Exit(STOPPED) from None
    if as_json:
        print_summary(run_dir, outcome)
    raise typer.Exit(EXIT_CODES.get(outcome, 4))


def _follow(operator: Operator, console: Screen, run: str) -> tuple[Path, str]:
    """Follow the run to the end; the run's folder and outcome."""
    from blindspot.cli.operate.fly import watched
    from blindspot.cli.sessions.run_session import Task
    from blindspot.cli.sessions.sim_run import say_end
    from blindspot.cli.sessions.the_stack import ground_of, nodes_of, running_record, wait_until_ready
    from blindspot.mission import MissionRef, load_fleet, run_folder

    started_s, (fleet_file, stack_dir) = time.monotonic(), ground_of(operator)
    order = _in_progress(stack_dir, run).order
    fleet, ref = load_fleet(fleet_file), MissionRef(order.file, order.sha256)
    asked, run_dir, record = ref.read(fleet), run_folder(stack_dir, order.run), running_record()
    drones = [drone.name for drone in asked.file.fleet]
    operator.watch(nodes_of(record, fleet.names, drones), None if record is None else record.stack_dir)
    wait_until_ready(operator, drones)
    console.print(f"following {order.run}, ordered by {order.person}: {order.reason}", soft_wrap=True)
    task = Task(asked, ref, run_dir, order.person, order.reason)
    result = watched(operator, console, task, lambda session: session.join(), calls_home=False)
    return run_dir, say_end(console, run_dir, result, time.monotonic() - started_s)


def _in_progress(stack_dir: Path, run: str) -> KeptMission:
    """The mission in progress of this run; raises InputError if there is none, or several without a name."""
    from blindspot.core import InputError
    from blindspot.flight.missions import read_kept

    missions = read_kept(stack_dir).missions
    found = [mission for mission in missions if run in ("", mission.order.run)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(mission.order.run for mission in missions)
    if len(found) > 1:
        raise InputError("follow", "RUN", "is missing, and several runs are in progress", f"name one of {known}")
    problem = f"no run {run} is in progress" if run else "no run is in progress"
    raise InputError("follow", "RUN", problem, f"name one of {known}" if known else "see blindspot status")
