"""The common result of all importers, from which a site is built."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

from blindspot.site.town.assumptions import STRUCTURE_REACH_M
from blindspot.site.town.model import Finding

Record = tuple[BaseGeometry, Mapping[str, object]]
METRES_A_DEGREE = 111_320


@dataclass(frozen=True, slots=True)
class Imported:
    """The content of files: WGS 84 longitude and latitude in degrees, heights in m. A missing value is a missing key.

    `buildings`: polygons with `id`, `height_m` (eaves above the ground), `min_height_m`, `ridge_m`, `storeys`,
    `ground_amsl_m`, `nature`, `structure` (true: a mast, a chimney). `roads`: lines with `id`, `name`, `nature`,
    `width_m`, `private` (bool), `level` (int). `squares`: polygons with `name`. `trees`: points or lines, and
    `cameras`: points, with the tags of OpenStreetMap.
    """

    buildings: tuple[Record, ...] = ()
    roads: tuple[Record, ...] = ()
    squares: tuple[Record, ...] = ()
    cameras: tuple[Record, ...] = ()
    trees: tuple[Record, ...] = ()
    findings: tuple[Finding, ...] = ()
    attribution: str = ""


def with_reach(shape: BaseGeometry) -> BaseGeometry:
    """A structure drawn as a point or a line (degrees) becomes a narrow area around the point or line; an area stays
    unchanged."""
    if shape.area > 0:
        return shape
    across = max(0.01, math.cos(math.radians(shape.centroid.y)))
    level = shapely.transform(shape, lambda lon_lat: lon_lat * (across, 1.0))
    reach = STRUCTURE_REACH_M / METRES_A_DEGREE
    around = shapely.buffer(level, reach, cap_style="square", join_style="mitre")
    return shapely.transform(around, lambda lon_lat: lon_lat / (across, 1.0))
