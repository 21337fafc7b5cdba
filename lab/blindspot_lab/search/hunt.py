"""The search for a violation of one formula: cross-entropy, or random draws of the same scenarios to compare with."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from math import inf, isfinite
from pathlib import Path

import numpy as np

from blindspot_lab.campaign.faults import Fault
from blindspot_lab.campaign.faulty_flight import fly, town_of
from blindspot_lab.formulas.robustness import CERTAIN
from blindspot_lab.formulas.table import judge_flights
from blindspot_lab.search.scenario import SHORT_MINUTES, Distribution, Scenario

BATCH, BEST = 4, 3
"""Flights before each step of learning, and the scenarios to learn from: the best of all flights so far."""
SHORTER = 0.5


@dataclass(frozen=True, slots=True)
class Found:
    """A mission that breaks the formula: its scenario, the shrunk faults, and the least robustness."""

    scenario: Scenario
    faults: tuple[Fault, ...]
    robustness: float


@dataclass(frozen=True, slots=True)
class Hunt:
    """The result of a search: the violation or `None`, flights, CPU seconds, and the least robustness."""

    found: Found | None
    flights: int
    cpu_s: float
    least: float


def hunt(formula: str, folder: Path, cpu_s: float, seed: int, *, guided: bool = True) -> Hunt:
    """Search for a mission that breaks a formula for so much CPU time. The same seed draws the same scenarios."""
    random, drawn_from = np.random.default_rng(seed), Distribution()
    began_s, flights = time.process_time(), 0
    best: list[tuple[float, Scenario]] = []
    plain = -inf
    while True:
        scenario = drawn_from.draw(random)
        robustness = robustness_of(formula, scenario, folder)
        flights += 1
        plain = max(plain, robustness)
        best = sorted([*best, (robustness, scenario)], key=lambda one: one[0])[:BEST]
        spent_s = time.process_time() - began_s
        if robustness < 0.0:
            return Hunt(Found(scenario, drawn_faults(scenario, folder), robustness), flights, spent_s, robustness)
        if spent_s > cpu_s:
            return Hunt(None, flights, spent_s, best[0][0])
        graded = [one for least, one in best if least < plain]  # most scenarios do not touch the formula: all alike
        if guided and flights % BATCH == 0 and graded:
            drawn_from.learn(graded)


def shrunk(formula: str, found: Found, folder: Path) -> Found:
    """The violation with fewer and shorter faults, as long as it stays one."""
    faults = found.faults
    for fault in found.faults:
        fewer = tuple(one for one in faults if one is not fault)
        if fewer and robustness_of(formula, found.scenario, folder, fewer) < 0.0:
            faults = fewer
    for index, fault in enumerate(faults):
        shorter = (*faults[:index], replace(fault, for_s=round(SHORTER * fault.for_s, 1)), *faults[index + 1 :])
        if robustness_of(formula, found.scenario, folder, shorter) < 0.0:
            faults = shorter
    return replace(found, faults=faults, robustness=robustness_of(formula, found.scenario, folder, faults))


def case_line(formula: str, found: Found) -> str:
    """The violation as a case for `test/system/fault_cases.yaml`."""
    faults = ", ".join(f"[{f.kind}, {f.drone}, {f.at_s}, {f.for_s}, {f.size}]" for f in found.faults)
    luck = found.scenario.luck
    waits = ".inf" if luck.crew_waits_s == inf else f"{luck.crew_waits_s:g}"
    return (
        f"- why: {formula} is broken\n  seed: {found.scenario.seed}\n  faults: [{faults}]\n"
        f"  luck: [{luck.wind_mps!r}, {luck.energy_error!r}, {waits}]"
    )


def drawn_faults(scenario: Scenario, folder: Path) -> tuple[Fault, ...]:
    """The faults of a scenario for the drones of its town."""
    drones = [route.drone for route in town_of(scenario.seed, folder, SHORT_MINUTES).plan.routes]
    return scenario.faults(drones)


def robustness_of(formula: str, scenario: Scenario, folder: Path, faults: tuple[Fault, ...] | None = None) -> float:
    """The least robustness of a formula among the drones of a flown scenario; `CERTAIN` if it is unknown."""
    faults = drawn_faults(scenario, folder) if faults is None else faults
    flown = fly(scenario.seed, folder, faults, SHORT_MINUTES, luck=scenario.luck, judged_by=judge_flights)
    known = [one[formula].high for one in flown.verdicts.values() if isfinite(one[formula].high)]
    return min(known, default=CERTAIN)
