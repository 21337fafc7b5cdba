"""Flight time of each day: an append-only file that survives a crash of the writing process.

Flight time is recorded before it is flown, in blocks. Each block of a drone is on the disk before the lease for this
block. After a crash, a day's sum is at least the flown time, and at most a block and a half per drone larger.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from math import ceil, isfinite
from pathlib import Path

from blindspot.core import InputError, outputs, read_file, writable_or_error

BLOCK_S = 30.0
LOCK_S = 2.0
"""Longest wait for another process that writes to the same file, s: leases are renewed in the same thread."""
WAY_OUT = (
    "a person sums up what was flown that day, moves the file away and starts the stack again; until then nothing is "
    "cleared"
)


def state_folder(environ: Mapping[str, str]) -> Path:
    """The folder for data that must survive a run: a service's state folder, else the user's."""
    if given := environ.get("BLINDSPOT_STATE") or environ.get("STATE_DIRECTORY"):
        return Path(given.split(":")[0])
    home = environ.get("XDG_STATE_HOME") or Path(environ.get("HOME", "/")) / ".local" / "state"
    return Path(home) / "blindspot"


class Ledger:
    """The daily sums in a folder, one file a month. Every method raises InputError if the file can't be read or
    written, or if records known to this object are lost: the flown time is then unknown."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read_s: dict[date, float] = {}
        """By day: the sum that was read last."""

    def flown_s(self, day: date) -> float:
        """Flight time of all drones together on a day of the authorisation's time zone, s."""
        path = self._path(day)
        try:
            text = read_file(path)
        except FileNotFoundError:
            text = b""
        except OSError as error:
            raise InputError(path, "", f"can't be read ({error.strerror})", WAY_OUT) from error
        flown_s, before_s = _sum(path, text, day), self._read_s.get(day, 0.0)
        if flown_s < before_s:
            problem = f"has lost records: it has {flown_s:g} s of {day.isoformat()}, and had {before_s:g} s"
            raise InputError(path, "", problem, f"restore it, or {WAY_OUT}")
        self._read_s[day] = flown_s
        return flown_s

    def pay(self, day: date, drone: str, authorisation: str, now_utc: datetime, blocks: int = 1) -> None:
        """Append more blocks of a drone; they are on the disk when this returns."""
        path = self._path(day)
        record = {"day": day.isoformat(), "drone": drone, "s": blocks * BLOCK_S, "authorisation": authorisation,
                  "at": now_utc.isoformat()}  # fmt: skip
        with writable_or_error(path, "", "see the folder and the disk"):
            self._folder.mkdir(parents=True, exist_ok=True)
            with path.open("a+b") as file:
                outputs.lock_until(file.fileno(), time.monotonic() + LOCK_S, LOCK_S)
                file.seek(0)
                # Under the lock, so that two gates on one ledger never write into one line.
                before = file.read()
                # A crash in the middle of a write leaves a line without an end.
                whole = before.rfind(b"\n") + 1
                if whole < len(before):
                    file.truncate(whole)  # the lease follows a complete record only
                file.write(json.dumps(record, sort_keys=True).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())

    def pay_before(self, day: date, flown_s: float, authorisation: str, now_utc: datetime) -> None:
        """Append flight time of a day that was flown before, elsewhere, in whole blocks."""
        if flown_s > 0.0:
            self.pay(day, "", authorisation, now_utc, ceil(flown_s / BLOCK_S))

    def _path(self, day: date) -> Path:
        return self._folder / f"flown-{day:%Y-%m}.jsonl"


def _sum(path: Path, text: bytes, day: date) -> float:
    """An unfinished last line is skipped; any other line must be a record."""
    total_s = 0.0
    for number, line in enumerate(text.split(b"\n")[:-1], 1):
        try:
            record = json.loads(line)
            record_day, flown_s = date.fromisoformat(record["day"]), float(record["s"])
            # A negative or infinite record would give time back, or end every day: a person must look at the file.
            if not (isfinite(flown_s) and flown_s >= 0.0):
                raise ValueError(flown_s)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise InputError(path, f"line {number}", "is no record of a flight", WAY_OUT) from error
        total_s += flown_s if record_day == day else 0.0
    return total_s


@dataclass(slots=True, eq=False)
class DayCount:
    """The counted time of one clearance on its current day, by drone."""

    day: date
    last: datetime | None = None
    paid_s: dict[str, float] = field(default_factory=dict)
    used_s: dict[str, float] = field(default_factory=dict)

    @property
    def total_s(self) -> float:
        """Counted time of all its drones on that day, s."""
        return sum(self.used_s.values())


class DayMeter:
    """Time that counts towards the daily limit (PUR-04): while a plan is cleared, the time of the drones without a
    certain stand on the ground, summed over all drones, clearances and flights of the day.

    Each clearance has a count of its own, and the day's sum is over all counts. The blocks of another process on the
    same ledger are read with each block of this one.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._counts: list[DayCount] = []
        self._before_s: dict[date, float] = {}
        """By day with counts: the sum of the day without the counts, s."""

    def flown_s(self, day: date) -> float:
        """Sum of a day, s, including all recorded blocks; raises InputError."""
        return self._ledger.flown_s(day)

    def before_s(self, count: DayCount, day: date) -> float:
        """Sum of a day, s, excluding this count; raises InputError."""
        return self._sum_s(day) - count.total_s if day == count.day else self.flown_s(day)

    def begin(self, day: date) -> DayCount:
        """Start the count of a clearance; raises InputError."""
        self._before_s[day] = self._without_counts_s(day)
        count = DayCount(day)
        self._counts.append(count)
        return count

    def end(self, count: DayCount) -> None:
        """Close the count of a clearance; its recorded blocks stay in the day's sum."""
        self._counts.remove(count)
        self._close(count)

    def run(self, count: DayCount, day: date, up: set[str], authorisation: str, now_utc: datetime) -> float:
        """Count up to now, record the blocks that come next, and return the day's sum, s. Raises InputError."""
        # A clock set back counts no time, and takes no counted time away.
        step_s = 0.0 if count.last is None else max(0.0, (now_utc - count.last).total_seconds())
        if day != count.day:
            before_s = self._without_counts_s(day)
            self._close(count)
            self._before_s[day] = before_s
            count.day, count.paid_s, count.used_s = day, {}, {}
        count.last = now_utc
        for drone in sorted(up):
            count.used_s[drone] = used_s = count.used_s.get(drone, 0.0) + step_s
            # A block is paid a third of a block early: the time of each lease is on the disk before the lease.
            owed_s = used_s + BLOCK_S / 3 - count.paid_s.get(drone, 0.0)
            if owed_s > 0.0:  # one record of any length: a clock set forward must not delay a lease
                blocks = ceil(owed_s / BLOCK_S)
                self._ledger.pay(day, drone, authorisation, now_utc, blocks)
                count.paid_s[drone] = count.paid_s.get(drone, 0.0) + blocks * BLOCK_S
                self._before_s[day] = self._without_counts_s(day)  # another gate may fly on the same ledger
        return self._sum_s(day)

    def _sum_s(self, day: date) -> float:
        return self._before_s[day] + sum(count.total_s for count in self._counts if count.day == day)

    def _without_counts_s(self, day: date) -> float:
        paid_s = sum(sum(count.paid_s.values()) for count in self._counts if count.day == day)
        return self._ledger.flown_s(day) - paid_s

    def _close(self, count: DayCount) -> None:
        """Move the blocks of a count to the sum of its day, and forget a day without counts."""
        self._before_s[count.day] += sum(count.paid_s.values())
        if not any(other.day == count.day for other in self._counts if other is not count):
            del self._before_s[count.day]
