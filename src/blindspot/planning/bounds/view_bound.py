"""Number of views and legs of a tour and its time, with lower bounds for the same ground from the same candidates.

The bound of the number is that of a set cover, which ignores the ways: it measures the quality of the chosen views, not
of the tour. `minutes_bound.py` has the bound of the time.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from blindspot.mission import Leg, Step, View, ViewCounts
from blindspot.planning.bounds.minutes_bound import least_tour_s, up_and_down_s
from blindspot.planning.covers.cover_bound import lagrangian
from blindspot.planning.covers.cover_problem import Problem, greedy
from blindspot.planning.tours.itinerary import Scout
from blindspot.planning.tours.routing import route_cost
from blindspot.planning.tours.tour_parts import parts_of
from blindspot.planning.tours.tour_search import FEWEST_PLACES, MOST_PLACES, MOST_PLACES_A_PICTURE
from blindspot.planning.views.candidates import POSE_ERROR_M
from blindspot.planning.views.drone_sight import Targets
from blindspot.planning.views.legs import LEG_MAX_M

MOST_ROWS, BOUND_STEPS = 400, 500
"""Largest sample of the cells that a tour sees, and steps of the bound. A sample and an early stop keep it valid."""


def most_places_of(pictures: int) -> int:
    """Largest number of places from which a search over so many pictures chooses."""
    return min(FEWEST_PLACES + MOST_PLACES_A_PICTURE * pictures, MOST_PLACES)


def bounds_of(
    scout: Scout, steps: tuple[Step, ...], cells: NDArray[np.integer], most_places: int
) -> tuple[ViewCounts, float]:
    """Number of views and legs of the steps, with the least number for as much of the `cells` (flat), and the least
    flight time for these cells, s."""
    count, at = 0, scout.patrol.entry or scout.patrol.drone.home_2d
    for step in steps:
        end = (step.to.east_m, step.to.north_m)
        if isinstance(step, View):
            count += 1
        elif isinstance(step, Leg):  # one step can merge several separately chosen legs
            count += math.ceil(math.dist(at, end) / LEG_MAX_M)
        at = end
    planned_s = route_cost(scout.patrol, steps).time_s
    least, least_s = _least(scout, cells[scout.seen(steps)[cells]], most_places, planned_s)
    return ViewCounts(planned=count, least=least), math.floor(least_s)


def _least(scout: Scout, cells: NDArray[np.integer], most_places: int, planned_s: float) -> tuple[int, float]:
    """The least number of views and the least flight time, s."""
    chooser, patrol = scout.chooser, scout.patrol
    if len(cells) > MOST_ROWS:
        cells = np.sort(np.random.default_rng(chooser.mission.file.seed).choice(cells, MOST_ROWS, replace=False))
    targets, field = Targets.of(chooser.ground.field, cells), chooser.ground.taller(POSE_ERROR_M)
    weight = np.ones(len(cells), dtype=np.float32)
    parts = parts_of(chooser.mission, patrol, field, targets, weight, most_places, is_timed=False)
    fixed_s = up_and_down_s(patrol.drone, in_the_air=patrol.entry is not None)
    least_s = fixed_s + least_tour_s(parts, patrol.drone, len(cells), max(1.0, planned_s - fixed_s))
    return least_views(parts.choice.first, parts.choice.seen, len(cells)), least_s


def least_views(first: NDArray[np.int64], seen: NDArray[np.int32], cells: int) -> int:
    """The least number of views that see every visible cell; view k sees `seen[first[k]:first[k + 1]]`."""
    different = {seen[a:b].tobytes(): k for k, (a, b) in enumerate(pairwise(first.tolist()))}
    some, visible = np.zeros(len(first) - 1, dtype=bool), np.bincount(seen, minlength=cells) > 0
    some[list(different.values())] = True  # views of the same cells count as one view
    some &= np.diff(first) > 0
    problem = Problem.of(first, seen, np.ones(len(first) - 1), np.ones(cells)).part(some, visible)
    if not problem.rows:
        return 0
    known = float(problem.cost[greedy(problem)].sum())
    return math.ceil(lagrangian(problem, known, BOUND_STEPS).value - 1e-6)
