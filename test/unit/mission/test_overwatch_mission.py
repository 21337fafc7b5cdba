"""A mission of the kind overwatch: its keys, the refusals, and the files of its targets."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError
from test.factories import plan_of

from blindspot.core import InputError
from blindspot.mission import MissionRef, Plan, load_fleet, load_mission, parse_plan, site_of
from blindspot.mission.plan_figures import WatchedTarget
from blindspot.mission.priorities import target_areas

CONFIG = Path(__file__).parents[3] / "config"
WATCH = CONFIG / "missions" / "crossroads_watch.yaml"


def test_a_watch_names_its_targets_its_share_and_its_overlap():
    file = load_mission(WATCH).file
    assert [(target.name, target.is_file) for target in file.targets] == [("stage", True)]
    assert (file.kind, file.share, file.overlap_s, file.window_s) == ("overwatch", 0.95, 15.0, 4 * 3600.0)


def test_the_example_s_target_is_20_m_wide():
    mission = load_mission(WATCH)
    assert target_areas(mission, site_of(mission))["stage"].area == pytest.approx(400.0, rel=0.01)


def targets(*names):
    return [{"name": name, "area": "East-West Street"} for name in names]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"latest_landing": None}, "an overwatch needs latest_landing"),
        ({"share": None}, "an overwatch needs share"),
        ({"targets": []}, "an overwatch needs targets"),
        ({"targets": targets("a", "b")}, "targets: 2 need 4 drones, two each, and the fleet has 2"),
        ({"targets": targets("a", "a")}, "two targets have the same name"),
        ({"targets": targets(*"abcde")}, "targets"),
        ({"targets": targets("../a")}, "targets.0.name"),
        ({"overlap_s": 4.0}, "overlap_s"),
        ({"overlap_s": 121.0}, "overlap_s"),
        ({"revisit_s": 1800.0}, "an overwatch has no revisit_s"),
        ({"priorities": [{"area": "a street", "weight": 2.0}]}, "an overwatch has no priorities"),
        ({"further_pads": ["quay"]}, "further_pads need a sweep"),
        ({"limits": {"return": "mission"}}, "an overwatch needs limits.return: straight"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_a_watch_that_nobody_can_fly_is_refused(with_file, changes, problem):
    with pytest.raises(ValidationError, match=problem):
        with_file(load_mission(WATCH), **changes)


def test_swaps_of_a_watch_are_refused(with_file):
    mission = load_mission(WATCH)
    fleet = [drone.model_dump() | {"swaps": 1} for drone in mission.file.fleet]
    with pytest.raises(ValidationError, match="leave swaps out"):
        with_file(mission, fleet=fleet)


@pytest.mark.parametrize("changes", [{"targets": targets("a")}, {"overlap_s": 20.0}])
def test_another_kind_has_no_targets(with_file, changes):
    with pytest.raises(ValidationError, match=f"a sweep has no {next(iter(changes))}"):
        with_file(load_mission(CONFIG / "missions" / "crossroads.yaml"), **changes)


@pytest.fixture
def elsewhere(tmp_path):
    """The configuration on another computer."""
    shutil.copytree(CONFIG, tmp_path / "config")
    return tmp_path / "config"


def test_a_copy_with_another_target_is_another_mission(elsewhere):
    fleet = load_fleet(elsewhere / "fleets" / "crossroads.yaml")
    ordered = MissionRef.of(fleet, load_mission(elsewhere / "missions" / "crossroads_watch.yaml"))
    area = elsewhere / "missions" / "crossroads_watch_stage.geojson"
    area.write_text(area.read_text().replace("Stage", "Stands"))
    with pytest.raises(InputError, match="differs here"):
        ordered.read(fleet)


def test_a_missing_target_file_is_named(elsewhere):
    (elsewhere / "missions" / "crossroads_watch_stage.geojson").unlink()
    with pytest.raises(InputError, match=r"targets item 1, area.*crossroads_watch_stage.geojson does not exist"):
        load_mission(elsewhere / "missions" / "crossroads_watch.yaml")


def test_an_older_plan_file_keeps_its_text_and_the_watch_is_kept():
    older = plan_of()
    assert "watch" not in older.to_json()
    watch = WatchedTarget(target="stage", target_m2=400.0, seen_m2=390.0)
    assert parse_plan(Plan(**{**dict(older), "watch": watch}).to_json()).watch == watch
