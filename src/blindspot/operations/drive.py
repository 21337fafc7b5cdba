"""Carries the scheduler's acts out: the state is in the ledger before the act, the order in the journal before the
flight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from blindspot.core import BlindspotError, InputError, one_line
from blindspot.operations.calendar import Occurrence, announcement
from blindspot.operations.ledger import Ledger
from blindspot.operations.scheduler import Act, Now, World, next_act
from blindspot.operations.secret import Secret
from blindspot.operations.states import OccurrenceRow, OccurrenceState, PassRow

MOST_ACTS = 1000
"""Acts of one step: more would be an endless loop."""
LONGEST_BREACH = 130
"""Letters of a broken promise in the journal: those of 24 passes fit into one entry in any script."""


class FlyingStack(Protocol):
    """The stack that flies."""

    def world(self, now: datetime) -> World:
        """The stack's state."""

    def prepare(self, row: PassRow) -> None:
        """Ask for the checked plan of a cleared pass; a repeated call asks once."""

    def start(self, row: PassRow) -> None:
        """Order the flight of a pass, with its run, person and reason."""


class Writer(Protocol):
    """A journal."""

    def write(self, act: str, /, **facts: str | int | Sequence[str]) -> None:
        """Append an entry; raises BlindspotError if the disk does not hold it."""


Packs = Callable[[PassRow], Sequence[tuple[str, str]]]
"""(drone, pack) of each drone of a pass; raises InputError if the fleet has lost a drone of it."""
Promises = Callable[[OccurrenceRow], Sequence[str]]
"""The broken revisit promises of an evening whose passes are over, one sentence each."""


class Scheduler:
    """One scheduler of one operation. Call `step` every second or so.

    Parameters
    ----------
    ledger
        The ledger, under the lock of `only_scheduler`.
    holder, runs
        Name of this process in the ledger, and the folder in which its stack keeps the runs.
    calendar
        The occurrences.
    draws, fleet, journal
        The secret, the stack and the journal.
    packs
        The packs of a pass, for the ledger.
    promises
        The broken promises of an evening, for the journal and the log.
    log
        Gets one sentence about each event.
    now
        Moment of the start, UTC.
    """

    def __init__(
        self, ledger: Ledger, holder: str, runs: Path, calendar: Sequence[Occurrence], draws: Secret,
        fleet: FlyingStack, journal: Writer, packs: Packs, promises: Promises, log: Callable[[str], None],
        now: datetime,
    ) -> None:  # fmt: skip
        self._ledger, self._draws, self._fleet, self._journal = ledger, draws, fleet, journal
        self._packs, self._promises, self._log = packs, promises, log
        ledger.claim(now, holder, runs)
        ledger.plan(now, calendar)
        for row, before in _renamed(ledger.occurrences(), calendar):
            reason = f"its slot was {before.id} before, which is {before.state}: no evening takes place twice"
            ledger.move_occurrence(now, row.id, "missed", reason)
            log(f"{row.id} is missed: {reason}")

    def step(self, now: datetime) -> Act:
        """Do everything that is due at `now`, UTC. Returns the last act: a wait, or a waiting `prepare`.

        Raises LedgerError if a state can't be written: nothing is done without it. JournalError stops the step, too.
        """
        for _ in range(MOST_ACTS):
            rows = self._ledger.open_occurrences()
            seen = Now(rows, self._ledger.orders(), self._ledger.token, now, self._fleet.world(now))
            act = next_act(seen)
            self._do(act, now)
            if act.do in ("wait", "prepare"):
                return act
        raise BlindspotError(f"the scheduler does not come to rest: {act.do}")  # starts are secret

    def announcement(self, now: datetime, longest_s: float, local: Callable[[datetime], datetime]) -> str:
        """The sentence that says until when the next pass is due, as `calendar.announcement`."""
        return announcement(self._ledger.open_occurrences(), longest_s, now, local)

    def _do(self, act: Act, now: datetime) -> None:
        if act.order is not None:
            # No entry, no act. A repeated entry after a crash names the same order twice.
            order, outcome = act.order, {"outcome": f"refused: {act.reason}"} if act.do == "refuse" else {}
            addressee = order.occurrence + (f"/{order.number}" if order.number else "")
            addressee = act.row.id if act.row is not None else addressee
            entry = {"order": order.what, "person": order.person, "reason": order.reason, "run": addressee}
            self._journal.write("order", **entry, **outcome)
        match act.do:
            case "draw" | "commit" | "reveal" | "end_occurrence":
                assert act.occurrence is not None
                self._of_occurrence(act, act.occurrence, now)
            case "move":
                assert act.row is not None
                self._move(act, act.row, now)
            case "prepare":
                assert act.row is not None
                self._fleet.prepare(act.row)
            case "refuse":
                assert act.order is not None
                self._ledger.refuse(act.order.id, act.reason)
                self._log(f"{act.order.what} of {act.order.person} is refused: {act.reason}")
            case "wait":
                pass

    def _of_occurrence(self, act: Act, occurrence: OccurrenceRow, now: datetime) -> None:
        match act.do:
            case "draw":
                drawn = self._draws.draw(occurrence)
                self._ledger.draw(now, occurrence.id, drawn.passes, drawn.commitment)
                self._log(f"{occurrence.id} is drawn: {len(drawn.passes)} passes")
            case "commit":
                self._journal.write("draw", occurrence=occurrence.id, commitment=occurrence.commitment)
                self._ledger.committed(occurrence.id)
            case "reveal":
                seed = self._draws.reveal(occurrence)
                broken = [one_line(each, LONGEST_BREACH) for each in self._promises(occurrence)]
                self._journal.write("draw_revealed", occurrence=occurrence.id, seed=seed, broken=broken)
                self._ledger.move_occurrence(now, occurrence.id, "done")
                self._log(f"{occurrence.id} is over")
                for sentence in broken:
                    self._log(f"{occurrence.id}: the revisit promise is broken: {sentence}")
            case _:
                state: OccurrenceState = "skipped" if act.state == "skipped" else "missed"
                order = act.order.id if act.order else 0
                self._ledger.move_occurrence(now, occurrence.id, state, act.reason, act.person, order)
                self._log(f"{occurrence.id} is {state}: {act.reason}")

    def _move(self, act: Act, row: PassRow, now: datetime) -> None:
        assert act.state is not None and act.state != "planned"
        takes_off = row.state == "cleared" and act.state == "flying"
        try:
            packs = self._packs(row) if takes_off else ()
        except InputError as error:  # the fleet file has lost a drone of the pass
            self._move(replace(act, state="awaiting_person", reason=one_line(error)), row, now)
            return
        reason = row.reason if takes_off else act.reason
        order = act.order.id if act.order and act.is_last_of_order else 0
        self._ledger.move(
            now, row, act.state, reason=reason, person=act.person, order=order, is_settled=act.is_settled, packs=packs,
        )  # fmt: skip
        self._log(f"pass {row.id} is {act.state}" + (f": {act.reason}" if act.reason else ""))
        if takes_off:
            self._take_off(row, now)

    def _take_off(self, row: PassRow, now: datetime) -> None:
        """Order the flight of a pass whose state is already `flying`."""
        try:
            self._journal.write(
                "pass", occurrence=row.occurrence, number=row.number, run=row.run, variant=row.variant,
                person=row.person, reason=row.reason, token=self._ledger.token,
            )  # fmt: skip
        except BlindspotError as error:
            [flown] = [p for o in self._ledger.open_occurrences() for p in o.passes if p.id == row.id]
            self._ledger.move(now, flown, "interrupted", reason=f"its order is not in the journal: {error}")
            return
        self._fleet.start(row)


def _renamed(
    rows: Sequence[OccurrenceRow], calendar: Sequence[Occurrence]
) -> Iterator[tuple[OccurrenceRow, OccurrenceRow]]:
    """The planned evenings at the time of a begun or skipped evening outside the calendar: a slot was renamed. Each
    with that other one."""
    names = {one.id for one in calendar}
    lost = [row for row in rows if row.state in ("drawn", "done", "skipped") and row.id not in names]
    for row in rows:
        if row.state == "planned":
            at_once = (one for one in lost if one.slot_from <= row.slot_until and row.slot_from <= _latest_start(one))
            if (before := next(at_once, None)) is not None:
                yield row, before


def _latest_start(row: OccurrenceRow) -> datetime:
    return max([row.slot_until, *(one.start for one in row.passes)])
