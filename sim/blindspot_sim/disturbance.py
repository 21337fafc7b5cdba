"""What the drone can't know: wind, and the error of its own position estimate. Seeded, so that a run repeats."""

from __future__ import annotations

from math import exp, sqrt
from random import Random

from blindspot_sim.config import NoiseConfig, WindConfig

UPDATE_S = 0.2


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
    """Wind (m/s, towards east and north) and estimate error (m), held between updates."""

    __slots__ = ("_drifts", "_wind", "error_east_m", "error_north_m", "error_up_m", "wind_east_mps", "wind_north_mps")

    def __init__(self, random: Random, wind: WindConfig, noise: NoiseConfig) -> None:
        self._wind = wind
        self._drifts = (
            Drift(random, wind.gust_mps, wind.gust_time_s),
            Drift(random, wind.gust_mps, wind.gust_time_s),
            Drift(random, noise.horizontal_m, noise.time_s),
            Drift(random, noise.horizontal_m, noise.time_s),
            Drift(random, noise.vertical_m, noise.time_s),
        )
        self.update()

    def update(self) -> None:
        gust_east, gust_north, east, north, up = self._drifts
        self.wind_east_mps = self._wind.east_mps + gust_east.update()
        self.wind_north_mps = self._wind.north_mps + gust_north.update()
        self.error_east_m = east.update()
        self.error_north_m = north.update()
        self.error_up_m = up.update()
