"""The way home along the mission on board agrees with the plan's own model of it."""

import pytest
from test.unit.mission.ways_home import ways_home

from blindspot.flight.route.mission_items import CHANGE_SPEED, items_by_way_of_route, route_items
from blindspot.flight.route.phases import HOLD, MISSION, OFFBOARD, RETURN
from blindspot.flight.vehicle.returning import (
    ReturnWatch,
    Way,
    goes_forwards,
    speed_of_return,
    spot,
    start_of_return,
    way_along,
)
from blindspot.flight.vehicle.vehicle import Telemetry
from blindspot.mission import Point
from blindspot.mission.return_path import positions_of


def seen_at(items, place, seq, mode):
    """A drone at a place (height above home) with this current item."""
    east_m, north_m, height_m = place
    return Telemetry(
        0.0, mode=mode, east_m=east_m, north_m=north_m, height_m=height_m, mission_seq=seq, mission_items=len(items)
    )


def middle_of_its_stretch(items, seq):
    """Halfway between the place before the item and its own, height above home."""
    places = [spot(item) for item in items[: seq + 1] if item.at is not None]
    before, goal = (places[-2], places[-1]) if len(places) > 1 and items[seq].at is not None else (places[-1],) * 2
    return tuple((a + b) / 2.0 for a, b in zip(before, goal, strict=True))


def corners(items, seen, up_m):
    """The way home as points of the site, without repeated places."""
    way = [(e, n, h + up_m) for e, n, h in way_along(items, start_of_return(items, seen))]
    return [place for k, place in enumerate(way) if k == 0 or place != way[k - 1]]


@pytest.mark.parametrize("seed", range(30))
def test_the_items_of_a_plan_are_those_of_its_model(by_chance, seed):
    route = by_chance(seed)
    items = route_items(route)
    found = [(index, item.step, *spot(item)) for index, item in enumerate(items) if item.at is not None]
    home = route.home
    places = positions_of(home, route.takeoff_up_m, route.steps)
    modelled = [(p.item, p.step, p.at.east_m, p.at.north_m, p.at.up_m - home.up_m) for p in places]
    assert found == modelled


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("mode", [MISSION, HOLD])
def test_the_way_home_is_one_of_those_that_the_plan_was_checked_for(by_chance, seed, mode):
    route = by_chance(seed)
    items, up_m = route_items(route), route.home.up_m
    for seq in range(3, len(items) - 1):
        place = middle_of_its_stretch(items, seq)
        at = Point(east_m=place[0], north_m=place[1], up_m=place[2] + up_m)
        ways = ways_home(route, seq, at, holding=mode == HOLD)
        checked = [[(p.east_m, p.north_m, p.up_m) for p in way.path] for way in ways]
        flown = corners(items, seen_at(items, place, seq, mode), up_m)
        assert any(_is_part(flown, path) for path in checked), (seq, flown, checked)


def _is_part(flown, path):
    """Whether the flown corners are the path's, which begins at the drone and ends on the pad."""
    return [corner for corner in flown if corner != path[0]] == [corner for corner in path if corner != path[0]][
        : len([corner for corner in flown if corner != path[0]])
    ]


def test_a_return_goes_on_from_its_current_item(by_chance):
    items = route_items(by_chance(3))
    place = middle_of_its_stretch(items, 4)
    assert start_of_return(items, seen_at(items, place, 4, RETURN)) == Way(4, goes_forwards(items, 4))


def test_another_mission_on_board_has_the_closest_item_first(by_chance):
    items = route_items(by_chance(3))
    seen = seen_at(items, spot(items[3 + 1]), 4, MISSION)
    unknown = Telemetry(0.0, mode=MISSION, east_m=seen.east_m, north_m=seen.north_m, height_m=seen.height_m)
    closest = start_of_return(items, unknown).first
    assert spot(items[closest]) == spot(items[4])


def test_a_tie_and_a_mission_without_a_landing_go_back(route, along):
    items = route_items(along(route))
    assert goes_forwards(items, len(items) - 1) and not goes_forwards(items, 0)
    assert not goes_forwards(items[:-1], len(items) - 2)
    odd = items if len(items) % 2 else items[1:]
    assert not goes_forwards(odd, (len(odd) - 1) // 2)


def test_a_jump_can_come_back_to_its_pad(route, along):
    flown = along(route)
    items = items_by_way_of_route(flown, 2, 0)
    for seq in range(len(items) - 1):
        way = way_along(items, start_of_return(items, seen_at(items, (0.0, 0.0, 60.0), seq, MISSION)))
        assert way[-1][:2] == (0.0, 0.0)


def test_a_return_keeps_the_speed_of_the_stretch_where_it_begins(route, along):
    """Measured: PX4 flew home at the last speed item's 2.5 m/s, and MPC_XY_CRUISE was 8."""
    items = route_items(along(route))
    changes = [seq for seq, item in enumerate(items) if item.command == CHANGE_SPEED]
    assert [items[seq].params[1] for seq in changes] == [8.0, 3.0]
    speeds = [speed_of_return(items, first, 6.0) for first in (2, changes[0] + 1, changes[1] + 1, len(items) - 1)]
    assert speeds == [6.0, 8.0, 3.0, 3.0]


@pytest.fixture
def watched(route, along):
    """Looks at a drone with a mode and a current item, and returns the possible directions and the speeds."""
    items = route_items(along(route))
    watch = ReturnWatch(items, 6.0)

    def look(mode, seq, place=(0.0, 0.0, 60.0)):
        ways = watch.look(seen_at(items, place, seq, mode))
        return {way.forwards for way, _ in ways}, {speed_mps for _, speed_mps in ways}

    look.last = len(items) - 1
    return look


def test_a_return_from_the_mission_keeps_its_direction_and_its_speed(watched):
    assert watched(MISSION, watched.last - 2) == ({True}, {3.0})
    for seq in (watched.last - 2, watched.last - 1, watched.last):
        assert watched(RETURN, seq) == ({True}, {3.0})
    watched(MISSION, 5)
    for seq in (3, 2, 1, 0):
        assert watched(RETURN, seq) == ({False}, {6.0})


def test_a_return_whose_current_item_was_not_the_closest_may_go_either_way_until_its_item_moves_on(watched):
    """The autopilot itself returned: in the direction of the current item, from the closest one."""
    last = watched.last
    watched(HOLD, last - 1)
    assert watched(RETURN, last - 1)[0] == {True}  # not moved yet
    assert watched(RETURN, 3)[0] == {True, False}
    assert watched(RETURN, 4)[0] == {True}
    watched(HOLD, 2)
    assert watched(RETURN, last - 1)[0] == {True, False}
    assert watched(RETURN, last - 2)[0] == {False}


def test_a_return_that_began_unseen_may_go_either_way(watched):
    assert watched(RETURN, 5)[0] == {True, False}
    assert watched(RETURN, 5)[0] == {True, False}
    assert watched(RETURN, 4)[0] == {False}
    assert watched(RETURN, 2)[0] == {False}


@pytest.mark.parametrize(("seq", "ways"), [(1, {False}), (-1, {True, False}), (None, {True, False})])
def test_an_inspection_may_end_in_a_return_by_the_current_item(watched, seq, ways):
    """Without set-points the autopilot returns by itself."""
    seq = watched.last if seq == -1 else seq
    assert watched(OFFBOARD, seq)[0] == ways
    assert watched(HOLD, seq)[0] == {False}
