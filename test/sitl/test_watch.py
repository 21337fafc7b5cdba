"""One hand-over of a watch on two real PX4 and MAVROS: `blindspot sim --mode sitl`, as a user types it."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from test.factories import with_dwell
from test.sitl.test_missions import LIMIT_S, REPOSITORY, Flight

from blindspot.cli.plans.plan import plan as make_plan
from blindspot.mission import load_mission, load_plan

DWELL_S = 300.0
"""A post that is long enough for the pre-flight, the way and the overlap of its relief."""

pytestmark = [pytest.mark.sitl, pytest.mark.timeout(3 * LIMIT_S)]


@pytest.fixture
def watch(px4_and_mavros: object, tmp_path: Path) -> Iterator[Flight]:
    """The watch of the crossroads with short posts, in flight."""
    shutil.copytree(REPOSITORY / "config", tmp_path / "config", ignore=shutil.ignore_patterns("nantes*"))
    file = tmp_path / "config" / "missions" / "crossroads_watch.yaml"
    file.write_text(f"{file.read_text().replace('T18:00:00', 'T14:30:00')}\nswap_s: 30\n")
    posts, mission = tmp_path / "posts", load_mission(file)
    make_plan(file, out=posts)
    for post in (posts / "plan.json", posts / "post-2.json"):
        plan = load_plan(post)
        post.write_text(with_dwell(plan, mission.model_of(plan.routes[0].drone), DWELL_S).to_json())
    flown = Flight(file, tmp_path / "runs", "--plan", str(posts / "plan.json"))
    yield flown
    if flown.process.poll() is None:
        flown.process.kill()  # its processes die with it
        flown.process.wait()


def test_the_second_drone_relieves_the_first_and_one_camera_looks_at_a_time(watch):
    watch.wait_for(lambda: "drone1: return (called home" in watch.printed and "drone1: landed" in watch.printed)
    watch.process.send_signal(signal.SIGINT)
    summary = watch.summary()
    stage = summary["watch"]["stage"]
    assert (summary["outcome"], summary["violations"]) == ("returned", []), watch.printed
    assert stage["reliefs"] == 1 and stage["most_looking"] == 1 and stage["longest_gap_s"] <= 5.0, json.dumps(stage)
