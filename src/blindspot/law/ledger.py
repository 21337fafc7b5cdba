"""Flight time of each day: an append-only file that survives a crash of the process that writes it.

Flight time is recorded before it is flown, in blocks. Each block of a drone is on the disk before the lease that
covers it. After a crash, a day's sum is at least the flown time, and at most a block and a half per drone larger.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from datetime import date, datetime
from math import ceil, isfinite
from pathlib import Path

from blindspot.core import InputError

BLOCK_S = 30.0
WAY_OUT = "a person sums up what was flown that day and moves the file away; until then nothing is cleared"


def state_folder(environ: Mapping[str, str]) -> Path:
    """The folder for data that must survive a run: a service's state folder, else the user's."""
    if given := environ.get("BLINDSPOT_STATE") or environ.get("STATE_DIRECTORY"):
        return Path(given.split(":")[0])
    home = environ.get("XDG_STATE_HOME") or Path(environ.get("HOME", "/")) / ".local" / "state"
    return Path(home) / "blindspot"


class Ledger:
    """The daily sums in a folder, one file a month. Every method raises InputError if the file can't be read or
    written: the flown time is then unknown."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def flown_s(self, day: date) -> float:
        """Flight time of all drones together on a day of the authorisation's time zone, s."""
        path = self._path(day)
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            return 0.0
        except OSError as error:
            raise InputError(path, "", f"can't be read ({error.strerror})", WAY_OUT) from error
        return _sum(path, text, day)

    def pay(self, day: date, drone: str, authorisation: str, now_utc: datetime, blocks: int = 1) -> None:
        """Append more blocks of a drone; they are on the disk when this returns."""
        path = self._path(day)
        record = {"day": day.isoformat(), "drone": drone, "s": blocks * BLOCK_S, "authorisation": authorisation,
                  "at": now_utc.isoformat()}  # fmt: skip
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with path.open("a+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                file.seek(0)
                before = file.read()
                whole = before.rfind(b"\n") + 1
                if whole < len(before):
                    file.truncate(whole)  # the lease follows a complete record only
                file.write(json.dumps(record, sort_keys=True).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise InputError(path, "", f"can't be written ({error.strerror})", "see its folder and its disk") from error

    def _path(self, day: date) -> Path:
        return self._folder / f"flown-{day:%Y-%m}.jsonl"


def _sum(path: Path, text: bytes, day: date) -> float:
    """An unfinished last line is skipped; any other line must be a record."""
    total_s = 0.0
    for number, line in enumerate(text.split(b"\n")[:-1], 1):
        try:
            record = json.loads(line)
            record_day, flown_s = date.fromisoformat(record["day"]), float(record["s"])
            if not (isfinite(flown_s) and flown_s >= 0.0):
                raise ValueError(flown_s)
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(path, f"line {number}", "is no record of a flight", WAY_OUT) from error
        total_s += flown_s if record_day == day else 0.0
    return total_s


class DayMeter:
    """Time that counts towards the daily limit (PUR-04): while a plan is cleared, the time for which its drones are
    not known to stand on the ground, summed over all drones and flights of the day."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._last: datetime | None = None
        self._paid_s: dict[str, float] = {}
        self._used_s: dict[str, float] = {}
        self._day: date | None = None
        self._before_s = 0.0

    def flown_s(self, day: date) -> float:
        """Sum of a day, s, including all recorded blocks; raises InputError."""
        return self._ledger.flown_s(day)

    def before_s(self, day: date) -> float:
        """Sum of a day, s, excluding the cleared plan; raises InputError."""
        return self._before_s if self._last is not None and day == self._day else self.flown_s(day)

    def begin(self, day: date) -> None:
        """Start the count for a cleared plan that is not the rest of another; raises InputError."""
        self._day, self._before_s, self._last = day, self.flown_s(day), None
        self._paid_s, self._used_s = {}, {}

    def run(self, day: date, up: set[str], authorisation: str, now_utc: datetime) -> float:
        """Count up to now, record the blocks that come next, and return the day's sum, s. Raises InputError."""
        step_s = 0.0 if self._last is None else max(0.0, (now_utc - self._last).total_seconds())
        if day != self._day:
            self._day, self._before_s = day, self.flown_s(day)
            self._paid_s, self._used_s = {}, {}
        self._last = now_utc
        for drone in sorted(up):
            self._used_s[drone] = used_s = self._used_s.get(drone, 0.0) + step_s
            owed_s = used_s + BLOCK_S / 3 - self._paid_s.get(drone, 0.0)
            if owed_s > 0.0:  # one record of any length: a clock set forward must not delay a lease
                blocks = ceil(owed_s / BLOCK_S)
                self._ledger.pay(day, drone, authorisation, now_utc, blocks)
                self._paid_s[drone] = self._paid_s.get(drone, 0.0) + blocks * BLOCK_S
        return self._before_s + sum(self._used_s.values())
