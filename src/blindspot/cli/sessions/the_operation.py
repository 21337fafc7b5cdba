"""Operations for commands: where their state lies, and who may order."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blindspot.core import InputError, is_blank
from blindspot.law.orders import named
from blindspot.mission import load_fleet

if TYPE_CHECKING:
    from blindspot.coverage.maps import map_figure
    from blindspot.operations import Operation
    from blindspot.operations.patrols import Library
    from blindspot.stack import Operating


def operating(file: Path, fleet: Path, library: Path | None, person: str) -> Operating:
    """The operation for the start of a stack by a person. Raises InputError as `operation_of`, and for a person who may
    not start it."""
    if is_blank(person):
        raise InputError("up", "--person", "is empty", "name the person who starts the operation")
    made = operation_of(file, fleet, library, "up")
    operators = load_fleet(fleet).operators
    if operators and person not in operators:
        raise InputError("up", "--person", f"{person} is no operator of the fleet", f"it has {', '.join(operators)}")
    return replace(made, person=person)


def operation_of(file: Path, fleet: Path, library: Path | None, command: str) -> Operating:
    """The operation of a stack of this fleet. Raises InputError if it is wrong, of another fleet, or has no library."""
    from blindspot.acts.plans import library_folder
    from blindspot.operations import load_operation
    from blindspot.stack import Operating

    operation = load_operation(file)
    if operation.fleet.path != fleet.resolve():
        problem = f"{file.name} is for {operation.fleet.path}"
        raise InputError(command, "--operation", problem, "name that fleet")
    folder = library or library_folder(operation.mission)
    ready_library(operation, folder)
    return Operating(file, folder)


def ready_library(operation: Operation, folder: Path | None) -> Library:
    """The library of an operation. Raises InputError if it is missing, or is of another mission or site."""
    from blindspot.acts.plans import library_folder
    from blindspot.operations.patrols import load_library

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
    from blindspot.operations import scheduler_lock

    noted = scheduler_lock.SchedulerNews.of(state).library
    return ready_library(operation, folder or (Path(noted) if noted else None))


def state_dir(operation: Operation, environ: Mapping[str, str] = os.environ, *, to_fly: bool = False) -> Path:
    """Where the state of an operation lies: in the folder of the stack that runs, or of the latest stack, if the stack
    is a simulation of the same fleet; else in the state folder of this computer. With `to_fly`, as for an order, a
    simulation that has ended does not count."""
    from blindspot.law.clearances import state_folder
    from blindspot.stack import OPERATIONS, stack_record

    record = stack_record.stack_to_order(environ, operation.fleet.path)
    counts = record is not None and (not to_fly or record.is_running)
    if record is not None and counts and record.fleet.resolve() == operation.fleet.path:
        ours = record.stack_dir / OPERATIONS / operation.id
        if ours.is_dir():
            return ours
    return state_folder(environ) / OPERATIONS / operation.id


def is_simulated(state: Path, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the state of an operation in this folder is that of a simulation, which has its own time."""
    from blindspot.law.clearances import state_folder

    return state.parents[1] != state_folder(environ)


def evenings_of(rows: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """(the evenings that have begun, the evenings that a person skipped ahead), of a ledger's rows.

    A skipped evening has begun once a later one has.
    """
    known = [row for row in rows if row.state != "planned"]
    ahead = len(list(takewhile(lambda row: row.state == "skipped", reversed(known))))
    return known[: len(known) - ahead], known[len(known) - ahead :]


def figures_of(operation: Operation, library: Path | None, now: datetime) -> tuple[dict[str, Any], map_figure.Figure]:
    """The figures and the map of the report. In a simulation, whose clock is its own, ages count up to the latest view.
    Of real drones an evening whose time is over counts as missed or over, also if no scheduler has noted it yet."""
    import numpy as np

    from blindspot.coverage.ground import GroundAges
    from blindspot.operations import figures, is_scheduled, operation_report as report, read_ledger
    from blindspot.stack import ages_file

    state = state_dir(operation)
    known, kept = flown_library(operation, library, state), state.parents[1]
    simulated = is_simulated(state)
    ages, now_s = GroundAges(), now.timestamp()
    file = ages_file(kept, operation.mission.site_dir)
    is_known = ages.load(file)
    if not is_known and os.path.lexists(file):
        raise InputError(file, "", "can't be read, or is damaged", "move it away: the report then leaves the ages out")
    if is_known and simulated and np.isfinite(ages.last_seen_s).any():
        now_s = float(np.nanmax(ages.last_seen_s))
    rows = read_ledger(state)
    begun, _ = evenings_of(rows if simulated else [_missed_if_over(row, now) for row in rows])
    left_at = None if simulated or is_scheduled(state) else now
    document = figures(operation, known, begun, ages, now_s, simulated=simulated, unscheduled_at=left_at)
    return document, report.age_figure(operation, known, ages, now_s)


def _missed_if_over(row: Any, now: datetime) -> Any:
    """A row of a ledger; a row that is still planned after the slot counts as missed."""
    is_over = row.state == "planned" and row.slot_until < now
    return replace(row, state="missed", reason="no scheduler ran in its slot") if is_over else row


def named_crew(operation: Operation, person: str, reason: str) -> tuple[str, str]:
    """The pilot who gives an order, and the reason; raises InputError for anybody else."""
    by, why = named(person, reason)
    pilots = operation.file.crew.pilots
    if by not in pilots:
        raise InputError("blindspot operation", "--person", f"{by} is no pilot of it", f"they are {', '.join(pilots)}")
    return by, why
