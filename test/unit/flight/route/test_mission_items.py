from math import isnan

import pytest

from blindspot.flight.route.mission_items import (
    CHANGE_SPEED,
    GIMBAL,
    LAND,
    LOITER_TIME,
    TAKEOFF,
    WAYPOINT,
    items_by_way_of_route,
    missions_on_board,
    route_items,
    start_of_step,
    step_ahead,
    step_at,
)
from blindspot.mission.plan import Point, Waypoint


def test_a_view_waits_for_its_gimbal_and_a_leg_is_aimed_before_it_starts(route):
    commands = [item.command for item in route_items(route)]
    assert commands == [
        TAKEOFF,
        CHANGE_SPEED, WAYPOINT,
        WAYPOINT, GIMBAL, LOITER_TIME,
        CHANGE_SPEED, WAYPOINT, GIMBAL, WAYPOINT,
        WAYPOINT, LAND,
    ]  # fmt: skip


def test_heights_are_above_the_pad(route):
    items = route_items(route)
    assert items[0].above_home_m == 60.0
    assert items[-1].above_home_m == 0.0
    assert all(item.above_home_m == 60.0 for item in items[1:-1] if item.at is not None)


def test_a_view_has_items_for_drone_and_gimbal(route):
    arrive, aim, stay = route_items(route)[3:6]
    assert arrive.params[3] == stay.params[3] == aim.params[1] == 90.0
    assert aim.params[0] == -60.0
    assert aim.flags == 4 + 8 + 16  # roll, pitch and yaw locked
    assert stay.params[0] == 5.0
    assert arrive.at == stay.at == (30.0, 40.0)


def test_a_leg_begins_where_the_last_step_ended_also_if_it_is_flown_again(route):
    begin, aim, end = route_items(route)[7:10]
    assert [begin.command, aim.command, end.command] == [WAYPOINT, GIMBAL, WAYPOINT]
    assert begin.at == (30.0, 40.0)
    assert end.at == (60.0, 40.0)


def test_every_item_knows_its_step(route):
    items = route_items(route)
    assert [item.step for item in items] == [-1, 0, 0, 1, 1, 1, 2, 2, 2, 2, 3, 3]
    assert step_at(items, 4) == 1
    assert step_at(items, None) == -1
    assert step_at(items, 99) == 3


def test_a_route_that_ends_over_its_pad_needs_no_way_back(route):
    over = Waypoint(to=Point(east_m=0.5, north_m=0.0, up_m=62.0), speed_mps=3.0)
    items = route_items(route.model_copy(update={"steps": (*route.steps, over)}))
    assert [item.command for item in items[-2:]] == [WAYPOINT, LAND]
    assert items[-2].at == (0.5, 0.0)


def test_the_way_between_is_flown_nose_first(route):
    assert isnan(route_items(route)[2].params[3])


def places(items):
    return [item.at for item in items if item.at is not None]


@pytest.fixture
def long_route(route):
    """Eleven waypoints round corners: step i ends at (10 i, 10 (i mod 2))."""
    steps = (Waypoint(to=Point(east_m=10.0 * i, north_m=10.0 * (i % 2), up_m=62.0), speed_mps=8.0) for i in range(11))
    return route.model_copy(update={"steps": tuple(steps)})


def passing(items, step):
    return next(seq for seq, item in enumerate(items) if item.step == step and item.passing)


@pytest.mark.parametrize(("to", "first"), [(5, 7), (7, 7), (8, 8), (9, 8)])
def test_a_jump_on_the_way_back_goes_on_from_the_stretch_that_it_is_on(long_route, to, first):
    """Flown back from step 10 to 2, it is between the ends of 8 and 7: only one of these may come next."""
    items = items_by_way_of_route(long_route, 10, 2)
    at = step_ahead(items, passing(items, 7))
    assert places(items_by_way_of_route(long_route, at, to))[0] == (10.0 * first, 10.0 * (first % 2))


def test_a_jump_on_the_way_on_goes_on_from_the_stretch_that_it_is_on(long_route):
    items = items_by_way_of_route(long_route, 2, 10)
    at = step_ahead(items, passing(items, 7))
    assert places(items_by_way_of_route(long_route, at, 5))[0] == (60.0, 0.0)
    assert places(items_by_way_of_route(long_route, at, 9))[0] == (70.0, 10.0)


def test_the_last_step_of_a_way_back_is_still_on_the_way_back(long_route):
    items = items_by_way_of_route(long_route, 10, 2)
    assert step_ahead(items, passing(items, 2)) == 3
    assert [step_ahead(items, seq) for seq in (None, 0, len(items) - 1)] == [-1, 10, 11]


def test_the_mission_on_board_is_the_routes_own_or_that_of_a_jump(route, long_route):
    for flown in (route, long_route):
        steps = range(len(flown.steps))
        jumps = [items_by_way_of_route(flown, at, to) for at in steps for to in steps]
        for mission in (route_items(flown), *jumps):
            assert mission in missions_on_board(flown, len(mission))
        for count in range(max(map(len, jumps)) + 2):
            found = list(missions_on_board(flown, count))
            assert all(mission in (route_items(flown), *jumps) and len(mission) == count for mission in found)


def test_a_step_that_was_passed_on_the_way_back_is_begun_where_it_is_flown_again(long_route):
    items = items_by_way_of_route(long_route, 10, 2)
    seq = max(seq for seq, item in enumerate(items) if item.step == 7)
    assert seq > passing(items, 7)
    assert start_of_step(items, seq) == seq
    assert start_of_step(items, passing(items, 7)) == passing(items, 7)


def test_the_start_of_a_step_is_its_first_item(route):
    items = route_items(route)
    assert [start_of_step(items, seq) for seq in range(len(items))] == [None, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10]
