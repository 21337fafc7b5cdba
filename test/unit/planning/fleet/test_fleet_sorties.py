"""The sorties of a fleet: which flights share a sortie, and the ground that only a drone alone can see."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import shapely
from shapely.geometry import box

from blindspot.mission import Point, Waypoint, return_path
from blindspot.planning.airspace.air import air_in
from blindspot.planning.airspace.paths import ways_from
from blindspot.planning.drones.patrols import Patrol, drones_of, patrols_in
from blindspot.planning.fleet.blocks import Blocks, open_blocks
from blindspot.planning.fleet.districts import districts_of
from blindspot.planning.fleet.fleet_sorties import beyond_borders, flown_together, ground_plan, is_beyond
from blindspot.planning.tours.battery_legs import FlownTour
from blindspot.planning.views.target_ground import survey_ground
from blindspot.site.ground import Grid

BOUNDS = (-200.0, -100.0, 200.0, 100.0)
OPEN = box(*BOUNDS)
WEST, EAST = (-150.0, 0.0), (150.0, 0.0)
SIDES = {"d0": box(-200, -100, -10, 100), "d1": box(10, -100, 200, 100)}
SEPARATION_M = 15.0
NOTHING = np.empty(0, np.int64)


@pytest.fixture(scope="module")
def one(mission, site):
    return drones_of(mission, survey_ground(mission, site))[0]


@pytest.fixture
def drones(one):
    def made(free=OPEN, pads=(WEST, EAST)):
        air = air_in(free, Grid.over(BOUNDS, 1.0))
        homes = [one.home.model_copy(update={"east_m": e, "north_m": n}) for e, n in pads]
        return [replace(one, name=f"d{k}", home=home, air=air) for k, home in enumerate(homes)]

    return made


def tour(drone, *places, sector=None):
    patrol = Patrol(drone, drone.air, ways_from(drone.air, drone.home_2d), sector=sector)
    steps = tuple(Waypoint(to=Point(east_m=e, north_m=n, up_m=drone.up_m), speed_mps=5.0) for e, n in places)
    return FlownTour(patrol, steps, NOTHING)


def names(waves):
    return [[flown.patrol.drone.name for flown in wave] for wave in waves]


def test_drones_in_their_sectors_fly_together_the_longest_first(drones):
    first, second = drones()
    flown = [
        tour(first, (-140, 0), sector=SIDES["d0"]), tour(first, (-100, 80), sector=SIDES["d0"]),
        tour(second, (120, 60), sector=SIDES["d1"]),
    ]  # fmt: skip
    assert flown_together(flown, SEPARATION_M) == [[flown[1], flown[2]], [flown[0]]]


def test_a_drone_beyond_its_sector_joins_only_drones_that_are_apart(drones):
    first, second = drones()
    long = tour(second, *[(190, 90), (190, -90)] * 3, sector=SIDES["d1"])
    away, across = tour(first, (-120, 20)), tour(first, (140, 0))
    assert flown_together([long, away], SEPARATION_M) == [[long, away]]
    assert flown_together([long, across], SEPARATION_M) == [[long], [across]]


def test_one_beyond_its_sector_makes_no_sortie_longer(drones):
    """Else the next sortie might land too late."""
    first, second = drones()
    short, away = tour(second, (160, 0), sector=SIDES["d1"]), tour(first, (-190, 90), (-190, -90))
    assert flown_together([short, away], SEPARATION_M) == [[short], [away]]
    assert not is_beyond([short])
    assert is_beyond([away])


def test_a_drone_never_flies_twice_in_a_sortie(drones):
    first, second = drones()
    flown = [tour(drone, (east, 40)) for drone, east in ((first, -140), (first, -150), (second, 150))]
    waves = names(flown_together(flown, SEPARATION_M))
    assert all(max(Counter(wave).values()) == 1 for wave in waves)
    assert Counter(name for wave in waves for name in wave) == {"d0": 2, "d1": 1}


def test_a_ground_plan_holds_each_straight_way_home(drones):
    places = [(-100.0, 50.0), (-60.0, -30.0), (-90.0, -80.0)]
    fans = ground_plan(tour(drones()[0], *places))
    route = shapely.LineString([WEST, *places, WEST])
    ways = [shapely.LineString([route.interpolate(share, normalized=True), WEST]) for share in np.linspace(0, 1, 50)]
    assert all(fans.buffer(1e-6).covers(way) for way in ways)


def test_new_sorties_begin_on_the_drones_own_pads_first(drones):
    first, second = drones()
    away, own = tour(replace(second, pad="quay"), (190, 90), (190, -90)), tour(first, (-140, 0))
    assert flown_together([away, own], SEPARATION_M, ["quay"]) == [[own], [away]]
    assert flown_together([away, own], SEPARATION_M) == [[away, own]]


def blocks_of(drones):
    grid = Grid.over(BOUNDS, 4.0)
    centres_m = grid.centres(np.arange(grid.rows * grid.cols)).reshape(*grid.shape, 2)
    is_open = {drone.name: open_blocks(grid, drone.air) for drone in drones}
    return Blocks(grid, np.full(grid.shape, 16.0, np.float32), is_open, centres_m)


HOOK = shapely.union_all([box(-190, -10, 190, 10), box(150, 10, 170, 95), box(-190, 85, 170, 95)])
"""A street whose northern end, in the west, is reached from the east only."""


def test_ground_that_a_border_cuts_off_is_left_to_one_drone_alone(drones):
    some = drones(HOOK)
    shares = districts_of(blocks_of(some), patrols_in(some, SIDES))
    beyond = beyond_borders(shares, Counter({"d0": 1, "d1": 1}))
    cut_off = beyond[0].blocks.grid.index(-180.0, 90.0)
    assert sum(share.left_m2[cut_off] for share in beyond) == 16.0
    assert sum(share.left_m2[cut_off] for share in shares) == 0.0
    assert all(not (share.left_m2 > 0.0)[part.left_m2 > 0.0].any() for share in beyond for part in shares)


@pytest.mark.parametrize("batteries", [{"d0": 0, "d1": 0}, {}])
def test_a_fleet_without_a_battery_left_stays_in_its_sectors(drones, batteries):
    some = drones(HOOK)
    shares = districts_of(blocks_of(some), patrols_in(some, SIDES))
    assert beyond_borders(shares, Counter(batteries)) == []


def test_only_straight_returns_lead_beyond_a_border(drones):
    """Territories follow the streets, so that no border cuts a street off."""
    some = [replace(drone, rtl_type=return_path.ALONG_MISSION) for drone in drones(HOOK)]
    shares = districts_of(blocks_of(some), patrols_in(some, SIDES))
    assert beyond_borders(shares, Counter({"d0": 1, "d1": 1})) == []


def test_a_drone_alone_has_no_border_to_cross(drones):
    alone = drones(HOOK)[:1]
    shares = districts_of(blocks_of(alone), patrols_in(alone, {}))
    assert beyond_borders(shares, Counter({"d0": 1})) == []
