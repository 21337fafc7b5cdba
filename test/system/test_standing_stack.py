"""A standing stack with every node as a real process, from `up` to `down`: missions one after the other and at once."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from test.system.conftest import BY, PARTS, WAIT_LIMIT_S, completed, flight, reworded

from blindspot.acts.plans import plan_atlas, plan_folder
from blindspot.law import Loaded

pytestmark = pytest.mark.timeout(3 * WAIT_LIMIT_S)  # three flights, beside other work


@pytest.fixture
def stack(town: SimpleNamespace, up: Callable[[Path], Any]) -> Any:
    """The stack, ready."""
    return up(town.fleet)


@pytest.fixture
def on_call(town: SimpleNamespace, tmp_path: Path) -> Path:
    """A dispatch of drone2 over the southern half, whose atlas lies below `tmp_path`."""
    mission = shutil.copy(town.missions / "crossroads_dispatch.yaml", town.missions / "on_call.yaml")
    words = {PARTS["south"][2]: "", "crossroads_perimeter": "south", "look_s: 60": "look_s: 10"}
    reworded(mission, words)
    plan_atlas(tmp_path / plan_folder(mission), Loaded.of(mission))
    return mission


def acts_of(journal: Path, act: str) -> list[dict[str, Any]]:
    entries = map(json.loads, journal.read_text().splitlines())
    return [entry["facts"] for entry in entries if entry["act"] == act]


@pytest.mark.slow
def test_missions_one_after_the_other_and_a_mission_beside_a_dispatch_from_up_to_down(stack, town, on_call, tmp_path):
    state = json.loads((shown := stack.command("status", "--json")).out)
    assert shown.code == 0 and state["ready"] and state["mode"] == "embedded" and state["simulated"], shown.out
    assert Path(state["fleet"]) == town.fleet and Path(state["stack_dir"]) == stack.run_dir

    # Nobody flies without a name, and a second stack has no place in the domain; the first flight goes on.
    flown = stack.begin(*flight(town, "north"))
    stack.wait_for("drone1: takeoff")
    nameless = stack.begin("fly", town.missions / "north.yaml", "--person", " ", "--reason", "none")
    nobody = stack.begin("resume", "drone1", "--reason", "none")
    second = stack.ended(stack.begin("up", town.fleet, "--out", stack.out.with_name("second")))
    for refused in map(stack.ended, (nameless, nobody)):
        assert refused.code == 2 and refused.err.count("\n") == 1 and "--person" in refused.err
    assert second.code == 2 and "blindspot down" in second.err and not stack.out.with_name("second").exists()

    summary = completed(stack.ended(flown))
    assert [each["name"] for each in summary["drones"]] == ["drone1"]
    (folder,) = stack.run_dir.glob("*-north")
    for file in ("plan.json", "ground.npz", "seen.npz", "track.csv", "events.jsonl", "looks.csv", "report.html"):
        assert (folder / file).stat().st_size > 0, file
    recording = folder / "recording" / "drone1-1.mcap"
    sealed = f"{hashlib.sha256(recording.read_bytes()).hexdigest()}  {recording.name}\n"
    assert recording.with_name(f"{recording.name}.sha256").read_text() == sealed

    # One after the other, and at once: an order to one drone leaves the other mission alone.
    north = stack.begin(*flight(town, "north"))
    look = stack.begin("dispatch", on_call, "--street", "north-south street", *BY, "--json", within=tmp_path)
    stack.wait_for("drone1: preflight", times=2)
    busy = stack.begin(*flight(town, "north"))
    stack.wait_for("drone1: en_route", times=2)
    held = stack.command("hold", "drone1", *BY, "--json")  # at once: the drone lands soon, and the clock runs fast
    resumed = stack.command("resume", "drone1", *BY)  # at once: the hold has a time limit
    assert held.code == 0, held.err + held.out
    assert {name: drone["phase"] for name, drone in json.loads(held.out)["drones"].items()} == {"drone1": "hold"}
    assert resumed.code == 0, resumed.err
    assert not stack.says("drone2: hold")
    refused = stack.ended(busy)
    assert refused.code == 3 and "drone1 flies mission north" in refused.err, refused.err
    assert completed(stack.ended(north))["coverage"]["seen_blind_fraction"] > 0.0
    looked = completed(stack.ended(look))["dispatch"]
    assert (looked["drone"], looked["from"]) == ("drone2", "pad") and looked["asked"] > 0.0
    assert 0.0 < looked["wheels_up_s"] < looked["looking_s"] and looked["looked_s"] > 0.0

    # Other users of the computer read neither the run nor the state of the stack.
    for folder in (stack.run_dir, Path(stack.environment["BLINDSPOT_STATE"])):
        open_to_others = [path for path in (folder, *folder.rglob("*")) if path.lstat().st_mode & 0o077]
        assert [path for path in open_to_others if path.suffix != ".pub" and not path.is_symlink()] == []

    # The end, and the journal: it is whole and names the person of each order.
    down = stack.command("down", "--json")
    assert down.code == 0 and json.loads(down.out)["ended"], down.err
    assert stack.end() == 0, stack.printed.read_text()
    assert stack.left_behind() == []
    verified = stack.command("verify", stack.run_dir)
    assert verified.code == 0, verified.out + verified.err
    orders = acts_of(stack.run_dir / "journal.jsonl", "order")
    assert [(entry["order"], entry["person"]) for entry in orders] == [("hold", "A. Martin"), ("resume", "A. Martin")]
    assert len(acts_of(stack.run_dir / "journal.jsonl", "mission")) >= 3
    (asked,) = acts_of(stack.run_dir / "journal.jsonl", "dispatch")
    assert (asked["drone"], asked["person"], asked["from_"]) == ("drone2", "A. Martin", "pad")


@pytest.mark.slow
@pytest.mark.thorough
def test_a_stack_with_a_drone_in_the_air_brings_it_home_before_it_ends(stack, town):
    flying = stack.begin(*flight(town, "north"))
    stack.wait_for("drone1: en_route")
    nameless = stack.command("down")
    assert nameless.code == 2 and "drone1 is out" in nameless.err
    stack.interrupt()
    assert stack.ended(flying).code == 1
    assert stack.end() == 0, stack.printed.read_text()
    assert stack.says("drone1: return") and stack.left_behind() == []


@pytest.mark.slow
@pytest.mark.thorough
def test_a_run_is_recorded_without_a_client_and_over_the_death_of_its_logbook(stack, town):
    """A client that was killed leaves no hole in the record; a logbook that was killed leaves one that has a name."""
    for name, killed in (("north", "the client"), ("south", "/blindspot/logbook")):
        flying = stack.begin(*flight(town, name))
        stack.wait_for(f"{PARTS[name][0]}: en_route")
        flying.kill()
        flying.communicate()
        if killed != "the client":
            stack.signal(killed, signal.SIGKILL)
        stack.wait_for("is concluded:", times=1 + (name == "south"))
        (folder,) = stack.run_dir.glob(f"*-{name}")
        summary, report = json.loads((folder / "summary.json").read_text()), (folder / "report.html").read_text()
        assert (summary["order"]["person"], summary["violations"]) == ("A. Martin", [])
        assert summary["coverage"]["seen_blind_fraction"] > 0.9 and summary["drones"][0]["flight_time_s"] > 10.0
        if killed == "the client":
            assert summary["outcome"] == "completed" and "unheard" not in summary
            assert summary["detections"] is not None
        else:
            ((begin_s, end_s),) = summary["unheard"]
            assert begin_s < end_s and f"the record has a gap of {end_s - begin_s:.1f} s" in report
    state = json.loads(stack.command("status", "--json").out)
    assert {mission["person"] for mission in state["missions"]} == {"A. Martin"}
    assert stack.command("down").code == 0
