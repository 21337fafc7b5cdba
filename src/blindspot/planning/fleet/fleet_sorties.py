"""The sorties of a fleet: each drone in a sector first, then drones alone, over ground cut off by the borders.

The drones of one sortie fly at the same time, so their ground plans are apart. Sorties follow one another, so a drone
that flies alone, or far from the others, needs no sector.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import zip_longest

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from blindspot.core import workers
from blindspot.mission import Mission, return_path
from blindspot.planning.airspace.air import POSITION_ERROR_M
from blindspot.planning.drones.patrols import Drone, patrols_in
from blindspot.planning.fleet.districts import Districts, districts_of
from blindspot.planning.fleet.drone_sorties import SORTIE_SHARE, SortieSearch
from blindspot.planning.fleet.further_pads import from_further_pads
from blindspot.planning.tours.battery_legs import FlownTour
from blindspot.planning.tours.routing import route_cost
from blindspot.planning.tours.view_chooser import Chooser
from blindspot.planning.views.target_ground import Ground

WORTH_M2 = 2000.0
"""Blind ground for which a drone flies once more, beyond its sector, m2."""
SEEN_BEYOND_M2_PER_S = 20.0
"""First estimate of the ground that a flight beyond sectors sees in a second: narrow streets are left. Eight tours in
the west of Nantes saw 5 to 15, so its districts are rather too large; the next flight gets what a battery does not
bear."""

Mask = NDArray[np.bool_]
Made = tuple[Mask, list[FlownTour]]
"""(Ground that infinite batteries would see; the tours.)"""


def sorties(chooser: Chooser, shares: Sequence[Districts], goal_share: float) -> Made:
    """(about the ground that infinite batteries would see; the sorties of all drones in their sectors), planned in
    parallel."""
    ground, batteries, done = chooser.ground, _batteries(chooser.mission, ()), [0.0] * len(shares)

    def one(number: int) -> list[FlownTour]:
        def report(fraction: float) -> None:
            done[number] = fraction
            chooser.progress("sorties", sum(done) / len(done))

        own = np.zeros(ground.spots.blind.size, dtype=bool)
        search = SortieSearch(chooser, shares[number], min(goal_share, SORTIE_SHARE), own)
        return search.sorties(batteries[shares[number].patrol.drone.name], report)

    with ThreadPoolExecutor(workers()) as pool:
        flown = [tour for found in pool.map(one, range(len(shares))) for tour in found]
    return _wanted(ground, seen_by(ground, flown), shares, flown), flown


def and_beyond(
    chooser: Chooser, shares: Sequence[Districts], made: Made, goal_share: float, further: Sequence[Drone]
) -> Made:
    """The tours of drones in sectors, and sorties over ground out of reach in the sectors: from the
    further pads, and beyond the borders."""
    ground, (wanted, flown) = chooser.ground, made
    batteries, seen = _batteries(chooser.mission, flown), seen_by(ground, flown)

    def fly(share: Districts) -> None:
        nonlocal wanted, flown
        if share.is_used_up:  # what is left is worth no flight
            return
        name = share.patrol.drone.name
        if not batteries[name]:
            wanted = wanted | _wanted(ground, seen, [share], ())
            return
        search = SortieSearch(chooser, share, min(goal_share, SORTIE_SHARE), seen, WORTH_M2)
        found = search.sorties(batteries[name])
        batteries[name] -= sum(bool(tour.steps) for tour in found)
        wanted, flown = wanted | _wanted(ground, seen, [share], found), [*flown, *found]

    for number, share in enumerate(from_further_pads(chooser, shares[0].blocks, further, batteries, seen)):
        chooser.progress("sorties from further pads", number / len(further))
        fly(replace(share, scrap_m2=WORTH_M2, rate_m2_per_s=SEEN_BEYOND_M2_PER_S))
    beyond = beyond_borders(shares, batteries)
    for number, share in enumerate(beyond):
        chooser.progress("sorties beyond borders", number / len(beyond))
        share.see(ground.field.grid, np.flatnonzero(seen))
        fly(share)
    return wanted, flown


def beyond_borders(shares: Sequence[Districts], batteries: Counter[str]) -> list[Districts]:
    """The ground out of reach in the sectors, for drones with a battery left that reach this ground alone."""
    drones = [share.patrol.drone for share in shares if batteries[share.patrol.drone.name] > 0]
    if len(shares) < 2 or not drones or drones[0].rtl_type != return_path.STRAIGHT:
        return []
    reached = np.logical_or.reduce([np.isfinite(share.way_m) for share in shares])
    blocks = shares[0].blocks
    blocks = replace(blocks, blind_m2=np.where(reached, np.float32(0.0), blocks.blind_m2))
    districts = districts_of(blocks, patrols_in(drones, {}))
    return [replace(share, scrap_m2=WORTH_M2, rate_m2_per_s=SEEN_BEYOND_M2_PER_S) for share in districts]


def flown_together(
    flown: Sequence[FlownTour], separation_m: float, further_pads: Collection[str] = ()
) -> list[list[FlownTour]]:
    """The tours of each sortie: each drone's longest first, so that drones wait little for others. A drone beyond the
    sector joins a sortie of at least the same duration with ground plans apart from the drone's ground plan. New
    sorties begin on the drones' own pads first."""
    by_drone: dict[str, list[FlownTour]] = {tour.patrol.drone.name: [] for tour in flown}
    beyond = list[FlownTour]()
    for tour in sorted((tour for tour in flown if tour.steps), key=_time_s, reverse=True):
        (beyond if tour.patrol.sector is None else by_drone[tour.patrol.drone.name]).append(tour)
    out = [[tour for tour in wave if tour is not None] for wave in zip_longest(*by_drone.values())]
    gap_m = separation_m + 2.0 * POSITION_ERROR_M
    for tour in sorted(beyond, key=lambda tour: tour.patrol.drone.pad in further_pads):
        is_carried = tour.patrol.drone.pad in further_pads  # not before the first sortie, which begins at once
        wave = next((wave for wave in out[is_carried:] if _may_join(tour, wave, gap_m)), None)
        if wave is None:
            out.append([tour])
        else:
            wave.append(tour)
    return out


def is_beyond(wave: Sequence[FlownTour]) -> bool:
    """Whether no drone of a sortie flies in a sector."""
    return all(tour.patrol.sector is None for tour in wave)


def _may_join(tour: FlownTour, wave: Sequence[FlownTour], gap_m: float) -> bool:
    if any(tour.patrol.drone.name == other.patrol.drone.name for other in wave):
        return False
    if _time_s(tour) > max(_time_s(other) for other in wave):
        return False
    own = ground_plan(tour)
    return all(own.distance(ground_plan(other)) >= gap_m for other in wave)


def ground_plan(tour: FlownTour) -> BaseGeometry:
    """The route with the straight way home from each of its points: a triangle for each step."""
    home = tour.patrol.drone.home_2d
    places = np.array([home, *((step.to.east_m, step.to.north_m) for step in tour.steps), home])
    corners = np.stack([np.broadcast_to(home, places[1:].shape), places[:-1], places[1:]], axis=1)
    fans: BaseGeometry = shapely.union_all(shapely.convex_hull(shapely.multipoints(corners)))
    return fans


def _time_s(tour: FlownTour) -> float:
    return route_cost(tour.patrol, tour.steps).time_s


def seen_by(ground: Ground, flown: Sequence[FlownTour]) -> Mask:
    """Flat mask of the blind cells that the tours see."""
    seen = np.zeros(ground.spots.blind.size, dtype=bool)
    for tour in flown:
        seen[tour.cells] = True
    return seen


def _batteries(mission: Mission, flown: Sequence[FlownTour]) -> Counter[str]:
    """By drone: the batteries that the tours leave."""
    used = Counter(tour.patrol.drone.name for tour in flown if tour.steps)
    return Counter({entry.name: 1 + entry.swaps - used[entry.name] for entry in mission.file.fleet})


def _wanted(ground: Ground, seen: Mask, shares: Sequence[Districts], flown: Sequence[FlownTour]) -> Mask:
    """About the ground for infinite batteries: seen ground, remaining ground, and the ground of views beyond a battery.
    Shaped as the field."""
    blind = ground.spots.blind
    wanted = seen.copy()
    for share in shares:
        wanted |= (blind & share.blocks.over(share.left_m2 > 0.0, ground.field.grid)).ravel()
    for tour in flown:
        for shot in tour.unborne:
            wanted[shot.cells] = True
    return wanted.reshape(blind.shape)
