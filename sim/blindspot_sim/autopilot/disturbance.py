"""Disturbances that the drone can't measure: wind and the error of its position estimate. Seeded and repeatable."""

from __future__ import annotations

from dataclasses import replace
from math import cos, exp, pi, sin, sqrt
from random import Random

from blindspot_sim.airframe.vehicle_config import NoiseConfig, WindConfig

UPDATE_S = 0.2
_BLIND_DRIFT_MPS2 = 0.41
"""Growth of the speed estimate's error after the loss of the position (fitted to a recording: 3.3 m/s after 8 s)."""


class Drift:
    """A first-order Gauss-Markov process of standard deviation `sigma`, sampled every `UPDATE_S`."""

    __slots__ = ("_keep", "_kick", "_random", "value")

    def __init__(self, random: Random, sigma: float, time_s: float) -> None:
        self._random = random
        self._keep = exp(-UPDATE_S / time_s)
        self._kick = sigma * sqrt(1.0 - self._keep * self._keep)
        self.value = random.gauss(0.0, sigma) if sigma > 0.0 else 0.0

    def update(self) -> float:
        if self._kick > 0.0:
            self.value = self._keep * self.value + self._kick * self._random.gauss(0.0, 1.0)
        return self.value


class Disturbance:
    """Wind (m/s, towards east and north), errors of the estimated position (m) and speed (m/s), held between updates.

    The speed's error is zero with a position. After `lose_position` the errors of speed and position grow.
    """

    __slots__ = (
        "_blind_east_mps2", "_blind_north_mps2", "_drifts", "_random", "_run_east_m", "_run_north_m", "_wind",
        "error_east_m", "error_east_mps", "error_north_m", "error_north_mps", "error_up_m", "wind_east_mps",
        "wind_north_mps",
    )  # fmt: skip

    def __init__(self, random: Random, wind: WindConfig, noise: NoiseConfig) -> None:
        self._wind = wind
        self._random = random
        self.find_position()
        self._drifts = (
            Drift(random, wind.gust_mps, wind.gust_time_s),
            Drift(random, wind.gust_mps, wind.gust_time_s),
            Drift(random, noise.horizontal_m, noise.time_s),
            Drift(random, noise.horizontal_m, noise.time_s),
            Drift(random, noise.vertical_m, noise.time_s),
        )
        self.update()

    def lose_position(self) -> None:
        """From now on the error of the estimate grows."""
        angle = self._random.uniform(-pi, pi)
        self._blind_east_mps2, self._blind_north_mps2 = _BLIND_DRIFT_MPS2 * cos(angle), _BLIND_DRIFT_MPS2 * sin(angle)

    def find_position(self) -> None:
        """The estimate jumps back to its normal error."""
        self._blind_east_mps2 = self._blind_north_mps2 = 0.0
        self._run_east_m = self._run_north_m = self.error_east_mps = self.error_north_mps = 0.0

    def blow(self, east_mps: float, north_mps: float) -> None:
        """Set the mean wind."""
        self._wind = replace(self._wind, east_mps=east_mps, north_mps=north_mps)

    def update(self) -> None:
        gust_east, gust_north, east, north, up = self._drifts
        self.error_east_mps += self._blind_east_mps2 * UPDATE_S
        self.error_north_mps += self._blind_north_mps2 * UPDATE_S
        self._run_east_m += self.error_east_mps * UPDATE_S
        self._run_north_m += self.error_north_mps * UPDATE_S
        self.wind_east_mps = self._wind.east_mps + gust_east.update()
        self.wind_north_mps = self._wind.north_mps + gust_north.update()
        self.error_east_m = east.update() + self._run_east_m
        self.error_north_m = north.update() + self._run_north_m
        self.error_up_m = up.update()
