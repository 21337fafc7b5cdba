"""The parts of the console that look at the view and at this computer: alerts, overdue duties, the evening, rulings."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from blindspot.core import BlindspotError, one_line

if TYPE_CHECKING:
    from blindspot.console import Act, View
    from blindspot.nodes.clients import ConsoleFeed, ConsoleRecords
    from blindspot.operations import Operation
    from blindspot.stack import stack_record

DUTIES, EVENING = "duties", "evening"
"""Keys of the records of the overdue duties and of the evening."""
DUTIES_EACH_S, EVENING_EACH_S = 600.0, 2.0


class ConsoleNews:
    """Call `step` again and again."""

    def __init__(
        self, record: stack_record.StackRecord, view: View, lock: Lock, records: ConsoleRecords, feed: ConsoleFeed,
        operation: Path | None,
    ) -> None:  # fmt: skip
        from blindspot.console import AlertWatch

        self._alerts = AlertWatch(view, lock, feed.say)
        self._duties = DutiesNews(record.journal, record.stack_dir.parent, records)
        self._evening = EveningNews(operation, records)

    def step(self) -> None:
        self._evening.step()
        self._duties.step()
        self._alerts.step()


class DutiesNews:
    """Reads journal and recordings each ten minutes, in a thread, since a journal of three years is long. `journal` is
    the stack's, `runs` the folder of all runs."""

    def __init__(self, journal: Path, runs: Path, records: ConsoleRecords) -> None:
        self._journal, self._runs, self._records, self._due_s = journal, runs, records, 0.0

    def step(self) -> None:
        if time.monotonic() >= self._due_s:
            self._due_s = time.monotonic() + DUTIES_EACH_S
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        from blindspot.acts.duties import overdue

        try:
            found = overdue(self._journal, self._runs, datetime.now(UTC))
            content: dict[str, Any] = {"register_since": found.register_since, "erasures_overdue": found.erasures}
        except (BlindspotError, OSError) as error:
            content = {"problem": one_line(error, 300)}
        self._records.take(DUTIES, content)


class EveningNews:
    """The evening of an operation, read again and again from the ledger; nothing without an operation file."""

    def __init__(self, operation: Path | None, records: ConsoleRecords) -> None:
        self._file, self._records, self._due_s = operation, records, 0.0
        self._stat: object = None
        self._asked: Operation | None = None

    def step(self) -> None:
        if self._file is None or time.monotonic() < self._due_s:
            return
        from blindspot.acts.evenings import shown_evening

        self._due_s = time.monotonic() + EVENING_EACH_S
        try:
            content = shown_evening(self._operation(self._file), datetime.now(UTC), self._records.stack_s)
        except (BlindspotError, OSError) as error:
            content = {"problem": one_line(error, 600)}
        self._records.take(EVENING, content)

    def _operation(self, file: Path) -> Operation:
        """The operation, read again after a change of its file alone."""
        from blindspot.operations import load_operation

        stat = file.stat().st_mtime_ns
        if self._asked is None or stat != self._stat:
            self._asked, self._stat = load_operation(file), stat
        return self._asked


def answers(record: stack_record.StackRecord) -> Mapping[str, Act]:
    """The answers to the questions of a page by name: `why` is the latest judgement of the gate."""
    from blindspot.console import latest_rulings

    def why(said: Mapping[str, Any]) -> Mapping[str, Any]:
        language = "fr" if said.get("language") == "fr" else "en"
        return latest_rulings(record.journal, record.stack_dir, language)

    return {"why": why}
