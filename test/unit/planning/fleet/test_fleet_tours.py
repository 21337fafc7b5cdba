"""The tours of a fleet: ground in view of several drones belongs to one of them."""

import numpy as np
import pytest

from blindspot.planning.drones.patrols import drones_of, patrols
from blindspot.planning.fleet import fleet_tours as tours
from blindspot.planning.fleet.fleet_tours import apart
from blindspot.planning.tours.itinerary import Scout
from blindspot.planning.tours.tour_search import TourSearch
from blindspot.planning.tours.view_chooser import Chooser
from blindspot.planning.views.target_ground import survey_ground


@pytest.fixture(scope="module")
def searches(mission, site):
    ground = survey_ground(mission, site)
    drones = drones_of(mission, ground)
    chooser = Chooser(mission, ground, drones, lambda stage, fraction: None)
    squad = patrols(drones, ground, 15.0, {drone.name: 0.0 for drone in drones})
    nothing = np.zeros(ground.spots.blind.size, dtype=bool)
    return [TourSearch.over(Scout(chooser, patrol), nothing) for patrol in squad]


@pytest.mark.parametrize("order", [1, -1])
def test_ground_in_view_of_several_drones_goes_to_the_one_with_more_views_of_it(searches, order, monkeypatch):
    """All of it went to the first drone: over fields one of two drones flew three times as long as the other."""
    monkeypatch.setattr(tours, "EVENED", 0.0)
    own = [search.cells for search in apart(searches[::order])][::order]
    shared = np.intersect1d(searches[0].cells, searches[1].cells)
    assert len(shared) > 0
    assert len(np.intersect1d(*own)) == 0
    np.testing.assert_array_equal(np.union1d(*own), np.union1d(searches[0].cells, searches[1].cells))
    first, second = (search.views_of(shared) for search in searches)
    assert (first > second).any() and (first < second).any()
    assert np.isin(shared[first > second], own[0]).all() and np.isin(shared[first < second], own[1]).all()


def test_a_drone_with_less_ground_gets_more_of_the_ground_in_view_of_several(searches, monkeypatch):
    def uneven():
        first, second = (len(search.cells) for search in apart(searches))
        return abs(first - second)

    evened = uneven()
    monkeypatch.setattr(tours, "EVENED", 0.0)
    assert evened < 0.8 * uneven()
