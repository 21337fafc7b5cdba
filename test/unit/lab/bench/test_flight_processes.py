"""The bench's own mission is lawful, and its figures are those of a process."""

from __future__ import annotations

import os
import time
from datetime import UTC

import pytest

from blindspot.law.authorisation import load_authorisation
from blindspot.law.clearance import judge_plan
from blindspot.mission.mission_file import load_mission
from blindspot_lab.bench import flight_processes as bench


def test_three_drones_may_fly_over_their_pads(tmp_path):
    mission = load_mission(bench.three_drones(tmp_path))
    plan = bench.planned(mission)
    assert [route.drone for route in plan.routes] == list(bench.DRONES)
    now = mission.file.start.astimezone(UTC)
    assert judge_plan(load_authorisation(mission.authorisation_path), plan, now, simulated=True) == ()


def test_cpu_time_and_memory_of_a_process():
    before_s, own_s = bench.cpu_s(os.getpid()), time.process_time()
    assert before_s == pytest.approx(own_s, abs=0.5)
    assert 5.0 < bench.pss_mb(os.getpid()) < 2000.0


def test_the_command_is_found_in_the_simulators_log():
    line = "[INFO] [1795560740.521384130] [simulator]: drone2 is asked for AUTO.LAND"
    assert bench.COMMAND.findall(line) == [("1795560740.521384130", "drone2")]
