"""The one place where the site's ENU metres meet the earth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from pyproj import Proj

Coordinate = TypeVar("Coordinate", float, NDArray[np.float64])


@lru_cache(maxsize=16)
def _projection(lat_deg: float, lon_deg: float) -> Proj:
    return Proj(proj="tmerc", lat_0=lat_deg, lon_0=lon_deg, k=1, x_0=0, y_0=0, ellps="WGS84")


@dataclass(frozen=True, slots=True)
class LocalFrame:
    """East and north in metres about an origin, up in metres above a datum.

    Horizontally a transverse Mercator projection of the WGS 84 ellipsoid about the origin, scale 1 there; its scale
    grows as 1 + east^2 / (2 R^2), which makes 0.03 mm at 2 km east and 0.5 mm at 5 km. Heights follow the geoid, not
    the tangent plane, so `up_m` stays an altitude everywhere (a tangent plane would be 0.3 m off at 2 km). The geoid is
    taken as level over a site.
    """

    lat_deg: float
    lon_deg: float
    datum_amsl_m: float
    geoid_m: float

    def to_enu(self, lon_deg: Coordinate, lat_deg: Coordinate) -> tuple[Coordinate, Coordinate]:
        """(east_m, north_m) of WGS 84 degrees; floats give floats, arrays give arrays of the same shape."""
        east_m, north_m = _projection(self.lat_deg, self.lon_deg)(lon_deg, lat_deg)
        return east_m, north_m

    def to_wgs84(self, east_m: Coordinate, north_m: Coordinate) -> tuple[Coordinate, Coordinate]:
        """(lon_deg, lat_deg), the inverse of `to_enu`."""
        lon_deg, lat_deg = _projection(self.lat_deg, self.lon_deg)(east_m, north_m, inverse=True)
        return lon_deg, lat_deg

    @property
    def proj4(self) -> str:
        """The horizontal frame for other programs, as PROJ takes it."""
        return f"+proj=tmerc +lat_0={self.lat_deg} +lon_0={self.lon_deg} +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m"

    def to_amsl(self, up_m: float) -> float:
        """Altitude above mean sea level, m, of a height above the datum."""
        return up_m + self.datum_amsl_m

    def to_ellipsoid(self, up_m: float) -> float:
        """Height above the WGS 84 ellipsoid, m, of a height above the datum."""
        return up_m + self.datum_amsl_m + self.geoid_m

    def up_from_amsl(self, amsl_m: float) -> float:
        """Height above the datum, m, of an altitude above mean sea level."""
        return amsl_m - self.datum_amsl_m

    def up_from_ellipsoid(self, ellipsoid_m: float) -> float:
        """Height above the datum, m, of a height above the WGS 84 ellipsoid."""
        return ellipsoid_m - self.geoid_m - self.datum_amsl_m
