"""A sector of the ground plan for each drone, so that two drones never meet, on any path that they may take.

Sectors are the cells of a power diagram of the pads, each reduced by half the separation. They are convex, so that the
straight way home stays inside. They are apart by the whole separation, so that take-off, landing, hold, return and
land-here of one drone stay away from another's, at every time and every height.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from math import dist

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon, box

from blindspot.core import PlanningError

Point2 = tuple[float, float]


def sectors(
    pads: Mapping[str, Point2],
    weights_m2: Mapping[str, float],
    bounds_m: tuple[float, float, float, float],
    gap_m: float,
) -> dict[str, Polygon]:
    """The sector of every drone: the points p for which its |p - pad|^2 - weight is least, at least gap_m / 2 inside.

    Raises PlanningError if a pad would lie outside its own sector.
    """
    out = {}
    for name, pad in pads.items():
        area: Polygon = box(*bounds_m)
        for other, rival in pads.items():
            if other != name:
                area = area.intersection(_half_plane(pad, rival, weights_m2[name] - weights_m2[other], gap_m, bounds_m))
        if not area.covers(shapely.Point(pad)):
            raise PlanningError(
                f"the pad of {name} is {from_nearest(name, pads)}, and the sectors need {gap_m:.0f} m between two pads:"
                " put the pads farther apart"
            )
        out[name] = area
    return out


def from_nearest(name: str, pads: Mapping[str, Point2]) -> str:
    """The distance of a drone's pad from the nearest other one, in words."""
    apart_m, other = min((dist(pads[name], pad), other) for other, pad in pads.items() if other != name)
    return f"{apart_m:.1f} m from that of {other}"


def _half_plane(
    pad: Point2, rival: Point2, advantage_m2: float, gap_m: float, bounds_m: tuple[float, float, float, float]
) -> Polygon:
    """The side of the power bisector with `pad`, gap_m / 2 short of the bisector, larger than the bounds."""
    east, north = rival[0] - pad[0], rival[1] - pad[1]
    distance = (east**2 + north**2) ** 0.5
    if distance == 0.0:
        raise PlanningError("two drones start from the same place: give each a pad of its own")
    east, north = east / distance, north / distance
    to_border = (distance**2 + advantage_m2) / (2.0 * distance) - gap_m / 2.0
    size = 4.0 * (abs(bounds_m[2] - bounds_m[0]) + abs(bounds_m[3] - bounds_m[1]) + abs(to_border))
    edge = (pad[0] + east * to_border, pad[1] + north * to_border)
    left, right = (-north * size, east * size), (north * size, -east * size)
    back = (-east * size, -north * size)
    return Polygon(
        [
            (edge[0] + left[0], edge[1] + left[1]),
            (edge[0] + right[0], edge[1] + right[1]),
            (edge[0] + right[0] + back[0], edge[1] + right[1] + back[1]),
            (edge[0] + left[0] + back[0], edge[1] + left[1] + back[1]),
        ]
    )


def weights_for(posts: Mapping[str, NDArray[np.float64]], gap_m: float) -> dict[str, float]:
    """Weights, m2, for which every drone's (n, 2) posts, the pad first, lie in the drone's sector.

    Let the pads A and B of the drones a and b be d apart. A post p of a lies half a gap on a's side of the border to b
    if w_a - w_b >= 2 (p - A).(B - A) + gap d - d^2. The longest paths of a graph satisfy such bounds on differences.
    Raises PlanningError if the bounds contradict each other.
    """
    least: dict[tuple[str, str], float] = {}
    for a, b in permutations(posts, 2):
        way = posts[b][0] - posts[a][0]
        apart_m = float(np.linalg.norm(way))
        farthest = float(((posts[a] - posts[a][0]) @ way).max())
        least[a, b] = 2.0 * farthest + gap_m * apart_m - apart_m**2
    weights_m2 = dict.fromkeys(posts, 0.0)
    for _ in posts:
        for (a, b), bound_m2 in least.items():
            weights_m2[a] = max(weights_m2[a], weights_m2[b] + bound_m2)
    if any(weights_m2[a] < weights_m2[b] + bound_m2 - 1e-6 for (a, b), bound_m2 in least.items()):
        raise PlanningError("the drones hover across each other's ways home: no sectors separate them")
    return weights_m2
