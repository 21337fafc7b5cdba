"""Narrow passages join parts of the air, and each move through them is legal."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from shapely.affinity import rotate
from shapely.geometry import box

from blindspot.planning.airspace.air import TRACKING_ERROR_M, air_in, legal_air
from blindspot.planning.airspace.paths import ways_from
from blindspot.planning.drones.patrols import drones_of
from blindspot.planning.views.target_ground import survey_ground
from blindspot.site.ground import Grid

GRID = Grid.over((-40.0, -40.0, 40.0, 40.0), 1.0)
WEST, EAST = (-25.0, 12.0), (25.0, -12.0)


def two_yards(width_m, turn_deg):
    """Two yards and a lane between them."""
    lane = box(-12, -width_m / 2, 12, width_m / 2)
    return rotate(shapely.union_all([box(-35, -20, -10, 20), box(10, -20, 35, 20), lane]), turn_deg, origin=(0, 0))


@pytest.mark.parametrize(("width_m", "turn_deg"), [(1.4, 0.0), (1.6, 20.0), (1.9, 45.0)])
def test_a_narrow_lane_joins_two_yards(width_m, turn_deg):
    free = two_yards(width_m, turn_deg)
    air = air_in(free, GRID)
    start, goal = (shapely.get_coordinates(rotate(shapely.Point(p), turn_deg, origin=(0, 0)))[0] for p in (WEST, EAST))
    assert ways_from(air, tuple(start)).to(tuple(goal)) == ()
    joined = air.joined()
    way = ways_from(joined, tuple(start)).to(tuple(goal))
    assert len(way) >= 2
    assert free.buffer(1e-6).covers(shapely.LineString(way))


def test_a_lane_that_is_closed_stays_closed():
    air = air_in(shapely.union_all([box(-35, -20, -10, 20), box(10, -20, 35, 20)]), GRID)
    assert air.joined().passages.size == 0


def test_every_move_beside_a_passage_is_legal():
    """The search moves from each open cell to each open neighbour, across a corner only past two open cells."""
    free = two_yards(1.6, 20.0)
    air = air_in(free, GRID).joined()
    assert air.passages.size
    for cell in air.passages:
        row, col = divmod(int(cell), GRID.cols)
        for dr, dc in ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)):
            if air.open[row + dr, col + dc] and air.open[row + dr, col] and air.open[row, col + dc]:
                ends = [GRID.centre(row, col), GRID.centre(row + dr, col + dc)]
                assert free.covers(shapely.LineString(ends))


def test_a_part_of_the_air_keeps_only_passages_with_room_inside_it():
    air = air_in(two_yards(1.4, 0.0), GRID).joined()
    part = air.within(box(-40, -40, 0, 40))
    assert 0 < part.passages.size < air.passages.size
    assert not part.open[:, GRID.index(3.0, 0.0)[1]].any()
    assert np.isfinite(ways_from(part, WEST).distance_m[:, GRID.index(-3.0, 0.0)[1]]).any()


def test_air_without_a_barred_part_keeps_the_passages_beside_it():
    air = air_in(two_yards(1.4, 0.0), GRID).joined()
    far, near = air.without(box(-35, 15, -30, 20)), air.without(box(-1, -5, 1, 5))
    assert far.passages.tolist() == air.passages.tolist()
    assert np.isfinite(ways_from(far, WEST).distance_m[GRID.index(*EAST)])
    assert 0 < near.passages.size < air.passages.size
    assert not np.isfinite(ways_from(near, WEST).distance_m[GRID.index(*EAST)])


def test_a_place_behind_a_wall_in_its_cell_does_not_begin_at_the_centre():
    """The centre of the cell is in the yard, the cell is a passage, and the place is in a pocket behind a wall."""
    free = shapely.union_all([box(-35, -20, 0.7, 20), box(0.75, 0.3, 0.98, 0.7)])
    air = air_in(free, GRID)
    cell = GRID.index(0.5, 0.5)
    assert not air.open[cell]
    air.open[cell] = True
    air = replace(air, passages=np.array([cell[0] * GRID.cols + cell[1]]))
    assert len(ways_from(air, (0.6, 0.5)).to((-25.0, 12.0))) == 2
    assert ways_from(air, (0.9, 0.5)).to((-25.0, 12.0)) == ()
    assert ways_from(air, (-25.0, 12.0)).to((0.9, 0.5)) == ()


@pytest.mark.parametrize("returns", ["straight", "mission"])
def test_a_drone_flies_through_a_narrow_street_whatever_its_return_is(mission, site, with_file, returns):
    """Two houses leave 1.4 m of legal air between the north and the south of the crossroads, beside no whole cell."""
    wall_m = mission.file.limits.building_clearance_m + TRACKING_ERROR_M + 0.7
    houses = [box(-15.0, -10.0, -wall_m, 10.0), box(wall_m, -10.0, 15.0, 10.0)]
    narrow = [replace(site.buildings[0], footprint=house) for house in houses]
    town = replace(site, buildings=(*site.buildings, *narrow))
    asked = with_file(mission, limits={"return": returns})
    ground = survey_ground(asked, town)
    air = drones_of(asked, ground)[0].air
    closed = legal_air(town, ground.fence, asked.file.limits, asked.models["reference"], 80.0)
    north, south = (0.0, 40.0), (0.0, -40.0)
    assert not np.isfinite(ways_from(closed, north).distance_m[closed.grid.index(*south)])
    assert np.isfinite(ways_from(air, north).distance_m[air.grid.index(*south)])
