"""Refusals of `blindspot up` before it starts anything."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from blindspot.cli.__main__ import app
from blindspot.cli.sessions.sim_session import StartError, only_stack
from blindspot.core.errors import InputError
from blindspot.stack.stack_record import read_stack_record

CONFIG = Path(__file__).resolve().parents[4] / "config"
FLEET, OPERATION = CONFIG / "fleets" / "crossroads.yaml", CONFIG / "operations" / "crossroads_evenings.yaml"


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--mode", "loud"), "loud is unknown"),
        (("--mode", "emebdded"), "up: --mode: emebdded is unknown; name embedded, sitl, gazebo or hardware$"),
        (("--mode", "gazebo"), "--world: is for --mode gazebo, which lacks it; name a file"),
        (("--world", "town.sdf"), "--world: is for --mode gazebo, which this is not"),
        (("--camera", "/dev/video0"), "--camera: is for --mode hardware; leave it out"),
        (("--calibration", "lens.yaml"), "--calibration: is for --mode hardware"),
        (("--mode", "hardware"), "have the same link"),
        (("--log-level", "loud"), "loud is unknown"),
        (("--person", "A. Martin"), "--person: goes with --operation"),
        (("--library", "somewhere"), "--library: goes with --operation"),
        (("--operation", str(OPERATION), "--person", "\u200b"), "--person: is empty; name the person who starts"),
    ],
)
def test_a_refused_stack_leaves_no_folder(tmp_path, monkeypatch, words, problem):
    monkeypatch.setattr("blindspot.stack.stack_record.read_stack_record", lambda _: None)
    monkeypatch.setattr("blindspot.stack.Supervisor", lambda *_: pytest.fail("the stack was started"))
    with pytest.raises(InputError, match=problem):
        CliRunner().invoke(app(), ["up", str(FLEET), "--out", str(tmp_path / "runs"), *words], catch_exceptions=False)
    assert not (tmp_path / "runs").exists()


def test_a_second_stack_that_starts_at_once_leaves_no_folder_and_the_record_of_the_first(tmp_path, monkeypatch):
    monkeypatch.setenv("ROS_DOMAIN_ID", "97")
    with only_stack(os.environ), pytest.raises(StartError, match="blindspot down, or export another ROS_DOMAIN_ID"):
        CliRunner().invoke(app(), ["up", str(FLEET), "--out", str(tmp_path / "runs")], catch_exceptions=False)
    assert list((tmp_path / "runs").iterdir()) == [] and read_stack_record(os.environ) is None


@pytest.mark.parametrize("is_ready", [True, False])
def test_a_stack_is_the_latest_one_only_if_it_was_ready(tmp_path, monkeypatch, is_ready):
    monkeypatch.setenv("ROS_DOMAIN_ID", "97")
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path / "state"))

    class Session:
        def __init__(self, *_: object) -> None:
            pass

        def run(self, once_up):
            assert read_stack_record(os.environ).is_running, "other commands find a stack that starts"
            if not is_ready:
                raise StartError("/drone1/camera: not up")
            once_up()
            return 0

    nothing = SimpleNamespace(
        watch=lambda *_: None, follow=lambda *_: None, others=tuple, find=lambda _: None, pids={}, keep=None
    )
    monkeypatch.setattr("blindspot.nodes.clients.Operator", lambda: nullcontext(nothing))
    for name in ("Supervisor", "Px4Logs"):
        monkeypatch.setattr(f"blindspot.stack.{name}", lambda *_: nullcontext(nothing))
    monkeypatch.setattr("blindspot.cli.operate.stack_session.StackSession", Session)
    CliRunner().invoke(app(), ["up", str(FLEET), "--out", str(tmp_path / "runs")])
    record = read_stack_record(os.environ)
    assert (record is not None and not record.is_running) is is_ready
