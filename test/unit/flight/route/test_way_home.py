"""Where a return leads: what PX4 does with RTL_TYPE 0 and 3 (`test/system/test_pads.py` flies it)."""

from __future__ import annotations

import pytest

from blindspot.flight.route.way_home import goal_of_return
from blindspot.mission.plan import Point

BESIDE = Point(east_m=80.0, north_m=-60.0, up_m=5.0)


@pytest.fixture
def rallying(route):
    def reported(rtl_type, *rally):
        failsafe = route.failsafe.model_copy(update={"rtl_type": rtl_type, "rally": rally})
        return route.model_copy(update={"failsafe": failsafe})

    return reported


@pytest.mark.parametrize("rtl_type", [0, 3])
def test_it_leads_to_the_nearest_of_home_and_the_rally_points(rallying, rtl_type):
    route = rallying(rtl_type, BESIDE, Point(east_m=-200.0, north_m=0.0, up_m=0.0))
    assert goal_of_return(route, 60.0, -40.0) == BESIDE
    assert goal_of_return(route, 10.0, -10.0) == route.home


def test_without_rally_points_it_leads_home(rallying):
    route = rallying(0)
    assert goal_of_return(route, 60.0, -40.0) == route.home
