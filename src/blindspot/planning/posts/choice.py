"""The choice of a post for each drone: the shortest ways for which sectors exist that keep the drones apart.

Each drone takes one candidate. A drone's sector is a cell of a power diagram of the pads. The candidate needs a least
difference between the weight of its drone and the weight of each other drone (`sectors.py`). These differences are
linear, so that one mixed-integer model finds targets, posts and weights together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from math import dist
from typing import Any

import highspy

from blindspot.core import SilentHighs
from blindspot.planning.posts.target_views import TargetView

PER_TARGET = 2
"""Least number of drones for a target: one looks, and one relieves it."""
STAYS_M = 1e5
"""Cost of a drone that stays on its pad, m: dearer than every way."""
ROOM_M, ROOM_SHARE = 20.0, 0.01
"""Most room beside the borders that is worth a longer way, m, and the way that a metre of it is worth, m."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A view that a drone reaches: the name of the target, and the length of the way from the pad, m."""

    drone: str
    target: str
    view: TargetView
    way_m: float


def choose(
    candidates: Sequence[Candidate], pads: Mapping[str, tuple[float, float]], targets: Sequence[str], gap_m: float
) -> tuple[dict[str, Candidate], dict[str, float]] | None:
    """(the candidate of each drone that flies, weight of each drone's sector, m2); None if no choice exists. Posts and
    pads keep half of `gap_m` from the border of their sector."""
    highs: Any = SilentHighs()
    weight = {name: highs.addVariable(lb=-1e9, ub=1e9) for name in pads}
    room_m = highs.addVariable(lb=0.0, ub=ROOM_M, obj=-ROOM_SHARE)
    columns = [highs.addBinary(obj=candidate.way_m) for candidate in candidates]
    stays = {name: highs.addBinary(obj=STAYS_M) for name in pads}
    own = {name: [k for k, one in enumerate(candidates) if one.drone == name] for name in pads}
    for name, numbers in own.items():
        highs.addConstr(sum(columns[k] for k in numbers) + stays[name] == 1)
    for target in targets:
        numbers = [k for k, one in enumerate(candidates) if one.target == target]
        if len({candidates[k].drone for k in numbers}) < PER_TARGET:
            return None
        highs.addConstr(sum(columns[k] for k in numbers) >= PER_TARGET)
    for a, b in permutations(pads, 2):
        apart_m = dist(pads[a], pads[b])
        needed = sum(columns[k] * _bound_m2(pads[a], pads[b], candidates[k].view.at, gap_m) for k in own[a])
        needed = needed + stays[a] * _bound_m2(pads[a], pads[b], pads[a], gap_m)
        highs.addConstr(weight[a] - weight[b] - needed - 2.0 * apart_m * room_m >= 0.0)
    highs.addConstr(weight[next(iter(pads))] == 0.0)
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    taken = [candidate for candidate, column in zip(candidates, columns, strict=True) if highs.val(column) > 0.5]
    return {one.drone: one for one in taken}, {name: float(highs.val(column)) for name, column in weight.items()}


def _bound_m2(pad: tuple[float, float], other: tuple[float, float], place: tuple[float, float], gap_m: float) -> float:
    """Least difference between the weights of a drone and another one, m2, with which pad and place lie half of the gap
    on the drone's side of their border."""
    apart_m = dist(pad, other)
    along_m2 = (place[0] - pad[0]) * (other[0] - pad[0]) + (place[1] - pad[1]) * (other[1] - pad[1])
    return 2.0 * max(0.0, along_m2) + gap_m * apart_m - apart_m**2
