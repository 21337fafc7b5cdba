"""A plan on the console's map."""

from __future__ import annotations

import json

from blindspot.console.plan_drawing import drawn_plan, looks_after_steps
from blindspot.console.view import MOST_CHARS


def test_the_routes_of_a_large_fleet_fit_into_a_record(plan, site):
    [first, *_] = plan.routes
    steps = (first.steps * (2000 // len(first.steps) + 1))[:2000]
    fleet = tuple(first.model_copy(update={"drone": f"drone{k}", "steps": steps}) for k in range(12))
    drawn = drawn_plan(plan.model_copy(update={"routes": fleet}), site.frame)
    assert len(drawn["routes"]) == 12 and len(json.dumps(drawn)) < MOST_CHARS
    assert drawn["routes"]["drone0"][0] == drawn_plan(plan, site.frame)["routes"][first.drone][0]


def test_the_ways_home_are_straight_from_each_step_or_along_the_mission(plan, site):
    [route, *_] = plan.routes
    drawn = {}
    for kind in (0, 4):
        failsafe = route.failsafe.model_copy(update={"rtl_type": kind})
        again = plan.model_copy(update={"routes": (route.model_copy(update={"failsafe": failsafe}),)})
        drawn[kind] = drawn_plan(again, site.frame)
    home = drawn[0]["routes"][route.drone][0]
    straight, along = (drawn[kind]["homes"][route.drone] for kind in (0, 4))
    assert straight["is_straight"] and not along["is_straight"]
    assert len(straight["lines"]) == len(route.steps) and all(line[-1] == home for line in straight["lines"])
    assert [line[-1] for line in along["lines"]] == [home, home]


def test_looks_are_counted_after_each_step(plan):
    [route, *_] = plan.routes
    looks = looks_after_steps(route)
    assert len(looks) == len(route.steps) + 1
    assert (looks[0], looks == sorted(looks), looks[-1] > 0) == (0, True, True)
