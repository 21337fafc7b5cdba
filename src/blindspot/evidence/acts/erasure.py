"""Recordings end in time (RET-01): each recording states the time of the erasure, and the drone's recorder erases the
recording then: the entry first, then the key file of a sealed part, then the part, then the signed receipt.

The time is counted from the begin of the recording, so it ends before the law's time, which is counted from the end of
the deployment. Deleting a file leaves its bytes on the disk until the disk needs the space.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from blindspot.core import one_line
from blindspot.evidence.acts.access import ERASED
from blindspot.evidence.acts.confirmed_time import CONFIRMED_TIME, DIFFERS, ConfirmedTime
from blindspot.evidence.acts.receipts import RECEIPT, receipt_facts
from blindspot.evidence.journals.journal import Fact, JournalError
from blindspot.evidence.kept.recorded_files import (
    FOLDER,
    LONGEST_H,
    beside,
    due_of,
    facts_in,
    recordings_of,
    stood_still,
)
from blindspot.evidence.sealed.halves import destroy_key, keys_file
from blindspot.law.keys import ComputerKey
from blindspot.law.rules import KeptRecording

ERASURE_WAITS = "erasure_waits"
"""Act of the entry for a recording that is due by the clock and not by the confirmed time, or the other way round."""
LATE_S = 60.0
"""Twice the time between two checks."""


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
    key
        Key of this computer, which signs the receipts; without it they are unsigned.
    """

    def __init__(
        self, root: Path, drone: str, close: Callable[[Path], None], enter: Callable[..., None],
        log: Callable[[str], None], state: Path, key: ComputerKey | None = None,
    ) -> None:  # fmt: skip
        self._root, self._drone, self._close, self._enter, self._log = root.resolve(), drone, close, enter, log
        self._time = ConfirmedTime(state / CONFIRMED_TIME, self.latest)
        self._key = key
        self._entered: dict[Path, dict[str, str]] = {}
        """Facts of the recordings whose entry is written and which could not be deleted yet."""
        self._owed: list[dict[str, Fact]] = []
        """Receipts that the journal did not take yet."""
        self.trouble = ""
        """The reason why a recording stays that is due, or may be; empty if none does."""
        self._noted: set[Path] = set()
        """Recordings whose wait for the erasure is in the journal."""
        self._waiting: frozenset[Path] = frozenset()
        """Recordings that may be due: the clocks differ."""
        self._started = datetime.now(UTC)
        self._erased: dict[str, KeptRecording] = {}
        """By name: what was erased since the start."""

    def latest(self, now_utc: datetime) -> datetime:
        """The latest change of a recording, as the surely passed time; `now_utc` without a recording."""
        changes = []
        for recording in recordings_of(self._root, self._drone):
            with suppress(OSError):
                changes.append(datetime.fromtimestamp(recording.stat().st_mtime, UTC))
        return max(changes, default=now_utc)

    def step(self) -> None:
        """Erase what is due now. Call this at the start, and about twice a minute."""
        self.erase(*self._time.now())
        self.trouble = self.trouble or self._time.trouble

    def erase(self, confirmed: datetime, clock: datetime) -> None:
        """Erase each due recording, with the hash file.

        A recording is due by the confirmed time and by the system's clock. A recording due by only one of the two
        stays, with an entry and a `trouble`: the recording is kept too long, or the clock jumped. A recording with a
        time beyond the law's limit stays, too: the clock was ahead at the begin.
        """
        self.trouble, waiting = "", list[Path]()
        for recording in recordings_of(self._root, self._drone):
            try:
                due = due_of(recording)
                if min(confirmed, clock) >= due:
                    self._close(recording)
                    self._erase(recording, due, clock)
                elif _is_odd(due - stood_still(recording), confirmed, clock):
                    waiting.append(recording)
                    self._note_wait(recording, due, confirmed, clock)
            except (OSError, JournalError) as error:
                self.trouble = f"{recording} is due and can't be erased: {error}"
        self._waiting = frozenset(waiting)
        self._hand_out()
        if waiting and not self.trouble:
            self.trouble = (
                f"{len(waiting)} recordings of {self._drone} may be due and stay, {waiting[0]} among them: the clock "
                f"says {clock:%Y-%m-%d %H:%M} UTC, and {confirmed:%Y-%m-%d %H:%M} UTC is confirmed; set the clock "
                "right and synchronise it, or erase them with blindspot runs purge"
            )

    def kept(self) -> tuple[KeptRecording, ...]:
        """The recordings that are here, and those erased since the start, for the law. One with an unknown time has no
        due time; a receipt counts as signed once it is in the journal."""
        here = []
        for recording in recordings_of(self._root, self._drone):
            due = None
            with suppress(OSError):
                due = None if recording in self._waiting else due_of(recording)
            here.append(KeptRecording(name=self._name(recording), due=due))
        owed = {f"{facts['folder']}/{FOLDER}/{facts['file']}" for facts in self._owed}
        erased = (replace(each, receipt_signed=each.receipt_signed and name not in owed)
                  for name, each in self._erased.items())  # fmt: skip
        return (*here, *erased)

    def _name(self, recording: Path) -> str:
        return recording.relative_to(self._root).as_posix()

    def _note_wait(self, recording: Path, due: datetime, confirmed: datetime, clock: datetime) -> None:
        if recording not in self._noted:
            times = {"due": due.isoformat(), "confirmed": confirmed.isoformat(), "clock": clock.isoformat()}
            self._enter(ERASURE_WAITS, **self._named(recording), **times)
            self._noted.add(recording)

    def _named(self, recording: Path) -> dict[str, str]:
        run = one_line(facts_in(recording).get("run", ""), 200)  # an entry of the journal has a longest length
        folder = recording.parent.parent.relative_to(self._root).as_posix()
        return {"run": run, "drone": self._drone, "folder": folder, "file": recording.name}

    def _erase(self, recording: Path, due: datetime, clock: datetime) -> None:
        late = clock - due > timedelta(seconds=LATE_S)
        facts = self._entered.get(recording)
        if facts is None:
            facts = {**self._named(recording), "sha256": _sha256(recording)}
            self._enter(ERASED, **facts, due=due.isoformat(), late=late)
            self._entered[recording] = facts
        destroy_key(keys_file(recording))  # a power cut after it leaves a part that nobody opens
        recording.unlink()
        for path in beside(recording):
            path.unlink(missing_ok=True)
        del self._entered[recording]
        name, signed = self._name(recording), self._key is not None
        self._erased[name] = KeptRecording(
            name=name, due=due, erased=clock, receipt_signed=signed, late_start=self._started
        )
        self._owed.append(receipt_facts(facts, clock, late=late, key=self._key))
        self._log(f"{facts['folder']}/{FOLDER}/{recording.name} is erased: it was due at {due:%Y-%m-%d %H:%M} UTC")

    def _hand_out(self) -> None:
        """Write the receipts of what is gone; one that the journal refuses is tried again."""
        try:
            while self._owed:
                self._enter(RECEIPT, **self._owed[0])
                del self._owed[0]
        except JournalError as error:
            self.trouble = f"{self._owed[0]['file']} is erased, and its receipt can't be written: {error}"


def _sha256(recording: Path) -> str:
    with recording.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_odd(due: datetime, confirmed: datetime, clock: datetime) -> bool:
    """Whether nobody knows if a recording is due: the clocks differ, or its time is beyond the law's limit."""
    by_one = max(confirmed, clock) >= due and abs(clock - confirmed) >= DIFFERS
    return by_one or due - max(confirmed, clock) > timedelta(hours=LONGEST_H) + DIFFERS
