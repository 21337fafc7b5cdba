"""Conversion between the site's ENU frame and WGS 84, for a town's extent."""

from __future__ import annotations

from math import atan2, cos, radians, sin, sqrt, tan

from blindspot_sim.airframe.vehicle_config import DatumOrigin

_A = 6378137.0
_E2 = 6.69437999014e-3


def _radii_m(lat: float) -> tuple[float, float]:
    """Radii of curvature in the meridian and in the prime vertical, m (WGS 84)."""
    w2 = 1.0 - _E2 * sin(lat) ** 2
    return _A * (1.0 - _E2) / (w2 * sqrt(w2)), _A / sqrt(w2)


class GeoFrame:
    """ENU metres about an origin on the ellipsoid.

    East is measured along the parallel and north along the meridian of the origin, with the meridians' convergence
    taken out to second order: within 1 cm of the exact tangent plane up to 5 km away.
    """

    __slots__ = ("_lat0", "_lon0", "_n0")

    def __init__(self, origin: DatumOrigin) -> None:
        self._lat0 = radians(origin.lat_deg)
        self._lon0 = radians(origin.lon_deg)
        self._n0 = _radii_m(self._lat0)[1]

    def to_wgs84(self, east_m: float, north_m: float) -> tuple[float, float]:
        """(lat_deg, lon_deg) of a place."""
        along_m = north_m - east_m * east_m * tan(self._lat0 + north_m / self._n0) / (2.0 * self._n0)
        lat = self._lat0 + along_m / _radii_m(self._lat0 + 0.5 * along_m / self._n0)[0]
        lon = self._lon0 + east_m / (_radii_m(lat)[1] * cos(lat))
        return lat * 57.29577951308232, lon * 57.29577951308232

    def to_enu(self, lat_deg: float, lon_deg: float) -> tuple[float, float]:
        """(east_m, north_m) of a place; the inverse of `to_wgs84`."""
        lat, lon = radians(lat_deg), radians(lon_deg)
        east_m = (lon - self._lon0) * _radii_m(lat)[1] * cos(lat)
        along_m = (lat - self._lat0) * _radii_m(0.5 * (lat + self._lat0))[0]
        north_m = along_m + east_m * east_m * tan(lat) / (2.0 * self._n0)
        return east_m, north_m


def heading_of(east: float, north: float) -> float:
    """Compass heading of a direction, deg in [0, 360)."""
    return atan2(east, north) * 57.29577951308232 % 360.0


def within(value: float, low: float, high: float) -> float:
    """`value` clipped to the bounds. `min(max())` takes three times as long."""
    return low if value < low else high if value > high else value


def turn_deg(from_deg: float, to_deg: float) -> float:
    """The shorter turn between two headings, deg in [-180, 180)."""
    return (to_deg - from_deg + 180.0) % 360.0 - 180.0
