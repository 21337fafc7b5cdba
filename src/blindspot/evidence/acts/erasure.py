"""Recordings end in time (RET-01): each recording states the time of the erasure, and the drone's recorder erases the
recording then.

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
from blindspot.evidence.acts.confirmed_time import CONFIRMED_TIME, DIFFERS, ConfirmedTime
from blindspot.evidence.journals.journal import JournalError

FOLDER = "recording"
"""Folder of a run's recordings."""
ERASURE_WAITS = "erasure_waits"
"""Act of the entry for a recording that is due by the clock and not by the confirmed time, or the other way round."""
_ERASE_BY, _FACTS = "erase_by", "recording"
_LONGEST_H = 168.0
"""The law's limit, for a recording without a time, or with an impossible time."""
_LATE_S = 120.0
"""Twice the time between two checks."""
_LONGEST_RECORD = 1_000_000
"""Bytes of the longest record that is read for the facts."""


def due_facts(retention_h: float, now_utc: datetime) -> dict[str, str]:
    """The facts of a recording that begins now: the permitted duration, and the end."""
    due = now_utc + timedelta(hours=retention_h)
    return {"retention_h": f"{retention_h:g}", _ERASE_BY: due.isoformat(timespec="seconds")}


def due_of(recording: Path) -> datetime:
    """The time by which a recording must be erased: the stated time, and at the latest the law's limit after the last
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
        Gets each due recording, and closes an open recording.
    enter
        Writes an entry to the journal, before the erasure; raises JournalError, and then the recording stays.
    log
        Gets one line for each erased recording.
    state
        Folder for the file of the confirmed time of this computer.
    """

    def __init__(
        self, root: Path, drone: str, close: Callable[[Path], None], enter: Callable[..., None],
        log: Callable[[str], None], state: Path,
    ) -> None:  # fmt: skip
        self._root, self._drone, self._close, self._enter, self._log = root.resolve(), drone, close, enter, log
        self._time = ConfirmedTime(state / CONFIRMED_TIME, self.latest)
        self._entered: set[Path] = set()
        """Recordings whose entry is written and which could not be deleted yet."""
        self.trouble = ""
        """The reason why a recording stays that is due, or may be; empty if none does."""
        self._noted: set[Path] = set()
        """Recordings whose wait for the erasure is in the journal."""

    def latest(self, now_utc: datetime) -> datetime:
        """The latest change of a recording, as the surely passed time; `now_utc` without a recording."""
        changes = []
        for recording in self._recordings():
            with suppress(OSError):
                changes.append(datetime.fromtimestamp(recording.stat().st_mtime, UTC))
        return max(changes, default=now_utc)

    def step(self) -> None:
        """Erase what is due now. Call this at the start, and about once a minute."""
        self.erase(*self._time.now())
        self.trouble = self.trouble or self._time.trouble

    def erase(self, confirmed: datetime, clock: datetime) -> None:
        """Erase each due recording, with the hash file.

        A recording is due by the confirmed time and by the system's clock. A recording due by only one of the two
        stays, with an entry and a `trouble`: the recording is kept too long, or the clock jumped. A recording with a
        time beyond the law's limit stays, too: the clock was ahead at the begin.
        """
        self.trouble, waiting = "", list[Path]()
        for recording in self._recordings():
            try:
                due = due_of(recording)
                if min(confirmed, clock) >= due:
                    self._close(recording)
                    self._erase(recording, due, late=clock - due > timedelta(seconds=_LATE_S))
                elif _is_odd(due, confirmed, clock):
                    waiting.append(recording)
                    self._note_wait(recording, due, confirmed, clock)
            except (OSError, JournalError) as error:
                self.trouble = f"{recording} is due and can't be erased: {error}"
        if waiting and not self.trouble:
            self.trouble = (
                f"{len(waiting)} recordings of {self._drone} may be due and stay, {waiting[0]} among them: the clock "
                f"says {clock:%Y-%m-%d %H:%M} UTC, and {confirmed:%Y-%m-%d %H:%M} UTC is confirmed; set the clock "
                "right and synchronise it, or erase them with blindspot runs purge"
            )

    @staticmethod
    def is_due(recordings: Collection[Path], now_utc: datetime) -> bool:
        """Whether there are recordings, and the time of each is over; the time of an unreadable recording is
        unknown."""
        try:
            return bool(recordings) and all(now_utc >= due_of(recording) for recording in recordings)
        except OSError:
            return False

    def _recordings(self) -> list[Path]:
        found = (self._root.glob(f"{depth}/{FOLDER}/{self._drone}-*.mcap") for depth in ("*", "*/*"))
        return sorted(path for paths in found for path in paths if path.is_file() and path.resolve() == path)

    def _note_wait(self, recording: Path, due: datetime, confirmed: datetime, clock: datetime) -> None:
        if recording not in self._noted:
            times = {"due": due.isoformat(), "confirmed": confirmed.isoformat(), "clock": clock.isoformat()}
            self._enter(ERASURE_WAITS, **self._named(recording), **times)
            self._noted.add(recording)

    def _named(self, recording: Path) -> dict[str, str]:
        run = one_line(_facts_of(recording).get("run", ""), 200)  # an entry of the journal has a longest length
        folder = recording.parent.parent.relative_to(self._root).as_posix()
        return {"run": run, "drone": self._drone, "folder": folder, "file": recording.name}

    def _erase(self, recording: Path, due: datetime, *, late: bool) -> None:
        facts = self._named(recording)
        if recording not in self._entered:
            self._enter(ERASED, **facts, due=due.isoformat(), late=late)
            self._entered.add(recording)
        recording.unlink()
        self._entered.discard(recording)
        recording.with_name(f"{recording.name}.sha256").unlink(missing_ok=True)
        self._log(f"{facts['folder']}/{FOLDER}/{recording.name} is erased: it was due at {due:%Y-%m-%d %H:%M} UTC")


def _is_odd(due: datetime, confirmed: datetime, clock: datetime) -> bool:
    """Whether nobody knows if a recording is due: the clocks differ, or its time is beyond the law's limit."""
    by_one = max(confirmed, clock) >= due and abs(clock - confirmed) >= DIFFERS
    return by_one or due - max(confirmed, clock) > timedelta(hours=_LONGEST_H) + DIFFERS


def _facts_of(recording: Path) -> dict[str, str]:
    """The metadata at the beginning of a recording, which an interrupted one has, too."""
    with recording.open("rb") as file, suppress(McapError, struct.error, ValueError, LookupError):
        for record in StreamReader(file, emit_chunks=True, record_size_limit=_LONGEST_RECORD).records:
            if isinstance(record, Metadata) and record.name == _FACTS:
                return record.metadata
            if isinstance(record, Chunk | Message):
                break
    return {}
