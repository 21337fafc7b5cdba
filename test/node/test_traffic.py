"""Reports of aircraft reach flight_control in a real graph."""

from __future__ import annotations

from pathlib import Path

import pytest

from blindspot.nodes.flight_control import FlightControl
from blindspot_sim.mavros.adsb import AircraftNearby
from blindspot_sim.nodes.simulator import Simulator

FLEET = Path(__file__).resolve().parents[2] / "config" / "fleets" / "crossroads.yaml"


def test_an_aircraft_that_the_receiver_reports_is_known_with_its_place_and_speed(graph, tmp_path):
    simulator = graph.start(Simulator, "/", fleet=str(FLEET), speed_factor=5.0, run_dir="", waits_fast=True)
    control = graph.start(
        FlightControl, "/drone1", fleet=str(FLEET), use_sim_time=True, simulated=True, run_dir=str(tmp_path),
        lease_key=graph.leasing.key,
    )  # fmt: skip

    def known():
        return control.traffic.aircraft(control.now())

    graph.spin_until(lambda: control.now() > 3.0)
    assert known() == ()
    simulator.faces[0].vehicle.aircraft = AircraftNearby(0.0, 1000.0, 500.0, 150.0, north_mps=1.0)
    graph.spin_until(known)
    [found] = known()
    assert found.east_m == pytest.approx(1000.0, abs=0.1)
    assert 500.0 < found.north_m < 600.0
    assert (found.east_mps, found.north_mps) == pytest.approx((0.0, 1.0), abs=1e-5)
