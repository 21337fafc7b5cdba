"""The table of the formulas, and the verdicts of a whole flight."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import inf
from pathlib import Path

import yaml

from blindspot_lab.campaign.faulty_fleet import Record
from blindspot_lab.campaign.observer import Breach
from blindspot_lab.campaign.random_town import RandomTown
from blindspot_lab.formulas.grammar import Formula, parse, signals_of
from blindspot_lab.formulas.robustness import Robustness, Signals, judged
from blindspot_lab.formulas.signals import NAMES, signals_of_flights

NEAR = "near "
"""How the observer's rule about two drones begins; the name of the other one follows."""
TABLE = Path(__file__).with_name("formulas.yaml")


@dataclass(frozen=True, slots=True)
class StatedRule:
    """One formula: its name, its sentence, and the row of the ladder or the observer's rule that says the same."""

    name: str
    sentence: str
    formula: Formula
    row: str = ""
    states: str = ""


@cache
def rules() -> tuple[StatedRule, ...]:
    """All formulas. Raises ValueError for a formula that names an unknown signal."""
    made = []
    for entry in yaml.safe_load(TABLE.read_text()):
        formula = parse(entry.pop("formula"))
        if unknown := signals_of(formula) - set(NAMES):
            raise ValueError(f"{entry['name']}: unknown signals {sorted(unknown)}")
        made.append(StatedRule(formula=formula, **entry))
    return tuple(made)


def judge_signals(signals: Signals) -> dict[str, Robustness]:
    """The robustness of each formula over the signals of one drone, by the formula's name."""
    return {rule.name: judged(rule.formula, signals) for rule in rules()}


def judge_flights(town: RandomTown, records: Sequence[Record]) -> dict[str, dict[str, Robustness]]:
    """The robustness of each formula over the flights of a campaign's mission, by drone and formula."""
    return {drone: judge_signals(signals) for drone, signals in signals_of_flights(town, records).items()}


def differences(breaches: Sequence[Breach], flight: Mapping[str, Mapping[str, Robustness]]) -> list[str]:
    """The rules that both the observer and a formula state, and on which their verdicts differ."""
    observed = {(breach.drone, breach.rule) for breach in breaches if not breach.rule.startswith(NEAR)}
    pairs = ((breach.drone, breach.rule.removeprefix(NEAR)) for breach in breaches if breach.rule.startswith(NEAR))
    observed |= {(drone, NEAR.strip()) for pair in pairs for drone in pair}
    found = []
    for drone, verdicts in flight.items():
        for rule in rules():
            verdict = verdicts[rule.name].verdict
            if rule.states and ((drone, rule.states) in observed) != (verdict == "broken"):
                saw = "a breach" if (drone, rule.states) in observed else "none"
                found.append(f"{rule.name}, {drone}: the formula is {verdict}, the observer saw {saw}")
    return found


@dataclass(slots=True)
class Tally:
    """One formula over many flights: flights of a drone that exercised it, violations, flights that leave it unknown,
    and the least robustness."""

    formula: str
    exercised: int = 0
    violations: int = 0
    unknown: int = 0
    least: float = inf

    def note(self, robustness: Robustness) -> None:
        if robustness.verdict == "broken":
            self.violations += 1
        if robustness.exercised:
            self.exercised += 1
            self.unknown += robustness.verdict == "unknown"
            self.least = min(self.least, robustness.high)


def tallies(flights: Iterable[Mapping[str, Mapping[str, Robustness]]]) -> list[Tally]:
    """One tally a formula over the flights of all drones."""
    made = {rule.name: Tally(rule.name) for rule in rules()}
    for flight in flights:
        for verdicts in flight.values():
            for name, robustness in verdicts.items():
                made[name].note(robustness)
    return list(made.values())
