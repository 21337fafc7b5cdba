"""The tours of a fleet: for each drone in a sector the covering tour, finished cell by cell, and the part within the
battery."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from blindspot.core import workers
from blindspot.mission import Step
from blindspot.planning.bounds.view_bound import bounds_of, most_places_of
from blindspot.planning.drones.patrols import Patrol
from blindspot.planning.fleet.finishing import Pace, Patience, SearchingFleet
from blindspot.planning.tours.battery_legs import FlownTour, borne, is_enough, needed_for, shots_of
from blindspot.planning.tours.itinerary import Halt, Scout, without_needless
from blindspot.planning.tours.routing import budget_wh
from blindspot.planning.tours.tour_search import TourSearch
from blindspot.planning.tours.view_chooser import ENOUGH_AT_LAST_M2, Chooser

GOAL_SHARE = 0.985
"""Share of the visible ground that a tour sees. The rest is for the finishing views, or too small for its time."""
QUICK, SEARCH_SHARE = 0.1, 0.6
"""With a limit of time: effort of the first search, whose tours are shown early, and share of the remaining time for
the second. The rest is for better tours."""
FAVOUR, EVENED, ROUNDS = 4.0, 0.3, 20
"""Ground in view of several drones: most by which a drone with little ground counts more, and one with much ground
less; how fast they come to do so (exponent), and the number of steps."""
SHORTER_TOURS = 4
"""Number of tours over less ground that are tried if the battery is too small for a tour."""

Mask = NDArray[np.bool_]


def tours(
    chooser: Chooser, squad: Sequence[Patrol], goal_share: float = GOAL_SHARE, patience: Patience | None = None
) -> tuple[Mask, list[FlownTour]]:
    """(ground of all tours with infinite batteries; a tour for each drone, empty for too little ground).

    With `patience`, the search lasts as long as it says, so the result depends on the machine.
    """
    ground, scouts = chooser.ground, [Scout(chooser, patrol) for patrol in squad]
    share = None if goal_share >= GOAL_SHARE else goal_share
    if patience is None:
        searches, rows = _searched(chooser, scouts, goal_share)
        rows = SearchingFleet(chooser, squad, scouts, searches, share=share).finished(rows).rows
    else:
        begun_s = patience.left_s()
        searches, rows = _searched(chooser, scouts, goal_share, QUICK)
        quick = SearchingFleet(chooser, squad, scouts, searches, 1, share).shown(rows, patience)
        left_s = patience.left_s()
        pace = Pace(max(1e-3, begun_s - left_s), QUICK)
        if (effort := pace.effort_for(SEARCH_SHARE * left_s)) > 2.0 * QUICK:
            searches, rows = _searched(chooser, scouts, goal_share, effort)
        rows = SearchingFleet(chooser, squad, scouts, searches, share=share).in_time(rows, quick, patience, pace)
    enough = ENOUGH_AT_LAST_M2 / ground.field.grid.cell_area_m2
    times = np.zeros(ground.spots.blind.size, dtype=np.int32)
    for scout, row in zip(scouts, rows, strict=True):
        for cells in scout.seen_by(scout.steps(row)):
            times[cells] += 1
    flown = list[FlownTour]()
    for scout, search, row in zip(scouts, searches, rows, strict=True):
        row = without_needless(row, scout, times, enough)
        flown.append(_borne(scout, search, row, goal_share))
    with ThreadPoolExecutor(workers()) as pool:
        counted = list(pool.map(_counted, searches, flown))
    return (times > 0).reshape(ground.spots.blind.shape), counted


def _searched(
    chooser: Chooser, scouts: Sequence[Scout], goal_share: float, effort: float = 1.0
) -> tuple[list[TourSearch], list[list[Halt]]]:
    """The search of each drone and its tour, before the finishing views, planned in parallel.

    Ground in view of several drones belongs to one drone, see `apart`.
    """
    chooser.progress("tours", 0.0)
    nothing = np.zeros(chooser.ground.spots.blind.size, dtype=bool)
    searches, rows = apart([TourSearch.over(scout, nothing, effort) for scout in scouts]), list[list[Halt]]()
    with ThreadPoolExecutor(workers()) as pool:
        for row in pool.map(lambda search: search.tour(goal_share), searches):
            rows.append(row)
            chooser.progress("tours", len(rows) / len(searches))
    return searches, rows


def apart(searches: Sequence[TourSearch]) -> list[TourSearch]:
    """The searches over separate ground: cells in view of several drones go to the drone with most views. A
    drone with less ground than the others counts more, at most `FAVOUR` times, one with more ground less."""
    seen, drones = np.unique(np.concatenate([search.cells for search in searches]), return_counts=True)
    views = np.zeros((len(searches), len(seen)), dtype=np.float32)
    for own, search in zip(views, searches, strict=True):
        own[np.searchsorted(seen, search.cells)] = 1.0
        shared = np.flatnonzero((drones > 1) & (own > 0.0))
        own[shared] = np.maximum(search.views_of(seen[shared]), 1.0)
    favour = np.ones(len(searches), dtype=np.float32)
    for _ in range(ROUNDS):
        owner = (favour[:, None] * views).argmax(axis=0)
        cells = np.maximum(np.bincount(owner, minlength=len(searches)), 1)
        favour = np.clip(favour * (cells.mean() / cells) ** EVENED, 1.0 / FAVOUR, FAVOUR).astype(np.float32)
    return [search.only(seen[owner == number]) for number, search in enumerate(searches)]


def _borne(scout: Scout, search: TourSearch, halts: list[Halt], share: float) -> FlownTour:
    """The tour over the halts, or over less and less ground until the battery with reserve allows the tour. The last
    resort is the part of the first tour that the battery allows."""
    patrol, most_wh = scout.patrol, budget_wh(scout.patrol.drone.model)
    steps = scout.steps(halts)
    if not steps or needed_for(patrol, steps, most_wh) <= most_wh:
        return _flown(scout, steps)
    few = borne(scout, halts)
    for _ in range(SHORTER_TOURS if few else 0):
        share *= most_wh / needed_for(patrol, steps, most_wh)
        steps = scout.steps(search.tour(share))
        if not steps:
            break
        if needed_for(patrol, steps, most_wh) <= most_wh:
            return max(_flown(scout, steps), _flown(scout, few), key=lambda tour: len(tour.cells))
    return _flown(scout, few) if few else FlownTour(patrol, (), np.empty(0, np.int64), unborne=shots_of(scout, halts))


def _flown(scout: Scout, steps: tuple[Step, ...]) -> FlownTour:
    """The tour; the steps are dropped for too little ground, for example since all views broke the cap."""
    cells = np.flatnonzero(scout.seen(steps))
    return FlownTour(scout.patrol, steps if is_enough(len(cells), scout) else (), cells)


def _counted(search: TourSearch, tour: FlownTour) -> FlownTour:
    """The tour with number of views and legs, time, and bounds."""
    if not tour.steps:
        return tour
    looks, least_s = bounds_of(search.scout, tour.steps, search.cells, most_places_of(search.pictures))
    return replace(tour, looks=looks, least_s=least_s)
