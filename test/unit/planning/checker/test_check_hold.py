"""Holds near corners: the checker counts the braking distance beyond the end of each step against buildings."""

import math
from dataclasses import replace

import pytest
from shapely.geometry import box

from blindspot.mission.in_flight.detour import Detour
from blindspot.mission.plan import Aim, Point, Waypoint
from blindspot.planning.checker.check import check_plan
from blindspot.planning.checker.check_detour import detour_problem
from blindspot.site.town.model import Building

CORNER = (0.0, 50.0)
LAST_M = 2.3
"""Position error of 2 m and half of the reference drone's span."""


def over(plan, speed_mps, *places):
    """The plan with drone1 over these places and back over its pad."""
    route = plan.routes[0]
    ends = [Point(east_m=e, north_m=n, up_m=route.takeoff_up_m) for e, n in (*places, (route.home.east_m, 40.0))]
    steps = [Waypoint(to=end, speed_mps=speed_mps) for end in ends]
    steps.append(Waypoint(to=route.over_pad, speed_mps=speed_mps))
    changed = route.model_copy(update={"steps": tuple(steps)})
    return plan.model_copy(update={"routes": (changed, *plan.routes[1:])})


def with_mast(site, beyond_m, height_m=90.0):
    """A mast north of the corner, by this distance from it."""
    north_m = CORNER[1] + beyond_m
    mast = Building("mast", box(-1.0, north_m, 1.0, north_m + 2.0), 0.0, height_m, False)
    return replace(site, buildings=(*site.buildings, mast))


def holds(plan, mission, site):
    return [violation for violation in check_plan(plan, mission, site) if violation.rule == "hold"]


@pytest.mark.parametrize("speed_mps", [4.5, 6.0])
@pytest.mark.parametrize(("more_m", "count"), [(0.1, 0), (-0.1, 1)])
def test_a_wall_within_braking_and_the_last_distance_of_a_corner_is_found(
    plan, mission, site, speed_mps, more_m, count
):
    walled = with_mast(site, speed_mps**2 / 6.0 + LAST_M + more_m)
    found = holds(over(plan, speed_mps, CORNER), mission, walled)
    assert len(found) == count
    for violation in found:
        assert math.dist((violation.at.east_m, violation.at.north_m), CORNER) < 0.1
        assert f"{LAST_M - 0.1:.1f} m from a building" in violation.detail


def test_a_slow_flight_needs_no_room_beyond_the_clearance_of_its_route(plan, mission, site):
    assert holds(over(plan, 4.0, CORNER), mission, with_mast(site, 5.0)) == []


def test_a_wall_beside_the_corner_is_not_in_the_way(plan, mission, site):
    to_the_east = over(plan, 6.0, CORNER, (6.0, 50.0), CORNER)
    assert [round(v.at.east_m) for v in holds(to_the_east, mission, with_mast(site, 7.0))] == [0]
    assert holds(over(plan, 6.0, (0.0, 44.0)), mission, with_mast(site, 7.0)) == []


def test_a_low_building_counts_for_a_landing_at_once_and_not_where_flights_may_cross_roofs(
    plan, mission, site, with_file
):
    low = with_mast(site, 7.0, height_m=20.0)
    assert len(holds(over(plan, 6.0, CORNER), mission, low)) == 1
    roofs = with_file(mission, limits={"over_roofs": True})
    assert holds(over(plan, 6.0, CORNER), roofs, low) == []
    assert len(holds(over(plan, 6.0, CORNER), roofs, with_mast(site, 7.0))) == 1


def test_a_step_without_a_way_has_no_direction(plan, mission, site):
    assert len(holds(over(plan, 6.0, CORNER, CORNER), mission, with_mast(site, 7.0))) == 1


def test_a_fast_line_of_an_inspection_needs_the_room_too(plan, mission, site):
    start, to = (Point(east_m=0.0, north_m=north_m, up_m=79.41) for north_m in (30.0, CORNER[1]))
    for speed_mps, rule in ((6.0, "hold"), (3.0, "")):
        line = Detour("drone1", start, to, Aim(heading_deg=0.0, pitch_deg=-90.0), 10.0, speed_mps)
        problem = detour_problem(plan, mission, with_mast(site, 7.0, height_m=20.0), line)
        assert problem.split(":")[0] == rule
