"""A journal that a thread writes: a slow disk holds up no flight, no set-point and no stop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from blindspot.core import BlindspotError
from blindspot.evidence import Fact, Journal
from blindspot.flight.vehicle import Reply

CLOSED_WITHIN_S = 3.0
_Task = tuple[Reply, str, dict[str, Fact]]


class FlightJournal:
    """Queues entries. Call `settle` steadily: it settles the replies of entries that are on the disk, or failed.

    Parameters
    ----------
    path
        The journal file.
    by
        Fully qualified name of the node that writes.
    warn
        Gets one sentence for each entry that can't be written.
    """

    def __init__(self, path: Path, by: str, warn: Callable[[str], object]) -> None:
        self._warn = warn
        self._todo: SimpleQueue[_Task | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[Reply, str]] = SimpleQueue()
        self._thread = Thread(target=self._write_all, args=(Journal(path, by),), daemon=True)
        self._thread.start()

    def write(self, act: str, **facts: Fact) -> Reply:
        """Queue an entry. The reply is pending until a later `settle`."""
        reply = Reply()
        self._todo.put((reply, act, facts))
        return reply

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
