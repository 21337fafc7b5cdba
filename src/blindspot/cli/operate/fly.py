"""`blindspot fly MISSION`: fly a mission with the running stack, in the name of a person."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blindspot.cli.parts import completion
from blindspot.cli.parts.exit_codes import EXIT_CODES, STOPPED
from blindspot.cli.parts.named_people import Key
from blindspot.cli.parts.output import AsJson
from blindspot.cli.sessions.sim_run import print_summary

if TYPE_CHECKING:
    from blindspot.cli.parts.screen import Screen
    from blindspot.cli.sessions.run_session import RunSession, Task
    from blindspot.law import Loaded
    from blindspot.mission import Fleet, Mission, Plan
    from blindspot.nodes.clients import Operator

SIMULATOR = "/simulator"
WITH_CLOCK = ("embedded", "gazebo")
"""Modes with a simulated clock; the others run in real time."""
CLOCK_WITHIN_S = 3.0
"""Wall time in which the clock and the simulator of a launched simulation are found; one without them waits as long."""
WHOLE_WITHIN_S = 5.0
"""Wall time in which the simulator hears of the mission's end and closes its track."""


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
    from blindspot.cli.parts.named_people import named, own_key, sign_with
    from blindspot.cli.parts.screen import Screen
    from blindspot.cli.plans.plan import refuse_foreign
    from blindspot.cli.sessions.the_stack import operator_of_the_stack
    from blindspot.law import Loaded

    by, why = named(person, reason)
    asked, own = Loaded.of(mission), own_key(key)
    if plan is not None:
        refuse_foreign(plan, asked)
    try:
        with operator_of_the_stack() as operator:
            sign_with(operator, own)
            run_dir, outcome = _fly(operator, Screen(stderr=as_json), asked, plan, by, why)
    except KeyboardInterrupt:
        typer.echo("stopped", err=True)
        raise typer.Exit(STOPPED) from None
    except StopFollowingError as stopped:
        typer.echo(stopped_following(by, stopped.called_home), err=True)
        raise typer.Exit(STOPPED) from None
    if as_json:
        print_summary(run_dir)
    raise typer.Exit(EXIT_CODES.get(outcome, 4))


class StopFollowingError(Exception):
    """The person stops following a flight that goes on. `called_home` is that of its session."""

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
    return f"stopped following: the flight goes on; blindspot status shows it, and {order} calls it home"


def _fly(
    operator: Operator, console: Screen, loaded: Loaded, plan_file: Path | None, person: str, reason: str
) -> tuple[Path, str]:
    """Fly the mission; its run folder and its outcome."""
    from blindspot.cli.sessions.run_session import Task
    from blindspot.cli.sessions.sim_run import finish, make_run_dir
    from blindspot.cli.sessions.the_stack import ground_of
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
    run_dir = make_run_dir(stack_dir, asked.path, "see the disk of the stack's folder")
    task = Task(asked, MissionRef.of(fleet, asked), run_dir, person, reason, plan_file)
    with gone_if_unplanned(run_dir):
        plan, facts = followed(operator, console, task, lambda session: session.fly())
    total_s = time.monotonic() - started_s
    end = finish(console, asked, plan, facts, run_dir, total_s, simulated=simulated, plan_file=plan_file)
    return run_dir, end


@contextmanager
def gone_if_unplanned(run_dir: Path) -> Iterator[None]:
    """After an error of ours in the block, remove the folder of a run that was not planned. Once there is a plan, the
    files stay: they are the evidence of a flight that may go on."""
    from blindspot.core import BlindspotError

    try:
        yield
    except BlindspotError:
        if not (run_dir / "plan.json").exists():
            with suppress(OSError):  # rmdir removes the folder only if the run wrote no other file
                for name in ("events.jsonl", "track.csv"):
                    (run_dir / name).unlink(missing_ok=True)
                run_dir.rmdir()
        raise


def _fleet_for(operator: Operator, fleet_file: Path, asked: Loaded) -> Fleet:
    """The stack's fleet; raises InputError if it can't fly the mission."""
    from blindspot.cli.plans.plan import refuse_start
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
    """The reason why missions in progress keep this one from its start; empty without one. The mission manager decides:
    this spares a plan that could not be flown. Which drones a plan needs is known from its file alone."""
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


def followed(
    operator: Operator, console: Screen, task: Task, follow: Callable[[RunSession], tuple[Plan, dict[str, Any]]],
    *, calls_home: bool = True,
) -> tuple[Plan, dict[str, Any]]:  # fmt: skip
    """The flown plan and the facts of a run that `follow` flies or joins; its events and track are written meanwhile.

    With `calls_home` the first Ctrl-C brings the drones home; otherwise it ends the command as the second one does.
    Raises StopFollowingError then.
    """
    from blindspot.cli.parts.flight_display import FlightDisplay
    from blindspot.cli.sessions.run_session import RunSession
    from blindspot.cli.sessions.sim_run import with_troubles
    from blindspot.cli.sessions.the_stack import lease_key_here, running_record
    from blindspot.evidence.observed import EVENTS_FILE, EventLog, TrackWriter
    from blindspot.nodes.clients import LeaseRecord

    run_dir, track_file = task.run_dir, task.run_dir / "track.csv"

    class Following(RunSession):
        def _bring_home_if_interrupted(self) -> None:
            if self._interrupts and not calls_home:
                raise StopFollowingError
            super()._bring_home_if_interrupted()

        def _second_interrupt(self) -> None:
            raise StopFollowingError(self.called_home)

        def _wait_for_others_files(self) -> None:
            if is_embedded and operator.mission.phase:
                wait_until_whole(track_file, operator)
            if not track_file.exists():  # the mission was refused before a drone belonged to it
                TrackWriter(track_file).close()

    record = running_record()
    if record is None:
        find_clock(operator)
    # On a busy machine the first message of the clock may come late: the record knows it better.
    has_clock = operator.sim_s > 0.0 if record is None else record.mode in WITH_CLOCK
    # The graph may not have shown the simulator yet, and two writers would spoil one track: the record is sure.
    is_embedded = operator.finds(SIMULATOR) if record is None else record.mode == "embedded"
    task = replace(task, real_time=not has_clock)
    drones = [drone.name for drone in task.mission.file.fleet]
    session = Following(operator, FlightDisplay(console, operator, run_dir, task.plan_file), task)
    with session.interruptible(), ExitStack() as files:
        events = files.enter_context(closing(EventLog(run_dir / EVENTS_FILE)))
        # The simulator itself writes the true track of a run.
        track = None if is_embedded else files.enter_context(closing(TrackWriter(track_file)))
        files.callback(operator.conclude)
        leases = LeaseRecord(lease_key_here())
        operator.follow(run_dir.name, drones, track=track, events=events, leases=leases, real_time=not has_clock)
        plan, facts = follow(session)
        return plan, with_troubles(facts, events, track)


def find_clock(operator: Operator) -> None:
    """Wait at most CLOCK_WITHIN_S until the clock and the simulator of a launched simulation are found: its status may
    be heard before them, and the run would count as one in real time whose track the command writes, too."""
    deadline_s = time.monotonic() + CLOCK_WITHIN_S
    while operator.fleet is not None and operator.fleet.simulated and time.monotonic() < deadline_s:
        if operator.sim_s > 0.0 and operator.finds(SIMULATOR):
            return
        operator.spin(0.05)


def wait_until_whole(track: Path, operator: Operator) -> None:
    """Wait at most WHOLE_WITHIN_S until the simulator has closed a track: its last line is whole, and it grows no
    more."""
    deadline_s, size = time.monotonic() + WHOLE_WITHIN_S, -1
    while time.monotonic() < deadline_s:
        with suppress(OSError):
            content = track.read_bytes()
            if content.endswith(b"\n") and len(content) == size:
                return
            size = len(content)
        operator.spin(0.3)
