from math import dist, isnan, nan

import pytest
from hypothesis import assume, given, strategies as st
from shapely import LineString, Point, Polygon

from blindspot.flight.route.geometry import axis_error_deg, distance_to_path, distance_to_segment, inside, meets_edge

metres = st.integers(-10_000, 10_000).map(lambda cm: cm / 100.0)
places = st.tuples(metres, metres)


@given(place=places, polygon=st.lists(places, min_size=3, max_size=8))
def test_inside_agrees_with_shapely(place, polygon):
    shape = Polygon(polygon)
    assume(shape.is_valid and shape.area > 1.0 and shape.exterior.distance(Point(place)) > 1e-6)
    assert inside(place, polygon) == shape.contains(Point(place))


@given(place=places, path=st.lists(places, min_size=2, max_size=6))
def test_distance_to_a_path_agrees_with_shapely(place, path):
    assert distance_to_path(place, path) == pytest.approx(LineString(path).distance(Point(place)), abs=1e-6)


def test_distance_to_a_point_like_segment():
    assert distance_to_segment((3.0, 4.0), (0.0, 0.0), (0.0, 0.0)) == 5.0
    assert distance_to_path((3.0, 4.0, 0.0), [(0.0, 0.0, 0.0)]) == dist((3, 4), (0, 0))


def test_straight_down_is_the_same_axis_for_every_heading():
    assert axis_error_deg(-90.0, 10.0, -90.0, 200.0) == pytest.approx(0.0, abs=1e-4)


@given(pitch=st.floats(-90, 0), heading=st.floats(0, 360), turn=st.floats(-90, 90))
def test_a_turn_errs_by_no_more_than_itself(pitch, heading, turn):
    assert axis_error_deg(pitch, heading, pitch, heading + turn) <= abs(turn) + 1e-4


def test_an_unknown_aim_is_an_unknown_error():
    assert isnan(axis_error_deg(nan, 0.0, -90.0, 0.0))


def test_meets_edge():
    square = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))
    for a, b, meets in (
        ((5.0, 5.0), (6.0, 6.0), False), ((5.0, 5.0), (15.0, 5.0), True), ((-5.0, 5.0), (15.0, 5.0), True),
        ((5.0, 5.0), (10.0, 5.0), True), ((20.0, 0.0), (30.0, 0.0), False), ((5.0, 0.0), (30.0, 0.0), True),
        ((15.0, -5.0), (15.0, 15.0), False), ((9.0, 13.0), (13.0, 9.0), False), ((9.0, 10.5), (10.5, 9.0), True),
    ):  # fmt: skip
        assert meets_edge(a, b, square) == meets, (a, b)
        assert meets_edge(b, a, square) == meets, (b, a)


corners = st.tuples(st.integers(-20, 20), st.integers(-20, 20))


@given(a=corners, b=corners, ring=st.lists(corners, min_size=3, max_size=6, unique=True))
def test_meets_edge_agrees_with_shapely(a, b, ring):
    assume(a != b)
    edges = LineString([*ring, ring[0]])
    assert meets_edge(a, b, ring) == LineString([a, b]).intersects(edges)
