"""Returns along the mission (RTL_TYPE 4) of the simulated vehicle against recordings of PX4 + MAVROS.

PX4 was the development version of January 2026 (SIH quadrotor, real time), each recording on a fresh autopilot.
The mission is a staircase and a loop of 30 m corners at 12 m, each corner twice, take-off item at 5 m:

- `return_along_back`: a view at the first corner; return ordered on the way to the third one.
- `return_along_forward`: the same with the view later; ordered in the second half.
- `return_along_end`: a hold just before the pad, `set_current` to item 1, return.
- `return_along_take_off`: ordered during the climb.
"""

from functools import cache
from pathlib import Path

import pytest

from blindspot_lab.recordings.flown_path import path_differences
from blindspot_lab.recordings.recording import Trace, read_trace
from blindspot_lab.recordings.replay import replay
from blindspot_sim.autopilot import navigator, return_along_mission
from blindspot_sim.autopilot.auto_mission import MissionRunner

TRACES = Path(__file__).resolve().parents[3] / "data" / "traces"
SCENARIOS = ("return_along_back", "return_along_end", "return_along_forward", "return_along_take_off")


@cache
def recorded(scenario: str) -> Trace:
    return read_trace(TRACES / f"{scenario}.jsonl.gz")


def test_every_recording_is_replayed():
    assert {path.name.partition(".")[0] for path in TRACES.glob("*.gz")} == set(SCENARIOS)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_vehicle_returns_as_recorded(scenario):
    trace = recorded(scenario)
    assert path_differences(trace, replay(trace)) == []


def set_no_item(self, seq):
    return True


MUTANTS = {
    "a straight return": ("return_along_back", navigator, "ALONG_MISSION", ()),
    "always backwards": ("return_along_forward", return_along_mission, "goes_forwards", lambda *_: False),
    "always forwards": ("return_along_back", return_along_mission, "goes_forwards", lambda *_: True),
    "the chosen item does not count": ("return_along_end", MissionRunner, "set_current", set_no_item),
    "the closest item, also from the mission": (
        "return_along_take_off",
        return_along_mission,
        "first_item",
        lambda items, current, *, forwards: 0,
    ),
}


@pytest.mark.thorough
@pytest.mark.parametrize("mutant", MUTANTS)
def test_another_way_is_noticed(monkeypatch, mutant):
    scenario, owner, name, value = MUTANTS[mutant]
    monkeypatch.setattr(owner, name, value)
    trace = recorded(scenario)
    assert path_differences(trace, replay(trace)) != []
