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
from blindspot.planning.refining.shifting import Shifting
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
SHIFTS_A_PICTURE, SHIFTS_HOT_S = (150, 60), (1.0, 0.4)
MOST_PLACES_A_PICTURE, TARGETS_A_PICTURE, SHIFT_TARGETS_A_PICTURE = 20, 120, 400
"""Moves of the first search, of each further one, and of each over a completed tour; moves of the two searches that
shift places, and their first temperatures, s; most places, targets, and targets for shifts. Each number except the
temperatures is for an area of blind ground that fits in a picture (`PICTURE_M2`). The number of these areas is about
the number of views needed."""
FEWEST_PLACES, MOST_PLACES, FEWEST_TARGETS, MOST_TARGETS = 60, 700, 1000, 16_000
ROOFS_TARGETS, ROOFS_PLACES, ROOFS_MOVES = 3, 2, 0.6
"""Factor of the targets, divisor of the places and factor of the moves over roofs: places move freely there after the
search."""
MOST_SHIFT_TARGETS, SHIFT_STRATA = 40_000, (0.25, 0.5, 0.25)
"""Most targets for shifts, and the shares for cells that the tour sees several times, once and never."""
STRIP_TARGETS = 16_000
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

    def __post_init__(self) -> None:
        self._times_missed = np.zeros(len(self.cells), dtype=np.int8)
        self._worth = self.scout.chooser.ground.weight_of(self.cells)

    def tour(self, share: float) -> list[Halt]:
        """The best tour of at most `ROUNDS` searches, which end with a tour that sees this share of the visible cells.

        The best takes the least time, if ground that it misses of the share costs what it cost the search. Where
        flights may cross roofs, one search and the lawnmower are compared, with places that moved freely.
        """
        chooser = self.scout.chooser
        seed = chooser.mission.file.seed
        random = np.random.default_rng(seed)
        self._times_missed[:] = 0
        found, price_s, can_see = list[_Found](), 0.0, 0.0
        near: tuple[Tour, Parts] | None = None
        wanted = share
        for number in range(1 if self._over_roofs else ROUNDS):
            parts = self._parts(random)
            if not len(parts.choice.seen):
                break
            begin = None if near is None else replace(near[0], parts=_same(*near, parts))
            moves = self._moves(MOVES_A_PICTURE if near is None else MOVES_AGAIN_A_PICTURE)
            moves = math.ceil(ROOFS_MOVES * moves) if self._over_roofs else moves
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
            if seen >= share - CLOSE_ENOUGH:
                break
            if not self._leave_out_over_cap(tour, parts):
                wanted = min(share + GAP_LEFT * (tour.seen_weight / can_see - seen), MOST_SHARE)
        enough = share * can_see
        if found and self._over_roofs:
            found = self._shifted_of(found, enough)
        best = min(found, key=lambda one: one.cost_s(enough, price_s), default=None)
        return [] if best is None else best.halts

    def _shifted_of(self, found: list[_Found], enough: float) -> list[_Found]:
        """The tours and the lawnmower; and the last tour, and the lawnmower if it costs less, with places that moved
        freely."""
        begun, strips = [found[-1]], self._strips(enough)
        if strips:
            mown = self._found([Halt(at, None) for at in strips])
            self.lawnmower, found = mown.halts, [*found, mown]
            begun += [mown] if mown.cost_s(enough, self.price_s) < begun[0].cost_s(enough, self.price_s) else []
        seed = self.scout.chooser.mission.file.seed
        once = [self._shifted(one, enough, 0, seed) for one in begun]
        best, gap = min(once, key=lambda one: one[0].cost_s(enough, self.price_s))
        again, _ = self._shifted(best, enough + GAP_LEFT * max(0.0, gap), 1, seed + 1)
        return [*found, best, again]

    def _shifted(self, begin: _Found, enough: float, number: int, seed: int) -> tuple[_Found, float]:
        """The tour with places that moved freely, and the weight by which it sees less than its targets stand for.

        Most targets are cells that the tour sees once or never: these are the cells that a shift can lose or win.
        """
        most = min(SHIFT_TARGETS_A_PICTURE * self.pictures, MOST_SHIFT_TARGETS)
        self._times_missed = np.clip(2 - self._times_seen(begin.halts), 0, 2).astype(np.int8)
        counts = [math.ceil(share * most) for share in SHIFT_STRATA]
        targets, worth = self._targets(counts, np.random.default_rng(seed))
        shifting = Shifting(self.scout, begin.halts, targets, worth, seed)
        before = shifting.weight
        goal, moves = before + enough - begin.seen_weight, self._moves(SHIFTS_A_PICTURE[number])
        found = self._found(shifting.searched(goal, moves, self.price_s, SHIFTS_HOT_S[number]))
        return found, (shifting.weight - before) - (found.seen_weight - begin.seen_weight)

    def improved(self, halts: list[Halt], seed: int) -> list[Halt]:
        """A faster tour that sees as much of the cells as the one over the halts, or these halts.

        The search begins at the tour, with its places and aims among the candidates. Cells that the tour sees once or
        not at all have most of the targets: these are the cells that a change can lose. Over roofs, places move freely.
        """
        found, random = [begin := self._found(halts)], np.random.default_rng(seed)
        if self._over_roofs:
            again, _ = self._shifted(begin, begin.seen_weight, 0, seed)
            return min((begin, again), key=lambda one: one.cost_s(begin.seen_weight, self.price_s)).halts
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
        """Parts for a search from a tour, with its places and aims."""
        chooser = self.scout.chooser
        begin = self.scout.patrol.entry or self.scout.patrol.drone.home_2d
        places = dict.fromkeys(halt.at for halt in halts if halt.at != begin)
        aims = dict.fromkeys(halt.aim for halt in halts if halt.aim is not None)
        targets, weights = self._targets([math.ceil(share * self._most_targets) for share in STRATA_AGAIN], random)
        return parts_of(
            chooser.mission, self.scout.patrol, chooser.ground.taller(POSE_ERROR_M), targets, weights,
            self._most_places, tuple(places), tuple(aims),
        )  # fmt: skip

    def _targets(
        self, most: Sequence[int], random: np.random.Generator, *, evenly: bool = True
    ) -> tuple[Targets, NDArray[np.float32]]:
        """Targets with the weight of the cells that each one represents: at most so many for the cells that were missed
        0, 1, 2 times and so on, evenly along a Z-order curve or at random."""
        field = self.scout.chooser.ground.field
        line = near_together(self.cells, field.grid.cols) if evenly else np.arange(len(self.cells))
        order = np.argsort(line)
        chosen, weight = [], []
        for times, count in enumerate(most):
            alike = order[self._times_missed[order] == times]
            count = min(len(alike), count)
            if evenly:
                at = (np.arange(count) + random.random()) * len(alike) / max(count, 1)
                chosen.append(alike[at.astype(np.int64)])
            else:
                chosen.append(random.choice(alike, count, replace=False))
            weight.append(np.full(count, len(alike) / max(count, 1)))
        some, stood_for = np.concatenate(chosen), np.concatenate(weight)
        along = np.argsort(line[some])
        weights = (stood_for * self._worth[some])[along].astype(np.float32)
        return Targets.of(field, self.cells[some[along]]), weights

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
        chooser = self.scout.chooser
        grid = chooser.ground.field.grid
        block = cells // grid.cols // BLOCK * grid.cols + cells % grid.cols // BLOCK
        _, first, block = np.unique(block, return_index=True, return_inverse=True)
        field, targets = chooser.ground.taller(POSE_ERROR_M), Targets.of(chooser.ground.field, cells[first])
        return in_view(chooser.mission, self.scout.patrol, field, targets, self._most_places)[block]

    def _strips(self, enough: float) -> tuple[Position, ...]:
        """The places of the best lawnmower over the cells."""
        chooser, random = self.scout.chooser, np.random.default_rng(self.scout.chooser.mission.file.seed)
        self._times_missed[:] = 0
        targets, worth = self._targets([STRIP_TARGETS], random)
        field = chooser.ground.taller(POSE_ERROR_M)
        best = best_strips(self.scout.patrol, chooser.mission.file.band, field, targets, worth, enough, self.price_s)
        return () if best is None else best.places

    def _parts(self, random: np.random.Generator) -> Parts:
        """Parts and the targets that they see; each target represents cells that were missed equally often."""
        chooser, most = self.scout.chooser, self._most_targets
        further_most = [math.ceil(STRATUM_SHARE * most)] * int(self._times_missed.max(initial=0))
        targets, weights = self._targets([most, *further_most], random, evenly=self._over_roofs)
        field, places = chooser.ground.taller(POSE_ERROR_M), self._most_places
        places = places // ROOFS_PLACES if self._over_roofs else places
        parts = parts_of(chooser.mission, self.scout.patrol, field, targets, weights, places)
        keys = zip(parts.choice.place.tolist(), parts.choice.aim.tolist(), strict=True)
        parts.choice.stay_s[[key in self._over_cap for key in keys]] = FAR_S
        return parts


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
