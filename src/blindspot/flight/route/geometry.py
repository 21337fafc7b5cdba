"""Plane geometry for the companion computer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import acos, cos, degrees, dist, isfinite, nan, radians, sin

Place = tuple[float, float]


def inside(place: Place, polygon: Sequence[Place]) -> bool:
    """Whether a place is inside a polygon (an open ring), by crossings of a ray towards the east."""
    x, y = place
    x1, y1 = polygon[-1]
    is_inside = False
    for x2, y2 in polygon:
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
            is_inside = not is_inside
        x1, y1 = x2, y2
    return is_inside


def meets_edge(a: Place, b: Place, ring: Sequence[Place]) -> bool:
    """Whether the segment ab crosses or touches an edge of an open ring."""
    sides = [_side(a, b, corner) for corner in ring]
    return any(
        sides[i - 1] * sides[i] <= 0.0 and _side(ring[i - 1], ring[i], a) * _side(ring[i - 1], ring[i], b) <= 0.0
        and _boxes_meet(a, b, ring[i - 1], ring[i])
        for i in range(len(ring))
    )  # fmt: skip


def _side(a: Place, b: Place, p: Place) -> float:
    """Positive to the left of the line from a to b."""
    return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])


def _boxes_meet(a: Place, b: Place, c: Place, d: Place) -> bool:
    return all(max(a[k], b[k]) >= min(c[k], d[k]) and max(c[k], d[k]) >= min(a[k], b[k]) for k in (0, 1))


def distance_to_segment(point: Sequence[float], start: Sequence[float], end: Sequence[float]) -> float:
    """Distance of a point to a segment, in the plane or in space."""
    along = [e - s for s, e in zip(start, end, strict=True)]
    length2 = sum(a * a for a in along)
    if length2 == 0.0:
        return dist(point, start)
    share = sum((p - s) * a for p, s, a in zip(point, start, along, strict=True)) / length2
    share = min(1.0, max(0.0, share))
    return dist(point, [s + share * a for s, a in zip(start, along, strict=True)])


def distance_to_path(point: Sequence[float], corners: Sequence[Sequence[float]]) -> float:
    """Distance of a point to a polyline of at least one corner."""
    if len(corners) == 1:
        return dist(point, corners[0])
    return min(distance_to_segment(point, a, b) for a, b in pairwise(corners))


def axis_error_deg(pitch1_deg: float, heading1_deg: float, pitch2_deg: float, heading2_deg: float) -> float:
    """Angle between two camera axes, degrees; NaN for an unknown axis."""
    pitch1, pitch2 = radians(pitch1_deg), radians(pitch2_deg)
    between = sin(pitch1) * sin(pitch2) + cos(pitch1) * cos(pitch2) * cos(radians(heading1_deg - heading2_deg))
    return degrees(acos(max(-1.0, min(1.0, between)))) if isfinite(between) else nan
