"""A tour with places that move freely: it sees enough in no more time, inside the air, and a seed gives one tour."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from blindspot.mission import Aim
from blindspot.planning.airspace.paths import ways_from
from blindspot.planning.drones.patrols import Patrol, drone_of
from blindspot.planning.tours.itinerary import Halt, Scout
from blindspot.planning.tours.routing import route_cost
from blindspot.planning.tours.shifting import Shifting
from blindspot.planning.tours.sights import Sights
from blindspot.planning.tours.strips import best_strips
from blindspot.planning.tours.view_chooser import Chooser
from blindspot.planning.views.candidates import POSE_ERROR_M
from blindspot.planning.views.drone_sight import Targets
from blindspot.planning.views.target_ground import survey_ground

MOVES, PRICE_S, HOT_S = 200, 0.5, 0.4
DOWN_AND_ASIDE = Aim(heading_deg=10.0, pitch_deg=-90.0), Aim(heading_deg=80.0, pitch_deg=-60.0)


@pytest.fixture(scope="module")
def scout(mission, site):
    limits = mission.file.limits.model_copy(update={"over_roofs": True})
    high = replace(mission, file=mission.file.model_copy(update={"limits": limits}))
    ground = survey_ground(high, site)
    drone = drone_of(high, ground, "drone1")
    patrol = Patrol(drone, drone.air, ways_from(drone.air, drone.home_2d))
    return Scout(Chooser(high, ground, (drone,), lambda stage, fraction: None), patrol)


@pytest.fixture(scope="module")
def targets(scout):
    ground = scout.chooser.ground
    return Targets.of(ground.field, np.flatnonzero(ground.spots.blind)[::60])


@pytest.fixture(scope="module")
def halts(scout, targets):
    """A lawnmower with a view that sees nothing new."""
    chooser, weight = scout.chooser, np.ones(len(targets), dtype=np.float32)
    field, band = chooser.ground.taller(POSE_ERROR_M), chooser.mission.file.band
    places = best_strips(scout.patrol, band, field, targets, weight, 0.95 * len(targets), 10.0).places
    return [*(Halt(at, None) for at in places), Halt(places[-1], Aim(heading_deg=0.0, pitch_deg=-90.0))]


def shifting(scout, halts, targets, seed=1):
    return Shifting(scout, halts, targets, np.ones(len(targets), dtype=np.float32), seed)


def test_the_tour_costs_less_inside_the_air(scout, halts, targets):
    one = shifting(scout, halts, targets)
    begun_s, enough = one.time_s, one.weight
    found = one.searched(enough, MOVES, PRICE_S, HOT_S)
    assert one.time_s < begun_s
    assert one.time_s + PRICE_S * max(0.0, enough - one.weight) < begun_s
    places = [scout.patrol.drone.home_2d, *(halt.at for halt in found)]
    assert all(a == b or scout.patrol.air.holds((a, b)) for a, b in pairwise(places))


def test_its_time_and_weight_are_those_of_its_route(scout, halts, targets):
    one = shifting(scout, halts, targets)
    found = one.searched(one.weight, MOVES, PRICE_S, HOT_S)
    again = shifting(scout, found, targets)
    assert again.weight == pytest.approx(one.weight, rel=0.01)
    up_and_down_s = route_cost(scout.patrol, scout.steps(halts)).time_s - shifting(scout, halts, targets).time_s
    assert route_cost(scout.patrol, scout.steps(found)).time_s - up_and_down_s == pytest.approx(one.time_s, abs=3.0)


def test_a_seed_gives_one_tour_and_another_seed_another(scout, halts, targets):
    first, same, other = (
        shifting(scout, halts, targets, seed).searched(0.9 * len(targets), MOVES, PRICE_S, HOT_S) for seed in (1, 1, 2)
    )
    assert first == same != other


def test_a_view_over_the_pad_alone_stays(scout, targets):
    above = Halt(scout.patrol.drone.home_2d, Aim(heading_deg=0.0, pitch_deg=-90.0))
    one = shifting(scout, [above], targets)
    assert [halt.aim for halt in one.searched(one.weight, 0, PRICE_S, HOT_S)] == [above.aim]
    assert one.searched(one.weight, 20, PRICE_S, HOT_S)


def test_a_tour_that_sees_too_little_gets_views_of_unseen_ground(scout, halts, targets):
    one = shifting(scout, halts[:2], targets)
    begun = one.weight
    found = one.searched(float(len(targets)), MOVES, 10 * PRICE_S, HOT_S)
    limits = scout.chooser.mission.file.limits
    aims = [halt.aim for halt in found if halt.aim is not None]
    assert one.weight > begun and aims
    assert all(limits.min_pitch_deg <= aim.pitch_deg <= limits.max_pitch_deg for aim in aims)


def test_a_question_for_some_targets_has_the_answer_of_the_question_for_all(scout, halts, targets):
    chooser, some = scout.chooser, np.arange(0, len(targets), 3, dtype=np.int32)
    field, band = chooser.ground.taller(POSE_ERROR_M), chooser.mission.file.band
    fresh, known = (Sights.of(scout.patrol.drone, band, field, targets) for _ in range(2))
    for (start, end), aim in zip(pairwise(halt.at for halt in halts[:4]), DOWN_AND_ASIDE, strict=False):
        for asked, whole in (
            (fresh.leg_sees(start, end, some), known.leg(start, end)),
            (fresh.view_sees(end, aim, some), known.view(end, aim)),
        ):
            assert (asked == np.isin(some, whole)).all()
        assert (known.leg_sees(start, end, some) == np.isin(some, known.leg(start, end))).all()
