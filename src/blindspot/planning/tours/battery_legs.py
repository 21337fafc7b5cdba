"""The flight of a drone on one battery, and the part of a tour that a battery allows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from blindspot.mission import Step, View, ViewCounts
from blindspot.planning.drones.patrols import Patrol
from blindspot.planning.tours.extra_items import with_items
from blindspot.planning.tours.itinerary import Halt, Scout
from blindspot.planning.tours.returns import flown_wh, needed_wh
from blindspot.planning.tours.routing import affordable, alone_wh, budget_wh
from blindspot.planning.tours.view_chooser import ENOUGH_AT_LAST_M2, Shot

STAY_S = 5.0
"""Typical time of a view by itself, s."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FlownTour:
    """A drone's steps and the blind cells (flat) that they see. If the battery is too small for every part of a tour,
    `steps` is empty and `unborne` has its views."""

    patrol: Patrol
    steps: tuple[Step, ...]
    cells: NDArray[np.integer]
    looks: ViewCounts | None = None
    """Number of views and legs with its lower bound for the same ground; None if they are not counted."""
    least_s: float | None = None
    """Lower bound of the flight time for the same ground, s; None if it is not computed."""
    unborne: tuple[Shot, ...] = ()


def needed_for(patrol: Patrol, steps: tuple[Step, ...], most_wh: float) -> float:
    """Greatest energy of a flight, Wh: see `needed_wh`. If the energy is at most `most_wh`, the stops at the further
    items for the returns are included."""
    needed = needed_wh(patrol, steps)
    return needed if needed > most_wh else flown_wh(patrol, with_items(patrol, steps))


def borne(scout: Scout, halts: Sequence[Halt], new: Mask | None = None) -> tuple[Step, ...]:
    """The steps over as many of the halts as a full battery allows.

    While the tour is too long, the stretch of halts with the least ground for the time is removed. If all halts are
    removed, the tour covers as many of the views that see the most as the battery allows. Only the ground in `new`
    (flat mask; default: all) counts.
    """
    new = scout.chooser.ground.spots.blind.ravel() if new is None else new
    kept, steps = list(halts), scout.steps(halts)
    most_wh = budget_wh(scout.patrol.drone.model)
    while steps and (needed := needed_for(scout.patrol, steps, most_wh)) > most_wh:
        cut = math.ceil((1.0 - max(0.0, most_wh) / needed) * len(kept))
        begin = _least_worth(scout, kept, steps, cut, new)
        kept = [*kept[:begin], *kept[begin + cut :]]
        steps = scout.steps(kept)
    if steps or not halts:
        return steps
    alone = [shot for shot in shots_of(scout, halts) if alone_wh(scout.patrol, shot) <= most_wh]
    best = sorted(alone, key=lambda shot: -_weight(scout, shot.cells[new[shot.cells]]))
    full_wh = scout.patrol.drone.model.energy.usable_wh()
    return affordable(scout.patrol, best, full_wh, lambda patrol, steps: needed_for(patrol, steps, most_wh))[1]


def is_enough(cells: int, scout: Scout) -> bool:
    """Whether so many cells are worth a view, and therefore a flight."""
    return cells * scout.chooser.ground.field.grid.cell_area_m2 >= ENOUGH_AT_LAST_M2


def shots_of(scout: Scout, halts: Sequence[Halt]) -> tuple[Shot, ...]:
    """The views at the halts, each with the seen cells."""
    drone, shots = scout.patrol.drone, []
    for step in scout.steps(halts):
        if isinstance(step, View):
            at = (step.to.east_m, step.to.north_m)
            cells = scout.chooser.look((drone.model_name, at, step.aim), drone)
            shots += [Shot(drone.name, at, step.aim, cells)] if cells is not None else []
    return tuple(shots)


def _weight(scout: Scout, cells: NDArray[np.integer]) -> float:
    return float(scout.chooser.ground.weight_of(cells).sum())


def _least_worth(scout: Scout, halts: Sequence[Halt], steps: tuple[Step, ...], cut: int, new: Mask) -> int:
    """Begin of the stretch of `cut` halts with the least new ground for the time; only ground missed by the rest of
    the tour counts."""
    seen = scout.seen_by(steps)
    times = np.bincount(np.concatenate(seen), minlength=scout.chooser.ground.spots.blind.size)
    views = iter([k for k, halt in enumerate(halts) if halt.aim is not None and scout.may_look(halt.at, halt.aim)])
    worth, at = np.zeros(len(halts) + 1), next(views, len(halts))
    for step, cells in zip(steps, seen, strict=True):  # a leg counts to the view at the leg's end
        worth[at] += _weight(scout, cells[(times[cells] == 1) & new[cells]])
        if isinstance(step, View):
            at = next(views, len(halts))
    drone = scout.patrol.drone
    row = [drone.home_2d, *(halt.at for halt in halts), drone.home_2d]
    way_m = np.cumsum([0.0, *(math.dist(a, b) for a, b in pairwise(row))])
    lost = np.cumsum([0.0, *worth[:-1]])
    begins = range(len(halts) - cut + 1)
    saved_s = [
        (way_m[k + cut + 1] - way_m[k] - math.dist(row[k], row[k + cut + 1])) / drone.leg_mps + STAY_S * cut
        for k in begins
    ]
    return min(begins, key=lambda k: float(lost[k + cut] - lost[k]) / saved_s[k])
