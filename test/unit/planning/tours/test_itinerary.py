"""A route over halts stays legal, wherever its halts lie in the air."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely
from shapely import affinity
from shapely.geometry import LineString, box

from blindspot.mission import rounding, timing
from blindspot.mission.plan import Aim, View
from blindspot.planning.airspace.air import air_in
from blindspot.planning.airspace.holds import HoldRoom
from blindspot.planning.airspace.paths import ways_from
from blindspot.planning.drones.patrols import Patrol, drone_of
from blindspot.planning.tours import itinerary
from blindspot.planning.tours.itinerary import Halt, Scout, with_views
from blindspot.planning.tours.routing import Stop, route_cost, route_steps
from blindspot.planning.tours.view_chooser import Chooser, Shot
from blindspot.planning.views.target_ground import survey_ground
from blindspot.site.town.model import Building

DOWN = Aim(heading_deg=0.0, pitch_deg=-90.0)


@pytest.fixture
def scout(mission, site):
    """A drone of the crossroads; a slit of 0.4 m, in which no cell is open, leads east from its street."""
    ground = survey_ground(mission, site)
    drone = drone_of(mission, ground, "drone1")
    east_m, north_m = drone.home_2d
    street, slit = (
        box(east_m - 3, north_m - 20, east_m + 3, north_m + 20),
        box(east_m, north_m + 9.3, east_m + 20, north_m + 9.7),
    )
    air = air_in(shapely.union(street, slit), drone.air.grid)
    drone = replace(drone, air=air)
    chooser = Chooser(mission, ground, (drone,), lambda stage, fraction: None)
    return Scout(chooser, Patrol(drone, air, ways_from(air, drone.home_2d)))


@pytest.mark.parametrize("beside_m", [(15.0, 9.5), (2.9, 19.9)], ids=["in a slit", "at the edge"])
def test_a_view_after_a_place_in_a_closed_cell_is_flown_to_through_the_air(scout, beside_m):
    east_m, north_m = scout.patrol.drone.home_2d
    places = [(east_m + east, north_m + north) for east, north in ((0.0, 9.5), beside_m, (-2.5, -19.5))]
    halts = [Halt(at, DOWN if at == places[-1] else None) for at in places]
    steps = scout.steps(halts)
    flown = [(east_m, north_m), *((step.to.east_m, step.to.north_m) for step in steps)]
    for way in pairwise(flown):
        assert way[0] == way[1] or scout.patrol.air.free.buffer(0.01).covers(LineString(way))
    assert any(isinstance(step, View) for step in steps)
    assert flown[-1] == pytest.approx((east_m, north_m), abs=0.001)


def test_a_scout_that_keeps_few_ways_lays_the_same_route(scout, monkeypatch):
    east_m, north_m = scout.patrol.drone.home_2d
    away = ((15.0, 9.5), (-2.5, -19.5), (10.0, 9.5), (2.5, -19.0))
    halts = [Halt((east_m + east, north_m + north), DOWN) for east, north in away]
    whole = scout.steps(halts)
    monkeypatch.setattr(itinerary, "KEPT_CELLS", 1)
    few = Scout(scout.chooser, scout.patrol)
    assert few.steps(halts) == whole
    assert any(not scout.patrol.air.holds((a.at, b.at)) for a, b in pairwise(halts)), "straight lines need no ways"


def test_a_halt_without_any_legal_way_is_left_out(scout):
    east_m, north_m = scout.patrol.drone.home_2d
    assert scout.steps([Halt((east_m + 40.0, north_m), DOWN)]) == ()


def test_the_way_to_a_corner_before_a_wall_is_slow_and_all_others_are_not(scout, mission, site):
    """A hold on the way may slide on by the braking distance, and a wall stands 7.5 m beyond the view in the north."""
    patrol, (east_m, north_m) = scout.patrol, scout.patrol.drone.home_2d
    wall = Building("wall", box(east_m - 3.0, north_m + 25.5, east_m + 3.0, north_m + 28.0), 0.0, 20.0, False)
    walled = replace(site, buildings=(*site.buildings, wall))
    ground, model = scout.chooser.ground, patrol.drone.model
    room = HoldRoom.of(walled, ground.fence, mission.file.limits, model, patrol.drone.up_m)
    patrol = replace(patrol, drone=replace(patrol.drone, holds=room))
    home, north, south = (rounding.place(east_m, north_m + away_m) for away_m in (0.0, 18.0, -18.0))
    for steps in (
        Scout(scout.chooser, patrol).steps([Halt(north, DOWN), Halt(south, DOWN)]),
        route_steps(patrol, [Stop(north, (DOWN,)), Stop(south, (DOWN,))]),
    ):
        flown = [home, *((step.to.east_m, step.to.north_m) for step in steps)]
        speeds = {to: step.speed_mps for (start, to), step in zip(pairwise(flown), steps, strict=True) if start != to}
        assert speeds == {north: 5.5, south: 6.0, home: 6.0}


def test_a_further_view_is_inserted_where_the_detour_through_the_streets_is_shortest(scout):
    """By straight lines, the northern end of the east street lay beside that of the west street."""
    drone, (east_m, north_m) = scout.patrol.drone, scout.patrol.drone.home_2d
    streets = (box(-3, -20, 3, 20), box(17, -20, 23, 20), box(-3, -20, 23, -14))
    air = air_in(affinity.translate(shapely.union_all(streets), east_m, north_m), drone.air.grid)
    patrol = Patrol(replace(drone, air=air), air, ways_from(air, drone.home_2d))
    scout = Scout(scout.chooser, patrol)
    row = [Halt((east_m + east, north_m + north), DOWN) for east, north in ((20, -17), (0, 5), (0, 19))]
    shot = Shot(drone.name, (east_m + 20, north_m + 19), DOWN, np.empty(0, np.int32))
    view = Halt(shot.at, shot.aim)

    def time_s(halts):
        return route_cost(patrol, scout.steps(halts)).time_s

    found = with_views(scout, row, [shot])
    assert sorted(found, key=str) == sorted([*row, view], key=str)
    assert time_s(found) <= min(time_s([*row[:k], view, *row[k:]]) for k in range(4)) + 5.0


def test_a_further_view_without_a_way_to_it_is_left_out(scout):
    east_m, north_m = scout.patrol.drone.home_2d
    row = [Halt((east_m, north_m + 9.5), DOWN)]
    beyond = Shot("drone1", (east_m + 40.0, north_m), DOWN, np.empty(0, np.int32))
    assert with_views(scout, row, [beyond]) == row


@pytest.mark.parametrize(("apart_m", "turns_on_the_way"), [(0.9, False), (1.0, False), (1.1, True)])
def test_the_camera_turns_on_the_way_only_to_a_place_that_is_a_metre_away(scout, apart_m, turns_on_the_way):
    """The checker counts the whole turn at places up to a metre apart."""
    patrol, (east_m, north_m) = scout.patrol, scout.patrol.drone.home_2d
    back = Aim(heading_deg=178.0, pitch_deg=-90.0)
    stops = [Stop((east_m, north_m + 9.5), (DOWN,)), Stop((east_m, north_m + 9.5 + apart_m), (back,))]
    views = [step for step in route_steps(patrol, stops) if isinstance(step, View)]
    whole_s = timing.turn_s(patrol.drone.model, views[0].aim, views[1].aim) + 1.0
    assert (views[1].dwell_s < whole_s - 0.01) == turns_on_the_way
