"""The state of a stack as pages show the state: records in, view out. Pure.

A record has a key such as `drone/drone1`, a content for JSON, and the time when the record was heard. A page asks for
all records that changed since a number, so that a slow page has no queue: the page gets the newest content of each
record when the page can take the next message.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

MOST_RECORDS = 500
"""More records than a fleet of 100 drones with 100 missions has."""
MOST_CHARS = 200_000
"""Longest content of one record, as JSON."""


@dataclass(slots=True)
class _Entry:
    number: int
    text: str
    content: Mapping[str, Any]
    heard_s: float


class View:
    """The newest record of each key. A thread that reads holds the lock of the thread that writes.

    Example
    -------
    >>> view = View()
    >>> view.take("drone/drone1", {"phase": "hold"}, heard_s=10.0)
    True
    >>> view.since(0, now_s=10.5)
    '{"number":1,"refused":0,"set":{"drone/drone1":{"phase":"hold"}},"ages":{"drone/drone1":0.5}}'
    """

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self.number = 0
        """Number of the newest change."""
        self.refused = 0
        """Number of records that were dropped: too many, too long, or no JSON."""

    def take(self, key: str, content: Mapping[str, Any], heard_s: float) -> bool:
        """Take a record; False if the record is refused and only counted. `heard_s` is on the caller's steady clock."""
        try:
            text = _json(content)
        except (TypeError, ValueError):  # NaN, or an object that is no JSON
            text = ""
        before = self._entries.get(key)
        if not text or len(text) > MOST_CHARS or (before is None and len(self._entries) >= MOST_RECORDS):
            self.refused += 1
            return False
        if before is not None and before.text == text:
            before.heard_s = max(before.heard_s, heard_s)
            return True
        self.number += 1
        self._entries[key] = _Entry(self.number, text, content, heard_s)
        return True

    def keep(self, prefix: str, keys: Collection[str]) -> None:
        """Drop the records below a prefix whose keys are not in `keys`, as the missions that the stack forgot."""
        self._entries = {
            key: entry for key, entry in self._entries.items() if not key.startswith(prefix) or key in keys
        }

    def keys(self, prefix: str) -> list[str]:
        """The keys of the records below a prefix, in order."""
        return sorted(key for key in self._entries if key.startswith(prefix))

    def contents(self, now_s: float) -> dict[str, tuple[Mapping[str, Any], float]]:
        """All records by key: the content, which nobody may change, and the age in seconds."""
        return {key: (entry.content, max(0.0, now_s - entry.heard_s)) for key, entry in self._entries.items()}

    def since(self, number: int, now_s: float) -> str:
        """A message for a page that knows the state up to `number`; 0 for a page that knows nothing.

        The message holds the new number, the changed records, and the age of every record in seconds. A record
        without an age exists no longer. Ages are by the clock of `heard_s`, since the clock of a tablet may be wrong.
        """
        entries = self._entries.items()
        changed = ",".join(f"{_json(key)}:{entry.text}" for key, entry in entries if entry.number > number)
        ages = {key: round(max(0.0, now_s - entry.heard_s), 1) for key, entry in entries}
        return f'{{"number":{self.number},"refused":{self.refused},"set":{{{changed}}},"ages":{_json(ages)}}}'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
