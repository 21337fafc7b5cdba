"""The airframe: velocity loops, drag, wind, yaw and the ground, in plain floats.

The velocity loops below integrate the position; `guidance` sets the wanted velocity. The loops are PX4's
(proportional-integral on velocity, jerk-limited set-point) with PX4's default gains. The drag follows from the recorded
tilt. With a set-point of 5 m/s the quadrotor flies 3.8 m/s at once and approaches 5 m/s in some ten seconds, as
recorded. Lags are fitted to recorded flights. The climb rate is nine tenths of its set-point; the sink rate equals it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

from blindspot_sim.airframe.geo import turn_deg, within

_KP_HORIZONTAL, _KI_HORIZONTAL = 1.8, 0.4
"""MPC_XY_VEL_P_ACC and MPC_XY_VEL_I_ACC."""
_TILT_LAG_S = 0.15
_MAX_TILT_MPS2 = 9.81
"""MPC_TILTMAX_AIR, 45 deg: the largest request (9.7 was recorded)."""
_SETPOINT_GAIN_PER_S = 2.5
_KP_VERTICAL = 4.0
_DRAG_CLIMBING_PER_S = 0.45
_DIRECT_YAW_DPS = 120.0


@dataclass(frozen=True, slots=True)
class Limits:
    """The airframe's limits, from PX4's parameters (m, s, deg)."""

    acceleration_mps2: float
    jerk_mps3: float
    vertical_acceleration_mps2: float
    yaw_rate_dps: float


class Airframe:
    """Truth of one drone. Positions in the site's frame (m), velocities m/s, heading deg (0 = north, clockwise)."""

    __slots__ = (
        "_drag_per_s", "_ground_m", "_i_e", "_i_n", "_sa_e", "_sa_n", "_su", "_was_direct",
        "blind", "e", "ground", "heading_deg", "limits", "n", "on_ground", "se", "sn", "tilt_east_mps2",
        "tilt_north_mps2", "u", "ve", "vn", "vu", "yaw_rate_dps",
    )  # fmt: skip

    def __init__(
        self, east_m: float, north_m: float, up_m: float, heading_deg: float,
        ground_m: Callable[[float, float], float] | None, limits: Limits, drag_per_s: float,
    ) -> None:  # fmt: skip
        self.e, self.n, self.u = east_m, north_m, up_m
        self.ve = self.vn = self.vu = 0.0
        self.heading_deg = heading_deg
        self.yaw_rate_dps = 0.0
        self._was_direct = False
        self.blind = False
        """True while the speed estimate is lost: the drone stays level and drifts with the air."""
        self.limits = limits
        self._ground_m = ground_m
        self._drag_per_s = drag_per_s
        self.ground = ground_m(east_m, north_m) if ground_m else up_m
        self.on_ground = up_m <= self.ground
        self.rest()

    def put_down(self, east_m: float, north_m: float, up_m: float) -> None:
        """Stand on the ground at another place."""
        self.e, self.n = east_m, north_m
        self.u = self.ground = self._ground_m(east_m, north_m) if self._ground_m else up_m
        self.on_ground = True
        self.rest()

    def rest(self) -> None:
        """Stand still: forget velocities, set-points and integrals (motors idle on the ground)."""
        self.ve = self.vn = self.vu = 0.0
        self.se = self.sn = self._su = self._sa_e = self._sa_n = 0.0
        self._i_e = self._i_n = 0.0
        self.tilt_east_mps2 = self.tilt_north_mps2 = 0.0
        """Horizontal thrust, m/s^2: the drone leans by atan of it over g."""
        self.yaw_rate_dps = 0.0

    def step(
        self, dt: float, want_e: float, want_n: float, want_u: float, heading_deg: float,
        wind_e: float, wind_n: float, direct: bool,
    ) -> None:  # fmt: skip
        """Fly `dt` seconds towards a wanted velocity and heading; `direct` (OFFBOARD) skips the set-point's limits."""
        self._shape_setpoint(dt, want_e, want_n, want_u, direct)
        error_e, error_n = self.se - self.ve, self.sn - self.vn
        thrust_e = _KP_HORIZONTAL * error_e + self._i_e
        thrust_n = _KP_HORIZONTAL * error_n + self._i_n
        if self.blind:
            thrust_e = thrust_n = self._i_e = self._i_n = error_e = error_n = 0.0
        square = thrust_e * thrust_e + thrust_n * thrust_n
        if square > _MAX_TILT_MPS2 * _MAX_TILT_MPS2:
            scale = _MAX_TILT_MPS2 / sqrt(square)
            thrust_e *= scale
            thrust_n *= scale
        else:
            gain = _KI_HORIZONTAL * dt
            self._i_e += gain * error_e
            self._i_n += gain * error_n
        lag = dt / (_TILT_LAG_S + dt)
        self.tilt_east_mps2 += (thrust_e - self.tilt_east_mps2) * lag
        self.tilt_north_mps2 += (thrust_n - self.tilt_north_mps2) * lag
        self.ve += (self.tilt_east_mps2 - self._drag_per_s * (self.ve - wind_e)) * dt
        self.vn += (self.tilt_north_mps2 - self._drag_per_s * (self.vn - wind_n)) * dt
        climb = self.vu if self.vu > 0.0 else 0.0
        self.vu += (_KP_VERTICAL * (self._su - self.vu) - _DRAG_CLIMBING_PER_S * climb) * dt
        self.e += self.ve * dt
        self.n += self.vn * dt
        self.u += self.vu * dt
        self._turn(dt, heading_deg, _DIRECT_YAW_DPS if direct else self.limits.yaw_rate_dps)
        if self._ground_m is not None:
            self.ground = self._ground_m(self.e, self.n)
        if self.u <= self.ground:
            self.u = self.ground
            self.on_ground = True
            self.ve = self.vn = 0.0
            self.vu = max(0.0, self.vu)
        else:
            self.on_ground = False

    def _shape_setpoint(self, dt: float, want_e: float, want_n: float, want_u: float, direct: bool) -> None:
        """Move the velocity set-point towards the wanted velocity, within acceleration and jerk."""
        limits = self.limits
        step_u = limits.vertical_acceleration_mps2 * dt
        self._su += within(want_u - self._su, -step_u, step_u)
        if direct:
            self.se, self.sn = want_e, want_n
            self._sa_e = self._sa_n = 0.0
            self._was_direct = True
            return
        if self._was_direct:  # the profile begins at the speed that the drone has
            self.se, self.sn = self.ve, self.vn
            self._was_direct = False
        a_e = _SETPOINT_GAIN_PER_S * (want_e - self.se)
        a_n = _SETPOINT_GAIN_PER_S * (want_n - self.sn)
        square = a_e * a_e + a_n * a_n
        most = limits.acceleration_mps2
        if square > most * most:
            scale = most / sqrt(square)
            a_e *= scale
            a_n *= scale
        j_e, j_n = a_e - self._sa_e, a_n - self._sa_n
        square = j_e * j_e + j_n * j_n
        most = limits.jerk_mps3 * dt
        if square > most * most:
            scale = most / sqrt(square)
            j_e *= scale
            j_n *= scale
        self._sa_e += j_e
        self._sa_n += j_n
        self.se += self._sa_e * dt
        self.sn += self._sa_n * dt

    def _turn(self, dt: float, heading_deg: float, rate_dps: float) -> None:
        error_deg = turn_deg(self.heading_deg, heading_deg)
        most = rate_dps * dt
        turn = within(error_deg, -most, most)
        self.heading_deg = (self.heading_deg + turn) % 360.0
        self.yaw_rate_dps = turn / dt


def braking_speed(distance_m: float, acceleration_mps2: float, jerk_mps3: float) -> float:
    """Highest speed from which a jerk-limited stop within `distance_m` is possible, m/s.

    The stop takes v^2 / 2a + 2 v a / j metres (constant deceleration, and the time to build it up and let it go).
    """
    b = 4.0 * acceleration_mps2 * acceleration_mps2 / jerk_mps3
    return 0.5 * (sqrt(b * b + 8.0 * acceleration_mps2 * distance_m) - b)
