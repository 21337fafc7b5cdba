"""The autopilot's geofence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from blindspot_sim.autopilot.items import CIRCLE_INSIDE, CIRCLE_OUTSIDE, FENCE_INSIDE, Item

Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Fence:
    """Inclusion (`inside`) and exclusion (`outside`) areas; circles are (east_m, north_m, radius_m)."""

    inside: tuple[Ring, ...] = ()
    outside: tuple[Ring, ...] = ()
    inside_circles: tuple[tuple[float, float, float], ...] = ()
    outside_circles: tuple[tuple[float, float, float], ...] = ()

    def breached(self, east_m: float, north_m: float) -> bool:
        """True if a place breaks the fence. The drone must be in at least one of the inclusion areas."""
        return (
            (bool(self.inside) and not any(_holds(ring, east_m, north_m) for ring in self.inside))
            or any(_holds(ring, east_m, north_m) for ring in self.outside)
            or (bool(self.inside_circles) and not any(_near(c, east_m, north_m) for c in self.inside_circles))
            or any(_near(c, east_m, north_m) for c in self.outside_circles)
        )


def read_fence(items: Sequence[Item]) -> Fence | None:
    """Read a fence from its items (each vertex of a polygon carries the vertex count). None for an invalid list."""
    inside: list[Ring] = []
    outside: list[Ring] = []
    circles: dict[int, list[tuple[float, float, float]]] = {CIRCLE_INSIDE: [], CIRCLE_OUTSIDE: []}
    index = 0
    while index < len(items):
        item = items[index]
        if item.command in circles:
            circles[item.command].append((item.east_m, item.north_m, item.params[0]))
            index += 1
            continue
        count = int(item.params[0])
        vertices = items[index : index + count]
        if count < 3 or len(vertices) < count or any(v.command != item.command for v in vertices):
            return None
        ring = tuple((v.east_m, v.north_m) for v in vertices)
        (inside if item.command == FENCE_INSIDE else outside).append(ring)
        index += count
    return Fence(tuple(inside), tuple(outside), tuple(circles[CIRCLE_INSIDE]), tuple(circles[CIRCLE_OUTSIDE]))


def _near(circle: tuple[float, float, float], east_m: float, north_m: float) -> bool:
    return hypot(east_m - circle[0], north_m - circle[1]) <= circle[2]


def _holds(ring: Ring, east_m: float, north_m: float) -> bool:
    """Point in polygon by crossing number."""
    held = False
    e0, n0 = ring[-1]
    for e1, n1 in ring:
        if (n0 > north_m) != (n1 > north_m) and east_m < e0 + (north_m - n0) * (e1 - e0) / (n1 - n0):
            held = not held
        e0, n0 = e1, n1
    return held
