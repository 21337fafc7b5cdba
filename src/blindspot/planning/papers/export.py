"""A plan for other programs: GeoJSON (RFC 7946, WGS 84) with the perimeter, the routes, the views and the pads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from blindspot.mission import Leg, Plan, Route, View
from blindspot.site.town import geojson


def plan_geojson(plan: Plan, routes: Sequence[Route] = ()) -> dict[str, Any]:
    """One feature for the perimeter, and for each drone the route, the pad and each view and leg. `routes` are those
    of all posts of a watch; default: those of the plan.

    Heights are properties, m above the site's datum: a third coordinate would be read as above the ellipsoid.
    """
    features: list[tuple[BaseGeometry, dict[str, Any]]] = [(Polygon(plan.perimeter), {"kind": "perimeter"})]
    for route in routes or plan.routes:
        features += _route_features(route)
    return geojson.feature_collection(features, plan.origin.frame, {"plan": plan.id, "sha256": plan.sha256})


def _route_features(route: Route) -> list[tuple[BaseGeometry, dict[str, Any]]]:
    home = (route.home.east_m, route.home.north_m)
    way = [home, *((step.to.east_m, step.to.north_m) for step in route.steps), home]
    figures = {"kind": "route", "drone": route.drone, "takeoff_up_m": route.takeoff_up_m, **route.expected.model_dump()}
    features: list[tuple[BaseGeometry, dict[str, Any]]] = [
        (LineString(way), figures),
        (Point(home), {"kind": "pad", "drone": route.drone, "name": route.pad}),
    ]
    for start, step in zip(way, route.steps, strict=False):
        if isinstance(step, View | Leg):
            end = (step.to.east_m, step.to.north_m)
            shape = Point(end) if isinstance(step, View) else LineString([start, end])
            aim = {"heading_deg": step.aim.heading_deg, "pitch_deg": step.aim.pitch_deg}
            features.append(
                (shape, {"kind": step.kind, "drone": route.drone, "id": step.id, "up_m": step.to.up_m, **aim})
            )
    return features
