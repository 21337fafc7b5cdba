"""The least flight time over given ground: never above the time of any tour, and near to it where no way is saved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from blindspot.planning.airspace.paths import ways_from
from blindspot.planning.bounds.minutes_bound import least_tour_s
from blindspot.planning.drones.patrols import Patrol, drone_of
from blindspot.planning.tours.covering_tour import covering_tour
from blindspot.planning.tours.tour_parts import parts_of
from blindspot.planning.views.candidates import POSE_ERROR_M
from blindspot.planning.views.drone_sight import Targets
from blindspot.planning.views.target_ground import survey_ground

CELLS = 120


@pytest.fixture(scope="module")
def ground(mission, site):
    return survey_ground(mission, site)


@pytest.fixture(scope="module")
def drone(mission, ground):
    return drone_of(mission, ground, "drone1")


@pytest.fixture(scope="module")
def parts(mission, ground, drone):
    """Few places over the crossroads, and some of its blind cells."""
    blind = np.flatnonzero(ground.spots.blind)
    cells = np.sort(np.random.default_rng(3).choice(blind, CELLS, replace=False))
    patrol = Patrol(drone, drone.air, ways_from(drone.air, drone.home_2d))
    weight, field = np.ones(CELLS, dtype=np.float32), ground.taller(POSE_ERROR_M)
    return parts_of(mission, patrol, field, Targets.of(ground.field, cells), weight, 30)


def test_every_tour_takes_at_least_the_bound(parts, drone):
    visible = len(np.unique(parts.choice.seen))
    for seed in range(3):
        tour = covering_tour(parts.choice, parts.rates, goal=float(visible), moves=40_000, seed=seed)
        assert len(tour.parts) and tour.seen_weight == visible
        least_s = least_tour_s(parts, drone, CELLS, tour.time_s)
        assert 0.25 * tour.time_s < least_s <= tour.time_s


def test_the_bound_of_a_tour_does_not_depend_on_the_known_time_for_its_truth(parts, drone):
    """A wrong known time gives a weaker bound, never one above a real tour."""
    visible = len(np.unique(parts.choice.seen))
    best_s = covering_tour(parts.choice, parts.rates, goal=float(visible), moves=200_000, seed=1).time_s
    assert all(least_tour_s(parts, drone, CELLS, known_s) <= best_s for known_s in (0.1 * best_s, 10.0 * best_s))


def test_unseeable_ground_needs_no_time(parts, drone):
    nothing = np.zeros(len(parts.choice.first), dtype=np.int64)
    blind = replace(parts, choice=replace(parts.choice, first=nothing, seen=np.empty(0, dtype=np.int32)))
    assert least_tour_s(blind, drone, CELLS, 100.0) == 0.0


def test_a_plan_takes_at_least_its_bound(plan):
    assert plan.minutes is not None
    assert 0.0 < plan.minutes.least_s <= plan.minutes.planned_s
    assert plan.minutes.planned_s == pytest.approx(sum(r.expected.flight_time_s for r in plan.routes), abs=0.2)
