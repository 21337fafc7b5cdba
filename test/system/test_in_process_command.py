"""`blindspot sim MISSION --in-process`: a whole run outside ROS, the same for the same seed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blindspot.cli.sessions import sim_in_process
from blindspot.core.errors import PlanningError
from blindspot.evidence.observed.track import read_tracks
from blindspot.law import Loaded
from blindspot.planning.checker.check import Violation

ROOT = Path(__file__).resolve().parents[2]
MISSION = ROOT / "config" / "missions" / "crossroads.yaml"
# The command in an interpreter that can't import ROS 2.
WITHOUT_ROS = "import sys; sys.modules['rclpy'] = None; from blindspot.cli.__main__ import main; main()"
WALL_TIMES = ("wall_time_s", "speed_factor")

pytestmark = pytest.mark.slow


def fly(out: Path, *options: str) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """Run the command. Returns its run folder and the completed process."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", WITHOUT_ROS, "sim", str(MISSION), "--in-process", "--out", str(out), *options],
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT / 'sim'}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    (run_dir,) = (path for path in out.iterdir() if path.is_dir())
    assert f"{run_dir.name}/report.html" in (out / "index.html").read_text()
    return run_dir, done


def summary(run_dir: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((run_dir / "summary.json").read_text())
    return facts


def without_wall_times(run_dir: Path) -> str:
    lines = (run_dir / "summary.json").read_text().splitlines()
    return "\n".join(line for line in lines if not any(f'"{name}"' in line for name in WALL_TIMES))


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    return fly(tmp_path_factory.mktemp("first"))


def test_the_private_ground_in_view_is_near_that_of_the_plan(flown):
    found = summary(flown[0])["proportion"]
    assert found["reason"] == ""
    assert found["private_m2s"] == pytest.approx(found["plan"]["private_m2s"], rel=0.2)


def test_it_completes_and_leaves_the_files_of_a_run(flown):
    run_dir, done = flown
    assert done.returncode == 0, done.stderr
    assert {path.name for path in run_dir.iterdir()} == {
        "plan.json", "plan.png", "plan.geojson", "ground.npz", "seen.npz", "track.csv", "summary.json", "report.html",
        "events.jsonl", "looks.csv",
    }  # fmt: skip
    facts = summary(run_dir)
    assert (facts["outcome"], facts["violations"], facts["in_process"]) == ("completed", [], True)
    assert facts["detections"] is None, "no detector ran"
    states = {limit["limit"]: limit["state"] for limit in facts["limits"]}
    assert {limit for limit, state in states.items() if state != "kept"} == {"lease of the law"}  # not observed there
    assert facts["coverage"]["seen_blind_fraction"] >= 0.97
    assert facts["min_separation_m"] >= 15.0
    assert all(drone["min_building_clearance_m"] >= 5.0 for drone in facts["drones"])
    assert "completed" in done.stdout
    assert "report.html" in done.stdout


def test_the_track_and_the_seen_ground_are_those_of_the_flight(flown):
    run_dir, _ = flown
    tracks = read_tracks(run_dir / "track.csv")
    assert set(tracks) == {"drone1", "drone2"}
    for track in tracks.values():
        assert np.allclose(np.diff(track.stamp_s), 0.2)
        assert track.in_air.any() and not track.in_air[-1] and not track.armed[-1]
        assert {"AUTO.MISSION"} <= set(track.mode[track.in_air])
    with np.load(run_dir / "seen.npz") as data, np.load(run_dir / "ground.npz") as ground:
        seen = ~np.isnan(data["last_seen_s"])
        assert not (seen & ~ground["blind"]).any()
        assert seen.sum() / ground["blind"].sum() == pytest.approx(
            summary(run_dir)["coverage"]["seen_blind_fraction"], abs=0.001
        )


@pytest.mark.thorough
def test_the_same_seed_gives_the_same_run_and_another_seed_another(flown, tmp_path):
    run_dir, _ = flown
    again, _ = fly(tmp_path / "again")
    assert without_wall_times(again) == without_wall_times(run_dir)
    assert (again / "track.csv").read_bytes() == (run_dir / "track.csv").read_bytes()
    other, done = fly(tmp_path / "other", "--seed", "9", "--plan", str(run_dir / "plan.json"))
    assert done.returncode == 0, done.stderr
    assert (other / "track.csv").read_bytes() != (run_dir / "track.csv").read_bytes()


def test_a_plan_that_breaks_a_rule_is_not_flown(tmp_path, monkeypatch):
    broken = Violation("building", "drone1", None, 12.0, "3.0 m from a building")
    monkeypatch.setattr(sim_in_process, "plan_into", lambda *_, **__: (None, (broken,)))
    with pytest.raises(PlanningError, match=r"breaks 1 rules and is not flown.*3\.0 m from a building"):
        sim_in_process.fly(Loaded.of(MISSION), tmp_path, None)
    assert not (tmp_path / "track.csv").exists()


class Flight:
    """A flight that records its orders to return."""

    phase, route_fraction = "en_route", 0.5

    def __init__(self) -> None:
        self.called_home = 0

    def return_home(self) -> str:
        self.called_home += 1
        return ""


class Fleet:
    """A fleet of one, far from any track point."""

    now_s = 0.0

    def __init__(self) -> None:
        self.flight = Flight()
        self.drones = {"drone1": self}


def test_ctrl_c_brings_the_drones_home_once_and_twice_stops(tmp_path):
    from rich.console import Console

    fleet, before = Fleet(), signal.getsignal(signal.SIGINT)
    with sim_in_process.watching(Console(quiet=True), tmp_path) as watch:
        assert watch.until(fleet) is False
        assert fleet.flight.called_home == 0
        signal.raise_signal(signal.SIGINT)
        assert [watch.until(fleet), watch.until(fleet)] == [False, False]
        assert fleet.flight.called_home == 1
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
