"""The state of an operation as a person asks for it: feasibility, past evenings, and the next ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from blindspot.acts.evenings.operation_state import (
    evenings_of,
    is_simulated,
    ready_library,
    state_dir,
    why_nothing_starts,
)
from blindspot.law import load_authorisation
from blindspot.operations import (
    Operation,
    calendar,
    feasible,
    is_scheduled,
    occurrences,
    problems,
    read_ledger,
    scheduler_lock,
    states,
    tours_of,
)


@dataclass(frozen=True, slots=True)
class Feasibility:
    """The evenings of an operation in a year, the costs of its tours, and each reason why an evening can't be flown."""

    evenings: tuple[calendar.Occurrence, ...]
    tours: feasible.Tours
    problems: tuple[feasible.Problem, ...]


@dataclass(frozen=True, slots=True)
class EveningsSoFar:
    """The evenings in the ledger. `ahead` are those that a person has skipped before their time."""

    state_dir: Path
    simulated: bool
    scheduled: bool
    waits: str
    why_not_now: str
    rows: tuple[states.OccurrenceRow, ...]
    begun: tuple[states.OccurrenceRow, ...]
    ahead: tuple[states.OccurrenceRow, ...]


@dataclass(frozen=True, slots=True)
class ComingEvenings:
    """The evenings that are left, with their rows in the ledger. `last` is the last evening of the calendar."""

    evenings: tuple[calendar.Occurrence, ...]
    known: Mapping[str, states.OccurrenceRow]
    last: calendar.Occurrence


def check_operation(asked: Operation, library: Path | None) -> Feasibility:
    """Whether packs, crew and authorisation suffice for every evening. `asked` is the operation as seen from now.
    Raises InputError without a library."""
    tours = tours_of(ready_library(asked, library), asked.mission.models)
    found = problems(asked, tours, load_authorisation(asked.mission.authorisation_path))
    return Feasibility(tuple(occurrences(asked)), tours, tuple(found))


def evenings_so_far(asked: Operation) -> EveningsSoFar:
    """The evenings that have begun, by the ledger of the stack that runs, or of the latest stack."""
    folder = state_dir(asked)
    rows, scheduled = read_ledger(folder), is_scheduled(folder)
    begun, ahead = evenings_of(rows)
    waits = scheduler_lock.SchedulerNews.of(folder).waits
    return EveningsSoFar(
        folder, is_simulated(folder), scheduled, waits, why_nothing_starts(folder), tuple(rows), tuple(begun),
        tuple(ahead),
    )  # fmt: skip


def coming_evenings(asked: Operation, now: datetime) -> ComingEvenings:
    """The evenings that are left. A simulation, which has its own time, flies every evening of the calendar."""
    folder = state_dir(asked, to_fly=True)
    known = {row.id: row for row in read_ledger(folder)}
    is_over = {name for name, row in known.items() if row.state not in ("planned", "drawn")}
    if not is_simulated(folder):
        asked = asked.seen_from(now)
        ends = {name: max([row.slot_until, *(one.latest for one in row.passes)]) for name, row in known.items()}
        is_over |= {one.id for one in occurrences(asked) if ends.get(one.id, one.slot_until) < now}
    every = tuple(occurrences(asked))
    return ComingEvenings(tuple(one for one in every if one.id not in is_over), known, every[-1])
