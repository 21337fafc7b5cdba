"""A journal that a thread writes: a slow disk holds up no flight, no set-point and no stop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from blindspot.core import BlindspotError
from blindspot.evidence import Fact, Journal, entries_of_act, last_entries
from blindspot.flight.vehicle import Reply
from blindspot.law.keys import ComputerKey

CLOSED_WITHIN_S = 3.0
LATELY = timedelta(seconds=60)
"""From an arming to the take-over by a flight_control that was started again."""
_Task = tuple[Reply, str, dict[str, Fact]]


class FlightJournal:
    """Queues entries of the node `by`. Call `settle` steadily: the call settles the replies of entries on the disk,
    and of failed entries. `warn` gets one sentence for each entry that can't be written. `key` is that of `Journal`."""

    def __init__(self, path: Path, by: str, warn: Callable[[str], object], key: ComputerKey | None = None) -> None:
        self._path, self._by, self._warn = path, by, warn
        self._todo: SimpleQueue[_Task | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[Reply, str]] = SimpleQueue()
        self._thread = Thread(target=self._write_all, args=(Journal(path, by, key),), daemon=True)
        self._thread.start()

    def write(self, act: str, **facts: Fact) -> Reply:
        """Queue an entry. The reply is pending until a later `settle`."""
        reply = Reply()
        self._todo.put((reply, act, facts))
        return reply

    def left_in(self, last_phases: str, drone: str, run: str, plan: str) -> str:
        """The phases in which an earlier process left the flight. A process that died during the request of the
        arming published no "armed" any more; the entry in the journal shows that the mission mode of a drone in the
        air is ours."""
        is_preflight = last_phases == "preflight"
        is_armed_by_us = is_preflight and has_asked_to_arm(self._path, self._by, drone=drone, run=run, plan=plan)
        return "armed" if is_armed_by_us else last_phases

    def has_flown(self, drone: str, run: str, plan: str) -> bool:
        """Whether an earlier process has armed the drone for an ordered plan of a run, or for a shorter post of it.
        Raises InputError for a damaged journal."""
        flight = {"drone": drone, "run": run}
        armed = (entry.facts for entry in entries_of_act(self._path, "arming") if flight.items() <= entry.facts.items())
        return any(plan in (facts.get("plan"), facts.get("ordered")) for facts in armed)

    def settle(self) -> None:
        """Settle the replies whose entries are finished."""
        while True:
            try:
                reply, problem = self._done.get_nowait()
            except Empty:
                return
            reply.settle("refused" if problem else "ok", problem)
            if problem:
                self._warn(problem)

    def close(self) -> None:
        """Write the queued entries and end; a hung disk is given up after `CLOSED_WITHIN_S`."""
        self._todo.put(None)
        self._thread.join(CLOSED_WITHIN_S)

    def _write_all(self, journal: Journal) -> None:
        while (task := self._todo.get()) is not None:
            reply, act, facts = task
            problem = ""
            try:
                journal.write(act, **facts)
            except (BlindspotError, OSError) as error:
                problem = str(error)
            self._done.put((reply, problem))


def has_asked_to_arm(path: Path, by: str, *, drone: str, run: str, plan: str) -> bool:
    """Whether this flight's arming was requested lately, by the arming's entry: the entry is on the disk before the
    request. False if this is unknown: an unreadable journal, another clock, a landing since."""
    for entry in last_entries(path):
        if entry.by == by and entry.facts.get("drone") == drone and entry.act in ("arming", "landing"):
            of_flight = entry.act == "arming" and (entry.facts.get("run"), entry.facts.get("plan")) == (run, plan)
            return of_flight and timedelta(0) <= datetime.now(UTC) - entry.at <= LATELY
    return False
