"""Zones on the ground, and the probability that an object stands in one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon

from blindspot.core import InputError
from blindspot.site import LocalFrame, read_areas
from blindspot.site.town import geojson
from blindspot.vision.town.georeference import GroundPoint

Floats = NDArray[np.float64]
SAMPLES = 200
GOLDEN_RAD = np.pi * (3 - np.sqrt(5))


def _samples() -> Floats:
    """(SAMPLES, 2) evenly spread points of the standard normal distribution; always the same.

    Radii are the quantiles of the Rayleigh distribution, angles go on by the golden angle (Vogel 1979).
    """
    radii = np.sqrt(-2 * np.log1p(-(np.arange(SAMPLES) + 0.5) / SAMPLES))
    angles = GOLDEN_RAD * np.arange(SAMPLES)
    return np.column_stack([radii * np.cos(angles), radii * np.sin(angles)])


STANDARD_NORMAL = _samples()


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone, ENU m. A lane has the (east, north) direction of its traffic, of length 1."""

    name: str
    area: Polygon
    direction: tuple[float, float] | None = None

    def holds(self, points_m: Floats) -> NDArray[np.bool_]:
        """(n,) whether each of (n, 2) points lies inside."""
        return np.asarray(shapely.contains_xy(self.area, points_m))

    def probability(self, point: GroundPoint) -> float:
        """Probability that an object stands inside, from the covariance of its position."""
        spread = np.linalg.cholesky(point.covariance_m2 + 1e-9 * np.eye(2))
        return float(self.holds(STANDARD_NORMAL @ spread.T + (point.east_m, point.north_m)).mean())


def load_zones(path: Path, frame: LocalFrame) -> tuple[Zone, ...]:
    """The polygons of a GeoJSON file; raises InputError."""
    return tuple(Zone(name, area) for name, _, area in read_areas(path, frame))


def load_lanes(path: Path, frame: LocalFrame) -> tuple[Zone, ...]:
    """The lanes of a GeoJSON file, one zone per straight piece; raises InputError."""
    lanes = []
    for feature in geojson.read_features(path, frame, "name"):
        width_m = geojson.number(feature.properties, "width_m")
        if feature.geometry.geom_type != "LineString" or width_m is None or not 0 < width_m <= 100:
            problem = f"is a {feature.geometry.geom_type} with width_m {feature.properties.get('width_m')}"
            raise InputError(path, feature.name, problem, "a lane is a LineString with its width_m, e.g. 3.5")
        corners = np.asarray(feature.geometry.coords)[:, :2]
        lanes += [_piece(feature.name, a, b, width_m) for a, b in pairwise(corners) if not np.array_equal(a, b)]
    return tuple(lanes)


def _piece(name: str, start_m: Floats, end_m: Floats, width_m: float) -> Zone:
    along = (end_m - start_m) / np.hypot(*(end_m - start_m))
    aside = width_m / 2 * np.array([-along[1], along[0]])
    area = Polygon([start_m - aside, end_m - aside, end_m + aside, start_m + aside])
    return Zone(name, area, (float(along[0]), float(along[1])))
