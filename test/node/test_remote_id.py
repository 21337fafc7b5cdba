"""Remote identification in a real graph: flight_control sends it, the module reports it, pre-flight judges it."""

from __future__ import annotations

from pathlib import Path

import pytest

from blindspot.law import load_authorisation
from blindspot.mission import load_mission
from blindspot.nodes.flight_control import FlightControl
from blindspot_sim.nodes.simulator import Simulator

FLEET = Path(__file__).resolve().parents[2] / "config" / "fleets" / "crossroads.yaml"


@pytest.fixture
def world(graph, tmp_path):
    """The autopilot of drone1 and its flight_control."""
    simulator = graph.start(Simulator, "/", fleet=str(FLEET), speed_factor=5.0, run_dir="", waits_fast=True)
    control = graph.start(
        FlightControl, "/drone1", fleet=str(FLEET), use_sim_time=True, simulated=True, run_dir=str(tmp_path),
        lease_key=graph.leasing.key,
    )  # fmt: skip
    return simulator.faces[0].vehicle, control


def test_the_numbers_are_sent_from_the_start_and_the_module_confirms_them(graph, world, mission_path):
    vehicle, control = world
    auth = load_authorisation(load_mission(mission_path).authorisation_path)

    def judged(*, simulated=False):
        return control.remote_id.judge(auth, simulated=simulated)

    graph.spin_until(lambda: judged().value == "BSPT5DRN01, the module is ready")
    given = vehicle.remote_id.given
    assert given["open_drone_id/operator_id"]["operator_id"] == "FIN87astrdge12k8"
    graph.spin_until(lambda: given["open_drone_id/system"]["operator_latitude"] != 0)
    assert given["open_drone_id/system"]["classification_type"] == 1

    vehicle.remote_id.problem = "no radio"
    graph.spin_until(lambda: judged().value == "the module is not ready: no radio")
    vehicle.remote_id.problem = ""
    take = vehicle.remote_id.take
    vehicle.remote_id.take = lambda topic, fields, now_s: take(topic, {**fields, "uas_id": "BSPT5DRN77"}, now_s)
    graph.spin_until(lambda: judged().value == "the drone sends serial number BSPT5DRN77")
    vehicle.remote_id.is_fitted = False
    graph.spin_until(lambda: judged().value == "no module reports")
    assert judged().todo and not judged(simulated=True).todo
