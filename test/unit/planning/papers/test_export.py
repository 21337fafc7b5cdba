"""The plan as GeoJSON."""

import json

import pytest

from blindspot.mission.plan import View
from blindspot.planning.papers.export import plan_geojson


def test_it_holds_perimeter_routes_pads_and_views_in_degrees(plan):
    collection = json.loads(json.dumps(plan_geojson(plan), allow_nan=False))
    kinds = [feature["properties"]["kind"] for feature in collection["features"]]
    views = sum(isinstance(step, View) for route in plan.routes for step in route.steps)
    assert kinds.count("perimeter") == 1
    assert kinds.count("route") == kinds.count("pad") == len(plan.routes)
    assert kinds.count("view") == views
    pad = next(f for f in collection["features"] if f["properties"].get("name") == "north")
    assert pad["geometry"]["coordinates"] == pytest.approx([2.0, 47.0003598], abs=1e-6)


def test_a_route_is_a_round_trip(plan):
    routes = [f for f in plan_geojson(plan)["features"] if f["properties"]["kind"] == "route"]
    for route in routes:
        assert route["geometry"]["coordinates"][0] == route["geometry"]["coordinates"][-1]
