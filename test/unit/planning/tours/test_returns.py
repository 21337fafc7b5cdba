"""The item from which a return along the mission begins: the planner counts the items that the checker counts."""

from types import SimpleNamespace

import numpy as np
import pytest
import shapely
from shapely.geometry import box

from blindspot.mission.failsafe_settings import failsafe
from blindspot.mission.plan import Aim, Expected, Leg, Point, Route, View, Waypoint
from blindspot.mission.return_path import ALONG_MISSION
from blindspot.planning.checker.check_along import home_wh
from blindspot.planning.checker.check_flight import Along, Flight
from blindspot.planning.checker.check_items import begins_of, items_of
from blindspot.planning.checker.check_track import track_of
from blindspot.planning.drones.patrols import Patrol
from blindspot.planning.tours.battery_legs import needed_for
from blindspot.planning.tours.extra_items import with_items
from blindspot.planning.tours.returns import Halves, may_be_closest
from blindspot.planning.tours.routing import BATTERY_SLACK_WH

PAD, BESIDE, FAR = (0.0, 0.0, 60.0), (1.5, 0.0, 60.0), (30.0, 0.0, 60.0)
"""The drone may stray by a metre, so near `BESIDE` both of the first two may be the closest."""


def counted(at, *places):
    return may_be_closest(np.array([at]), np.array(places))[0].tolist()


def test_each_of_equal_items_counts_that_may_be_the_closest():
    """A return from the one nearest to the middle of the mission may lead the long way."""
    assert counted(BESIDE, PAD, PAD, PAD, FAR, BESIDE) == [True, True, True, False, True]
    assert counted(PAD, PAD, PAD, PAD, FAR, BESIDE) == [True, True, True, False, True]


def test_of_the_items_at_the_only_closest_place_the_first_counts():
    assert counted(PAD, FAR, PAD, PAD) == [False, True, False]
    assert counted(FAR, PAD, FAR, FAR, BESIDE) == [False, True, False, False]


TOWN = box(-500.0, -500.0, 500.0, 500.0)
UP_M, DOWN = 60.0, Aim(heading_deg=0.0, pitch_deg=-90.0)


def at(east_m, north_m, up_m=UP_M):
    return Point(east_m=east_m, north_m=north_m, up_m=up_m)


def leg(*place):
    return Leg(id="leg", to=at(*place), aim=DOWN, speed_mps=6.0)


def bend(*place):
    return Waypoint(to=at(*place), speed_mps=6.0)


def view(east_m, north_m, speed_mps=6.0, dwell_s=4.0):
    return View(id="view", to=at(east_m, north_m), aim=DOWN, speed_mps=speed_mps, dwell_s=dwell_s)


@pytest.fixture
def drone(mission):
    return SimpleNamespace(
        name="drone1", home=at(0, 0, 0.0), up_m=UP_M, speed_mps=6.0, model=mission.models["reference"], returns=TOWN,
        rtl_type=ALONG_MISSION,
    )  # fmt: skip


def checked(drone, steps):
    """The flight that the checker judges."""
    settings = failsafe(drone.model, drone.speed_mps, UP_M, TOWN, ALONG_MISSION)
    expected = Expected(flight_time_s=0, distance_m=0, energy_wh=0, battery_left_fraction=1)
    route = Route(
        drone=drone.name, model="reference", pad="p", home=drone.home, takeoff_up_m=UP_M, steps=steps,
        failsafe=settings, expected=expected,
    )  # fmt: skip
    track, items = track_of(route, drone.model), items_of(route)
    return Flight(route, drone.model, track, None, None, None, Along(items, begins_of(track, items)))


def checked_wh(flight):
    """Greatest energy of a flight with its way home, by the checker."""
    landing = flight.track.step == len(flight.route.steps)
    return float((flight.track.used_wh + np.where(landing, 0.0, home_wh(flight))).max())


@pytest.mark.parametrize(
    "steps",
    [
        (bend(0, 160), bend(-200, -20), leg(-220, 120), bend(-140, 160), leg(240, -260), leg(0, 0)),
        (leg(60, 0), leg(-100, -100), leg(240, 140), bend(80, -80), leg(0, 0)),
        (leg(20, -160), bend(180, -140), leg(140, 260), bend(0, 0)),
    ],
)
def test_a_leg_that_is_flown_again_after_a_hold_may_return_by_way_of_its_begin(drone, steps):
    needed_wh = checked_wh(checked(drone, steps))
    assert Halves.of(drone, steps).needed_wh == pytest.approx(needed_wh, abs=BATTERY_SLACK_WH / 2.0)


LATE = (
    leg(-60, 30), leg(20, -10), leg(0, -80), leg(20, -100), bend(-50, -100), leg(-90, -130), view(-40, -190, 5.0, 2.8),
    view(0, -150, 6.0, 5.8), view(0, -150, 5.0, 3.2), view(0, -150, 6.0, 5.0), bend(-40, -170), leg(-40, -180),
    leg(-30, -190), bend(20, -110), bend(0, 0),
)  # fmt: skip
"""A search for waypoints over the pad that begins with those of its own result would find further ones."""
NARROW = (
    bend(-40, -50), view(-80, -60, 5.0, 2.9), view(0, -120, 5.0, 7.5), view(0, -120, 5.0, 6.4), leg(-10, -60),
    leg(-50, -110), view(10, -50, 5.0, 6.7), view(10, -50, 6.0, 7.4), view(10, -50, 6.0, 3.6), leg(-30, -10),
    view(-10, -80, 5.0, 6.2), view(-10, -80, 6.0, 4.9), leg(-50, -130), leg(20, -50), bend(10, 20), bend(0, 0),
)  # fmt: skip
"""From a metre of its last stretch but one, a return may begin at an item that leads around the whole tour."""


@pytest.mark.parametrize("steps", [LATE, NARROW])
def test_the_energy_of_a_flight_is_that_of_the_items_that_are_uploaded(drone, steps):
    patrol = Patrol(drone, None, None)
    needed_wh = checked_wh(checked(drone, with_items(patrol, steps)))
    assert needed_wh - BATTERY_SLACK_WH / 2.0 <= needed_for(patrol, steps, 99.0) <= needed_wh + 2.0 * BATTERY_SLACK_WH


def test_half_way_up_the_pad_no_place_beside_it_is_the_closest(drone):
    """There the take-off item and the places over the pad are equally near. A place beside these is never nearer."""
    flight = checked(drone, (bend(0, -3), leg(80, -3), bend(0, 0)))
    column = np.flatnonzero((flight.track.step < 0) & (flight.track.at_m[:, 2] < UP_M - 10.0))
    begins = flight.along.begins
    ends = flight.along.items.at_m[begins.place[np.isin(begins.sample, column)]]
    assert {UP_M, 5.0} <= set(ends[:, 2])
    assert not ends[:, :2].any()


def test_a_corner_that_no_return_can_cut_is_no_reason_to_refuse(drone):
    """The line past the pole begins 1.4 m from the nearest place of a drone that would take it."""
    drone.returns = TOWN.difference(box(20.6, -1.25, 20.7, -1.15))
    steps = (bend(20, 0), bend(21.3, 0), bend(21.3, -2.4), bend(0, -2.4), bend(0, 0))
    assert with_items(Patrol(drone, None, None), steps)[-5:] == steps


def test_a_corner_that_a_return_may_not_cut_stands_twice_before_its_leg(drone):
    """The drone flies around a block. A return from the second leg would begin with the begin of the first one."""
    block = box(40, 40, 90, 90)
    drone.returns = TOWN.difference(block)
    patrol = Patrol(drone, None, None)
    steps = with_items(patrol, (leg(100, 20), leg(100, 110), leg(20, 110), leg(0, 0)))
    flight = checked(drone, steps)
    ways = shapely.linestrings([
        (flight.track.flat_m[sample], flight.along.items.at_m[place, :2])
        for sample, place in zip(flight.along.begins.sample, flight.along.begins.place, strict=True)
    ])  # fmt: skip
    assert not shapely.intersects(ways, block).any()
    assert [step.to for step in steps if isinstance(step, Leg)] == [at(100, 20), at(100, 110), at(20, 110), at(0, 0)]
