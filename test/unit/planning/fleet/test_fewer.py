"""A team of drones never sees less than a part of it: over squares of streets, with terrain, trees and storeys."""

from dataclasses import replace
from itertools import combinations

import pytest
from test.unit.planning.conftest import square_of_streets

from blindspot.core.errors import PlanningError
from blindspot.planning.checker.check import check_plan
from blindspot.planning.fleet import fewer
from blindspot.planning.planner import make_plan
from blindspot.site.load import load_site

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("searched_little")]

LEAST = 0.995
"""Least ground of a team as a share of what the best team of one drone less sees."""
KINDS = ("straight", "mission")
MANY = [(seed, drones, kind) for seed in range(1, 9) for drones in (2, 3, 4) for kind in KINDS]


@pytest.mark.parametrize(("seed", "drones", "kind"), [(2, 2, "straight")])
def test_a_further_drone_makes_no_plan_worse(mission, tmp_path, seed, drones, kind):
    """In the first square the borders between both drones cost 0.9 % of the ground that one of them sees alone."""
    assert_no_worse(mission, tmp_path / "site", seed, drones, kind)


@pytest.mark.thorough
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("seed", "drones", "kind"), MANY)
def test_a_further_drone_makes_no_plan_of_many_worse(mission, tmp_path, seed, drones, kind):
    assert_no_worse(mission, tmp_path / "site", seed, drones, kind)


@pytest.mark.thorough
def test_one_drone_flies_over_a_wide_square_where_borders_cost_much(mission, tmp_path):
    """One drone needs 6 minutes for the square, so that it is none of the smallest missions. Drones 40 m apart have
    borders so wide that both together saw 8 % less; the drone that stays on its pad is given the true reason."""
    limits = {"separation_m": 40.0, "max_up_m": 70.0, "max_pitch_deg": -80.0}
    folder = tmp_path / "site"
    asked = square_of_streets(folder, mission, 3, drones=2, side_m=210.0, limits=limits)
    site = load_site(folder)
    made = make_plan(asked, site=site)
    for drone in asked.file.fleet:
        assert made.coverage.planned_area_m2 >= LEAST * seen_by(asked, site, (drone,))
    assert check_plan(made, asked, site) == ()
    (idle,) = made.not_flying(drone.name for drone in asked.file.fleet)
    assert "no plan was found that sees more with it" in idle


def test_a_larger_mission_tries_no_part_for_the_last_percent(mission, monkeypatch):
    """Planning takes as long as before where borders cost little ground."""
    monkeypatch.setattr(fewer, "SMALL_S", 0.0)
    monkeypatch.setattr(fewer, "made_by", lambda *asked: pytest.fail("a part of the team was planned"))
    assert len(make_plan(mission).routes) == 2


def assert_no_worse(mission, folder, seed, drones, kind):
    limits = {"return": kind}
    slope, trees = (0.0, 0.05)[seed % 2], 5 * (seed % 4)
    asked = square_of_streets(folder, mission, seed, drones=drones, slope=slope, trees=trees, limits=limits)
    site = load_site(folder)
    fleet = asked.file.fleet
    best_m2 = max(seen_by(asked, site, part) for part in combinations(fleet, drones - 1))
    assert seen_by(asked, site, fleet) >= LEAST * best_m2


def seen_by(asked, site, fleet):
    """The blind ground that the plan of a fleet sees, m2; 0 without a plan."""
    file = asked.file.model_copy(update={"fleet": tuple(fleet)})
    try:
        return make_plan(replace(asked, file=file), site=site).coverage.planned_area_m2
    except PlanningError:
        return 0.0
