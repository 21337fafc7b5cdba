"""The parts of the console that look at the view and at this computer: alerts and overdue duties."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from blindspot.core import BlindspotError, one_line

if TYPE_CHECKING:
    from blindspot.console import View
    from blindspot.nodes.clients import ConsoleFeed, ConsoleRecords
    from blindspot.stack import stack_record

DUTIES = "duties"
"""Key of the record of the overdue duties."""
READ_EACH_S = 600.0


class ConsoleNews:
    """Call `step` again and again."""

    def __init__(
        self, record: stack_record.StackRecord, view: View, lock: Lock, records: ConsoleRecords, feed: ConsoleFeed
    ) -> None:  # fmt: skip
        from blindspot.console import AlertWatch

        self._alerts = AlertWatch(view, lock, feed.say)
        self._duties = DutiesNews(record.journal, record.stack_dir.parent, records)

    def step(self) -> None:
        self._duties.step()
        self._alerts.step()


class DutiesNews:
    """Reads journal and recordings each ten minutes, in a thread, since a journal of three years is long. `journal` is
    the stack's, `runs` the folder of all runs."""

    def __init__(self, journal: Path, runs: Path, records: ConsoleRecords) -> None:
        self._journal, self._runs, self._records, self._due_s = journal, runs, records, 0.0

    def step(self) -> None:
        if time.monotonic() >= self._due_s:
            self._due_s = time.monotonic() + READ_EACH_S
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        from blindspot.acts.duties import overdue

        try:
            found = overdue(self._journal, self._runs, datetime.now(UTC))
            content: dict[str, Any] = {"register_since": found.register_since, "erasures_overdue": found.erasures}
        except (BlindspotError, OSError) as error:
            content = {"problem": one_line(error, 300)}
        self._records.take(DUTIES, content)
