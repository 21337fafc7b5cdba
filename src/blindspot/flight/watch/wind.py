"""Estimates the wind from a drone's tilt, for drones that lack an airspeed sensor.

In level flight the horizontal thrust, g tan(tilt), both accelerates the drone and overcomes the drag of its rotors,
which is linear in the speed through the air (PX4's EKF2_MCOEF does the same): thrust = dv/dt + drag (v - wind). All is
averaged over some seconds; the average of dv/dt is then the average of v's distance from the average of v.
"""

from __future__ import annotations

from math import hypot, isfinite
from typing import NamedTuple

from blindspot.flight.vehicle.vehicle import Telemetry

AVERAGE_S = 5.0
OLD_S = 1.5
"""Motion older than this is left out of the averages, s: otherwise it would count again at every call."""


class Wind(NamedTuple):
    """Velocity of the air, m/s; the direction is the direction of the movement."""

    east_mps: float
    north_mps: float

    @property
    def speed_mps(self) -> float:
        return hypot(self.east_mps, self.north_mps)


class WindEstimate:
    """Averages of speed and thrust. `drag_per_s` is the drone model's."""

    def __init__(self, drag_per_s: float) -> None:
        self._drag_per_s = drag_per_s
        self._since_s: float | None = None
        self._last_s = 0.0
        self._east_mps = self._north_mps = self._east_mps2 = self._north_mps2 = 0.0

    def hear(self, seen: Telemetry) -> Wind | None:
        """The wind now; `None` on the ground, in the first seconds of a flight, and while motion is unknown."""
        now_s, east_mps, north_mps = seen.stamp_s, seen.east_mps, seen.north_mps
        east_mps2, north_mps2 = seen.thrust_east_mps2, seen.thrust_north_mps2
        dt_s = now_s - self._last_s
        moves = seen.landed == "in_air" and seen.motion_age_s <= OLD_S
        if not moves or not isfinite(east_mps + north_mps + east_mps2 + north_mps2):
            self._since_s = None
            return None
        self._last_s = now_s
        if self._since_s is None or dt_s < 0.0:
            self._since_s, self._east_mps, self._north_mps = now_s, east_mps, north_mps
            self._east_mps2, self._north_mps2 = east_mps2, north_mps2
            return None
        share = dt_s / (AVERAGE_S + dt_s)
        self._east_mps += share * (east_mps - self._east_mps)
        self._north_mps += share * (north_mps - self._north_mps)
        self._east_mps2 += share * (east_mps2 - self._east_mps2)
        self._north_mps2 += share * (north_mps2 - self._north_mps2)
        if now_s - self._since_s < 2.0 * AVERAGE_S:
            return None
        return Wind(
            self._air_mps(self._east_mps, self._east_mps2, east_mps),
            self._air_mps(self._north_mps, self._north_mps2, north_mps),
        )

    def _air_mps(self, mean_mps: float, mean_mps2: float, now_mps: float) -> float:
        """One component of the wind, from the averages of speed and thrust, and the speed now."""
        return mean_mps - (mean_mps2 - (now_mps - mean_mps) / AVERAGE_S) / self._drag_per_s
