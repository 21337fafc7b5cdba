"""A first flight over a new town: the perimeter, and places for the launch pads.

The perimeter is the part of the town with most public streets. The pads follow the planner's own rules, as a further
pad does: public ground with room, from which a drone climbs and returns legally.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import dist

import cv2
import numpy as np
import shapely
from shapely.geometry import Polygon, box

from blindspot.core import PlanningError
from blindspot.coverage.ground import BlindSpots
from blindspot.mission import Mission
from blindspot.planning.airspace.air import Air
from blindspot.planning.drones.patrols import Drone, drone_of, legal_of, pad_gap_m
from blindspot.planning.fleet.blocks import block_of
from blindspot.planning.reasons.places_for_pads import LEAST_ROOM_CELLS
from blindspot.planning.views.target_ground import Ground, survey_ground
from blindspot.site import Pad, Site

FIRST_M = 300.0
"""Side of a first perimeter: about one battery of one drone."""
STEP_M = 25.0
"""Side of the blocks whose streets are counted."""
EXAMINED = 12
"""Places that are examined, spread over the perimeter."""
AS_GOOD = 0.95
"""A place with at least this share of the best one's air is as good; the one farther from the others counts."""


@dataclass(frozen=True, slots=True)
class FirstPad:
    """A place for a pad, m ENU, and the legal air with a straight way home to this pad, m2 of the level."""

    east_m: float
    north_m: float
    air_m2: float


def first_perimeter(site: Site) -> Polygon:
    """The whole area of interest if small, else the square of `FIRST_M` with most public street; m ENU.

    Raises PlanningError if no part of the area is public.
    """
    area = site.area_of_interest
    west, south, east, north = area.bounds
    if max(east - west, north - south) <= 1.5 * FIRST_M and not area.interiors:
        return area
    streets = shapely.segmentize([road.axis for road in site.roads if road.is_public], STEP_M / 5)
    squares = shapely.segmentize([zone.polygon for zone in site.zones_of("public")], STEP_M / 5)
    at_m = shapely.get_coordinates(shapely.intersection([*streets, *squares], area))
    if not len(at_m):
        raise PlanningError(f"{site.name} has no public street or square: no flight has a target")
    edges = (np.arange(south, north + STEP_M, STEP_M), np.arange(west, east + STEP_M, STEP_M))
    count = np.histogram2d(at_m[:, 1], at_m[:, 0], bins=edges)[0]
    side = round(FIRST_M / STEP_M)
    around = cv2.boxFilter(count, -1, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT)
    for place in np.argsort(-around, axis=None, kind="stable")[:EXAMINED]:
        row, col = divmod(int(place), around.shape[1])
        middle_m = west + (col + 0.5) * STEP_M, south + (row + 0.5) * STEP_M
        square = box(*(value + sign * FIRST_M / 2 for sign in (-1, 1) for value in middle_m))
        part = max(shapely.get_parts(area.intersection(square)), key=lambda one: one.area, default=Polygon())
        if isinstance(part, Polygon) and not part.is_empty and not part.interiors:
            return part
    raise PlanningError(f"the area of {site.name} has too many holes for a first perimeter: draw one for a mission")


def first_pads(mission: Mission, site: Site, most: int) -> tuple[tuple[FirstPad, ...], BlindSpots]:
    """At most `most` places for pads inside the mission's perimeter, the one with most air first, and the ground. The
    mission's first drone need not have a pad of the site.

    Raises the errors of `survey_ground`, and PlanningError if no place has room for a pad.
    """
    ground = survey_ground(mission, site)
    flier = mission.file.fleet[0]
    legal = legal_of(mission, ground, mission.models[flier.model])
    drones = list[Drone]()
    for east_m, north_m in _spread(ground, legal):
        pad = Pad("a first pad", east_m, north_m, site.terrain.at(east_m, north_m))
        try:
            drones.append(drone_of(mission, ground, flier.name, legal=legal, pad=pad))
        except PlanningError:
            continue
    if not drones:
        problem = "no public place inside the perimeter has room for a pad and a legal climb"
        raise PlanningError(f"{mission.perimeter_path}: {problem}: draw another perimeter")
    return _best(mission, ground, drones, most), ground.spots


def _spread(ground: Ground, air: Air) -> list[tuple[float, float]]:
    """Places on public ground below legal air: the place with most room first, then places with much room, each
    farthest from all earlier places."""
    room = cv2.distanceTransform(np.pad(air.open.astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    cells = np.flatnonzero(room >= LEAST_ROOM_CELLS)
    cells = cells[ground.spots.public[block_of(ground.field.grid, air.grid, cells)]]
    if not len(cells):
        return []
    at_m, room_m = air.grid.centres(cells), room.ravel()[cells] * air.grid.cell_m
    chosen = [int(room_m.argmax())]
    away_m = np.full(len(cells), np.inf)
    while len(chosen) < min(EXAMINED, len(cells)):
        away_m = np.minimum(away_m, np.hypot(*(at_m - at_m[chosen[-1]]).T))
        chosen.append(int(np.minimum(away_m, 10.0 * room_m).argmax()))
    return [(float(at_m[k, 0]), float(at_m[k, 1])) for k in dict.fromkeys(chosen)]


def _best(mission: Mission, ground: Ground, drones: list[Drone], most: int) -> tuple[FirstPad, ...]:
    """The drones that stand farthest apart, among the drones with the largest air with a clear way home."""
    size = {drone.home_2d: int(drone.air.open.sum()) for drone in drones}
    left, chosen = drones, list[Drone]()
    while left and len(chosen) < most:
        least = AS_GOOD * max(size[drone.home_2d] for drone in left)
        good = [drone for drone in left if size[drone.home_2d] >= least]
        best = max(good, key=lambda one: min((dist(one.home_2d, other.home_2d) for other in chosen), default=0.0))
        chosen.append(best)
        left = [drone for drone in left if dist(drone.home_2d, best.home_2d) >= pad_gap_m(mission)]
    cell_m2 = chosen[0].air.grid.cell_area_m2 if chosen else 0.0
    return tuple(FirstPad(*drone.home_2d, round(size[drone.home_2d] * cell_m2, 1)) for drone in chosen)
