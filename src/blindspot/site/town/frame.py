"""Converts between the site's ENU metres and the earth. All other code uses the site frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pyproj import Proj

Coordinate = TypeVar("Coordinate", float, NDArray[np.float64])


@lru_cache(maxsize=16)
def _projection(lat_deg: float, lon_deg: float) -> Proj:
    from pyproj import Proj

    return Proj(proj="tmerc", lat_0=lat_deg, lon_0=lon_deg, k=1, x_0=0, y_0=0, ellps="WGS84")


@dataclass(frozen=True, slots=True)
class LocalFrame:
    """East and north in metres about an origin, up in metres above a datum.

    The horizontal part is a transverse Mercator projection of the WGS 84 ellipsoid about the origin, with scale 1
    there. The scale grows as 1 + east^2 / (2 R^2), which makes 0.03 mm at 2 km east and 0.5 mm at 5 km. Heights follow
    the geoid instead of the tangent plane, so `up_m` stays an altitude everywhere (a tangent plane would be 0.3 m off
    at 2 km). The geoid is assumed to be level over a site.

    Parameters
    ----------
    lat_deg, lon_deg
        The origin, WGS 84 degrees.
    datum_amsl_m
        Altitude of the site's datum above mean sea level, m.
    geoid_m
        Height of the geoid above the WGS 84 ellipsoid, m.

    Examples
    --------
    >>> frame = LocalFrame(lat_deg=47.2, lon_deg=-1.55, datum_amsl_m=10.0, geoid_m=48.0)
    >>> frame.to_enu(-1.55, 47.2)
    (0.0, 0.0)
    >>> frame.to_amsl(50.0)
    60.0
    """

    lat_deg: float
    lon_deg: float
    datum_amsl_m: float
    geoid_m: float

    def to_enu(self, lon_deg: Coordinate, lat_deg: Coordinate) -> tuple[Coordinate, Coordinate]:
        """(east_m, north_m) of WGS 84 degrees. Floats give floats; arrays give arrays of the same shape."""
        east_m, north_m = _projection(self.lat_deg, self.lon_deg)(lon_deg, lat_deg)
        return east_m, north_m

    def to_wgs84(self, east_m: Coordinate, north_m: Coordinate) -> tuple[Coordinate, Coordinate]:
        """(lon_deg, lat_deg), the inverse of `to_enu`."""
        lon_deg, lat_deg = _projection(self.lat_deg, self.lon_deg)(east_m, north_m, inverse=True)
        return lon_deg, lat_deg

    @property
    def proj4(self) -> str:
        """The horizontal frame as a PROJ string, for other programs."""
        return f"+proj=tmerc +lat_0={self.lat_deg} +lon_0={self.lon_deg} +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m"

    def to_amsl(self, up_m: float) -> float:
        """Altitude above mean sea level, m, of a height above the datum."""
        return up_m + self.datum_amsl_m

    def up_from_amsl(self, amsl_m: float) -> float:
        """Height above the datum, m, of an altitude above mean sea level."""
        return amsl_m - self.datum_amsl_m

    def up_from_ellipsoid(self, ellipsoid_m: float) -> float:
        """Height above the datum, m, of a height above the WGS 84 ellipsoid."""
        return ellipsoid_m - self.geoid_m - self.datum_amsl_m
