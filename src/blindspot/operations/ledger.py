"""The ledger of an operation: the state of each occurrence and pass, on the disk before anything is done about it.

SQLite with a rollback journal and `synchronous=FULL`: a committed state survives a kill, and lies in the file itself,
so that a person can move or copy that file alone. By SQLite's promise the ledger survives a power cut, too, if the
disk keeps the disk's promise; this is untried. One scheduler writes states, under a lock of the operating system
and a fencing token. Other processes read, and write the orders of people.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from blindspot.core import BlindspotError
from blindspot.operations.calendar import Occurrence
from blindspot.operations.states import (
    CONFIRMED,
    OCCURRENCE_AFTER,
    PASS_AFTER,
    TABLES,
    UNKNOWN_PACKS,
    VERSION,
    OccurrenceRow,
    OccurrenceState,
    Order,
    PackUse,
    PassRow,
    PassState,
    as_moment,
    as_text,
    known_row,
    occurrence_of,
    pass_of,
)

LEDGER_FILE, KEY_FILE = "ledger.sqlite", "operation.key"
BUSY_S = 5.0
"""Longest wait for another process that writes."""
RESTED = timedelta(days=3)
"""A pack has rested and is charged so long after its flight."""
_LOST = "restore it, or move it away: a new one knows nothing of the evenings before"


class LedgerError(BlindspotError):
    """The ledger can't be read or written: the state is unknown, and nothing is done."""


class FencedError(LedgerError):
    """Another scheduler has taken over since: this one must end."""


class Ledger:
    """One connection to the ledger in the state folder of an operation; both are made if they are missing.

    A connection with `only_reads` makes and writes nothing: a full or read-only disk shows the states all the same.
    `claim` makes this connection the scheduler's: the scheduler alone may write states. All methods raise LedgerError
    if the file can't be read or written.
    """

    def __init__(self, folder: Path, *, only_reads: bool = False) -> None:
        self._path, self._runs = folder / LEDGER_FILE, ""
        self.token = 0
        """Fencing token of this scheduler; 0 for a connection that only reads."""
        self.is_replaced = False
        """Whether another scheduler has taken over since: this one must end."""
        with self._guarded():
            self._refuse_lost()
            if only_reads:
                self._db = _opened_to_read(self._path)
                self._db.row_factory = sqlite3.Row
                self._refuse_other_versions()
                return
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))  # the draws of an evening are nobody else's
            self._db = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None)
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode=DELETE")  # with a WAL, a moved or copied file lacks the last states
            self._db.execute("PRAGMA synchronous=FULL")
            self._refuse_other_versions()
            self._db.executescript(f"BEGIN IMMEDIATE;{TABLES}PRAGMA user_version={VERSION};COMMIT;")

    def _refuse_lost(self) -> None:
        """Raise LedgerError for an empty file of an operation that has drawn before: SQLite would begin a new ledger
        there, and flown passes would fly again. The same for changes beside a missing ledger: SQLite would take these
        changes for changes of the new ledger."""
        if not self._path.exists() and (left := _left_beside(self._path)) is not None:
            raise LedgerError(f"{left}: belongs to a ledger that was moved away: move it there, under its name")
        is_empty = self._path.is_file() and not self._path.stat().st_size
        if is_empty and (self._path.parent / KEY_FILE).exists():
            raise LedgerError(f"{self._path}: is empty: its states are lost; {_LOST}")

    def _refuse_other_versions(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version != VERSION and not self.is_empty():
            self.close()
            raise LedgerError(f"{self._path}: is a ledger of another version: move it away, and a new one is made")

    def is_empty(self) -> bool:
        """Whether the file has no tables yet."""
        with self._guarded():
            return not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]

    def close(self) -> None:
        self._db.close()

    def claim(self, now: datetime, holder: str, runs: Path) -> int:
        """Become the writing scheduler: every older scheduler is refused from now on. Returns the fencing token.

        `holder` is the name of this process, and `runs` the folder in which its stack keeps the runs.
        """
        self._runs = str(runs)
        with self._guarded(), self._transaction():
            self.token = int(self._db.execute("SELECT token FROM fence").fetchone()[0]) + 1
            self._db.execute("UPDATE fence SET token=?, holder=?, since=?", (self.token, holder, as_text(now)))
        return self.token

    # Reading

    def occurrences(self) -> tuple[OccurrenceRow, ...]:
        """All occurrences with their passes, by their earliest start."""
        return self._occurrences()

    def occurrence(self, name: str) -> OccurrenceRow:
        """One occurrence; raises LedgerError for an unknown name."""
        for row in self._occurrences("WHERE id=?", "WHERE occurrence=?", (name,)):
            return row
        raise LedgerError(f"{self._path}: has no occurrence {name}")

    def open_occurrences(self) -> tuple[OccurrenceRow, ...]:
        """The scheduler's present occurrences, by earliest start: drawn occurrences, the next planned occurrences,
        and occurrences with a person's open order."""
        chosen = (
            "SELECT id FROM occurrence WHERE state='drawn' UNION "
            "SELECT id FROM (SELECT id FROM occurrence WHERE state='planned' ORDER BY slot_from, id LIMIT 2) UNION "
            "SELECT id FROM occurrence WHERE state='planned' AND id IN (SELECT occurrence FROM wish WHERE taken=0)"
        )
        return self._occurrences(f"WHERE id IN ({chosen})", f"WHERE occurrence IN ({chosen})")

    def _occurrences(
        self, which: str = "", passes_of: str = "", values: Sequence[str] = ()
    ) -> tuple[OccurrenceRow, ...]:
        with self._guarded():
            passes: dict[str, list[PassRow]] = {}
            asked = f"SELECT *, {CONFIRMED} FROM pass {passes_of} ORDER BY occurrence, number"
            for row in self._db.execute(asked, values):
                known = known_row(row, ("number", "attempt", "token"), PASS_AFTER)
                passes.setdefault(row["occurrence"], []).append(pass_of(known))
            refusals: dict[str, list[str]] = {}
            for row in self._db.execute("SELECT * FROM wish WHERE refusal != '' ORDER BY id"):
                addressee = f"{row['what']} {row['number'] or 'all'}"
                refusals.setdefault(row["occurrence"], []).append(f"{addressee} by {row['person']}: {row['refusal']}")
            rows = self._db.execute(f"SELECT * FROM occurrence {which} ORDER BY slot_from, id", values).fetchall()
            return tuple(
                occurrence_of(known_row(row, ("passes",), OCCURRENCE_AFTER), passes.get(row["id"], ()),
                               refusals.get(row["id"], ()))
                for row in rows
            )  # fmt: skip

    def orders(self) -> tuple[Order, ...]:
        """The orders of people that are still to be carried out, the oldest first."""
        with self._guarded():
            rows = self._db.execute("SELECT * FROM wish WHERE taken=0 ORDER BY id").fetchall()
            return tuple(
                Order(
                    row["id"], row["occurrence"], row["number"], row["what"], row["person"], row["reason"],
                    row["wind_mps"], as_moment(row["at"]),
                )
                for row in rows
            )  # fmt: skip

    def packs_used(self, before: datetime) -> tuple[PackUse, ...]:
        """The packs that flew in the days before a moment, the earliest first; "" for a flight with unknown packs."""
        with self._guarded():
            known = "SELECT pack, begun, ended FROM pack_use WHERE begun>=?1"
            rows = self._db.execute(f"{known} UNION ALL {UNKNOWN_PACKS} ORDER BY begun", (as_text(before - RESTED),))
            return tuple(PackUse(pack, as_moment(at), as_moment(end) if end else None) for pack, at, end in rows)

    def latest(self) -> datetime | None:
        """Moment of the latest change; None for an empty ledger."""
        with self._guarded():
            found = self._db.execute("SELECT max(at) FROM change").fetchone()[0]
            return as_moment(found) if found else None

    def note(self, name: str) -> str:
        """A note of the scheduler, "" if there is none."""
        with self._guarded():
            row = self._db.execute("SELECT value FROM note WHERE name=?", (name,)).fetchone()
        return str(row[0]) if row else ""

    # People's orders

    def order(
        self, at: datetime, occurrence: str, number: int, what: Literal["confirm", "skip"], person: str, reason: str,
        wind_mps: float | None = None,
    ) -> int:  # fmt: skip
        """Leave the order of a person for the scheduler. Returns its id."""
        with self._guarded(), self._transaction():
            row = (occurrence, number, what, person, reason, wind_mps, as_text(at))
            columns = "occurrence, number, what, person, reason, wind_mps, at"
            return self._db.execute(f"INSERT INTO wish ({columns}) VALUES (?,?,?,?,?,?,?)", row).lastrowid or 0

    # The scheduler's writing

    def keep_note(self, name: str, value: str) -> None:
        with self._guarded(), self._fenced():
            self._db.execute("INSERT OR REPLACE INTO note VALUES (?, ?)", (name, value))

    def plan(self, now: datetime, occurrences: Sequence[Occurrence]) -> None:
        """Enter the calendar's occurrences. The planned occurrences follow the calendar; past occurrences stay, also
        without a place in the calendar."""
        gone = "DELETE FROM occurrence WHERE state='planned' AND"
        with self._guarded(), self._fenced():
            self._db.execute(f"{gone} slot_until>=?", (as_text(now),))
            self._db.executemany(f"{gone} id=?", [(one.id,) for one in occurrences])
            self._db.executemany(
                "INSERT OR IGNORE INTO occurrence (id, slot_from, slot_until, passes, token, changed) "
                "VALUES (?,?,?,?,?,?)",
                [
                    (one.id, as_text(one.slot_from), as_text(one.slot_until), one.slot.passes, self.token, as_text(now))
                    for one in occurrences
                ],
            )

    def draw(self, now: datetime, occurrence: str, passes: Sequence[tuple[datetime, str]], commitment: str) -> None:
        """Enter the passes of an occurrence, (start, variant) each, and the hash of their seed."""
        with self._guarded(), self._fenced():
            self._move_occurrence(now, occurrence, "drawn", "", "")
            self._db.execute("UPDATE occurrence SET commitment=? WHERE id=?", (commitment, occurrence))
            self._db.executemany(
                "INSERT INTO pass (occurrence, number, start, variant, token, changed) VALUES (?,?,?,?,?,?)",
                [
                    (occurrence, number, as_text(start), variant, self.token, as_text(now))
                    for number, (start, variant) in enumerate(passes, 1)
                ],
            )

    def committed(self, occurrence: str) -> None:
        """The journal has the commitment of this occurrence."""
        with self._guarded(), self._fenced():
            self._db.execute("UPDATE occurrence SET committed=1 WHERE id=?", (occurrence,))

    def move_occurrence(
        self, now: datetime, occurrence: str, state: OccurrenceState, reason: str = "", person: str = "",
        order: int = 0,
    ) -> None:  # fmt: skip
        """Write the next state of an occurrence; `order` is the cause."""
        with self._guarded(), self._fenced():
            self._move_occurrence(now, occurrence, state, reason, person)
            self._take(order)

    def move(
        self, now: datetime, row: PassRow, state: PassState, *, reason: str = "", person: str = "", order: int = 0,
        is_settled: bool = True, packs: Sequence[tuple[str, str]] = (),
    ) -> None:  # fmt: skip
        """Write the next state of a pass.

        Parameters
        ----------
        now, row
            Moment of the change, UTC, and the pass as read; the state must be unchanged.
        state
            The next state. `cleared` begins a new attempt with a new run.
        reason, person
            One sentence, and the person who ordered the pass.
        order, is_settled
            Id of the causing order (0 without an order); False for an interrupted pass whose run may go on.
        packs
            (drone, pack) that fly from now on.

        Raises
        ------
        LedgerError
            The state may not follow, the pass has changed meanwhile, or the file can't be written.
        """
        if state not in PASS_AFTER[row.state]:
            raise LedgerError(f"{self._path}: pass {row.id} is {row.state} and can't become {state}")
        attempt, run = (row.attempt + 1, row.next_run) if state == "cleared" else (row.attempt, row.run)
        takes_off = row.state == "cleared" and state == "flying"
        took_off, runs = (as_text(now), self._runs) if takes_off else (None, row.runs)
        with self._guarded(), self._fenced():
            done = self._db.execute(
                "UPDATE pass SET state=?, reason=?, person=?, run=?, attempt=?, token=?, "
                "settled=?, took_off=coalesce(?, took_off), runs=?, changed=? WHERE occurrence=? AND number=? "
                "AND state=? AND attempt=?",
                (state, reason, person or row.person, run, attempt, self.token, is_settled, took_off, runs,
                 as_text(now), row.occurrence, row.number, row.state, row.attempt),
            )  # fmt: skip
            if done.rowcount != 1:
                raise LedgerError(f"{self._path}: pass {row.id} is no longer {row.state}")
            self._log(now, row.occurrence, row.number, state, reason, person or row.person, run)
            self._db.executemany(
                "INSERT INTO pack_use (occurrence, number, attempt, drone, pack, begun) VALUES (?,?,?,?,?,?)",
                [(row.occurrence, row.number, attempt, drone, pack, as_text(now)) for drone, pack in packs],
            )
            if row.state in ("flying", "swapping", "interrupted"):  # a pass that is followed again has not landed yet
                self._db.execute(
                    "UPDATE pack_use SET ended=? WHERE occurrence=? AND number=? AND attempt=?",
                    ("" if state in ("flying", "swapping") else as_text(now), row.occurrence, row.number, row.attempt),
                )
            self._take(order)

    def refuse(self, order: int, reason: str) -> None:
        """Mark the order of a person as refused."""
        with self._guarded(), self._fenced():
            self._db.execute("UPDATE wish SET taken=1, refusal=? WHERE id=?", (reason, order))

    # Inside a transaction

    def _move_occurrence(
        self, now: datetime, occurrence: str, state: OccurrenceState, reason: str, person: str
    ) -> None:
        found = self._db.execute("SELECT state FROM occurrence WHERE id=?", (occurrence,)).fetchone()
        if found is None or state not in OCCURRENCE_AFTER[found[0]]:
            was = "unknown" if found is None else found[0]
            raise LedgerError(f"{self._path}: occurrence {occurrence} is {was} and can't become {state}")
        self._db.execute(
            "UPDATE occurrence SET state=?, reason=?, person=?, token=?, changed=? WHERE id=?",
            (state, reason, person, self.token, as_text(now), occurrence),
        )
        self._log(now, occurrence, 0, state, reason, person, "")

    def _log(self, now: datetime, occurrence: str, number: int, state: str, reason: str, person: str, run: str) -> None:
        row = (as_text(now), self.token, occurrence, number, state, reason, person, run)
        columns = "at, token, occurrence, number, state, reason, person, run"
        self._db.execute(f"INSERT INTO change ({columns}) VALUES (?,?,?,?,?,?,?,?)", row)

    def _take(self, order: int) -> None:
        if order:
            self._db.execute("UPDATE wish SET taken=1 WHERE id=?", (order,))

    @contextmanager
    def _fenced(self) -> Iterator[None]:
        """A transaction of the scheduler with the newest token; raises FencedError for any other."""
        with self._transaction():
            newest = self._db.execute("SELECT token FROM fence").fetchone()[0]
            if not self.token or newest != self.token:
                self.is_replaced = bool(self.token)
                raise FencedError(f"{self._path}: scheduler {self.token} is replaced by scheduler {newest}")
            yield

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        if self._db.in_transaction:  # the disk refused even the end of the last one
            self._db.execute("ROLLBACK")
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error, ValueError, TypeError, LookupError) as error:  # values that we do not write
            problem = getattr(error, "strerror", None) or str(error)
            fix = "see the folder and the disk" if isinstance(error, OSError | sqlite3.OperationalError) else _LOST
            raise LedgerError(f"{self._path}: the ledger can't be read or written: {problem}; {fix}") from error


def read_ledger(folder: Path) -> tuple[OccurrenceRow, ...]:
    """The occurrences of the ledger in a state folder; empty if there is none yet. Raises LedgerError."""
    try:
        (folder / LEDGER_FILE).lstat()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise LedgerError(f"{folder}: can't be read: {error.strerror}; see the folder and its disk") from error
    with closing(Ledger(folder, only_reads=True)) as ledger:
        return () if ledger.is_empty() else ledger.occurrences()


def _left_beside(path: Path) -> Path | None:
    """The file with a killed process's changes beside a ledger; None without such a file."""
    files = (path.with_name(f"{path.name}-{kind}") for kind in ("journal", "wal"))
    return next((file for file in files if file.is_file() and file.stat().st_size), None)


def _opened_to_read(path: Path) -> sqlite3.Connection:
    """A connection that writes nothing, except for taking back half-written changes of a killed process. Where SQLite
    can't make the needed file beside an older version's ledger, the ledger itself is enough without open changes."""
    for how in ("mode=ro", "mode=rw" if _left_beside(path) else "mode=ro&immutable=1"):
        db = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", timeout=BUSY_S, isolation_level=None, uri=True)
        try:
            db.execute("SELECT count(*) FROM sqlite_master")
            break
        except sqlite3.OperationalError:
            db.close()
            if how != "mode=ro":
                raise
    return db
