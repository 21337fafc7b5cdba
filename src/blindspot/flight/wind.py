"""The wind, from how a drone leans: without an airspeed sensor its tilt is what tells.

In level flight the horizontal thrust, g tan(tilt), both accelerates the drone and overcomes the drag of its rotors,
which is linear in the speed through the air (PX4's EKF2_MCOEF does the same): thrust = dv/dt + drag (v - wind). All is
averaged over some seconds; the average of dv/dt is then that of v's distance from its own average.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, isfinite

from blindspot.flight.vehicle import Telemetry

AVERAGE_S = 5.0
OLD_S = 1.5
"""Motion told longer ago is not averaged on: it would count again at every look."""


@dataclass(frozen=True, slots=True)
class Wind:
    """Where the air goes to, m/s."""

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
        self._v = self._a = (0.0, 0.0)

    def hear(self, seen: Telemetry) -> Wind | None:
        """The wind now; None on the ground, in the first seconds of a flight, and where motion is not told."""
        v, a = (seen.east_mps, seen.north_mps), (seen.thrust_east_mps2, seen.thrust_north_mps2)
        dt_s = seen.stamp_s - self._last_s
        moves = seen.landed == "in_air" and seen.motion_age_s <= OLD_S
        if not moves or not isfinite(v[0] + v[1] + a[0] + a[1]):
            self._since_s = None
            return None
        self._last_s = seen.stamp_s
        if self._since_s is None or dt_s < 0.0:
            self._since_s, self._v, self._a = seen.stamp_s, v, a
            return None
        share = dt_s / (AVERAGE_S + dt_s)
        self._v = _toward(self._v, v, share)
        self._a = _toward(self._a, a, share)
        if seen.stamp_s - self._since_s < 2.0 * AVERAGE_S:
            return None
        return Wind(self._part(0, v[0]), self._part(1, v[1]))

    def _part(self, axis: int, now_mps: float) -> float:
        """The wind's part towards east (0) or north (1)."""
        mean_mps, mean_mps2 = self._v[axis], self._a[axis]
        return mean_mps - (mean_mps2 - (now_mps - mean_mps) / AVERAGE_S) / self._drag_per_s


def _toward(mean: tuple[float, float], now: tuple[float, float], share: float) -> tuple[float, float]:
    return mean[0] + share * (now[0] - mean[0]), mean[1] + share * (now[1] - mean[1])
