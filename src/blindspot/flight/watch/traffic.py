"""Crewed aircraft nearby, by their ADS-B reports (MAVROS's plugin `adsb`).

A report is a place, and a speed that is extended straight ahead. An unknown height is any height; an unknown speed is
any speed of a low aircraft. Reports end with `STALE_S`: an aircraft that is not reported any longer counts as gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import cos, hypot, inf, isfinite, nan, radians, sin
from typing import TYPE_CHECKING, Any

from blindspot.flight.route.geometry import distance_to_segment

if TYPE_CHECKING:
    from blindspot.flight.route.settings import FlightSettings
    from blindspot.site import LocalFrame

Space = tuple[float, float, float]
TRAFFIC_TOPIC = "adsb/vehicle"
STALE_S = 60.0
SILENT_S = 60.0
"""Silence that the status reports."""
FASTEST_MPS, STEEPEST_MPS = 130.0, 15.0
"""An aircraft of unknown speed: 250 kt, the limit of low airspace, and 3000 ft/min."""
BARO_ERROR_M = 250.0
"""A barometric altitude counts from 1013 hPa; the air at sea level has 983 to 1043 hPa on nearly all days."""
MOST_AIRCRAFT = 200
"""Aircraft that are followed; of more, the nearest to the site's origin."""
COORDINATES, ALTITUDE, HEADING, VELOCITY = 1, 2, 4, 8  # ADSB_FLAGS
CLIMBING = 128
GEOMETRIC = 1  # ADSB_ALTITUDE_TYPE


@dataclass(frozen=True, slots=True)
class Aircraft:
    """One aircraft at `at_s`: m ENU about the site's origin, heights above its datum, NaN for an unknown speed."""

    at_s: float
    east_m: float
    north_m: float
    low_m: float = -inf
    """It is between `low_m` and `high_m`."""
    high_m: float = inf
    east_mps: float = nan
    north_mps: float = nan
    up_mps: float = nan

    @property
    def away_m(self) -> float:
        """Distance from the site's origin, m."""
        return hypot(self.east_m, self.north_m)

    def comes_near(self, here: Space, now_s: float, settings: FlightSettings) -> bool:
        """Whether it is, or comes within `aircraft_ahead_s`, nearer to a place than both distances of the settings."""
        age_s = max(0.0, now_s - self.at_s)
        until_s = age_s + settings.aircraft_ahead_s
        return (
            self._flat_m(here, age_s, until_s) < settings.near_aircraft_m
            and self._up_m(here[2], age_s, until_s) < settings.near_aircraft_up_m
        )

    def _flat_m(self, here: Space, from_s: float, until_s: float) -> float:
        east_m, north_m = here[0] - self.east_m, here[1] - self.north_m
        if not isfinite(self.east_mps + self.north_mps):
            return hypot(east_m, north_m) - FASTEST_MPS * until_s
        a, b = ((self.east_mps * t, self.north_mps * t, 0.0) for t in (from_s, until_s))
        return distance_to_segment((east_m, north_m, 0.0), a, b)

    def _up_m(self, up_m: float, from_s: float, until_s: float) -> float:
        """Least difference in height in this time; 0 inside its band."""
        if isfinite(self.up_mps):
            ways = (self.up_mps * from_s, self.up_mps * until_s)
        else:
            ways = (-STEEPEST_MPS * until_s, STEEPEST_MPS * until_s)
        return max(0.0, self.low_m + min(ways) - up_m, up_m - self.high_m - max(ways))


def aircraft_of(report: Any, frame: LocalFrame, now_s: float) -> Aircraft | None:
    """The aircraft of a mavros_msgs/ADSBVehicle that arrived now; `None` without a possible place."""
    flags = int(report.flags)
    is_placed = abs(report.latitude) <= 85.0 and abs(report.longitude) <= 180.0
    if not (flags & COORDINATES and is_placed):
        return None
    east_m, north_m = frame.to_enu(float(report.longitude), float(report.latitude))
    if not isfinite(east_m + north_m):
        return None
    low_m, high_m = _heights(report, frame)
    speed_mps, heading_deg = float(report.hor_velocity), float(report.heading)
    is_moving = flags & VELOCITY and flags & HEADING and 0.0 <= speed_mps <= 1000.0 and 0.0 <= heading_deg <= 360.0
    east_mps, north_mps = speed_mps * sin(radians(heading_deg)), speed_mps * cos(radians(heading_deg))
    up_mps = float(report.ver_velocity) if flags & (VELOCITY | CLIMBING) and abs(report.ver_velocity) <= 200.0 else nan
    age_s = float(report.tslc.sec) + float(report.tslc.nanosec) * 1e-9
    return Aircraft(
        now_s - max(0.0, age_s), east_m, north_m, low_m, high_m, *((east_mps, north_mps) if is_moving else (nan, nan)),
        up_mps,
    )  # fmt: skip


def _heights(report: Any, frame: LocalFrame) -> tuple[float, float]:
    """The band that holds the height above the datum. MAVLink leaves open whether a geometric altitude counts from the
    ellipsoid or from sea level."""
    altitude_m = float(report.altitude)
    if not (int(report.flags) & ALTITUDE and abs(altitude_m) <= 30_000.0):
        return -inf, inf
    if report.altitude_type == GEOMETRIC:
        ways = frame.up_from_ellipsoid(altitude_m), frame.up_from_amsl(altitude_m)
        return min(ways), max(ways)
    up_m = frame.up_from_amsl(altitude_m)
    return up_m - BARO_ERROR_M, up_m + BARO_ERROR_M


class Traffic:
    """All reported aircraft of the last minute. `fitted` states that the drone carries a receiver.

    Call `hear` with each message, and read `aircraft`. Times are seconds of one clock.
    """

    def __init__(self, frame: LocalFrame, *, fitted: bool = False) -> None:
        self._frame = frame
        self._fitted = fitted
        self._heard_s: float | None = None
        self._by_address: dict[int, Aircraft] = {}

    def hear(self, report: Any, now_s: float) -> None:
        self._heard_s = now_s
        found = aircraft_of(report, self._frame, now_s)
        if found is None:
            return
        self._by_address[int(report.icao_address)] = found
        if len(self._by_address) > MOST_AIRCRAFT:
            del self._by_address[max(self._by_address, key=lambda address: self._by_address[address].away_m)]

    def aircraft(self, now_s: float) -> tuple[Aircraft, ...]:
        """Those with a place no older than `STALE_S`."""
        if self._by_address:
            self._by_address = {
                address: each for address, each in self._by_address.items() if now_s - each.at_s <= STALE_S
            }
        return tuple(self._by_address.values())

    def silence(self, now_s: float) -> str:
        """Since when no aircraft was reported, in words; empty after a report of the last `SILENT_S`, and for a drone
        that has no receiver as far as is known."""
        if self._heard_s is None:
            return "no aircraft was reported yet" if self._fitted else ""
        if now_s - self._heard_s <= SILENT_S:
            return ""
        return f"no aircraft was reported since {datetime.fromtimestamp(self._heard_s, UTC):%H:%M:%S} UTC"


def any_near(aircraft: Iterable[Aircraft], here: Space, now_s: float, settings: FlightSettings) -> bool:
    """Whether an aircraft is near a place, or comes near; false for an unknown place, which other rows judge."""
    return isfinite(sum(here)) and any(each.comes_near(here, now_s, settings) for each in aircraft)
