from math import isnan

from blindspot.flight.route_items import (
    CHANGE_SPEED,
    GIMBAL,
    LAND,
    LOITER_TIME,
    TAKEOFF,
    WAYPOINT,
    route_items,
    step_at,
)
from blindspot.planning.plan import Point, Waypoint


def test_a_view_waits_for_its_gimbal_and_a_leg_is_aimed_before_it_starts(route):
    commands = [item.command for item in route_items(route)]
    assert commands == [
        TAKEOFF,
        CHANGE_SPEED, WAYPOINT,
        WAYPOINT, GIMBAL, LOITER_TIME,
        CHANGE_SPEED, GIMBAL, LOITER_TIME, WAYPOINT,
        WAYPOINT, LAND,
    ]  # fmt: skip


def test_heights_are_above_the_pad(route):
    items = route_items(route)
    assert items[0].above_home_m == 60.0
    assert items[-1].above_home_m == 0.0
    assert all(item.above_home_m == 60.0 for item in items[1:-1] if item.at is not None)


def test_a_view_is_told_to_drone_and_gimbal(route):
    arrive, aim, stay = route_items(route)[3:6]
    assert arrive.params[3] == stay.params[3] == aim.params[1] == 90.0
    assert aim.params[0] == -60.0
    assert aim.flags == 16.0
    assert stay.params[0] == 5.0
    assert arrive.at == stay.at == (30.0, 40.0)


def test_a_leg_waits_for_its_aim_where_the_last_step_ended(route):
    wait, end = route_items(route)[8:10]
    assert wait.at == (30.0, 40.0)
    assert wait.params[0] >= 4.0
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
