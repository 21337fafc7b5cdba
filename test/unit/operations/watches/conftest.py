"""Posts of the reference drone, 150 m from the pads and 60 m up."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from test.factories import plan_of, route_of, view_at, waypoint_at

from blindspot.mission import DroneModel
from blindspot.operations.watches import PostPlan

MODEL = DroneModel.model_validate(
    yaml.safe_load((Path(__file__).parents[4] / "config/drones/reference.yaml").read_text())
)


def post(drone: str, target: str = "stage", dwell_s: float = 1200.0) -> PostPlan:
    view, back = view_at(150.0, 0.0, 60.0, dwell_s=dwell_s, speed_mps=6.0), waypoint_at(0.0, 0.0, 60.0, speed_mps=6.0)
    return PostPlan.of(plan_of(route_of(view, back, drone=drone, up_m=60.0)), target, MODEL)


@pytest.fixture(scope="session")
def pair() -> list[PostPlan]:
    """Two drones of one target."""
    return [post("drone1"), post("drone2")]
