"""The checker's own model of a flight: the drone's position at every second and metre, and its used energy.

This code is separate from the planner's code on purpose, and simple: two equal mistakes are less likely than one
mistake.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blindspot.mission import DroneModel, Point, Route, View, Waypoint, return_path

SLOW_LANDING_MPS = 0.7
SLOW_LIFTING_MPS = 1.4
SLOW_NEAR_GROUND_M = 10.0
SPIN_UP_S, SURE_OF_GROUND_S = 2.0, 7.0
JERK_MPS3 = 4.0
CLIMB_EFFECT = 0.9
HEIGHT_GAIN_PER_S, HEIGHT_RADIUS_M, STEEP_MPS2 = 0.35, 0.8, 2.0
LAG_S_PER_MPS, SLOWER = 0.08, 0.04
"""The autopilot follows a speed set-point with some lag, and flies it some hundredths slower."""
ROUNDED_S = 0.7
"""Time saved at a waypoint that is passed at speed, s."""
VIEW_STARTS_S = 0.15
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FlightTrack:
    """Samples at most a second and a metre apart: times, positions (n, 3) m ENU, used energy, and the step that each
    belongs to (-1: take-off, number of steps: landing)."""

    time_s: Array
    at_m: Array
    used_wh: Array
    step: NDArray[np.int64]

    @property
    def flat_m(self) -> Array:
        return self.at_m[:, :2]


def xyz(point: Point) -> Array:
    return np.array([point.east_m, point.north_m, point.up_m])


def track_of(route: Route, model: DroneModel) -> FlightTrack:
    """The flight of a route: take-off (unless it begins in the air), every step, and straight down from the last."""
    if route.begin is None:
        writer = _Writer(xyz(route.home), model)
        writer.lift(route.takeoff_up_m, -1)
    else:
        writer = _Writer(xyz(route.begin.at), model, (1 - route.begin.battery_fraction) * model.energy.usable_wh(), 0)
    stops = route.failsafe.rtl_type == return_path.ALONG_MISSION  # each bend stands twice in the mission
    for number, step in enumerate(route.steps):
        writer.fly(xyz(step.to), step.speed_mps, number, 0.0 if isinstance(step, View) or stops else ROUNDED_S)
        if isinstance(step, View):
            writer.wait(step.dwell_s + VIEW_STARTS_S, number)
    writer.land(route.home.up_m, len(route.steps))
    return writer.track()


def track_of_way(start: Point, steps: Sequence[View | Waypoint], model: DroneModel) -> FlightTrack:
    """The flight from a place in the air over the steps, with a stop at each."""
    writer = _Writer(xyz(start), model)
    for number, step in enumerate(steps):
        writer.fly(xyz(step.to), step.speed_mps, number, 0.0)
        writer.wait(step.dwell_s if isinstance(step, View) else 1.0, number)
    return writer.track()


def home_wh(model: DroneModel, track: FlightTrack, goal_m: Array, return_up_m: float, speed_mps: float) -> Array:
    """Energy, Wh, of a return from every sample to the goal: up if needed, straight, down."""
    performance, energy = model.performance, model.energy
    climb_m = np.maximum(0.0, return_up_m - track.at_m[:, 2])
    down_m = np.maximum(track.at_m[:, 2], return_up_m) - goal_m[2]
    flat_m = np.linalg.norm(track.flat_m - goal_m[:2], axis=1)
    slow_m = np.minimum(down_m, SLOW_NEAR_GROUND_M)
    ends_s = speed_mps * (1 / performance.acceleration_mps2 + LAG_S_PER_MPS) + performance.acceleration_mps2 / JERK_MPS3
    flat_s = np.where(flat_m > 0, flat_m / speed_mps * (1 + SLOWER) + ends_s, 0.0)
    steep_s = _steep_s(climb_m, performance.climb_mps, CLIMB_EFFECT) + (down_m - slow_m) / performance.descend_mps
    steep_s += slow_m / min(SLOW_LANDING_MPS, performance.descend_mps) + SURE_OF_GROUND_S
    spent_ws = energy.hover_w * (flat_s + steep_s)
    spent_ws += energy.cruise_extra_w * (speed_mps / performance.cruise_mps) ** 3 * flat_s
    return np.asarray(spent_ws / 3600.0 + energy.climb_wh_per_m * climb_m)


def hops_wh(ways_m: Array, model: DroneModel, speeds_mps: set[float]) -> Array:
    """Energy, Wh, of straight flights from rest to rest over (n, 3) differences of place, at the dearest of speeds."""
    performance, energy = model.performance, model.energy
    flat_m, rise_m = np.linalg.norm(ways_m[:, :2], axis=1), ways_m[:, 2]
    up_s = _steep_s(np.maximum(rise_m, 0.0), performance.climb_mps, CLIMB_EFFECT)
    steep_s = up_s + _steep_s(np.maximum(-rise_m, 0.0), performance.descend_mps, 1.0)
    worst_wh = np.zeros(len(ways_m))
    for speed_mps in speeds_mps:
        flat_s = np.array([_rest_to_rest_s(float(m), speed_mps, performance.acceleration_mps2) for m in flat_m])
        time_s = np.maximum(flat_s, steep_s)
        watts = np.where(flat_m > 0.0, energy.cruise_extra_w * (speed_mps / performance.cruise_mps) ** 3, 0.0)
        spent_wh = (energy.hover_w + watts) * time_s / 3600.0 + energy.climb_wh_per_m * np.maximum(rise_m, 0.0)
        worst_wh = np.maximum(worst_wh, spent_wh)
    return worst_wh


def landing_wh(height_m: float, model: DroneModel) -> float:
    """Energy of the way straight down from a height over the pad, Wh."""
    slow_m = min(max(0.0, height_m), SLOW_NEAR_GROUND_M)
    descend_mps = model.performance.descend_mps
    time_s = (max(0.0, height_m) - slow_m) / descend_mps + slow_m / min(SLOW_LANDING_MPS, descend_mps)
    return model.energy.hover_w * (time_s + SURE_OF_GROUND_S) / 3600.0


class _Writer:
    def __init__(self, start_m: Array, model: DroneModel, used_wh: float = 0.0, step: int = -1) -> None:
        self._model = model
        self._time, self._at, self._used, self._step = [0.0], [start_m], [used_wh], [step]

    def lift(self, up_m: float, step: int) -> None:
        """Off the ground and straight up: slowly at first."""
        start_m, fly = self._at[-1], self._model.performance
        self.wait(SPIN_UP_S, step)
        near_m = min(SLOW_NEAR_GROUND_M, up_m - float(start_m[2]))
        near_s = near_m / min(SLOW_LIFTING_MPS, CLIMB_EFFECT * fly.climb_mps)
        above_s = float(_steep_s(np.array(up_m - start_m[2] - near_m), fly.climb_mps, CLIMB_EFFECT))
        for to_up_m, time_s in ((float(start_m[2]) + near_m, near_s), (up_m, above_s)):
            energy, rise_m = self._model.energy, to_up_m - float(self._at[-1][2])
            spent_wh = energy.hover_w * time_s / 3600.0 + energy.climb_wh_per_m * rise_m
            self._spread(np.array([start_m[0], start_m[1], to_up_m]), time_s, spent_wh, step)

    def fly(self, to_m: Array, speed_mps: float, step: int, saved_s: float) -> None:
        """Straight, from rest to rest less `saved_s`; energy is spent evenly over the way."""
        start_m = self._at[-1]
        fly, energy = self._model.performance, self._model.energy
        flat_m, rise_m = float(np.linalg.norm((to_m - start_m)[:2])), float(to_m[2] - start_m[2])
        rate_mps, effect = (fly.climb_mps, CLIMB_EFFECT) if rise_m > 0 else (fly.descend_mps, 1.0)
        steep_s = float(_steep_s(np.array(abs(rise_m)), rate_mps, effect))
        time_s = max(0.0, max(_rest_to_rest_s(flat_m, speed_mps, fly.acceleration_mps2), steep_s) - saved_s)
        extra_w = energy.cruise_extra_w * (speed_mps / fly.cruise_mps) ** 3 if flat_m > 0 else 0.0
        spent_wh = (energy.hover_w + extra_w) * time_s / 3600.0 + energy.climb_wh_per_m * max(0.0, rise_m)
        self._spread(to_m, time_s, spent_wh, step)

    def wait(self, time_s: float, step: int) -> None:
        self._spread(self._at[-1], time_s, self._model.energy.hover_w * time_s / 3600.0, step)

    def land(self, ground_m: float, step: int) -> None:
        top_m = self._at[-1]
        slow_m = min(SLOW_NEAR_GROUND_M, float(top_m[2]) - ground_m)
        for to_up_m, rate_mps in (
            (ground_m + slow_m, self._model.performance.descend_mps),
            (ground_m, SLOW_LANDING_MPS),
        ):
            drop_m = float(self._at[-1][2]) - to_up_m
            time_s = max(0.0, drop_m) / min(rate_mps, self._model.performance.descend_mps)
            self._spread(
                np.array([top_m[0], top_m[1], to_up_m]), time_s, self._model.energy.hover_w * time_s / 3600.0, step
            )
        self.wait(SURE_OF_GROUND_S, step)

    def track(self) -> FlightTrack:
        return FlightTrack(np.array(self._time), np.array(self._at), np.array(self._used), np.array(self._step))

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
    """Time to speed up smoothly, cruise and slow down. On a way too short for the cruise the top speed is searched."""
    if way_m < 1e-6:
        return 0.0
    low_mps, high_mps = 0.0, top_mps
    if top_mps * _ramp_s(top_mps, acceleration_mps2) > way_m:
        for _ in range(40):
            middle_mps = (low_mps + high_mps) / 2
            if middle_mps * _ramp_s(middle_mps, acceleration_mps2) > way_m:
                high_mps = middle_mps
            else:
                low_mps = middle_mps
    ramp_s = _ramp_s(high_mps, acceleration_mps2)
    cruise_s = max(0.0, way_m / high_mps - ramp_s)
    return 2 * ramp_s + cruise_s + LAG_S_PER_MPS * high_mps + SLOWER * way_m / high_mps


def _ramp_s(speed_mps: float, acceleration_mps2: float) -> float:
    """Time from rest to a speed, with an acceleration that builds up and fades; the average is half the speed."""
    if speed_mps < acceleration_mps2**2 / JERK_MPS3:
        return 2 * math.sqrt(speed_mps / JERK_MPS3)
    return speed_mps / acceleration_mps2 + acceleration_mps2 / JERK_MPS3


def _steep_s(height_m: Array, rate_mps: float, effect: float) -> Array:
    """Time straight up or down over heights: at the rate, then slower near the end."""
    slowing_m = np.clip(height_m, HEIGHT_RADIUS_M, rate_mps / HEIGHT_GAIN_PER_S)
    slowing_s = np.log(slowing_m / HEIGHT_RADIUS_M) / (HEIGHT_GAIN_PER_S * effect)
    time_s = (height_m - slowing_m) / (rate_mps * effect) + slowing_s + rate_mps / (2 * STEEP_MPS2)
    return np.where(height_m > HEIGHT_RADIUS_M, time_s, 0.0)
