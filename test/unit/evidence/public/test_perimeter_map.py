"""The map of a perimeter and the same content as figures."""

from dataclasses import replace

import pytest
from shapely.geometry import LineString, box

from blindspot.evidence.public.page import page_in
from blindspot.evidence.public.perimeter_map import MOST_STREETS, draw_perimeter

CENTRE = (47.0, 2.0)


def test_a_street_counts_with_its_length_inside_the_perimeter():
    roads = [("long", LineString([(-50, 80), (250, 80)])), ("short", LineString([(80, 0), (80, 60)]))]
    found = draw_perimeter(box(0, 0, 160, 160), CENTRE, roads)
    assert [(street.number, street.name, street.length_m) for street in found.streets] == [
        (1, "long", 160.0), (2, "short", 60.0),
    ]  # fmt: skip
    assert (found.area_m2, found.extent_m) == (160.0 * 160.0, (160.0, 160.0))


def test_pieces_of_a_street_are_one_street_and_a_street_outside_is_none():
    roads = [
        ("one", LineString([(0, 80), (40, 80)])), ("one", LineString([(60, 80), (160, 80)])),
        ("away", LineString([(0, 500), (160, 500)])), ("", LineString([(0, 10), (160, 10)])),
    ]  # fmt: skip
    [street] = draw_perimeter(box(0, 0, 160, 160), CENTRE, roads).streets
    assert (street.length_m, len(street.lines)) == (140.0, 2)


def test_north_is_up():
    roads = [("north", LineString([(0, 150), (160, 150)])), ("south", LineString([(0, 10), (150, 10)]))]
    north, south = draw_perimeter(box(0, 0, 160, 160), CENTRE, roads).streets
    assert north.at[1] < south.at[1]


def test_a_town_of_streets_keeps_the_longest_and_counts_the_others():
    roads = [(f"street {number}", LineString([(0, number), (100 + number, number)])) for number in range(50)]
    found = draw_perimeter(box(0, -1, 200, 60), CENTRE, roads)
    assert len(found.streets) == MOST_STREETS and found.streets_left == 10
    assert found.streets[0].length_m == pytest.approx(149.0)


def test_a_hostile_name_of_a_street_is_text_in_map_and_page(page):
    hostile = "rue <script>alert(1)</script> & \u202e\"'" + "x" * 10_000
    square = draw_perimeter(box(0, 0, 160, 160), (48.9, 2.3), [(hostile, LineString([(0, 80), (200, 80)]))])
    for tongue in ("fr", "en"):
        text = page_in(tongue, replace(page(), map=square))
        assert "<script" not in text and "\u202e" not in text
        assert "&lt;script&gt;alert(1)" in text and "x" * 1000 not in text
