"""An operation at the crossroads with any values changed, its evenings with a simulated clock and a fake stack, and
small libraries with invented views: the draw, the game and the weeks need no town."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from test.factories import masks_over

from blindspot.core.errors import BlindspotError
from blindspot.operations.calendar import Occurrence, occurrences
from blindspot.operations.drive import Scheduler
from blindspot.operations.ledger import Ledger
from blindspot.operations.operation_file import load_operation
from blindspot.operations.patrols.choices import Choice
from blindspot.operations.patrols.library import Library, Variant, gaps_s
from blindspot.operations.patrols.sights import Sights
from blindspot.operations.scheduler import RunNow, World
from blindspot.operations.secret import Drawn
from blindspot.operations.states import OccurrenceRow, PassRow
from blindspot.site.ground import Grid

CONFIG = Path(__file__).parents[3] / "config"
EVENINGS = {
    "schema": "blindspot.operation/1",
    "name": "Crossroads, evenings",
    "mission": str(CONFIG / "missions/crossroads_patrol.yaml"),
    "fleet": str(CONFIG / "fleets/crossroads.yaml"),
    "recurrence": {"rule": "FREQ=DAILY", "from": "2026-11-02", "until": "2026-11-04", "time_zone": "Europe/Paris"},
    "slots": [{"name": "evening", "from": "19:00", "until": "20:00", "passes": 3}],
    "crew": {"pilots": ["A. Martin"], "hands": ["B. Leroy"], "airborne_per_pilot": 2},
    "weather": {"max_wind_mps": 9.0},
}


@pytest.fixture
def operation_with(tmp_path: Path) -> Callable[..., Path]:
    """Writes the operation with other values; `recurrence`, `crew` and `weather` may name a few of their keys."""

    def write(**changes: object) -> Path:
        content: dict[str, object] = dict(EVENINGS)
        for key, value in changes.items():
            old = content.get(key)
            content[key] = old | value if isinstance(old, dict) and isinstance(value, dict) else value
        file = tmp_path / "operations" / "evenings.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(yaml.safe_dump(content))
        return file

    return write


PASS_S, GAP_S = 600.0, 1500.0
"""Flight of a pass, and time from a start to the next one, s."""


@dataclass
class FakeFleet:
    """A stack that flies each run for `PASS_S`. It outlives schedulers, as a real one does."""

    now: datetime
    unattended: str = "A. Martin"
    wind_mps: float | None = 3.0
    pilots: frozenset[str] = frozenset({"A. Martin", "C. Durand"})
    heard_s: float = 60.0
    not_ready: str = ""
    refuses_plans: str = ""
    draws_nothing: str = ""
    taken: str = ""
    stopped: datetime | None = None
    outcomes: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Outcome and reason of a run, `completed` if it is not named."""
    started: dict[str, datetime] = field(default_factory=dict)
    orders: list[tuple[str, str, str]] = field(default_factory=list)
    """(run, variant, person) of each order that came in."""
    asked: set[str] = field(default_factory=set)
    swapping: set[str] = field(default_factory=set)

    def world(self, now: datetime) -> World:
        runs = {}
        for run, start in self.started.items():
            outcome, reason = self.outcomes.get(run, ("completed", ""))
            is_over = (now - start).total_seconds() >= PASS_S
            phase = "done" if is_over else "swapping" if run in self.swapping else "flying"
            runs[run] = RunNow(phase, outcome if is_over else "", reason if is_over else "")
        flies = next((run for run, known in runs.items() if not known.outcome), "")
        refused = dict.fromkeys(self.asked, self.refuses_plans) if self.refuses_plans else {}
        return World(
            self.heard_s, runs, self.not_ready or (f"{flies} flies" if flies else ""), self.unattended, self.wind_mps,
            9.0, frozenset(self.asked - refused.keys()), refused, self.pilots, self.draws_nothing, self.taken,
            self.stopped, "B. Leroy ordered hold",
        )  # fmt: skip

    def prepare(self, row: PassRow) -> None:
        self.asked.add(row.run)

    def start(self, row: PassRow) -> None:
        self.orders.append((row.run, row.variant, row.person))
        self.started[row.run] = self.now


def promise(occurrence: OccurrenceRow) -> list[str]:
    """Each pass that was not flown breaks the promise."""
    return [f"pass {row.number} {row.state}" for row in occurrence.passes if row.state != "done"]


@dataclass
class FakeDraws:
    """Draws the middle of the slot, then every `gap_s`."""

    gap_s: float = GAP_S

    def draw(self, occurrence: OccurrenceRow) -> Drawn:
        first = occurrence.slot_from + (occurrence.slot_until - occurrence.slot_from) / 2
        starts = [first + timedelta(seconds=self.gap_s * number) for number in range(occurrence.passes_asked)]
        return Drawn([(start, f"v{number}") for number, start in enumerate(starts)], f"hash of {occurrence.id}")

    def reveal(self, occurrence: OccurrenceRow) -> str:
        return f"seed of {occurrence.id}"


@dataclass
class FakeJournal:
    entries: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    broken: bool = False

    def write(self, act: str, /, **facts: object) -> None:
        if self.broken:
            raise BlindspotError("the disk is full")
        self.entries.append((act, facts))

    def acts(self) -> list[str]:
        return [act for act, _ in self.entries]


@dataclass
class Evenings:
    """An operation with a simulated clock, whose scheduler may be restarted."""

    ledger: Ledger
    file: Path
    calendar: tuple[Occurrence, ...]
    fleet: FakeFleet
    journal: FakeJournal = field(default_factory=FakeJournal)
    promises: Callable[[OccurrenceRow], list[str]] = promise
    draws: FakeDraws = field(default_factory=FakeDraws)
    packs: Callable[[PassRow], list[tuple[str, str]]] = lambda _: [("drone1", "A1"), ("drone2", "B1")]
    said: list[str] = field(default_factory=list)
    scheduler: Scheduler | None = None

    def restart(self) -> None:
        """Start a new scheduler on the same ledger."""
        self.scheduler = Scheduler(
            self.ledger, "test", Path("/runs/stack"), self.calendar, self.draws, self.fleet, self.journal,
            self.packs, self.promises, self.said.append, self.now,
        )  # fmt: skip

    @property
    def now(self) -> datetime:
        return self.fleet.now

    def until(self, done: Callable[[], bool] | datetime, step_s: float = 10.0) -> None:
        """Let time pass until a moment or an event."""
        if self.scheduler is None:
            self.restart()
        for _ in range(100_000):
            assert self.scheduler is not None
            act = self.scheduler.step(self.now)
            if self.now >= done if isinstance(done, datetime) else done():
                return
            self.fleet.now += timedelta(seconds=step_s)
            in_flight = any(self.now - start < timedelta(seconds=PASS_S) for start in self.fleet.started.values())
            if act.until is not None and act.until > self.now and not in_flight:  # nothing happens until then
                self.fleet.now = min(act.until, done) if isinstance(done, datetime) else act.until
        raise AssertionError("it never happened")

    def passes(self, day: int = 0) -> tuple[PassRow, ...]:
        return self.ledger.occurrences()[day].passes

    def states(self, day: int = 0) -> list[str]:
        return [row.state for row in self.passes(day)]

    def changes(self) -> list[str]:
        """The states of all first passes, in the order of time."""
        with closing(sqlite3.connect(self.file)) as file:
            return [state for (state,) in file.execute("SELECT state FROM change WHERE number=1 ORDER BY id")]


@pytest.fixture
def evenings(operation_with: Callable[..., Path], tmp_path: Path) -> Iterator[Callable[..., Evenings]]:
    """Makes three evenings of three passes, or others, 20 minutes before the first slot."""
    ledgers: list[Ledger] = []

    def make(**changes: object) -> Evenings:
        calendar = occurrences(load_operation(operation_with(**changes)))
        file = tmp_path / "state" / "ledger.sqlite"
        ledgers.append(Ledger(file.parent))
        return Evenings(ledgers[-1], file, calendar, FakeFleet(calendar[0].slot_from - timedelta(minutes=20)))

    yield make
    for ledger in ledgers:
        ledger.close()


FLIGHT_S, SWAP_S, REVISIT_S = 580.0, 180.0, 1800.0


def library_of(
    first_s: np.ndarray, last_s: np.ndarray, choices: tuple[tuple[Choice, ...], ...] | None = None
) -> Library:
    """A library whose variant k looks at cell c first and last at `first_s[k, c]` and `last_s[k, c]`."""
    variants = []
    for number, (first, last) in enumerate(zip(first_s.astype(np.float32), last_s.astype(np.float32), strict=True)):
        route = SimpleNamespace(
            drone="drone1", pad="east", expected=SimpleNamespace(flight_time_s=FLIGHT_S), steps=()
        )  # fmt: skip
        plan = SimpleNamespace(routes=(route,))
        variants.append(Variant(f"v{number + 1:02d}", plan, Sights(first, last, last - first)))
    cells = first_s.shape[1]
    promised = np.ones(cells, bool)
    gap_s = gaps_s(variants, promised)
    ground = masks_over(Grid(0.0, 0.0, 1.0, 1, cells))
    return Library(
        "0" * 64, REVISIT_S, SWAP_S, tuple(variants), ground, promised, promised, float(cells), gap_s, choices
    )  # fmt: skip


@pytest.fixture
def random_library() -> Callable[[int], Library]:
    """Libraries of some variants that look at the cells in orders of their own; choices by chance, all allowed."""

    def make(seed: int) -> Library:
        random = np.random.default_rng(seed)
        variants, cells = int(random.integers(2, 5)), 40
        first_s = np.stack([random.permutation(np.linspace(60.0, 380.0, cells)) for _ in range(variants)])
        last_s = first_s + random.uniform(0.0, 100.0, first_s.shape)
        gap_s = np.array([[(first - last).max() for first in first_s] for last in last_s])
        choices = []
        for now in range(variants):
            latest_s = REVISIT_S - 60.0 - gap_s[now]
            spans = np.sort(random.uniform(FLIGHT_S + SWAP_S, latest_s[:, None], (variants, 2)), axis=1)
            weights = random.dirichlet(np.ones(variants))
            choices.append(tuple(Choice(j, *spans[j].tolist(), float(weights[j])) for j in range(variants)))
        return library_of(first_s, last_s, tuple(choices))

    return make
