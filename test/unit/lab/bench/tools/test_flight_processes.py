"""The bench flies its own mission, and its figures are those of a process."""

from __future__ import annotations

import os
import time

import pytest

from blindspot_lab.bench.tools import flight_processes as bench


@pytest.mark.slow
@pytest.mark.thorough
def test_the_bench_reaches_the_views_of_three_drones_and_aborts_them():
    *_, abort = bench.targets()
    assert abort.name == "abort, to the command at the last of 3 drones" and 0.0 < abort.measured < 30.0


def test_cpu_time_and_memory_of_a_process():
    before_s, own_s = bench.cpu_s(os.getpid()), time.process_time()
    assert before_s == pytest.approx(own_s, abs=0.5)
    assert 5.0 < bench.pss_mb(os.getpid()) < 2000.0


def test_the_command_is_found_in_the_simulators_log():
    line = "[INFO] [1795560740.521384130] [simulator]: drone2 is asked for AUTO.LAND"
    assert bench.COMMAND.findall(line) == [("1795560740.521384130", "drone2")]
