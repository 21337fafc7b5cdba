"""The table of the formulas: its rows, and its verdicts over hand-written flights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from blindspot.core.config_file import read_yaml
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.watch.ladder import rows
from blindspot.mission.drone_model import DroneModel
from blindspot_lab.campaign.observer import Breach
from blindspot_lab.formulas.robustness import UNKNOWN, Robustness
from blindspot_lab.formulas.signals import NAMES
from blindspot_lab.formulas.table import differences, judge_signals, rules, tallies

REFERENCE = Path(__file__).resolve().parents[4] / "config/drones/reference.yaml"
YES = {"homeward", "held", "lands", "heard"}
FAR = {
    "landing_spare_s", "near_m", "pad_m", "aircraft_m", "zone_m", "building_m", "fellow_m", "fence_m", "fence_ahead_m",
    "zone_ahead_m",
}  # fmt: skip
NO = {name for name in NAMES if not name.endswith(("_s", "_m", "_wh", "_share"))} - YES


def flight(**changes):
    """Thirty calm seconds in the mission, then seventy on the ground; a change is (value, since s, until s)."""
    time_s = np.arange(1000) / 10.0
    up = time_s < 30.0
    made = {name: np.zeros(1000) for name in NAMES}
    made |= {name: np.full(1000, 500.0) for name in FAR} | {name: np.zeros(1000, dtype=bool) for name in NO}
    made |= dict.fromkeys(YES, ~up) | dict.fromkeys(("aloft", "flying", "placed", "on_mission"), up)
    made |= {"ended": ~up, "left_wh": np.full(1000, 40.0), "home_over_share": np.full(1000, 0.4)}
    for name, (value, since_s, until_s) in changes.items():
        made[name] = np.where((time_s >= since_s) & (time_s < until_s), value, made[name])
    return made


def broken(**changes):
    return {name for name, verdicts in judge_signals(flight(**changes)).items() if verdicts.verdict == "broken"}


def test_each_row_that_acts_has_a_formula():
    settings = FlightSettings(read_yaml(REFERENCE, DroneModel), simulated=False)
    acting = {row.name for row in rows(settings) if row.action != "inhibit"}
    assert {rule.row for rule in rules() if rule.row} == acting
    assert len(rules()) >= 35 and len({rule.name for rule in rules()}) == len(rules())
    assert all(rule.sentence.endswith(".") for rule in rules())


def test_a_calm_flight_breaks_nothing():
    assert broken() == set()


BREAKS = {
    "armed with a lease only": {"arms": (True, 1, 2), "arms_unleased": (True, 1, 2)},
    "exposure with a lease only": {"looks": (True, 1, 9), "looks_unleased": (True, 3, 4)},
    "clear of buildings": {"building_m": (0.2, 3, 4)},
    "clear of zones": {"zone_m": (-1.2, 3, 4)},
    "inside the fence": {"fence_m": (-1.2, 3, 4)},
    "the pilot wins": {"pilot_has": (True, 3, 9), "commanded_against_pilot": (True, 5, 5.1)},
    "never empty in the air": {"left_wh": (-0.1, 29, 30)},
    "drones apart": {"fellow_m": (4.9, 3, 3.1)},
    "always an outcome": {"ended": (False, 0, 100)},
    "no end in the air": {"ends_heard": (True, 20, 20.5)},
    "each drone comes down": {"flying": (True, 0, 100)},
    "only the plan's mission": {"asks_foreign_mission": (True, 5, 5.1)},
    "lease lost": {"lease_silent_s": (12, 2, 15)},
    "lease gone": {"lease_silent_s": (32, 2, 15), "on_mission": (False, 0, 30)},
    "vehicle lost": {"was_lost": (True, 2, 15)},
    "position lost": {"place_silent_s": (12, 2, 15)},
    "motion lost": {"motion_silent_s": (12, 2, 15)},
    "battery low": {"home_over_share": (0.1, 2, 15)},
    "battery spent": {"home_over_share": (-0.02, 2, 16), "homeward": (True, 0, 30)},
    "battery unknown": {"battery_silent_s": (11, 2, 15)},
    "landing late": {"landing_spare_s": (5, 2, 15)},
    "wind strong": {"gale_s": (11, 2, 25)},
    "wind unknown": {"motion_silent_s": (31, 2, 15)},
    "fence near": {"fence_ahead_m": (-2, 2, 15)},
    "fence close": {"hold_s": (11, 2, 25), "fence_m": (0.2, 2, 25)},
    "fence crossed": {"fence_m": (-1.2, 2, 15)},
    "zone near": {"zone_ahead_m": (-2, 2, 15)},
    "zone close": {"hold_s": (11, 2, 25), "zone_m": (0.2, 2, 25)},
    "zone entered": {"zone_m": (-1.2, 2, 15)},
    "route left": {"off_route_m": (18, 2, 15)},
    "drone near": {"near_m": (8, 2, 15), "moves": (True, 2, 15)},
    "pad taken": {"pad_m": (3, 2, 15), "returns": (True, 2, 15)},
    "home moved": {"home_moved_m": (3, 2, 15)},
    "home astray": {"home_moved_m": (3, 0, 100), "aloft": (True, 0, 100), "lands": (False, 0, 100)},
    "drone lost": {"fellow_silent_s": (14, 2, 15)},
    "aircraft near": {"aircraft_m": (400, 2, 8)},
    "aircraft evaded": {"aircraft_m": (400, 2, 15)},
    "ground lost": {"ground_silent_s": (11, 2, 15)},
    "camera lost": {"camera_silent_s": (31, 2, 15)},
    "gimbal lost": {"gimbal_silent_s": (33, 2, 15)},
    "computer hot": {"hot_s": (11, 2, 15)},
    "disk full": {"disk_low_s": (6, 2, 15)},
}


@pytest.mark.parametrize("name", [rule.name for rule in rules()])
def test_each_formula_can_be_broken(name):
    assert name in broken(**BREAKS[name])


@pytest.mark.parametrize("name", [rule.name for rule in rules() if rule.row])
def test_a_drone_that_nobody_can_command_breaks_no_row(name):
    assert name not in broken(**(BREAKS[name] | {"aloft": (False, 0, 100)}))


def test_a_drone_that_never_took_off_leaves_every_formula_unknown():
    verdicts = judge_signals({name: np.full(50, np.nan) for name in NAMES})
    assert {one.verdict for one in verdicts.values()} == {"unknown"}


def test_the_two_judges_are_compared_drone_by_drone():
    near, wall = flight(fellow_m=(4.0, 3.0, 4.0)), flight(building_m=(0.1, 3.0, 4.0), fellow_m=(4.0, 3.0, 4.0))
    verdicts = {"drone1": judge_signals(near), "drone2": judge_signals(wall)}
    both = [Breach("near drone2", "drone1", 3.0, ""), Breach("building", "drone2", 3.0, "")]
    assert differences(both, verdicts) == []
    assert differences(both[:1], verdicts) == [
        "clear of buildings, drone2: the formula is broken, the observer saw none"
    ]
    assert len(differences([Breach("building", "drone1", 3.0, "")], verdicts)) == 4


def test_a_tally_counts_flights_of_single_drones():
    met, broken_ = Robustness(2.0, 2.0, exercised=True), Robustness(-1.0, -1.0, exercised=True)
    calm = {rule.name: UNKNOWN for rule in rules()}
    name = rules()[0].name
    flights = [{"drone1": calm | {name: met}, "drone2": calm | {name: broken_}}, {"drone1": calm}]
    tally = next(one for one in tallies(flights) if one.formula == name)
    assert (tally.exercised, tally.violations, tally.unknown, tally.least) == (2, 1, 0, -1.0)
    assert replace(met, low=-1.0).verdict == "unknown"
