"""Uploads that a drone itself refuses, by its own mission and model files alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from shapely import Polygon
from test.factories import at, cost_of, plan_of, route_of, square, view_at, waypoint_at

from blindspot.core.errors import InputError
from blindspot.flight.route.route_limits import HomeGround, RouteLimits
from blindspot.mission.fleet_file import fleet_of_mission
from blindspot.mission.mission_file import load_mission
from blindspot.mission.plan import Origin, Plan, Waypoint

CONFIG = Path(__file__).parents[4] / "config"


@pytest.fixture(scope="module")
def mission():
    return load_mission(CONFIG / "missions" / "crossroads.yaml")


@pytest.fixture(scope="module")
def ground(mission):
    return HomeGround.of(fleet_of_mission(mission), "drone1")


@pytest.fixture(scope="module")
def limits(mission, ground):
    return RouteLimits.of(mission, "drone1", ground)


@pytest.fixture(scope="module")
def plan(limits):
    """Up over the pad, north along the street and back."""
    home = limits.home
    over = at(home.east_m, home.north_m, home.up_m + 80.0)
    north = waypoint_at(over.east_m, over.north_m + 20.0, over.up_m)
    route = route_of(
        view_at(over.east_m, over.north_m, over.up_m), north, waypoint_at(over.east_m, over.north_m, over.up_m),
        home=home, up_m=over.up_m, failsafe={"fence": square(75), "parameters": {"MPC_XY_CRUISE": 5.0}},
        expected=cost_of(100, 200, 6),
    )  # fmt: skip
    return plan_of(route, origin=limits.origin, perimeter=square(75))


def test_a_drone_that_the_fleet_or_the_mission_lacks_has_no_limits(mission, ground):
    with pytest.raises(InputError, match="has no drone drone9"):
        HomeGround.of(fleet_of_mission(mission), "drone9")
    with pytest.raises(InputError, match="fleet: has no drone9"):
        RouteLimits.of(mission, "drone9", ground)


def test_a_route_inside_its_limits_is_taken(limits, plan):
    assert limits.refusal(plan) == ""


def test_a_route_from_a_further_pad_of_the_mission_is_taken_and_from_another_pad_refused(mission, ground, plan):
    away = ground.home.model_copy(update={"east_m": ground.home.east_m + 30.0})
    there = plan.model_copy(update={"routes": (plan.routes[0].model_copy(update={"pad": "quay", "home": away}),)})
    known = replace(ground, pads={**ground.pads, "quay": away})
    served = replace(mission, file=mission.file.model_copy(update={"further_pads": ("quay",)}))
    assert "the home is not this drone's pad" in RouteLimits.of(mission, "drone1", known).refusal(there)
    assert "its home" not in RouteLimits.of(served, "drone1", known).refusal(there)
    beside = away.model_copy(update={"north_m": away.north_m + 2.0})
    off = plan.model_copy(update={"routes": (plan.routes[0].model_copy(update={"pad": "quay", "home": beside}),)})
    assert "the home is not this drone's pad" in RouteLimits.of(served, "drone1", known).refusal(off)


def step(number, **changes):
    return lambda route: route["steps"][number].update(changes)


def every_step(**changes):
    return lambda route: [one["to"].update(changes) for one in route["steps"]]


def failsafe(**changes):
    return lambda route: route["failsafe"].update(changes)


BEYOND = {
    "this drone at 6 m/s at most": step(1, speed_mps=6.1),
    "step 0 is 22 to": every_step(up_m=22.0),
    "60 to 100 m": every_step(up_m=101.0),
    "a wait of 61 s": step(0, dwell_s=61.0),
    "fence, 10000 m across": failsafe(fence=[[-5000, -5000], [5000, -5000], [5000, 5000], [-5000, 5000]]),
    "outside the mission's perimeter": lambda route: route["steps"][1]["to"].update(north_m=400.0),
    "fence is 150 m above home": failsafe(fence_max_alt_m=150.0),
    "way home is 150 m above home": failsafe(rtl_return_alt_m=150.0),
    "sets MPC_Z_V_AUTO_DN": failsafe(parameters={"MPC_Z_V_AUTO_DN": 5.0}),
    "not this drone's pad": lambda route: route["home"].update(east_m=route["home"]["east_m"] + 5.0),
    "is a reference": lambda route: route.update(model="another"),
    "it has 503 mission items, the autopilot stores 500: plan shorter sorties (fleet[].swaps)": (
        lambda route: route.update(steps=route["steps"][1:2] * 499)
    ),
    "a full battery hovers": lambda route: route.update(steps=[route["steps"][0] | {"dwell_s": 60.0}] * 40),
    "has no step": lambda route: route.update(steps=[]),
    "says limits.return: straight": failsafe(rtl_type=4),
    "rally": lambda route: route["failsafe"].update(rally=[{"east_m": 900.0, "north_m": 0.0, "up_m": 0.0}]),
}


@pytest.mark.parametrize("reported", BEYOND)
def test_a_route_beyond_a_limit_is_refused_in_one_sentence(limits, plan, reported):
    data = json.loads(plan.to_json())
    BEYOND[reported](data["routes"][0])
    refusal = limits.refusal(Plan.model_validate(data))
    assert refusal.startswith("drone1 refuses the route: ") and "\n" not in refusal
    assert reported in refusal or reported == "rally"


@pytest.mark.parametrize(("kind", "longest_s"), [("sweep", 60.0), ("overwatch", 3600.0), ("dispatch", 600.0)])
def test_only_a_watch_or_a_look_stays_long_at_its_view(mission, ground, plan, kind, longest_s):
    """The battery of this drone hovers for less than an hour, so the wait alone is judged."""
    of_kind = replace(mission, file=mission.file.model_copy(update={"kind": kind}))
    limits, view = RouteLimits.of(of_kind, "drone1", ground), plan.routes[0].steps[0]
    for dwell_s, refused in ((longest_s, False), (longest_s + 1.0, True)):
        steps = (view.model_copy(update={"dwell_s": dwell_s}),)
        flown = plan.with_routes([plan.routes[0].model_copy(update={"steps": steps})])
        assert (f"at most {longest_s:g} s are allowed" in limits.refusal(flown)) is refused


def test_a_way_between_two_places_that_leaves_the_perimeter_is_refused(limits, plan):
    """The perimeter has a notch between the pad and the last step: on the way there, or only on the way back."""
    route, home = plan.routes[0], limits.home
    ends = [route.over_pad.model_copy(update={"east_m": home.east_m + e, "north_m": home.north_m + n})
            for e, n in ((0.0, 40.0), (30.0, 40.0), (30.0, 0.0))]  # fmt: skip
    ring = [(-5, -5), (10, -5), (10, 35), (20, 35), (20, -5), (35, -5), (35, 45), (-5, 45)]
    notched = Polygon([(home.east_m + e, home.north_m + n) for e, n in ring])
    inner = failsafe_in(route, notched.buffer(-1.0))
    for places, refused in ((ends, True), (ends[:2], True), ((ends[0],), False), ((ends[0], ends[1], ends[0]), False)):
        steps = tuple(Waypoint(to=place, speed_mps=5.0) for place in places)
        flown = route.model_copy(update={"steps": steps, "failsafe": inner})
        found = replace(limits, perimeter=notched).refusal(plan.model_copy(update={"routes": (flown,)}))
        assert ("outside the mission's perimeter" in found) is refused, found


def test_the_way_back_to_the_pad_is_as_high_as_the_others(limits, plan):
    """A hill stands between the last step and the pad; the way there goes round it."""

    class Hill:
        def heights_m(self, east_m, north_m):
            east_m, north_m = east_m - limits.home.east_m, north_m - limits.home.north_m
            return np.where((np.abs(east_m) < 5.0) & (north_m > 10.0) & (north_m < 30.0), 30.0, 0.0)

    route, home = plan.routes[0], limits.home
    ends = [route.over_pad.model_copy(update={"east_m": home.east_m + e, "north_m": home.north_m + n})
            for e, n in ((20.0, 0.0), (20.0, 40.0), (0.0, 40.0))]  # fmt: skip
    for count, refused in ((3, True), (1, False)):
        steps = tuple(Waypoint(to=place, speed_mps=5.0) for place in ends[:count])
        flown = plan.model_copy(update={"routes": (route.model_copy(update={"steps": steps}),)})
        found = replace(limits, terrain=Hill()).refusal(flown)
        assert ("the way to the pad is 50 to" in found) is refused, found


def failsafe_in(route, area):
    fence = tuple(area.exterior.coords[:-1])
    return route.failsafe.model_copy(update={"fence": fence})


def test_a_parameter_that_no_plan_may_set_is_refused_even_where_no_file_was_read(limits, plan):
    route = plan.routes[0]
    safe = route.failsafe.model_copy(update={"parameters": {"COM_RC_IN_MODE": 4.0}})
    changed = plan.model_copy(update={"routes": (route.model_copy(update={"failsafe": safe}),)})
    assert "COM_RC_IN_MODE" in limits.refusal(changed)


def test_a_number_that_is_none_is_refused(limits, plan):
    route = plan.routes[0]
    nowhere = Waypoint.model_construct(to=route.home, speed_mps=float("nan"))
    changed = plan.model_copy(update={"routes": (route.model_copy(update={"steps": (nowhere,)}),)})
    assert "not finite" in limits.refusal(changed)


def test_another_datum_and_another_drone_are_refused(limits, plan):
    origin = Origin(**plan.origin.model_dump() | {"datum_amsl_m": plan.origin.datum_amsl_m + 50.0})
    assert "another origin" in limits.refusal(plan.model_copy(update={"origin": origin}))
    assert "no route for drone2" in replace(limits, drone="drone2").refusal(plan)
