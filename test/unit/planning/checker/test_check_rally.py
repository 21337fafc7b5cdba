"""Rally points: the autopilot may land on each, so each is judged as a pad and a goal of returns."""

from dataclasses import replace

import numpy as np
import pytest
from shapely.geometry import box

from blindspot.mission.plan import Point, Waypoint
from blindspot.planning.checker.check import check_plan
from blindspot.planning.checker.check_flight import Flight
from blindspot.planning.checker.check_track import track_of
from blindspot.site.town.model import Building, EmergencyArea, Zone

BESIDE = Point(east_m=3.0, north_m=20.0, up_m=0.0)
"""In the street, between the northern pad and the crossing."""


@pytest.fixture
def street(site):
    """The town with one more emergency area, in the northern street."""
    return replace(site, emergency_areas=(*site.emergency_areas, EmergencyArea("street", box(-2, 15, 8, 25))))


def rallying(plan, *points, **failsafe):
    """The plan with rally points for its first drone."""
    route = plan.routes[0]
    reported = route.failsafe.model_copy(update={"rally": points, **failsafe})
    return plan.with_routes([route.model_copy(update={"failsafe": reported})])


def reported(plan, mission, site):
    return [violation.detail for violation in check_plan(plan, mission, site) if violation.rule == "rally"]


def test_a_rally_point_with_room_on_kept_ground_passes(plan, mission, street):
    assert check_plan(rallying(plan, BESIDE), mission, street) == ()


@pytest.mark.parametrize(
    ("at", "problem"),
    [
        ((3.0, 60.0, 0.0), "no emergency area"),
        ((3.0, 20.0, 2.0), "2.0 m above the ground"),
        ((3.0, 20.0, -1.0), "1.0 m below the ground"),
        ((11.0, 20.0, 0.0), "the way down passes a building at 4.0 m"),
        ((0.0, 77.0, 0.0), "outside the perimeter, or closer"),
        ((3.0, 30.0, 0.0), "is 10.4 m from home: the autopilot leaves out"),
    ],
)
def test_faults_of_a_rally_point_are_reported(plan, mission, street, at, problem):
    east_m, north_m, up_m = at
    found = reported(rallying(plan, Point(east_m=east_m, north_m=north_m, up_m=up_m)), mission, street)
    assert any(problem in line for line in found)


def test_a_zone_over_a_rally_point_is_found(plan, mission, street):
    closed = replace(street, zones=(*street.zones, Zone("crane", "no_fly", box(2.5, 19.5, 3.5, 20.5))))
    assert any("through crane" in line for line in reported(rallying(plan, BESIDE), mission, closed))


def test_two_drones_never_land_on_one_another(plan, mission, site):
    """A common cause, for example a lost lease, calls both back at once: the crossing is one place."""
    both = plan.with_routes(
        route.model_copy(
            update={"failsafe": route.failsafe.model_copy(update={"rally": (Point(east_m=0, north_m=0, up_m=0),)})}
        )
        for route in plan.routes
    )
    assert any("0.0 m from where drone2 may land" in line for line in reported(both, mission, site))


def test_a_return_leads_home_unless_a_rally_point_is_clearly_nearer(plan, mission, street):
    """PX4 1.17 leaves home only for a rally point that is nearer by over 2 m. The last place is 0.8 m nearer to the
    rally point, and a mast stands on the straight way home from there alone."""
    route = plan.routes[0]
    places = ((-20.0, 5.0), (-40.0, 22.0), (-20.0, 5.0), (route.home.east_m, route.home.north_m))
    ends = [Point(east_m=east_m, north_m=north_m, up_m=route.takeoff_up_m) for east_m, north_m in places]
    flown = route.model_copy(update={"steps": tuple(Waypoint(to=end, speed_mps=4.0) for end in ends)})
    alone = rallying(plan, BESIDE).routes[0].failsafe
    there = plan.model_copy(update={"routes": (flown.model_copy(update={"failsafe": alone}),)})
    mast = Building("mast", box(-20.5, 30.5, -19.5, 31.5), 0.0, 90.0, False)
    found = {
        name: [v for v in check_plan(there, mission, replace(street, buildings=solid, zones=())) if v.rule == "return"]
        for name, solid in (("open", ()), ("mast", (mast,)))
    }
    assert found["open"] == []
    assert [v.at.east_m < -30.0 for v in found["mast"]] == [True]


def test_between_home_and_a_rally_point_both_are_goals(plan, mission, street):
    both = rallying(plan, BESIDE)
    route, model = both.routes[0], mission.model_of(both.routes[0].drone)
    flight = Flight(route, model, track_of(route, model), both, mission, street)
    sample, goals_m = flight.goals_from(np.array([[0.0, 60.0], [1.5, 30.0], [3.0, 5.0]]))
    assert sample.tolist() == [0, 1, 1, 2]
    assert goals_m[:, 1] == pytest.approx([route.home.north_m, route.home.north_m, 20.0, 20.0])


def test_a_return_altitude_counts_from_the_landing_place(plan, mission, street):
    """A rally point in a hollow lowers the way to it below what was proven from the pad's height."""
    hollow = rallying(plan, BESIDE.model_copy(update={"up_m": -20.0}))
    route, model = hollow.routes[0], mission.model_of(hollow.routes[0].drone)
    flight = Flight(route, model, track_of(route, model), hollow, mission, street)
    over_home_m, over_hollow_m = flight.return_up_m(flight.goals_m)
    assert over_home_m == pytest.approx(route.home.up_m + route.failsafe.rtl_return_alt_m)
    assert over_hollow_m == pytest.approx(over_home_m - 20.0)
