"""Weeks of patrols in process: each pass of each evening is drawn and flown, and its views are counted cell by cell."""

from __future__ import annotations

import hashlib
import resource
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from math import log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blindspot.core import InputError
from blindspot.mission import Mission, Plan
from blindspot.operations.calendar import Occurrence, occurrences
from blindspot.operations.operation_file import Operation
from blindspot.operations.patrols.choices import Choice, Choices
from blindspot.operations.patrols.draw import Pass, draw_evening, seed_of
from blindspot.operations.patrols.library import SLACK_S, Library
from blindspot.operations.patrols.sights import SightLog
from blindspot.operations.promise import Breach, breaches
from blindspot.operations.scheduler import FLOWN_WHOLE
from blindspot.operations.simulation.lookout import bound, entropy_bits, safe_s, success
from blindspot.operations.simulation.revisit import RevisitCheck
from blindspot.operations.states import OccurrenceRow, PassRow

ACTS_S = (300.0, 600.0, 900.0, 1200.0, 1500.0)
"""Lengths of the lookout's acts, s."""

Mask = NDArray[np.bool_]
View = tuple[float, NDArray[np.integer]]


@dataclass(frozen=True, slots=True)
class FlownPass:
    """A flown pass: the views in the order of time, s after the start, each with the seen blind cells (flat)."""

    views: Sequence[View]
    duration_s: float
    outcome: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PassToFly:
    """A pass to fly: its plan, the mission with the pass's start, and a seed of noise and gusts."""

    plan: Plan
    mission: Mission
    seed: int


Fly = Callable[[Sequence[PassToFly]], Iterable[FlownPass]]
"""Flies passes, each by itself, and returns them in the same order."""
Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Evening:
    """A flown occurrence. `checked_s` are the longest ages by the independent check, `longest_s` the ages by another
    count of the same views: by cell, flat, s; infinite for a cell missed by the first pass. `reported` are the
    breaches in the town's report, and `missed` is the promised ground named there as unseen by some pass."""

    occurrence: Occurrence
    passes: tuple[Pass, ...]
    outcomes: tuple[str, ...]
    longest_s: NDArray[np.float64]
    checked_s: NDArray[np.float64]
    reported: tuple[Breach, ...]
    missed: Mask
    flown_s: float


@dataclass(frozen=True, slots=True)
class Result:
    """Flown weeks. `cpu_s` is the processor time of the flights and counts, s."""

    library: Library
    evenings: tuple[Evening, ...]
    slot_s: float
    cpu_s: float
    acts: Mapping[str, Mapping[float, float]] = field(default_factory=dict)

    def kept(self, evening: Evening) -> Mask:
        """The reachable cells that waited at most the revisit time in an evening, by the independent check."""
        kept: Mask = (evening.checked_s <= self.library.revisit_s) & self.library.seen
        return kept

    @property
    def kept_fractions(self) -> tuple[float, ...]:
        """Share of the reachable ground for which each evening kept the promise, 0..1."""
        cell_m2, whole_m2 = self.library.masks.grid.cell_area_m2, self.library.reachable_m2
        return tuple(float(self.kept(evening).sum()) * cell_m2 / whole_m2 for evening in self.evenings)

    @property
    def unreported(self) -> tuple[int, ...]:
        """By evening: promised cells that waited too long by the independent check, without a breach in the evening's
        report."""
        return tuple(int((self._late(evening) & ~evening.missed).sum()) for evening in self.evenings)

    def _late(self, evening: Evening) -> Mask:
        """The promised cells that waited too long, unless the report names a breach of all ground."""
        whole = any(breach.missed_m2 is None for breach in evening.reported)
        late: Mask = (evening.checked_s > self.library.revisit_s) & self.library.promised & (not whole)
        return late

    @property
    def counts_differ(self) -> int:
        """Cells of all evenings with too long a wait by only one of the two counts."""
        limit_s, cells = self.library.revisit_s, self.library.masks.blind.ravel()
        return sum(int((((e.checked_s > limit_s) != (e.longest_s > limit_s)) & cells).sum()) for e in self.evenings)

    def document(self) -> dict[str, Any]:
        """The figures as JSON values."""
        choices, places = self.library.choices, self.library.places
        passes = [outcome for evening in self.evenings for outcome in evening.outcomes]
        starts = [np.diff([one.start.timestamp() for one in evening.passes]) for evening in self.evenings]
        gaps_s = np.concatenate(starts) if starts else np.empty(0)
        return {
            "evenings": len(self.evenings),
            "passes": {outcome: passes.count(outcome) for outcome in sorted(set(passes))},
            "library": {
                "variants": len(self.library.variants),
                "promised_share": self.library.promised_share,
                "longest_gap_s": float(self.library.gap_s.max()),
                "least_turn_s": float(self.library.turn.least_s.min()),
            },
            "revisit": {
                "revisit_s": self.library.revisit_s,
                "kept_fraction": float(np.mean(self.kept_fractions)),
                "kept_fraction_worst_evening": min(self.kept_fractions),
                "unreported_breaches": sum(cells > 0 for cells in self.unreported),
                "unreported_cells": sum(self.unreported),
                "counts_differ": self.counts_differ,
            },
            "adversary": {
                **{f"{name}_{act_s:.0f}s": value for name, by in self.acts.items() for act_s, value in by.items()},
                "safe_s": safe_s(choices, places),
            },
            "start_entropy_bits": {"first": log2(self.slot_s / 60.0), "following": entropy_bits(choices)},
            "start_gap_s": {"mean": float(gaps_s.mean()), "least": float(gaps_s.min()), "most": float(gaps_s.max())},
            "flight_min_a_day": max(evening.flown_s for evening in self.evenings) / 60.0,
            "cpu_s": self.cpu_s,
        }


def simulate(
    operation: Operation, library: Library, fly: Fly, days: int, progress: Progress | None = None
) -> Result:  # fmt: skip
    """Draw and fly the evenings of an operation's first days.

    Parameters
    ----------
    operation
        The operation.
    library
        The variants of its mission.
    fly
        Flies the passes.
    days
        Number of days from the first one of the recurrence on, exceptions included.
    progress
        Called with the name of a stage and the finished share of the stage, 0..1.

    Returns
    -------
    Result
        The evenings as flown, and the figures against a lookout.

    Raises
    ------
    InputError
        No occurrence falls on these days.
    """
    report: Progress = progress or (lambda stage, fraction: None)
    begun_s = _cpu_s()
    calendar = occurrences(operation)
    last: date = calendar[0].day + timedelta(days=days) if calendar else date.max
    asked = [one for one in calendar if one.day < last]
    if not asked:
        raise InputError(operation.path, "recurrence", f"has no occurrence in its first {days} days")
    drawn = [_drawn(operation, occurrence, library) for occurrence in asked]
    flights = [
        PassToFly(
            library.variant(one.variant).plan, _starting(operation.mission, one.start), operation.mission.file.seed + k
        )
        for k, one in enumerate(one for passes in drawn for one in passes)
    ]
    flown, evenings = iter(fly(flights)), []
    for number, (occurrence, passes) in enumerate(zip(asked, drawn, strict=True)):
        report("evenings", number / len(asked))
        evenings.append(_evening(occurrence, passes, flown, library))
    next(flown, None)  # ends the processes that flew, so that their time counts
    slot_s = min((one.slot_until - one.slot_from).total_seconds() for one in asked)
    return Result(library, tuple(evenings), slot_s, _cpu_s() - begun_s, acts_of(library))


def _cpu_s() -> float:
    """Processor time of this process and of ended child processes, s."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def key_of(operation: Operation) -> bytes:
    """The key of simulated draws, which is public: the same operation draws the same evenings again."""
    return hashlib.sha256(f"simulation of {operation.id}".encode()).digest()


def acts_of(library: Library) -> dict[str, dict[float, float]]:
    """The lookout's best success by the length of his act: against the library's choices, beside the bound of every
    schedule, a timetable with the longest gap, a timetable that flies as often, and uniform random passes."""
    places, turn = library.places, library.turn
    mean_s = float(np.mean([sum(c.probability * (c.from_s + c.until_s) / 2 for c in own) for own in library.choices]))
    against = {
        "success": library.choices,
        "timetable_success": timetable(library, library.revisit_s - SLACK_S),
        "timetable_as_often_success": timetable(library, mean_s),
        "uniform_success": uniform(library),
    }
    found = {name: {act_s: success(own, places, act_s) for act_s in ACTS_S} for name, own in against.items()}
    return {**found, "bound": {act_s: bound(turn, places, act_s) for act_s in ACTS_S}}


def timetable(library: Library, gap_s: float) -> tuple[Choices, ...]:
    """Passes of always the same variant at a fixed gap."""
    return tuple((Choice(now, gap_s, gap_s, 1.0),) for now in range(len(library.variants)))


def uniform(library: Library) -> tuple[Choices, ...]:
    """Any variant next, at a uniform start in the time left by the promise."""
    turn, count = library.turn, len(library.variants)
    found = []
    for now, least_s in enumerate(turn.least_s):
        possible = [j for j in range(count) if turn.most_s[now, j] > least_s]
        found.append(
            tuple(Choice(j, float(least_s), float(turn.most_s[now, j]), 1.0 / len(possible)) for j in possible)
        )
    return tuple(found)


def _drawn(operation: Operation, occurrence: Occurrence, library: Library) -> tuple[Pass, ...]:
    return draw_evening(
        library, occurrence.id, occurrence.slot_from, occurrence.slot_until, occurrence.slot.passes,
        seed_of(key_of(operation), occurrence.id),
    )  # fmt: skip


def _evening(
    occurrence: Occurrence, passes: tuple[Pass, ...], flights: Iterator[FlownPass], library: Library
) -> Evening:  # fmt: skip
    """The ages of one occurrence; takes its flown passes from `flights`."""
    cells = library.masks.blind.size
    check, report = RevisitCheck(cells), _Report(cells)
    outcomes, flown_s, end_s = [], 0.0, 0.0
    saw: dict[int, Mask] = {}
    for one in passes:
        flown, since_s = next(flights), (one.start - passes[0].start).total_seconds()
        log = SightLog(cells)
        for time_s, seen in flown.views:
            check.look(since_s + time_s, seen)
            log.look(time_s, seen)
        check.end_of_pass()
        report.add(since_s, log)
        saw[one.number] = log.sights().seen
        outcomes.append(flown.outcome)
        flown_s += flown.duration_s * len(library.variant(one.variant).plan.routes)
        end_s = since_s + flown.duration_s
    reported = breaches(_as_flown(occurrence, passes, outcomes), library, lambda row: saw[row.number])
    missed: Mask = np.logical_or.reduce([library.promised & ~seen for seen in saw.values()])
    return Evening(
        occurrence, passes, tuple(outcomes), report.longest_s(end_s), check.longest_s(end_s), reported, missed, flown_s
    )


def _as_flown(occurrence: Occurrence, passes: Sequence[Pass], outcomes: Sequence[str]) -> OccurrenceRow:
    """The ledger's row of an evening."""
    rows = [
        PassRow(
            one.occurrence, one.number, one.start, one.variant,
            "done" if outcome in FLOWN_WHOLE else "interrupted", outcome, took_off=one.start,
        )
        for one, outcome in zip(passes, outcomes, strict=True)
    ]  # fmt: skip
    return OccurrenceRow(
        occurrence.id, occurrence.slot_from, occurrence.slot_until, len(rows), "done", passes=tuple(rows)
    )  # fmt: skip


def _starting(mission: Mission, start: datetime) -> Mission:
    return replace(mission, file=mission.file.model_copy(update={"start": start, "latest_landing": None}))


class _Report:
    """The longest age of each cell in an evening, from the first and the last view of each pass."""

    def __init__(self, cells: int) -> None:
        self._last_s = np.full(cells, np.nan)
        self._longest_s = np.zeros(cells)
        self._passes = 0

    def add(self, since_s: float, log: SightLog) -> None:
        """A pass that started `since_s` after the first pass."""
        sights = log.sights()
        seen = sights.seen
        if self._passes:
            waited_s = since_s + sights.first_s[seen] - self._last_s[seen]
            self._longest_s[seen] = np.fmax(self._longest_s[seen], waited_s)
        else:
            self._longest_s[~seen] = np.inf
        self._longest_s[seen] = np.fmax(self._longest_s[seen], sights.longest_s[seen])
        self._last_s[seen] = since_s + sights.last_s[seen]
        self._passes += 1

    def longest_s(self, end_s: float) -> NDArray[np.float64]:
        """The ages of an evening whose last drone landed at `end_s`."""
        return np.fmax(self._longest_s, end_s - self._last_s)
