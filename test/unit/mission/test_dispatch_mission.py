"""A mission of the kind dispatch: the time of its looks, and the keys that it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from blindspot.mission import load_mission

MISSIONS = Path(__file__).parents[3] / "config" / "missions"
DISPATCH = MISSIONS / "crossroads_dispatch.yaml"


def test_a_dispatch_looks_for_two_minutes_unless_its_file_says_otherwise(with_file):
    mission = load_mission(DISPATCH)
    assert (mission.file.kind, mission.file.look_s) == ("dispatch", 60.0)
    assert type(mission.file).model_fields["look_s"].default == 120.0
    assert [with_file(mission, look_s=limit).file.look_s for limit in (10.0, 600.0)] == [10.0, 600.0]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"look_s": 9.9}, "look_s"),
        ({"look_s": 600.1}, "look_s"),
        ({"revisit_s": 1800.0}, "a dispatch has no revisit_s: leave revisit_s out"),
        ({"share": 0.9}, "a dispatch has no share"),
        ({"targets": [{"name": "a", "area": "East-West Street"}]}, "a dispatch has no targets"),
        ({"priorities": [{"area": "a street", "weight": 2.0}]}, "a dispatch has no priorities"),
        ({"further_pads": ["quay"]}, "further_pads need a sweep"),
        ({"limits": {"return": "mission"}}, "a dispatch needs limits.return: straight"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_a_dispatch_that_nobody_can_fly_is_refused(with_file, changes, problem):
    with pytest.raises(ValidationError, match=problem):
        with_file(load_mission(DISPATCH), **changes)


def test_swaps_of_a_dispatch_are_refused(with_file):
    mission = load_mission(DISPATCH)
    with pytest.raises(ValidationError, match="a dispatch has no sorties: leave swaps out"):
        with_file(mission, fleet=[drone.model_dump() | {"swaps": 1} for drone in mission.file.fleet])


@pytest.mark.parametrize(("kind", "name"), [("a sweep", "crossroads"), ("an overwatch", "crossroads_watch")])
def test_another_kind_has_no_time_of_a_look(with_file, kind, name):
    with pytest.raises(ValidationError, match=f"{kind} has no look_s"):
        with_file(load_mission(MISSIONS / f"{name}.yaml"), look_s=60.0)
