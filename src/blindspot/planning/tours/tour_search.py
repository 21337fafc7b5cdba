"""A drone's covering tour: searched over some thousands of blind cells, verified on all cells, and searched again with
the missed cells."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.planning.fleet.fleet_routes import Patrol
from blindspot.planning.tours.covering_tour import Tour, covering_tour
from blindspot.planning.tours.itinerary import Halt, Scout
from blindspot.planning.tours.routing import route_cost
from blindspot.planning.tours.strips import best_strips
from blindspot.planning.tours.tour_parts import FAR_S, Parts, in_view, parts_of
from blindspot.planning.tours.view_chooser import Chooser
from blindspot.planning.views.candidates import POSE_ERROR_M, Position
from blindspot.planning.views.drone_sight import Targets

PICTURE_M2 = 1000.0
MOVES_A_PICTURE, MOVES_AGAIN_A_PICTURE, MOVES_MORE_A_PICTURE = 25_000, 15_000, 10_000
MOST_PLACES_A_PICTURE, TARGETS_A_PICTURE = 20, 120
"""Moves of the first search, of each further one, and of each over a completed tour; most places, and targets. Each is
the number for an area of blind ground that fits in a picture (`PICTURE_M2`). The number of these areas is about the
number of views needed."""
FEWEST_PLACES, MOST_PLACES, FEWEST_TARGETS, MOST_TARGETS = 60, 700, 1000, 16_000
STRIP_TARGETS = 2000
"""Number of cells over which lawnmowers are compared."""
STRATUM_SHARE, STRATA_AGAIN = 0.4, (0.4, 1.0, 0.4, 0.4)
"""Number of targets for missed cells in each further search, as a share of the targets of the first search; and the
numbers in searches over completed tours: for cells that the tour sees several times, once and never, and for those that
such a search has lost."""
ROUNDS, AGAIN, CLOSE_ENOUGH = 2, 2, 0.001
GAP_LEFT, MOST_SHARE = 0.5, 0.9985
"""A tour sees a smaller share of the cells than of the targets that represent them. About this share of the gap remains
after the missed cells get their own targets. The next search asks for so much more, at most for `MOST_SHARE`."""
BLOCK = 4
"""Cells on a side of the blocks: one cell of each block is tested for being in view, and represents all."""

Mask = NDArray[np.bool_]
Cells = NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class _Found:
    """A tour with its flight time, s, the weight of the cells that it sees, and a mask of those that it misses."""

    halts: list[Halt]
    time_s: float
    seen_weight: float
    missed: Mask

    def cost_s(self, enough: float, price_s: float) -> float:
        """Its time, and the price of the weight that it lacks."""
        return self.time_s + price_s * max(0.0, enough - self.seen_weight)


@dataclass(slots=True)
class TourSearch:
    """`cells` (flat) are the blind ground that the drone can see and that is left for it by the other drones."""

    scout: Scout
    cells: Cells
    pictures: int
    _times_missed: NDArray[np.int8] = field(init=False)
    _worth: NDArray[np.float32] = field(init=False)
    """Weight of each cell by the mission's priorities."""
    _over_cap: set[tuple[int, int]] = field(default_factory=set)
    """Place and aim of views in which the coverage kernel found a surface over the density cap."""
    price_s: float = 0.0
    """Price of a unit of unseen weight at the end of the last search, s."""
    effort: float = 1.0
    """Factor of the number of moves."""

    @classmethod
    def over(cls, scout: Scout, seen: Mask, effort: float = 1.0) -> TourSearch:
        """The search over the unseen cells that the drone can see."""
        chooser = scout.chooser
        near = _near(chooser, scout.patrol, np.flatnonzero(chooser.ground.spots.blind.ravel() & ~seen))
        search = cls(scout, near, _pictures(chooser, near))
        cells = near[search._in_view(near)]
        return cls(scout, cells, _pictures(chooser, cells), effort=effort)

    def __post_init__(self) -> None:
        self._times_missed = np.zeros(len(self.cells), dtype=np.int8)
        self._worth = self.scout.chooser.ground.weight_of(self.cells)

    def tour(self, share: float) -> list[Halt]:
        """The best tour of at most `ROUNDS` searches and of the lawnmower; the searches end with a tour that sees this
        share of the visible cells.

        The best takes the least time, if ground that it misses of the share costs what it cost the search.
        """
        chooser = self.scout.chooser
        seed = chooser.mission.file.seed
        random = np.random.default_rng(seed)
        self._times_missed[:] = 0
        strips = self._strips(share) if chooser.mission.file.limits.over_roofs else ()
        lawnmower = self._found([Halt(at, None) for at in strips]) if strips else None
        found, price_s, can_see = list[_Found](), 0.0, 0.0
        near: tuple[Tour, Parts] | None = None
        wanted = share
        for number in range(ROUNDS):
            parts = self._parts(random, strips)
            if not len(parts.choice.seen):
                break
            begin = None if near is None else replace(near[0], parts=_same(*near, parts))
            moves = self._moves(MOVES_A_PICTURE if near is None else MOVES_AGAIN_A_PICTURE)
            can_see = _seeable_weight(parts)
            tour = covering_tour(
                parts.choice, parts.rates, goal=wanted * can_see, moves=moves, seed=seed + number, near=begin
            )  # fmt: skip
            if not len(tour.parts):
                break
            near, price_s = (tour, parts), tour.price_s
            self.price_s = price_s
            found.append(self._found(_halts(tour, parts)))
            self._times_missed[found[-1].missed] += 1
            seen = found[-1].seen_weight / can_see
            enough = share * can_see
            if lawnmower is not None and lawnmower.cost_s(enough, price_s) < found[-1].cost_s(enough, price_s):
                near = (replace(tour, parts=_bends(strips, parts)), parts)
            if seen >= share - CLOSE_ENOUGH:
                break
            if not self._leave_out_over_cap(tour, parts):
                wanted = min(share + GAP_LEFT * (tour.seen_weight / can_see - seen), MOST_SHARE)
        if lawnmower is not None:
            found.append(lawnmower)
        best = min(found, key=lambda one: one.cost_s(share * can_see, price_s), default=None)
        return [] if best is None else best.halts

    def improved(self, halts: list[Halt], seed: int) -> list[Halt]:
        """A faster tour that sees as much of the cells as the one over the halts, or these halts.

        The search begins at the tour, with its places and aims among the candidates. Cells that the tour sees once or
        not at all have most of the targets: these are the cells that a change can lose.
        """
        random = np.random.default_rng(seed)
        found = [begin := self._found(halts)]
        self._times_missed = np.clip(2 - self._times_seen(halts), 0, 2).astype(np.int8)
        for number in range(AGAIN):
            here = found[-1].halts
            parts = self._parts_around(here, random)
            row = _row(here, parts)
            if not len(row):
                break
            goal = _weight_of(row, parts)
            near = Tour(row, found[-1].time_s, goal, self.price_s)
            goal += max(0.0, begin.seen_weight - found[-1].seen_weight)
            goal = min(goal * (1.0 - 1e-6), MOST_SHARE * _seeable_weight(parts))
            moves = self._moves(MOVES_MORE_A_PICTURE)
            tour = covering_tour(parts.choice, parts.rates, goal=goal, moves=moves, seed=seed + number, near=near)
            if not len(tour.parts):
                break
            found.append(self._found([h for h in _halts(tour, parts) if self._may(h)]))
            self._times_missed[found[-1].missed & ~begin.missed] = 3
        return min(found, key=lambda one: one.cost_s(begin.seen_weight, self.price_s)).halts

    def _parts_around(self, halts: Sequence[Halt], random: np.random.Generator) -> Parts:
        """Parts for a search from a tour, with its places and aims. Targets lie evenly along a Z-order curve."""
        chooser = self.scout.chooser
        field, cols = chooser.ground.taller(POSE_ERROR_M), chooser.ground.field.grid.cols
        begin = self.scout.patrol.entry or self.scout.patrol.drone.home_2d
        places = dict.fromkeys(halt.at for halt in halts if halt.at != begin)
        aims = dict.fromkeys(halt.aim for halt in halts if halt.aim is not None)
        order, most = np.argsort(near_together(self.cells, cols)), self._most_targets
        chosen, weight = [], []
        for times, share in enumerate(STRATA_AGAIN):
            alike = order[self._times_missed[order] == times]
            count = min(len(alike), math.ceil(share * most))
            chosen.append(alike[((np.arange(count) + random.random()) * len(alike) / max(count, 1)).astype(np.int64)])
            weight.append(np.full(count, len(alike) / max(count, 1)))
        some, stood_for = np.concatenate(chosen), np.concatenate(weight)
        along = np.argsort(near_together(self.cells[some], cols))
        targets = Targets.of(chooser.ground.field, self.cells[some[along]])
        weights = (stood_for * self._worth[some])[along].astype(np.float32)
        return parts_of(
            chooser.mission, self.scout.patrol, field, targets, weights, self._most_places, tuple(places), tuple(aims)
        )

    def _may(self, halt: Halt) -> bool:
        return halt.aim is None or self.scout.may_look(halt.at, halt.aim)

    def _times_seen(self, halts: Sequence[Halt]) -> NDArray[np.int64]:
        """How many views and legs see each of the cells."""
        seen = self.scout.seen_by(self.scout.steps(halts))
        return np.bincount(np.concatenate(seen), minlength=self.scout.chooser.ground.spots.blind.size)[self.cells]

    def _found(self, halts: list[Halt]) -> _Found:
        steps = self.scout.steps(halts)
        missed = ~self.scout.seen(steps)[self.cells]
        return _Found(halts, route_cost(self.scout.patrol, steps).time_s, float(self._worth[~missed].sum()), missed)

    def _leave_out_over_cap(self, tour: Tour, parts: Parts) -> bool:
        """Store the views of the tour with a surface over the density cap; returns whether there are any."""
        over_cap = {
            (int(parts.choice.place[e]), int(parts.choice.aim[e]))
            for e, halt in zip(tour.parts, _halts(tour, parts), strict=True)
            if halt.aim is not None and not self.scout.may_look(halt.at, halt.aim)
        }
        self._over_cap |= over_cap
        return bool(over_cap)

    def _moves(self, a_picture: int) -> int:
        return math.ceil(self.effort * self.pictures * a_picture)

    @property
    def _most_targets(self) -> int:
        return min(FEWEST_TARGETS + TARGETS_A_PICTURE * self.pictures, MOST_TARGETS)

    @property
    def _most_places(self) -> int:
        return min(FEWEST_PLACES + MOST_PLACES_A_PICTURE * self.pictures, MOST_PLACES)

    def _in_view(self, cells: Cells) -> Mask:
        """Which of the cells the drone can see; one cell of each block is tested for all of it."""
        chooser = self.scout.chooser
        grid = chooser.ground.field.grid
        block = cells // grid.cols // BLOCK * grid.cols + cells % grid.cols // BLOCK
        _, first, block = np.unique(block, return_index=True, return_inverse=True)
        field, targets = chooser.ground.taller(POSE_ERROR_M), Targets.of(chooser.ground.field, cells[first])
        return in_view(chooser.mission, self.scout.patrol, field, targets, self._most_places)[block]

    def _strips(self, share: float) -> tuple[Position, ...]:
        """The places of the best lawnmower over the cells."""
        chooser, random = self.scout.chooser, np.random.default_rng(self.scout.chooser.mission.file.seed)
        chosen = np.sort(random.choice(len(self.cells), min(len(self.cells), STRIP_TARGETS), replace=False))
        targets, field = Targets.of(chooser.ground.field, self.cells[chosen]), chooser.ground.taller(POSE_ERROR_M)
        best = best_strips(self.scout.patrol, chooser.mission.file.band, field, targets, self._worth[chosen], share)
        return () if best is None else best.places

    def _parts(self, random: np.random.Generator, further: Sequence[Position] = ()) -> Parts:
        """Parts and the targets that they see; each target represents cells that were missed equally often."""
        chooser = self.scout.chooser
        most = self._most_targets
        chosen, weight = [], []  # the targets, and the cells that each one represents
        for times in range(int(self._times_missed.max(initial=0)) + 1):
            alike = np.flatnonzero(self._times_missed == times)
            count = min(len(alike), most if times == 0 else math.ceil(STRATUM_SHARE * most))
            chosen.append(random.choice(alike, count, replace=False))
            weight.append(np.full(count, len(alike) / max(count, 1)))
        order = np.argsort(np.concatenate(chosen))
        targets = Targets.of(chooser.ground.field, self.cells[np.concatenate(chosen)[order]])
        stood_for = np.concatenate(weight)[order]
        weights = (stood_for * self._worth[np.concatenate(chosen)[order]]).astype(np.float32)
        field = chooser.ground.taller(POSE_ERROR_M)
        parts = parts_of(chooser.mission, self.scout.patrol, field, targets, weights, self._most_places, further)
        keys = zip(parts.choice.place.tolist(), parts.choice.aim.tolist(), strict=True)
        parts.choice.stay_s[[key in self._over_cap for key in keys]] = FAR_S
        return parts


def _bends(strips: Sequence[Position], parts: Parts) -> NDArray[np.int64]:
    """The parts of a tour over the strips, whose places are the last of all."""
    return parts.choice.parts - len(strips) + np.arange(len(strips), dtype=np.int64)


def _pictures(chooser: Chooser, cells: Cells) -> int:
    return math.ceil(len(cells) * chooser.ground.field.grid.cell_area_m2 / PICTURE_M2)


def _seeable_weight(parts: Parts) -> float:
    seeable = np.zeros(len(parts.choice.weight), dtype=bool)
    seeable[parts.choice.seen] = True
    return float(parts.choice.weight[seeable].sum())


def _same(tour: Tour, before: Parts, now: Parts) -> NDArray[np.int64]:
    """The tour's parts by their new numbers, except views that now see nothing or are over the density cap."""
    number = {key: e for e, key in enumerate(zip(now.choice.place, now.choice.aim, strict=True))}
    keys = [(before.choice.place[e], before.choice.aim[e]) for e in tour.parts]
    still = [number[key] for key in keys if key in number]
    return np.array([e for e in still if now.choice.stay_s[e] < FAR_S], dtype=np.int64)


def _halts(tour: Tour, parts: Parts) -> list[Halt]:
    aims, choice = (*parts.aims, None), parts.choice
    return [Halt(parts.places[choice.place[e]], aims[choice.aim[e]]) for e in tour.parts]


def _row(halts: Sequence[Halt], parts: Parts) -> NDArray[np.int64]:
    """The parts of a tour over the halts, without views that see nothing."""
    aims, choice, number = (*parts.aims, None), parts.choice, dict[Halt, int]()
    for e, (place, aim) in enumerate(zip(choice.place.tolist(), choice.aim.tolist(), strict=True)):
        number.setdefault(Halt(parts.places[place], aims[aim]), e)
    return np.array([number[halt] for halt in halts if halt in number], dtype=np.int64)


def _weight_of(row: NDArray[np.int64], parts: Parts) -> float:
    """The weight of the targets that a tour sees."""
    choice, seen = parts.choice, np.zeros(len(parts.choice.weight), dtype=bool)
    places = np.concatenate([[0], choice.place[row], [0]])
    legs = choice.leg[places[:-1], places[1:]]
    for look in (*row, *(choice.parts + legs[legs >= 0])):
        seen[choice.seen[choice.first[look] : choice.first[look + 1]]] = True
    return float(choice.weight[seen].sum())


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
