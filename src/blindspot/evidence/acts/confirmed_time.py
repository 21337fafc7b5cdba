"""The time that has surely passed, by which recordings are erased. A clock that jumps ahead must not erase all
recordings.

The system's clock alone proves nothing: a clock without a battery, a wrong time server or a person's slip can set the
clock years ahead. Time counts as passed

- while the computer runs, by the kernel's count since its start, which no setting of the clock changes;
- up to the kernel's time, once a time source has synchronised it;
- up to the earliest of the last times that three starts of the computer have each read after `SETTLED_S`.

The confirmed time is kept in a file and goes on over restarts.
"""

from __future__ import annotations

import ctypes
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from blindspot.core import read_file, write_whole

CONFIRMED_TIME = "confirmed_time.json"
STARTS, SETTLED_S = 3, 600.0
"""Starts that confirm a time, and the duration of each start before the reading, s: a computer that starts again and
again with a wrong clock is one witness."""
FASTEST = 1.001
"""Most that a corrected clock gains on the kernel's count, as a factor."""
DIFFERS = timedelta(minutes=10)
"""Least difference between the system's clock and the confirmed time that is reported."""
AGREES = timedelta(seconds=2)
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_UNSYNCHRONISED = 5


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of the clocks of this computer: the start (a text, new at each start), the seconds since, the
    system's clock, and the kernel's clock if synchronised by a time source."""

    start: str
    since_s: float
    wall: datetime
    synchronised: datetime | None = None


def read_clocks() -> Reading:
    """The clocks now."""
    start = _BOOT.read_text(encoding="ascii").strip()
    return Reading(start, time.clock_gettime(time.CLOCK_BOOTTIME), datetime.now(UTC), _synchronised())


def _synchronised() -> datetime | None:
    """The kernel's synchronised time; setting the clock by hand ends the synchronised state."""
    found = (ctypes.c_long * 16)()
    try:
        state = ctypes.CDLL(None).ntp_gettime(found)
    except (OSError, AttributeError):
        return None
    if state < 0 or state == _UNSYNCHRONISED:
        return None
    return datetime.fromtimestamp(found[0], UTC)


@dataclass(frozen=True, slots=True)
class _Kept:
    """The confirmed time at a reading, and the last time that each of the latest starts has read."""

    confirmed: datetime
    start: str
    since_s: float
    read: dict[str, datetime] = field(default_factory=dict)


class ConfirmedTime:
    """The confirmed time of this computer, kept in a file.

    `known` is a moment that has surely passed, for the first use; `look` reads the clocks. A file that can't be read
    counts as missing: the time begins at `known` then.
    """

    def __init__(self, file: Path, known: Callable[[datetime], datetime], look: Callable[[], Reading] = read_clocks):
        self._file, self._known, self._look = file, known, look
        self._kept = _read(file)
        self.trouble = ""
        """The reason why the time is in no file; empty if it is. It goes on in memory."""

    def now(self) -> tuple[datetime, datetime]:
        """(confirmed time, system's clock)."""
        seen, before = self._look(), self._kept
        kept = before or _Kept(min(seen.wall, self._known(seen.wall)), seen.start, seen.since_s)
        passed_s = FASTEST * max(0.0, seen.since_s - kept.since_s) if kept.start == seen.start else 0.0
        confirmed = max(kept.confirmed, min(seen.wall, kept.confirmed + timedelta(seconds=passed_s)))
        if seen.synchronised is not None and abs(seen.synchronised - seen.wall) < AGREES:
            confirmed = max(confirmed, seen.wall)
        read = dict(kept.read)
        if seen.since_s >= SETTLED_S:
            read.pop(seen.start, None)
            read = dict([*read.items(), (seen.start, seen.wall)][-STARTS:])
            if len(read) == STARTS:
                confirmed = max(confirmed, min(read.values()))
        self._kept = replace(kept, confirmed=confirmed, start=seen.start, since_s=seen.since_s, read=read)
        self._write(self._kept)
        return confirmed, seen.wall

    def _write(self, kept: _Kept) -> None:
        read = {start: at.isoformat() for start, at in kept.read.items()}
        noted = {"confirmed": kept.confirmed.isoformat(), "start": kept.start, "since_s": kept.since_s, "read": read}
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._file, json.dumps(noted, indent=1) + "\n")
            self.trouble = ""
        except OSError as error:
            self.trouble = f"{self._file} can't be written ({error.strerror}): see the folder and the disk"


def _read(file: Path) -> _Kept | None:
    try:
        noted = json.loads(read_file(file))
        read = {str(start): _moment(at) for start, at in noted["read"].items()}
        return _Kept(_moment(noted["confirmed"]), str(noted["start"]), float(noted["since_s"]), read)
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
