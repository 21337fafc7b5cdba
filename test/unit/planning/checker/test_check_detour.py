"""Inspections beside a route over the crossroads, judged by the rules of the plan checker at every time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from shapely.geometry import box

from blindspot.law.clearances.clearance import judge_plan
from blindspot.law.signatures.authorisation import load_authorisation
from blindspot.mission.in_flight.detour import Detour, with_detour
from blindspot.mission.plan import Aim, Point, View
from blindspot.planning.checker.check_detour import detour_problem
from blindspot.site.town.model import Building

DOWN = Aim(heading_deg=0.0, pitch_deg=-90.0)


def point(east_m, north_m, up_m=79.41):
    return Point(east_m=east_m, north_m=north_m, up_m=up_m)


START = point(0.0, 45.0)


@pytest.fixture
def judge(plan, mission, site):
    """The fault of a way from over the street north of the crossing, for drone1."""

    def problem(to, aim=DOWN, site=site, speed_mps=3.0, drone="drone1", start=START):
        return detour_problem(plan, mission, site, Detour(drone, start, to, aim, 45.0, speed_mps))

    return problem


def test_a_point_over_the_street_may_be_inspected(judge):
    assert judge(point(0.0, 65.0)) == ""
    assert judge(point(2.0, 50.0), Aim(heading_deg=150.0, pitch_deg=-50.0)) == ""


@pytest.mark.parametrize(
    ("to", "aim", "rule"),
    [
        (point(30.0, 45.0), DOWN, "land here"), (point(0.0, 77.0), DOWN, "perimeter"),
        (point(0.0, 65.0, 20.0), DOWN, "height"), (point(0.0, 65.0, 119.0), DOWN, "height"),
        (point(0.0, 65.0), Aim(heading_deg=0.0, pitch_deg=-10.0), "pitch"), (point(0.0, -30.0), DOWN, "separation"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_named(judge, to, aim, rule):
    assert judge(to, aim).startswith(rule), judge(to, aim)


def test_a_mast_on_the_line_is_found_from_both_its_ends(judge, site):
    mast = Building("mast", box(-0.5, 56.0, 0.5, 57.0), 0.0, 90.0, False)
    town = replace(site, buildings=(*site.buildings, mast))
    assert judge(point(0.0, 65.0), site=town) != ""
    assert judge(point(0.0, 45.0), site=town, start=point(0.0, 65.0)) != ""


def test_a_surface_seen_more_closely_than_authorised_is_found(plan, mission, site, with_file):
    stricter = with_file(mission, band={"min_px_per_m": 25.0, "max_px_per_m": 30.0})
    tight = plan.model_copy(update={"band": stricter.file.band})
    way = Detour("drone1", point(0.0, 45.0), point(0.0, 65.0), DOWN, 45.0, 3.0)
    assert detour_problem(tight, stricter, site, way).startswith("density")


def test_too_fast_or_without_a_route_is_refused(judge):
    assert judge(point(0.0, 65.0), speed_mps=12.0).startswith("speed")
    assert "no route" in judge(point(0.0, 65.0), drone="drone9")


def test_the_law_judges_the_plan_with_the_detour_in_it(plan, mission):
    """Its pitch, its heights and its place are those of any other view."""
    authorisation = load_authorisation(mission.authorisation_path)
    start = mission.file.start

    def verdicts(to, aim=DOWN):
        changed = with_detour(plan, Detour("drone1", point(0.0, 45.0), to, aim, 45.0, 3.0))
        assert [view.id for view in changed.routes[0].steps if isinstance(view, View)][-1] == "inspection"
        return [verdict.rule for verdict in judge_plan(authorisation, changed, start, simulated=True)]

    assert verdicts(point(0.0, 65.0)) == []
    assert verdicts(point(0.0, 65.0), Aim(heading_deg=0.0, pitch_deg=-10.0)) == ["SEN-03"]
    assert verdicts(point(0.0, 65.0, 125.0)) == ["AVI-01"]
    assert verdicts(point(500.0, 65.0)) == ["GEO-01"]


def test_two_inspections_between_two_routes_are_kept_apart(plan, mission, site):
    """Each is apart from the other drone's route, and they would hover 12 m from each other."""
    north, south = (
        Detour(name, point(0.0, from_m), point(0.0, to_m), DOWN, 45.0, 3.0)
        for name, from_m, to_m in (("drone1", 45.0, 18.0), ("drone2", -45.0, 6.0))
    )
    assert detour_problem(plan, mission, site, north) == detour_problem(plan, mission, site, south) == ""
    assert detour_problem(with_detour(plan, south), mission, site, north).startswith("separation")
