"""Attempts to order by people without the right: at most one entry of the journal a minute."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from blindspot.core import LONGEST_NAME, BlindspotError, RateLimit, one_line
from blindspot.evidence import Journal

CONSOLE_REFUSED = "console_refused"
PERIOD_S = 60.0


class RefusedAttempts:
    """Writes entries `console_refused` into a journal. An entry counts the attempts since the entry before."""

    def __init__(self, journal: Path, now_s: Callable[[], float] = time.monotonic) -> None:
        self._journal, self._now_s = Journal(journal, "console"), now_s
        self._limit, self._attempts, self._lock = RateLimit(1.0 / PERIOD_S), 0, threading.Lock()

    def note(self, person: str, order: str, problem: str) -> None:
        """Note an attempt. The attempt stays refused also if the disk takes no entry."""
        with self._lock:
            self._attempts += 1
            if not self._limit.is_due(self._now_s()):
                return
            attempts, self._attempts = self._attempts, 0
        with suppress(BlindspotError):
            self._journal.write(
                CONSOLE_REFUSED, person=one_line(person, LONGEST_NAME), order=one_line(order, 40),
                reason=one_line(problem, 300), attempts=attempts,
            )  # fmt: skip
