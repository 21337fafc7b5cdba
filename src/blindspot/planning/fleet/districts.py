"""Division of a drone's sector into districts, each about as large as one battery allows.

The farthest district comes first: ground beyond its battery's endurance is left for the next, nearer district. With too
few batteries for the whole sector, the nearest district comes first, since the way to it is the shortest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.planning.airspace.paths import flood_m
from blindspot.planning.drones.patrols import SEEN_M2_PER_S, Patrol
from blindspot.planning.fleet.blocks import Blocks, block_of
from blindspot.planning.fleet.sharing import busy_s, flight_s
from blindspot.site.ground import Grid

FILLED = 0.95
"""Share of a battery's flight time for which a district is made."""
SCRAP_SHARE = 0.01
"""Share of a drone's ground that is too small for a separate sortie."""
CORRIDOR_M = 12.0
LEARNT, LEARNT_FROM_M2, RATES_M2_PER_S = 0.6, 30_000.0, (30.0, 150.0)
"""Learning of the ground seen in a second: weight of a new flight, ground from which a flight has full weight, and
bounds of the rate."""

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(slots=True)
class Districts:
    """The blocks of one drone, by its remaining ground.

    `left_m2` is the blind ground in each block that the drone must see and that no sortie contains yet. `way_m` is the
    distance of each block from the pad, `reach_m` the same for the blocks in which the drone itself may fly.
    """

    patrol: Patrol
    blocks: Blocks
    left_m2: Floats
    way_m: Floats
    reach_m: Floats
    whole_m2: float
    scrap_m2: float
    """Ground that is too small for a separate sortie, m2."""
    rate_m2_per_s: float = SEEN_M2_PER_S

    @classmethod
    def of(cls, patrol: Patrol, blocks: Blocks, mine: Mask) -> Districts:
        reach_m = blocks.pooled(patrol.air.grid, patrol.ways.distance_m)
        way_m = blocks.beside(reach_m)
        left_m2 = np.where(mine & np.isfinite(way_m), blocks.blind_m2, np.float32(0.0))
        whole_m2 = float(left_m2.sum())
        return cls(patrol, blocks, left_m2, way_m, reach_m, whole_m2, SCRAP_SHARE * whole_m2)

    @property
    def left(self) -> float:
        """Share of the ground that remains for further sorties."""
        return float(self.left_m2.sum()) / self.whole_m2 if self.whole_m2 else 0.0

    @property
    def is_used_up(self) -> bool:
        return float(self.left_m2.sum()) <= self.scrap_m2

    @property
    def busy_s(self) -> float:
        """Estimated time for the remaining ground, s."""
        some = self.left_m2 > 0.0
        return busy_s(self.patrol.drone, self.way_m[some], self.left_m2[some])

    @property
    def batteries_needed(self) -> float:
        return self.busy_s / max(1.0, FILLED * flight_s(self.patrol.drone))

    def next(self, *, farthest: bool) -> Mask:
        """Blocks around the farthest or nearest remaining block, through the streets, as many as a battery allows."""
        some = self.left_m2 > 0.0
        way_m = np.where(some, self.way_m, -np.inf if farthest else np.inf)
        seed = int(way_m.argmax() if farthest else way_m.argmin())
        near_m = np.where(some, self._nearness_m(seed), np.inf)
        order = np.argsort(near_m, axis=None, kind="stable")[: int(some.sum())]
        seeing_s = np.cumsum(self.left_m2.flat[order], dtype=np.float64) / self.rate_m2_per_s
        there_s = np.minimum.accumulate(self.way_m.flat[order]) / self.patrol.drone.leg_mps
        fits = seeing_s + 2.0 * there_s <= FILLED * flight_s(self.patrol.drone)
        district = np.zeros(some.shape, dtype=bool)
        district.flat[order[: int(np.argmin([*fits, False]))]] = True
        district.flat[seed] = True
        return district

    def see(self, fine: Grid, cells: NDArray[np.integer]) -> None:
        """Remove the cells that a flight sees (flat numbers in the finer grid `fine`) from the remaining ground."""
        row, col = block_of(self.blocks.grid, fine, cells)
        counts = np.bincount(row * self.blocks.grid.cols + col, minlength=self.left_m2.size).reshape(self.left_m2.shape)
        self.left_m2 = np.maximum(self.left_m2 - np.float32(fine.cell_area_m2) * counts, 0.0).astype(np.float32)

    def learn(self, district: Mask, seen_m2: float, flight_time_s: float) -> None:
        """Adapt the rate of seen ground to a flight: the flight's ground, m2, and the time between climb and landing,
        s."""
        there_s = float(self.way_m[district].min()) / self.patrol.drone.leg_mps
        rate = float(np.clip(seen_m2 / max(1.0, flight_time_s - 2.0 * there_s), *RATES_M2_PER_S))
        self.rate_m2_per_s += LEARNT * min(1.0, seen_m2 / LEARNT_FROM_M2) * (rate - self.rate_m2_per_s)

    def air_of(self, district: Mask) -> tuple[Mask, tuple[float, float, float, float]] | None:
        """(the cells of the drone's air beside a district and along the shortest ways to them; their bounds, m ENU).
        None if no way leads there."""
        air, beside = self.patrol.air, self.blocks.around(district)
        flown = np.flatnonzero(self.patrol.reachable & air.open)
        goals = flown[beside[block_of(self.blocks.grid, air.grid, flown)]]
        if not len(goals):
            return None
        tree = self.patrol.ways.tree(goals)
        half = round(CORRIDOR_M / air.grid.cell_m)
        row, col = np.nonzero(tree)
        rows = slice(max(0, row.min() - half), row.max() + half + 1)
        cols = slice(max(0, col.min() - half), col.max() + half + 1)
        allowed = np.zeros(tree.shape, dtype=bool)
        square = np.ones((2 * half + 1, 2 * half + 1), np.uint8)
        allowed[rows, cols] = cv2.dilate(tree[rows, cols].astype(np.uint8), square)
        (west, south), (east, north) = air.grid.centre(row.min(), col.min()), air.grid.centre(row.max(), col.max())
        return allowed & air.open, (west, south, east, north)

    def _nearness_m(self, seed: int) -> Floats:
        """Distance of each block from the block `seed`, by the streets that the drone can reach."""
        flown = np.isfinite(self.reach_m)
        row, col = np.nonzero(flown)
        at = divmod(seed, self.blocks.grid.cols)
        nearest = ((row - at[0]) ** 2 + (col - at[1]) ** 2).argmin()
        return self.blocks.beside(flood_m(flown, (int(row[nearest]), int(col[nearest])), self.blocks.grid.cell_m))


def districts_of(blocks: Blocks, squad: Sequence[Patrol]) -> list[Districts]:
    """The ground of each drone: the nearest blocks by the drone's streets."""
    ways_m = np.stack([blocks.beside(blocks.pooled(p.air.grid, p.ways.distance_m)) for p in squad])
    nearest = ways_m.argmin(axis=0)
    return [Districts.of(patrol, blocks, nearest == number) for number, patrol in enumerate(squad)]
