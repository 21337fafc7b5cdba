"""From a target place or velocity to the velocity set-point of the airframe.

As in PX4, the drone flies to a place along a line. MPC_XY_P corrects the deviation across the line while the drone
goes on along it. All positions here are estimates, as in the autopilot; the true motion follows from them.
"""

from __future__ import annotations

from math import sqrt

from blindspot_sim.airframe.geo import heading_of, within
from blindspot_sim.autopilot.dynamics import braking_speed
from blindspot_sim.autopilot.px4_parameters import Parameters

_VERTICAL_GAIN_PER_S = 0.35
"""At the end of a climb: speed per remaining metre (fitted to recorded flights)."""
_CHASE_GAIN_PER_S = 1.5
"""The same towards an OFFBOARD set-point, which lacks a speed profile and the slow start near the ground."""
_HEADING_FROM_M = 2.0
"""Nearer to its target than this, the drone keeps its heading."""
_LAND_SHARE = 0.8
"""Recorded landings went down their last 5 m at 0.45 to 0.7 m/s, with MPC_LAND_SPEED 0.7."""
_REACTION_S = 0.6
"""Time that PX4 allows for building up its deceleration when it places a stop."""
_LINE_FROM_M = 0.5
"""The drone follows a line only if the line is at least this long."""


class Guidance:
    """The wanted velocity (`want_*`, m/s) and heading, from a goal set by one of the methods below."""

    __slots__ = (
        "_acceleration", "_braking", "_down_mps", "_jerk", "_land_high_m", "_land_low_m", "_land_mps", "_line_e",
        "_line_n", "_parameters", "_position_gain", "_state", "_take_off_mps", "_up_mps", "_velocity_max", "direct",
        "east", "heading_deg", "kind", "north", "speed_mps", "up", "want_e", "want_n", "want_u",
    )  # fmt: skip

    def __init__(self, parameters: Parameters, heading_deg: float) -> None:
        self._parameters = parameters
        self.kind = "idle"
        self.east = self.north = self.up = 0.0
        self.speed_mps = 0.0
        self.heading_deg = heading_deg
        self._line_e = self._line_n = 0.0
        self.want_e = self.want_n = self.want_u = 0.0
        self.direct = False
        self._braking = False
        self._state = 0.0, 0.0, 0.0, 0.0
        self.read_parameters()

    def read_parameters(self) -> None:
        p = self._parameters
        self._acceleration, self._jerk = float(p["MPC_ACC_HOR"]), float(p["MPC_JERK_AUTO"])
        self._up_mps, self._down_mps = float(p["MPC_Z_V_AUTO_UP"]), float(p["MPC_Z_V_AUTO_DN"])
        self._land_mps, self._take_off_mps = float(p["MPC_LAND_SPEED"]), float(p["MPC_TKO_SPEED"])
        self._land_high_m, self._land_low_m = float(p["MPC_LAND_ALT1"]), float(p["MPC_LAND_ALT2"])
        self._position_gain, self._velocity_max = float(p["MPC_XY_P"]), float(p["MPC_XY_VEL_MAX"])

    def idle(self) -> None:
        """Set a zero velocity (motors idle)."""
        self.kind = "idle"
        self.want_e = self.want_n = self.want_u = 0.0
        self.direct = False

    def go_to(self, east: float, north: float, up: float, speed_mps: float, along_from: tuple[float, float]) -> None:
        """Fly to a place (estimated frame) at most at `speed_mps`, on the line from `along_from`, then stay there."""
        self.kind = "place"
        self.east, self.north, self.up, self.speed_mps = east, north, up, speed_mps
        d_e, d_n = east - along_from[0], north - along_from[1]
        length = sqrt(d_e * d_e + d_n * d_n)
        self._line_e, self._line_n = (d_e / length, d_n / length) if length > _LINE_FROM_M else (0.0, 0.0)
        self.direct = self._braking = False

    def hold(self, up: float, speed_mps: float, *, hard: bool = False) -> None:
        """Fly to the place where the drone can stop, and stay there at height `up`. `hard` brakes as after released
        sticks instead, and stays where the drone comes to rest."""
        self.kind = "place"
        self.up, self.speed_mps = up, speed_mps
        self._stop_ahead()
        self.direct = self._braking = hard

    def land(self, speed_mps: float) -> None:
        """Descend, and fly to the place where the drone can stop meanwhile."""
        self.kind, self.speed_mps = "land", speed_mps
        self._stop_ahead()
        self.direct = self._braking = False

    def _stop_ahead(self) -> None:
        """Set the stopping place as PX4's navigator does: the braking distance ahead, and the way of _REACTION_S."""
        e, n, ve, vn = self._state
        ahead_s = sqrt(ve * ve + vn * vn) / (2.0 * self._acceleration) + _REACTION_S
        self.east, self.north = e + ve * ahead_s, n + vn * ahead_s
        self._line_e = self._line_n = 0.0

    def sink(self) -> None:
        """Brake and descend at MPC_LAND_SPEED, as PX4 does in a manual mode without sticks."""
        self.kind = "sink"
        self._line_e = self._line_n = 0.0
        self.direct, self._braking = False, True

    def land_at(self, east: float, north: float, speed_mps: float) -> None:
        """Descend onto a near place."""
        self.kind = "land"
        self.east, self.north, self.speed_mps = east, north, speed_mps
        self._line_e = self._line_n = 0.0
        self.direct = self._braking = False

    def chase(self, east: float, north: float, up: float) -> None:
        """Follow an OFFBOARD position set-point, up to MPC_XY_VEL_MAX and without a speed profile."""
        self.kind = "chase"
        self.east, self.north, self.up = east, north, up
        self.direct, self._braking = True, False

    def fly(self, want_e: float, want_n: float, want_u: float) -> None:
        """Follow an OFFBOARD velocity set-point."""
        self.kind = "velocity"
        self.want_e, self.want_n = self._bounded(want_e, want_n, self._velocity_max)
        self.want_u = min(max(want_u, -self._down_mps), self._up_mps)
        self.direct = True

    def step(self, e: float, n: float, u: float, ve: float, vn: float, height_m: float) -> None:
        """Update the wanted velocity from the estimated position, the velocity and the height above the ground."""
        kind = self.kind
        self._state = e, n, ve, vn
        if kind == "idle" or kind == "velocity":
            return
        if self._braking:
            self.want_e = self.want_n = 0.0
            if ve * ve + vn * vn < 0.09:
                self._braking = False
                self.east, self.north = e, n
        else:
            self._approach(self.east - e, self.north - n)
        if kind == "sink":
            self.want_u = -self._land_mps
        elif kind == "chase":
            self.want_u = within((self.up - u) * _CHASE_GAIN_PER_S, -self._down_mps, self._up_mps)
        elif kind == "land":
            self.want_u = -self._by_height(height_m, _LAND_SHARE * self._land_mps, self._down_mps)
        else:
            up_mps = min(self._up_mps, self._by_height(height_m, self._take_off_mps, self._up_mps))
            self.want_u = within((self.up - u) * _VERTICAL_GAIN_PER_S, -self._down_mps, up_mps)

    def face(self, e: float, n: float) -> None:
        """Turn the nose towards the target, unless it is near."""
        d_e, d_n = self.east - e, self.north - n
        if d_e * d_e + d_n * d_n > _HEADING_FROM_M * _HEADING_FROM_M:
            self.heading_deg = heading_of(d_e, d_n)

    def _approach(self, d_e: float, d_n: float) -> None:
        """Fly towards a place `d_e, d_n` away: directly, or along the line with correction across it."""
        if self.direct:
            self.want_e, self.want_n = self._bounded(
                self._position_gain * d_e, self._position_gain * d_n, self._velocity_max
            )
            return
        line_e, line_n, most = self._line_e, self._line_n, self.speed_mps
        along = d_e * line_e + d_n * line_n
        if line_e or line_n:
            across_e, across_n = self._bounded(
                self._position_gain * (d_e - along * line_e), self._position_gain * (d_n - along * line_n), most
            )
            most = sqrt(max(0.0, most * most - across_e * across_e - across_n * across_n))
        else:
            across_e = across_n = 0.0
            along = sqrt(d_e * d_e + d_n * d_n)
            if along < 1e-6:
                self.want_e = self.want_n = 0.0
                return
            line_e, line_n = d_e / along, d_n / along
        speed = min(most, braking_speed(abs(along), self._acceleration, self._jerk))
        if along < 0.0:
            speed = -speed
        self.want_e, self.want_n = line_e * speed + across_e, line_n * speed + across_n

    def _by_height(self, height_m: float, low_mps: float, high_mps: float) -> float:
        """Vertical speed between the land and the cruise limit, as PX4 blends it between MPC_LAND_ALT2 and ALT1."""
        if height_m >= self._land_high_m:
            return high_mps
        if height_m <= self._land_low_m:
            return min(low_mps, high_mps)
        share = (height_m - self._land_low_m) / (self._land_high_m - self._land_low_m)
        return low_mps + share * (high_mps - low_mps)

    @staticmethod
    def _bounded(east: float, north: float, most: float) -> tuple[float, float]:
        length = sqrt(east * east + north * north)
        return (east, north) if length <= most else (east * most / length, north * most / length)
