"""The tours of a fleet: for each drone in its sector the covering tour, finished cell by cell, and what its battery
bears of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blindspot.planning.candidates import POSE_ERROR_M
from blindspot.planning.choose import ENOUGH_AT_LAST_M2, Chooser, Shot
from blindspot.planning.covering_tour import covering_tour
from blindspot.planning.fleet import Patrol
from blindspot.planning.itinerary import Halt, Scout, with_views, without_needless
from blindspot.planning.plan import Step
from blindspot.planning.routing import BATTERY_SLACK_WH, affordable, needed_wh
from blindspot.planning.sight import Targets
from blindspot.planning.tour_parts import Parts, parts_of

GOAL_SHARE = 0.993
"""Share of what can be seen at all that a tour sees; the rest is for the finishing views, or not worth its time."""
PICTURE_M2 = 1000.0
MOVES_A_PICTURE, MOST_PLACES_A_PICTURE, TARGETS_A_PICTURE = 40_000, 20, 150
"""How far is searched, for each blind ground that a picture holds: about so many views are needed."""
FEWEST_PLACES, MOST_PLACES, FEWEST_TARGETS, MOST_TARGETS = 60, 700, 1000, 20_000
FINISHED_SHARE, FINISHING_ROUNDS = 0.99, 3
"""Views are put in, the largest first, until this share of what can be seen is. Each bends the way, and what was seen
along it is looked for again."""
SHORTER_TOURS = 4
"""Where the battery does not bear a tour, so many are tried that see less."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FlownTour:
    """A drone's steps and the blind cells that they see."""

    patrol: Patrol
    steps: tuple[Step, ...]
    seen: Mask


def tours(
    chooser: Chooser, squad: Sequence[Patrol], greedy: Sequence[Shot], goal_share: float = GOAL_SHARE
) -> tuple[Mask, list[FlownTour]]:
    """(what all tours would see with batteries without end, a tour for each drone; without steps if it has nothing).

    `greedy` are views to fall back on where a battery bears little.
    """
    ground = chooser.ground
    wanted = np.zeros(ground.spots.blind.size, dtype=bool)
    scouts, searches, rows = [], [], []
    for number, patrol in enumerate(squad):
        chooser.tell("tours", number / len(squad))
        scouts.append(Scout(chooser, patrol))
        searches.append(_Search.over(chooser, patrol, wanted))
        rows.append(searches[-1].tour(goal_share))
        wanted |= scouts[-1].seen(scouts[-1].steps(rows[-1]))
    for attempt in range(FINISHING_ROUNDS if goal_share >= GOAL_SHARE else 0):
        more = chooser.finishing_views(squad, wanted.reshape(ground.spots.blind.shape))
        if not more:
            break
        chooser.tell("routes", attempt / FINISHING_ROUNDS)
        more = _largest(more, wanted)
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
        own = [shot for shot in greedy if shot.drone == scout.patrol.drone.name]
        steps = _borne(scout, search, row, own, goal_share)
        flown.append(FlownTour(scout.patrol, steps, scout.seen(steps).reshape(ground.spots.blind.shape)))
    return (times > 0).reshape(ground.spots.blind.shape), flown


def _largest(shots: Sequence[Shot], seen: Mask) -> list[Shot]:
    """The shots, each adding the most to those before it, with which `FINISHED_SHARE` of what can be seen is seen."""
    now, everything = seen.copy(), seen.copy()
    for shot in shots:
        everything[shot.cells] = True
    left, taken = list(shots), []
    while left and now.sum() < FINISHED_SHARE * everything.sum():
        best = max(left, key=lambda shot: int((~now[shot.cells]).sum()))
        left.remove(best)
        taken.append(best)
        now[best.cells] = True
    return taken


@dataclass(frozen=True, slots=True)
class _Search:
    """A drone's parts, and the blind ground that it is to see of them."""

    parts: Parts
    moves: int
    seed: int

    @classmethod
    def over(cls, chooser: Chooser, patrol: Patrol, seen: Mask) -> _Search:
        """What the drone can see of the cells that no other one sees, of which some thousands stand for all."""
        cells = np.flatnonzero(chooser.ground.spots.blind.ravel() & ~seen)
        near = _near(chooser, patrol, cells)
        pictures = math.ceil(len(near) * chooser.ground.field.grid.cell_area_m2 / PICTURE_M2)
        count = min(len(near), FEWEST_TARGETS + TARGETS_A_PICTURE * pictures, MOST_TARGETS)
        stand_for = np.random.default_rng(chooser.mission.file.seed).choice(near, count, replace=False)
        targets = Targets.of(chooser.ground.field, np.sort(stand_for))
        places = min(FEWEST_PLACES + MOST_PLACES_A_PICTURE * pictures, MOST_PLACES)
        weight = np.ones(len(targets), dtype=np.float32)
        field = chooser.ground.taller(POSE_ERROR_M)
        parts = parts_of(chooser.mission, patrol, field, targets, weight, places)
        return cls(parts, MOVES_A_PICTURE * pictures, chooser.mission.file.seed)

    def tour(self, share: float) -> list[Halt]:
        """A tour that sees this share of what can be seen."""
        choice = self.parts.choice
        if not len(choice.seen):
            return []
        seeable = np.zeros(len(choice.weight), dtype=bool)
        seeable[choice.seen] = True
        goal = share * float(choice.weight[seeable].sum())
        found = covering_tour(choice, self.parts.rates, goal=goal, moves=self.moves, seed=self.seed)
        aims = (*self.parts.aims, None)
        return [Halt(self.parts.places[choice.place[e]], aims[choice.aim[e]]) for e in found.parts]


def _near(chooser: Chooser, patrol: Patrol, cells: NDArray[np.integer]) -> NDArray[np.integer]:
    """The cells that lie in reach of the drone's pictures."""
    open_cells = np.flatnonzero(patrol.reachable & patrol.air.open)
    if not len(open_cells) or not len(cells):
        return cells[:0]
    reach_m = chooser.reach_m(patrol.drone)
    places = patrol.air.grid.centres(open_cells)
    at = chooser.ground.field.grid.centres(cells)
    coarse = {(int(e // reach_m), int(n // reach_m)) for e, n in places}
    around = {(e + i, n + j) for e, n in coarse for i in (-1, 0, 1) for j in (-1, 0, 1)}
    keys = np.floor(at / reach_m).astype(int)
    return cells[[(int(e), int(n)) in around for e, n in keys]]


def _borne(
    scout: Scout, search: _Search, halts: list[Halt], greedy: Sequence[Shot], share: float
) -> tuple[Step, ...]:
    """The steps over the halts, or over less and less until the battery bears them with its reserve; at last over as
    many of the greedy views as it bears."""
    energy, patrol = scout.patrol.drone.model.energy, scout.patrol
    budget_wh = energy.usable_wh() * (1.0 - energy.reserve_fraction) - BATTERY_SLACK_WH
    steps = scout.steps(halts)
    if not steps or needed_wh(patrol, steps) <= budget_wh:
        return steps
    _, few = affordable(patrol, sorted(greedy, key=lambda shot: -len(shot.cells)), energy.usable_wh())
    for _ in range(SHORTER_TOURS if few else 0):
        share *= budget_wh / needed_wh(patrol, steps)
        steps = scout.steps(search.tour(share))
        if steps and needed_wh(patrol, steps) <= budget_wh:
            return max(steps, few, key=lambda those: int(scout.seen(those).sum()))
    return few
