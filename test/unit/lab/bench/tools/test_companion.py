"""Foundations of the companion benchmark: a mission that records, the asked model, and delays."""

from types import SimpleNamespace

import pytest
import yaml

from blindspot.mission.mission_file import load_mission
from blindspot.planning.views.candidates import lens_of
from blindspot.stack.bringup import stack
from blindspot.stack.programs.processes import Options
from blindspot_lab.bench.tools import companion


def test_the_bench_flies_one_drone_with_a_recorder_at_its_own_rates(tmp_path):
    mission, parameters = companion.recorded_mission(tmp_path), companion.parameters(tmp_path)
    what = stack("embedded", mission, Options(run_dir=tmp_path, params_file=parameters))
    drones = [node.full_name for node in what.nodes if node.namespace == "/drone1"]
    assert drones == [f"/drone1/{name}" for name in ("flight_control", "camera", "detector", "recorder")]
    assert set(companion.NODES) < {name.rpartition("/")[2] for name in drones}


def test_a_thermal_model_flies_with_a_thermal_camera_on_the_asked_threads(tmp_path):
    mission = load_mission(companion.recorded_mission(tmp_path, "thermal"))
    model, band, limits = mission.model_of("drone1"), mission.file.band, mission.file.limits
    assert (model.camera.sensor, model.camera.width_px) == ("thermal", 640)
    near_m, far_m = (lens_of(model).depth_for(px_per_m) for px_per_m in (band.max_px_per_m, band.min_px_per_m))
    assert near_m < limits.min_up_m < limits.max_up_m < far_m, "each height of the mission has a density of its band"
    given = yaml.safe_load(companion.parameters(tmp_path, model="thermal", threads=4).read_text())
    assert given["/*/detector"]["ros__parameters"] == {"jpeg_rate_hz": 5.0, "model": "thermal", "threads": 4}


def test_a_delay_is_counted_between_two_ticks_of_the_clock(monkeypatch):
    clock, at = companion.PictureClock(), lambda s: SimpleNamespace(sec=int(s), nanosec=round(s % 1 * 1e9))
    monkeypatch.setattr(companion.time, "monotonic", lambda: now_s)
    now_s = 100.0
    clock.on_clock(SimpleNamespace(clock=at(7.5)))
    now_s = 100.03
    clock.on_picture(SimpleNamespace(header=SimpleNamespace(stamp=at(7.25))))
    assert clock.late_ms == [pytest.approx(280.0)]


def test_a_row_becomes_a_figure_of_each_measured_value(monkeypatch):
    cost = companion.FlownCost(
        dict.fromkeys(companion.NODES, 0.5), dict.fromkeys(companion.NODES, 90.0), (120.0, 200.0), 99
    )
    monkeypatch.setattr(companion, "flown_cost", lambda *_: cost)
    found = companion.run_companion("drawn")
    assert [row["threads"] for row in found.tables["companion"]] == [1, 4]
    figures = {target.name: (target.measured, target.unit) for target in found.targets}
    assert figures["drawn, 4 threads: detector, CPU"] == (50.0, "% of a core")
    assert figures["drawn, 1 thread: exposure to masked picture, 95 % below"] == (200.0, "ms")
    assert len(figures) == 16
