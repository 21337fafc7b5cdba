"""Room for a hold near a corner: the speed into the corner from which the drone comes to rest before a building.

A hold that begins shortly before the end of a straight way may slide on in the direction flown, by at most the braking
distance v^2 / 2a that fence and zones count. The clearance of the route covers a part of it, free air the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import dist, floor, sqrt

import numpy as np
import shapely
from shapely.geometry import LineString, Point, Polygon

from blindspot.mission import DroneModel, Limits
from blindspot.planning.airspace.air import POSITION_ERROR_M
from blindspot.site import Site

Place = tuple[float, float]
ROUNDED_M = 0.05
"""Room for rounded places and for the edges of a buffered outline, m."""
LEAST_MPS = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class HoldRoom:
    """The outlines with a distance of `kept_m` for a sliding drone, and the counted deceleration."""

    walls: shapely.STRtree
    kept_m: float
    acceleration_mps2: float

    @classmethod
    def of(cls, site: Site, perimeter: Polygon, limits: Limits, model: DroneModel, up_m: float) -> HoldRoom:
        """The room in a town for flights at `up_m`. Below a flight that keeps off roofs, each outline counts at every
        height, because the drone may land at the place of rest."""
        kept_m = POSITION_ERROR_M + model.span_m / 2.0 + ROUNDED_M
        solids = (b for b in site.solids if not limits.over_roofs or b.highest_m + kept_m > up_m)
        footprints = np.array([b.footprint for b in solids], dtype=object)
        walls = footprints[shapely.dwithin(perimeter, footprints, kept_m)]
        return cls(shapely.STRtree(walls), kept_m, model.performance.acceleration_mps2)

    def speed_mps(self, start: Place, end: Place, wanted_mps: float) -> float:
        """The wanted speed for the straight way, or the highest lower speed with room beyond the end of the way."""
        length_m = dist(start, end)
        if length_m == 0.0:
            return wanted_mps
        share = wanted_mps**2 / (2.0 * self.acceleration_mps2) / length_m
        slide = LineString([end, tuple(b + share * (b - a) for a, b in zip(start, end, strict=True))])
        near = self.walls.query(slide, predicate="dwithin", distance=self.kept_m)
        if not len(near):
            return wanted_mps
        barred = shapely.union_all(shapely.buffer(self.walls.geometries[near], self.kept_m)).intersection(slide)
        if barred.is_empty:  # a buffer's rounded corners lie some millimetres inside the distance
            return wanted_mps
        free_m = Point(end).distance(barred)
        return min(wanted_mps, max(LEAST_MPS, floor(10.0 * sqrt(2.0 * self.acceleration_mps2 * free_m)) / 10.0))
