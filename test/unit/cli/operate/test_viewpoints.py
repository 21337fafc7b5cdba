"""The nearest allowed viewpoint of a point beside a route."""

from __future__ import annotations

from dataclasses import replace
from math import atan2, degrees, dist, hypot
from pathlib import Path

import pytest
from shapely.geometry import Polygon, box

from blindspot.cli.operate import viewpoints
from blindspot.cli.operate.viewpoints import around_target, ground_at, is_hidden, on_street, viewpoint_for
from blindspot.cli.parts.place_options import place_of
from blindspot.core.errors import InputError, PlanningError
from blindspot.mission.mission_file import load_mission
from blindspot.mission.plan import Point
from blindspot.site.load import load_site
from blindspot.site.town.model import Building

CONFIG = Path(__file__).resolve().parents[4] / "config"
START = Point(east_m=0.0, north_m=0.0, up_m=80.0)
TOWN = Polygon([(-200, -200), (200, -200), (200, 200), (-200, 200)])


@pytest.fixture(scope="module")
def mission():
    return load_mission(CONFIG / "missions" / "crossroads.yaml")


@pytest.fixture(scope="module")
def site(mission):
    return load_site(mission.site_dir, mission.file.start)


def test_every_viewpoint_looks_at_the_point_within_the_missions_limits(mission, site):
    target, limits = ground_at(site, 20.0, 30.0), mission.file.limits
    views = list(around_target(target, START, limits, mission.model_of("drone1")))
    assert len(views) > 100 and START.up_m in {view.at.up_m for view in views}
    for view in views:
        east_m, north_m = target.east_m - view.at.east_m, target.north_m - view.at.north_m
        above_m = view.at.up_m - target.up_m
        assert limits.min_up_m - 1e-6 <= above_m <= limits.max_up_m + 1e-6
        assert limits.min_pitch_deg <= view.aim.pitch_deg <= limits.max_pitch_deg
        assert -degrees(atan2(above_m, hypot(east_m, north_m))) == pytest.approx(view.aim.pitch_deg, abs=1e-6)
        if hypot(east_m, north_m) > 0.1:
            turned_deg = (degrees(atan2(east_m, north_m)) - view.aim.heading_deg + 180.0) % 360.0 - 180.0
            assert turned_deg == pytest.approx(0.0, abs=1e-6)


def test_the_nearest_viewpoint_that_the_checker_allows_is_taken(mission, site, monkeypatch):
    asked = []

    def judge(plan, asked_mission, asked_site, detour):
        asked.append(detour)
        return "" if len(asked) == 3 else "too near to a wall"

    monkeypatch.setattr(viewpoints, "detour_problem", judge)
    monkeypatch.setattr(viewpoints, "is_hidden", lambda *_: False)
    view = viewpoint_for(ground_at(site, 20.0, 30.0), START, "drone1", None, mission, site, 20.0)
    assert (asked[-1].to, asked[-1].aim, asked[-1].start, asked[-1].drone) == (view.at, view.aim, START, "drone1")
    assert asked[-1].seconds > 20.0
    away_m = [dist((0, 0, 80), (each.to.east_m, each.to.north_m, each.to.up_m)) for each in asked]
    assert away_m == sorted(away_m)


def test_a_point_without_an_allowed_viewpoint_names_the_rule_of_the_nearest(mission, site, monkeypatch):
    monkeypatch.setattr(viewpoints, "detour_problem", lambda *_: "too near to a wall")
    monkeypatch.setattr(viewpoints, "is_hidden", lambda *_: False)
    with pytest.raises(PlanningError, match=r"no allowed viewpoint .*the nearest: too near to a wall"):
        viewpoint_for(ground_at(site, 20.0, 30.0), START, "drone1", None, mission, site, 20.0)
    with pytest.raises(PlanningError, match="too far away, 100 m are allowed"):
        viewpoint_for(ground_at(site, 900.0, 30.0), START, "drone1", None, mission, site, 20.0)


def test_a_building_on_the_way_hides_the_point_if_it_is_high_enough(site):
    def town(height_m):
        return replace(site, buildings=(Building("b", box(10, -5, 20, 5), 0.0, height_m, False),), trees=())

    eye, target = Point(east_m=0.0, north_m=0.0, up_m=60.0), Point(east_m=30.0, north_m=0.0, up_m=0.0)
    assert is_hidden(town(30.0), eye, target)
    assert not is_hidden(town(20.0), eye, target)
    assert not is_hidden(town(30.0), Point(east_m=30.0, north_m=0.0, up_m=60.0), target)
    assert not is_hidden(town(30.0), Point(east_m=60.0, north_m=0.0, up_m=60.0), target)


def test_a_street_is_found_by_its_name_at_its_point_nearest_to_the_drone(site):
    road = next(road for road in site.roads if road.is_public)
    point = on_street(site, (road.name or road.id).upper(), TOWN, START)
    assert road.axis.distance(viewpoints.Place(point.east_m, point.north_m)) < 1e-6 or road.name
    with pytest.raises(InputError, match="--street: Nowhere Road is no street of this site"):
        on_street(site, "Nowhere Road", TOWN, START)


@pytest.mark.parametrize(
    ("option", "text"), [("--at", "47.2"), ("--at", "a,b"), ("--at", "95,0"), ("--metres", "nan,0"), ("--at", "1,2,3")]
)
def test_a_place_that_is_none_is_refused_with_an_example(option, text):
    with pytest.raises(InputError, match=f"{option}: .* is no place; give "):
        place_of(option, text, in_metres=option == "--metres")


def test_a_place_is_read():
    assert place_of("--at", "47.2153,-1.5560") == (47.2153, -1.556)
    assert place_of("--metres", "-20, 30", in_metres=True) == (-20.0, 30.0)
