"""Flights from the mission's further pads: the crew carries a drone there between two sorties.

Parts of the legal air are apart from each other, and some ground is far from every pad. A further pad serves unseen
ground beside its part of the air, before drones fly from their own pads beyond the borders of their sectors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import dist

import numpy as np
from numpy.typing import NDArray

from blindspot.core import PlanningError
from blindspot.mission import Mission, Route
from blindspot.planning.drones.best_view import best_gain_m2
from blindspot.planning.drones.patrols import Drone, Patrol, drone_of, legal_of, pad_named, pad_of, patrols_in
from blindspot.planning.fleet.blocks import Blocks, block_of
from blindspot.planning.fleet.districts import Districts, districts_of
from blindspot.planning.tours.view_chooser import ENOUGH_AT_LAST_M2, Chooser
from blindspot.planning.views import reachable as reach
from blindspot.planning.views.target_ground import Ground
from blindspot.site import Site

CARRIED_MPS = 1.0
"""Speed at which a drone is carried to another pad, on foot, by the straight way between them, m/s."""

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
Place = tuple[float, float]


def further_drones(mission: Mission, ground: Ground) -> tuple[Drone, ...]:
    """A drone on each further pad, of the model of `flier_of`. Raises PlanningError for pads that bar every flight,
    and InputError for an unknown pad."""
    file = mission.file
    if not file.further_pads:
        return ()
    flier = flier_of(mission)
    air = legal_of(mission, ground, mission.model_of(flier))
    drones, barred = list[Drone](), list[str]()
    others = [pad_of(mission, ground.site, drone.name) for drone in file.fleet]
    for name in file.further_pads:
        pad = pad_named(mission, ground.site, name, "further_pads")
        try:
            drones.append(drone_of(mission, ground, flier, legal=air, pad=pad, others=others))
        except PlanningError as error:
            barred.append(str(error))
        others.append(pad)
    if barred:
        raise PlanningError("; ".join(dict.fromkeys(barred)))
    return tuple(drones)


def flier_of(mission: Mission) -> str:
    """The name of the drone whose model flies from further pads: the one with the most swaps."""
    return max(mission.file.fleet, key=lambda drone: drone.swaps).name


def from_further_pads(
    chooser: Chooser, blocks: Blocks, further: Sequence[Drone], batteries: Counter[str], seen: Mask
) -> Iterator[Districts]:
    """The unseen ground of each further pad, for the drone of its model with the most batteries left; of several the
    nearest.

    Each is made when its turn comes: `batteries` and `seen` (flat) then know the flights before. The pad with the most
    blind ground comes first.
    """
    models = {drone.model_name for drone in chooser.drones}
    further = [drone for drone in further if drone.model_name in models]  # a drone is tried alone, too
    if not further:
        return
    for share in sorted(_shares(chooser, blocks, further), key=lambda share: -share.whole_m2):
        patrol = replace(share.patrol, drone=_carried(share.patrol.drone, chooser.drones, batteries))
        left_m2 = np.where(share.left_m2 > 0.0, _unseen_m2(chooser, share, seen), np.float32(0.0))
        yield replace(share, patrol=patrol, left_m2=left_m2, whole_m2=float(left_m2.sum()))


def _shares(chooser: Chooser, blocks: Blocks, further: Sequence[Drone]) -> list[Districts]:
    """The ground of each further pad: the blocks beside the pad's part of the air that are nearer to this pad,
    through the streets, than to the other pads of the part."""
    squad, shares = patrols_in([*further, *chooser.drones], {}), list[Districts]()
    for patrol in squad[: len(further)]:
        joined = [other for other in squad if other is patrol or _leads_to(patrol, other)]
        shares.append(next(one for one in districts_of(blocks, joined) if one.patrol is patrol))
    return shares


def _leads_to(patrol: Patrol, other: Patrol) -> bool:
    cell = patrol.air.grid.index(*other.drone.home_2d)
    return cell is not None and bool(patrol.reachable[cell])


def _carried(there: Drone, drones: Sequence[Drone], batteries: Counter[str]) -> Drone:
    """The drone that is carried to a further pad: of the same model, with the most batteries left."""
    able = [drone for drone in drones if drone.model_name == there.model_name]
    best = max(able, key=lambda drone: (batteries[drone.name], -dist(drone.home_2d, there.home_2d)))
    return replace(there, name=best.name)


def _unseen_m2(chooser: Chooser, share: Districts, seen: Mask) -> Floats:
    """Blind ground in each block that no flight sees so far, and that a view of this drone alone can see."""
    ground, grid, blocks = chooser.ground, chooser.ground.field.grid, share.blocks
    cells = np.flatnonzero(ground.spots.blind.ravel() & ~seen & blocks.over(share.left_m2 > 0.0, grid).ravel())
    asked, stands_for = reach.asked(cells, grid.cols)
    weight_m2 = np.bincount(stands_for, minlength=len(asked)) * np.float64(grid.cell_area_m2)
    some = (chooser.mission, ground, [share.patrol.drone], asked, weight_m2)
    gain_m2 = best_gain_m2(*some, enough_m2=ENOUGH_AT_LAST_M2)
    in_view = cells[(gain_m2 == ENOUGH_AT_LAST_M2)[stands_for]]
    row, col = block_of(blocks.grid, grid, in_view)
    counts = np.bincount(row * blocks.grid.cols + col, minlength=blocks.blind_m2.size)
    return (counts * grid.cell_area_m2).astype(np.float32).reshape(blocks.grid.shape)


@dataclass(slots=True)
class Carrying:
    """The drones between the sorties of a mission: where each has landed, and when it can take off again."""

    swap_s: float
    stands: dict[str, tuple[Place, float]]
    """By drone: the place of the pad, and the earliest time for the next pack, s."""

    @classmethod
    def of(cls, mission: Mission, site: Site) -> Carrying:
        """The drones on their own pads before the first sortie, with their packs."""
        pads = {drone.name: pad_of(mission, site, drone.name) for drone in mission.file.fleet}
        swap_s = mission.file.swap_s
        return cls(swap_s, {name: ((pad.east_m, pad.north_m), -swap_s) for name, pad in pads.items()})

    def ready_s(self, routes: Sequence[Route]) -> float:
        """Time after the mission's start from which every drone of a sortie stands on its pad with a fresh pack, s."""
        return max(0.0, *(self._stands_ready_s(route) for route in routes))

    def land(self, routes: Sequence[Route], begins_s: float) -> None:
        """The drones of a sortie that begins at this time have flown."""
        for route in routes:
            place = (route.home.east_m, route.home.north_m)
            self.stands[route.drone] = place, begins_s + route.expected.flight_time_s

    def _stands_ready_s(self, route: Route) -> float:
        place, landed_s = self.stands[route.drone]
        way_m = dist(place, (route.home.east_m, route.home.north_m))
        return landed_s + self.swap_s + way_m / CARRIED_MPS
