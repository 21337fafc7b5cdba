"""A mission for the nodes that need one: one drone over the tutorial's crossroads."""

from __future__ import annotations

from pathlib import Path

import pytest

CONFIG = Path(__file__).resolve().parents[2] / "config"

MISSION = f"""
schema: blindspot.mission/1
name: the crossroads
kind: sweep
site: {CONFIG}/sites/crossroads
authorisation: {CONFIG}/authorisations/crossroads_sim.yaml
perimeter: {CONFIG}/missions/crossroads_perimeter.geojson
start: 2026-11-06T20:00:00+01:00
fleet:
  - {{name: drone1, model: reference, pad: north}}
band: {{min_px_per_m: 25.0, max_px_per_m: 60.0}}
limits: {{min_up_m: 60.0, max_up_m: 100.0}}
people: 10
"""


@pytest.fixture(scope="session")
def mission_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mission file whose town is kept in a cache of the test's own."""
    folder = tmp_path_factory.mktemp("mission")
    (folder / "drones").symlink_to(CONFIG / "drones")
    path = folder / "missions" / "crossroads.yaml"
    path.parent.mkdir()
    path.write_text(MISSION)
    return path
