"""A first perimeter lies where the streets are; first pads stand apart on public ground, with the sky above them."""

from dataclasses import replace
from math import dist

import pytest
from shapely.geometry import LineString, box

from blindspot.core.errors import PlanningError
from blindspot.planning.drones.patrols import drone_of, pad_gap_m
from blindspot.planning.reasons.first_flight import FIRST_M, first_pads, first_perimeter
from blindspot.planning.views.target_ground import survey_ground
from blindspot.site import Pad
from blindspot.site.town.model import Road


def streets(east_m, north_m, number):
    """Parallel streets of 200 m, the first one at this place."""
    axes = [LineString([(east_m, north_m + 20 * k), (east_m + 200, north_m + 20 * k)]) for k in range(number)]
    return tuple(Road(f"r{k}", axis, 5.0, "residential", False, 0) for k, axis in enumerate(axes))


def test_a_first_perimeter_lies_where_most_streets_are(site):
    town = replace(site, area_of_interest=box(-1000, -1000, 1000, 1000), zones=())
    found = first_perimeter(replace(town, roads=streets(-900, 500, 3) + streets(300, -700, 9)))
    assert found.area == pytest.approx(FIRST_M**2) and found.covers(box(310, -700, 490, -540))
    with pytest.raises(PlanningError, match="has no public street or square: no flight has a target"):
        first_perimeter(replace(town, roads=()))


def test_it_stays_inside_the_area_and_a_small_town_is_flown_whole(site):
    assert first_perimeter(site) == site.area_of_interest
    wide = replace(site, area_of_interest=box(-100, -1000, 100, 1000), roads=streets(-100, -990, 4))
    found = first_perimeter(wide)
    assert wide.area_of_interest.covers(found) and found.bounds[1] < -900


def test_first_pads_follow_the_rules_of_the_planner(site, mission):
    asked = mission
    bare = replace(site, pads=())
    pads, spots = first_pads(asked, bare, 3)
    assert len(pads) == 3
    places = [(pad.east_m, pad.north_m) for pad in pads]
    assert all(spots.public[spots.field.grid.index(*place)] for place in places)
    assert min(dist(one, other) for one in places for other in places if one != other) >= pad_gap_m(asked)
    ground = survey_ground(asked, bare)
    for place in places:  # raises if the planner refuses the pad
        assert drone_of(asked, ground, asked.file.fleet[0].name, pad=Pad("new", *place, 0.0)).air.open.any()
