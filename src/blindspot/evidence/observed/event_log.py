"""The events of a run in order: `events.jsonl`, one line per event, which the logbook writes as it arrives."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from blindspot.core import read_file
from blindspot.evidence.observed.track import cut_torn_line

EVENTS_FILE = "events.jsonl"
MAX_EVENTS = 20_000
"""Upper bound that protects the disk from a node that repeats itself. A flight has a few thousand events at most."""
MAX_TEXT = 500
LONGEST_NUMBER = 300
"""Digits of a whole number that a float can hold; a longer one in a foreign line counts as infinite."""


@dataclass(frozen=True, slots=True)
class RunEvent:
    """`stamp_s` is the run's time, as in `track.csv`; `source` the node; `kind` the type of `data` (`log`: empty)."""

    stamp_s: float
    source: str
    kind: str
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)


class EventLog:
    """Appends events and flushes each one at once, so that the file survives the process. A full disk ends the log and
    leaves the flight running: `trouble` then holds the reason. The log of an earlier process is continued."""

    def __init__(self, path: Path) -> None:
        self.trouble = ""
        self._left = MAX_EVENTS
        self._file: TextIO | None = None
        try:
            if path.is_file():
                cut_torn_line(path)
            self._file = path.open("a", encoding="utf-8")
        except OSError as error:
            self.trouble = f"{path.name} can't be written: {error.strerror}"

    def write(self, event: RunEvent) -> None:
        if self._file is None:
            return
        line = {
            "stamp_s": round(event.stamp_s, 2) if math.isfinite(event.stamp_s) else None,
            "utc": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "source": event.source[:MAX_TEXT], "kind": event.kind, "text": event.text[:MAX_TEXT],
            **({"data": dict(event.data)} if event.data else {}),
        }  # fmt: skip
        self._left -= 1
        try:
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._file.flush()
        except (OSError, ValueError) as error:
            self._end(f"events are no longer written: {getattr(error, 'strerror', None) or error}")
        if self._left <= 0:
            self._end(f"events are no longer written: there were {MAX_EVENTS}")

    def close(self) -> None:
        self._end(self.trouble)

    def _end(self, trouble: str) -> None:
        self.trouble = trouble
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError as error:  # the remaining buffer
                self.trouble = self.trouble or f"events are no longer written: {error.strerror}"


def read_events(path: Path) -> tuple[RunEvent, ...] | None:
    """The events of a file in file order, or None if the file is missing. Torn and foreign lines are skipped."""
    try:
        lines = read_file(path).decode(errors="replace").split("\n")  # a text may hold other line ends
    except OSError:
        return None
    return tuple(event for line in lines if (event := _event(line)) is not None)


def _event(line: str) -> RunEvent | None:
    try:
        fields = json.loads(line, parse_int=lambda text: int(text) if len(text) < LONGEST_NUMBER else float(text))
        stamp_s = math.nan if fields["stamp_s"] is None else float(fields["stamp_s"])
        data = fields.get("data", {})
        source, kind, text = fields["source"], fields["kind"], fields["text"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if not all(isinstance(word, str) for word in (source, kind, text)) or not isinstance(data, dict):
        return None
    return RunEvent(stamp_s, source, kind, text, data)
