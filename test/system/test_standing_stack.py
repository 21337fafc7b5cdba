"""A standing stack with every node as a real process, from `up` to `down`: missions one after the other and at once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
BY = ("--person", "A. Martin", "--reason", "a test of the standing stack")
WEST, EAST = 1.9994, 2.0006
PARTS = {
    "north": ("drone1", (47.000072, 47.0007), "  - {name: drone2, model: reference, pad: south}\n"),
    "south": ("drone2", (46.9993, 46.999928), "  - {name: drone1, model: reference, pad: north}\n"),
}
"""Each half of the crossroads: its drone, its latitudes, and the line of the drone that stays out. The halves are 16 m
apart: fences of plans that are cleared at the same time need 15 m between them."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """The fleet of the crossroads, and a small mission with its plan for each half."""
    root = tmp_path_factory.mktemp("town")
    config = root / "config"
    shutil.copytree(REPOSITORY / "config", config, ignore=shutil.ignore_patterns("nantes*"))
    missions = config / "missions"
    usual = (missions / "crossroads.yaml").read_text()
    planning = []
    for name, (_, (south, north), other) in PARTS.items():
        ring = [[EAST, south], [EAST, north], [WEST, north], [WEST, south], [EAST, south]]
        area = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        (missions / f"{name}.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [area]}))
        assert other in usual
        text = (
            usual.replace(other, "").replace("crossroads_perimeter", name).replace("name: Crossroads", f"name: {name}")
        )
        (missions / f"{name}.yaml").write_text(text.replace("name: Crossroads", f"name: {name}"))
        command = ["-P", "-m", "blindspot.cli", "plan", str(missions / f"{name}.yaml"), "--out", str(root / name)]
        environment = os.environ | {"PYTHONPATH": f"{REPOSITORY / 'src'}:{REPOSITORY / 'sim'}"}
        planning.append(subprocess.Popen([sys.executable, *command], env=environment, stdout=subprocess.DEVNULL))
    assert [process.wait() for process in planning] == [0, 0]
    return SimpleNamespace(fleet=config / "fleets" / "crossroads.yaml", missions=missions, plans=root)


@pytest.fixture
def stack(town: SimpleNamespace, up: Callable[[Path], Any]) -> Any:
    """The stack, ready."""
    return up(town.fleet)


def flight(town: SimpleNamespace, name: str) -> tuple[object, ...]:
    plan = town.plans / name / "plan.json"
    return ("fly", town.missions / f"{name}.yaml", "--plan", plan, *BY, "--json")


def completed(flown: SimpleNamespace) -> dict[str, Any]:
    """The summary of a flight that was completed within all limits."""
    assert flown.code == 0, flown.err
    summary: dict[str, Any] = json.loads(flown.out)
    assert (summary["outcome"], summary["violations"]) == ("completed", []), flown.err
    return summary


def acts_of(journal: Path, act: str) -> list[dict[str, Any]]:
    entries = map(json.loads, journal.read_text().splitlines())
    return [entry["facts"] for entry in entries if entry["act"] == act]


@pytest.mark.slow
def test_missions_one_after_the_other_and_two_at_once_from_up_to_down(stack, town):
    state = json.loads((shown := stack.command("status", "--json")).out)
    assert shown.code == 0 and state["ready"] and state["mode"] == "embedded" and state["simulated"], shown.out
    assert Path(state["fleet"]) == town.fleet and Path(state["stack_dir"]) == stack.run_dir

    # Nobody flies without a name, and a second stack has no place in the domain.
    nameless = stack.command("fly", town.missions / "north.yaml", "--person", " ", "--reason", "none")
    assert nameless.code == 2 and nameless.err.count("\n") == 1 and "--person" in nameless.err
    nobody = stack.command("resume", "drone1", "--reason", "none")
    assert nobody.code == 2 and nobody.err.count("\n") == 1 and "--person" in nobody.err
    second = stack.command("up", town.fleet, "--out", stack.out.with_name("second"))
    assert second.code == 2 and "blindspot down" in second.err and not stack.out.with_name("second").exists()

    summary = completed(stack.command(*flight(town, "north")))
    assert [each["name"] for each in summary["drones"]] == ["drone1"]
    (folder,) = stack.run_dir.glob("*-north")
    for file in ("plan.json", "ground.npz", "seen.npz", "track.csv", "events.jsonl", "looks.csv", "report.html"):
        assert (folder / file).stat().st_size > 0, file

    # One after the other, and at once: an order to one drone leaves the other mission alone.
    both = [stack.begin(*flight(town, name)) for name in PARTS]
    stack.wait_for("drone1: en_route", times=2)
    stack.wait_for("drone2: preflight")
    busy = stack.begin(*flight(town, "north"))
    held = stack.command("hold", "drone1", *BY, "--json")
    assert held.code == 0, held.err + held.out
    assert {name: drone["phase"] for name, drone in json.loads(held.out)["drones"].items()} == {"drone1": "hold"}
    phases = stack.drones()
    assert phases["drone1"] == "hold" != phases["drone2"]
    resumed = stack.command("resume", "drone1", *BY)
    assert resumed.code == 0, resumed.err
    refused = stack.ended(busy)
    assert refused.code == 3 and "drone1 flies mission north" in json.loads(refused.out)["reason"], refused.err
    for summary in map(completed, map(stack.ended, both)):
        assert summary["coverage"]["seen_blind_fraction"] > 0.0

    # The end, and the journal: it is whole and names the person of each order.
    down = stack.command("down", "--json")
    assert down.code == 0 and json.loads(down.out)["ended"], down.err
    assert stack.end() == 0, stack.printed.read_text()
    assert stack.left_behind() == []
    without = stack.command("status")
    assert without.code == 2 and "blindspot up" in without.err
    verified = stack.command("verify", stack.run_dir)
    assert verified.code == 0, verified.out + verified.err
    orders = acts_of(stack.run_dir / "journal.jsonl", "order")
    assert [(entry["order"], entry["person"]) for entry in orders] == [("hold", "A. Martin"), ("resume", "A. Martin")]
    assert len(acts_of(stack.run_dir / "journal.jsonl", "mission")) >= 3


@pytest.mark.slow
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
def test_a_flight_goes_on_without_the_client_that_ordered_it(stack, town):
    flying = stack.begin(*flight(town, "north"))
    stack.wait_for("drone1: en_route")
    flying.kill()
    flying.communicate()
    stack.wait_for("completed")
    state = json.loads(stack.command("status", "--json").out)
    assert [(mission["outcome"], mission["person"]) for mission in state["missions"]] == [("completed", "A. Martin")]
    assert stack.command("down").code == 0
