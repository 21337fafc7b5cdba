"""Over whatever town, with crowns, slopes and a crooked perimeter: a plan that the planner makes passes the checker,
and the law's heights."""

import os
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings, strategies as st
from test.unit.planning.conftest import PADS, random_town

from blindspot.core.errors import PlanningError
from blindspot.law.clearances.clearance import judge_plan
from blindspot.law.signatures.authorisation import load_authorisation
from blindspot.planning.checker.check import check_plan
from blindspot.planning.fleet import fewer, teams
from blindspot.planning.fleet.finishing import Patience
from blindspot.planning.planner import make_plan, make_sorties
from blindspot.site.load import load_site

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("searched_little")]

THREE_PADS = PADS | {"east": (18.0, 0.0)}
TOWNS = {
    "seed": st.integers(0, 10_000),
    "trees": st.integers(0, 60),
    "slope": st.sampled_from([0.0, 0.03, 0.1, 0.3]),
    "turn_deg": st.one_of(st.just(0.0), st.floats(0.0, 90.0)),
    "max_up_m": st.sampled_from([76.0, 90.0, 120.0]),
    "over_roofs": st.booleans(),
    "max_px_per_m": st.sampled_from([48.0, 60.0]),
}
ALL = settings(
    deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate], max_examples=1,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip


@ALL
@given(**TOWNS)
@example(  # the return above a pad on the slope lay some millimetres over the law's ceiling
    seed=310, trees=8, slope=0.3, turn_deg=23.439803082807696, max_up_m=120.0, over_roofs=True, max_px_per_m=48.0,
)  # fmt: skip
def test_plans_over_random_towns_are_sound(mission, with_file, tmp_path_factory, **town):
    assert_sound(mission, with_file, tmp_path_factory.mktemp("town") / "site", **town)


@pytest.mark.thorough
@pytest.mark.timeout(3600)
@settings(ALL, max_examples=int(os.environ.get("BLINDSPOT_RANDOM_TOWNS", "200")))
@given(**TOWNS)
def test_plans_over_many_random_towns_are_sound(mission, with_file, tmp_path_factory, **town):
    assert_sound(mission, with_file, tmp_path_factory.mktemp("town") / "site", **town)


@ALL
@given(**TOWNS)
def test_plans_that_return_along_the_mission_are_sound(mission, with_file, tmp_path_factory, **town):
    assert_sound(mission, with_file, tmp_path_factory.mktemp("town") / "site", kind="mission", **town)


@pytest.mark.thorough
@pytest.mark.timeout(3600)
@settings(ALL, max_examples=int(os.environ.get("BLINDSPOT_RANDOM_TOWNS", "200")))
@given(**TOWNS)
def test_many_plans_that_return_along_the_mission_are_sound(mission, with_file, tmp_path_factory, **town):
    assert_sound(mission, with_file, tmp_path_factory.mktemp("town") / "site", kind="mission", **town)


@pytest.fixture
def crossing(mission, with_file, tmp_path):
    """Makes a town whose three drones have territories that meet at the crossing: (mission, site)."""

    def make(seed, kind="mission", **sections):
        limits = {"min_up_m": 50.0, "max_up_m": 120.0, "over_roofs": True, "return": kind} | sections.pop("limits", {})
        fleet = [{"name": f"drone_{pad}", "model": "reference", "pad": pad} for pad in THREE_PADS]
        asked = with_file(mission, limits=limits, fleet=fleet, **sections)
        folder = tmp_path / f"town{seed}"
        town = random_town(folder, asked, seed, trees=0, slope=0.0, turn_deg=0.0, pads=THREE_PADS)
        return replace(town, file=asked.file), load_site(folder)

    return make


@pytest.mark.thorough
@pytest.mark.parametrize("seed", [1, 9])
def test_a_return_around_a_sharp_corner_is_planned_with_more_room(crossing, seed):
    """The planner refused such missions: stretches on both sides of a corner of a territory lay within two metres."""
    asked, site = crossing(seed)
    made = make_plan(asked, site=site)
    assert len(made.routes) == 3
    assert made.coverage.planned_blind_fraction >= 0.95
    assert check_plan(made, asked, site) == ()


def test_borders_that_are_moved_by_the_pace_count_if_the_drones_then_see_clearly_more(crossing, monkeypatch):
    """The first borders lose half of the ground here. The tours with moved borders end later."""
    calls, real = [], teams.tours

    def tours(*asked):
        calls.append(asked)
        wanted, flown = real(*asked)
        return wanted, [replace(tour, cells=tour.cells[:: 3 - len(calls)]) for tour in flown]

    team_of = teams.Team.of

    def moved_by_the_pace(*asked, **changes):
        team, has_pace = team_of(*asked, **changes), len(asked) > 2
        moved = tuple(replace(p, sector=p.sector.buffer(-0.001)) for p in team.squad) if has_pace else team.squad
        return replace(team, squad=moved)

    monkeypatch.setattr(fewer, "parts_of", lambda team: ())
    monkeypatch.setattr(teams, "UNEVEN", 0.0)
    monkeypatch.setattr(teams, "tours", tours)
    monkeypatch.setattr(teams.Team, "of", staticmethod(moved_by_the_pace))
    asked, site = crossing(7)
    assert make_plan(asked, site=site).coverage.planned_blind_fraction > 0.95 and len(calls) == 2


@pytest.mark.parametrize("kind", ["straight", "mission"])
def test_borders_that_the_pace_does_not_move_are_searched_once(crossing, monkeypatch, kind):
    squads, real = [], teams.tours

    def tours(chooser, squad, *asked):
        squads.append([patrol.sector for patrol in squad])
        return real(chooser, squad, *asked)

    monkeypatch.setattr(fewer, "parts_of", lambda team: ())
    monkeypatch.setattr(teams, "UNEVEN", 0.0)
    monkeypatch.setattr(teams, "DAMPED", 0.0)
    monkeypatch.setattr(teams, "tours", tours)
    asked, site = crossing(7, kind)
    assert make_plan(asked, site=site).routes
    assert all(before != after for before, after in pairwise(squads))


def test_a_limit_of_time_is_used_whole_where_sectors_stay(crossing, monkeypatch):
    """The search ended after half of `--seconds`."""
    limits, real, asked_in = [], teams.tours, Patience(lambda: 60.0, lambda time_s, share: None)
    monkeypatch.setattr(fewer, "parts_of", lambda team: ())
    monkeypatch.setattr(teams, "UNEVEN", 0.0)
    monkeypatch.setattr(teams, "tours", lambda *asked: (limits.append(asked[3].left_s()), real(*asked[:3]))[1])
    asked, site = crossing(7, "straight")
    assert make_sorties(asked, site=site, patience=asked_in)
    assert limits and set(limits) == {60.0}


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["straight", "mission"])
def test_three_drones_never_see_less_than_one_of_them_alone(crossing, kind):
    """In a town this small the borders between three drones cost 30 % of the ground: one drone flies."""
    limits = {"max_up_m": 62.0, "max_pitch_deg": -85.0, "over_roofs": False, "separation_m": 23.0}
    asked, site = crossing(4, kind, limits=limits)
    made = make_plan(asked, site=site)
    for drone in asked.file.fleet:
        alone = make_plan(replace(asked, file=asked.file.model_copy(update={"fleet": (drone,)})), site=site)
        assert made.coverage.planned_area_m2 >= 0.99 * alone.coverage.planned_area_m2
    assert check_plan(made, asked, site) == ()


def assert_sound(mission, with_file, folder, *, max_up_m, over_roofs, max_px_per_m, kind="straight", **town):
    limits = {"min_up_m": 50.0, "max_up_m": max_up_m, "over_roofs": over_roofs, "return": kind}
    asked = random_town(folder, with_file(mission, limits=limits, band={"max_px_per_m": max_px_per_m}), **town)
    site = load_site(folder)
    try:
        made = make_plan(asked, site=site)
    except PlanningError:
        return
    assert check_plan(made, asked, site) == ()
    verdicts = judge_plan(load_authorisation(asked.authorisation_path), made, asked.file.start, simulated=True)
    assert [verdict for verdict in verdicts if verdict.rule == "AVI-01"] == []
