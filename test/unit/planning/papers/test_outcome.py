"""The crew's list of buildings whose height is assumed."""

from dataclasses import replace

import pytest
import shapely

from blindspot.planning.papers.outcome import Outcome
from blindspot.site.town.model import Building


@pytest.fixture
def outcome(plan, mission, site):
    """A house below each drone's first step, one of them of known height, and an assumed one out of reach."""
    below = [shapely.Point(route.steps[0].to.east_m, route.steps[0].to.north_m).buffer(2.0) for route in plan.routes]
    far = shapely.Point(1000.0, 0.0).buffer(5.0)
    houses = [
        Building("known", below[0], 0.0, 40.0, False),
        Building("low", below[0], 3.0, 6.0, True),
        Building("high", below[1], 0.0, 20.0, True),
        Building("far", far, 0.0, 90.0, True),
    ]
    return Outcome(plan, mission, replace(site, buildings=tuple(houses)), None, ())


def test_buildings_of_assumed_height_are_listed_with_the_height_up_to_which_flights_are_clear(outcome):
    high, low = outcome.assumed_heights
    assert (high.building.id, low.building.id) == ("high", "low")
    up_m = outcome.plan.routes[0].takeoff_up_m - outcome.mission.file.limits.building_clearance_m
    assert (high.clear_up_to_m, low.clear_up_to_m) == (pytest.approx(up_m), pytest.approx(up_m - 3.0))
    assert any("assumed height in reach of the flights: 2" in remark for remark in outcome.remarks)


def test_a_town_of_known_heights_gives_no_remark(outcome, site):
    known = tuple(replace(building, assumed=False) for building in outcome.site.buildings)
    assert replace(outcome, site=replace(site, buildings=known)).remarks == ()
