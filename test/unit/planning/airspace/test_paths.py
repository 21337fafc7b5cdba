"""Ways through legal air: legal along their whole length, short, and found if one exists."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings, strategies as st
from shapely.geometry import LineString, Point, box

from blindspot.planning.airspace.air import air_in
from blindspot.planning.airspace.paths import ways_from
from blindspot.site.ground.grid import Grid

GRID = Grid(0.0, 0.0, 1.0, 60, 60)


def air_around(*blocks):
    return air_in(box(1, 1, 59, 59).difference(shapely.union_all(list(blocks))), GRID)


def test_straight_where_nothing_is_in_the_way():
    assert ways_from(air_around(), (5.5, 5.5)).to((50.5, 40.5)) == ((5.5, 5.5), (50.5, 40.5))


def test_around_a_wall_the_way_bends_at_its_end():
    """The wall's free end is at (20, 40): the shortest way is the two straight pieces over it."""
    way = ways_from(air_around(box(19, 0, 21, 40)), (10.5, 20.5)).to((30.5, 20.5))
    assert LineString(way).length == pytest.approx(2 * math.hypot(8.5, 19.5) + 2, rel=0.06)
    assert all(north <= 44 for _, north in way)


def test_a_place_at_the_edge_of_the_air_is_joined_to_the_nearest_cell():
    """The wall's face at 19.2 m closes the cells of column 19, of which a strip is legal."""
    air = air_around(box(19.2, 0, 21.8, 40))
    edge, beyond = (19.1, 20.5), (21.9, 20.5)
    for start, goal in ((edge, (30.5, 20.5)), ((30.5, 20.5), edge), (edge, beyond)):
        way = ways_from(air, start).to(goal)
        assert (way[0], way[-1]) == (start, goal)
        assert air.free.buffer(1e-9).covers(LineString(way))


def test_no_way_into_a_closed_yard():
    yard = box(20, 20, 40, 40).difference(box(22, 22, 38, 38))
    assert ways_from(air_around(yard), (5.5, 5.5)).to((30.5, 30.5)) == ()


def test_nothing_is_in_reach_from_outside_the_air():
    ways = ways_from(air_around(box(0, 0, 20, 20)), (10.5, 10.5))
    assert not np.isfinite(ways.distance_m).any()


def test_a_cell_touched_by_a_building_is_not_open():
    air = air_around(box(10.2, 10.2, 10.8, 10.8))
    assert not air.open[10, 10]
    assert air.open[9, 10]
    assert not air.open[0, 0]


blocks = st.lists(
    st.tuples(st.floats(0, 55), st.floats(0, 55), st.floats(1, 25), st.floats(1, 25)).map(
        lambda b: box(b[0], b[1], b[0] + b[2], b[1] + b[3])
    ),
    max_size=6,
)
spots = st.tuples(st.integers(2, 57), st.integers(2, 57)).map(lambda cell: (cell[0] + 0.5, cell[1] + 0.5))


@settings(max_examples=60, deadline=None)
@given(blocks=blocks, start=spots, goal=spots)
def test_every_way_is_legal_and_no_longer_than_the_grid_says(blocks, start, goal):
    air = air_around(*blocks)
    ways = ways_from(air, start)
    way = ways.to(goal)
    if not way:
        parts = [part for part in shapely.get_parts(air.free) if part.covers(Point(start))]
        assert (
            not parts or not air.open[air.grid.index(*start)] or not np.isfinite(ways.distance_m[air.grid.index(*goal)])
        )
        return
    assert way[0] == start
    assert way[-1] == goal
    assert air.free.covers(LineString(way)) if start != goal else True
    index = air.grid.index(*goal)
    if np.isfinite(ways.distance_m[index]):
        assert math.dist(start, goal) - 1e-9 <= LineString(way).length <= ways.distance_m[index] * 1.02 + 1e-9


@pytest.mark.parametrize("start", [(5.5, 5.5), (55.5, 30.5)])
def test_distances_are_the_same_both_ways(start):
    air = air_around(box(20, 0, 25, 50), box(35, 10, 40, 60))
    goal = (50.5, 8.5)
    there = ways_from(air, start).distance_m[air.grid.index(*goal)]
    back = ways_from(air, goal).distance_m[air.grid.index(*start)]
    assert there == pytest.approx(back)
