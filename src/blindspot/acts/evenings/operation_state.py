"""Operations on this computer: where their state lies, which library they fly, and who may order."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

from blindspot.acts.plans import library_folder
from blindspot.core import InputError, from_here, is_blank, one_line
from blindspot.law.clearances import state_folder
from blindspot.law.orders import named
from blindspot.mission import load_fleet
from blindspot.operations import Operation, is_scheduled, load_operation, scheduler_lock, states
from blindspot.operations.patrols import Library, load_library
from blindspot.stack import OPERATIONS, Operating, stack_record

UNSCHEDULED = "no scheduler runs now: no pass starts, and each evening that goes by is missed"


def operating(file: Path, fleet: Path, library: Path | None, person: str, *, attended: bool) -> Operating:
    """The operation for the start of a stack by a person. Raises InputError as `operation_of`, and for a person who may
    not start it."""
    if is_blank(person):
        raise InputError("up", "--person", "is empty", "name the person who starts the operation")
    made = operation_of(file, fleet, library, "up")
    operators = load_fleet(fleet).operators
    if operators and person not in operators:
        raise InputError("up", "--person", f"{person} is no operator of the fleet", f"it has {', '.join(operators)}")
    return replace(made, person=person, attended=attended)


def operation_of(file: Path, fleet: Path, library: Path | None, command: str) -> Operating:
    """The operation of a stack of this fleet. Raises InputError if it is wrong, of another fleet, or has no library."""
    operation = load_operation(file)
    if operation.fleet.path != fleet.resolve():
        problem = f"{file.name} is for {operation.fleet.path}"
        raise InputError(command, "--operation", problem, "name that fleet")
    folder = library or library_folder(operation.mission)
    ready_library(operation, folder)
    return Operating(file, folder)


def ready_library(operation: Operation, folder: Path | None) -> Library:
    """The library of an operation. Raises InputError if it is missing, or is of another mission or site."""
    usual = library_folder(operation.mission)
    folder = folder or usual
    if not folder.is_dir():
        where = f" --library {folder}" if folder != usual else ""
        fix = f"make it: blindspot operation plan {operation.path}{where}"
        raise InputError(folder, "", "there is no library of the mission's variants", fix)
    return load_library(folder, operation.mission)


def flown_library(operation: Operation, folder: Path | None, state: Path) -> Library:
    """The library in a folder; without a folder, the library that the scheduler with the state folder `state` flies,
    or flew last."""
    noted = scheduler_lock.SchedulerNews.of(state).library
    return ready_library(operation, folder or (Path(noted) if noted else None))


def state_dir(operation: Operation, environ: Mapping[str, str] = os.environ, *, to_fly: bool = False) -> Path:
    """Where the state of an operation lies: in the folder of the stack that runs, or of the latest stack, if the stack
    is a simulation of the same fleet; else in the state folder of this computer. With `to_fly`, as for an order, a
    simulation that has ended does not count."""
    record = stack_record.stack_to_order(environ, operation.fleet.path)
    counts = record is not None and (not to_fly or record.is_running)
    if record is not None and counts and record.fleet.resolve() == operation.fleet.path:
        ours = record.stack_dir / OPERATIONS / operation.id
        if ours.is_dir():
            return ours
    return state_folder(environ) / OPERATIONS / operation.id


def is_simulated(state: Path, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the state of an operation in this folder is that of a simulation, which has its own time."""
    return state.parents[1] != state_folder(environ)


def evenings_of(rows: Sequence[states.OccurrenceRow]) -> tuple[list[states.OccurrenceRow], list[states.OccurrenceRow]]:
    """(the evenings that have begun, the evenings that a person skipped ahead), of a ledger's rows.

    A skipped evening has begun once a later one has.
    """
    known = [row for row in rows if row.state != "planned"]
    ahead = len(list(takewhile(lambda row: row.state == "skipped", reversed(known))))
    return known[: len(known) - ahead], known[len(known) - ahead :]


def why_nothing_starts(state: Path) -> str:
    """The sentence on a scheduler that is missing or waits; empty while a scheduler works."""
    if not is_scheduled(state):
        return UNSCHEDULED
    waits = scheduler_lock.SchedulerNews.of(state).waits
    return f"the scheduler waits: {one_line(waits)}" if waits else ""


def named_crew(operation: Operation, person: str, reason: str) -> tuple[str, str]:
    """The pilot who gives an order, and the reason; raises InputError for anybody else."""
    by, why = named(person, reason)
    pilots = operation.file.crew.pilots
    if by not in pilots:
        raise InputError("blindspot operation", "--person", f"{by} is no pilot here", f"they are {', '.join(pilots)}")
    return by, why


def typed(path: Path) -> str:
    """A path as a shell takes it from here."""
    return shlex.quote(from_here(path))
