"""The journal's entries of the ends of missions."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from blindspot.core import BlindspotError
from blindspot.evidence import Journal, entries_of_act
from blindspot.evidence.acts import ENDED
from blindspot.flight.vehicle import Reply
from blindspot.nodes.autopilot.flight_journal import FlightJournal

AGAIN_S = 10.0
"""Wall time after which an entry that was refused is tried again."""


class Ends:
    """Writes them. One that the disk refuses is owed: without it the register of flights stays incomplete, and no real
    flight is cleared. Call `step` about ten times a second.

    `later` writes the owed entries without a wait for the disk, since other missions may fly.
    """

    def __init__(
        self, path: Path, journal: Journal, later: FlightJournal, error: Callable[[str], object]
    ) -> None:  # fmt: skip
        self._path, self._journal, self._later, self._error = path, journal, later, error
        self.owed: dict[str, tuple[str, str]] = {}
        """By run: outcome and reason."""
        self._tried: dict[str, Reply] = {}
        self._tried_s = 0.0

    def write(self, run: str, outcome: str, reason: str) -> None:
        """Write the entry of a run's end, now or later."""
        try:
            self._journal.write(ENDED, run=run, outcome=outcome, reason=reason)
        except BlindspotError as error:
            self._error(f"the end of run {run} is not in the journal yet: {error}")
            self.owed[run], self._tried_s = (outcome, reason), time.monotonic()

    def all(self) -> set[str]:
        """Names of the runs that have ended. Raises InputError for a damaged journal."""
        return {*self.owed, *(str(entry.facts.get("run")) for entry in entries_of_act(self._path, ENDED))}

    def step(self) -> None:
        """Try the owed entries again when it is time."""
        for run, reply in list(self._tried.items()):
            if reply.state != "pending":
                del self._tried[run]
                if reply.state == "ok":
                    self.owed.pop(run, None)
        if self.owed and not self._tried and time.monotonic() - self._tried_s >= AGAIN_S:
            self._tried_s = time.monotonic()
            self._tried = {
                run: self._later.write(ENDED, run=run, outcome=outcome, reason=reason)
                for run, (outcome, reason) in self.owed.items()
            }
