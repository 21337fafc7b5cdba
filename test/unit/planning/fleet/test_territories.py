"""Territories: apart by the gap, each with its pad, and with whole streets."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from shapely.geometry import box

from blindspot.core.errors import PlanningError
from blindspot.planning.airspace.air import air_in
from blindspot.planning.airspace.paths import ways_from
from blindspot.planning.drones.patrols import drones_of, patrols_in
from blindspot.planning.fleet.blocks import Blocks, open_blocks
from blindspot.planning.fleet.territories import territories
from blindspot.planning.views.target_ground import survey_ground
from blindspot.site.ground import Grid

GAP_M = 19.0
BOUNDS = (-120.0, -60.0, 120.0, 60.0)
COMB = shapely.union_all([box(-110, -55, 110, -40), *(box(x, -55, x + 12, 55) for x in range(-110, 110, 49))])
"""A street along the south with five streets to the north."""


@pytest.fixture(scope="module")
def one(mission, site):
    return drones_of(mission, survey_ground(mission, site))[0]


@pytest.fixture
def fleet(one):
    air = air_in(COMB, Grid.over(BOUNDS, 1.0))

    def at(*pads):
        homes = [one.home.model_copy(update={"east_m": e, "north_m": n}) for e, n in pads]
        drones = [replace(one, name=f"d{k}", home=home, air=air) for k, home in enumerate(homes)]
        grid = Grid.over(BOUNDS, 4.0)
        centres_m = grid.centres(np.arange(grid.rows * grid.cols)).reshape(*grid.shape, 2)
        is_open = {drone.name: open_blocks(grid, air) for drone in drones}
        return Blocks(grid, np.full(grid.shape, 16.0, np.float32), is_open, centres_m), drones

    return at


def test_territories_are_apart_and_hold_their_pads(fleet):
    blocks, drones = fleet((-100.0, -48.0), (96.0, 40.0), (0.0, -48.0))
    areas = territories(blocks, drones, GAP_M)
    for drone in drones:
        assert areas[drone.name].covers(shapely.Point(drone.home_2d))
        for other in drones:
            assert other is drone or areas[drone.name].distance(areas[other.name]) >= GAP_M - 1e-6


def test_no_street_is_cut_off_from_its_pad(fleet):
    """A straight border between these pads cuts the northern ends of streets off. A street may lie on the border."""
    blocks, drones = fleet((-100.0, 48.0), (96.0, -48.0))
    reached = np.zeros(drones[0].air.grid.shape, dtype=bool)
    for patrol in patrols_in(drones, territories(blocks, drones, GAP_M)):
        reached |= np.isfinite(ways_from(patrol.air, patrol.drone.home_2d).distance_m)
    northern = [reached[drones[0].air.grid.index(x + 6.0, 50.0)] for x in range(-110, 110, 49)]
    assert sum(northern) >= len(northern) - 1


def test_a_slow_drone_gets_less(fleet):
    blocks, drones = fleet((-100.0, -48.0), (96.0, -48.0))
    even = territories(blocks, drones, GAP_M)["d0"].intersection(COMB).area
    slow = territories(blocks, drones, GAP_M, {"d0": 2.0})["d0"].intersection(COMB).area
    assert slow < even


@pytest.mark.parametrize(("first_m", "apart_m"), [(-30.0, 23.0), (-29.0, 21.0), (-27.3, 19.2)])
def test_pads_a_little_farther_apart_than_the_gap_keep_their_places(fleet, apart_m, first_m):
    """The blocks of 4 m put a border too near to one of them."""
    blocks, drones = fleet((first_m, -48.0), (first_m + apart_m, -48.0))
    areas = territories(blocks, drones, GAP_M)
    for drone in drones:
        assert areas[drone.name].covers(shapely.Point(drone.home_2d))
    assert areas["d0"].distance(areas["d1"]) >= GAP_M - 1e-6


def test_pads_closer_than_the_gap_are_refused(fleet):
    blocks, drones = fleet((0.0, -48.0), (8.0, -48.0))
    with pytest.raises(PlanningError, match="farther apart"):
        territories(blocks, drones, GAP_M)
