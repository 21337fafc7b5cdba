"""Whole missions of the real stack on a real PX4 and MAVROS: `blindspot sim --mode sitl`, as a user types it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyulog import ULog

REPOSITORY = Path(__file__).resolve().parents[2]
LIMIT_S = 600.0
"""A guard against a hang: a flight takes three minutes."""
WATCHED_S = 40.0
"""Longer than any hold-off of the failsafe ladder."""

pytestmark = [pytest.mark.sitl, pytest.mark.timeout(2 * LIMIT_S)]


class Flight:
    """One run, its output and its folder."""

    def __init__(self, mission: Path, out: Path, *options: str) -> None:
        self._out = out
        self._printed = out.with_suffix(".txt")
        blindspot = [sys.executable, "-P", "-m", "blindspot.cli"]
        command = [*blindspot, "sim", str(mission), "--mode", "sitl", "--out", str(out), *options]
        here = [str(REPOSITORY / "src"), str(REPOSITORY / "sim")]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([*here, os.environ.get("PYTHONPATH", "")])}
        with self._printed.open("wb") as file:
            self.process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT
            )

    @property
    def folder(self) -> Path:
        (folder,) = self._out.iterdir()
        return folder

    def kill(self, name: str) -> None:
        """End one process of the stack like a crash."""
        os.kill(json.loads((self.folder / "processes.json").read_text())[name], signal.SIGKILL)

    @property
    def printed(self) -> str:
        return self._printed.read_text(errors="replace")

    def wait_for(self, come: Callable[[], bool], meanwhile: Callable[[], None] = lambda: None) -> None:
        """Wait for a condition. The test fails if the run ends earlier."""
        deadline_s = time.monotonic() + LIMIT_S
        while not come():
            assert self.process.poll() is None, self.printed
            assert time.monotonic() < deadline_s, self.printed
            meanwhile()
            time.sleep(0.01)

    def go_on(self, seconds: float, meanwhile: Callable[[], None]) -> None:
        until_s = time.monotonic() + seconds
        self.wait_for(lambda: time.monotonic() >= until_s, meanwhile)

    def summary(self, meanwhile: Callable[[], None] = lambda: None) -> dict[str, Any]:
        """The summary after the end of the run."""
        while self.process.poll() is None:
            meanwhile()
            time.sleep(0.01)
        return json.loads((self.folder / "summary.json").read_text())


@pytest.fixture
def flight(px4_and_mavros: object, patrol: Path, tmp_path: Path) -> Iterator[Flight]:
    """The short mission in flight, with the usual speeds of the drone."""
    config = shutil.copytree(patrol.parents[1], tmp_path / "config")
    shutil.copy(REPOSITORY / "config/drones/reference.yaml", config / "drones")
    flown = Flight(config / "missions" / patrol.name, tmp_path / "runs")
    yield flown
    if flown.process.poll() is None:
        flown.process.kill()  # its processes die with it
        flown.process.wait()


def test_a_route_is_flown_to_its_end(flight):
    summary = flight.summary()
    (drone,) = summary["drones"]
    assert (summary["outcome"], summary["violations"]) == ("completed", []), flight.printed
    assert summary["coverage"]["seen_blind_fraction"] > 0.9
    assert drone["max_route_deviation_m"] < 3.0
    assert drone["battery_left_fraction"] > 0.3
    log = ULog(str(flight.folder / "drone1.ulg"), ["vehicle_land_detected"])
    landed = list(log.get_dataset("vehicle_land_detected").data["landed"])
    assert landed[0] and landed[-1] and not all(landed), "PX4's log has the flight from start to end"


@pytest.mark.parametrize("lost", ["/drone1/flight_control", "/drone1/mavros/mavros_node"])
def test_a_process_that_dies_in_flight_is_started_again_and_the_route_goes_on(flight, lost):
    flight.wait_for(lambda: "drone1: en_route" in flight.printed)
    flight.kill(lost)
    summary = flight.summary()
    assert (summary["outcome"], summary["violations"]) == ("completed", []), flight.printed
    said = "; ".join([summary["reason"], *summary["chain"]])
    assert f"{lost} was killed by SIGKILL" in said and "was started again" in said


def test_the_pilot_takes_it_keeps_it_and_lands_it(flight, ground_station):
    station = ground_station
    flight.wait_for(lambda: "drone1: en_route" in flight.printed, station.tick)
    station.there = station.sticks = True
    flight.go_on(2.0, station.tick)
    assert station.modes[-1] == "AUTO.MISSION"
    station.choose("POSCTL")
    flight.wait_for(lambda: "drone1: pilot" in flight.printed, station.tick)
    flight.go_on(WATCHED_S, station.tick)
    assert station.modes[-1] == "POSCTL"
    station.choose("AUTO.LAND")
    summary = flight.summary(station.tick)
    after_taking = station.modes[station.modes.index("POSCTL") :]
    assert set(after_taking) == {"POSCTL", "AUTO.LAND"}, "somebody else chose a mode"
    assert summary["outcome"] == "aborted" and "landed by the pilot" in summary["reason"]
