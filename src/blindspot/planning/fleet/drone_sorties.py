"""The sorties of one drone, a battery each: a covering tour over each district of its sector, in a window of the town.

If a tour is too long for the battery, the stretch with the least ground for the time is removed; the ground of this
stretch is left for the next sortie. The plan of one drone ignores the ground that the others see, so that drones are
planned in parallel.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from blindspot.planning.bounds.minutes_bound import up_and_down_s
from blindspot.planning.bounds.view_bound import bounds_of, most_places_of
from blindspot.planning.drones.patrols import Patrol
from blindspot.planning.drones.stations import thinned
from blindspot.planning.fleet.blocks import block_of
from blindspot.planning.fleet.districts import Districts
from blindspot.planning.fleet.sharing import flight_s
from blindspot.planning.fleet.town_part import TownWindow, patrol_in, window
from blindspot.planning.tours.battery_legs import FlownTour, borne, is_enough, needed_for, shots_of
from blindspot.planning.tours.itinerary import Halt, Scout
from blindspot.planning.tours.routing import budget_wh, route_cost
from blindspot.planning.tours.tour_search import MOST_PLACES, PICTURE_M2, TourSearch
from blindspot.planning.tours.view_chooser import Chooser

EFFORT = 0.3
"""Search effort of a sortie, as a share of its pictures: a whole town has hundreds of times the ground of an evening's
perimeter."""
FEWEST_PICTURES = 3
SORTIE_SHARE = 0.97
"""Share of a district seen by the tour: the last percents of a town would need extra batteries."""
WHOLE_SHARE, ROOMY = 0.99, 0.8
"""Share of a district for a tour with enough battery; this share is tried if the tour takes at most so much of the
battery's energy above the reserve."""
FEWEST_BLOCKS = 20
SHORT = 0.6
"""A tour that takes less than this share of a battery's flight time leaves much of the battery."""

Mask = NDArray[np.bool_]
Cells = NDArray[np.integer]
Remaining = NDArray[np.float32]


@dataclass(slots=True)
class SortieSearch:
    """`seen` (flat, of the whole field) marks the cells that the sorties see so far. A sortie that would see less than
    `least_m2` of new ground is left out."""

    chooser: Chooser
    districts: Districts
    goal_share: float
    seen: Mask
    least_m2: float = 0.0

    def sorties(self, batteries: int, report: Callable[[float], None] = lambda fraction: None) -> list[FlownTour]:
        """At most `batteries` sorties, until the ground is almost used up. `report` receives the done share, 0..1."""
        found: list[FlownTour] = []
        farthest = batteries >= self.districts.batteries_needed
        while sum(bool(tour.steps) for tour in found) < batteries and not self.districts.is_used_up:
            tour = self._filled_tour(farthest=farthest)
            if tour is not None:
                found.append(tour)
            report(1.0 - self.districts.left)
        return found

    def _filled_tour(self, *, farthest: bool) -> FlownTour | None:
        """The tour over the next district. With too few batteries, a tour that leaves much of one has taught a higher
        rate of seen ground: the tour is searched once more over a larger district, and the tour with more seen ground
        is flown."""
        before = self._state()
        short = self._tour(self.districts.next(farthest=farthest))
        if farthest or short is None or not short.steps or self.districts.is_used_up or not self._is_short(short):
            return short
        after, seen = self._state(), int(self.seen.sum())
        self._return_to(before)
        longer = self._tour(self.districts.next(farthest=farthest))
        if longer is not None and int(self.seen.sum()) > seen:
            return longer
        self._return_to(after)
        return short

    def _is_short(self, tour: FlownTour) -> bool:
        drone = self.districts.patrol.drone
        way_s = route_cost(tour.patrol, tour.steps).time_s - up_and_down_s(drone, in_the_air=False)
        return way_s < SHORT * flight_s(drone)

    def _state(self) -> tuple[Remaining, Mask]:
        return self.districts.left_m2.copy(), self.seen.copy()

    def _return_to(self, state: tuple[Remaining, Mask]) -> None:
        self.districts.left_m2[:], self.seen[:] = state

    def _tour(self, district: Mask) -> FlownTour | None:
        """The tour over a district, or over half of it if the first sees too little. The remaining ground loses the
        tried blocks."""
        districts, left_m2 = self.districts, self.districts.left_m2[district].copy()
        districts.left_m2[district] = 0.0
        if left_m2.sum() < self.least_m2 or (air := districts.air_of(district)) is None:
            return None
        view, patrol = self._window(*air)
        grid, new = view.ground.field.grid, self._new_in(view)
        cells = np.flatnonzero(new)
        cells = cells[district[block_of(districts.blocks.grid, grid, cells)]]
        if len(cells) * grid.cell_area_m2 < self.least_m2:
            return None
        scout, halts = self._searched(view, patrol, cells)
        all_seen = scout.seen(scout.steps(halts))
        if not is_enough(int(all_seen[cells].sum()), scout):
            districts.left_m2[district] = left_m2
            return self._tour_of_half(district)
        steps = borne(scout, halts, new)
        if not steps:
            shots = shots_of(scout, halts)
            unborne = tuple(replace(shot, cells=view.outer(shot.cells).astype(np.int32)) for shot in shots)
            return FlownTour(districts.patrol, (), cells[:0], unborne=unborne)
        seen = scout.seen(steps)
        if (seen & new).sum() * grid.cell_area_m2 < self.least_m2:
            return None
        lost = np.flatnonzero(all_seen & new & ~seen)
        districts.see(grid, np.flatnonzero(seen & new))
        np.add.at(districts.left_m2, block_of(districts.blocks.grid, grid, lost), np.float32(grid.cell_area_m2))
        way_s = route_cost(patrol, steps).time_s - up_and_down_s(patrol.drone, in_the_air=False)
        districts.learn(district, float(seen[cells].sum()) * grid.cell_area_m2, way_s)
        outer = view.outer(np.flatnonzero(seen))
        self.seen[outer] = True
        # The patrol in the window is as large as the part of the town, and is not needed any more.
        return FlownTour(districts.patrol, steps, outer, *bounds_of(scout, steps, cells, MOST_PLACES))

    def _new_in(self, view: TownWindow) -> Mask:
        """Flat mask of the blind cells in a window that no sortie sees so far."""
        new = view.ground.spots.blind.ravel().copy()
        blind = np.flatnonzero(new)
        new[blind] = ~self.seen[view.outer(blind)]
        return new

    def _tour_of_half(self, district: Mask) -> FlownTour | None:
        """The tour over the farther half of a district; the nearer half remains."""
        way_m = self.districts.way_m
        far = district & (way_m >= np.median(way_m[district]))
        if far.sum() < FEWEST_BLOCKS or (far == district).all():
            self.districts.left_m2[district] = 0.0
            return None
        return self._tour(far)

    def _window(self, allowed: Mask, bounds_m: tuple[float, float, float, float]) -> tuple[TownWindow, Patrol]:
        """The town and the drone's air inside the bounds and as far around as pictures reach, so that every cell that
        counts lies inside."""
        ground, patrol = self.chooser.ground, self.districts.patrol
        home, room_m = patrol.drone.home_2d, self.chooser.reach_m(patrol.drone)
        west, south = (min(bounds_m[k], home[k]) - room_m for k in (0, 1))
        east, north = (max(bounds_m[2 + k], home[k]) + room_m for k in (0, 1))
        around = (west, south, east, north)
        return window(ground, around), patrol_in(patrol, around, allowed)

    def _searched(self, view: TownWindow, patrol: Patrol, cells: Cells) -> tuple[Scout, list[Halt]]:
        pictures = math.ceil(EFFORT * len(cells) * view.ground.field.grid.cell_area_m2 / PICTURE_M2)
        pictures = max(FEWEST_PICTURES, pictures)
        patrol = thinned(patrol, most_places_of(pictures))
        chooser = Chooser(self.chooser.mission, view.ground, (patrol.drone,), lambda stage, fraction: None)
        scout = Scout(chooser, patrol)
        others = np.ones(view.ground.spots.blind.size, dtype=bool)
        others[cells] = False
        search = TourSearch.over(scout, others)
        if not len(search.cells):
            return scout, []
        search = replace(search, pictures=pictures)
        halts, most_wh = search.tour(self.goal_share), budget_wh(patrol.drone.model)
        needed_wh, seen = _worth(search, halts)
        if self.goal_share < SORTIE_SHARE or needed_wh > ROOMY * most_wh:
            return scout, halts
        whole = search.tour(WHOLE_SHARE)
        whole_wh, more = _worth(search, whole)
        return scout, whole if more > seen and whole_wh <= most_wh else halts


def _worth(search: TourSearch, halts: Sequence[Halt]) -> tuple[float, int]:
    """(energy of a tour, Wh; number of seen cells of the district)."""
    scout = search.scout
    steps = scout.steps(halts)
    most_wh = budget_wh(scout.patrol.drone.model)
    return needed_for(scout.patrol, steps, most_wh), int(scout.seen(steps)[search.cells].sum())
