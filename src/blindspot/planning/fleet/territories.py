"""A territory for each drone with a return along the route: the ground with the shortest way from this drone's pad
through the streets.

A border crosses streets where two drones meet. A territory never cuts a street off from the pad, as the straight
border of a sector does. Territories are apart by the whole separation, so that two drones stay apart at every time and
height. A territory is not convex: each line of a return inside the territory is proven.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product
from types import MappingProxyType

import cv2
import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio import features
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from blindspot.core import PlanningError
from blindspot.mission import Mission
from blindspot.planning.airspace.air import POSITION_ERROR_M
from blindspot.planning.airspace.paths import flood_m
from blindspot.planning.airspace.sectors import from_nearest, sectors
from blindspot.planning.drones.patrols import Drone, Patrol, patrols_in
from blindspot.planning.fleet.blocks import Blocks
from blindspot.planning.fleet.sharing import (
    AS_ESTIMATED,
    EVENLY,
    FIRST_STEP,
    LAST_STEP,
    LOST_SHARE_COST,
    Pace,
    Progress,
    busy_s,
)
from blindspot.site.ground import nearest_of

Floats = NDArray[np.float32]
Labels = NDArray[np.int16]


def territories(
    blocks: Blocks, drones: Sequence[Drone], gap_m: float, pace: Pace = AS_ESTIMATED
) -> dict[str, BaseGeometry]:
    """The ground plan of each drone, apart by `gap_m`. Borders are moved until the drones are busy about equally long.

    Raises PlanningError for pads that are too near to each other.
    """
    ways_m = np.stack([_ways_m(blocks, drone) for drone in drones])
    heads_m = np.zeros(len(drones))
    labels, around = _labels(ways_m, heads_m), dict[str, BaseGeometry]()
    try:
        areas = _areas(blocks, labels, drones, gap_m)
    except PlanningError:  # a border of whole blocks comes too near to a pad
        around = _around_pads(blocks, drones, gap_m)
        areas = _areas(blocks, labels, drones, gap_m, around)
    best, step = _burden(blocks, drones, ways_m, heads_m, gap_m, pace), FIRST_STEP
    longest_m = float(ways_m[np.isfinite(ways_m)].max(initial=0.0))
    while step >= LAST_STEP:
        moved = False
        for number, sign in product(range(1, len(drones)), (1.0, -1.0)):  # only differences matter
            trial_m = heads_m.copy()
            trial_m[number] += sign * step * longest_m
            found = _burden(blocks, drones, ways_m, trial_m, gap_m, pace)
            if found < best:
                try:
                    areas = _areas(blocks, _labels(ways_m, trial_m), drones, gap_m, around)
                except PlanningError:  # a pad would fall out of its territory
                    continue
                best, heads_m, moved = found, trial_m, True
        step = step if moved else step / 2.0
    return areas


def in_territories(
    mission: Mission, blocks: Blocks, drones: Sequence[Drone], report: Progress, pace: Pace = AS_ESTIMATED
) -> tuple[Patrol, ...]:
    """Each drone in a territory. `pace` is a drone's time as a multiple of the estimate; default: 1."""
    if len(drones) < 2:
        return patrols_in(drones, {})
    report("sectors", 0.0)
    gap_m = mission.file.limits.separation_m + 2.0 * POSITION_ERROR_M
    return patrols_in(drones, territories(blocks, drones, gap_m, pace))


def _ways_m(blocks: Blocks, drone: Drone) -> Floats:
    """Shortest way from the drone's pad to a place in each block, m."""
    air = drone.air
    way_m = flood_m(air.open, air.grid.index(*drone.home_2d), air.grid.cell_m)
    return blocks.pooled(air.grid, way_m.astype(np.float64))


def _labels(ways_m: Floats, heads_m: NDArray[np.float64]) -> Labels:
    """Number of the drone to which each block belongs: that with the shortest way less its head start. A block
    without a way belongs to the drone of the nearest block with a way."""
    ahead_m = ways_m - heads_m[:, None, None].astype(np.float32)
    label: Labels = ahead_m.argmin(axis=0).astype(np.int16)
    without = ~np.isfinite(ahead_m.min(axis=0))
    if without.all():
        raise PlanningError("no drone can leave its pad: put the pads where a street begins")
    return nearest_of(label, ~without)


def _around_pads(blocks: Blocks, drones: Sequence[Drone], gap_m: float) -> dict[str, BaseGeometry]:
    """The ground within the gap of each pad, nearer to this pad than to the others: half the gap around the pad and
    more."""
    pads = {drone.name: drone.home_2d for drone in drones}
    west, south, east, north = blocks.grid.bounds_m
    bounds_m = (west - gap_m, south - gap_m, east + gap_m, north + gap_m)
    cells = sectors(pads, dict.fromkeys(pads, 0.0), bounds_m, 0.0)
    return {name: cells[name].intersection(shapely.Point(pad).buffer(gap_m)) for name, pad in pads.items()}


def _areas(
    blocks: Blocks, labels: Labels, drones: Sequence[Drone], gap_m: float,
    around: Mapping[str, BaseGeometry] = MappingProxyType({}),
) -> dict[str, BaseGeometry]:  # fmt: skip
    """The labelled blocks of each drone as an area, half the gap inside its borders. The ground `around` its pad is a
    drone's own whatever the labels say."""
    grid, frame = blocks.grid, math.ceil(gap_m / blocks.grid.cell_m)
    labels = np.pad(labels, frame, mode="edge")  # the outer edge is no border
    corner = np.array([grid.east_min_m, grid.north_min_m]) - frame * grid.cell_m
    parts: dict[int, list[BaseGeometry]] = {number: [] for number in range(len(drones))}
    for outline, number in features.shapes(labels, connectivity=4):
        parts[int(number)].append(shape(outline))
    out, pads = {}, {drone.name: drone.home_2d for drone in drones}
    for number, drone in enumerate(drones):
        whole = shapely.transform(shapely.union_all(parts[number]), lambda at: at * grid.cell_m + corner)
        if around:
            others = [near for name, near in around.items() if name != drone.name]
            whole = whole.difference(shapely.union_all(others)).union(around[drone.name])
        area = whole.buffer(-gap_m / 2.0, join_style="mitre")
        if not area.covers(shapely.Point(drone.home_2d)):
            raise PlanningError(
                f"the pad of {drone.name} is {from_nearest(drone.name, pads)}, and the sectors need {gap_m:.0f} m"
                " between two pads: put the pads farther apart"
            )
        out[drone.name] = area
    return out


def _burden(
    blocks: Blocks, drones: Sequence[Drone], ways_m: Floats, heads_m: NDArray[np.float64], gap_m: float, pace: Pace
) -> float:
    """About the longest busy time of a drone, s, plus a cost for ground that is lost at the borders."""
    labels = _labels(ways_m, heads_m)
    inside = np.stack([_inside(labels == number, gap_m / 2.0 / blocks.grid.cell_m) for number in range(len(drones))])
    beside_m = np.stack([
        blocks.beside(np.where(mine, way_m, np.float32(np.inf))) for mine, way_m in zip(inside, ways_m, strict=True)
    ])  # fmt: skip
    nearest, some = beside_m.argmin(axis=0), np.isfinite(beside_m)
    times_s = [
        pace.get(drone.name, 1.0) * busy_s(drone, beside_m[k][mine], blocks.blind_m2[mine])
        for k, drone in enumerate(drones)
        for mine in [(nearest == k) & some[k]]
    ]
    lost = 1.0 - float(blocks.blind_m2[some.any(axis=0)].sum()) / max(1.0, float(blocks.blind_m2.sum()))
    return float(np.mean(np.array(times_s) ** EVENLY) ** (1.0 / EVENLY)) * (1.0 + LOST_SHARE_COST * lost)


def _inside(mine: NDArray[np.bool_], cells: float) -> NDArray[np.bool_]:
    """The blocks that are more than so many cells inside."""
    return cv2.distanceTransform(mine.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5) > cells
