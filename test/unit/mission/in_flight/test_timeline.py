"""Where a drone is when: against times by hand, and against the plan's own flight time."""

from itertools import pairwise

import pytest

from blindspot.mission.in_flight.timeline import moments
from blindspot.mission.plan import Aim, Leg, Point, View, Waypoint
from blindspot.mission.timing import AIM_S, PASS_BY_S, flight, move, take_off

HOME, OVER = Point(east_m=0, north_m=0, up_m=2), Point(east_m=0, north_m=0, up_m=62)
EAST, FAR = Point(east_m=30, north_m=0, up_m=62), Point(east_m=60, north_m=0, up_m=62)
DOWN = Aim(heading_deg=0, pitch_deg=-90)


@pytest.fixture
def model(mission):
    return mission.model_of("drone1")


@pytest.fixture
def route(plan):
    steps = (
        View(id="a", to=EAST, aim=DOWN, speed_mps=5, dwell_s=4),
        Leg(id="b", to=FAR, aim=DOWN, speed_mps=3),
        Waypoint(to=OVER, speed_mps=5),
    )
    return plan.routes[0].model_copy(update={"home": HOME, "takeoff_up_m": 62.0, "steps": steps})


def test_it_stays_where_it_looks_and_aims_while_it_departs(model, route):
    up, arrived, left, flown, back, down = moments(model, route)[1:]
    start_s = take_off(model, 60).time_s
    arrival_s = start_s + move(model, OVER, EAST, 5).time_s
    assert (up.time_s, up.at, up.step) == (start_s, OVER, -1)
    assert (arrived.at, left.at, flown.at) == (EAST, EAST, FAR)
    assert arrived.time_s == pytest.approx(arrival_s)
    assert left.time_s - arrived.time_s == pytest.approx(4 + AIM_S)
    assert flown.time_s - left.time_s == pytest.approx(move(model, EAST, FAR, 3).time_s - PASS_BY_S)
    assert (back.at, down.at, down.step) == (OVER, HOME, 3)


def test_every_planned_flight_ends_when_the_plan_says(mission, plan):
    for route in plan.routes:
        model = mission.model_of(route.drone)
        reported = moments(model, route)
        assert all(a.time_s <= b.time_s for a, b in pairwise(reported))
        assert reported[-1].time_s == flight(model, route.home, route.takeoff_up_m, route.steps)[-1].time_s
        assert reported[-1].time_s == pytest.approx(route.expected.flight_time_s, abs=0.06)
