"""A whole stack in its own processes, as a user starts it, in a domain of its own on this machine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from test.factories import plan_file, plan_of, quicken

from blindspot.core.config_file import read_yaml
from blindspot.flight.control.inspect import ClearWay, nobody_clears
from blindspot.law.leases.lease import Lease
from blindspot.mission.drone_model import DroneModel
from blindspot.mission.homes import NoFly
from blindspot.mission.mission_file import Wind
from blindspot.mission.plan import DensityBand, Route
from blindspot_sim.in_process.fleet_flight import InProcessFleet
from blindspot_sim.in_process.log import FlightLog

BREEZE = Wind(from_deg=250.0, speed_mps=3.0, gust_mps=0.7)
START = datetime(2026, 11, 6, 19, 0, tzinfo=UTC)
REPOSITORY = Path(__file__).resolve().parents[2]
CONFIG = REPOSITORY / "config"
MARK = "BLINDSPOT_TEST_RUN"
"""Environment variable that every process of a run inherits. The test finds the processes by it."""

BY = ("--person", "A. Martin", "--reason", "a test of the standing stack")
WEST, EAST = 1.9994, 2.0006
PARTS = {
    "north": ("drone1", (47.000072, 47.0007), "  - {name: drone2, model: reference, pad: south}\n"),
    "south": ("drone2", (46.9993, 46.999928), "  - {name: drone1, model: reference, pad: north}\n"),
}
"""Each half of the crossroads: its drone, its latitudes, and the line of the drone that stays out. The halves are 16 m
apart: fences of plans that are cleared at the same time need 15 m between them."""

WAIT_LIMIT_S = 400.0
"""A guard against a hang: a flight of 150 s in real time, beside other work."""


def apart_m(log: FlightLog) -> float:
    """Least distance between two drones in the air at the same time, m; infinite if none were."""
    least_m = np.inf
    for a, b in combinations(log.drones.values(), 2):
        n = min(len(a.stamp_s), len(b.stamp_s))
        both = a.airborne[:n] & b.airborne[:n]
        gaps_m = np.linalg.norm(a.truth_m[:n][both] - b.truth_m[:n][both], axis=1)
        least_m = min(least_m, float(gaps_m.min(initial=np.inf)))
    return least_m


def _environment() -> dict[str, str]:
    """That of this process, but bytecode is kept, as a user keeps it: else each process compiles all of its modules."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


class Sim:
    """One `blindspot sim`, or another command that starts a stack: its terminal output, its folder, its processes."""

    def __init__(self, domain: int, mission: Path, out: Path, *options: str, command: str = "sim") -> None:
        self.out, self.domain = out, domain
        self.printed = out.with_suffix(".txt")
        self.environment = _environment() | {
            "PYTHONPATH": os.pathsep.join([str(REPOSITORY / "src"), str(REPOSITORY / "sim")]),
            "ROS_DOMAIN_ID": str(domain),
            "BLINDSPOT_STATE": str(out.with_suffix(".state")),
        }
        words = [sys.executable, "-P", "-m", "blindspot.cli", command, str(mission), "--out", str(out), *options]
        words.append("--no-console")  # a console costs a second of a processor
        with self.printed.open("wb") as file:
            self.process = subprocess.Popen(
                words, env=self.environment | {MARK: str(out)}, stdin=subprocess.DEVNULL, stdout=file,
                stderr=subprocess.STDOUT,
            )  # fmt: skip

    @property
    def run_dir(self) -> Path:
        (folder,) = (path for path in self.out.iterdir() if path.is_dir())
        return folder

    @property
    def summary(self) -> dict[str, Any]:
        return json.loads((self.run_dir / "summary.json").read_text())

    @property
    def events(self) -> list[str]:
        """The reason of the run's outcome, if it has one, and the other events that its summary names."""
        return [event for event in (self.summary["reason"], *self.summary["chain"]) if event]

    @property
    def said(self) -> str:
        return "; ".join(self.events)

    @property
    def pids(self) -> dict[str, int]:
        return json.loads((self.run_dir / "processes.json").read_text())

    def says(self, words: str) -> bool:
        return words in self.printed.read_text(errors="replace")

    def wait_for(self, words: str, times: int = 1) -> None:
        """Wait until the words are printed so many times. The test fails if the command ends earlier."""
        self.wait_until(lambda: self.printed.read_text(errors="replace").count(words) >= times)

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Wait for a state. The test fails if the command ends earlier."""
        deadline_s = time.monotonic() + WAIT_LIMIT_S
        while not is_so():
            assert self.process.poll() is None, self.printed.read_text()
            assert time.monotonic() < deadline_s, self.printed.read_text()
            time.sleep(0.05)

    def signal(self, node: str, number: signal.Signals) -> int:
        """Signal exactly a node's process, since the id may have been reused. Returns the id.

        Raises ProcessLookupError if the process is gone.
        """
        pid = self.pids[node]
        handle = os.pidfd_open(pid)
        try:
            with suppress(OSError):
                mark = f"{MARK}={self.out}\0".encode()
                shown = Path(f"/proc/{pid}/cmdline").read_bytes()
                is_node = b"__ns:=" in shown or b"blindspot.stack.warm" in shown
                if is_node and mark in Path(f"/proc/{pid}/environ").read_bytes() + b"\0":
                    signal.pidfd_send_signal(handle, number)
                    return pid
            raise ProcessLookupError(f"{node} is not process {pid} any more")
        finally:
            os.close(handle)

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def end(self) -> int:
        """Wait for the end. Returns the exit code."""
        return self.process.wait(WAIT_LIMIT_S)

    def left_behind(self) -> list[str]:
        """Command lines of this run's processes that are still alive shortly after its end."""
        deadline_s = time.monotonic() + 5.0
        while (alive := self._alive()) and time.monotonic() < deadline_s:
            time.sleep(0.05)
        return alive

    def _alive(self) -> list[str]:
        mark, lines = f"{MARK}={self.out}\0".encode(), []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark in (folder / "environ").read_bytes() + b"\0":
                    lines.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        return lines


class StandingStack(Sim):
    """One `blindspot up`, and the commands that its users give in other terminals."""

    def __init__(self, domain: int, fleet: Path, out: Path, *options: str) -> None:
        super().__init__(domain, fleet, out, *options, command="up")

    def begin(self, *words: object, within: Path | None = None) -> subprocess.Popen[str]:
        command = [sys.executable, "-P", "-m", "blindspot.cli", *map(str, words)]
        return subprocess.Popen(
            command, env=self.environment, cwd=within, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )  # fmt: skip

    def command(self, *words: object) -> SimpleNamespace:
        return self.ended(self.begin(*words))

    def drones(self) -> dict[str, str]:
        """The phase of each drone."""
        state = json.loads(self.command("status", "--json").out)
        return {drone["drone"]: drone["phase"] for drone in state["drones"]}

    @staticmethod
    def ended(process: subprocess.Popen[str]) -> SimpleNamespace:
        """The exit code, the output and the errors of a command, once it has ended."""
        out, err = process.communicate(timeout=WAIT_LIMIT_S)
        return SimpleNamespace(code=process.returncode, out=out, err=err)


def flight(town: SimpleNamespace, name: str) -> tuple[object, ...]:
    plan = town.plans / name / "plan.json"
    return ("fly", town.missions / f"{name}.yaml", "--plan", plan, *BY, "--json")


def completed(flown: SimpleNamespace) -> dict[str, Any]:
    """The summary of a flight that was completed within all limits."""
    assert flown.code == 0, flown.err
    summary: dict[str, Any] = json.loads(flown.out)
    assert (summary["outcome"], summary["violations"]) == ("completed", []), flown.err
    return summary


@pytest.fixture
def sim(tmp_path: Path, stack_domain: int) -> Iterator[Callable[..., Sim]]:
    """Starts `blindspot sim MISSION [OPTIONS]`, and kills its remaining processes after the test."""
    started: list[Sim] = []

    def start(mission: Path, *options: str) -> Sim:
        started.append(Sim(stack_domain, mission, tmp_path / f"runs{len(started)}", *options))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()  # its processes die with it
            each.process.wait()


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """The fleet of the crossroads, and a small mission with its plan for each half."""
    root = tmp_path_factory.mktemp("town")
    config = root / "config"
    shutil.copytree(REPOSITORY / "config", config, ignore=shutil.ignore_patterns("nantes*"))
    quicken(config / "drones" / "reference.yaml")
    missions = config / "missions"
    for name, (_, (south, north), other) in PARTS.items():
        ring = [[EAST, south], [EAST, north], [WEST, north], [WEST, south], [EAST, south]]
        area = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        (missions / f"{name}.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [area]}))
        shutil.copy(missions / "crossroads.yaml", missions / f"{name}.yaml")
        reworded(missions / f"{name}.yaml", {
            other: "", "crossroads_perimeter": name, "name: Crossroads": f"name: {name}",
            "max_speed_mps: 6.0": "max_speed_mps: 4.0",  # long enough on the way for an order by a slow client
            "limits:\n": f"record: {'true' if name == 'north' else 'false'}\nlimits:\n",
        })  # fmt: skip
        plan_file(missions / f"{name}.yaml", root / name)
    return SimpleNamespace(fleet=config / "fleets" / "crossroads.yaml", missions=missions, plans=root)


def reworded(file: Path, words: dict[str, str]) -> None:
    text = file.read_text()
    for before, after in words.items():
        assert before in text
        text = text.replace(before, after)
    file.write_text(text)


@pytest.fixture
def up(tmp_path: Path, stack_domain: int) -> Iterator[Callable[..., StandingStack]]:
    """Starts `blindspot up FLEET` and waits until it is ready. After the test it kills the rest of its processes."""
    started: list[StandingStack] = []

    def start(fleet: Path, speed: float = 10.0, *options: str) -> StandingStack:
        out = tmp_path / f"runs{len(started)}"
        started.append(StandingStack(stack_domain, fleet, out, "--speed", str(speed), *options))
        started[-1].wait_for("ready: ")
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()  # its processes die with it
            each.process.wait()


@pytest.fixture(scope="session")
def fleet_of() -> Callable[..., InProcessFleet]:
    """Makes a fleet of routes over a flat, empty field, outside ROS. Its gate renews each lease."""
    models = {"reference": read_yaml(CONFIG / "drones" / "reference.yaml", DroneModel)}

    def granted(_: str, now: datetime) -> Lease:
        return Lease(True, now + timedelta(seconds=3), may_look=True)

    def legal_time(now_s: float) -> datetime:
        return START + timedelta(seconds=now_s)

    def make(
        *routes: Route, seed: int = 1, wind: Wind = BREEZE, no_fly: tuple[NoFly, ...] = (),
        clear_way: ClearWay = nobody_clears,
    ) -> InProcessFleet:  # fmt: skip
        band = DensityBand(min_px_per_m=25.0, max_px_per_m=120.0)
        plan = plan_of(*routes, perimeter=routes[0].failsafe.fence, band=band)
        return InProcessFleet(
            plan, models, granted, legal_time, seed=seed, wind=wind, no_fly=no_fly, clear_way=lambda _: clear_way
        )

    return make
