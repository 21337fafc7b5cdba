"""The stops ordered by people, by the journal of their stack: they end the confirmation of a pass that waits."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from blindspot.core import InputError, one_line
from blindspot.evidence import Fact, FoldedAct, entries_of_act
from blindspot.evidence.journals import is_stop

TRIES, AGAIN_S = 3, 0.05
"""Readings of a journal, and the time between two readings, s: another process may just write the last line."""


@dataclass(slots=True)
class _Heard:
    number: int = 0
    said: str = ""

    def take(self, facts: Mapping[str, Fact]) -> None:
        if is_stop(facts.get("order")):
            self.number += 1
            order, person = (one_line(str(facts.get(name)), 60) for name in ("order", "person"))
            self.said = f"{person} ordered {order.replace('_', ' ')}"


class Stops:
    """The stops in a journal. An unreadable journal may hold a stop.

    Earlier stops count by the time of the entries: a confirmation may have waited for this process. In a simulation
    (`simulated`), which has a separate time, only stops from now on count.
    """

    def __init__(self, journal: Path, *, simulated: bool) -> None:
        self._journal, self._stops = journal, FoldedAct(journal, "order", _Heard, _Heard.take)
        self._latest: tuple[datetime | None, str] = None, ""
        self._stat = self._file()
        self._number, said, self._problem = self._read()
        if said and not simulated:
            before = (entry.at for entry in entries_of_act(journal, "order") if is_stop(entry.facts.get("order")))
            self._latest = max(before), said

    def latest(self, now: datetime) -> tuple[datetime | None, str]:
        """Moment at which the latest stop was noticed, and the stop as a sentence; None without a stop. `now` is the
        moment of a new stop."""
        if (stat := self._file()) != self._stat:
            self._stat = stat  # of before the reading: a later change is read again
            number, said, self._problem = self._read()
            if said and number != self._number:
                self._number, self._latest = number, (now, said)
        return (now, self._problem) if self._problem else self._latest

    def _read(self) -> tuple[int, str, str]:
        """The number of stops, the latest one, and the reason why they are unknown."""
        problem = ""
        for number in range(TRIES):
            time.sleep(AGAIN_S if number else 0.0)
            try:
                heard = self._stops.read()
                return heard.number, heard.said, ""
            except (InputError, OSError) as error:
                problem = one_line(f"the journal says no more whether a person stopped the drones ({error})")
        return -1, "", problem

    def _file(self) -> object:
        try:
            found = self._journal.stat()
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns
