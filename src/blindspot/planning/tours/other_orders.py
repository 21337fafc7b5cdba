"""Other orders of one tour: the same views flown from another place on, backwards, or with stretches turned around.

An order is another tour for a lookout. It costs little time to find, and all of them see nearly the same ground.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from blindspot.mission import Step, View
from blindspot.planning.tours.battery_legs import FlownTour, needed_for
from blindspot.planning.tours.extra_items import UnclearReturnError
from blindspot.planning.tours.itinerary import Halt, Scout, with_views
from blindspot.planning.tours.routing import budget_wh, route_cost
from blindspot.planning.tours.view_chooser import Chooser

MANNERS, BACKWARDS = 3, 2
"""Ways to fly a tour: 0 forwards, 1 from its middle on, 2 backwards."""
MORE_VIEWS = 2
"""Most views that a tour gets for the ground lost backwards."""
SLOWER_SHARE, LOST_SHARE = 0.01, 0.001
"""Time that an order may cost, and ground that the order's stretches may lose, as shares of the tour's."""
TRIES, TURNED_S = 30, (20.0, 90.0)
"""Stretches tried to be turned around, and about how long they last, s."""


def reordered(chooser: Chooser, tour: FlownTour, number: int, seed: int) -> FlownTour:
    """The tour in another order: `number` modulo `MANNERS` is the way to fly it, the seed turns stretches around.

    Number 0 is the tour itself, which also replaces an order that the battery or a return refuses.
    """
    if number == 0 or not tour.steps:
        return tour
    scout = Scout(chooser, tour.patrol)
    known = _halts(tour.steps)
    halts = _begun(scout, known, number % MANNERS)
    if number % MANNERS == BACKWARDS:
        halts = _completed(scout, halts, tour.cells)
    if number >= MANNERS:
        slowest_s = (1.0 + SLOWER_SHARE) * _time_s(scout, known)
        halts = _turned(scout, halts, slowest_s, np.random.default_rng(seed))
    steps = scout.steps(halts)
    most_wh = budget_wh(tour.patrol.drone.model)
    try:
        if needed_for(tour.patrol, steps, most_wh) > most_wh:
            return tour
    except UnclearReturnError:
        return tour
    return FlownTour(tour.patrol, steps, np.flatnonzero(scout.seen(steps)))


def _begun(scout: Scout, halts: tuple[Halt, ...], manner: int) -> tuple[Halt, ...]:
    """The tour as it is, from the place of its middle third on that costs the least time, or backwards."""
    if manner == 0:
        return halts
    if manner == BACKWARDS:
        return halts[::-1]
    third = len(halts) // 3
    cuts = range(third, max(third + 1, len(halts) - third))
    return min(((*halts[cut:], *halts[:cut]) for cut in cuts), key=lambda order: _time_s(scout, order))


def _completed(scout: Scout, halts: tuple[Halt, ...], cells: NDArray[np.integer]) -> tuple[Halt, ...]:
    """The tour with the views that see the most of the lost cells: a leg flown backwards sees less where the camera
    is still turning."""
    chooser = scout.chooser
    missed = np.zeros(chooser.ground.spots.blind.size, dtype=bool)
    missed[cells] = True
    missed &= ~scout.seen(scout.steps(halts))
    shots = chooser.finishing_views((scout.patrol,), ~missed.reshape(chooser.ground.spots.blind.shape))
    best = sorted(shots, key=lambda shot: -int(missed[shot.cells].sum()))[:MORE_VIEWS]
    return tuple(with_views(scout, halts, best))


def _turned(
    scout: Scout, halts: tuple[Halt, ...], slowest_s: float, random: np.random.Generator
) -> tuple[Halt, ...]:  # fmt: skip
    """The tour with as many random stretches turned around as its time and its ground allow."""
    time_s, seen = _time_s(scout, halts), int(scout.seen(scout.steps(halts)).sum())
    slowest_s, fewest = max(time_s, slowest_s), seen * (1.0 - LOST_SHARE)
    for _ in range(TRIES):
        begin = int(random.integers(len(halts)))
        end = begin + max(2, round(random.uniform(*TURNED_S) / time_s * len(halts)))
        order = (*halts[:begin], *halts[begin:end][::-1], *halts[end:])
        is_soon = order != halts and _time_s(scout, order) <= slowest_s
        if is_soon and int(scout.seen(scout.steps(order)).sum()) >= fewest:
            halts = order
    return halts


def _time_s(scout: Scout, halts: Sequence[Halt]) -> float:
    return route_cost(scout.patrol, scout.steps(halts)).time_s


def _halts(steps: Sequence[Step]) -> tuple[Halt, ...]:
    """The places and aims of a route to its pad, which is its last step."""
    return tuple(
        Halt((step.to.east_m, step.to.north_m), step.aim if isinstance(step, View) else None) for step in steps[:-1]
    )
