"""Room for the lines of returns: air kept off the edges where two stretches of a route meet around a sharp corner.

From a hold a return begins at the closest item, up to two metres away, maybe on another stretch of the route. Around a
sharp corner of the legal air that line is barred, and no further item helps. Each point of a line of at most two
metres lies within a metre of an end. Stretches more than a metre off the edges therefore leave room for the line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from blindspot.mission import return_path
from blindspot.planning.airspace.air import Air
from blindspot.planning.airspace.paths import JOINED_CELLS, ways_from
from blindspot.planning.drones.patrols import Patrol

KEPT_M = return_path.OFF_PATH_M + 0.1
NEAR_M = 8.0
"""How far around a barred line the air is kept off the edges, m: routes there are laid anew."""
HAIR_M = 0.005
"""Half of the width of the one way that leads from a pad beside an edge into the remaining air, m."""


def with_room(patrol: Patrol, places: Sequence[tuple[float, float]]) -> Patrol:
    """The drone with less air: within `NEAR_M` of the places it keeps off the edges.

    A pad nearer to an edge is joined by one straight way, on which the drone leaves and comes home. Without such a
    way the drone stays on the pad.
    """
    free = patrol.air.free
    near = shapely.union_all(shapely.buffer(shapely.points(np.array(places)), NEAR_M))
    inner = free.intersection(near.buffer(2.0 * KEPT_M)).buffer(-KEPT_M)
    area = shapely.box(*free.bounds).difference(near).union(inner.intersection(near))
    air = patrol.air.within(area)
    way = _way_in(patrol, air)
    if way is not None:
        air = patrol.air.within(area.union(way.buffer(HAIR_M)))
    return replace(patrol, air=air, ways=ways_from(air, patrol.drone.home_2d))


def _way_in(patrol: Patrol, air: Air) -> BaseGeometry | None:
    """The straight legal line from the pad to the nearest cell of the air; None if the pad lies in it or no line is
    legal."""
    home, grid = patrol.drone.home_2d, air.grid
    index = grid.index(*home)
    if index is None or (air.open[index] and air.free.covers(shapely.Point(home))):
        return None
    low = [max(0, k - JOINED_CELLS) for k in index]
    rows, cols = np.nonzero(air.open[low[0] : index[0] + JOINED_CELLS + 1, low[1] : index[1] + JOINED_CELLS + 1])
    centres = [grid.centre(int(row) + low[0], int(col) + low[1]) for row, col in zip(rows, cols, strict=True)]
    centres.sort(key=lambda centre: math.dist(centre, home))
    return next((shapely.LineString([home, at]) for at in centres if patrol.air.holds((home, at))), None)
