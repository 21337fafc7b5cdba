"""The simulated vehicle against recorded flights of PX4 + MAVROS, and proof that the comparison can fail."""

from functools import cache
from pathlib import Path

import pytest

from blindspot_sim import autopilot, commander, dynamics, mavros, mission
from blindspot_sim.replay import Trace, differences, read_trace, replay

SCENARIOS = ("takeoff_land", "mission", "mission_gimbal_items", "rtl_from_far", "offboard_loss_return")


@cache
def recorded(folder: Path, scenario: str) -> Trace:
    return read_trace(folder / "traces" / f"{scenario}.jsonl.gz")


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_vehicle_conforms_to_the_recording(shared_data, scenario, seed):
    trace = recorded(shared_data, scenario)
    assert differences(trace, replay(trace, seed=seed)) == []


MUTANTS = {
    "answers at once": ("takeoff_land", mavros, "_ACK_S", (0.0, 0.0)),
    "tells a reached item once": ("mission", mavros, "_REACHED_REPEATS", 0),
    "shows a mode at once": ("takeoff_land", mavros, "HEARTBEAT_PERIOD_S", 0.05),
    "takes off without spooling up": ("takeoff_land", autopilot, "_LIFT_DETECTED_S", 0.0),
    "lands too soon": ("rtl_from_far", autopilot, "_TOUCHED_S", 0.0),
    "forgets that a mission ended": ("mission", mission, "MissionRunner._do", lambda self, item: None),
    "returns by landing": ("offboard_loss_return", commander, "_OFFBOARD_LOSS", {3: "AUTO.LAND"}),
    "flies too slowly": ("rtl_from_far", dynamics, "_KI_HORIZONTAL", 0.0),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_comparison_notices_a_vehicle_that(shared_data, monkeypatch, name):
    scenario, module, attribute, value = MUTANTS[name]
    owner, _, method = attribute.rpartition(".")
    monkeypatch.setattr(getattr(module, owner) if owner else module, method, value)
    trace = recorded(shared_data, scenario)
    assert differences(trace, replay(trace))


def test_comparison_accepts_no_missing_flight(shared_data):
    trace = recorded(shared_data, "takeoff_land")
    replayed = replay(trace)
    replayed.trace[:] = [line for line in replayed.trace if line["t"] < 15.0]
    assert differences(trace, replayed)
