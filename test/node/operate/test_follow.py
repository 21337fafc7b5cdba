"""The command that follows a flight in progress of another client."""

from __future__ import annotations

import json
import os
import signal
import threading
from contextlib import closing

import pytest
from blindspot_msgs.msg import MissionStatus
from test.node.operate.conftest import run

from blindspot.core.errors import InputError
from blindspot.evidence.observed import EventLog
from blindspot.flight.missions import KeptMission, KeptMissions, KeptOrder, keep
from blindspot.mission import MissionRef, load_fleet, load_mission


@pytest.fixture
def in_progress(stack, mission_path, plan, tmp_path):
    """A run that another client ordered; its folder."""
    ref = MissionRef.of(load_fleet(mission_path), load_mission(mission_path))
    order = KeptOrder(file=ref.file, sha256=ref.sha256, run="evening-1", person="A. Martin", reason="pass 1")
    mission = KeptMission(
        order=order, requester="scheduler", name="Crossroads", drones=("drone1",), stage="flying",
        plans=(plan.to_json(),),
    )  # fmt: skip
    keep(tmp_path, KeptMissions(missions=(mission,)))
    (tmp_path / "evening-1").mkdir()
    (tmp_path / "evening-1" / "plan.json").write_text(plan.to_json())
    stack.missions.append(MissionStatus(run="evening-1", mission="Crossroads", phase="flying", drones=["drone1"]))
    return tmp_path / "evening-1"


def later(stack, act) -> threading.Thread:
    """Do something to the stack once its order is followed."""

    def wait() -> None:
        while not (stack.run_dir / "events.jsonl").exists():
            threading.Event().wait(0.05)
        act()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def test_a_run_that_another_client_ordered_is_followed_and_concluded(stack, in_progress, finished):
    def end() -> None:
        stack.phases = dict.fromkeys(stack.phases, "landed")
        stack.missions[-1].phase, stack.missions[-1].outcome = "done", "completed"

    stack.run_dir = in_progress
    ends = later(stack, end)
    done = run("follow", "--json")
    ends.join()
    assert done.exit_code == 0 and json.loads(done.stdout) == {"outcome": "completed"}, done.stderr
    assert stack.goals == stack.orders == [], "it orders nothing"
    [end_of_run] = finished
    assert end_of_run.run_dir == in_progress and (in_progress / "track.csv").is_file()
    assert end_of_run.facts["extra"]["order"] == {"run": "evening-1", "person": "A. Martin", "reason": "pass 1"}


def test_ctrl_c_ends_following_and_the_flight_goes_on(stack, in_progress, finished):
    stack.run_dir = in_progress
    interrupts = later(stack, lambda: os.kill(os.getpid(), signal.SIGINT))
    done = run("follow", "evening-1")
    interrupts.join()
    assert done.exit_code == 130 and "the flight goes on" in done.stderr
    assert stack.orders == [] and finished == []


def test_a_run_is_followed_once_and_by_its_name(stack, in_progress):
    with pytest.raises(InputError, match="no run morning is in progress; name one of evening-1"):
        run("follow", "morning")
    with (
        closing(EventLog(in_progress / "events.jsonl")),
        pytest.raises(InputError, match="evening-1 is followed by another command"),
    ):
        run("follow")
    keep(in_progress.parent, KeptMissions())
    with pytest.raises(InputError, match="no run is in progress; see blindspot status"):
        run("follow")
