"""A hold near a corner ends within the braking distance that plans keep free beyond each corner (decision 35)."""

import math

import pytest

from blindspot_lab.recordings.recording import read_trace
from blindspot_sim.airframe.vehicle_config import WindConfig

ACCELERATION_MPS2 = 3.0
LAST_M = 2.3
"""Distance from buildings that a plan keeps beyond the braking distance."""


def slid_m(drone, speed_mps, before_m):
    """Farthest place beyond a right-angled corner, m, of a hold that begins this distance before it."""
    items = [drone.item(22, 0.0, 0.0, 20.0), drone.item(178, math.nan, math.nan, 0.0, 1.0, speed_mps, -1.0)]
    drone.start_mission([*items, drone.item(16, 70.0, 0.0, 20.0, 0.0, 1.0), drone.item(16, 70.0, 60.0, 20.0, 0.0, 1.0)])
    drone.run_until(lambda: drone.mavros.truth.east_m > 70.0 - before_m, 60.0)
    assert drone.ask("set_mode", base_mode=0, custom_mode="AUTO.LOITER")["mode_sent"]
    farthest_m = [0.0]
    drone.run(12.0, lambda: farthest_m.append(drone.mavros.truth.east_m - 70.0))
    return max(farthest_m)


@pytest.mark.parametrize("before_m", [12.0, 4.0, 0.5])
@pytest.mark.parametrize("speed_mps", [4.0, 6.0, 8.0])
def test_a_hold_of_the_simulated_vehicle_slides_on_no_further_than_plans_count(make_drone, speed_mps, before_m):
    drone = make_drone(
        drag_per_s=0.45,
        wind=WindConfig(0.0, 3.0, 0.7),
        parameters={"MPC_ACC_HOR": ACCELERATION_MPS2, "MPC_XY_CRUISE": 8},
    )
    slid = slid_m(drone, speed_mps, before_m)
    assert slid < speed_mps**2 / (2 * ACCELERATION_MPS2) + LAST_M
    assert slid > 0.5 or before_m > 10.0


@pytest.mark.parametrize(("scenario", "axis", "least_m"), [("mission", "x", 0.7), ("pilot_takeover", "y", 1.7)])
def test_recorded_holds_of_px4_slide_on_no_further(shared_data, scenario, axis, least_m):
    """Two holds began 1.1 and 0.2 m before a corner at 60 m, on ways at 5 m/s."""
    mode, slides = "", []
    for line in read_trace(shared_data / "traces" / f"{scenario}.jsonl.gz"):
        if line.get("topic") == "state":
            mode = line["msg"]["mode"]
        if line.get("topic") == "local_position/pose" and mode == "AUTO.LOITER":
            slides.append(line["msg"]["pose"]["position"][axis] - 60.0)
    assert least_m < max(slides) < 5.0**2 / (2 * ACCELERATION_MPS2)
