from itertools import pairwise
from math import isnan

import pytest

from blindspot.flight.route import mission_items
from blindspot.flight.route.mission_items import (
    CHANGE_SPEED,
    GIMBAL,
    LAND,
    LOITER_TIME,
    TAKEOFF,
    WAYPOINT,
    climb_items,
    first_flown,
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


def first_speed(items):
    return next(item.params[1] for item in items if item.command == CHANGE_SPEED)


@pytest.mark.parametrize(("slowest_mps", "on_mps", "back_mps"), [(8.0, 8.0, 3.9), (6.0, 6.0, 3.9), (2.0, 2.0, 2.0)])
def test_a_jump_passes_no_step_faster_than_its_plan_and_comes_back_slowly(long_route, slowest_mps, on_mps, back_mps):
    """A hold on the way may end past a corner. The plan proves that room in the direction of the route alone."""
    slow = long_route.steps[5].model_copy(update={"speed_mps": slowest_mps})
    braking = long_route.failsafe.model_copy(update={"parameters": {"MPC_ACC_HOR": 3.0}})
    steps = (*long_route.steps[:5], slow, *long_route.steps[6:])
    flown = long_route.model_copy(update={"steps": steps, "failsafe": braking})
    assert first_speed(items_by_way_of_route(flown, 2, 8)) == on_mps
    assert first_speed(items_by_way_of_route(flown, 8, 2)) == pytest.approx(back_mps, abs=0.05)


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
            known = (route_items(flown), climb_items(flown), *jumps)
            assert all(mission in known and len(mission) == count for mission in found)
            assert len(set(found)) == len(found)


def test_only_missions_of_the_length_on_board_are_built(route, along, long_route, monkeypatch):
    """All of them take seconds, and a flight control that is silent so long counts as lost."""
    built = []

    def build(*jump):
        built.append(items_by_way_of_route(*jump))
        return built[-1]

    monkeypatch.setattr(mission_items, "items_by_way_of_route", build)
    for flown in (long_route, along(long_route)):
        built.clear()
        own = route_items(flown)
        assert own in missions_on_board(flown, len(own))
        assert {len(items) for items in built} == {len(own)} and len(built) < len(flown.steps) ** 2 / 4


def test_a_step_that_was_passed_on_the_way_back_is_begun_where_it_is_flown_again(long_route):
    items = items_by_way_of_route(long_route, 10, 2)
    seq = max(seq for seq, item in enumerate(items) if item.step == 7)
    assert seq > passing(items, 7)
    assert start_of_step(items, seq) == seq
    assert start_of_step(items, passing(items, 7)) == passing(items, 7)


def test_the_start_of_a_step_is_its_first_item(route):
    items = route_items(route)
    assert [start_of_step(items, seq) for seq in range(len(items))] == [None, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10]


def spot(item):
    return (*item.at, item.above_home_m)


def ways_of_px4(items):
    """(item, place before it, its place or that of the item before, first place of a return) for each item and
    direction, by PX4's rule in Mission mode."""
    placed = [index for index, item in enumerate(items) if item.at is not None]
    for n, item in enumerate(items):
        before = [index for index in placed if index < n]
        here = spot(items[before[-1]]) if before else None
        goal = spot(item) if item.at is not None else here
        back = [index for index in placed if index < max(n - 1, 0)]
        forwards = next(index for index in placed if index >= n)
        backwards = back[-1] if back else next(index for index in placed if index > n)
        for first in (forwards, backwards):
            yield n, here, goal, spot(items[first])


@pytest.mark.parametrize("seed", range(40))
def test_a_return_along_the_mission_begins_on_the_flown_stretch(by_chance, seed):
    """Else it would cut a corner. Where the drone rests between two stretches, it may begin with either of them."""
    flown = by_chance(seed)
    steps = range(len(flown.steps))
    missions = [(route_items(flown), 0)]
    missions += [(items_by_way_of_route(flown, at, to), first_flown(flown, at)) for at in steps for to in steps]
    for items, flown_from in missions:
        assert items[-1].command == LAND and items[0].command == TAKEOFF
        path = [spot(item) for item in items if item.at is not None]
        neighbours = {frozenset(pair) for pair in pairwise(path)}
        for n, here, goal, first in ways_of_px4(items):
            if n < flown_from or here is None:
                continue
            if items[n].command == LAND:
                goal = here
            if here != goal:
                assert first in (here, goal), (n, here, goal, first)
            else:
                assert first == here or frozenset((first, here)) in neighbours, (n, here, first)


def test_a_return_during_the_take_off_stays_over_the_pad(route, along):
    items = route_items(along(route))
    assert [item.command for item in items[:3]] == [TAKEOFF, WAYPOINT, WAYPOINT]
    assert {item.at for item in items[:3]} == {(0.0, 0.0)}
    assert [item.above_home_m for item in items[:3]] == [5.0, 60.0, 60.0]
    firsts = {n: first for n, _, _, first in ways_of_px4(items) if n <= 2}
    assert all(first[:2] == (0.0, 0.0) for first in firsts.values())


def test_the_steps_of_a_route_are_the_same_in_both_modes(route, by_chance):
    """Only repeated places are added."""
    for seed in range(20):
        flown = by_chance(seed)
        straight = flown.model_copy(update={"failsafe": route.failsafe})

        def visited(items):
            places = [(spot(item), item.step) for item in items if item.at is not None and item.step >= 0]
            return [one for k, one in enumerate(places) if k == 0 or one != places[k - 1]]

        assert visited(route_items(flown)) == visited(route_items(straight))
        kinds = [(item.command, item.step, item.params) for item in route_items(straight) if item.at is None]
        assert [(item.command, item.step, item.params) for item in route_items(flown) if item.at is None] == kinds


@pytest.mark.parametrize("seed", range(10))
def test_item_numbers_of_a_route_with_doubled_corners_lead_to_their_steps(by_chance, seed):
    flown = by_chance(seed)
    steps = range(len(flown.steps))
    missions = [route_items(flown), *(items_by_way_of_route(flown, at, to) for at in steps for to in steps)]
    for items in missions:
        assert items in missions_on_board(flown, len(items))
        for seq, item in enumerate(items):
            assert step_at(items, seq) == item.step
            start = start_of_step(items, seq)
            if item.step >= 0:
                assert start is not None and start <= seq
                assert {other.step for other in items[start : seq + 1]} == {item.step}
                assert start == 0 or items[start - 1].step != item.step


@pytest.mark.parametrize(("at", "to"), [(0, 2), (2, 0), (1, 1), (2, 1)])
def test_a_jump_has_the_way_from_the_pad_before_it(route, along, at, to):
    flown = along(route)
    items, first = items_by_way_of_route(flown, at, to), first_flown(flown, at)
    way_out = [spot(item) for item in items[:first]]
    assert all(item.passing for item in items[:first])
    assert way_out[0] == (0.0, 0.0, 5.0)
    ends = [(p.east_m, p.north_m, p.up_m - flown.home.up_m) for p in (flown.start, *(s.to for s in flown.steps))]
    assert way_out[-1] == ends[at]
    assert items[first].step in (at, at - 1) and step_ahead(items, first) == at
