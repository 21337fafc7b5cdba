"""The autopilot's own ways home along the uploaded mission."""

import pytest
from test.factories import route_of
from test.unit.mission.ways_home import ways_home

from blindspot.mission import Aim, Leg, Point, View, Waypoint
from blindspot.mission.return_path import positions_of

UP_M = 80.0
DOWN = Aim(heading_deg=0.0, pitch_deg=-90.0)


def at(east_m, north_m, up_m=UP_M):
    return Point(east_m=east_m, north_m=north_m, up_m=up_m)


def xyz(point):
    return point.east_m, point.north_m, point.up_m


HOME = at(0, 0, 0.0)
LOW = at(0, 0, 5.0)
STEPS = (
    Leg(id="a", to=at(100, 0), aim=DOWN, speed_mps=6.0),
    Waypoint(to=at(100, 100), speed_mps=6.0),
    View(id="b", to=at(200, 100), aim=DOWN, speed_mps=5.0, dwell_s=4.0),
    Waypoint(to=at(200, 0), speed_mps=5.0),
    Waypoint(to=at(0, 0), speed_mps=5.0),
)


@pytest.fixture
def route():
    return route_of(*STEPS, home=HOME, up_m=UP_M, failsafe={"rtl_type": 4})


def test_items_without_a_place_count_and_each_corner_stands_twice(route):
    places = positions_of(route.home, route.takeoff_up_m, route.steps)
    assert [(place.item, place.step, *xyz(place.at)) for place in places] == [
        (0, -1, 0, 0, 5), (1, -1, 0, 0, 80), (2, -1, 0, 0, 80),
        (4, 0, 0, 0, 80), (6, 0, 100, 0, 80), (7, 0, 100, 0, 80),  # 3 is the speed, 5 the gimbal
        (8, 1, 100, 100, 80), (9, 1, 100, 100, 80),
        (11, 2, 200, 100, 80), (13, 2, 200, 100, 80),  # 10 is the next speed, 12 the gimbal
        (14, 3, 200, 0, 80), (15, 3, 200, 0, 80), (16, 4, 0, 0, 80), (17, 4, 0, 0, 80),
        (18, 5, 0, 0, 0),
    ]  # fmt: skip


def test_the_end_before_a_leg_stands_once_more_as_the_begin_of_the_leg(route):
    legs = (STEPS[0], STEPS[0].model_copy(update={"to": at(100, 100)}), *STEPS[2:])
    places = positions_of(route.home, route.takeoff_up_m, legs)
    assert [(place.item, place.step) for place in places if place.at == at(100, 0)] == [(6, 0), (7, 1)]


@pytest.mark.parametrize(
    ("item", "here", "corners"),
    [
        (8, at(100, 50), (at(100, 0), at(0, 0))),
        (7, at(100, 0.5), (at(0, 0),)),
        (6, at(50, 0), (at(0, 0),)),
        (4, at(0, 0.5), (at(0, 0),)),
        (0, at(0, 0, 30.0), (at(0, 0),)),
    ],
)
def test_in_the_first_half_it_goes_back_along_the_path(route, item, here, corners):
    (way,) = [way for way in ways_home(route, item, here, holding=False) if not way.forwards]
    assert way.path == (here, *corners, LOW, HOME)


def test_in_the_second_half_it_goes_on_to_the_landing(route):
    (way,) = ways_home(route, 14, at(200, 50), holding=False)
    assert way.forwards
    assert way.path == (at(200, 50), at(200, 0), at(0, 0), HOME)


def test_in_the_middle_both_directions_are_possible(route):
    assert {way.forwards for way in ways_home(route, 9, at(100, 100), holding=False)} == {True, False}


def test_after_a_hold_it_begins_at_the_closest_item_of_the_whole_route(route):
    here = at(190, 20)
    (way,) = ways_home(route, 8, here, holding=True)
    assert way.path[:2] == (here, at(200, 0))
    assert way.forwards
    between = ways_home(route, 11, at(150, 100), holding=True)  # items on both sides are equally near
    assert {way.path[1] for way in between} == {at(100, 100), at(200, 100)}


def test_low_over_the_pad_the_landing_or_the_take_off_item_is_the_closest(route):
    ways = ways_home(route, 18, at(0, 0, 2.0), holding=True)
    assert {way.path for way in ways} == {(at(0, 0, 2.0), HOME), (at(0, 0, 2.0), LOW, HOME)}


def test_at_one_place_the_first_item_counts(route):
    """Near the end of the route, the closest item is one of its begin: the way home is short in both halves."""
    (way,) = ways_home(route, 16, at(10, 0), holding=True)
    assert way.path == (at(10, 0), at(0, 0), LOW, HOME)


def test_a_straight_return_has_one_way(route):
    straight = route.model_copy(update={"failsafe": route.failsafe.model_copy(update={"rtl_type": 0})})
    assert [way.path for way in ways_home(straight, 13, at(200, 50), holding=True)] == [(at(200, 50), at(0, 0), HOME)]
