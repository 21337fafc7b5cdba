"""Refusals of `blindspot up` before it starts anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from blindspot.cli.__main__ import app
from blindspot.core.errors import InputError

CONFIG = Path(__file__).resolve().parents[4] / "config"
FLEET, OPERATION = CONFIG / "fleets" / "crossroads.yaml", CONFIG / "operations" / "crossroads_evenings.yaml"


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--mode", "loud"), "loud is unknown"),
        (("--mode", "emebdded"), "up: --mode: emebdded is unknown; name embedded, sitl, gazebo or hardware$"),
        (("--mode", "replay"), "--mode: replay flies nothing; .*ros2 launch blindspot replay"),
        (("--mode", "gazebo"), "--world: is for --mode gazebo, which lacks it; name a file"),
        (("--world", "town.sdf"), "--world: is for --mode gazebo, which this is not"),
        (("--camera", "/dev/video0"), "--camera: is for --mode hardware; leave it out"),
        (("--calibration", "lens.yaml"), "--calibration: is for --mode hardware"),
        (("--mode", "hardware"), "have the same link"),
        (("--log-level", "loud"), "loud is unknown"),
        (("--operation", str(OPERATION), "--person", "\u200b"), "--person: is empty; name the person who starts"),
    ],
)
def test_a_refused_stack_leaves_no_folder(tmp_path, monkeypatch, words, problem):
    monkeypatch.setattr("blindspot.stack.stack_record.read_stack_record", lambda _: None)
    with pytest.raises(InputError, match=problem):
        CliRunner().invoke(app(), ["up", str(FLEET), "--out", str(tmp_path / "runs"), *words], catch_exceptions=False)
    assert not (tmp_path / "runs").exists()
