"""Names unnamed roads by their position, in words that a person can look up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import atan2, degrees

import shapely
import shapely.ops
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from blindspot.site.town.frame import LocalFrame
from blindspot.site.town.model import Road, Zone

BESIDE_M = 20.0
NEAR_M = 250.0
"""A road farther than this from every named object is named by its coordinates."""
COMPASS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")


def named(roads: Sequence[Road], squares: Sequence[Zone], frame: LocalFrame) -> tuple[Road, ...]:
    """The roads, each with a name: the road's own name, a name from the nearest square or named road, or the
    coordinates.

    Several unnamed pieces at one place get the same name.
    """
    known: list[tuple[str, BaseGeometry]] = [(square.name, square.polygon) for square in squares if square.name]
    known += [(road.name, road.axis) for road in roads if road.name]
    tree = shapely.STRtree([shape for _, shape in known])
    return tuple(road if road.name else replace(road, name=_place(road, known, tree, frame)) for road in roads)


def _place(road: Road, known: Sequence[tuple[str, BaseGeometry]], tree: shapely.STRtree, frame: LocalFrame) -> str:
    middle = road.axis.interpolate(0.5, normalized=True)
    found = tree.query_nearest(middle, max_distance=NEAR_M, all_matches=False)
    if len(found) == 0:
        lon_deg, lat_deg = frame.to_wgs84(middle.x, middle.y)
        return f"around {lat_deg:.3f}, {lon_deg:.3f}"
    name, shape = known[int(found[0])]
    if shape.distance(middle) <= BESIDE_M:
        return f"beside {name}"
    return f"{_direction(shape, middle)} of {name}"


def _direction(of: BaseGeometry, place: Point) -> str:
    from_, _ = shapely.ops.nearest_points(of, place)
    heading_deg = degrees(atan2(place.x - from_.x, place.y - from_.y)) % 360.0
    return COMPASS[round(heading_deg / 45.0) % 8]
