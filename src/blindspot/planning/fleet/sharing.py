"""Division of a town among drones: sector borders are moved until all drones are busy for about the same time.

The busy time is estimated from the blind ground beside the streets in reach of a drone in the sector. Hundreds of
borders are thus tried in the time of a single cover.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from blindspot.core import PlanningError
from blindspot.mission import Mission, timing
from blindspot.planning.airspace.air import POSITION_ERROR_M
from blindspot.planning.airspace.sectors import sectors
from blindspot.planning.drones.patrols import SEEN_M2_PER_S, Drone, Patrol, patrols, spread_m2
from blindspot.planning.fleet.blocks import Blocks
from blindspot.planning.views.target_ground import Ground

LOST_SHARE_COST = 20.0
"""Cost of ground lost to a border: one percent of the blind ground is worth so many percent of the longest flight."""
FIRST_STEP, LAST_STEP = 0.3, 0.02
"""First and last step of the weights, as a share of the squared largest distance between pads."""
EVENLY = 8.0
"""Exponent of the power mean of the drones' times, which is minimised: nearly the longest, but each time counts."""

REMEMBERED = 4
LEAST_AT_WORK_S = 60.0

Floats = NDArray[np.float32]
Known = dict[str, deque[tuple[NDArray[np.bool_], Floats]]]
Progress = Callable[[str, float], None]
Pace = Mapping[str, float]
AS_ESTIMATED: Pace = MappingProxyType({})


def shared_out(
    mission: Mission,
    ground: Ground,
    blocks: Blocks,
    drones: Sequence[Drone],
    report: Progress,
    pace: Pace = AS_ESTIMATED,
) -> tuple[Patrol, ...]:
    """Each drone in a sector; the sectors keep the drones busy for about the same time. `pace` is a drone's time as a
    multiple of the estimate; default: 1."""
    file = mission.file
    weights_m2 = {drone.name: 0.0 for drone in drones}
    if len(drones) > 1:
        report("sectors", 0.0)
        weights_m2 = _balanced(blocks, drones, file.limits.separation_m + 2.0 * POSITION_ERROR_M, pace)
    return patrols(tuple(drones), ground, file.limits.separation_m, weights_m2)


def _balanced(blocks: Blocks, drones: Sequence[Drone], gap_m: float, pace: Pace) -> dict[str, float]:
    pads = {drone.name: drone.home_2d for drone in drones}
    best_m2 = dict.fromkeys(pads, 0.0)
    sectors(pads, best_m2, blocks.grid.bounds_m, gap_m)  # raises PlanningError for pads that are too near to each other
    known: Known = {}
    best, step, spread = burden(blocks, drones, best_m2, gap_m, known, pace), FIRST_STEP, spread_m2(drones)
    while step >= LAST_STEP:
        moved = False
        for name, sign in product(list(pads)[1:], (1.0, -1.0)):  # only differences of weights matter
            trial_m2 = best_m2 | {name: best_m2[name] + sign * step * spread}
            try:
                sectors(pads, trial_m2, blocks.grid.bounds_m, gap_m)
            except PlanningError:  # a pad would fall out of its sector
                continue
            found = burden(blocks, drones, trial_m2, gap_m, known, pace)
            if found < best:
                best, best_m2, moved = found, trial_m2, True
        step = step if moved else step / 2.0
    return best_m2


def burden(
    blocks: Blocks, drones: Sequence[Drone], weights_m2: Mapping[str, float], gap_m: float, known: Known,
    pace: Pace = AS_ESTIMATED,
) -> float:  # fmt: skip
    """About the longest busy time of a drone, s, plus a cost for ground that is lost between the sectors."""
    ways_m = sector_ways_m(blocks, drones, weights_m2, gap_m, known)
    nearest = ways_m.argmin(axis=0)
    times_s = []
    for number, drone in enumerate(drones):
        mine = (nearest == number) & np.isfinite(ways_m[number])
        times_s.append(pace.get(drone.name, 1.0) * busy_s(drone, ways_m[number][mine], blocks.blind_m2[mine]))
    lost = 1.0 - float(blocks.blind_m2[np.isfinite(ways_m).any(axis=0)].sum()) / float(blocks.blind_m2.sum())
    mean_s = float(np.mean(np.array(times_s) ** EVENLY) ** (1.0 / EVENLY))
    return mean_s * (1.0 + LOST_SHARE_COST * lost)


def sector_ways_m(
    blocks: Blocks, drones: Sequence[Drone], weights_m2: Mapping[str, float], gap_m: float, known: Known
) -> Floats:
    """(drones, rows, cols): distance of each block from each drone's pad inside the sector, as in `Blocks.ways_m`.
    `known` caches the last sectors, since most moves of a border change few sectors."""
    homes = np.array([drone.home_2d for drone in drones])
    power = np.stack([
        ((blocks.centres_m - home) ** 2).sum(axis=2) - weights_m2[drone.name]
        for home, drone in zip(homes, drones, strict=True)
    ])  # fmt: skip
    ways = []
    for number, drone in enumerate(drones):
        apart_m = np.linalg.norm(homes - homes[number], axis=1)
        inside = np.ones(blocks.grid.shape, dtype=bool)
        for other in range(len(drones)):
            if other != number:
                inside &= power[number] + gap_m * apart_m[other] <= power[other]
        last = known.setdefault(drone.name, deque(maxlen=REMEMBERED))
        way_m = next((way_m for where, way_m in last if np.array_equal(where, inside)), None)
        if way_m is None:
            way_m = blocks.ways_m(drone, inside)
            last.append((inside, way_m))
        ways.append(way_m)
    return np.stack(ways)


def busy_s(drone: Drone, way_m: Floats, blind_m2: Floats) -> float:
    """Time of a drone for the blind ground, s: for the views, and for the way there and back once for each battery.

    `way_m` is the distance of each block from the pad, `blind_m2` its blind ground.
    """
    area_m2 = float(blind_m2.sum())
    if area_m2 <= 0.0:
        return 0.0
    there_s = way_m / drone.leg_mps
    seeing_s, whole_s = blind_m2 / SEEN_M2_PER_S, flight_s(drone)
    once_s = float(seeing_s.sum()) + 2.0 * float((there_s * blind_m2).sum()) / area_m2
    if once_s <= whole_s:
        return once_s
    at_work_s = np.maximum(whole_s - 2.0 * there_s, LEAST_AT_WORK_S)
    return max(whole_s, float((seeing_s * whole_s / at_work_s).sum()))


def flight_s(drone: Drone) -> float:
    """Flight time of a battery between the climb and the landing, s."""
    energy, height_m = drone.model.energy, drone.up_m - drone.home.up_m
    up_and_down_wh = timing.take_off(drone.model, height_m).energy_wh + timing.land(drone.model, height_m).energy_wh
    usable_wh = energy.usable_wh() * (1.0 - energy.reserve_fraction) - up_and_down_wh
    watts = energy.hover_w + energy.cruise_extra_w * (drone.leg_mps / drone.model.performance.cruise_mps) ** 3
    return max(0.0, 3600.0 * usable_wh / watts)
