"""The journal's entries of stops and of ends of missions: both happen whatever the disk says."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from blindspot.core import BlindspotError
from blindspot.evidence import Fact, Journal, entries_of_act
from blindspot.evidence.acts import ENDED
from blindspot.flight.vehicle import Reply
from blindspot.law.keys import ComputerKey
from blindspot.nodes.autopilot.flight_journal import FlightJournal

AGAIN_S = 10.0
"""Wall time after which an entry that was refused is tried again."""
MOST_OWED = 1000
"""Any process can order a stop, any number of times. Ends are owed beyond this number: each belongs to a mission."""


@dataclass(slots=True, eq=False)
class _Owed:
    act: str
    facts: Mapping[str, Fact]
    what: str
    """The act in words."""
    at: datetime
    is_late: bool = False
    """The entry was refused, or waited for a refused entry: then the entry carries its own time."""
    reply: Reply | None = None
    """The answer of the thread that writes the entry; None while the entry waits to be tried."""

    @property
    def late_facts(self) -> dict[str, Fact]:
        own = {"happened_at": self.at.isoformat(timespec="microseconds")} if self.is_late else {}
        return {**self.facts, **own}


class Entries:
    """Writes the journal's entries in the sequence of the acts.

    An entry refused by the disk is owed: without the end of a run the register of flights stays incomplete, and no
    real flight is cleared. Call `step` about ten times a second.

    A thread writes the entries of stops, and all that are owed: no mission in flight waits for the disk. After a
    refusal the journal gets a single entry at a time, so that no entry overtakes another. With the computer's `key`,
    the signed head follows each end.
    """

    def __init__(
        self, path: Path, journal: Journal, by: str, error: Callable[[str], object], key: ComputerKey | None = None
    ) -> None:
        self._path, self._journal, self._error = path, journal, error
        self._later = FlightJournal(path, by, lambda _: None, key)
        self._owed: deque[_Owed] = deque()
        """In order."""
        self._again_s = 0.0

    @property
    def owed(self) -> tuple[str, ...]:
        """The acts, in words, whose entries are not on the disk."""
        return tuple(one.what for one in self._owed)

    @property
    def ended_runs_owed(self) -> set[str]:
        """Names of the runs whose end is not in the journal yet."""
        return {str(one.facts["run"]) for one in self._owed if one.act == ENDED}

    def ended_runs(self) -> set[str]:
        """Names of the runs that have ended. Raises InputError for a damaged journal."""
        return {*self.ended_runs_owed, *(str(entry.facts.get("run")) for entry in entries_of_act(self._path, ENDED))}

    def note_stop(self, order: str, drones: Sequence[str], person: str, reason: str, run: str) -> None:
        """Write the entry of a stop that was given, after the act."""
        facts = {"order": order, "drones": list(drones), "person": person, "reason": reason, "run": run}
        self._note("order", {**facts, "signature": ""}, f"{order} of {person}")

    def note_relief(self, drone: str, person: str, reason: str, run: str) -> None:
        """Write the entry of a drone that its watch called home, after the act. It is no order of a person's own, which
        would end a mandate."""
        facts = {"drone": drone, "person": person, "reason": reason, "run": run}
        self._note("relief", facts, f"the relief of {drone}")

    def _note(self, act: str, facts: Mapping[str, Fact], what: str) -> None:
        if len(self._owed) >= MOST_OWED:
            self._error(f"the entry of {what} is lost: {len(self._owed)} others are not in the journal yet")
            return
        self._add(_Owed(act, facts, what, datetime.now(UTC)))
        self.step()

    def note_end(self, run: str, outcome: str, reason: str) -> None:
        """Write the entry of a run's end, now or later."""
        end = _Owed(
            ENDED, {"run": run, "outcome": outcome, "reason": reason}, f"the end of run {run}", datetime.now(UTC)
        )
        if self._owed:
            self._add(end)
            self.step()
            return
        try:
            self._journal.write(end.act, **end.facts)
        except BlindspotError as error:
            self._add(end)
            self._refused(str(error))

    def write_owed(self) -> None:
        """Write what is owed now, before the entry of an order that waits for the disk. Raises BlindspotError if it
        refuses."""
        while self._owed and not self._is_writing:
            self._journal.write(self._owed[0].act, **self._owed[0].late_facts)
            self._owed.popleft()

    def step(self) -> None:
        """Write what is due."""
        self._later.settle()
        for one in [one for one in self._owed if one.reply is not None and not one.reply.pending]:
            assert one.reply is not None
            if one.reply.ok:
                self._owed.remove(one)
            else:
                problem, one.reply = one.reply.detail, None
                self._refused(problem)
        waiting = [one for one in self._owed if one.reply is None]
        if any(one.is_late for one in self._owed):
            is_due = not self._is_writing and time.monotonic() >= self._again_s
            waiting = waiting[: int(is_due)]
        for one in waiting:
            one.reply = self._later.write(one.act, **one.late_facts)

    def close(self) -> None:
        """Try each owed entry once more, and end."""
        for one in self._owed:
            if one.reply is None:
                self._later.write(one.act, **one.late_facts)
        self._later.close()

    @property
    def _is_writing(self) -> bool:
        return any(one.reply is not None for one in self._owed)

    def _add(self, one: _Owed) -> None:
        one.is_late = bool(self._owed) and self._owed[0].is_late
        self._owed.append(one)
        if one.is_late:
            self._error(f"{one.what} is not in the journal yet: {self._owed[0].what} comes first")

    def _refused(self, problem: str) -> None:
        """Keep the first entry, and the entries behind the first, for a later try."""
        self._again_s = time.monotonic() + AGAIN_S
        for one in self._owed:
            if not one.is_late:
                self._error(f"{one.what} is not in the journal yet: {problem}")
            one.is_late = True
