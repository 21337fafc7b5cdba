"""A crewed aircraft that a simulated drone's ADS-B receiver reports."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, degrees, hypot
from typing import Any

from blindspot_sim.airframe.geo import GeoFrame

ALL_VALID = 1 | 2 | 4 | 8 | 128  # ADSB_FLAGS: coordinates, altitude, heading, velocity, climb
GEOMETRIC, ROTORCRAFT = 1, 7


@dataclass(frozen=True, slots=True)
class AircraftNearby:
    """It flies straight: its place at `at_s`, m ENU about the site's origin and above sea level, and its speed.

    `flags` and `altitude_type` are those of the report (ADSB_FLAGS, ADSB_ALTITUDE_TYPE).
    """

    at_s: float
    east_m: float
    north_m: float
    amsl_m: float
    east_mps: float = 0.0
    north_mps: float = 0.0
    up_mps: float = 0.0
    flags: int = ALL_VALID
    altitude_type: int = GEOMETRIC

    def report(self, now_s: float, geo: GeoFrame) -> dict[str, Any]:
        """The fields of mavros_msgs/ADSBVehicle."""
        time_s = now_s - self.at_s
        heading_deg = degrees(atan2(self.east_mps, self.north_mps)) % 360.0
        lat, lon = geo.to_wgs84(self.east_m + self.east_mps * time_s, self.north_m + self.north_mps * time_s)
        return {
            "header": {"frame_id": ""}, "icao_address": 0x3C4A5B, "callsign": "SIM1", "latitude": lat, "longitude": lon,
            "altitude": self.amsl_m + self.up_mps * time_s, "heading": heading_deg,
            "hor_velocity": hypot(self.east_mps, self.north_mps), "ver_velocity": self.up_mps,
            "altitude_type": self.altitude_type, "emitter_type": ROTORCRAFT, "tslc": {"sec": 0, "nanosec": 0},
            "flags": self.flags, "squawk": 0,
        }  # fmt: skip
