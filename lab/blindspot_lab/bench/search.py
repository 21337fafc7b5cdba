"""Benchmark `search`: guided search for a mission that breaks a formula, and its cost against random draws."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from rich.console import Console

from blindspot.core.errors import InputError
from blindspot.core.processes import workers
from blindspot_lab.bench.tools.target import Measured, Target
from blindspot_lab.bench.tools.workers import fresh_processes

if TYPE_CHECKING:
    from blindspot_lab.search.hunt import Hunt

CPU_S, SEEDS = 600.0, 5
MUTANT_CPU_S = 60.0
"""Most CPU time of a search for one mutant, s."""
BROKEN_BY = {
    "the lease is not looked at": "lease lost",
    "the sensor stays on": "exposure with a lease only",
    "the pilot is asked back": "the pilot wins",
    "no battery row": "battery low",
    "no fence row": "inside the fence",
    "no zone row": "clear of zones",
    "no drone row": "drones apart",
    "no time limits": "always an outcome",
    "a mission after a failsafe is the pilot's": "lease lost",
}
"""For each mutant the formula that must be broken."""


@dataclass(frozen=True, slots=True)
class _Task:
    mutant: str
    formula: str
    seed: int
    guided: bool
    cpu_s: float


def run(
    formula: str = "", cpu_s: float | None = None, seed: int = 1, *, mutants: bool = False, seeds: int = SEEDS
) -> Measured:
    """Search for a violation of one formula by the product, or with `mutants` by each mutant, guided and at random."""
    return _mutants(seeds, cpu_s or MUTANT_CPU_S) if mutants else _one(formula, cpu_s or CPU_S, seed)


def _one(formula: str, cpu_s: float, seed: int) -> Measured:
    from blindspot_lab.formulas.robustness import CERTAIN
    from blindspot_lab.formulas.table import rules
    from blindspot_lab.search.hunt import case_line, shrunk

    names = [rule.name for rule in rules()]
    if formula not in names:
        raise InputError("bench search", "--formula", f"{formula or 'nothing'} is unknown", f"it is {', '.join(names)}")
    with tempfile.TemporaryDirectory() as folder:
        hunted = _hunt(Path(folder), _Task("", formula, seed, True, cpu_s))
        if hunted.found is not None:
            print(case_line(formula, shrunk(formula, hunted.found, Path(folder))))
    is_known = hunted.least < CERTAIN  # otherwise no flight touched the formula
    return Measured(
        [
            Target("violations", "0", int(hunted.found is not None), "", hunted.found is None if is_known else None),
            Target("least robustness", "", hunted.least, "", None),
            Target("flights", "", hunted.flights, "", None),
            Target("CPU time", "", hunted.cpu_s, "s", None),
        ],
        {},
    )


def _mutants(seeds: int, cpu_s: float) -> Measured:
    """CPU seconds until the first violation of each mutant, median over the seeds. A search that finds none counts
    with its whole time."""
    console = Console(stderr=True)
    tasks = [
        _Task(mutant, formula, seed, guided, cpu_s)
        for mutant, formula in BROKEN_BY.items()
        for guided in (False, True)
        for seed in range(1, seeds + 1)
    ]
    spent: dict[tuple[str, bool], list[Hunt]] = {}
    for task, hunted in _hunt_all(tasks):
        spent.setdefault((task.mutant, task.guided), []).append(hunted)
        how, what = "guided" if task.guided else "random", "found" if hunted.found else "NOT FOUND"
        console.print(f"{task.mutant}, {how}, seed {task.seed}: {what} after {hunted.cpu_s:.1f} s", highlight=False)
    rows = [
        {
            "mutant": mutant, "formula": formula,
            "random_cpu_s": median(one.cpu_s for one in spent[mutant, False]),
            "guided_cpu_s": median(one.cpu_s for one in spent[mutant, True]),
            "random_found": sum(one.found is not None for one in spent[mutant, False]),
            "guided_found": sum(one.found is not None for one in spent[mutant, True]),
        }
        for mutant, formula in BROKEN_BY.items()
    ]  # fmt: skip
    random_s, guided_s = (sum(float(str(row[f"{how}_cpu_s"])) for row in rows) for how in ("random", "guided"))
    by_mutant = [
        Target(f"{row['mutant']}, {how}", "", float(str(row[f"{how}_cpu_s"])), "CPU-s", None)
        for row in rows for how in ("random", "guided")
    ]  # fmt: skip
    found = sum(2 * int(str(row["guided_found"])) > seeds for row in rows)
    return Measured(
        [
            *by_mutant,
            Target("mutants found by most guided searches", f"{len(rows)}", found, "", found == len(rows)),
            Target("sum of the medians, random", "", random_s, "CPU-s", None),
            Target(
                "sum of the medians, guided", f"<= {random_s / 2.0:.1f}", guided_s, "CPU-s", guided_s <= random_s / 2
            ),
        ],
        {"mutants": rows},
    )


def _hunt_all(tasks: list[_Task]) -> Iterator[tuple[_Task, Hunt]]:
    with tempfile.TemporaryDirectory() as folder, fresh_processes(min(len(tasks), workers())) as pool:
        yield from zip(tasks, pool.map(_hunt, [Path(folder)] * len(tasks), tasks), strict=True)


def _hunt(folder: Path, task: _Task) -> Hunt:
    from blindspot_lab.campaign.mutants import mutated
    from blindspot_lab.search.hunt import hunt

    with mutated(task.mutant):
        return hunt(task.formula, folder, task.cpu_s, task.seed, guided=task.guided)
