"""The few camera changes that close most blind ground of a town."""

from pathlib import Path

import pytest

from blindspot.acts.towns import recommended
from blindspot.acts.towns.camera_changes import flown
from blindspot.mission.mission_file import load_mission
from blindspot.site.load import load_site

CONFIG = Path(__file__).resolve().parents[4] / "config"
CROSSROADS = CONFIG / "sites" / "crossroads"
MISSION = CONFIG / "missions" / "crossroads.yaml"


def test_the_fewest_changes_that_close_nearly_as_much_or_spare_the_flight_are_recommended():
    steps = [{"closed_m2": m2} for m2 in (300.0, 800.0, 900.0, 1000.0)]
    assert recommended(steps) is steps[1]
    assert recommended(steps[:1]) is steps[0]
    steps[2]["flight"] = {"why_none": "no flight needed"}
    assert recommended(steps) is steps[2]


def test_where_nothing_is_left_blind_no_flight_is_planned(monkeypatch):
    monkeypatch.setattr("blindspot.planning.planner.make_plan", lambda *_, **__: pytest.fail("planned a flight"))
    assert flown(load_mission(MISSION), load_site(CROSSROADS), is_all_seen=True)["why_none"] == "no flight needed"
