"""Tours that are completed and searched again: they see as much in less time, and a limit of time is kept."""

import math
from dataclasses import replace

import numpy as np
import pytest

from blindspot.planning.drones.patrols import drones_of, patrols
from blindspot.planning.fleet import finishing
from blindspot.planning.fleet.finishing import Pace, Patience, SearchingFleet
from blindspot.planning.fleet.fleet_tours import GOAL_SHARE, tours
from blindspot.planning.tours import view_chooser
from blindspot.planning.tours.itinerary import Halt, Scout
from blindspot.planning.tours.routing import route_cost
from blindspot.planning.tours.tour_search import TourSearch
from blindspot.planning.tours.view_chooser import Chooser
from blindspot.planning.views.candidates import survey_at_most
from blindspot.planning.views.target_ground import survey_ground

pytestmark = pytest.mark.usefixtures("searched_little")


@pytest.fixture(scope="module")
def chooser(mission, site):
    ground = survey_ground(mission, site)
    return Chooser(mission, ground, drones_of(mission, ground), lambda stage, fraction: None)


@pytest.fixture(scope="module")
def squad(chooser):
    weights_m2 = {drone.name: 0.0 for drone in chooser.drones}
    return patrols(chooser.drones, chooser.ground, chooser.mission.file.limits.separation_m, weights_m2)


@pytest.fixture(scope="module")
def fleet(chooser, squad):
    """One drone alone, with its search."""
    scout = Scout(chooser, squad[0])
    nothing = np.zeros(chooser.ground.spots.blind.size, dtype=bool)
    return SearchingFleet(chooser, squad[:1], [scout], [TourSearch.over(scout, nothing)])


@pytest.mark.slow
@pytest.mark.thorough
def test_finishing_views_see_more_and_a_tour_that_is_searched_again_takes_no_more_time(fleet):
    (search,), (scout,) = fleet.searches, fleet.scouts
    rows = [search.tour(GOAL_SHARE)]
    before = fleet.completed(rows)
    assert before.weight > scout.seen(scout.steps(rows[0])).sum()
    (again,) = fleet.improved(before, 0)
    steps = scout.steps(again)
    assert route_cost(scout.patrol, steps).time_s <= before.time_s
    assert scout.seen(steps).sum() > 0.98 * before.weight


@pytest.mark.slow
@pytest.mark.thorough
def test_a_drone_without_ground_of_its_own_keeps_the_finishing_views_that_no_other_has(chooser, squad, fleet):
    (search,), (scout,) = fleet.searches, fleet.scouts
    idle = TourSearch.over(scout, np.ones(chooser.ground.spots.blind.size, dtype=bool))
    shots = chooser.finishing_views(squad[:1], np.zeros_like(chooser.ground.spots.blind))
    row, other = ([Halt(shot.at, shot.aim)] for shot in shots[:2])
    three = SearchingFleet(chooser, [*squad[:1]] * 3, [scout] * 3, [search, idle, idle], rounds=0)
    first, second, third = three.improved(three.completed([row, row, other]), 0, effort=0.01)
    assert first != [] and second == [] and third == other


def test_a_finishing_view_near_the_tour_comes_before_a_larger_one_far_away(chooser, squad, fleet, monkeypatch):
    home, blind = squad[0].drone.home_2d, np.flatnonzero(chooser.ground.spots.blind).astype(np.int32)
    shots = chooser.finishing_views(squad[:1], np.zeros_like(chooser.ground.spots.blind))
    shots = sorted((shot for shot in shots if shot.at != home), key=lambda shot: math.dist(shot.at, home))
    near, far = replace(shots[0], cells=blind[:100]), replace(shots[-1], cells=blind[100:220])
    assert math.dist(far.at, home) > math.dist(near.at, home) + 15.0
    monkeypatch.setattr(Chooser, "finishing_views", lambda *asked: [far, near])
    monkeypatch.setattr(finishing, "FINISHED_SHARE", 0.4)
    (row,) = replace(fleet, rounds=1).completed([[]]).rows
    assert [halt.at for halt in row] == [near.at]


def test_finishing_views_of_much_ground_are_chosen_by_a_part_of_its_cells(chooser, squad, monkeypatch):
    """All views of 37 000 m2 took 9 GB when a drone had found no tour."""
    nothing = np.zeros_like(chooser.ground.spots.blind)
    surveys: list[int] = []

    def counted(most, *arguments):
        views = survey_at_most(most, *arguments)
        surveys.append(0 if views is None else len(views.seen))
        return views

    monkeypatch.setattr(view_chooser, "survey_at_most", counted)
    new = [Chooser(chooser.mission, chooser.ground, chooser.drones, chooser.progress) for _ in range(2)]
    whole = new[0].finishing_views(squad, nothing)
    most = surveys[-1] // 5
    monkeypatch.setattr(view_chooser, "MOST_SEEN", most)
    some = new[1].finishing_views(squad, nothing)
    assert 0 < surveys[-1] <= most
    assert new[1].seen(some).sum() > 0.99 * new[0].seen(whole).sum()


@pytest.mark.slow
@pytest.mark.thorough
def test_finishing_views_are_those_of_a_new_question_after_earlier_ones(chooser, squad):
    """Cells that no finishing view sees are asked for once only."""
    new = Chooser(chooser.mission, chooser.ground, chooser.drones, chooser.progress)
    nothing = np.zeros_like(chooser.ground.spots.blind)
    first = new.finishing_views(squad, nothing)
    some = new.seen(first[::2])
    asked_again = [(shot.at, shot.aim, shot.cells.tolist()) for shot in new.finishing_views(squad, some)]
    other = Chooser(chooser.mission, chooser.ground, chooser.drones, chooser.progress)
    assert asked_again == [(shot.at, shot.aim, shot.cells.tolist()) for shot in other.finishing_views(squad, some)]
    assert len(first) > len(asked_again) > 0


@pytest.mark.slow
@pytest.mark.thorough
def test_completed_lawnmowers_replace_slower_tours(fleet, monkeypatch):
    (search,) = fleet.searches
    row = search.tour(0.9)
    slow = [*row, *reversed(row)]
    assert fleet.finished([slow]).time_s <= fleet.completed([slow]).time_s
    monkeypatch.setattr(search, "lawnmower", row)
    assert fleet.finished([slow]).time_s <= fleet.completed([row]).time_s


@pytest.mark.slow
@pytest.mark.thorough
def test_the_search_lasts_as_long_as_it_may_and_reports_better_tours_only(chooser, squad):
    """Each look at the clock takes a second."""
    left_s, found = iter(range(20, -1000, -1)), []
    patience = Patience(lambda: float(next(left_s)), lambda time_s, share: found.append((time_s, share)))
    seen, flown = tours(chooser, squad, patience=patience)
    assert next(left_s) > -10
    assert len(found) >= 1 and all(0.0 < share <= 1.0 for _, share in found)
    assert all(tour.steps for tour in flown) and seen.any()


def test_half_of_the_time_that_is_left():
    left_s = [10.0]
    half = Patience(lambda: left_s[0], lambda time_s, share: None).half()
    assert half.left_s() == 5.0
    left_s[0] = 4.0
    assert half.left_s() == -1.0


def test_the_effort_follows_the_pace_and_is_at_most_that_of_the_whole_search():
    pace = Pace(took_s=4.0, effort=0.1)
    assert pace.effort_for(8.0) == pytest.approx(0.2)
    assert pace.effort_for(400.0) == 1.0
    assert pace.effort_for(-1.0) == 0.0


@pytest.mark.parametrize("share", [0.8, 0.9])
def test_tours_that_are_asked_for_a_share_of_the_visible_ground_see_it(chooser, squad, share):
    """Without views at their end, the evening's tours saw 85 % instead of 90 %."""
    ground, visible = chooser.ground, np.zeros(chooser.ground.spots.blind.size, dtype=bool)
    for patrol in squad:
        visible[TourSearch.over(Scout(chooser, patrol), visible).cells] = True
    seen = np.zeros_like(visible)
    for tour in tours(chooser, squad, share)[1]:
        seen[tour.cells] = True
    assert share - 0.01 < seen[visible].mean() < share + 0.08
    assert ground.spots.blind.ravel()[seen].all()
