"""The independent checker: a sound plan passes, and each rule finds the plan that breaks it."""

import json
import math

import numpy as np
import pytest
from shapely.geometry import Polygon, box

from blindspot.core.errors import InputError
from blindspot.mission.plan import Aim, Leg, Point, Relief, View, Waypoint, parse_plan
from blindspot.mission.plan_figures import UnseenGround
from blindspot.planning.checker import check
from blindspot.planning.checker.check import check_plan
from blindspot.planning.checker.check_air import gap_to_buildings
from blindspot.planning.checker.check_flight import runs_of
from blindspot.site.ground import Grid, Terrain
from blindspot.site.town.model import Building, Zone


def rules(plan, mission, site):
    return {violation.rule for violation in check_plan(plan, mission, site)}


def with_route(plan, index=0, **changes):
    """The plan with one route changed; `failsafe` and `expected` may be dicts of changes themselves."""
    route = plan.routes[index]
    for part in ("failsafe", "expected"):
        if isinstance(changes.get(part), dict):
            changes[part] = getattr(route, part).model_copy(update=changes[part])
    routes = list(plan.routes)
    routes[index] = route.model_copy(update=changes)
    return plan.model_copy(update={"routes": tuple(routes)})


def with_step(plan, number, route=0, **changes):
    steps = list(plan.routes[route].steps)
    steps[number] = steps[number].model_copy(update=changes)
    return with_route(plan, route, steps=tuple(steps))


def first_view(plan, route=0):
    return next(k for k, step in enumerate(plan.routes[route].steps) if isinstance(step, View))


def detour(plan, east_m, north_m, up_m=None, route=0):
    """The plan with one more waypoint before its last step."""
    steps = list(plan.routes[route].steps)
    at = Point(east_m=east_m, north_m=north_m, up_m=up_m or steps[0].to.up_m)
    steps.insert(len(steps) - 1, Waypoint(to=at, speed_mps=steps[0].speed_mps))
    return with_route(plan, route, steps=tuple(steps))


def test_a_plan_of_the_planner_passes(plan, mission, site):
    assert check_plan(plan, mission, site) == ()


def test_it_passes_after_a_journey_through_its_file(plan, mission, site):
    assert check_plan(parse_plan(plan.to_json()), mission, site) == ()


def test_a_breach_names_drone_place_and_time(plan, mission, site):
    broken = with_step(plan, first_view(plan), speed_mps=7.5)
    violation = next(v for v in check_plan(broken, mission, site) if v.rule == "speed")
    assert violation.drone == plan.routes[0].drone
    assert violation.at is not None and violation.time_s is not None and violation.time_s > 0
    assert "7.5 m/s" in str(violation)


def test_safety_breaches_come_before_bookkeeping(plan, mission, site):
    broken = with_route(detour(plan, 67.0, 67.0), expected={"energy_wh": 1.0, "flight_time_s": 9.0})
    found = [violation.rule for violation in check_plan(broken, mission, site)]
    assert "no-fly zone" in found and "expected" in found
    assert max(n for n, rule in enumerate(found) if rule == "no-fly zone") < found.index("expected")


# One breakage a rule: (rule that must find it, how the sound plan is broken).
BREAKAGES = {
    "speed": lambda p: with_step(p, first_view(p), speed_mps=7.0),
    "dwell": lambda p: with_step(p, first_view(p), dwell_s=1.0),
    "height": lambda p: detour(p, 0.0, 40.0, up_m=55.0),
    "height (ceiling)": lambda p: detour(p, 0.0, 40.0, up_m=101.0),
    "perimeter": lambda p: detour(p, 0.0, 76.0),
    "land here": lambda p: detour(p, 45.0, 45.0),
    "no-fly zone": lambda p: detour(p, 67.0, 67.0),
    "battery": lambda p: with_step(p, first_view(p), dwell_s=1400.0),
    "expected": lambda p: with_route(p, expected={"energy_wh": p.routes[0].expected.energy_wh * 0.9}),
    "expected (time)": lambda p: with_route(p, expected={"flight_time_s": p.routes[0].expected.flight_time_s * 0.9}),
    "take-off": lambda p: with_route(p, takeoff_up_m=p.routes[0].takeoff_up_m - 15.0),
    "ends": lambda p: with_step(p, -1, to=p.routes[0].over_pad.model_copy(update={"east_m": 3.0})),
    "ends (no step)": lambda p: with_route(p, steps=()),
    "pitch": lambda p: with_step(p, first_view(p), aim=Aim(heading_deg=0.0, pitch_deg=-45.0)),
    "separation": lambda p: detour(p, 0.0, -30.0),
    "autopilot": lambda p: with_route(p, failsafe={"rtl_type": 2}),
    "autopilot (cone)": lambda p: with_parameters(p, RTL_CONE_ANG=45.0),
    "speed (way home)": lambda p: with_parameters(p, MPC_XY_CRUISE=6.5),
    "autopilot (unset)": lambda p: with_route(p, failsafe={"parameters": {}}),
    "fence": lambda p: with_route(p, failsafe={"fence": ((-300.0, -300.0), (300.0, -300.0), (0.0, 300.0))}),
    "fence (ceiling)": lambda p: with_route(p, failsafe={"fence_max_alt_m": p.routes[0].takeoff_up_m + 0.5}),
    "fence (no ceiling)": lambda p: with_route(p, failsafe={"fence_max_alt_m": p.routes[0].takeoff_up_m + 21.0}),
    "fence (too narrow)": lambda p: with_route(
        p, failsafe={"fence": tuple(box(-12, -12, 12, 12).exterior.coords[:-1])}
    ),
    "mission (model)": lambda p: with_route(p, model="another"),
    "mission (drone)": lambda p: with_route(p, drone="stranger"),
    "mission (twice)": lambda p: with_route(p, drone=p.routes[1].drone),
    "mission (pad)": lambda p: with_route(p, home=p.routes[0].home.model_copy(update={"east_m": 3.0})),
    "mission (band)": lambda p: p.model_copy(update={"band": p.band.model_copy(update={"max_px_per_m": 61.0})}),
    "mission (perimeter)": lambda p: p.model_copy(update={"perimeter": p.perimeter[:-1]}),
    "mission (empty)": lambda p: p.model_copy(update={"routes": ()}),
    "finite": lambda p: with_step(p, first_view(p), speed_mps=math.nan),
    "finite (place)": lambda p: with_step(
        p, first_view(p), to=Point.model_construct(east_m=0.0, north_m=math.inf, up_m=80.0)
    ),
    "coverage (planned)": lambda p: with_coverage(p, planned_area_m2=p.coverage.planned_area_m2 + 60.0),
    "coverage (blind)": lambda p: with_coverage(p, blind_area_m2=p.coverage.blind_area_m2 - 60.0),
    "coverage (fixed)": lambda p: with_coverage(p, fixed_area_m2=p.coverage.fixed_area_m2 + 60.0),
    "coverage (public)": lambda p: with_coverage(p, public_area_m2=p.coverage.public_area_m2 + 60.0),
    "coverage (reach)": lambda p: with_coverage(p, reachable_area_m2=p.coverage.planned_area_m2 - 60.0),
    "coverage (causes)": lambda p: with_coverage(p, unseen=(UnseenGround(cause="left by the planner", area_m2=900.0),)),
}


def with_coverage(plan, **changes):
    return plan.model_copy(update={"coverage": plan.coverage.model_copy(update=changes)})


@pytest.mark.parametrize("name", BREAKAGES)
def test_every_breakage_is_found_by_its_rule(name, plan, mission, site):
    assert name.split(" (")[0] in rules(BREAKAGES[name](plan), mission, site)


def with_parameters(plan, without="", **values):
    given = plan.routes[0].failsafe.parameters | values
    return with_route(plan, failsafe={"parameters": {name: v for name, v in given.items() if name != without}})


@pytest.mark.parametrize(
    "name", ["MPC_XY_CRUISE", "MPC_ACC_HOR", "MPC_Z_V_AUTO_UP", "MPC_Z_V_AUTO_DN", "MPC_YAWRAUTO_MAX"]
)
def test_a_figure_that_the_checker_counts_with_is_given_to_the_autopilot(plan, mission, site, name):
    """Left out, the autopilot keeps its own: a way home at 1 m/s takes six times the energy that was counted."""
    found = [v.detail for v in check_plan(with_parameters(plan, without=name), mission, site) if v.rule == "autopilot"]
    assert len(found) == 1 and found[0].startswith(f"{name} is not set")


def test_a_view_over_the_density_cap_is_found(plan, mission, site, with_file):
    """The same plan under a lower cap: the band of plan and mission agree, only the pictures are too close."""
    band = {"min_px_per_m": 25.0, "max_px_per_m": 30.0}
    stricter = with_file(mission, band=band)
    assert "density" in rules(plan.model_copy(update={"band": stricter.file.band}), stricter, site)


def test_a_plan_that_claims_no_position_error_keeps_the_cap_with_one_of_a_metre(plan, mission, site, with_file):
    """At the planned places themselves, some of these pictures keep a cap of 48 px/m by less than a metre."""
    capped = with_file(mission, band={"min_px_per_m": 25.0, "max_px_per_m": 48.0})
    careful = plan.model_copy(update={"band": capped.file.band})
    found = [
        [str(v) for v in check_plan(with_coverage(careful, pose_error_m=error_m), capped, site) if v.rule == "density"]
        for error_m in (0.0, 1.0)
    ]
    assert found[0] == found[1] != []


def test_a_view_left_out_is_missed_in_the_coverage(plan, mission, site):
    number = first_view(plan, route=1)
    steps = plan.routes[1].steps
    assert "coverage" in rules(with_route(plan, 1, steps=steps[:number] + steps[number + 1 :]), mission, site)


def test_a_leg_is_looked_at_all_along(plan, mission, site):
    route = plan.routes[0]
    leg = Leg(
        id="leg",
        to=Point(east_m=0.0, north_m=45.0, up_m=route.takeoff_up_m),
        aim=Aim(heading_deg=0, pitch_deg=-30),
        speed_mps=4.0,
    )
    steps = (*route.steps[:-1], leg, route.steps[-1])
    assert "pitch" in rules(with_route(plan, steps=steps), mission, site)


def test_a_tower_on_the_way_home_is_found(plan, mission, site):
    """A mast of 90 m stands on the straight way from a viewpoint to the pad."""
    route = plan.routes[0]
    far = max(route.steps, key=lambda step: math.dist((step.to.east_m, step.to.north_m), (0.0, 40.0)))
    middle = ((far.to.east_m + route.home.east_m) / 2, (far.to.north_m + route.home.north_m) / 2)
    mast = Building("mast", box(middle[0] - 0.5, middle[1] - 0.5, middle[0] + 0.5, middle[1] + 0.5), 0.0, 90.0, False)
    assert "return" in rules(plan, mission, replaced(site, buildings=(*site.buildings, mast)))


@pytest.mark.parametrize(("more_m", "is_found"), [(18.0, False), (19.0, True)])
def test_a_return_that_climbs_over_its_pad_above_the_highest_flight_is_found(plan, mission, site, more_m, is_found):
    """The route stays over its pad, so that its way home is a column: it ends at most 98 m above the ground,
    which leaves 2 m below the limit for the error of flight."""
    route = plan.routes[0]
    settings = {"rtl_return_alt_m": route.takeoff_up_m + more_m, "fence_max_alt_m": route.takeoff_up_m + more_m + 10.0}
    over_pad = with_route(plan, steps=(Waypoint(to=route.over_pad, speed_mps=4.0),), failsafe=settings)
    found = [v for v in check_plan(over_pad, mission, site) if v.drone == route.drone and v.rule != "expected"]
    assert bool(found) == is_found and all("at most 98 m are allowed" in v.detail for v in found)


def test_a_tower_beneath_the_way_home_matters_only_up_to_the_return_altitude(plan, mission, site):
    wall = Building("wall", box(-0.5, 20.0, 0.5, 21.0), 0.0, plan.routes[0].takeoff_up_m - 8.0, False)
    found = rules(plan, mission, replaced(site, buildings=(*site.buildings, wall)))
    assert "return" not in found


@pytest.mark.parametrize(("hill_m", "word"), [(0.0, ""), (25.0, "at least"), (-21.0, "at most")])
def test_a_hill_and_a_hollow_on_the_way_home_are_found(plan, mission, site, hill_m, word):
    """The ground rises or falls only beneath the straight way home from the far viewpoint, beside the route."""
    route = plan.routes[0]
    far = max(route.steps, key=lambda step: math.dist((step.to.east_m, step.to.north_m), (0.0, 40.0)))
    heights_m = np.zeros((200, 200), np.float32)
    col, row = (int(100 + (getattr(far.to, axis) + getattr(route.home, axis)) / 2) for axis in ("east_m", "north_m"))
    heights_m[row - 2 : row + 3, col - 2 : col + 3] = hill_m
    terrain = Terrain(Grid(-100.0, -100.0, 1.0, 200, 200), heights_m)
    level = plan.model_copy(update={"relief": Relief(lowest_m=min(0.0, hill_m), highest_m=max(0.0, hill_m))})
    found = [v.detail for v in check_plan(level, mission, replaced(site, terrain=terrain)) if v.rule == "return"]
    assert all(word in detail for detail in found) and bool(found) == bool(word)


def test_a_zone_on_the_way_home_is_found(plan, mission, site):
    route = plan.routes[0]
    far = max(route.steps, key=lambda step: math.dist((step.to.east_m, step.to.north_m), (0.0, 40.0)))
    middle = ((far.to.east_m + route.home.east_m) / 2, (far.to.north_m + route.home.north_m) / 2)
    zone = Zone("mid-air", "no_fly", box(middle[0] - 1, middle[1] - 1, middle[0] + 1, middle[1] + 1))
    assert "no-fly zone" in rules(plan, mission, replaced(site, zones=(*site.zones, zone)))


@pytest.mark.parametrize(("more_m", "is_found"), [(-0.1, True), (0.1, False)])
def test_a_zone_nearer_than_braking_needs_is_found(plan, mission, site, more_m, is_found):
    """As at the fence: a drone that passes a prison's wall by a metre is over it in a gust."""
    east_m = max(step.to.east_m for route in plan.routes for step in route.steps)
    fly = mission.model_of("drone1").performance
    edge_m = east_m + 6.0**2 / (2 * fly.acceleration_mps2) + more_m
    zone = Zone("prison", "no_fly", box(edge_m, -200.0, edge_m + 10.0, 200.0))
    assert ("no-fly zone" in rules(plan, mission, replaced(site, zones=(zone,)))) == is_found


def test_a_zone_above_the_flight_is_no_breach(plan, mission, site):
    zone = Zone("airway", "no_fly", box(-200, -200, 200, 200), floor_m=110.0)
    assert "no-fly zone" not in rules(plan, mission, replaced(site, zones=(*site.zones, zone)))


@pytest.mark.parametrize(("floor_m", "ceiling_m"), [(2.0, math.inf), (2.0, 5.0)])
def test_a_return_that_climbs_into_or_through_a_zone_above_the_flight_is_found(plan, mission, site, floor_m, ceiling_m):
    """The whole route flies below the zone, and the autopilot climbs by 8 m before it returns."""
    up_m = plan.routes[0].takeoff_up_m
    higher = with_route(plan, failsafe={"rtl_return_alt_m": up_m + 8.0, "fence_max_alt_m": up_m + 20.0})
    airway = Zone("airway", "no_fly", box(-200, -200, 200, 200), up_m + floor_m, up_m + ceiling_m)
    town = replaced(site, zones=(*site.zones, airway))
    assert rules(plan, mission, town) == set()
    assert rules(higher, mission, town) == {"no-fly zone"}


def test_two_drones_may_cross_each_others_ground_at_other_heights_only_if_no_landing_meets_them(plan, mission, site):
    """Layers alone do not part two drones: landing here passes through the lower one's layer."""
    crossing = detour(plan, 0.0, -40.0)
    assert "separation" in rules(crossing, mission, site)


def test_a_way_home_over_ground_that_another_drone_has_left_is_found(plan, mission, site):
    """By its plan the first drone is over its pad again when the other turns. But a hold, a jump or a late start moves
    a drone by minutes, and both may be called home at once."""
    first, other = plan.routes
    first = flown_over(first, (40.0, 40.0))
    other = flown_over(other, (70.0, -40.0), (70.0, 70.0), (70.0, -40.0))
    found = [v for v in check_plan(plan.with_routes([first, other]), mission, site) if v.rule == "separation"]
    assert found and "from where drone2 may fly" in found[0].detail


def test_a_way_home_out_of_its_own_fence_is_found(plan, mission, site):
    """Fences keep the drones of two missions apart, so each contains its ways home."""
    corner = box(-12.0, -12.0, 12.0, 70.0).union(box(-12.0, -12.0, 70.0, 12.0))
    route = flown_over(plan.routes[0], (0.0, 0.0), (50.0, 0.0), (0.0, 0.0))
    fenced = route.failsafe.model_copy(update={"fence": tuple(corner.exterior.coords[:-1])})
    bent = plan.model_copy(update={"routes": (route.model_copy(update={"failsafe": fenced}),)})
    found = [v for v in check_plan(bent, mission, replaced(site, buildings=(), zones=())) if v.rule != "coverage"]
    assert "return" in {v.rule for v in found} and "fence" not in {v.rule for v in found}


def flown_over(route, *places):
    """The route over these places and back over its pad, at its height."""
    home = (route.home.east_m, route.home.north_m)
    ends = (Point(east_m=e, north_m=n, up_m=route.takeoff_up_m) for e, n in (*places, home))
    return route.model_copy(update={"steps": tuple(Waypoint(to=end, speed_mps=4.0) for end in ends)})


def test_distances_to_blocks_are_exact():
    block = Building("b", box(0, 0, 10, 10), 0.0, 20.0, False)
    points = np.array([[13.0, 5.0, 10.0], [13.0, 14.0, 24.0], [5.0, 5.0, 23.0], [5.0, 5.0, 5.0], [30.0, 5.0, 5.0]])
    gap_m = gap_to_buildings(points, [block], 10.0)
    assert gap_m == pytest.approx([3.0, math.hypot(5.0, 4.0), 3.0, 0.0, math.inf])
    assert gap_to_buildings(points, [block], 10.0, flat=True)[2] == 0.0


def test_ridges_count_where_they_are_higher_than_the_eaves():
    gable = Building("g", box(0, 0, 10, 10), 0.0, 20.0, False, ridge_m=26.0)
    assert gap_to_buildings(np.array([[5.0, 5.0, 28.0]]), [gable], 10.0) == pytest.approx([2.0])


def test_a_breach_is_reported_once_for_each_stretch():
    assert runs_of(np.array([True, True, False, False, True, False, True])) == [(0, 1), (4, 4), (6, 6)]
    assert runs_of(np.ones(3, dtype=bool)) == [(0, 2)]
    assert runs_of(np.zeros(3, dtype=bool)) == []


def test_a_breach_of_a_stretch_has_its_end_and_its_way(plan, mission, site):
    """The way to the detour and back leaves legal air: from there on both ways are one stretch."""
    broken = detour(plan, 45.0, 45.0)
    first = next(v for v in check_plan(broken, mission, site) if v.rule == "land here")
    assert first.until_s > first.time_s + 5.0
    assert math.dist(first.way[0], (first.at.east_m, first.at.north_m)) < 0.01
    assert min(math.dist(place, (45.0, 45.0)) for place in first.way) < 0.5
    assert f"after {first.time_s:.0f} to {first.until_s:.0f} s" in str(first)


def test_both_moments_at_a_place_that_is_passed_twice_are_reported(plan, mission, site):
    """A mast stands on the straight way home of everything beyond it, on the way out and on the way back."""
    route = plan.routes[0]
    far = max(route.steps, key=lambda step: math.dist((step.to.east_m, step.to.north_m), (0.0, 40.0)))
    again = (Waypoint(to=route.over_pad, speed_mps=4.0), Waypoint(to=far.to, speed_mps=4.0))
    there_and_back = with_route(plan, steps=(*route.steps[:-1], *again, route.steps[-1]))
    middle = ((far.to.east_m + route.home.east_m) / 2, (far.to.north_m + route.home.north_m) / 2)
    mast = Building("mast", box(middle[0] - 0.5, middle[1] - 0.5, middle[0] + 0.5, middle[1] + 0.5), 0.0, 90.0, False)
    walled = replaced(site, buildings=(*site.buildings, mast))
    returns_s = [(v.time_s, v.until_s) for v in check_plan(there_and_back, mission, walled) if v.rule == "return"]
    once_s = [(v.time_s, v.until_s) for v in check_plan(plan, mission, walled) if v.rule == "return"]
    assert sum(b - a for a, b in returns_s) > sum(b - a for a, b in once_s)


def replaced(site, **changes):
    from dataclasses import replace

    return replace(site, **changes)


def test_the_fixture_plan_is_what_the_breakages_assume(plan):
    assert len(plan.routes) == 2
    assert Polygon(plan.perimeter).covers(box(-75, -75, 75, 75))


def test_an_outline_of_a_whole_town_may_be_rounded_and_no_more():
    town = Polygon([(0.0004, 0.0004), (2700.0004, 0.0004), (2700.0004, 2300.0004), (0.0004, 2300.0004)])
    rounded = Polygon([(round(east_m, 3), round(north_m, 3)) for east_m, north_m in town.exterior.coords])
    assert rounded.symmetric_difference(town).area > 1.0
    assert check.same_outline(rounded, town)
    assert not check.same_outline(rounded.buffer(0.01), town)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("id",), "../../evil/x"), (("id",), "/etc/passwd"), (("id",), "a\x1b[2J"), (("routes", 0, "drone"), "../x"),
        (("routes", 0, "model"), "../../secret"), (("routes", 0, "home", "east_m"), 1e300),
        (("routes", 0, "takeoff_up_m"), 1e6), (("coverage", "cell_m"), 1e-300), (("coverage", "blind_area_m2"), 1e300),
        (("routes", 0, "failsafe", "fence", 0, 0), 1e9), (("routes", 0, "expected", "flight_time_s"), 1e300),
    ],
)  # fmt: skip
def test_an_impossible_plan_is_refused_when_it_is_read(plan, place, value):
    data = json.loads(plan.to_json())
    inside = data
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = value
    with pytest.raises(InputError, match=r"^plan: "):
        parse_plan(json.dumps(data))


@pytest.mark.parametrize(("lower_m", "found"), [(0.015, set()), (0.4, {"mission"}), (-0.4, {"mission"})])
def test_a_home_above_or_below_the_ground_of_its_pad_is_refused(plan, mission, site, lower_m, found):
    """The autopilot flies heights above its home: with a home 0.4 m too low, all of the flight is 0.4 m too high."""
    home = plan.routes[0].home
    moved = with_route(plan, home=home.model_copy(update={"up_m": home.up_m - lower_m}))
    assert rules(moved, mission, site) == found


def test_a_perimeter_beyond_the_area_of_interest_is_refused(plan, mission, site):
    """Out there the town's file has no buildings, so no clearance is known."""
    west, south, east, north = Polygon(plan.perimeter).bounds
    for outside_m, is_refused in ((0.5, False), (3.0, True)):
        known = replaced(site, area_of_interest=box(west, south, east, north - outside_m))
        assert ("mission" in rules(plan, mission, known)) == is_refused


def test_a_flight_of_days_is_refused_before_it_is_examined(plan, mission, site):
    step = plan.routes[0].steps[first_view(plan)].model_copy(update={"dwell_s": 3600.0})
    assert rules(with_route(plan, steps=(step,) * 50), mission, site) == {"endless"}


@pytest.mark.parametrize(("count", "is_found"), [(1000, False), (1001, True)])
def test_a_route_of_more_steps_than_a_drone_accepts_is_refused(plan, mission, site, count, is_found):
    """With returns along the mission, the lines from each second to 20 000 items would fill the memory."""
    steps = (Waypoint(to=plan.routes[0].over_pad, speed_mps=4.0),) * count
    assert ("endless" in rules(with_route(plan, steps=steps), mission, site)) == is_found


def test_a_perimeter_that_crosses_itself_is_another_mission(plan, mission, site):
    crossed = plan.model_copy(update={"perimeter": ((0.0, 0.0), (50.0, 50.0), (50.0, 0.0), (0.0, 50.0))})
    assert rules(crossed, mission, site) == {"mission"}
