"""A plan on the console's map."""

from __future__ import annotations

import json

from blindspot.console.plan_drawing import drawn_plan
from blindspot.console.view import MOST_CHARS


def test_the_routes_of_a_large_fleet_fit_into_a_record(plan, site):
    [first, *_] = plan.routes
    steps = (first.steps * (2000 // len(first.steps) + 1))[:2000]
    fleet = tuple(first.model_copy(update={"drone": f"drone{k}", "steps": steps}) for k in range(12))
    drawn = drawn_plan(plan.model_copy(update={"routes": fleet}), site.frame)
    assert len(drawn["routes"]) == 12 and len(json.dumps(drawn)) < MOST_CHARS
    assert drawn["routes"]["drone0"][0] == drawn_plan(plan, site.frame)["routes"][first.drone][0]
