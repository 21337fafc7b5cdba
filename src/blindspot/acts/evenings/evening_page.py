"""The evening of an operation as a page of the crew shows it: its passes, its mandates, and what waits for a person."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from blindspot.acts.evenings.operation_state import evenings_of, is_simulated, state_dir, why_nothing_starts
from blindspot.acts.evenings.signed_evening import mandated_pilots
from blindspot.core import one_line
from blindspot.operations import Operation, PassRow, occurrences, read_ledger, scheduler_lock, states

MOST_PASSES = 40


def shown_evening(asked: Operation, now: datetime, stack_s: float) -> dict[str, Any]:
    """The evening that is on, or the last one, as a document for JSON. The start of a pass that is not due, or is
    skipped, is secret. `stack_s` is the time of the stack's clock, s: a simulated evening has a clock of its own.

    Raises LedgerError and InputError for a state that can't be read.
    """
    folder = state_dir(asked, to_fly=True)
    begun, _ = evenings_of(read_ledger(folder))
    simulated = is_simulated(folder)
    row = begun[-1] if begun else None
    evening = row.id if row is not None and row.state == "drawn" else _next(asked, now, folder, simulated=simulated)
    return {
        "operation": asked.id, "evening": evening, "simulated": simulated, "waits": why_nothing_starts(folder),
        "clock": _clock(asked, folder, stack_s),
        "drones": list(asked.drones), "time_zone": asked.file.recurrence.time_zone,
        "pilots": list(asked.file.crew.pilots), "max_wind_mps": asked.file.weather.max_wind_mps,
        "needs_mandate": asked.fleet.has_keys,
        "mandated": list(mandated_pilots(asked, folder, evening, now)) if evening else [],
        "shown": "" if row is None else row.id, "state": "" if row is None else row.state,
        "reason": "" if row is None else one_line(row.reason, 300),
        "passes": [] if row is None else [_pass(asked, one) for one in row.passes[:MOST_PASSES]],
        "refusals": [] if row is None else [one_line(one, 300) for one in row.refusals[-3:]],
    }  # fmt: skip


def _clock(asked: Operation, folder: Path, stack_s: float) -> str:
    """The simulated time; empty in real time, and before the scheduler has set the clock."""
    begin = scheduler_lock.SchedulerNews.of(folder).begin
    return "" if begin is None else f"{asked.local(begin + timedelta(seconds=stack_s)):%H:%M}"


def _pass(asked: Operation, one: PassRow) -> dict[str, Any]:
    secret = one.state in ("drawn", "skipped")
    return {
        "id": one.id, "number": one.number, "state": one.state, "reason": one_line(one.reason, 300),
        "person": one_line(one.person, 100), "start": "" if secret else f"{asked.local(one.start):%H:%M}",
        "latest": "" if secret else f"{asked.local(one.latest):%H:%M}", "waits": one.state == "awaiting_person",
        "can_skip": one.state in ("drawn", "due", "awaiting_person", "cleared"), "run": one_line(one.run, 120),
    }  # fmt: skip


def _next(asked: Operation, now: datetime, folder: Path, *, simulated: bool) -> str:
    """The evening that a pilot would sign now; empty if none is left. A simulation, which has its own time, flies every
    evening of the calendar."""
    rows = {row.id: row for row in read_ledger(folder)}
    over: tuple[states.OccurrenceState, ...] = ("done", "missed", "skipped")
    for one in occurrences(asked if simulated else asked.seen_from(now)):
        is_over = (one.id in rows and rows[one.id].state in over) or (not simulated and one.slot_until < now)
        if not is_over:
            return one.id
    return ""
