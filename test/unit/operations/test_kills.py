"""A scheduler that is killed again and again: no pass is lost, none is flown twice.

Lost means that its evening is over and it has no final state, or was not flown and has no reason.
"""

from __future__ import annotations

import json
import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from blindspot.operations.calendar import occurrences
from blindspot.operations.drive import Scheduler
from blindspot.operations.ledger import Ledger, read_ledger
from blindspot.operations.operation_file import load_operation
from blindspot.operations.scheduler import LATE, RunNow, World
from blindspot.operations.scheduler_lock import only_scheduler
from blindspot.operations.secret import Drawn
from blindspot.operations.states import OccurrenceRow, PassRow

PASS_S, GAP_S, STEP_S = 600.0, 1500.0, 60.0
KILLED = 9
PILOTS = frozenset({"C. Durand"})


class Death:
    """Ends the process at its n-th point, as a kill does: no handler, no flush, no roll-back."""

    def __init__(self, points: int) -> None:
        self._left = points

    def may_come(self) -> None:
        self._left -= 1
        if self._left == 0:
            os._exit(KILLED)


class MortalLedger(Ledger):
    """May die before and after each commit."""

    death: Death

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with super()._transaction():
            yield
            self.death.may_come()
        self.death.may_come()


class Files:
    """The stack, the journal and the clock, as files that outlive each scheduler."""

    def __init__(self, folder: Path, begin: datetime, death: Death | None = None) -> None:
        self._orders, self._journal, self._clock = folder / "orders", folder / "journal", folder / "clock"
        self._death, self._begin = death, begin

    @property
    def now(self) -> datetime:
        return self._begin + timedelta(seconds=STEP_S * self._clock.stat().st_size if self._clock.exists() else 0.0)

    def pass_time(self, until: datetime | None) -> None:
        """One step of the clock, or all steps until a moment."""
        steps = 1 if until is None else max(1, int((until - self.now).total_seconds() / STEP_S))
        self._append(self._clock, "." * steps)

    def orders(self) -> dict[str, list[datetime]]:
        """When each run was ordered."""
        found: dict[str, list[datetime]] = {}
        for line in self._orders.read_text().splitlines() if self._orders.exists() else ():
            run, at = json.loads(line)
            found.setdefault(run, []).append(datetime.fromisoformat(at))
        return found

    def world(self, now: datetime) -> World:
        runs = {}
        for run, starts in list(self.orders().items())[-8:]:
            is_over = (now - starts[-1]).total_seconds() >= PASS_S
            runs[run] = RunNow("done" if is_over else "flying", "completed" if is_over else "")
        flies = any(not run.outcome for run in runs.values())
        why_not = "the fleet flies" if flies else ""
        return World(60.0, runs, why_not, "A. Martin", 3.0, 9.0, self._checked(), pilots=PILOTS)

    def _checked(self) -> frozenset[str]:
        path = self._orders.with_name("checked")
        return frozenset(path.read_text().split()) if path.exists() else frozenset()

    def prepare(self, row: PassRow) -> None:
        self._append(self._orders.with_name("checked"), row.run + "\n")

    def start(self, row: PassRow) -> None:
        self._append(self._orders, json.dumps([row.run, self.now.isoformat()]) + "\n")

    def write(self, act: str, /, **facts: object) -> None:
        self._append(self._journal, json.dumps([act, facts]) + "\n")

    def _append(self, path: Path, text: str) -> None:
        if self._death is not None:
            self._death.may_come()
        with path.open("a") as file:
            file.write(text)
        if self._death is not None:
            self._death.may_come()


class Draws:
    def draw(self, occurrence: OccurrenceRow) -> Drawn:
        passes = [
            (occurrence.slot_from + timedelta(seconds=GAP_S * number), f"v{number}")
            for number in range(occurrence.passes_asked)
        ]
        return Drawn(passes, "hash")

    def reveal(self, occurrence: OccurrenceRow) -> str:
        return "seed"


class Killing:
    """Lives of a scheduler, each in a process of its own that is killed."""

    def __init__(self, folder: Path, operation: Path) -> None:
        self.folder, self._calendar = folder, occurrences(load_operation(operation))
        self.files = Files(folder, self._calendar[0].slot_from)

    def life(self, kill: int | None, steps: int = 10_000, cpu_s: float = 0.0) -> int:
        """Run a scheduler until its death at a point, its end, or so much processor time; the child's process id.

        The kernel ends a process at the signal of this timer as it does at SIGKILL: no handler, no flush, no roll-back.
        """
        pid = os.fork()
        if pid:
            return pid
        signal.setitimer(signal.ITIMER_PROF, cpu_s)
        try:
            death = Death(kill or -1)
            files = Files(self.folder, self._calendar[0].slot_from, death)
            MortalLedger.death = death
            with only_scheduler(self.folder):
                ledger = MortalLedger(self.folder)
                packs: Callable[[PassRow], list[tuple[str, str]]] = lambda row: [("drone1", "A1")]  # noqa: E731
                scheduler = Scheduler(
                    ledger,
                    "child",
                    self.folder,
                    self._calendar,
                    Draws(),
                    files,
                    files,
                    packs,
                    lambda row: [],
                    lambda text: None,
                    files.now,
                )
                for _ in range(steps):
                    act = scheduler.step(files.now)
                    waits = bool(self._interrupted(ledger))
                    if waits:
                        self.confirm()
                    files.pass_time(None if waits or self._flies() else act.until)
                    if act.do == "wait" and act.until is None and not ledger.open_occurrences():
                        break
            os._exit(0)
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(1)

    def _flies(self) -> bool:
        return any(not run.outcome for run in self.files.world(self.files.now).runs.values())

    def _interrupted(self, ledger: Ledger) -> list[PassRow]:
        """Passes that a person can still confirm."""
        rows = [row for one in ledger.open_occurrences() for row in one.passes]
        return [
            row for row in rows
            if row.state == "interrupted" and row.is_settled and self.files.now - row.start <= LATE
        ]  # fmt: skip

    def confirm(self) -> None:
        """A person confirms what was interrupted."""
        with closing(Ledger(self.folder)) as ledger:
            for row in self._interrupted(ledger):
                ledger.order(self.files.now, row.occurrence, row.number, "confirm", "C. Durand", "again", 3.0)

    def flights(self) -> Counter[str]:
        """Number of flights of each pass that the stack was ordered to fly."""
        return Counter(run.partition("-again")[0] for run, starts in self.files.orders().items() for _ in starts)


def ended(pid: int) -> int:
    """Exit code of a child, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.fixture
def folder() -> Iterator[Path]:
    """In memory where that is possible: a kill, unlike a power cut, loses nothing that was written."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as path:
        yield Path(path)


@pytest.mark.parametrize(
    ("kills", "seed"), [(40, 1), pytest.param(1000, 2, marks=[pytest.mark.thorough, pytest.mark.slow])]
)
def test_killed_at_random_points_it_loses_no_pass_and_flies_none_twice(operation_with, folder, kills, seed):
    path = operation_with(recurrence={"from": "2026-01-01", "until": "2026-12-31"})
    killing, chance, done = Killing(folder, path), random.Random(seed), 0
    while done < kills:
        if chance.random() < 0.1:  # a true signal, at any instruction
            assert ended(killing.life(None, cpu_s=chance.uniform(0.001, 0.05))) == -signal.SIGPROF
        else:
            assert ended(killing.life(chance.randint(1, 60))) == KILLED
        done += 1
        killing.confirm()
    for _ in range(3):  # one evening more, in peace
        assert ended(killing.life(None, steps=200)) == 0
        killing.confirm()
    flights = killing.flights()
    over = [one for one in read_ledger(killing.folder) if one.state == "done"]
    assert len(over) > kills / 20
    rows = [row for one in over for row in one.passes]
    assert {row.state for row in rows} <= {"done", "interrupted", "missed"}
    for row in rows:
        assert row.state == "done" or row.reason, row
        assert flights[row.id.replace("/", "-")] == (1 if row.state == "done" else 0), row
    assert sum(row.state == "done" for row in rows) >= 0.98 * len(rows), [row for row in rows if row.state != "done"]
