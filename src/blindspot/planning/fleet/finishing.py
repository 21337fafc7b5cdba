"""The end of a search: views that complete the tours of a fleet, and colder searches over the completed tours.

Finishing views are a cover of the ground that the tours miss, so each bends a way. As long as time is left, a colder
search chooses among all views again, with the finishing views and their places as candidates, and the tours are
completed once more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from blindspot.core import workers
from blindspot.planning.drones.patrols import Patrol
from blindspot.planning.tours.itinerary import Halt, Scout, with_views
from blindspot.planning.tours.routing import route_cost
from blindspot.planning.tours.tour_search import TourSearch
from blindspot.planning.tours.view_chooser import MOVE_S, STAY_S, Chooser, Shot
from blindspot.planning.views.target_ground import Ground

FINISHED_SHARE, FINISHED_SHARE_OVER_ROOFS, FINISHING_ROUNDS = 0.992, 0.99, 3
"""Views are inserted, the views with most ground for the time first, until this share of the visible ground is seen.
Each view bends the way, so that the ground along it is computed again. Over roofs there is little else to see than this
last ground."""
LEAST_LEFT = 0.7
"""Least time for another search, as a share of the time of the last search: a part of this time does not depend on the
moves."""

Mask = NDArray[np.bool_]
Rows = list[list[Halt]]


@dataclass(frozen=True, slots=True)
class Patience:
    """The time for a search. `left_s` returns the seconds until the end. `better` is called with each better plan:
    the flight time of all drones, s, and the seen share of the blind ground."""

    left_s: Callable[[], float]
    better: Callable[[float, float], None]

    def quiet(self) -> Patience:
        """The same time, without reports."""
        return replace(self, better=lambda time_s, share: None)

    def half(self) -> Patience:
        """Half of the time that is left."""
        kept_s = self.left_s() / 2.0
        return replace(self, left_s=lambda: self.left_s() - kept_s)


@dataclass(frozen=True, slots=True)
class Pace:
    """The time that a search with this effort took, s."""

    took_s: float
    effort: float

    def effort_for(self, left_s: float) -> float:
        """The effort of a search for which so much time is left; the whole search has 1."""
        return min(1.0, self.effort * max(0.0, left_s) / self.took_s)


@dataclass(frozen=True, slots=True)
class Completed:
    """A tour for each drone, the flight time of all of them, s, and the mask (flat) and weight of the ground seen."""

    rows: Rows
    time_s: float
    seen: Mask
    weight: float

    def cost_s(self, enough: float, price_s: float) -> float:
        """The time of the tours, and the price of the missing weight."""
        return self.time_s + price_s * max(0.0, enough - self.weight)


@dataclass(frozen=True, slots=True)
class SearchingFleet:
    """The drones with the searches of their tours."""

    chooser: Chooser
    squad: Sequence[Patrol]
    scouts: Sequence[Scout]
    searches: Sequence[TourSearch]
    rounds: int = FINISHING_ROUNDS
    share: float | None = None
    """Share of the visible ground for completed tours; None for the share of whole tours."""

    def in_time(self, rows: Rows, known: Completed, patience: Patience, pace: Pace) -> Rows:
        """The tours, or the tours `known` before, completed and searched again until no time is left for a search at
        the last pace."""
        number, best = 1, self._better(known, self.finished(rows), patience)
        while (left_s := patience.left_s()) > LEAST_LEFT * pace.took_s:
            effort = pace.effort_for(left_s)
            best = self._better(best, self.completed(self.improved(best, number, effort)), patience)
            pace, number = Pace(max(1e-3, left_s - patience.left_s()), effort), number + 1
        return best.rows

    def _better(self, known: Completed, new: Completed, patience: Patience) -> Completed:
        """The better tours; better new tours are reported."""
        if self.best([known, new]) is known:
            return known
        self.show(new, patience)
        return new

    def shown(self, rows: Rows, patience: Patience) -> Completed:
        """The completed tours, reported."""
        completed = self.finished(rows)
        self.show(completed, patience)
        return completed

    def show(self, tours: Completed, patience: Patience) -> None:
        worth = self.chooser.ground.weight_of
        blind = float(worth(np.flatnonzero(self.chooser.ground.spots.blind)).sum())
        patience.better(tours.time_s, tours.weight / blind)

    def best(self, some: Sequence[Completed]) -> Completed:
        """The tours with the least cost, with missing ground against the first tours at the price of the search."""
        price_s = max(search.price_s for search in self.searches)
        return min(some, key=lambda one: one.cost_s(some[0].weight, price_s))

    def finished(self, rows: Rows) -> Completed:
        """The completed tours, or the completed lawnmowers if these cost less. The completion takes more time, so
        slower tours are left out. Then places move once more, so that views that became needless go."""
        done = self.completed(rows)
        mown = [search.lawnmower or row for search, row in zip(self.searches, rows, strict=True)]
        if mown != rows and self._time_s(mown) < done.time_s:
            done = self.best([done, self.completed(mown)])
        return self.best([done, self.completed(self.improved(done, 0))])

    def completed(self, rows: Rows) -> Completed:
        """The tours with views of the ground that they miss, until enough of the visible ground is seen.

        Views bend lanes: tours that see less afterwards stay as they were.
        """
        ground, best = self.chooser.ground, self._counted(rows)
        over_roofs = self.chooser.mission.file.limits.over_roofs
        share = self.share or (FINISHED_SHARE_OVER_ROOFS if over_roofs else FINISHED_SHARE)
        now = best
        for attempt in range(self.rounds):
            more = self.chooser.finishing_views(self.squad, now.seen.reshape(ground.spots.blind.shape))
            self.chooser.progress("routes", attempt / self.rounds)
            more = _best(more, [self._cost_s(shot, now.rows) for shot in more], now.seen, ground, share)
            if not more:
                break
            now = self._counted(
                [
                    with_views(scout, row, [shot for shot in more if shot.drone == scout.patrol.drone.name])
                    for scout, row in zip(self.scouts, now.rows, strict=True)
                ]
            )
            best = now if now.weight > best.weight else best
        return best

    def improved(self, known: Completed, number: int, effort: float | None = None) -> Rows:
        """A faster tour for each drone; together they see as much ground as before.

        Ground in view of several drones stays with the first drone. The first time (`number` 0) the search is a short
        one, and with the `effort` of the search before.
        """
        seed = self.chooser.mission.file.seed + 100 * (number + 1)
        seen = [scout.seen(scout.steps(row)) for scout, row in zip(self.scouts, known.rows, strict=True)]

        def one(k: int) -> list[Halt]:
            row, search = known.rows[k], self.searches[k]
            if not row:
                return row
            mine = seen[k].copy()
            mine[search.cells] = True
            for other, cells in enumerate(seen):
                if other != k:
                    mine &= ~cells | (seen[k] if other > k else False)
            if not mine.any():
                return []  # the others see all of its ground
            own = replace(search, cells=np.flatnonzero(mine), effort=search.effort if effort is None else effort)
            return own.improved(row, seed, 1 if number == 0 else 0)

        with ThreadPoolExecutor(workers()) as pool:
            return list(pool.map(one, range(len(known.rows))))

    def _cost_s(self, shot: Shot, rows: Rows) -> float:
        """About the additional time of a view in the drone's tour, s."""
        scout, row = next((s, r) for s, r in zip(self.scouts, rows, strict=True) if s.patrol.drone.name == shot.drone)
        places = [scout.patrol.drone.home_2d, *(halt.at for halt in row)]
        away_m = min(scout.way_m(shot.at, place) for place in places)
        return STAY_S + (MOVE_S - STAY_S if away_m else 0.0) + 2.0 * away_m / scout.patrol.drone.leg_mps

    def _time_s(self, rows: Rows) -> float:
        return sum(
            route_cost(scout.patrol, scout.steps(row)).time_s for scout, row in zip(self.scouts, rows, strict=True)
        )

    def _counted(self, rows: Rows) -> Completed:
        ground = self.chooser.ground
        seen = np.zeros(ground.spots.blind.size, dtype=bool)
        for scout, row in zip(self.scouts, rows, strict=True):
            seen |= scout.seen(scout.steps(row))
        return Completed(rows, self._time_s(rows), seen, float(ground.weight_of(np.flatnonzero(seen)).sum()))


def _best(shots: Sequence[Shot], costs_s: Sequence[float], seen: Mask, ground: Ground, share: float) -> list[Shot]:
    """The shots that bring the seen ground to a share of the visible ground; each shot adds the most ground for the
    time to the earlier shots."""
    now, everything, worth = seen.copy(), seen.copy(), ground.weight_of
    for shot in shots:
        everything[shot.cells] = True
    whole, has = (float(worth(np.flatnonzero(mask)).sum()) for mask in (everything, now))
    left, taken = list(range(len(shots))), list[Shot]()

    def adds(number: int) -> float:
        cells = shots[number].cells
        return float(worth(cells[~now[cells]]).sum())

    while left and has < share * whole:
        best = max(left, key=lambda number: adds(number) / costs_s[number])
        has += adds(best)
        left.remove(best)
        taken.append(shots[best])
        now[shots[best].cells] = True
    return taken
