"""The fault campaign: a share of it, the missions that failed once, and broken flight logic that it must detect."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from blindspot.flight.control import sensor, state
from blindspot.flight.control.state import FlightState
from blindspot.flight.route.phases import MISSION, RETURN
from blindspot.flight.watch import ladder
from blindspot.flight.watch.who_flies import who_flies
from blindspot.law.leases.lease import LeaseWatch
from blindspot_lab.campaign import faulty_fleet as fleet
from blindspot_lab.campaign.faults import Fault
from blindspot_lab.campaign.faulty_flight import Flown, fly

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "fault_cases.yaml").read_text())
SHORT_MINUTES = (2.0, 3.5)
LIMIT_S = 900.0
SHARE = [7_000_000, 7_000_001, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in (7_000_002, 7_000_003))]
"""Seeds of missions. The campaign itself flies hundreds."""

Patch = pytest.MonkeyPatch


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("law")


@pytest.fixture
def fly_case(folder, monkeypatch) -> Callable[[dict[str, Any]], Flown]:
    monkeypatch.setattr(fleet, "LIMIT_S", LIMIT_S)

    def fly_one(case: dict[str, Any]) -> Flown:
        if case.get("along"):
            return fly(case["seed"], folder, along=True)
        return fly(case["seed"], folder, tuple(Fault(*fault) for fault in case["faults"]), SHORT_MINUTES)

    return fly_one


def without_rows(*names: str) -> Callable[[Patch], None]:
    table = ladder.rows
    return lambda patch: patch.setattr(ladder, "rows", lambda s: tuple(r for r in table(s) if r.name not in names))


def ask_the_pilot_back(patch: Patch) -> None:
    def let_others_fly(state: FlightState) -> bool:
        if state.seen.mode == "POSCTL":
            state.enter("en_route", "", MISSION)
        return False

    patch.setattr(FlightState, "let_others_fly", let_others_fly)


def keep_the_sensor_on(patch: Patch) -> None:
    def inhibit(state: FlightState) -> None:
        state.sensor_inhibited = state.phase != "en_route"

    patch.setattr(sensor, "inhibit_unless_lawful", inhibit)


MUTANTS: dict[str, Callable[[Patch], None]] = {
    "the lease is not looked at": lambda patch: patch.setattr(LeaseWatch, "at", lambda *_: "ok"),
    "the sensor stays on": keep_the_sensor_on,
    "the pilot is asked back": ask_the_pilot_back,
    "no battery row": without_rows("battery low", "battery spent"),
    "no fence row": without_rows("fence near", "fence close", "fence crossed"),
    "no zone row": without_rows("zone near", "zone close", "zone entered"),
    "no drone row": without_rows("drone near", "route left"),  # either holds a drone that is led astray
    "no time limits": lambda patch: patch.setattr(state, "time_limit_s", lambda *_: float("inf")),
    "a mission after a failsafe is the pilot's": lambda patch: patch.setattr(
        state,
        "who_flies",
        lambda seen, ours, *, falls_back_to: who_flies(seen, ours, falls_back_to=falls_back_to - {MISSION, RETURN}),
    ),
}


def test_every_mutant_is_tried():
    assert {case["mutant"] for case in CASES if "mutant" in case} == MUTANTS.keys()


@pytest.mark.parametrize("case", CASES, ids=[case["why"] for case in CASES])
def test_a_mission_that_was_kept_breaks_no_rule(fly_case, case):
    flown = fly_case(case)
    assert [str(breach) for breach in flown.breaches] == []
    assert all(outcome for outcome, _ in flown.outcomes.values())


@pytest.mark.parametrize("case", [c for c in CASES if "mutant" in c], ids=lambda case: case["mutant"])
def test_flight_logic_without_a_part_of_it_is_caught(fly_case, monkeypatch, case):
    MUTANTS[case["mutant"]](monkeypatch)
    assert case["breaks"] in [breach.rule for breach in fly_case(case).breaches]


def test_a_flight_that_is_taken_over_after_a_jump_goes_on(fly_case):
    faults = [["operator jump", "drone1", 90.0, 5.0, 0.8], ["flight_control lost", "drone1", 101.0, 5.0, 0.5]]
    flown = fly_case({"seed": 40, "faults": faults})
    assert flown.outcomes["drone1"] == ("completed", "") and flown.breaches == ()


@pytest.mark.slow
@pytest.mark.parametrize("seed", SHARE)
def test_a_share_of_the_campaign_breaks_no_rule(folder, seed):
    assert [str(breach) for breach in fly(seed, folder).breaches] == []
