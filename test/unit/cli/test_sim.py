"""Refusals of `blindspot sim` before a run, and the options that reach the stack."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from blindspot.cli import sim
from blindspot.cli.__main__ import app
from blindspot.cli.sessions import sim_run
from blindspot.core.errors import InputError

MISSION = Path(__file__).parents[3] / "config" / "missions" / "crossroads.yaml"


def run(*words: object):
    return CliRunner().invoke(app(), ["sim", str(MISSION), *map(str, words)], catch_exceptions=False)


@pytest.fixture
def own(tmp_path) -> Path:
    (tmp_path / "own.yaml").write_text("/*/camera:\n  ros__parameters: {binning: 4}\n")
    return tmp_path / "own.yaml"


def test_parameters_and_log_level_reach_every_node(monkeypatch, tmp_path, own):
    flown = []
    monkeypatch.setattr(sim, "fly_on_ros", lambda stack, *_: flown.append(stack) or "completed")
    monkeypatch.chdir(tmp_path)
    assert run("--out", "runs", "--params-file", own.name, "--log-level", "debug").exit_code == 0
    (stack,) = flown
    assert stack.parameter_files[-1] == own and stack.log_level == "debug"


def test_a_world_reaches_gazebo_whole(monkeypatch, tmp_path):
    """The process that reads it runs in another folder."""
    flown = []
    monkeypatch.setattr(sim, "fly_on_ros", lambda stack, *_: flown.append(stack) or "completed")
    monkeypatch.chdir(tmp_path)
    Path("town.sdf").touch()
    assert run("--out", "runs", "--mode", "gazebo", "--world", "town.sdf").exit_code == 0
    (stack,) = flown
    assert stack.programs[0].command[-1] == str(tmp_path / "town.sdf")


def test_a_disk_that_is_full_after_the_landing_is_reported_in_a_line(monkeypatch, tmp_path):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("blindspot.cli.sessions.sim_in_process.fly", full)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"-crossroads: --out: can't be written \(No space left on device\); name"):
        run("--in-process")


def test_a_report_that_fits_no_disk_is_refused_in_a_line(monkeypatch, tmp_path, capsys):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    for place in ("run_files.conclude", "conclude"):
        monkeypatch.setattr(f"blindspot.evidence.{place}", full)
    assert sim_run.finish(Console(), None, None, {}, tmp_path, 1.0) == "failed"
    assert "no summary: " in (reported := capsys.readouterr().out) and "No space left on device" in reported


def test_a_plan_of_another_mission_is_refused_before_any_node_starts(monkeypatch, tmp_path, plan):
    monkeypatch.setattr(sim, "fly_on_ros", lambda *_: pytest.fail("the stack was started"))
    route = plan.routes[0].model_copy(update={"drone": "of_another_fleet"})
    (tmp_path / "plan.json").write_text(plan.model_copy(update={"routes": (route,)}).to_json())
    with pytest.raises(InputError, match=r"plan.json: is no plan of this mission: .*of_another_fleet"):
        run("--out", tmp_path / "runs", "--plan", tmp_path / "plan.json")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("words", "reported"),
    [
        (("--mode", "loud"), "loud is unknown"),
        (("--mode", "hardware"), "--mode: hardware flies real drones; .*ros2 launch blindspot hardware"),
        (("--mode", "sitl", "--in-process"), "--in-process: has no autopilots of --mode sitl"),
        (("--log-level", "loud"), "loud is unknown"),
        (("--params-file", "absent.yaml"), "absent.yaml"),
        (("--mode", "gazebo"), "--world: is for --mode gazebo, which lacks it; name a file"),
        (("--world", "town.sdf"), "--world: is for --mode gazebo, which this is not"),
        (("--mode", "gazebo", "--world", "absent.sdf"), "absent.sdf is no file"),
        (("--in-process", "--log-level", "debug"), "has no nodes"),
    ],
)
def test_a_refused_flight_leaves_no_folder(tmp_path, words, reported):
    with pytest.raises(InputError, match=reported):
        run("--out", tmp_path / "runs", *words)
    assert not (tmp_path / "runs").exists()
