"""The time left until a mission's latest landing, by UTC and in simulation."""

from __future__ import annotations

from math import inf
from pathlib import Path

import pytest

from blindspot.mission.mission_file import load_mission
from blindspot.nodes.graph.heard_window import land_within_s

MISSION = Path(__file__).parents[4] / "config" / "missions" / "crossroads.yaml"


@pytest.fixture(scope="module")
def mission():
    return load_mission(MISSION)


@pytest.fixture
def file(mission):
    start = mission.file.start
    return mission.file.model_copy(update={"latest_landing": start.replace(hour=start.hour + 1)})


def test_by_utc_it_is_counted_from_the_missions_start_whatever_the_clock(file):
    assert land_within_s(file, file.start.timestamp() + 600.0, None) == 3000.0


def test_in_simulation_the_start_is_where_it_began(file):
    assert land_within_s(file, 700.0, 100.0) == 3000.0


@pytest.mark.parametrize("began_s", [None, 0.0])
def test_a_mission_without_one_has_all_the_time(mission, began_s):
    assert land_within_s(mission.file, 700.0, began_s) == inf
