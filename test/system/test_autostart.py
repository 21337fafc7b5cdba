"""A stack started as by a launch file: it flies the mission by itself, with a user's parameters."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from blindspot.stack import bringup
from blindspot.stack.programs.processes import Options
from blindspot.stack.supervisor import Exit, Supervisor

LIMIT_S = 280.0
"""A guard against a hang."""


@pytest.fixture
def started(patrol, stack_domain, tmp_path, monkeypatch):
    """Starts the short mission's stack with these parameters for the cameras; the first process that ends."""
    repository = Path(__file__).resolve().parents[2]
    monkeypatch.setenv("PYTHONPATH", f"{repository / 'src'}:{repository / 'sim'}")
    monkeypatch.setenv("ROS_DOMAIN_ID", str(stack_domain))

    def start(parameters: str) -> Exit:
        own = tmp_path / "own.yaml"
        own.write_text(f"/*/camera: {{ros__parameters: {{{parameters}}}}}\n")
        options = Options(run_dir=tmp_path, speed_factor=10.0, autostart=True, params_file=own, log_level="info")
        with Supervisor(bringup.stack("embedded", patrol, options), tmp_path) as supervisor:
            deadline_s = time.monotonic() + LIMIT_S
            while not (ended := supervisor.ended()):
                assert time.monotonic() < deadline_s
                time.sleep(0.1)
        return ended[0]

    return start


@pytest.mark.slow
@pytest.mark.thorough  # test_mission_starter.py has the node
def test_the_mission_is_flown_by_itself(started, tmp_path):
    ended = started("binning: 4")
    log = (tmp_path / "log" / "blindspot.mission_starter.log").read_text()
    assert (ended.name, ended.code) == ("/blindspot/mission_starter", 0), log
    assert "mission completed" in log


def test_the_users_parameters_reach_the_node(started):
    ended = started("position_std_m: 99.0")  # out of range, so that the camera's error shows the value
    assert (ended.name, ended.code) == ("/drone1/camera", 2)
    assert "position_std_m" in ended.last_words
