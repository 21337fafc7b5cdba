"""The least time of a covering tour, proven by branch and cut with HiGHS: for small numbers of places.

The model is that of `planning/tours/covering_tour.py` without turns: the ways between the places, the stay of each
view, and the rest before the first view at a place. A circulation of ways enters every place with a view. Solutions in
several pieces are cut off: a piece without the pad must be entered from outside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]
from scipy.optimize import Bounds, LinearConstraint, milp  # type: ignore[import-untyped]

from blindspot.planning.tours.covering_tour import TourChoice

ROUNDS = 60
HALF = 0.5


@dataclass(frozen=True, slots=True)
class LeastTour:
    """A lower bound, s, and whether a tour attains it."""

    time_s: float
    proven: bool


def least_tour(choice: TourChoice, rest_s: float, limit_s: float = 60.0) -> LeastTour:
    """The least time of a tour that sees every visible target. `limit_s` bounds each of the solver's calls."""
    model = _Model(choice, rest_s)
    bound_s = 0.0
    for _ in range(ROUNDS):
        found = milp(
            model.cost, integrality=np.ones(len(model.cost)), bounds=Bounds(0.0, 1.0),
            constraints=LinearConstraint(sparse.vstack(model.rows).tocsr(), np.concatenate(model.least), np.inf),
            options={"time_limit": limit_s, "mip_rel_gap": 1e-4},
        )  # fmt: skip
        bound_s = max(bound_s, float(found.mip_dual_bound))
        if found.status != 0:
            return LeastTour(bound_s, False)
        if not model.cut_off(found.x > HALF):
            return LeastTour(bound_s, True)
    return LeastTour(bound_s, False)


class _Model:
    """Columns: ways between places, then views, then "a place has a view". Rows: at least `least`."""

    def __init__(self, choice: TourChoice, rest_s: float) -> None:
        n = len(choice.go_s)
        self.start, self.end = (index.ravel() for index in np.nonzero(~np.eye(n, dtype=bool)))
        self.views = _best_views(choice)
        self.place = choice.place[self.views]
        ways, views = len(self.start), len(self.views)
        self.columns, self.ways = ways + views + n, ways
        self.cost = np.concatenate(
            [choice.go_s[self.start, self.end], choice.stay_s[self.views], np.full(n, rest_s)]
        ).astype(np.float64)
        self.rows, self.least = list[sparse.csr_matrix](), list[NDArray[np.float64]]()
        enters, leaves = self._ways_of(self.end, n), self._ways_of(self.start, n)
        for sign in (1.0, -1.0):
            self._add(self._wide(ways=sign * (enters - leaves)), np.zeros(n))
        at = sparse.csr_matrix((np.ones(views), (np.arange(views), self.place)), shape=(views, n))
        self._add(self._wide(views=-sparse.eye(views), places=at), np.zeros(views))
        away = np.arange(n) > 0
        self._add(self._wide(ways=enters, places=-sparse.eye(n))[away], np.zeros(n - 1))
        self._add_sight(choice)

    def cut_off(self, taken: NDArray[np.bool_]) -> bool:
        """Add a cut for each piece without the pad; returns whether there is one."""
        ways, n = np.flatnonzero(taken[: self.ways]), int(self.end.max()) + 1
        graph = sparse.csr_matrix((np.ones(len(ways)), (self.start[ways], self.end[ways])), shape=(n, n))
        _, piece = sparse.csgraph.connected_components(graph, directed=False)
        used = np.unique(np.concatenate([self.start[ways], self.end[ways]])) if len(ways) else np.empty(0, int)
        pieces = [np.flatnonzero(piece == number) for number in np.unique(piece[used]) if number != piece[0]]
        for inside in pieces:
            within, into = np.isin(self.end, inside), ~np.isin(self.start, inside)
            for way in ways[np.isin(self.start[ways], inside) & np.isin(self.end[ways], inside)]:
                row = np.zeros(self.columns)
                row[: self.ways][within & into] = 1.0
                row[way] -= 1.0
                self._add(sparse.csr_matrix(row), np.zeros(1))
        return bool(pieces)

    def _add_sight(self, choice: TourChoice) -> None:
        legs = choice.leg[self.start, self.end]
        numbers = [*self.views, *(choice.parts + legs[legs >= 0])]
        columns = [*(self.ways + np.arange(len(self.views))), *np.flatnonzero(legs >= 0)]
        row, column = [], []
        for number, own in zip(numbers, columns, strict=True):
            seen = choice.seen[choice.first[number] : choice.first[number + 1]]
            row.append(seen)
            column.append(np.full(len(seen), own))
        rows, cols = np.concatenate(row), np.concatenate(column)
        sight = sparse.csr_matrix((np.ones(len(rows)), (rows, cols)), shape=(len(choice.weight), self.columns))
        visible = np.diff(sight.indptr) > 0
        self._add(sight[visible], np.ones(int(visible.sum())))

    def _ways_of(self, place: NDArray[np.int64], n: int) -> sparse.csr_matrix:
        return sparse.csr_matrix((np.ones(len(place)), (place, np.arange(len(place)))), shape=(n, len(place)))

    def _wide(self, *, ways=None, views=None, places=None) -> sparse.csr_matrix:  # type: ignore[no-untyped-def]
        """A block of rows over all columns."""
        sizes = (self.ways, len(self.views), self.columns - self.ways - len(self.views))
        count = next(block.shape[0] for block in (ways, views, places) if block is not None)
        blocks = [sparse.csr_matrix((count, size)) if b is None else b for b, size in
                  zip((ways, views, places), sizes, strict=True)]  # fmt: skip
        return sparse.hstack(blocks).tocsr()

    def _add(self, rows: sparse.csr_matrix, least: NDArray[np.float64]) -> None:
        self.rows.append(rows)
        self.least.append(least)


def _best_views(choice: TourChoice) -> NDArray[np.int64]:
    """The views that see something, except those whose targets another view at the same place sees, too."""
    best = list[int]()
    views = [e for e in range(choice.parts) if choice.stay_s[e] > 0.0 and choice.first[e + 1] > choice.first[e]]
    sees = {e: frozenset(choice.seen[choice.first[e] : choice.first[e + 1]].tolist()) for e in views}
    for place in np.unique(choice.place[views]) if views else ():
        own = sorted((e for e in views if choice.place[e] == place), key=lambda e: -len(sees[e]))
        kept = list[int]()
        for e in own:
            if not any(sees[e] <= sees[other] for other in kept):
                kept.append(e)
        best += kept
    return np.array(sorted(best), dtype=np.int64)
