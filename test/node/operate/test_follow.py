"""The command that follows a flight in progress of another client."""

from __future__ import annotations

import json
import os
import signal
import threading

import pytest
from blindspot_msgs.msg import MissionStatus
from test.node.operate.conftest import run

from blindspot.core.errors import InputError
from blindspot.flight.missions import KeptMission, KeptMissions, keep
from blindspot.flight.missions.kept import KeptOrder
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
    (tmp_path / "evening-1" / "events.jsonl").touch()
    stack.missions.append(MissionStatus(run="evening-1", mission="Crossroads", phase="flying", drones=["drone1"]))
    return tmp_path / "evening-1"


def later(stack, act) -> threading.Thread:
    """Do something to the stack once a run of its drones is followed."""

    def wait() -> None:
        while stack.listeners() < 2:
            threading.Event().wait(0.05)
        act()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def test_a_run_that_another_client_ordered_is_followed_to_its_report(stack, in_progress):
    def end() -> None:
        stack.phases = dict.fromkeys(stack.phases, "landed")
        stack.missions[-1].outcome = "completed"
        stack.missions[-1].phase = "done"

    ends = later(stack, end)
    done = run("follow", "--json")
    ends.join()
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout) == {"outcome": "completed", "violations": []}
    assert stack.goals == stack.orders == [], "it orders nothing"
    assert {file.name for file in in_progress.iterdir()} == {"events.jsonl", "summary.json", "report.html"}


def test_ctrl_c_ends_following_and_the_flight_goes_on(stack, in_progress):
    interrupts = later(stack, lambda: os.kill(os.getpid(), signal.SIGINT))
    done = run("follow", "evening-1")
    interrupts.join()
    assert done.exit_code == 130 and "the flight goes on" in done.stderr
    assert stack.orders == [] and not (in_progress / "report.html").exists()


def test_a_run_is_followed_by_its_name(stack, in_progress):
    with pytest.raises(InputError, match="no run morning is in progress; name one of evening-1"):
        run("follow", "morning")
    keep(in_progress.parent, KeptMissions())
    with pytest.raises(InputError, match="no run is in progress; see blindspot status"):
        run("follow")
