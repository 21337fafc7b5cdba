"""Places for further pads: parts of the legal air that no pad leads to, and streets far from every pad.

Each place is on public ground and has room for a pad. The opened ground of a place is an estimate: unseen ground in
view from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import dist

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.core import PlanningError
from blindspot.coverage.ground import BlindSpots
from blindspot.mission import Mission
from blindspot.planning.airspace.air import Air
from blindspot.planning.drones.best_view import best_gain_m2
from blindspot.planning.drones.patrols import Drone, drone_of, drones_of, legal_of, pad_gap_m
from blindspot.planning.fleet.blocks import BLOCK_M, Blocks, block_of, open_blocks
from blindspot.planning.fleet.fleet_sorties import WORTH_M2
from blindspot.planning.fleet.further_pads import flier_of, further_drones
from blindspot.planning.tours.view_chooser import ENOUGH_AT_LAST_M2
from blindspot.planning.views import reachable as reach
from blindspot.planning.views.target_ground import Ground
from blindspot.site import Pad, Site

FAR_M = 1000.0
"""Way through the streets from the nearest pad from which ground counts as far: there and back takes about a quarter
of a battery."""
AROUND_M = 400.0
"""Half of the side of a square whose far ground one place opens, m."""
LEAST_ROOM_CELLS = 2.0
SPARE = 2
"""Examined places for each wanted place: the first estimate counts ground behind walls."""

Mask = NDArray[np.bool_]
Cells = NDArray[np.integer]
Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class PadPlace:
    """A place for a pad, m ENU, and the unseen ground that a drone there can see, m2."""

    east_m: float
    north_m: float
    opens_m2: float


def pad_places(mission: Mission, site: Site, spots: BlindSpots, seen: Mask, most: int) -> tuple[PadPlace, ...]:
    """At most `most` places, the place with most opened ground first; each counts the ground left by the earlier
    places.

    `spots` is the ground of the plan's perimeter, and `seen` marks the blind cells seen by the mission's flights,
    shaped as the grid of `spots`. Raises the errors of `drones_of`.
    """
    return _Search.of(mission, Ground(site, spots.perimeter, spots), seen).best(most)


@dataclass(frozen=True, slots=True)
class _Search:
    mission: Mission
    ground: Ground
    drones: tuple[Drone, ...]
    air: Air
    blocks: Blocks
    cells: Cells
    """Unseen cells, or one cell of each block; each stands for `weight_m2` of ground."""
    weight_m2: NDArray[np.float64]

    @classmethod
    def of(cls, mission: Mission, ground: Ground, seen: Mask) -> _Search:
        drones = (*drones_of(mission, ground), *further_drones(mission, ground))
        drones = tuple(replace(drone, name=drone.pad) for drone in drones)  # blocks are kept by name
        cells, stands_for = reach.asked(np.flatnonzero(ground.spots.blind & ~seen), ground.field.grid.cols)
        weight_m2 = np.bincount(stands_for, minlength=len(cells)) * np.float64(ground.field.grid.cell_area_m2)
        air = legal_of(mission, ground, mission.model_of(flier_of(mission)))
        return cls(mission, ground, drones, air, Blocks.of(ground, drones), cells, weight_m2)

    def best(self, most: int) -> tuple[PadPlace, ...]:
        found = [*self._apart(SPARE * most), *self._far(most)]
        places, left_m2 = list[PadPlace](), self.weight_m2.copy()
        taken = [drone.home_2d for drone in self.drones]
        while len(places) < most:
            found = [one for one in found if min(dist(one[0], at) for at in taken) >= pad_gap_m(self.mission)]
            at, sees = max(found, key=lambda one: float(left_m2[one[1]].sum()), default=((0.0, 0.0), self.cells[:0]))
            opens_m2 = float(left_m2[sees].sum())
            if opens_m2 < WORTH_M2:
                break
            places.append(PadPlace(*at, round(opens_m2, 1)))
            taken.append(at)
            left_m2[sees] = 0.0
        return tuple(places)

    def _apart(self, most: int) -> list[tuple[Place, Cells]]:
        """(Place, the cells in view of a drone there) of the parts of the air out of reach from all pads, with most
        unseen ground beside the part."""
        count, label, stats, _ = cv2.connectedComponentsWithStats(self.air.open.astype(np.uint8), connectivity=4)
        reached = {label[cell] for drone in self.drones if (cell := self.air.grid.index(*drone.home_2d)) is not None}
        rows, cols = self._blocks_of_cells()
        block_m2 = np.zeros(self.blocks.grid.shape)
        np.add.at(block_m2, (rows, cols), self.weight_m2)
        beside_m2 = {}
        for number in range(1, count):
            if number not in reached and stats[number, cv2.CC_STAT_AREA] > LEAST_ROOM_CELLS**2:
                opens_m2 = float(block_m2[self._beside(label == number)].sum())
                if opens_m2 >= WORTH_M2:
                    beside_m2[number] = opens_m2
        found = list[tuple[Place, Cells]]()
        for number in sorted(beside_m2, key=lambda number: -beside_m2[number])[:most]:
            drone = self._drone_in(label == number)
            if drone is not None:
                near = np.flatnonzero(self._beside(label == number)[rows, cols])
                found.append((drone.home_2d, near[self._in_view([drone], near)]))
        return found

    def _far(self, most: int) -> list[tuple[Place, Cells]]:
        """(Place, the far cells in view of a drone there) with most far cells, in air in reach from a pad."""
        rows, cols = self._blocks_of_cells()
        ways_m = np.minimum.reduce([self.blocks.ways_m(drone) for drone in self.drones])[rows, cols]
        far = np.flatnonzero(np.isfinite(ways_m) & (ways_m >= FAR_M))
        far, found = far[self._in_view(self.drones, far)], list[tuple[Place, Cells]]()
        reached = np.logical_or.reduce([np.isfinite(self.blocks.streets_m(drone)) for drone in self.drones])
        side = 2 * round(AROUND_M / BLOCK_M) + 1
        while len(found) < most:
            block_m2 = np.zeros(self.blocks.grid.shape, dtype=np.float32)
            np.add.at(block_m2, (rows[far], cols[far]), self.weight_m2[far].astype(np.float32))
            around_m2 = cv2.boxFilter(block_m2, -1, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT)
            around_m2[~reached] = 0.0
            if around_m2.max() < WORTH_M2:
                break
            best = around_m2 >= 0.95 * around_m2.max()
            drone = self._drone_in(self.air.open & self.blocks.over(best, self.air.grid))
            near = self._is_around(drone, far)
            if drone is not None and near.any():
                found.append((drone.home_2d, far[near][self._in_view([drone], far[near])]))
                far = far[~near]
            else:  # no room for a pad there
                reached &= ~best
        return found

    def _is_around(self, drone: Drone | None, some: Cells) -> Mask:
        if drone is None:
            return np.zeros(len(some), dtype=bool)
        away_m = np.abs(self.ground.field.grid.centres(self.cells[some]) - drone.home_2d)
        is_near: Mask = away_m.max(axis=1) <= AROUND_M
        return is_near

    def _blocks_of_cells(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return block_of(self.blocks.grid, self.ground.field.grid, self.cells)

    def _beside(self, part: Mask) -> Mask:
        return self.blocks.around(open_blocks(self.blocks.grid, replace(self.air, open=part)))

    def _in_view(self, drones: Sequence[Drone], some: Cells) -> Mask:
        """Which of some cells a view of the drones sees with enough ground."""
        town = (self.mission, self.ground, drones)
        gain_m2 = best_gain_m2(*town, self.cells[some], self.weight_m2[some], enough_m2=ENOUGH_AT_LAST_M2)
        enough: Mask = gain_m2 >= ENOUGH_AT_LAST_M2
        return enough

    def _drone_in(self, part: Mask) -> Drone | None:
        """A drone on the public place of a part of the air with the most room around it. None if there is none."""
        room = cv2.distanceTransform(np.pad((part & self.air.open).astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
        cells = np.flatnonzero(room >= LEAST_ROOM_CELLS)
        cells = cells[self.ground.spots.public[block_of(self.ground.field.grid, self.air.grid, cells)]]
        if not len(cells):
            return None
        east_m, north_m = self.air.grid.centres(cells[[int(room.flat[cells].argmax())]])[0]
        up_m = self.ground.site.terrain.at(east_m, north_m)
        try:
            pad = Pad("a further pad", float(east_m), float(north_m), up_m)
            return drone_of(self.mission, self.ground, flier_of(self.mission), legal=self.air, pad=pad)
        except PlanningError:
            return None
