"""The order of a pilot about a pass, left in the ledger for the scheduler: confirm or skip."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from blindspot.acts.evenings.operation_state import (
    flown_library,
    is_simulated,
    named_crew,
    state_dir,
    typed,
    why_nothing_starts,
)
from blindspot.acts.evenings.signed_evening import why_not_by_mandate, why_other_file
from blindspot.core import InputError
from blindspot.operations import (
    Ledger,
    Operation,
    PassRow,
    is_scheduled,
    packs_of_pass,
    read_ledger,
    why_not_ordered,
)


@dataclass(frozen=True, slots=True)
class PassOrder:
    """An order in the ledger. `packs` is the pack of each drone for a confirmed pass, by the rota; empty if unknown.
    `why_not_now` is the sentence on a scheduler that is missing or waits."""

    what: Literal["confirm", "skip"]
    addressee: str
    person: str
    reason: str
    scheduled: bool
    why_not_now: str
    packs: Mapping[str, str] = field(default_factory=dict)


def order_pass(
    asked: Operation, what: Literal["confirm", "skip"], which: str, person: str, reason: str, now: datetime, *,
    wind_mps: float | None = None,
) -> PassOrder:  # fmt: skip
    """Leave the order of a person in the ledger. The scheduler carries the order out within a second.

    Parameters
    ----------
    which
        The pass as `[OPERATION/]DATE/SLOT/NUMBER`, or for `skip` a whole evening as `[OPERATION/]DATE/SLOT`.
    wind_mps
        The mean wind at the pad, measured by the person; `confirm` needs it.

    Raises
    ------
    InputError
        For a person who is no pilot of the operation, and for a pass that can't be ordered, or would not fly by the
        order: its time or its mandate is over.
    """
    if what == "confirm" and wind_mps is None:
        raise InputError("blindspot operation confirm", "--wind", "is missing", "measure the mean wind at the pad, m/s")
    by, why = named_crew(asked, person, reason)
    folder = state_dir(asked, to_fly=True)
    rows = read_ledger(folder)
    if not rows:
        raise InputError(folder, "", "there is no ledger yet", f"start it: blindspot operation run {typed(asked.path)}")
    name, number = _named(asked, which)
    # A second confirmation of too strong a wind is left all the same: it ends the pass.
    is_warning = wind_mps is not None and wind_mps > asked.file.weather.max_wind_mps
    problem = why_not_ordered(rows, what, name, number)
    if problem and not (is_warning and problem == "is cleared"):
        raise InputError("blindspot operation", which, problem, "see blindspot operation status")
    if what == "confirm" and not problem:
        [row] = [one for evening in rows if evening.id == name for one in evening.passes if one.number == number]
        _refuse_unflown(asked, folder, row, which, by, now)
    scheduled = is_scheduled(folder)
    with closing(Ledger(folder)) as ledger:
        ledger.order(now, name, number, what, by, why, wind_mps)
    packs = _packs(asked, folder, name, number) if what == "confirm" else {}
    return PassOrder(what, which, by, why, scheduled, why_nothing_starts(folder), packs)


def _refuse_unflown(asked: Operation, folder: Path, row: PassRow, which: str, person: str, now: datetime) -> None:
    """Raise InputError for a pass that would not fly by a confirmation of now: the pass's time or the mandate is
    over."""
    simulated = is_simulated(folder)
    if not simulated and now > row.latest:
        problem = f"had to start by {asked.local(row.latest):%H:%M}, and the time is over"
        raise InputError("blindspot operation", which, problem, "order a later flight by itself: blindspot fly")
    if asked.fleet.has_keys and (problem := why_other_file(asked, folder)):
        raise InputError("blindspot operation", which, problem, "start the stack again, then sign the evening")
    at = now if simulated else max(now, row.start)
    if problem := why_not_by_mandate(asked, folder, row, person, at, simulated=simulated):
        evening = "/".join(row.occurrence.split("/")[1:])
        fix = f"sign one: blindspot operation mandate {typed(asked.path)} {evening}"
        raise InputError("blindspot operation", which, problem, fix)


def _named(asked: Operation, which: str) -> tuple[str, int]:
    """Name of the occurrence, and number of the pass or 0, of `[OPERATION/]DATE/SLOT[/NUMBER]`."""
    parts = which.split("/")
    parts = parts[1:] if parts[0] == asked.id else parts
    is_pass = len(parts) == 3 and parts[2].isdecimal() and int(parts[2]) > 0
    if len(parts) != 2 and not is_pass:
        raise InputError("blindspot operation", which[:60], "names no pass", "write DATE/SLOT/NUMBER, or DATE/SLOT")
    return "/".join((asked.id, *parts[:2])), int(parts[2]) if is_pass else 0


def _packs(asked: Operation, folder: Path, name: str, number: int) -> dict[str, str]:
    """The pack of each drone of a pass, by the rota; empty without a library, and after an interrupted pass."""
    try:
        library = flown_library(asked, None, folder)
    except InputError:
        return {}
    with closing(Ledger(folder)) as ledger:
        row = ledger.occurrence(name)
        used = ledger.packs_used(row.passes[number - 1].start)
    return dict(packs_of_pass(asked, library, row, number, used))
