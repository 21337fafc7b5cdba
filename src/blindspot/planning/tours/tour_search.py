"""A drone's covering tour: searched over given places and some thousands of blind cells, and then with places that move
freely, over other cells: most of the other cells the tour sees once or never."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from blindspot.planning.drones.patrols import Patrol
from blindspot.planning.tours.covering_tour import Tour, covering_tour
from blindspot.planning.tours.itinerary import Halt, Scout
from blindspot.planning.tours.routing import route_cost
from blindspot.planning.tours.shifting import Shifting
from blindspot.planning.tours.strips import best_strips
from blindspot.planning.tours.tour_parts import Parts, in_view, parts_of, view_area_m2
from blindspot.planning.tours.view_chooser import Chooser
from blindspot.planning.views.candidates import POSE_ERROR_M, Position
from blindspot.planning.views.drone_sight import Targets

PICTURE_M2 = 1000.0
MOVES_A_PICTURE, SHIFTS_A_PICTURE, SHIFTS_HOT_S = 25_000, (150, 60), (1.0, 0.4)
MOST_PLACES_A_PICTURE, TARGETS_A_PICTURE, SHIFT_TARGETS_A_PICTURE = 20, 120, 600
"""Moves of the search; moves of the first and of each further search that shifts places, and their first temperatures,
s; most places, targets, and targets for shifts. Each number except the temperatures is for an area of blind ground that
fits in a picture (`PICTURE_M2`). The number of these areas is about the number of views needed."""
FEWEST_PLACES, MOST_PLACES, FEWEST_TARGETS, MOST_TARGETS = 60, 700, 1000, 16_000
ROOFS_TARGETS, ROOFS_PLACES, ROOFS_MOVES = 3, 2, 0.6
"""Factor of the targets, divisor of the places and factor of the moves over roofs."""
MOST_SHIFT_TARGETS, SHIFT_STRATA = 60_000, (0.25, 0.55, 0.2)
"""Most targets for shifts, and the shares for cells that the tour sees several times, once and never."""
STRIP_TARGETS = 16_000
"""Number of cells over which lawnmowers are compared."""
GAP_LEFT = 0.5
"""A tour sees a smaller share of the cells than of the targets that represent them. About this share of the gap remains
in the next search, which asks for so much more."""
BLOCK = 4
"""Cells on a side of the blocks: one cell of each block is tested for being in view, and represents all."""

Mask = NDArray[np.bool_]
Cells = NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class _Found:
    """A tour with the flight time, s, and the weight of the cells that the tour sees."""

    halts: list[Halt]
    time_s: float
    seen_weight: float

    def cost_s(self, enough: float, price_s: float) -> float:
        """The tour's time, and the price of the weight that the tour lacks."""
        return self.time_s + price_s * max(0.0, enough - self.seen_weight)


@dataclass(slots=True)
class TourSearch:
    """`cells` (flat) are the blind ground that the drone can see and the other drones leave to the drone."""

    scout: Scout
    cells: Cells
    pictures: int
    _stratum: NDArray[np.int8] = field(init=False)
    """The stratum of each cell, from which targets are drawn: 0 if the tour sees it several times, 1 once, 2 never."""
    _worth: NDArray[np.float32] = field(init=False)
    """Weight of each cell by the mission's priorities."""
    price_s: float = 0.0
    """Price of a unit of unseen weight at the end of the search over given places, s."""
    gap: float = 0.0
    """Weight by which the last search saw less than its targets stood for."""
    effort: float = 1.0
    """Factor of the number of moves."""
    lawnmower: list[Halt] = field(default_factory=list)
    """The best lawnmower over the cells, where flights may cross roofs."""

    @classmethod
    def over(cls, scout: Scout, seen: Mask, effort: float = 1.0) -> TourSearch:
        """The search over the unseen cells that the drone can see."""
        chooser = scout.chooser
        near = _near(chooser, scout.patrol, np.flatnonzero(chooser.ground.spots.blind.ravel() & ~seen))
        search = cls(scout, near, _pictures(chooser, near))
        cells = near[search._in_view(near)]
        return cls(scout, cells, _pictures(chooser, cells), effort=effort)

    def only(self, cells: Cells) -> TourSearch:
        """The search over some of its cells."""
        return TourSearch(self.scout, cells, _pictures(self.scout.chooser, cells), effort=self.effort)

    def __post_init__(self) -> None:
        self._stratum = np.zeros(len(self.cells), dtype=np.int8)
        self._worth = self.scout.chooser.ground.weight_of(self.cells)

    def tour(self, share: float) -> list[Halt]:
        """The best tour found that sees about this share of the visible cells.

        The best takes the least time, if ground missed of the share costs the same as in the search. Where
        flights may cross roofs, the best lawnmower competes.
        """
        seed = self.scout.chooser.mission.file.seed
        self._stratum[:], self.gap = 0, 0.0
        parts = self._parts(np.random.default_rng(seed))
        if not len(parts.choice.seen):
            return []
        enough = share * _seeable_weight(parts)
        moves = math.ceil((ROOFS_MOVES if self._over_roofs else 1.0) * self._moves(MOVES_A_PICTURE))
        tour = covering_tour(parts.choice, parts.rates, goal=enough, moves=moves, seed=seed)
        if not len(tour.parts):
            return []
        self.price_s, halts = tour.price_s, _halts(tour, parts)
        del parts  # the largest part of the memory of a search
        found = self._shifted_of(self._found(halts), enough)
        return min(found, key=lambda one: one.cost_s(enough, self.price_s)).halts

    def _shifted_of(self, begun: _Found, enough: float) -> list[_Found]:
        """The tour, and the tour with places that moved freely; where flights may cross roofs, the best lawnmower,
        and the lawnmower with moved places if the lawnmower costs less than the tour."""
        found, begins, strips = [begun], [begun], self._strips(enough) if self._over_roofs else ()
        if strips:
            mown = self._found([Halt(at, None) for at in strips])
            self.lawnmower, found = mown.halts, [begun, mown]
            begins += [mown] if mown.cost_s(enough, self.price_s) < begun.cost_s(enough, self.price_s) else []
        seed = self.scout.chooser.mission.file.seed
        return [*found, *(self._shifted(one, enough, 0, seed) for one in begins)]

    def _shifted(self, begin: _Found, enough: float, number: int, seed: int) -> _Found:
        """The tour with places that moved freely.

        Most targets are cells that the tour sees once or never: these are the cells that a shift can lose or win.
        """
        if not self.scout.steps(begin.halts) or not self.pictures:
            return begin  # without cells of its own, a drone has finishing views alone
        most = min(SHIFT_TARGETS_A_PICTURE * self.pictures, MOST_SHIFT_TARGETS)
        self._stratum = np.clip(2 - self._times_seen(begin.halts), 0, 2).astype(np.int8)
        counts = [math.ceil(share * most) for share in SHIFT_STRATA]
        targets, worth = self._targets(counts, np.random.default_rng(seed))
        shifting = Shifting(self.scout, begin.halts, targets, worth, seed)
        before = shifting.weight
        goal, moves = before + enough + GAP_LEFT * self.gap - begin.seen_weight, self._moves(SHIFTS_A_PICTURE[number])
        found = self._found(shifting.searched(goal, moves, self.price_s, SHIFTS_HOT_S[number]))
        self.gap = max(0.0, (shifting.weight - before) - (found.seen_weight - begin.seen_weight))
        return found

    def improved(self, halts: list[Halt], seed: int, number: int = 1) -> list[Halt]:
        """A faster tour that sees as much of the cells as the tour over the halts, or these halts. `number` is the
        number of the search: the first search is longer and hotter than the further searches."""
        begin = self._found(halts)
        again = self._shifted(begin, begin.seen_weight, number, seed)
        return min((begin, again), key=lambda one: one.cost_s(begin.seen_weight, self.price_s)).halts

    def _targets(self, most: Sequence[int], random: np.random.Generator) -> tuple[Targets, NDArray[np.float32]]:
        """Targets with the weight of the cells that each one represents: at most so many for the cells of each stratum,
        evenly along a Z-order curve."""
        field = self.scout.chooser.ground.field
        line = near_together(self.cells, field.grid.cols)
        order = np.argsort(line)
        chosen, weight = [], []
        for number, count in enumerate(most):
            alike = order[self._stratum[order] == number]
            count = min(len(alike), count)
            at = (np.arange(count) + random.random()) * len(alike) / max(count, 1)
            chosen.append(alike[at.astype(np.int64)])
            weight.append(np.full(count, len(alike) / max(count, 1)))
        some, stood_for = np.concatenate(chosen), np.concatenate(weight)
        along = np.argsort(line[some])
        weights = (stood_for * self._worth[some])[along].astype(np.float32)
        return Targets.of(field, self.cells[some[along]]), weights

    def _times_seen(self, halts: Sequence[Halt]) -> NDArray[np.int64]:
        """How many views and legs see each of the cells."""
        seen = self.scout.seen_by(self.scout.steps(halts))
        return np.bincount(np.concatenate(seen), minlength=self.scout.chooser.ground.spots.blind.size)[self.cells]

    def _found(self, halts: list[Halt]) -> _Found:
        steps = self.scout.steps(halts)
        seen = self.scout.seen(steps)[self.cells]
        return _Found(halts, route_cost(self.scout.patrol, steps).time_s, float(self._worth[seen].sum()))

    def _moves(self, a_picture: int) -> int:
        return math.ceil(self.effort * self.pictures * a_picture)

    @property
    def _most_targets(self) -> int:
        most = min(FEWEST_TARGETS + TARGETS_A_PICTURE * self.pictures, MOST_TARGETS)
        return ROOFS_TARGETS * most if self._over_roofs else most

    @property
    def _most_places(self) -> int:
        return min(FEWEST_PLACES + MOST_PLACES_A_PICTURE * self.pictures, MOST_PLACES)

    @property
    def _over_roofs(self) -> bool:
        return self.scout.chooser.mission.file.limits.over_roofs

    def _in_view(self, cells: Cells) -> Mask:
        """Which of the cells the drone can see; one cell of each block is tested for all of it."""
        chooser, (first, block) = self.scout.chooser, self._blocks(cells)
        field, targets = chooser.ground.taller(POSE_ERROR_M), Targets.of(chooser.ground.field, cells[first])
        return in_view(chooser.mission, self.scout.patrol, field, targets, self._most_places)[block]

    def views_of(self, cells: Cells) -> NDArray[np.float64]:
        """For each of the cells about the area, m2, from which the drone sees it, once for each aim."""
        chooser, (first, block) = self.scout.chooser, self._blocks(cells)
        field, targets = chooser.ground.taller(POSE_ERROR_M), Targets.of(chooser.ground.field, cells[first])
        return view_area_m2(chooser.mission, self.scout.patrol, field, targets, self._most_places)[block]

    def _blocks(self, cells: Cells) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(a cell of each block, the number of each cell's block)."""
        cols = self.scout.chooser.ground.field.grid.cols
        _, first, block = np.unique(
            cells // cols // BLOCK * cols + cells % cols // BLOCK, return_index=True, return_inverse=True
        )
        return first, block

    def _strips(self, enough: float) -> tuple[Position, ...]:
        """The places of the best lawnmower over the cells."""
        chooser, random = self.scout.chooser, np.random.default_rng(self.scout.chooser.mission.file.seed)
        self._stratum[:] = 0
        targets, worth = self._targets([STRIP_TARGETS], random)
        field = chooser.ground.taller(POSE_ERROR_M)
        best = best_strips(self.scout.patrol, chooser.mission.file.band, field, targets, worth, enough, self.price_s)
        return () if best is None else best.places

    def _parts(self, random: np.random.Generator) -> Parts:
        """Parts and the targets that they see."""
        chooser = self.scout.chooser
        targets, weights = self._targets([self._most_targets], random)
        field, places = chooser.ground.taller(POSE_ERROR_M), self._most_places
        places = places // ROOFS_PLACES if self._over_roofs else places
        return parts_of(chooser.mission, self.scout.patrol, field, targets, weights, places)


def _pictures(chooser: Chooser, cells: Cells) -> int:
    return math.ceil(len(cells) * chooser.ground.field.grid.cell_area_m2 / PICTURE_M2)


def _seeable_weight(parts: Parts) -> float:
    return float(parts.choice.weight[_marked(parts.choice.seen, len(parts.choice.weight))].sum())


@numba.njit(cache=True, nogil=True)
def _marked(numbers, count):  # type: ignore[no-untyped-def]
    """Which of the first `count` numbers are among `numbers`."""
    marked = np.zeros(count, np.bool_)
    for number in numbers:
        marked[number] = True
    return marked


def _halts(tour: Tour, parts: Parts) -> list[Halt]:
    aims, choice = (*parts.aims, None), parts.choice
    return [Halt(parts.places[choice.place[e]], aims[choice.aim[e]]) for e in tour.parts]


def near_together(cells: Cells, cols: int) -> NDArray[np.int64]:
    """Numbers along a Z-order curve (Morton, 1966): cells with near numbers lie near each other, so evenly chosen ones
    lie evenly over the ground, and the targets of a view fill few words."""
    number = np.zeros(len(cells), dtype=np.int64)
    for bit in range(16):
        for shift, part in ((1, cells // cols), (0, cells % cols)):
            number |= (part.astype(np.int64) >> bit & 1) << (2 * bit + shift)
    return number


def _near(chooser: Chooser, patrol: Patrol, cells: Cells) -> Cells:
    """The cells in reach of the drone's pictures."""
    open_cells = np.flatnonzero(patrol.reachable & patrol.air.open)
    if not len(open_cells) or not len(cells):
        return cells[:0]
    reach_m = chooser.reach_m(patrol.drone)
    places = patrol.air.grid.centres(open_cells)
    at = chooser.ground.field.grid.centres(cells)
    corner = np.minimum(places.min(axis=0), at.min(axis=0)) // reach_m
    flown, asked = ((some // reach_m - corner).astype(np.int64) for some in (places, at))
    squares = np.zeros(np.maximum(flown.max(axis=0), asked.max(axis=0)) + 1, np.uint8)
    squares[tuple(flown.T)] = 1
    around = cv2.dilate(squares, np.ones((3, 3), np.uint8)).astype(bool)
    near: Cells = cells[around[tuple(asked.T)]]
    return near
