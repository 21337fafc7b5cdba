"""Foundations of the picture transport benchmark: a mission that records, and a correct time measurement."""

import numpy as np

from blindspot.stack.bringup import stack
from blindspot.stack.programs.processes import Options
from blindspot_lab.bench.eyes import eyes


def test_the_bench_flies_one_drone_with_a_recorder_at_its_own_rates(tmp_path):
    mission, parameters = eyes.recorded_mission(tmp_path), eyes.parameters(tmp_path)
    what = stack("embedded", mission, Options(run_dir=tmp_path, params_file=parameters))
    drones = [node.full_name for node in what.nodes if node.namespace == "/drone1"]
    assert drones == [f"/drone1/{name}" for name in ("flight_control", "camera", "detector", "recorder")]
    assert set(eyes.NODES) < {name.rpartition("/")[2] for name in drones}


def test_the_wait_of_a_handed_over_picture_is_counted(monkeypatch):
    clock_s = iter(np.arange(0.0, 1000.0, 0.25))
    monkeypatch.setattr(eyes.time, "perf_counter", lambda: next(clock_s))
    assert eyes.handed_over_ms(np.zeros((2, 2, 3), np.uint8)) == 250.0
