"""`blindspot follow [RUN | --every DIR]`: follow flights in progress of other clients, and write their evidence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing, suppress
from math import isfinite
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
    from blindspot.mission import Plan
    from blindspot.nodes.clients import Operator

POLITE = 10
"""Niceness of the processes that follow runs: the nodes come first."""
LOG = "follow.log"
ENDS_WITHIN_S = 5.0
REPORTED_WITHIN_S = 120.0
"""Wall time for the reports of the runs that a stack follows itself. The report of a large town takes half a minute."""
SAME_SIGNAL_S = 1.0
"""Wall time in which two signals are one Ctrl-C: the terminal and launch both send it."""
LOOK_S = 0.2
"""Wall time between two checks of the missions in progress."""
ALONE_S, AGAIN_S = 2.0, 30.0
"""Wall time without a follower after which a run gets one, and after which it gets the next one if that one failed."""


def follow(
    run: Annotated[
        str,
        typer.Argument(
            help="Name of the run, as blindspot status shows it; by default the only one.",
            autocompletion=completion.runs,
        ),
    ] = "",
    every: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Follow each run of the stack in DIR that no other command follows."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Follow a flight in progress to its end, and write its events, summary and report. Ctrl-C ends only the command.

    The exit codes are those of `blindspot sim`. `up` and the launch files follow every run that no other command
    follows.
    """
    from blindspot.cli.operate.fly import StopFollowingError
    from blindspot.cli.parts.screen import Screen
    from blindspot.cli.sessions.the_stack import operator_of_the_stack
    from blindspot.core import InputError

    if every is not None:
        if run or as_json:
            given = "RUN" if run else "--json"
            raise InputError("follow", given, "is for one run", "leave it out, or leave out --every")
        return follow_every(every.resolve(), Screen())
    try:
        with operator_of_the_stack() as operator:
            run_dir, outcome = _follow(operator, Screen(stderr=as_json), run)
    except (KeyboardInterrupt, StopFollowingError):
        typer.echo("stopped following: the flight goes on; blindspot status shows it", err=True)
        raise typer.Exit(STOPPED) from None
    if as_json:
        print_summary(run_dir)
    raise typer.Exit(EXIT_CODES.get(outcome, 4))


def _follow(operator: Operator, console: Screen, run: str) -> tuple[Path, str]:
    """Follow the run to its end; its folder and its outcome."""
    from blindspot.cli.operate.fly import followed
    from blindspot.cli.sessions.run_session import Task
    from blindspot.cli.sessions.sim_run import finish
    from blindspot.cli.sessions.the_stack import ground_of, nodes_of, running_record, wait_until_ready
    from blindspot.core import InputError
    from blindspot.evidence.observed import EVENTS_FILE, is_written, read_events
    from blindspot.evidence.runs import journals
    from blindspot.mission import MissionRef, load_fleet, run_folder

    assert operator.fleet is not None
    started_s, (fleet_file, stack_dir) = time.monotonic(), ground_of(operator)
    mission = _in_progress(stack_dir, run)
    order = mission.order
    fleet, ref = load_fleet(fleet_file), MissionRef(order.file, order.sha256)
    asked, run_dir = ref.read(fleet), run_folder(stack_dir, order.run)
    if is_written(run_dir / EVENTS_FILE):
        raise InputError("follow", "RUN", f"{order.run} is followed by another command", "read its folder at the end")
    plan, record = plan_of(mission, run_dir), running_record()
    drones = [drone.name for drone in asked.file.fleet]
    operator.watch(nodes_of(record, fleet.names, drones), None if record is None else record.stack_dir)
    wait_until_ready(operator, drones)
    console.print(f"following {order.run}, ordered by {order.person}: {order.reason}", soft_wrap=True)
    task = Task(asked, ref, run_dir, order.person, order.reason)
    known_s = max((e.stamp_s for e in read_events(run_dir / EVENTS_FILE) or () if isfinite(e.stamp_s)), default=0.0)
    before = flown_before(mission, plan, run_dir)
    cleared = cleared_by(journals.journal_with(stack_dir, order.run, os.environ), order.run, before)
    plan, facts = followed(
        operator, console, task, lambda session: (plan, session.join(plan, known_s, before, cleared)), calls_home=False
    )
    total_s, simulated = time.monotonic() - started_s, bool(operator.fleet.simulated)
    return run_dir, finish(console, asked, plan, facts, run_dir, total_s, simulated=simulated)


def follow_every(stack_dir: Path, console: Screen) -> None:
    """Follow each run of the stack with this folder that no other command follows, from before the stack runs until
    Ctrl-C or SIGTERM. Then wait for the reports in progress; a later signal ends them."""
    from blindspot.cli.parts.interrupt import handled_by

    asked_s: list[float] = []
    with ExitStack() as stack:
        stack.enter_context(handled_by(lambda *_: asked_s.append(time.monotonic()), signal.SIGINT, signal.SIGTERM))
        followers = stack.enter_context(closing(Followers(stack_dir)))
        while not asked_s:
            time.sleep(LOOK_S)
            followers.step(console.print)
        until_s = asked_s[0] + REPORTED_WITHIN_S
        while followers.busy() and time.monotonic() < until_s:
            time.sleep(0.1)
            followers.step(console.print, begins=False)
            if asked_s[-1] > asked_s[0] + SAME_SIGNAL_S:
                break


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


def plan_of(mission: KeptMission, run_dir: Path) -> Plan:
    """The run's `plan.json`, of several sorties the first. Raises InputError if the plan that its drones were cleared
    for and fly is neither it nor one of its sorties: the flight would be judged by another plan."""
    from blindspot.core import InputError
    from blindspot.evidence import sorties_after
    from blindspot.mission import load_plan

    plan, flown = load_plan(run_dir / "plan.json"), mission.read_plans()[0].sha256
    if flown not in (part.sha256 for part in (plan, *sorties_after(plan, run_dir))):
        problem = f"is not the plan that the drones fly, whose SHA-256 is {flown}"
        raise InputError(run_dir / "plan.json", "", problem, "put the cleared plan back")
    return plan


def flown_before(mission: KeptMission, plan: Plan, run_dir: Path) -> tuple[Plan, ...]:
    """The plans of the sorties of a run that have ended already; `plan` is its first one."""
    from blindspot.evidence import sorties_after

    sorties = (plan, *sorties_after(plan, run_dir))
    return tuple(part for part in sorties if part.sortie is not None and part.sortie.number <= len(mission.earlier))


def cleared_by(journal: Path | None, run: str, before: Sequence[Plan]) -> frozenset[str]:
    """The hashes of the plans that the gate cleared for a run, by the journal; without one those of the sorties
    `before`, which are not compared then. No lease of these was heard by a command that follows the run since then."""
    from blindspot.evidence import entries_of_run

    if journal is None or not before:
        return frozenset(part.sha256 for part in before)
    granted = (entry for entry in entries_of_run(journal, run) if entry.facts.get("granted") is True)
    return frozenset(str(entry.facts.get("plan")) for entry in granted if entry.act == "clearance")


class Followers:
    """One process of `blindspot follow` for each run in progress of a stack that no other command follows: a run that a
    scheduler ordered, or whose `fly` has ended early. So each run has its evidence. Their output is `follow.log` in the
    run's folder.

    The manager's own file of the missions in progress names the runs. Any process on the network can publish a status:
    it would start a process for each old run, which writes into old evidence.
    """

    def __init__(self, stack_dir: Path) -> None:
        self._stack_dir = stack_dir
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._due_s: dict[str, float] = {}
        """Wall time at which a run gets a process, if it is still not followed."""

    def step(self, say: Callable[[str], object], *, begins: bool = True) -> None:
        """Look after the runs in progress, or start no further process, and say which ones are concluded."""
        from blindspot.core import BlindspotError, from_here

        try:
            self.look_after(self.in_progress() if begins else ())
        except BlindspotError as error:  # no name of a run
            say(str(error))
        for run, file in self.concluded():
            end = "has no report, its log is" if file.name == LOG else "is concluded:"
            say(f"run {run} {end} {from_here(file)}")

    def in_progress(self) -> list[str]:
        """The runs in the file of the missions in progress; none without a readable file, which the manager reports."""
        from blindspot.core import BlindspotError
        from blindspot.flight.missions import read_kept

        try:
            return [mission.order.run for mission in read_kept(self._stack_dir).missions]
        except BlindspotError:
            return []

    def look_after(self, runs: Iterable[str]) -> None:
        """Take the names of the runs in progress, and start the missing processes. Raises InputError for a name that
        is no name of a run."""
        now_s = time.monotonic()
        for run in runs:
            if self._is_followed(run):
                self._due_s[run] = now_s + ALONE_S
            elif now_s >= self._due_s.setdefault(run, now_s + ALONE_S):
                self._start(run)
                self._due_s[run] = now_s + AGAIN_S

    def busy(self) -> tuple[str, ...]:
        """The runs whose processes are still at work."""
        return tuple(run for run, process in self._processes.items() if process.poll() is None)

    def concluded(self) -> tuple[tuple[str, Path], ...]:
        """The runs whose processes have ended since the last call, each with its report, or with its log if there is
        no report."""
        ended = [run for run, process in self._processes.items() if process.poll() is not None]
        for run in ended:
            del self._processes[run]
        folders = [(run, self._folder(run)) for run in ended]
        return tuple(
            (run, folder / ("report.html" if (folder / "report.html").is_file() else LOG)) for run, folder in folders
        )

    def close(self) -> None:
        """End the processes; the written files stay."""
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()

    def _is_followed(self, run: str) -> bool:
        from blindspot.evidence.observed import EVENTS_FILE, is_written

        return run in self._processes or is_written(self._folder(run) / EVENTS_FILE)

    def _folder(self, run: str) -> Path:
        from blindspot.mission import run_folder

        return run_folder(self._stack_dir, run)

    def _start(self, run: str) -> None:
        from blindspot.core import die_with_parent

        bind = die_with_parent()

        def before() -> None:
            bind()
            os.nice(POLITE)

        folder = self._folder(run)
        if not run or not (folder / "plan.json").is_file():
            return
        with suppress(OSError), (folder / LOG).open("ab") as log:
            self._processes[run] = subprocess.Popen(
                [sys.executable, "-P", "-m", "blindspot.cli", "follow", run], start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, preexec_fn=before,
            )  # fmt: skip
