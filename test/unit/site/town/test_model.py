"""Heights of a building: the eaves hide the street, and the highest point keeps drones away."""

import pytest
from shapely.geometry import box

from blindspot.site.town.model import Building


def test_an_assumed_height_keeps_drones_a_storey_farther_away_and_hides_no_more_ground():
    known = Building("house", box(0, 0, 9, 9), 2.0, 9.0, False, ridge_m=11.0)
    assumed = Building("house", box(0, 0, 9, 9), 2.0, 9.0, True)
    assert (known.top_m, known.highest_m) == (11.0, 13.0)
    assert (assumed.top_m, assumed.highest_m) == (11.0, pytest.approx(14.0))
