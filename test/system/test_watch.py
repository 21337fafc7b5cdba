"""A watch with every node as a real process: hand-overs in which the mission manager or the gate dies."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from test.factories import with_dwell
from test.system.conftest import BY, REPOSITORY, StandingStack, reworded

from blindspot.mission import load_mission, load_plan

pytestmark = [pytest.mark.slow, pytest.mark.thorough, pytest.mark.timeout(1200)]
DWELL_S, SWAP_S = 330.0, 60.0
"""A post that is long enough for the other drone to land, to get a pack and to come back."""
LONGEST_GAP_S = 5.0
"""Of a hand-over without a spare camera, s."""
HOME_AFTER_S = 30.0
"""A drone without a lease for so long flies home, s."""


@pytest.fixture
def watch(tmp_path: Path) -> SimpleNamespace:
    """The watch of the crossroads with short posts, made by the planner."""
    config = tmp_path / "config"
    shutil.copytree(REPOSITORY / "config", config, ignore=shutil.ignore_patterns("nantes*"))
    mission, fleet = config / "missions" / "crossroads_watch.yaml", config / "fleets" / "crossroads.yaml"
    reworded(mission, {"T18:00:00": "T14:30:00"})
    for file in (mission, fleet):
        file.write_text(f"{file.read_text()}\nswap_s: {SWAP_S}\n")
    return SimpleNamespace(mission=mission, fleet=fleet, posts=tmp_path / "posts")


def shorten(folder: Path, file: Path) -> Path:
    """The posts in a folder with a shorter time on post; the file of the first one."""
    mission = load_mission(file)
    for post in (folder / "plan.json", folder / "post-2.json"):
        plan = load_plan(post)
        post.write_text(with_dwell(plan, mission.model_of(plan.routes[0].drone), DWELL_S).to_json())
    return folder / "plan.json"


def is_beside(stack: StandingStack, relief: str, number: int) -> bool:
    """Whether this drone flies to relieve the other one for this number of a relief, and has not done so."""
    armed = [entry["drone"] for entry in entries(stack, "arming")]
    return len(armed) == number + 1 and armed[-1] == relief and stack.drones().get(relief) == "en_route"


def entries(stack: StandingStack, act: str) -> list[dict[str, Any]]:
    file = stack.run_dir / "journal.jsonl"
    lines = file.read_text().splitlines(keepends=True) if file.exists() else []
    found = [json.loads(line) for line in lines if line.endswith("\n")]
    return [entry["facts"] for entry in found if entry["act"] == act]


def test_a_hand_over_goes_on_after_the_death_of_the_mission_manager(watch, up):
    stack = up(watch.fleet)
    planned = stack.command("plan", watch.mission, "--out", watch.posts)
    assert planned.code == 0, planned.err
    flown = stack.begin("fly", watch.mission, "--plan", shorten(watch.posts, watch.mission), *BY, "--json")
    stack.wait_until(lambda: is_beside(stack, "drone2", 1))
    stack.signal(next(name for name in stack.pids if name.endswith("mission_manager")), signal.SIGKILL)
    stack.wait_until(lambda: entries(stack, "relief"))
    [mission] = json.loads(stack.command("status", "--json").out)["missions"]
    assert mission["watch"]["stage"]["looking"] == "drone2", mission
    assert stack.command("return", *BY).code == 0
    ended = stack.ended(flown)
    summary = json.loads(ended.out)
    assert summary["outcome"] == "returned" and summary["violations"] == [], ended.err
    stage = summary["watch"]["stage"]
    assert (stage["reliefs"], stage["most_looking"]) == (1, 1), stage
    assert stage["longest_gap_s"] <= LONGEST_GAP_S, stage
    assert [(entry["drone"], entry["person"]) for entry in entries(stack, "relief")] == [("drone1", "A. Martin")]
    assert entries(stack, "look"), "an entry before each change of the right"
    stack.interrupt()
    assert stack.end() == 0
    assert stack.left_behind() == []


@pytest.mark.parametrize("speed", [pytest.param(2.0, id="back-after-seconds"), pytest.param(3.0, id="later")])
def test_a_gate_that_dies_in_the_overlap_clears_both_drones_again_and_the_right_does_not_go_to_and_fro(
    watch, up, speed
):
    stack = up(watch.fleet, speed)
    planned = stack.command("plan", watch.mission, "--out", watch.posts)
    assert planned.code == 0, planned.err
    flown = stack.begin("fly", watch.mission, "--plan", shorten(watch.posts, watch.mission), *BY, "--json")
    stack.wait_until(lambda: any(entry["reason"] == "drone2 follows" for entry in entries(stack, "look")))
    stack.signal(next(name for name in stack.pids if name.endswith("authority")), signal.SIGKILL)
    stack.wait_until(lambda: entries(stack, "relief"))
    given = [entry["drone"] for entry in entries(stack, "look") if entry["may_look"]]
    assert len(given) <= 3, "drone1 at first, and at most both drones after the death"
    assert stack.command("return", *BY).code == 0
    summary = json.loads(stack.ended(flown).out)
    assert (summary["outcome"], summary["violations"]) == ("returned", [])
    stage = summary["watch"]["stage"]
    assert stage["most_looking"] == 1, stage
    assert stage["longest_gap_s"] <= HOME_AFTER_S + LONGEST_GAP_S, stage
