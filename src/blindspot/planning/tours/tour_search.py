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
MOVES_A_PICTURE, MOVES_AGAIN_A_PICTURE, MOST_PLACES_A_PICTURE, TARGETS_A_PICTURE = 25_000, 15_000, 20, 120
"""Moves of the first and of each further search, most places, and targets. Each is the number for an area of blind
ground that fits in a picture (`PICTURE_M2`). The number of these areas is about the number of views needed."""
FEWEST_PLACES, MOST_PLACES, FEWEST_TARGETS, MOST_TARGETS = 60, 700, 1000, 16_000
STRIP_TARGETS = 2000
"""Number of cells over which lawnmowers are compared."""
STRATUM_SHARE = 0.4
"""Number of targets for missed cells in each further search, as a share of the targets of the first search."""
ROUNDS, CLOSE_ENOUGH = 2, 0.001
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

    @classmethod
    def over(cls, scout: Scout, seen: Mask) -> TourSearch:
        """The search over the unseen cells that the drone can see."""
        chooser = scout.chooser
        near = _near(chooser, scout.patrol, np.flatnonzero(chooser.ground.spots.blind.ravel() & ~seen))
        search = cls(scout, near, _pictures(chooser, near))
        cells = near[search._in_view(near)]
        return cls(scout, cells, _pictures(chooser, cells))

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
            moves = self.pictures * (MOVES_A_PICTURE if near is None else MOVES_AGAIN_A_PICTURE)
            can_see = _seeable_weight(parts)
            tour = covering_tour(
                parts.choice, parts.rates, goal=wanted * can_see, moves=moves, seed=seed + number, near=begin
            )  # fmt: skip
            if not len(tour.parts):
                break
            near, price_s = (tour, parts), tour.price_s
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
        most = min(FEWEST_TARGETS + TARGETS_A_PICTURE * self.pictures, MOST_TARGETS)
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
