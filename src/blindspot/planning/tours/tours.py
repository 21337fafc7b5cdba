"""The tours of a fleet: for each drone in its sector the covering tour, finished cell by cell, and the part of it that
its battery allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from blindspot.mission import Step
from blindspot.planning.bounds.look_bound import bounds_of, most_places_of
from blindspot.planning.fleet.fleet_routes import Patrol
from blindspot.planning.tours.battery_legs import FlownTour, borne, is_enough, shots_of
from blindspot.planning.tours.itinerary import Halt, Scout, with_views, without_needless
from blindspot.planning.tours.returns import needed_wh
from blindspot.planning.tours.routing import budget_wh
from blindspot.planning.tours.tour_search import TourSearch
from blindspot.planning.tours.view_chooser import ENOUGH_AT_LAST_M2, Chooser, Shot
from blindspot.planning.views.target_ground import Ground

GOAL_SHARE = 0.985
"""Share of the visible ground that a tour sees. The rest is for the finishing views, or too small for its time."""
FINISHED_SHARE, FINISHING_ROUNDS = 0.99, 3
"""Views are inserted, the largest first, until this share of the visible ground is seen. Each view bends the way, so
that the ground along it is computed again."""
SHORTER_TOURS = 4
"""Number of tours over less ground that are tried if the battery is too small for a tour."""

Mask = NDArray[np.bool_]


def tours(chooser: Chooser, squad: Sequence[Patrol], goal_share: float = GOAL_SHARE) -> tuple[Mask, list[FlownTour]]:
    """(ground that all tours would see with infinite batteries; a tour for each drone, empty if it sees too little)."""
    ground = chooser.ground
    wanted = np.zeros(ground.spots.blind.size, dtype=bool)
    scouts, searches, rows = [], [], []
    for number, patrol in enumerate(squad):
        chooser.progress("tours", number / len(squad))
        scouts.append(Scout(chooser, patrol))
        searches.append(TourSearch.over(scouts[-1], wanted))
        rows.append(searches[-1].tour(goal_share))
        wanted |= scouts[-1].seen(scouts[-1].steps(rows[-1]))
    for attempt in range(FINISHING_ROUNDS if goal_share >= GOAL_SHARE else 0):
        more = chooser.finishing_views(squad, wanted.reshape(ground.spots.blind.shape))
        if not more:
            break
        chooser.progress("routes", attempt / FINISHING_ROUNDS)
        more = _largest(more, wanted, ground)
        if not more:
            break
        for k, scout in enumerate(scouts):
            drone = scout.patrol.drone
            rows[k] = with_views(rows[k], [shot for shot in more if shot.drone == drone.name], drone.home_2d)
        wanted = np.logical_or.reduce([scout.seen(scout.steps(row)) for scout, row in zip(scouts, rows, strict=True)])
    enough = ENOUGH_AT_LAST_M2 / ground.field.grid.cell_area_m2
    times = np.zeros(ground.spots.blind.size, dtype=np.int32)
    for scout, row in zip(scouts, rows, strict=True):
        for cells in scout.seen_by(scout.steps(row)):
            times[cells] += 1
    flown = []
    for scout, search, row in zip(scouts, searches, rows, strict=True):
        row = without_needless(row, scout, times, enough)
        flown.append(_counted(search, _borne(scout, search, row, goal_share)))
    return (times > 0).reshape(ground.spots.blind.shape), flown


def _largest(shots: Sequence[Shot], seen: Mask, ground: Ground) -> list[Shot]:
    """The shots that bring the seen ground to `FINISHED_SHARE`; each adds the most to those before it."""
    now, everything = seen.copy(), seen.copy()
    for shot in shots:
        everything[shot.cells] = True
    whole, worth = float(ground.weight_of(np.flatnonzero(everything)).sum()), ground.weight_of
    left, taken, has = list(shots), [], float(ground.weight_of(np.flatnonzero(now)).sum())
    while left and has < FINISHED_SHARE * whole:
        best = max(left, key=lambda shot: float(worth(shot.cells[~now[shot.cells]]).sum()))
        has += float(worth(best.cells[~now[best.cells]]).sum())
        left.remove(best)
        taken.append(best)
        now[best.cells] = True
    return taken


def _borne(scout: Scout, search: TourSearch, halts: list[Halt], share: float) -> FlownTour:
    """The tour over the halts, or over less and less ground until the battery allows it with its reserve. The last
    resort is the part of the first tour that the battery allows."""
    patrol, most_wh = scout.patrol, budget_wh(scout.patrol.drone.model)
    steps = scout.steps(halts)
    if not steps or needed_wh(patrol, steps) <= most_wh:
        return _flown(scout, steps)
    few = borne(scout, halts)
    for _ in range(SHORTER_TOURS if few else 0):
        share *= most_wh / needed_wh(patrol, steps)
        steps = scout.steps(search.tour(share))
        if not steps:
            break
        if needed_wh(patrol, steps) <= most_wh:
            return max(_flown(scout, steps), _flown(scout, few), key=lambda tour: len(tour.cells))
    return _flown(scout, few) if few else FlownTour(patrol, (), np.empty(0, np.int64), unborne=shots_of(scout, halts))


def _flown(scout: Scout, steps: tuple[Step, ...]) -> FlownTour:
    """The tour; its steps are dropped if it would see too little, for example since all views broke the cap."""
    cells = np.flatnonzero(scout.seen(steps))
    return FlownTour(scout.patrol, steps if is_enough(len(cells), scout) else (), cells)


def _counted(search: TourSearch, tour: FlownTour) -> FlownTour:
    """The tour with its number of views and legs, its time and their bounds."""
    if not tour.steps:
        return tour
    looks, least_s = bounds_of(search.scout, tour.steps, search.cells, most_places_of(search.pictures))
    return replace(tour, looks=looks, least_s=least_s)
