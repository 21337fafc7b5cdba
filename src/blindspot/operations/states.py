"""The states of occurrences and passes, which of them may follow which, and the tables and rows of the ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

OccurrenceState = Literal["planned", "drawn", "done", "missed", "skipped"]
PassState = Literal[
    "drawn", "due", "awaiting_person", "cleared", "flying", "swapping", "done", "missed", "skipped", "refused",
    "interrupted",
]  # fmt: skip

OCCURRENCE_AFTER: Mapping[OccurrenceState, tuple[OccurrenceState, ...]] = {
    "planned": ("drawn", "missed", "skipped"),
    "drawn": ("done",),
    "done": (),
    "missed": (),
    "skipped": (),
}
PASS_AFTER: Mapping[PassState, tuple[PassState, ...]] = {
    "drawn": ("due", "missed", "skipped"),
    "due": ("awaiting_person", "cleared", "missed", "skipped"),
    "awaiting_person": ("cleared", "missed", "skipped"),
    # Awaited again: the drones have flown since the person's confirmation.
    "cleared": ("flying", "awaiting_person", "refused", "missed", "skipped"),
    "flying": ("swapping", "done", "refused", "interrupted"),
    "swapping": ("flying", "done", "refused", "interrupted"),
    # Followed again while the stack still flies the run, ended for a known outcome, cleared anew by a person.
    "interrupted": ("flying", "swapping", "done", "refused", "interrupted", "cleared"),
    "done": (),
    "missed": (),
    "skipped": (),
    "refused": (),
}
ENDED: frozenset[PassState] = frozenset({"done", "missed", "skipped", "refused", "interrupted"})
FLIES: frozenset[PassState] = frozenset({"flying", "swapping"})
LATE = timedelta(minutes=15)
"""No pass starts later than this after its drawn start, a repeated one included: crew, hours and mandate are for that
time. A later flight needs an order of its own."""


@dataclass(frozen=True, slots=True)
class PassRow:
    """A pass in the ledger.

    Parameters
    ----------
    start
        Drawn start, UTC.
    variant
        Id of the flown variant.
    run
        Name of the run in the stack; empty before the first flight. Each attempt has a run of its own.
    attempt
        Number of clearances.
    token
        Fencing token of the scheduler that wrote the state.
    is_settled
        False for an interrupted pass while the stack has not yet said whether its run goes on.
    took_off
        Moment at which its flight was ordered; None before.
    changed
        Moment of the last change of its state.
    runs
        Folder with the runs of the flying stack; empty before.
    confirmed
        Moment of the latest confirmation by a person that was carried out; None without a confirmation.
    """

    occurrence: str
    number: int
    start: datetime
    variant: str
    state: PassState = "drawn"
    reason: str = ""
    person: str = ""
    run: str = ""
    attempt: int = 0
    token: int = 0
    is_settled: bool = True
    took_off: datetime | None = None
    changed: datetime | None = None
    runs: str = ""
    confirmed: datetime | None = None

    @property
    def id(self) -> str:
        """`<operation>/<date>/<slot>/<number>`, by which a person names it."""
        return f"{self.occurrence}/{self.number}"

    @property
    def latest(self) -> datetime:
        """Moment after which it starts no more."""
        return self.start + LATE

    @property
    def next_run(self) -> str:
        """Name of the run of its next attempt."""
        return run_name(self.occurrence, self.number, self.attempt + 1)

    @property
    def is_over(self) -> bool:
        """Whether the next pass may go on."""
        return self.state in ENDED and self.is_settled


@dataclass(frozen=True, slots=True)
class PackUse:
    """A pack in a flight, UTC; `ended` is None while the pass flies. `pack` is empty for unknown packs."""

    pack: str
    begun: datetime
    ended: datetime | None


@dataclass(frozen=True, slots=True)
class OccurrenceRow:
    """An occurrence in the ledger, with its passes.

    `commitment` is the hash of the draw's seed; `is_committed` says that the journal has the hash. `refusals` are the
    refused orders of people, one sentence each.
    """

    id: str
    slot_from: datetime
    slot_until: datetime
    passes_asked: int
    state: OccurrenceState = "planned"
    reason: str = ""
    person: str = ""
    commitment: str = ""
    is_committed: bool = False
    passes: tuple[PassRow, ...] = ()
    refusals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a person about an occurrence (`number` 0) or a pass, not yet carried out; given at `at`, UTC."""

    id: int
    occurrence: str
    number: int
    what: Literal["confirm", "skip"]
    person: str
    reason: str
    wind_mps: float | None
    at: datetime


VERSION = 1
"""Of the tables. A ledger of another version is left alone."""
TABLES = """
CREATE TABLE IF NOT EXISTS fence (
    one INTEGER PRIMARY KEY CHECK (one = 1), token INTEGER NOT NULL, holder TEXT NOT NULL, since TEXT NOT NULL);
INSERT OR IGNORE INTO fence VALUES (1, 0, '', '');
CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS occurrence (
    id TEXT PRIMARY KEY, slot_from TEXT NOT NULL, slot_until TEXT NOT NULL, passes INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'planned', reason TEXT NOT NULL DEFAULT '', person TEXT NOT NULL DEFAULT '',
    commitment TEXT NOT NULL DEFAULT '', committed INTEGER NOT NULL DEFAULT 0, token INTEGER NOT NULL,
    changed TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_state ON occurrence (state, slot_from);
CREATE TABLE IF NOT EXISTS pass (
    occurrence TEXT NOT NULL REFERENCES occurrence (id), number INTEGER NOT NULL, start TEXT NOT NULL,
    variant TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'drawn', reason TEXT NOT NULL DEFAULT '',
    person TEXT NOT NULL DEFAULT '', run TEXT NOT NULL DEFAULT '', attempt INTEGER NOT NULL DEFAULT 0,
    token INTEGER NOT NULL, settled INTEGER NOT NULL DEFAULT 1, took_off TEXT NOT NULL DEFAULT '',
    changed TEXT NOT NULL, runs TEXT NOT NULL DEFAULT '', PRIMARY KEY (occurrence, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pack_use (
    occurrence TEXT NOT NULL, number INTEGER NOT NULL, attempt INTEGER NOT NULL, drone TEXT NOT NULL,
    pack TEXT NOT NULL, begun TEXT NOT NULL, ended TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (occurrence, number, attempt, drone)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS wish (
    id INTEGER PRIMARY KEY, occurrence TEXT NOT NULL, number INTEGER NOT NULL, what TEXT NOT NULL,
    person TEXT NOT NULL, reason TEXT NOT NULL, wind_mps REAL, at TEXT NOT NULL, taken INTEGER NOT NULL DEFAULT 0,
    refusal TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS change (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, token INTEGER NOT NULL, occurrence TEXT NOT NULL,
    number INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, person TEXT NOT NULL, run TEXT NOT NULL);
"""
CONFIRMED = (
    "(SELECT at FROM wish WHERE wish.occurrence=pass.occurrence AND wish.number=pass.number AND what='confirm' "
    "AND taken=1 AND refusal='' ORDER BY id DESC LIMIT 1) AS confirmed"
)
"""Column of a pass: the moment of the latest confirmation that was carried out."""
UNKNOWN_PACKS = (
    "SELECT '', took_off, CASE WHEN state IN ('flying', 'swapping') THEN '' ELSE changed END FROM pass "
    "WHERE took_off>=?1 AND (occurrence, number, attempt) NOT IN (SELECT occurrence, number, attempt FROM pack_use)"
)
"""The flights whose packs are unknown, as rows of `pack_use`."""


def occurrence_of(row: sqlite3.Row, passes: Sequence[PassRow], refusals: Sequence[str]) -> OccurrenceRow:
    """An occurrence of a row of the ledger."""
    return OccurrenceRow(
        row["id"], as_moment(row["slot_from"]), as_moment(row["slot_until"]), row["passes"], row["state"],
        row["reason"], row["person"], row["commitment"], bool(row["committed"]), tuple(passes), tuple(refusals),
    )  # fmt: skip


def pass_of(row: sqlite3.Row) -> PassRow:
    """A pass of a row of the ledger."""
    return PassRow(
        row["occurrence"], row["number"], as_moment(row["start"]), row["variant"], row["state"], row["reason"],
        row["person"], row["run"], row["attempt"], row["token"], bool(row["settled"]),
        as_moment(row["took_off"]) if row["took_off"] else None, as_moment(row["changed"]), row["runs"],
        as_moment(row["confirmed"]) if row["confirmed"] else None,
    )  # fmt: skip


def run_name(occurrence: str, number: int, attempt: int) -> str:
    """Name of the run of an attempt; no two attempts share one, so that the stack can't fly one twice."""
    return f"{occurrence.replace('/', '-')}-{number}" + (f"-again{attempt - 1}" if attempt > 1 else "")


def as_text(moment: datetime) -> str:
    """UTC with microseconds: as text, moments sort by time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def as_moment(text: str) -> datetime:
    """A moment of the ledger; raises ValueError for one without a time zone."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return found


def known_row(row: sqlite3.Row, numbers: Sequence[str], states: Collection[str]) -> sqlite3.Row:
    """The row, for whole numbers and a known state; SQLite keeps any value in any column."""
    if row["state"] not in states or not all(isinstance(row[name], int) for name in numbers):
        raise ValueError(f"a state or a number of {row[0]} is none that is written here")
    return row
