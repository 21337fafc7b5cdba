"""A whole mission in a real Gazebo, as a user types it: PX4, MAVROS, ros_gz_bridge, and Gazebo's pictures."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from blindspot.core.errors import BlindspotError
from blindspot.site.load import load_site
from blindspot.stack.bringup import stack
from blindspot.stack.programs.node_command import node_command
from blindspot.stack.programs.processes import Options
from blindspot_sim.world.build import Traffic, build_world

ROOT = Path(__file__).parents[2]
MISSION = ROOT / "config" / "missions" / "crossroads.yaml"
LIMIT_S = 1800.0
"""A guard against a hang: a slow machine flies slowly."""


def lacking() -> str:
    """The missing part of the mode; "" if complete."""
    if not os.environ.get("BLINDSPOT_GAZEBO"):
        return "set BLINDSPOT_GAZEBO=1"
    if absent := [program for program in ("gz", "px4") if shutil.which(program) is None]:
        return f"no {' and no '.join(absent)} on the path"
    what = stack("gazebo", MISSION, Options(Path("run"), world="default.sdf"))
    try:
        for node in what.nodes:
            node_command(node)
    except BlindspotError as error:
        return str(error)
    return ""


pytestmark = [
    pytest.mark.skipif(bool(lacking()), reason=f"NOT TESTED: a flight in a real Gazebo; {lacking()}"),
    pytest.mark.timeout(LIMIT_S),
]


@pytest.fixture
def one_drone(tmp_path: Path) -> Path:
    mission = yaml.safe_load(MISSION.read_text())
    mission["fleet"] = mission["fleet"][:1]
    for name in ("site", "authorisation", "perimeter"):
        mission[name] = str((MISSION.parent / mission[name]).resolve())
    (tmp_path / "drones").symlink_to(ROOT / "config" / "drones")
    (tmp_path / "missions").mkdir()
    written = tmp_path / "missions" / "one.yaml"
    written.write_text(yaml.safe_dump(mission))
    return written


@pytest.fixture
def world(tmp_path: Path) -> Path:
    site = load_site(ROOT / "config" / "sites" / "crossroads")
    noon, folder = datetime(2026, 6, 21, 12, tzinfo=UTC), tmp_path / "world"
    folder.mkdir()
    return build_world(site, site.area_of_interest, noon, folder, "crossroads", Traffic(20, 6, 1))


def test_a_route_is_flown_and_its_ground_is_seen_on_gazebos_pictures(one_drone, world, tmp_path):
    command = [sys.executable, "-P", "-m", "blindspot.cli", "sim", str(one_drone), "--mode", "gazebo"]
    ran = subprocess.run(
        [*command, "--world", str(world), "--out", str(tmp_path / "runs")], capture_output=True, text=True, check=False
    )
    (folder,) = (tmp_path / "runs").iterdir()
    summary = json.loads((folder / "summary.json").read_text())
    assert (summary["outcome"], summary["violations"]) == ("completed", []), ran.stdout + ran.stderr
    assert summary["coverage"]["seen_blind_fraction"] > 0.9
    assert summary["drones"][0]["max_route_deviation_m"] < 3.0
    assert summary["pictures_counted"] > 20  # 37 were
    print(f"{summary['speed_factor']} of real time")
