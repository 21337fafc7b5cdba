"""A stack that stays up for days: missions one after the other, and no memory, file, thread or goal is left of them."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest
from test.system.conftest import BY, PARTS, completed, reworded

from blindspot.stack.programs.log_files import KEPT, LARGEST_BYTES

HOURS = float(os.environ.get("BLINDSPOT_UPTIME_H", "24"))
"""Simulated hours of flight."""
SPEED = 60.0
"""More than two cores reach: with the commands in between, they fly 11 to 14 times as fast as in reality."""
MEASURED_EACH = 4
"""Missions from one measurement to the next."""
OTHERS = {drone: other for drone, _, other in PARTS.values()}
"""By drone: the line of the one that stays out."""
LONG = {
    "max_speed_mps: 6.0": "max_speed_mps: 1.0", "min_up_m: 60.0": "min_up_m: 30.0",
    "min_px_per_m: 25.0, max_px_per_m: 60.0": "min_px_per_m: 85.0, max_px_per_m: 150.0",
}  # fmt: skip
"""The crossroads seen by one drone, low and slow: a flight of 20 min, so that little time is lost between two."""
MOST_GROWTH = 0.05
"""Of the memory of all nodes together, from the second mission, when both drones have flown, to the last."""
SETTLED_S = 3.0
"""Wall time after a mission in which its last messages are handled."""


class Load(NamedTuple):
    """What a process holds between two missions."""

    own_mb: float
    """Memory without the pages of files: a process beside the stack that reads the same libraries halves a node's share
    of them, and its end looks like a growth of 20 MB."""
    files: int
    threads: int


def load_of(pid: int) -> Load:
    process = Path(f"/proc/{pid}")
    lines = (process / "smaps_rollup").read_text(encoding="ascii").splitlines()
    own_mb = sum(int(line.split()[1]) for line in lines if line.startswith(("Pss_Anon:", "Pss_Shmem:"))) / 1024
    return Load(own_mb, len(list((process / "fd").iterdir())), len(list((process / "task").iterdir())))


def missions_of(stack, town: SimpleNamespace, folder: Path) -> list[tuple[Path, Path]]:
    """A long mission for each drone, with its plan."""
    reworded(town.missions.parent / "authorisations" / "crossroads_sim.yaml", {
        "max_flight_min_per_day: 60": f"max_flight_min_per_day: {12 * 1440}", "max_px_per_m: 60": "max_px_per_m: 150",
    })  # fmt: skip
    made = [(town.missions / f"long_{drone}.yaml", folder / drone / "plan.json") for drone in OTHERS]
    for (file, plan), (drone, other) in zip(made, OTHERS.items(), strict=True):
        shutil.copy(town.missions / "crossroads.yaml", file)
        reworded(file, {other: "", "name: Crossroads": f"name: {drone}", **LONG})
        assert stack.command("plan", file, "--out", plan.parent).code == 0
    return made


def loads_of(stack) -> dict[str, Load]:
    time.sleep(SETTLED_S)
    return {node: load_of(pid) for node, pid in stack.pids.items()}


def flown_s(stack) -> float:
    """Simulated time of the latest mission. Nothing is in progress."""
    state = json.loads(stack.command("status", "--json").out)
    assert state["ready"] and state["lost_nodes"] == []
    assert {mission["phase"] for mission in state["missions"]} == {"done"}
    assert {drone["phase"] for drone in state["drones"]} == {"idle"}
    return state["missions"][0]["elapsed_s"]


def table(loads: list[dict[str, Load]]) -> str:
    """Each node's load in the first measurement and in the last."""
    pairs = ((node, before, loads[-1][node]) for node, before in loads[0].items())
    lines = [
        f"{node}: {b.own_mb:.1f} -> {a.own_mb:.1f} MB, {b.files} -> {a.files} files, {b.threads} -> {a.threads} threads"
        for node, b, a in pairs
    ]
    return "\n".join([f"{len(loads)} measurements", *lines])


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.timeout(HOURS * 3600)
def test_hours_of_missions_leave_nothing_behind_in_the_nodes(up, town: SimpleNamespace, tmp_path):
    stack, loads, total_s, flown = up(town.fleet, SPEED), [], 0.0, 0
    missions, pids = missions_of(stack, town, tmp_path), stack.pids
    while total_s < HOURS * 3600.0 or len(loads) < 2:
        file, plan = missions[flown % 2]
        completed(stack.command("fly", file, "--plan", plan, *BY, "--json"))
        flown += 1
        total_s += flown_s(stack)
        if flown % MEASURED_EACH == 2 or (loads and total_s >= HOURS * 3600.0):
            loads.append(loads_of(stack))
            sizes = ", ".join(f"{node} {load.own_mb:.1f}" for node, load in loads[-1].items())
            with (tmp_path / "loads.txt").open("a") as record:
                record.write(f"{flown} missions, {total_s / 3600:.2f} h: {sizes} MB\n")
    assert stack.pids == pids, "no node was started again"
    shown = table(loads)
    first, last = loads[0], loads[-1]
    sums = [sum(load.own_mb for load in each.values()) for each in (first, last)]
    assert sums[1] <= sums[0] * (1.0 + MOST_GROWTH), shown
    for node, before in first.items():
        assert last[node].files <= before.files and last[node].threads <= before.threads, shown
    for log in (stack.run_dir / "log").iterdir():
        # A log is cut every ten seconds.
        assert log.stat().st_size < 2 * LARGEST_BYTES, log
    assert len(list((stack.run_dir / "log").iterdir())) <= len(pids) * (KEPT + 1)
    assert stack.command("down").code == 0
    assert stack.end() == 0 and stack.left_behind() == []
    assert stack.command("verify", stack.run_dir).code == 0
