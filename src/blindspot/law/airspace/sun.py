"""Whether it is night for an aircraft, by the height of the sun (0.1 deg, as in the Astronomical Almanac)."""

from __future__ import annotations

from datetime import UTC, datetime
from math import asin, atan2, cos, degrees, radians, sin

NIGHT_DEG = -6.0
"""Night lasts from the end of civil twilight in the evening to its beginning in the morning."""


def sun_height_deg(lat_deg: float, lon_deg: float, moment: datetime) -> float:
    """Height of the sun's centre above the horizon, deg, without refraction."""
    days = (moment.astimezone(UTC) - datetime(2000, 1, 1, 12, tzinfo=UTC)).total_seconds() / 86_400.0
    mean = radians(357.528 + 0.9856003 * days)
    longitude = radians(280.460 + 0.9856474 * days + 1.915 * sin(mean) + 0.020 * sin(2 * mean))
    tilt = radians(23.439 - 4e-7 * days)
    ascension = atan2(cos(tilt) * sin(longitude), cos(longitude))
    declination = asin(sin(tilt) * sin(longitude))
    hour = radians(280.46062 + 360.98564737 * days + lon_deg) - ascension
    lat = radians(lat_deg)
    return degrees(asin(sin(lat) * sin(declination) + cos(lat) * cos(declination) * cos(hour)))


def is_night(lat_deg: float, lon_deg: float, moment: datetime) -> bool:
    return sun_height_deg(lat_deg, lon_deg, moment) < NIGHT_DEG
