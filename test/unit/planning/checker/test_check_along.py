"""Returns along the mission: each line, direction and energy that the autopilot may choose is judged."""

from dataclasses import replace

import pytest
from shapely.geometry import box

from blindspot.mission.plan import Begin, Point, Waypoint
from blindspot.mission.return_path import ALONG_MISSION, positions_of
from blindspot.planning.checker import check_along, check_separation
from blindspot.planning.checker.check import check_plan
from blindspot.planning.checker.check_flight import Flight
from blindspot.planning.checker.check_items import items_of
from blindspot.site.town.model import Building, Zone

LOOP = ((40.0, 40.0), (40.0, -40.0), (10.0, -40.0), (10.0, 0.0), (10.0, 40.0))
"""Half way down the eastern side, the item at (10, 0) is closer than the corners of that side."""


def along(route, **changes):
    parameters = route.failsafe.parameters | {"GF_ACTION": 5.0}
    failsafe = route.failsafe.model_copy(update={"rtl_type": ALONG_MISSION, "parameters": parameters})
    return route.model_copy(update={"failsafe": failsafe} | changes)


def over(route, *places):
    """The route over these places, from its pad and back."""
    up_m = route.takeoff_up_m
    home = (route.home.east_m, route.home.north_m)
    steps = tuple(Waypoint(to=Point(east_m=e, north_m=n, up_m=up_m), speed_mps=6.0) for e, n in (*places, home))
    return along(route, steps=steps)


def breaches_of(plan, mission, site, *rules):
    """Of the mission with returns along its routes."""
    limits = mission.file.limits.model_copy(update={"return_": "mission"})
    asked = replace(mission, file=mission.file.model_copy(update={"limits": limits}))
    return [v for v in check_plan(plan, asked, site) if v.rule in (rules or (v.rule,))]


@pytest.fixture
def loop(plan):
    return plan.model_copy(update={"routes": (over(plan.routes[0], *LOOP),)})


@pytest.fixture
def mast(site):
    """An empty town with one mast inside the loop, 15 m from its sides."""
    mast = Building("mast", box(24.5, -0.5, 25.5, 0.5), 0.0, 90.0, False)
    return replace(site, buildings=(mast,), zones=(), trees=())


def test_a_plan_that_returns_along_its_routes_passes(plan, mission, site):
    both = plan.with_routes([along(route) for route in plan.routes])
    assert breaches_of(both, mission, site) == []


def test_a_mission_with_straight_returns_refuses_it(plan, mission, site):
    """It was accepted: the drones would have flown home along their missions where the mission says straight."""
    both = plan.with_routes([along(route) for route in plan.routes])
    found = check_plan(both, mission, site)
    assert [(v.rule, v.drone) for v in found] == [("autopilot", route.drone) for route in plan.routes]
    assert all("plan again, or set limits.return: mission" in v.detail for v in found)


def test_the_checker_and_the_planner_count_the_same_items(plan):
    for route in plan.routes:
        items, places = items_of(route), positions_of(route.home, route.takeoff_up_m, route.steps)
        assert items.number.tolist() == [place.item for place in places]
        assert items.at_m.tolist() == [[p.at.east_m, p.at.north_m, p.at.up_m] for p in places]
        assert items.landing == places[-1].item


def test_a_mast_between_a_held_drone_and_the_closest_item_is_found(loop, mission, mast):
    found = breaches_of(loop, mission, mast, "return")
    assert any("line to the first item" in violation.detail for violation in found)
    nearer = over(loop.routes[0], LOOP[0], (40.0, 0.0), *LOOP[1:])
    assert breaches_of(loop.with_routes([nearer]), mission, mast, "return") == []


@pytest.mark.parametrize(("floor_m", "is_found"), [(-10.0, True), (10.0, False)])
def test_a_line_that_descends_through_a_zone_is_found(loop, mission, mast, floor_m, is_found):
    """The closest item is 20 m lower, below the zone's floor; the drone holds 10 m above that floor, or below it."""
    route = loop.routes[0]
    up_m = route.takeoff_up_m
    zone = Zone("square", "no_fly", box(20.0, -2.0, 30.0, 2.0), up_m + floor_m, up_m + 40.0)
    steps = [
        step.model_copy(update={"to": step.to.model_copy(update={"up_m": up_m - 20.0})}) if number == 3 else step
        for number, step in enumerate(route.steps)
    ]
    lower = route.model_copy(update={"steps": tuple(steps)})
    town = replace(mast, buildings=(), zones=(zone,))
    assert bool(breaches_of(loop.with_routes([lower]), mission, town, "no-fly zone")) == is_found


def test_a_half_that_the_battery_does_not_allow_is_found(loop, mission, mast):
    """Many items at the end: the autopilot turns back long after the middle of the flight."""
    route = loop.routes[0]
    late = over(route, *LOOP, *[(route.home.east_m, route.home.north_m)] * 20)
    model = mission.models[route.model]
    flights = [Flight.of(one, loop, mission, mast) for one in (route, late)]
    loop_wh, late_wh = (float((f.track.used_wh + check_along.home_wh(f))[f.track.step < 6].max()) for f in flights)
    needed_wh = (loop_wh + late_wh) / 2.0 / (1.0 - model.energy.reserve_fraction)
    capacity_wh = needed_wh * model.energy.capacity_wh / model.energy.usable_wh()
    energy = model.energy.model_copy(update={"capacity_wh": capacity_wh})
    weak = replace(mission, models={route.model: model.model_copy(update={"energy": energy})})
    assert breaches_of(loop, weak, mast, "battery") == []
    assert breaches_of(loop.with_routes([late]), weak, mast, "battery")


def test_a_way_home_into_another_drones_ground_is_found(loop, mission, mast):
    """The other drone hovers over the middle of the loop, 15 m from its sides but on the line to the closest item."""
    route = loop.routes[0]
    middle = over(route.model_copy(update={"drone": "drone2", "home": Point(east_m=25.0, north_m=0.0, up_m=0.0)}))
    a, b = Flight.of(route, loop, mission, mast), Flight.of(middle, loop, mission, mast)
    assert any("way home is" in violation.detail for violation in check_separation.breaches(a, b))
    nearer = Flight.of(over(route, LOOP[0], *[(40.0, n) for n in range(36, -40, -4)], *LOOP[1:]), loop, mission, mast)
    assert list(check_separation.breaches(nearer, b)) == []


@pytest.mark.parametrize("change", ["rally", "begin"])
def test_it_needs_a_route_from_its_pad_and_no_rally_points(plan, mission, site, change):
    route = along(plan.routes[0])
    if change == "begin":
        route = route.model_copy(update={"begin": Begin(at=route.steps[0].to, battery_fraction=0.9, flown_s=30.0)})
    else:
        rally = (Point(east_m=3.0, north_m=20.0, up_m=0.0),)
        route = route.model_copy(update={"failsafe": route.failsafe.model_copy(update={"rally": rally})})
    assert any("RTL_TYPE 4" in v.detail for v in breaches_of(plan.with_routes([route]), mission, site, "autopilot"))


def test_a_drone_outside_its_fence_must_land(plan, mission, site):
    """A foreign mission may have led it there, and a return would lead on along that one."""
    route = along(plan.routes[0])
    parameters = route.failsafe.parameters | {"GF_ACTION": 3.0}
    returning = route.model_copy(update={"failsafe": route.failsafe.model_copy(update={"parameters": parameters})})
    [violation] = breaches_of(plan.with_routes([returning]), mission, site)
    assert violation.rule == "autopilot" and "GF_ACTION 5" in violation.detail
