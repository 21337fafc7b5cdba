"""Recordings end in time (RET-01): each states by when it must be erased, and the drone's recorder erases it then.

The time is counted from the begin of the recording, so it ends before the law's time, which is counted from the end of
the deployment. Deleting a file leaves its bytes on the disk until the disk needs the space.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mcap.exceptions import McapError
from mcap.records import Chunk, Message, Metadata
from mcap.stream_reader import StreamReader

from blindspot.core import one_line
from blindspot.evidence.acts.access import ERASED
from blindspot.evidence.journal import JournalError

FOLDER = "recording"
"""Folder of a run's recordings."""
_ERASE_BY, _FACTS = "erase_by", "recording"
_LONGEST_H = 168.0
"""The law's limit, for a recording that states no time, or an impossible one."""
_LATE_S = 120.0
"""Twice the time between two looks."""
_LONGEST_RECORD = 1_000_000
"""Bytes of the longest record that is read for the facts."""


def due_facts(retention_h: float, now_utc: datetime) -> dict[str, str]:
    """The facts of a recording that begins now: how long it may be kept, and until when."""
    due = now_utc + timedelta(hours=retention_h)
    return {"retention_h": f"{retention_h:g}", _ERASE_BY: due.isoformat(timespec="seconds")}


def due_of(recording: Path) -> datetime:
    """The time by which a recording must be erased: the stated one, and at the latest the law's limit after its last
    change. Raises OSError."""
    latest = datetime.fromtimestamp(recording.stat().st_mtime, UTC) + timedelta(hours=_LONGEST_H)
    try:
        return min(latest, datetime.fromisoformat(_facts_of(recording)[_ERASE_BY]).astimezone(UTC))
    except (KeyError, ValueError, OverflowError):
        return latest


class Erasure:
    """Erases the recordings of one drone, below the folder of all its runs.

    Parameters
    ----------
    root
        Folder of the runs: recordings lie in `<root>/<run>/recording` or `<root>/<stack>/<run>/recording`. Links of
        files and of folders are not followed.
    drone
        Name of the drone; recordings of another one stay.
    close
        Gets each recording that is due, and closes it if it is open.
    enter
        Writes an entry to the journal, before the erasure; raises JournalError, and then the recording stays.
    log
        Gets one line for each erased recording.
    """

    def __init__(
        self, root: Path, drone: str, close: Callable[[Path], None], enter: Callable[..., None],
        log: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._root, self._drone, self._close, self._enter, self._log = root.resolve(), drone, close, enter, log
        self._entered: set[Path] = set()
        """Recordings whose entry is written and which could not be deleted yet."""
        self.trouble = ""
        """The reason why a recording stays that is due; empty if none does."""

    def erase(self, now_utc: datetime) -> None:
        """Erase each recording that is due, with its hash. Call this at the start, and about once a minute."""
        self.trouble = ""
        for recording in self._recordings():
            try:
                due = due_of(recording)
                if now_utc >= due:
                    self._close(recording)
                    self._erase(recording, due, late=now_utc - due > timedelta(seconds=_LATE_S))
            except (OSError, JournalError) as error:
                self.trouble = f"{recording} is due and can't be erased: {error}"

    @staticmethod
    def is_due(recordings: Collection[Path], now_utc: datetime) -> bool:
        """Whether there are recordings, and the time of each is over; that of an unreadable one is unknown."""
        try:
            return bool(recordings) and all(now_utc >= due_of(recording) for recording in recordings)
        except OSError:
            return False

    def _recordings(self) -> list[Path]:
        found = (self._root.glob(f"{depth}/{FOLDER}/{self._drone}-*.mcap") for depth in ("*", "*/*"))
        return sorted(path for paths in found for path in paths if path.is_file() and path.resolve() == path)

    def _erase(self, recording: Path, due: datetime, *, late: bool) -> None:
        run = one_line(_facts_of(recording).get("run", ""), 200)  # an entry of the journal has a longest length
        folder = recording.parent.parent.relative_to(self._root).as_posix()
        if recording not in self._entered:
            facts = {"run": run, "drone": self._drone, "folder": folder, "file": recording.name}
            self._enter(ERASED, **facts, due=due.isoformat(), late=late)
            self._entered.add(recording)
        recording.unlink()
        self._entered.discard(recording)
        recording.with_name(f"{recording.name}.sha256").unlink(missing_ok=True)
        self._log(f"{folder}/{FOLDER}/{recording.name} is erased: it was due at {due:%Y-%m-%d %H:%M} UTC")


def _facts_of(recording: Path) -> dict[str, str]:
    """The metadata at the beginning of a recording, which an interrupted one has, too."""
    with recording.open("rb") as file, suppress(McapError, struct.error, ValueError, LookupError):
        for record in StreamReader(file, emit_chunks=True, record_size_limit=_LONGEST_RECORD).records:
            if isinstance(record, Metadata) and record.name == _FACTS:
                return record.metadata
            if isinstance(record, Chunk | Message):
                break
    return {}
