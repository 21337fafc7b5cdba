"""Sorties: more ground than a battery bears is flown with several, each a plan that the checker passes."""

from dataclasses import replace

import numpy as np
import pytest

from blindspot.core.errors import PlanningError
from blindspot.planning.checker.check import check_plan
from blindspot.planning.checker.check_seen import ground_of, seen_cells
from blindspot.planning.drones.patrols import drones_of
from blindspot.planning.fleet import districts, drone_sorties as one_drone, town_part
from blindspot.planning.fleet.blocks import Blocks, block_of
from blindspot.planning.fleet.districts import districts_of
from blindspot.planning.fleet.drone_sorties import SortieSearch
from blindspot.planning.fleet.teams import Team
from blindspot.planning.planner import make_plan, make_sorties
from blindspot.planning.tours.routing import route_cost
from blindspot.planning.tours.view_chooser import Chooser
from blindspot.planning.views import reachable as reach
from blindspot.planning.views.target_ground import survey_ground

pytestmark = pytest.mark.usefixtures("searched_little")


def with_battery(mission, capacity_wh):
    models = {
        name: model.model_copy(update={"energy": model.energy.model_copy(update={"capacity_wh": capacity_wh})})
        for name, model in mission.models.items()
    }
    return replace(mission, models=models)


@pytest.fixture(scope="module")
def asked(mission):
    """The crossroads with batteries that bear a third of it, and three more of them for each drone."""
    data = mission.file.model_dump(by_alias=True)
    fleet = [drone | {"swaps": 3} for drone in data["fleet"]]
    file = type(mission.file).model_validate(data | {"fleet": fleet, "swap_s": 120.0})
    return with_battery(replace(mission, file=file), 10.5)


@pytest.fixture(scope="module")
def sorties(asked):
    return make_sorties(asked)


def test_every_sortie_passes_the_checker(sorties, asked, site):
    assert len(sorties) > 1
    for made in sorties:
        assert check_plan(made, asked, site) == ()
        assert all(route.expected.battery_left_fraction >= 0.25 for route in made.routes)


def test_they_see_more_together_than_one_battery_would(sorties, asked, with_file):
    fleet = [drone.model_dump() | {"swaps": 0} for drone in asked.file.fleet]
    alone = make_plan(with_file(asked, fleet=fleet))
    ground = sorties[0].coverage
    others_m2 = next(rest.area_m2 for rest in ground.unseen if rest.cause == reach.OTHER_SORTIE)
    assert ground.planned_area_m2 + others_m2 > alone.coverage.planned_area_m2


def test_each_sortie_states_the_ground_of_all(sorties, asked, site):
    spots = ground_of(sorties[0], site)
    together = np.logical_or.reduce([seen_cells(made, asked, spots) for made in sorties])
    for made in sorties:
        others_m2 = sum(rest.area_m2 for rest in made.coverage.unseen if rest.cause == reach.OTHER_SORTIE)
        assert made.coverage.planned_area_m2 + others_m2 == pytest.approx(together.sum() * 0.25, abs=1.0)


def test_a_sortie_begins_when_all_have_landed_and_swapped(sorties):
    before = 0.0
    for number, made in enumerate(sorties, 1):
        assert (made.sortie.number, made.sortie.of) == (number, len(sorties))
        assert made.begins_s == pytest.approx(before + 120.0 * (number - 1))
        before += max(route.expected.flight_time_s for route in made.routes)


def test_the_last_sortie_has_to_fit_the_window(asked, sorties):
    from datetime import timedelta

    ends = asked.file.start + timedelta(seconds=sorties[-1].begins_s)
    tight = replace(asked, file=asked.file.model_copy(update={"latest_landing": ends}))
    with pytest.raises(PlanningError, match="latest_landing"):
        make_sorties(tight)


@pytest.mark.parametrize(("least_m2", "some"), [(300.0, True), (1e6, False)])
def test_a_sortie_that_sees_too_little_new_ground_is_left_out(asked, least_m2, some):
    ground = survey_ground(asked)
    chooser = Chooser(asked, ground, drones_of(asked, ground), lambda stage, fraction: None)
    team = Team.of(chooser, Blocks.of(ground, chooser.drones))
    seen = np.zeros(ground.spots.blind.size, dtype=bool)
    flown = SortieSearch(chooser, districts_of(team.blocks, team.squad)[0], 0.97, seen, least_m2).sorties(3)
    assert bool(flown) == some
    before = np.zeros_like(seen)
    for tour in flown:
        assert (~before[tour.cells]).sum() * ground.field.grid.cell_area_m2 >= least_m2
        before[tour.cells] = True
    assert (seen == before).all(), "ground of a sortie that is left out stays unseen"


def test_ground_that_a_flight_sees_on_its_way_is_left_for_no_other(asked):
    """Later districts were sized by it, although nothing was left there to see."""
    ground = survey_ground(asked)
    chooser = Chooser(asked, ground, drones_of(asked, ground), lambda stage, fraction: None)
    team = Team.of(chooser, Blocks.of(ground, chooser.drones))
    seen, share = np.zeros(ground.spots.blind.size, dtype=bool), districts_of(team.blocks, team.squad)[0]
    assert SortieSearch(chooser, share, 0.97, seen).sorties(1)
    unseen = np.flatnonzero(ground.spots.blind.ravel() & ~seen)
    unseen_m2 = np.zeros(share.left_m2.shape)
    np.add.at(unseen_m2, block_of(share.blocks.grid, ground.field.grid, unseen), ground.field.grid.cell_area_m2)
    assert share.left_m2.any()
    assert (share.left_m2 <= unseen_m2 + 0.01).all()


def test_the_only_battery_is_used_though_the_ground_is_seen_faster_than_estimated(asked, monkeypatch):
    """The estimate of streets made a small district of open fields; the flight left half of its battery."""
    monkeypatch.setattr(districts, "LEARNT_FROM_M2", 500.0)  # the crossroads are small
    monkeypatch.setattr(one_drone, "ROOMY", 0.0)
    short_of_wh = with_battery(asked, 14.0)
    ground = survey_ground(short_of_wh)
    chooser = Chooser(short_of_wh, ground, drones_of(short_of_wh, ground), lambda stage, fraction: None)
    team = Team.of(chooser, Blocks.of(ground, chooser.drones))

    def seen() -> int:
        share = districts_of(team.blocks, team.squad)[0]
        share.rate_m2_per_s = 10.0
        seen = np.zeros(ground.spots.blind.size, dtype=bool)
        (tour,) = SortieSearch(chooser, share, 0.97, seen).sorties(1)
        assert seen.sum() == len(tour.cells) and seen[tour.cells].all()
        return int(seen.sum())

    filled = seen()
    monkeypatch.setattr(one_drone, "SHORT", 0.0)
    assert filled > 2 * seen()


def test_a_sortie_whose_battery_is_large_sees_more_of_its_district(asked, monkeypatch):
    """Sorties saw 97 % of their districts, however much of the battery was left."""
    rich = with_battery(asked, 60.0)
    ground = survey_ground(rich)
    chooser = Chooser(rich, ground, drones_of(rich, ground), lambda stage, fraction: None)
    team = Team.of(chooser, Blocks.of(ground, chooser.drones))

    def seen() -> int:
        share, seen = districts_of(team.blocks, team.squad)[0], np.zeros(ground.spots.blind.size, dtype=bool)
        own = (ground.spots.blind & share.blocks.over(share.left_m2 > 0.0, ground.field.grid)).ravel()
        assert len(SortieSearch(chooser, share, 0.97, seen).sorties(1)) == 1
        return int(seen[own].sum())

    whole = seen()
    monkeypatch.setattr(one_drone, "ROOMY", 0.0)
    assert whole > seen()


def test_a_sortie_that_is_asked_for_less_sees_less(asked):
    rich = with_battery(asked, 60.0)
    ground = survey_ground(rich)
    chooser = Chooser(rich, ground, drones_of(rich, ground), lambda stage, fraction: None)
    team = Team.of(chooser, Blocks.of(ground, chooser.drones))

    def time_s(share: float) -> float:
        seen = np.zeros(ground.spots.blind.size, dtype=bool)
        (tour,) = SortieSearch(chooser, districts_of(team.blocks, team.squad)[0], share, seen).sorties(1)
        return route_cost(tour.patrol, tour.steps).time_s

    assert time_s(0.8) < 0.9 * time_s(0.97)


@pytest.mark.thorough
def test_views_beyond_every_battery_name_blind_cells_of_the_whole_town(monkeypatch, asked):
    """Their cells had the numbers of the window of the town in which they were searched."""
    monkeypatch.setattr(town_part, "MOST", 1.0)
    monkeypatch.setattr(Chooser, "reach_m", lambda chooser, drone: 30.0)  # so that the window is smaller than the town
    flat = with_battery(asked, 2.0)
    ground = survey_ground(flat)
    chooser = Chooser(flat, ground, drones_of(flat, ground)[:1], lambda stage, fraction: None)
    team = Team.of(chooser, Blocks.of(ground, chooser.drones))
    (share,) = districts_of(team.blocks, team.squad)
    share.left_m2[: share.left_m2.shape[0] // 2] = 0.0
    found = SortieSearch(chooser, share, 0.97, np.zeros(ground.spots.blind.size, dtype=bool)).sorties(1)
    cells = [shot.cells for tour in found for shot in tour.unborne]
    assert cells and ground.spots.blind.flat[np.concatenate(cells)].all()


def test_a_plan_of_one_sortie_says_nothing_of_sorties(plan):
    assert plan.sortie is None
    assert '"sortie"' not in plan.to_json()


@pytest.mark.thorough
def test_the_same_mission_gives_the_same_sorties(sorties, asked):
    assert [made.to_json() for made in make_sorties(asked)] == [made.to_json() for made in sorties]
