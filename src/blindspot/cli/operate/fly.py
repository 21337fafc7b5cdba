"""`blindspot fly MISSION`: fly a mission with the running stack, in the name of a person."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blindspot.cli.parts import completion
from blindspot.cli.parts.exit_codes import EXIT_CODES, STOPPED
from blindspot.cli.parts.named_people import Key
from blindspot.cli.parts.output import AsJson
from blindspot.cli.sessions.sim_run import print_summary

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from blindspot.cli.parts.screen import Screen
    from blindspot.cli.sessions.run_session import RunSession, Task
    from blindspot.law import Loaded
    from blindspot.mission import Fleet, Mission
    from blindspot.nodes.clients import Operator


def fly(
    mission: Annotated[
        Path,
        typer.Argument(help="Mission file, e.g. config/missions/crossroads.yaml.", autocompletion=completion.missions),
    ],
    plan: Annotated[
        Path | None, typer.Option(help="Fly this plan file of the mission, checked again, instead of making a plan.")
    ] = None,
    person: Annotated[
        str, typer.Option(help="Name of the person who orders the flight. Required.", show_default=False)
    ] = "",
    reason: Annotated[str, typer.Option(help="The reason, in one sentence. Required.", show_default=False)] = "",
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Fly a mission with the running stack. Ctrl-C brings its drones home, a second Ctrl-C stops following them.

    The exit codes are those of `blindspot sim`. The mission goes on if this command ends early.
    """
    from blindspot.acts.plans import refuse_foreign
    from blindspot.cli.parts.named_people import own_key
    from blindspot.law import Loaded
    from blindspot.law.orders import named

    by, why = named(person, reason)
    asked, own = Loaded.of(mission), own_key(key)
    if plan is not None:
        refuse_foreign(plan, asked)
    ordered(asked, plan, by, why, own, as_json=as_json)


def ordered(
    asked: Loaded, plan: Path | None, by: str, why: str, key: Ed25519PrivateKey | None, *, as_json: bool,
    named: str = "", before: Callable[[Path, float], object] | None = None,
) -> None:  # fmt: skip
    """Fly a mission in the name of a person, print the end, and exit with the code of the flight.

    `named` takes the place of the mission's name in the name of the run. `before` is called with the folder of the run
    and the time on its clock, before the flight is ordered.
    """
    from blindspot.cli.parts.named_people import sign_with
    from blindspot.cli.parts.screen import Screen
    from blindspot.cli.sessions.the_stack import operator_of_the_stack

    try:
        with operator_of_the_stack() as operator:
            sign_with(operator, key)
            console = Screen(stderr=as_json)
            run_dir, outcome = _fly(operator, console, asked, plan, by, why, Path(named or asked.mission.path), before)
    except KeyboardInterrupt:
        typer.echo("stopped", err=True)
        raise typer.Exit(STOPPED) from None
    except StopFollowingError as stopped:
        typer.echo(stopped_following(by, stopped.called_home), err=True)
        raise typer.Exit(STOPPED) from None
    if as_json:
        print_summary(run_dir, outcome)
    raise typer.Exit(EXIT_CODES.get(outcome, 4))


class StopFollowingError(Exception):
    """The person stops following a flight that goes on. `called_home` is the value of the flight's session."""

    def __init__(self, called_home: str = "") -> None:
        super().__init__()
        self.called_home = called_home


def stopped_following(person: str, called_home: str) -> str:
    """What becomes of the flight that a person stops following, as a sentence."""
    if called_home == "taken":
        return "stopped following: the drones of this run are called home; blindspot status shows them"
    order = f"blindspot return --person {shlex.quote(person)} --reason TEXT"
    if called_home == "sent":
        return (
            f"stopped following: the order to come home has no answer yet; see blindspot status, and repeat it: {order}"
        )
    return f"stopped following: the flight goes on; blindspot status shows the flight, and {order} calls it home"


def _fly(
    operator: Operator, console: Screen, loaded: Loaded, plan_file: Path | None, person: str, reason: str,
    named: Path, before: Callable[[Path, float], object] | None,
) -> tuple[Path, str]:  # fmt: skip
    """Fly the mission; the run's folder and outcome. The name of the folder holds the stem of `named`."""
    from blindspot.cli.sessions.run_session import Task
    from blindspot.cli.sessions.sim_run import make_run_dir, say_end
    from blindspot.cli.sessions.the_stack import ground_of, run_clock_s
    from blindspot.core import RefusedError
    from blindspot.law import recording_notice
    from blindspot.mission import MissionRef

    assert operator.fleet is not None
    asked, started_s, simulated = loaded.mission, time.monotonic(), bool(operator.fleet.simulated)
    fleet_file, stack_dir = ground_of(operator)
    fleet = _fleet_for(operator, fleet_file, loaded)
    if problem := why_busy_now(operator.fleet.missions, asked, plan_file):
        raise RefusedError((problem,))
    _meet(operator, fleet, asked)
    if notice := recording_notice(asked.file.record, loaded.authorisation, simulated=simulated):
        console.print(notice, soft_wrap=True)
    run_dir = make_run_dir(stack_dir, named, "see the disk of the stack's folder")
    task = Task(asked, MissionRef.of(fleet, asked), run_dir, person, reason, plan_file)
    with gone_if_unplanned(run_dir):
        if before is not None:
            before(run_dir, run_clock_s(operator))
        result = watched(operator, console, task, lambda session: session.fly())
    return run_dir, say_end(console, run_dir, result, time.monotonic() - started_s)


@contextmanager
def gone_if_unplanned(run_dir: Path) -> Iterator[None]:
    """After an error of ours in the block, remove the folder of a run that was not planned. Once there is a plan, the
    files stay: they are the evidence of a flight that may go on."""
    from blindspot.core import BlindspotError

    try:
        yield
    except BlindspotError:
        if not (run_dir / "plan.json").exists():
            with suppress(OSError):  # rmdir leaves a folder with files alone
                run_dir.rmdir()
        raise


def _fleet_for(operator: Operator, fleet_file: Path, asked: Loaded) -> Fleet:
    """The stack's fleet; raises InputError if it can't fly the mission."""
    from blindspot.acts.plans import refuse_start
    from blindspot.core import InputError
    from blindspot.mission import load_fleet

    assert operator.fleet is not None
    fleet = load_fleet(fleet_file)
    if problem := fleet.why_not(asked.mission):
        raise InputError(asked.mission.path, "fleet", problem, "name the drones of the fleet as its file does")
    if operator.fleet.simulated:
        refuse_start(asked)
    return fleet


def why_busy_now(missions: Iterable[Any], asked: Mission, plan_file: Path | None) -> str:
    """The reason why missions in progress keep this mission from its start; empty without such a reason. The mission
    manager decides: this spares a plan that could not be flown. Which drones a plan needs is known from its file
    alone."""
    from blindspot.flight.missions import why_busy
    from blindspot.mission import load_plan

    taken = {mission.run: (mission.mission, mission.drones) for mission in missions if mission.phase != "done"}
    plan, fleet = None if plan_file is None else load_plan(plan_file), [drone.name for drone in asked.file.fleet]
    if plan is not None and plan.sortie is None:
        return why_busy([route.drone for route in plan.routes], taken)
    problems = [why_busy((drone,), taken) for drone in fleet]
    return next(filter(None, problems), "") if plan is not None or all(problems) else ""


def _meet(operator: Operator, fleet: Fleet, asked: Mission) -> None:
    """Watch the nodes of the flight; raises NoStackError if the stack is not ready for it."""
    from blindspot.cli.sessions.the_stack import NoStackError, nodes_of, running_record, wait_until_ready

    record, drones = running_record(), [drone.name for drone in asked.file.fleet]
    operator.watch(nodes_of(record, fleet.names, drones), None if record is None else record.stack_dir)
    if missing := wait_until_ready(operator, drones):
        raise NoStackError(
            f"the stack is not ready ({', '.join(missing)}): see blindspot status, or start it with blindspot up FLEET"
        )


def watched(
    operator: Operator, console: Screen, task: Task, watch: Callable[[RunSession], tuple[str, str] | None], *,
    calls_home: bool = True,
) -> tuple[str, str] | None:  # fmt: skip
    """The mission manager's outcome and reason of a run that `watch` flies or joins, None without an answer.

    With `calls_home` the first Ctrl-C brings the drones home; otherwise it ends the command, as the second Ctrl-C does.
    Raises StopFollowingError then.
    """
    from blindspot.cli.parts.flight_display import FlightDisplay
    from blindspot.cli.sessions.run_session import RunSession

    class Watching(RunSession):
        def _bring_home_if_interrupted(self) -> None:
            if self._interrupts and not calls_home:
                raise StopFollowingError
            super()._bring_home_if_interrupted()

        def _second_interrupt(self) -> None:
            raise StopFollowingError(self.called_home)

    session = Watching(operator, FlightDisplay(console, operator, task.run_dir, task.plan_file), task)
    with session.interruptible():
        operator.follow(task.run_dir.name, [drone.name for drone in task.mission.file.fleet])
        return watch(session)
