"""Messages that wait for another program, in a file of SQLite: they survive a new start of the console."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from blindspot.core import BlindspotError, write_private

MOST_KEPT = 10_000
"""Messages that wait at most: the oldest go first."""
BUSY_S = 2.0
_TABLE = (
    "CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, body TEXT NOT NULL)"
)


class OutboxError(BlindspotError):
    """The disk takes or gives no message."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits; `at` is the UTC time of its cause."""

    id: int
    at: str
    body: str


class Outbox:
    """A queue of messages in a file; threads may share one object.

    Example
    -------
    >>> box = Outbox(Path("webhook.sqlite"))               # doctest: +SKIP
    >>> box.put('{"type":"alert"}', "2026-12-03T21:14:07Z")  # doctest: +SKIP
    >>> box.first().id                                       # doctest: +SKIP
    1
    """

    def __init__(self, path: Path) -> None:
        """Raises OutboxError for a file that is no outbox."""
        self._path, self._lock = path, threading.Lock()
        self.lost = 0
        """Messages that were dropped since the start: the outbox was full, or the disk took none."""
        self._sent = 0
        """Id of the last message that was sent: a full disk may keep the message, which must not go out twice."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                write_private(path, b"")
        except OSError as error:
            raise OutboxError(f"{path}: no outbox can be made ({error.strerror})") from error
        with self._used() as file:
            file.execute(_TABLE)

    def put(self, body: str, at: str) -> None:
        """Append a message, and drop the oldest over `MOST_KEPT`. Raises OutboxError: the message is lost then."""
        try:
            with self._used() as file:
                file.execute("INSERT INTO messages (at, body) VALUES (?, ?)", (at, body))
                over = file.execute("SELECT max(id) FROM messages").fetchone()[0] - MOST_KEPT
                self.lost += file.execute("DELETE FROM messages WHERE id <= ? AND id > ?", (over, self._sent)).rowcount
        except OutboxError:
            self.lost += 1
            raise

    def first(self) -> Waiting | None:
        """The oldest message that waits. Raises OutboxError."""
        with self._used() as file:
            query = "SELECT id, at, body FROM messages WHERE id > ? ORDER BY id LIMIT 1"
            found = file.execute(query, (self._sent,)).fetchone()
        return None if found is None else Waiting(*found)

    def sent(self, message: Waiting) -> None:
        """Forget a message that was sent, and all before. Raises OutboxError if the disk keeps the message: within
        this process it still waits no longer."""
        self._sent = max(self._sent, message.id)
        with self._used() as file:
            file.execute("DELETE FROM messages WHERE id <= ?", (self._sent,))

    def __len__(self) -> int:
        with self._used() as file:
            return int(file.execute("SELECT count(*) FROM messages WHERE id > ?", (self._sent,)).fetchone()[0])

    @contextmanager
    def _used(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                file = sqlite3.connect(self._path, timeout=BUSY_S)
                try:
                    with file:
                        yield file
                finally:
                    file.close()
            except sqlite3.Error as error:
                raise OutboxError(f"{self._path}: the outbox can't be used ({error})") from error
