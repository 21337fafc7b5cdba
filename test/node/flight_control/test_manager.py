"""The mission manager as the ground station: it counts while it flies this drone in this run."""

from __future__ import annotations

import subprocess
import sys

import pytest

from blindspot.stack.supervised import note_supervised, start_of


def test_messages_in_the_name_of_a_dead_manager_are_ignored(world, plan, tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    note_supervised(tmp_path, {"/blindspot/mission_manager": (gone.pid, start_of(gone.pid))})
    gone.wait()
    outcome, reason, armed = world.fly(plan, lambda: world.play(lease=""))
    assert outcome == "aborted" and "mission manager" in reason and not armed


def test_a_manager_that_falls_silent_before_the_take_off_ends_it_on_the_ground(world, plan):
    """Silent all through: the checks take longer than it may be silent once the lease is waited for."""
    outcome, reason, armed = world.fly(plan, lambda: world.play(lease="", manager=False))
    assert outcome == "aborted" and "mission manager" in reason
    assert not armed


@pytest.mark.parametrize("mission", [
    {"run": "another"}, {"drones": ["drone2"]}, pytest.param({"phase": "done"}, marks=pytest.mark.thorough),
    pytest.param({"outcome": "unaccounted"}, marks=pytest.mark.thorough),
])  # fmt: skip
def test_a_manager_that_flies_this_drone_in_no_mission_of_the_run_is_no_ground_station(world, plan, mission):
    """It was started again and has lost the flight: it would pass on no order."""
    outcome, reason, _ = world.fly(plan, lambda: world.play(**mission if "takeoff" in world.phases else {}))
    assert (outcome, reason) == ("returned", "the ground station is lost")


def test_a_manager_that_was_started_again_and_goes_on_with_the_mission_counts(world, plan):
    def play() -> None:
        world.play(phase="returning" if "takeoff" in world.phases else "flying", plan="another plan by now")

    outcome, reason, _ = world.fly(plan, play)
    assert (outcome, reason) == ("completed", "")
