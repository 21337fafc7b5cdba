"""A lower bound of a tour's time over given ground, from the same candidates.

The bound is a Lagrangian bound of a relaxed tour, as in `cover_bound.py`. Every place with a view is reached by a
leg, which takes its cruise time, or by another way, which takes at least the time from the nearest place. Turns, and
the order of the places, are left out.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from blindspot.mission import timing
from blindspot.planning.covers.bundles import Bundles, bundled, reduced_costs
from blindspot.planning.drones.patrols import Drone
from blindspot.planning.tours.tour_parts import FAR_S, Parts

STEPS = 300
WITHOUT_GAIN, SHORTER, MOMENTUM = 30, 0.7, 0.95
"""As in `cover_bound.py`."""


class _Relaxed(NamedTuple):
    """View k takes `cost[k]`, sees rows `seen[first[k]:first[k + 1]]` and is at place `place[k]`: a leg ends there, or
    a view stands there. A place without a chosen leg takes `enter` before the first view. `bundles` are the views
    once more."""

    first: NDArray[np.int64]
    seen: NDArray[np.int32]
    cost: NDArray[np.float64]
    place: NDArray[np.int32]
    is_leg: NDArray[np.bool_]
    enter: NDArray[np.float64]
    bundles: Bundles


@numba.njit(cache=True, nogil=True)
def _value(p, price):  # type: ignore[no-untyped-def]
    """Returns (bound at these prices of the rows, coverage that each row lacks in the solution of the bound)."""
    places, count = len(p.enter), len(p.cost)
    legs, views = np.zeros(places), np.zeros(places)
    best, best_leg = np.full(places, np.inf), np.full(places, -1)
    reduced = reduced_costs(p.bundles, p.cost, price)
    for k in range(count):
        q = p.place[k]
        if not p.is_leg[k]:
            views[q] += min(0.0, reduced[k])
        elif reduced[k] < 0.0:
            legs[q] += reduced[k]
        elif reduced[k] < best[q]:
            best[q], best_leg[q] = reduced[k], k
    value, used = price.sum(), np.zeros(places, np.bool_)
    for q in range(places):
        entered = 0.0 if legs[q] < 0.0 else min(p.enter[q], best[q])
        used[q] = views[q] + entered < 0.0
        value += legs[q] + (views[q] + entered if used[q] else 0.0)
    lacking = np.ones(len(price))
    for k in range(count):
        q = p.place[k]
        entering = k == best_leg[q] and used[q] and legs[q] == 0.0 and best[q] < p.enter[q]
        if entering or (reduced[k] < 0.0 and (p.is_leg[k] or used[q])):
            for j in range(p.first[k], p.first[k + 1]):
                lacking[p.seen[j]] -= 1.0
    return value, lacking


@numba.njit(cache=True, nogil=True)
def _raised(p, price, known, steps):  # type: ignore[no-untyped-def]
    """The best bound within `steps` steps of the subgradient search; `known` is the time of a tour."""
    best, best_price, stride, waited = 0.0, price.copy(), 1.0, 0
    along = np.zeros(len(price))
    for _ in range(steps):
        value, lacking = _value(p, price)
        waited = 0 if value > best + 1e-5 * known else waited + 1
        if value > best:
            best = value
            best_price[:] = price
        if waited >= WITHOUT_GAIN:
            stride, waited = stride * SHORTER, 0
            price = best_price.copy()
        for i in range(len(price)):
            along[i] = MOMENTUM * along[i] + (lacking[i] if price[i] > 0.0 or lacking[i] > 0.0 else 0.0)
        length = (along**2).sum()
        if length == 0.0 or stride < 1e-4:
            break
        price = np.maximum(0.0, price + stride * max(0.0, 1.01 * known - value) / length * along)
    return best


def least_tour_s(parts: Parts, drone: Drone, cells: int, known_s: float) -> float:
    """The least time, s, in which a drone sees all visible cells from the given parts, from the pad and back over it.

    `cells` is the number of targets of the parts, and `known_s` the time of a tour with all these targets in view.
    """
    choice = parts.choice
    at, count = np.array(parts.places), len(choice.first) - 1
    start, end = np.nonzero(choice.leg >= 0)
    order = np.argsort(choice.leg[start, end])
    start, end = start[order], end[order]
    cruise_s = (1.0 + timing.CRUISE_STRETCH) / drone.leg_mps * np.hypot(*(at[end] - at[start]).T)
    metres = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) + np.diag(np.full(len(at), FAR_S))
    acceleration_mps2 = drone.model.performance.acceleration_mps2
    enter_s = [
        timing.level_s(float(d), drone.speed_mps, acceleration_mps2) - timing.PASS_BY_S for d in metres.min(axis=0)
    ]
    enter = np.maximum(0.0, np.array(enter_s)) + parts.rates.rest_s
    enter[0] = 0.0
    place = np.concatenate([choice.place, end]).astype(np.int32)
    visible = np.bincount(choice.seen, minlength=cells) > 0
    if not visible.any():
        return 0.0
    row = (np.cumsum(visible) - 1).astype(np.int32)[choice.seen]  # an invisible row would raise the bound without end
    relaxed = _Relaxed(
        choice.first, row, np.concatenate([choice.stay_s, cruise_s]).astype(np.float64), place,
        np.arange(count) >= choice.parts, enter, bundled(choice.first, row, int(visible.sum())),
    )  # fmt: skip
    sees = np.diff(choice.first)
    alone_s = relaxed.cost + np.where(relaxed.is_leg, 0.0, enter[place])
    price = np.full(int(visible.sum()), np.inf)
    np.minimum.at(price, row, np.repeat(alone_s / np.maximum(sees, 1), sees))
    home_m = np.hypot(*(at - at[0]).T)
    nearer_m = np.concatenate([home_m[choice.place], np.minimum(home_m[start], home_m[end])])
    nearest_m = np.full(len(price), np.inf)
    np.minimum.at(nearest_m, row, np.repeat(nearer_m, sees))
    there_and_back_s = 2.0 * (1.0 + timing.CRUISE_STRETCH) / drone.speed_mps * float(nearest_m.max())
    return max(there_and_back_s, float(_raised(relaxed, price, known_s, STEPS)))


def up_and_down_s(drone: Drone, *, in_the_air: bool) -> float:
    """Time of the take-off, unless the flight begins in the air, and of the landing, s."""
    height_m = drone.up_m - drone.home.up_m
    return (0.0 if in_the_air else timing.take_off(drone.model, height_m).time_s) + timing.land(
        drone.model, height_m
    ).time_s
