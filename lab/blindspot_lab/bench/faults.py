"""Benchmark `faults`: random missions over random towns with random faults, judged by an independent observer."""

from __future__ import annotations

import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from blindspot.core.processes import workers
from blindspot_lab.bench.tools.target import Measured, Target
from blindspot_lab.bench.tools.workers import fresh_processes

if TYPE_CHECKING:
    from blindspot_lab.campaign.faulty_flight import Flown

MISSIONS, SEED = 300, 1
MOST_MISSIONS = 1_000_000
"""Limit of a campaign, so that campaigns of two seeds share no mission."""
LEAST_MINUTES = 8.0
OUTCOMES = ("completed", "returned", "aborted", "refused", "failed", "unaccounted")


def run(
    missions: int = MISSIONS, seed: int = SEED, only: int | None = None, *, along: bool = False,
    formulas: bool = False,
) -> Measured:  # fmt: skip
    """Fly a campaign, or the mission `only`; with `along` all drones return along their missions, and with `formulas`
    the formulas judge each flight, too.

    Prints each breach with a command to repeat it, and outcomes by fault.
    """
    from blindspot_lab.campaign.observer import Margins

    console, began_s = Console(stderr=True), time.monotonic()
    first, again = seed * MOST_MISSIONS if only is None else only, " --along" if along else ""
    flown: list[Flown] = []
    cpu_s, margins = 0.0, Margins()
    with console.status("flying") as status:
        for one, took_s in _fly_all(range(first, first + (missions if only is None else 1)), along, formulas):
            flown.append(one)
            cpu_s += took_s
            margins.note_all(one.margins)
            status.update(f"{len(flown)} missions flown")
            for breach in one.breaches:
                console.print(f"{breach}   [bold]./blindspot bench faults --only {one.seed}{again}[/]", highlight=False)
    if only is not None:
        console.print("\n".join([str(flown[0]), *(f"{d}: {o}, {r}" for d, (o, r) in flown[0].outcomes.items())]))
    console.print(_table(flown))
    tables, judged = _judged_by_formulas(flown, console) if formulas else ({}, [])
    breaches = sum(len(one.breaches) for one in flown)
    minutes = sum(one.duration_s for one in flown) / 60.0 / len(flown)
    hours = sum(one.drone_s for one in flown) / 3600.0
    targets = [
        Target("missions flown", "", len(flown), "", None),
        Target("rules broken", "0", breaches, "", breaches == 0),
        Target("a mission, mean", f">= {LEAST_MINUTES:g}", minutes, "min", minutes >= LEAST_MINUTES or None),
        Target("all drones", "", hours, "h", None),
        Target("least distance to a building", "> 0.3", margins.buildings_m, "m", margins.buildings_m > 0.3),
        Target("least distance to a no-fly zone", "> -1", margins.zones_m, "m", margins.zones_m > -1.0),
        Target("least distance to the fence", "> -1", margins.fence_m, "m", margins.fence_m > -1.0),
        Target("least distance of two drones", "> 5", margins.drones_m, "m", margins.drones_m > 5.0),
        Target("least energy left at a landing", "> 0", margins.landed_wh, "Wh", margins.landed_wh > 0.0),
        Target("CPU time", "", cpu_s, "s", None),
        Target("time", "", time.monotonic() - began_s, "s", None),
        *judged,
    ]  # fmt: skip
    return Measured(targets, tables)


def _judged_by_formulas(
    flown: list[Flown], console: Console
) -> tuple[dict[str, list[dict[str, object]]], list[Target]]:
    """The table of the formulas, and where their verdicts differ from the observer's."""
    from blindspot_lab.formulas.table import differences, tallies

    table = Table(title="formulas over the flights of single drones")
    for column in ("formula", "exercised", "least robustness", "unknown", "violations"):
        table.add_column(column, justify="left" if column == "formula" else "right")
    counted = tallies(one.verdicts for one in flown)
    for tally in counted:
        least = f"{tally.least:.2f}" if tally.exercised else ""
        table.add_row(tally.formula, f"{tally.exercised}", least, f"{tally.unknown or ''}", f"{tally.violations or ''}")
    console.print(table)
    differing = 0
    for one in flown:
        for difference in differences(one.breaches, one.verdicts):
            differing += 1
            console.print(f"seed {one.seed}: {difference}", highlight=False)
    violations = sum(tally.violations for tally in counted)
    rows = [asdict(tally) | {"least": tally.least if tally.exercised else None} for tally in counted]
    return {"formulas": rows}, [
        Target("formulas exercised", "", sum(tally.exercised > 0 for tally in counted), "", None),
        Target("formulas broken", "0", violations, "", violations == 0),
        Target("verdicts that differ from the observer's", "0", differing, "", differing == 0),
    ]


def _fly_all(seeds: range, along: bool, formulas: bool) -> Iterator[tuple[Flown, float]]:
    """Each mission and its CPU time, s, in the order of the seeds, on all cores."""
    from blindspot_lab.campaign.faulty_flight import MISSIONS_A_TOWN

    with tempfile.TemporaryDirectory() as folder, fresh_processes(min(len(seeds), workers())) as pool:
        yield from pool.map(partial(_fly, Path(folder), along, formulas), seeds, chunksize=MISSIONS_A_TOWN)


def _fly(folder: Path, along: bool, formulas: bool, seed: int) -> tuple[Flown, float]:
    from blindspot_lab.campaign.faulty_flight import fly
    from blindspot_lab.formulas.table import judge_flights

    began_s = time.process_time()
    flown = fly(seed, folder, along=along, judged_by=judge_flights if formulas else None)
    return flown, time.process_time() - began_s


def _table(flown: list[Flown]) -> Table:
    """Outcomes of the drones with a fault, alone or with other faults."""
    outcomes: dict[str, Counter[str]] = defaultdict(Counter)
    for one in flown:
        for fault in one.faults:
            outcomes[fault.kind][one.outcomes[fault.drone][0]] += 1
            outcomes[fault.kind]["broken"] += bool(one.breaches)
    table = Table(title="outcomes of the drones with a fault")
    for column in ("fault", *OUTCOMES, "no outcome", "with a rule broken"):
        table.add_column(column, justify="left" if column == "fault" else "right")
    for kind, count in sorted(outcomes.items()):
        table.add_row(kind, *(str(count[name] or "") for name in (*OUTCOMES, "", "broken")))
    return table
