"""The patrols that a person calls home for a look: those in the way alone, and only if a drone could look then."""

from __future__ import annotations

import pytest
from test.unit.acts.dispatches.conftest import in_progress

from blindspot.acts.dispatches import drones_in_the_way
from blindspot.core import RefusedError

UP = {"phase": "en_route", "run": "run", "autopilot": "up", "battery_fraction": 0.8,
      "east_m": 0.0, "north_m": 42.0, "up_m": 79.41}  # fmt: skip


@pytest.fixture
def in_the_way(offered, stack, asked):
    def in_the_way(missions, drone="", **drones):
        return drones_in_the_way(asked.mission, stack(missions, **drones), lambda now: offered(stack=now, drone=drone))

    return in_the_way


def test_the_patrol_over_the_place_is_called_home_for_the_other_drone(in_the_way, tmp_path, patrol):
    mission = in_progress(tmp_path, patrol, "drone1")
    assert in_the_way([mission], "drone2", drone1=UP) == {"run": ("drone1",)}


def test_the_drone_of_the_patrol_itself_may_be_the_one_to_look(in_the_way, tmp_path, patrol):
    mission = in_progress(tmp_path, patrol, "drone1")
    assert in_the_way([mission], "drone1", drone1=UP) == {"run": ("drone1",)}


def test_without_a_patrol_in_the_way_nobody_is_called_home(in_the_way, offered, tmp_path, patrol):
    ended = in_progress(tmp_path, patrol, "drone1") | {"phase": "done"}
    assert in_the_way([]) == {} and in_the_way([ended]) == {}


def test_a_patrol_flies_on_if_no_drone_could_look_without_it(in_the_way, tmp_path, patrol):
    mission = in_progress(tmp_path, patrol, "drone1")
    with pytest.raises(RefusedError, match="the battery of drone2 has 10"):
        in_the_way([mission], "drone2", drone1=UP, drone2={"battery_fraction": 0.1})


def test_a_drone_that_looks_for_a_person_is_not_called_home(in_the_way, tmp_path, patrol):
    dispatched = patrol.model_copy(update={"mission": "config/missions/crossroads_dispatch.yaml"})
    mission = in_progress(tmp_path, dispatched, "drone1")
    with pytest.raises(RefusedError, match="PLN-05"):
        in_the_way([mission], "drone2", drone1=UP)


def test_a_mission_whose_files_are_gone_is_not_called_home(in_the_way, tmp_path, patrol):
    mission = in_progress(tmp_path, patrol, "drone1") | {"run": "elsewhere"}
    assert in_the_way([mission], "drone2", drone1=UP) == {}
