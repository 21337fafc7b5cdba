"""The checker's own idea of a flight: where a drone is at every second and metre, and what its battery has given.

Written apart from the planner on purpose, plainly: two mistakes that agree are less likely than one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blindspot.planning.mission import DroneModel
from blindspot.planning.plan import Leg, Point, Route, View, Waypoint

SLOW_LANDING_MPS = 0.7
SLOW_LANDING_M = 10.0
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Track:
    """Samples at most a second and a metre apart: times, positions (n, 3) ENU, energy used, and the step (-1 take-off,
    number of steps: landing) each belongs to."""

    time_s: Array
    at_m: Array
    used_wh: Array
    step: NDArray[np.int64]

    @property
    def flat_m(self) -> Array:
        return self.at_m[:, :2]


def xyz(point: Point) -> Array:
    return np.array([point.east_m, point.north_m, point.up_m])


def track_of(route: Route, model: DroneModel) -> Track:
    """Take-off, every step, and straight down from where the last one ends."""
    writer = _Writer(xyz(route.home), model)
    writer.fly(np.array([*xyz(route.home)[:2], route.takeoff_up_m]), model.performance.climb_mps, -1)
    for number, step in enumerate(route.steps):
        writer.fly(xyz(step.to), step.speed_mps, number)
        if isinstance(step, View):
            writer.wait(step.dwell_s, number)
        elif isinstance(step, Leg):
            writer.wait(180.0 / model.performance.yaw_rate_dps, number)
        else:
            assert isinstance(step, Waypoint)
    writer.land(route.home.up_m, len(route.steps))
    return writer.track()


def home_wh(model: DroneModel, track: Track, goal_m: Array, return_up_m: float, speed_mps: float) -> Array:
    """Energy, Wh, of a return from every sample to the goal: up if need be, straight, down."""
    performance, energy = model.performance, model.energy
    climb_m = np.maximum(0.0, return_up_m - track.at_m[:, 2])
    down_m = np.maximum(track.at_m[:, 2], return_up_m) - goal_m[2]
    flat_m = np.linalg.norm(track.flat_m - goal_m[:2], axis=1)
    slow_m = np.minimum(down_m, SLOW_LANDING_M)
    flat_s = np.where(flat_m > 0, flat_m / speed_mps + 2 * speed_mps / performance.acceleration_mps2, 0.0)
    steep_s = climb_m / performance.climb_mps + (down_m - slow_m) / performance.descend_mps
    steep_s += slow_m / min(SLOW_LANDING_MPS, performance.descend_mps)
    spent_ws = energy.hover_w * (flat_s + steep_s)
    spent_ws += energy.cruise_extra_w * (speed_mps / performance.cruise_mps) ** 3 * flat_s
    return np.asarray(spent_ws / 3600.0 + energy.climb_wh_per_m * climb_m)


class _Writer:
    def __init__(self, start_m: Array, model: DroneModel) -> None:
        self._model = model
        self._time, self._at, self._used, self._step = [0.0], [start_m], [0.0], [-1]

    def fly(self, to_m: Array, speed_mps: float, step: int) -> None:
        """Straight, from rest to rest; energy is spent evenly over the way."""
        start_m = self._at[-1]
        fly, energy = self._model.performance, self._model.energy
        flat_m, rise_m = float(np.linalg.norm((to_m - start_m)[:2])), float(to_m[2] - start_m[2])
        rate_mps = fly.climb_mps if rise_m > 0 else fly.descend_mps
        time_s = max(
            _rest_to_rest_s(flat_m, speed_mps, fly.acceleration_mps2),
            _rest_to_rest_s(abs(rise_m), rate_mps, fly.acceleration_mps2),
        )
        extra_w = energy.cruise_extra_w * (speed_mps / fly.cruise_mps) ** 3 if flat_m > 0 else 0.0
        spent_wh = (energy.hover_w + extra_w) * time_s / 3600.0 + energy.climb_wh_per_m * max(0.0, rise_m)
        self._spread(to_m, time_s, spent_wh, step)

    def wait(self, time_s: float, step: int) -> None:
        self._spread(self._at[-1], time_s, self._model.energy.hover_w * time_s / 3600.0, step)

    def land(self, ground_m: float, step: int) -> None:
        top_m = self._at[-1]
        slow_m = min(SLOW_LANDING_M, float(top_m[2]) - ground_m)
        for to_up_m, rate_mps in (
            (ground_m + slow_m, self._model.performance.descend_mps),
            (ground_m, SLOW_LANDING_MPS),
        ):
            drop_m = float(self._at[-1][2]) - to_up_m
            time_s = max(0.0, drop_m) / min(rate_mps, self._model.performance.descend_mps)
            self._spread(
                np.array([top_m[0], top_m[1], to_up_m]), time_s, self._model.energy.hover_w * time_s / 3600.0, step
            )

    def track(self) -> Track:
        return Track(np.array(self._time), np.array(self._at), np.array(self._used), np.array(self._step))

    def _spread(self, to_m: Array, time_s: float, spent_wh: float, step: int) -> None:
        start_m, start_s, start_wh = self._at[-1], self._time[-1], self._used[-1]
        pieces = max(1, math.ceil(time_s), math.ceil(float(np.linalg.norm(to_m - start_m))))
        for k in range(1, pieces + 1):
            share = k / pieces
            self._time.append(start_s + share * time_s)
            self._at.append(start_m + share * (to_m - start_m))
            self._used.append(start_wh + share * spent_wh)
            self._step.append(step)


def _rest_to_rest_s(way_m: float, top_mps: float, acceleration_mps2: float) -> float:
    """Accelerate, cruise if the way is long enough, brake."""
    ramp_m = top_mps**2 / acceleration_mps2
    return (
        way_m / top_mps + top_mps / acceleration_mps2 if way_m >= ramp_m else 2 * math.sqrt(way_m / acceleration_mps2)
    )
