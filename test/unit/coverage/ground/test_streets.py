from types import SimpleNamespace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays
from shapely.geometry import LineString, box

from blindspot.coverage.ground.streets import by_street, streets_on
from blindspot.site.ground.grid import Grid
from blindspot.site.town.model import Road, Zone

GRID = Grid(10.0, -20.0, 0.5, 41, 61)
"""20.5 m from south to north, 30.5 m from west to east: neither side is a whole number of the metres by which streets
are separated."""


def road(number, *points, name="", private=False):
    return Road(f"road {number}", LineString(points), 4.0, "street", private, 0, name)


def town(*roads, squares=()):
    return SimpleNamespace(roads=roads, zones_of=lambda kind: squares if kind == "public" else ())


SOUTH = road(1, (0, -18), (60, -18), name="rue du Sud")
NORTH = road(2, (0, -2), (60, -2))
SQUARE = Zone("place Ronde", "public", box(30, -12, 36, -6))


def name_at(site, east_m, north_m):
    names, numbers = streets_on(site, GRID)
    assert numbers.shape == GRID.shape
    return names[numbers[GRID.index(east_m, north_m)]]


def test_ground_belongs_to_the_nearest_public_road_by_name_or_else_by_id():
    site = town(SOUTH, NORTH, road(3, (0, -10), (60, -10), private=True))
    assert name_at(site, 11, -12) == "rue du Sud"
    assert name_at(site, 39.9, -8) == "road 2"
    assert name_at(site, 10.1, 0.4) == "road 2"


def test_a_named_square_is_a_street_of_its_own():
    site = town(SOUTH, NORTH, squares=(SQUARE,))
    assert name_at(site, 33, -9) == "place Ronde"
    assert name_at(site, 28, -11) == "rue du Sud"


def test_a_road_beyond_the_edge_counts_and_no_road_is_no_name():
    assert name_at(town(road(4, (-20, -30), (60, -30))), 20, -10) == "road 4"
    assert name_at(town(), 20, -10) == ""


def test_parts_of_two_streets_and_two_kinds_by_hand():
    """The border between the streets runs halfway between their axes, at north -10, as far as cells of 1 m can say."""
    kinds = np.zeros(GRID.shape, np.uint8)
    kinds[:, 20:] = 1
    where = np.ones(GRID.shape, bool)
    parts = by_street(town(SOUTH, NORTH), GRID, where, kinds, 2)
    assert {(part.street, part.kind) for part in parts} == {(s, k) for s in ("rue du Sud", "road 2") for k in (0, 1)}
    assert [part.area_m2 for part in parts] == sorted((part.area_m2 for part in parts), reverse=True)
    for part in parts:
        wide_m, tall_m = (10.0, 20.5)[part.kind], 10.0 if part.street == "rue du Sud" else 10.5
        assert part.area_m2 == pytest.approx(wide_m * tall_m, abs=1.0 * wide_m)


@settings(max_examples=40)
@given(
    where=arrays(bool, GRID.shape, elements=st.booleans()),
    kinds=arrays(np.uint8, GRID.shape, elements=st.integers(0, 3)),
)
def test_parts_are_valid_disjoint_and_together_the_mask(where, kinds):
    parts = by_street(town(SOUTH, NORTH, squares=(SQUARE,)), GRID, where, kinds, 4)
    assert sum(part.area_m2 for part in parts) == where.sum() * 0.25
    assert all(part.ground.is_valid and part.ground.area == part.area_m2 for part in parts)
    assert shapely.union_all([part.ground for part in parts]).area == pytest.approx(where.sum() * 0.25)
    assert len({(part.street, part.kind) for part in parts}) == len(parts)
