"""The fault campaign: a share of it, the missions that failed once, and broken flight logic that it must detect."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from blindspot_lab.campaign import faulty_fleet as fleet
from blindspot_lab.campaign.faults import Fault
from blindspot_lab.campaign.faulty_flight import Flown, Luck, fly
from blindspot_lab.campaign.mutants import MUTANTS, without_rows
from blindspot_lab.formulas.table import differences, judge_flights, rules

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "fault_cases.yaml").read_text())
SHORT_MINUTES = (2.0, 3.5)
LIMIT_S = 900.0
SHARE = [7_000_000, *(pytest.param(7_000_000 + more, marks=pytest.mark.thorough) for more in (1, 2, 3))]
"""Seeds of missions. The campaign itself flies hundreds."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("law")


@pytest.fixture
def fly_case(folder, monkeypatch) -> Callable[[dict[str, Any]], Flown]:
    monkeypatch.setattr(fleet, "LIMIT_S", LIMIT_S)

    def fly_one(case: dict[str, Any]) -> Flown:
        if case.get("along"):
            return fly(case["seed"], folder, along=True, judged_by=judge_flights)
        faults = tuple(Fault(*fault) for fault in case["faults"])
        luck = Luck(*case["luck"]) if "luck" in case else None
        return fly(case["seed"], folder, faults, SHORT_MINUTES, luck=luck, judged_by=judge_flights)

    return fly_one


def broken_formulas(flown: Flown) -> set[str]:
    return {name for verdicts in flown.verdicts.values() for name, one in verdicts.items() if one.verdict == "broken"}


ROWS: dict[str, list[Any]] = {
    "lease lost": ["lease silent", "drone1", 60.0, 60.0, 0.5],
    "lease gone": ["lease silent", "drone1", 60.0, 60.0, 0.5],
    "vehicle lost": ["vehicle link cut", "drone1", 40.0, 42.0, 0.5],
    "position lost": ["position not heard", "drone1", 60.0, 40.0, 0.5],
    "motion lost": ["motion not heard", "drone1", 60.0, 28.0, 0.5],
    "battery low": ["battery low", "drone1", 70.0, 5.0, 0.45],
    "battery unknown": ["battery not heard", "drone1", 60.0, 40.0, 0.5],
    "wind strong": ["gale", "drone1", 60.0, 60.0, 0.5],
    "fence near": ["astray over the fence", "drone1", 110.0, 5.0, 0.5],
    "zone near": ["astray into a zone", "drone1", 110.0, 5.0, 0.5],
    "zone entered": ["astray into a zone", "drone1", 110.0, 5.0, 0.5],
    "route left": ["astray into a zone", "drone1", 110.0, 5.0, 0.5],
    "drone near": ["intruder", "drone1", 80.0, 30.0, 0.5],
    "aircraft near": ["aircraft near", "drone1", 60.0, 90.0, 0.5],
    "aircraft evaded": ["aircraft near", "drone1", 60.0, 90.0, 0.5],
    "ground lost": ["ground station lost", "drone1", 60.0, 40.0, 0.5],
    "camera lost": ["camera lost", "drone1", 60.0, 60.0, 0.5],
    "gimbal lost": ["gimbal lost", "drone1", 60.0, 60.0, 0.5],
    "computer hot": ["computer hot", "drone1", 60.0, 40.0, 0.5],
    "disk full": ["disk full", "drone1", 60.0, 40.0, 0.5],
}
"""For a row of the ladder a fault whose formula must be broken by flight logic without that row and the graver ones of
the same cause. PX4 itself sends a drone home that crosses its fence, and lands one with an empty battery: no case."""
TOGETHER = {
    "lease lost": ("lease gone",), "battery low": ("battery spent",), "fence near": ("fence close", "fence crossed"),
    "zone near": ("zone close", "zone entered"),
    "zone entered": ("zone near", "zone close", "route left"), "drone near": ("route left",),
    "route left": ("zone near", "zone close", "zone entered"), "aircraft near": ("aircraft evaded",),
    "aircraft evaded": ("aircraft near",),
}  # fmt: skip


def test_every_mutant_is_tried():
    assert {case["mutant"] for case in CASES if "mutant" in case} == MUTANTS.keys()


@pytest.mark.parametrize("case", CASES, ids=[case["why"] for case in CASES])
def test_a_mission_that_was_kept_breaks_no_rule(fly_case, case):
    flown = fly_case(case)
    assert [str(breach) for breach in flown.breaches] == []
    assert all(outcome for outcome, _ in flown.outcomes.values())
    assert broken_formulas(flown) == set() and differences(flown.breaches, flown.verdicts) == []


@pytest.mark.parametrize("case", [c for c in CASES if "mutant" in c], ids=lambda case: case["mutant"])
def test_flight_logic_without_a_part_of_it_is_caught(fly_case, monkeypatch, case):
    monkeypatch.setattr(*MUTANTS[case["mutant"]]())
    flown = fly_case(case)
    assert case["breaks"] in [breach.rule for breach in flown.breaches]
    assert differences(flown.breaches, flown.verdicts) == []


@pytest.mark.thorough
@pytest.mark.parametrize("row", ROWS)
def test_without_its_row_a_formula_is_broken(fly_case, monkeypatch, row):
    monkeypatch.setattr(*without_rows(row, *TOGETHER.get(row, ()))())
    name = next(rule.name for rule in rules() if rule.row == row)
    assert name in broken_formulas(fly_case({"seed": 40, "faults": [ROWS[row]]}))


def test_a_flight_that_is_taken_over_after_a_jump_goes_on(fly_case):
    faults = [["operator jump", "drone1", 90.0, 5.0, 0.8], ["flight_control lost", "drone1", 101.0, 5.0, 0.5]]
    flown = fly_case({"seed": 40, "faults": faults})
    assert flown.outcomes["drone1"] == ("completed", "") and flown.breaches == ()


@pytest.mark.slow
@pytest.mark.parametrize("seed", SHARE)
def test_a_share_of_the_campaign_breaks_no_rule(folder, seed):
    assert [str(breach) for breach in fly(seed, folder).breaches] == []
