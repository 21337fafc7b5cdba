"""How long a flight takes and what it costs, by the drone's performance and energy models."""

from __future__ import annotations

import math
from dataclasses import dataclass

from blindspot.planning.mission import DroneModel, Performance
from blindspot.planning.plan import Aim, Leg, Point, Step, View

SETTLE_S = 2.0
"""Time at a viewpoint after the camera has turned: the drone comes to rest and pictures are taken."""
LANDING_MPS = 0.7
LANDING_SLOW_BELOW_M = 10.0
"""The autopilot's last metres are slow (MPC_LAND_SPEED below MPC_LAND_ALT1)."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds in the air, metres flown (climb included) and energy."""

    time_s: float = 0.0
    distance_m: float = 0.0
    energy_wh: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.time_s + other.time_s, self.distance_m + other.distance_m, self.energy_wh + other.energy_wh)


def straight_s(distance_m: float, speed_mps: float, acceleration_mps2: float) -> float:
    """Time for a straight line from rest to rest: a trapezium of speed, or a triangle where it is short."""
    if distance_m < speed_mps**2 / acceleration_mps2:
        return 2.0 * math.sqrt(distance_m / acceleration_mps2)
    return distance_m / speed_mps + speed_mps / acceleration_mps2


def move(model: DroneModel, start: Point, end: Point, speed_mps: float) -> Cost:
    """A straight flight from rest to rest."""
    performance, energy = model.performance, model.energy
    flat_m = math.hypot(end.east_m - start.east_m, end.north_m - start.north_m)
    rise_m = end.up_m - start.up_m
    flat_s = straight_s(flat_m, speed_mps, performance.acceleration_mps2)
    vertical_mps = performance.climb_mps if rise_m > 0 else performance.descend_mps
    vertical_s = straight_s(abs(rise_m), vertical_mps, performance.acceleration_mps2)
    time_s = max(flat_s, vertical_s)
    power_w = energy.hover_w + energy.cruise_extra_w * (speed_mps / performance.cruise_mps) ** 3
    used_wh = (power_w * flat_s + energy.hover_w * (time_s - flat_s)) / 3600.0 + energy.climb_wh_per_m * max(
        rise_m, 0.0
    )
    return Cost(time_s, math.hypot(flat_m, rise_m), used_wh)


def stay(model: DroneModel, time_s: float) -> Cost:
    return Cost(time_s, 0.0, model.energy.hover_w * time_s / 3600.0)


def land(model: DroneModel, height_m: float) -> Cost:
    """Straight down, the last metres slowly."""
    slow_m = min(height_m, LANDING_SLOW_BELOW_M)
    time_s = (height_m - slow_m) / model.performance.descend_mps + slow_m / min(
        LANDING_MPS, model.performance.descend_mps
    )
    return Cost(time_s, height_m, model.energy.hover_w * time_s / 3600.0)


def go_home(model: DroneModel, start: Point, home: Point, return_alt_m: float, speed_mps: float) -> Cost:
    """The autopilot's return: up to the return altitude if below it, straight, down over home."""
    up_m = max(start.up_m, home.up_m + return_alt_m)
    above_start = Point(east_m=start.east_m, north_m=start.north_m, up_m=up_m)
    above_home = Point(east_m=home.east_m, north_m=home.north_m, up_m=up_m)
    return (
        move(model, start, above_start, speed_mps)
        + move(model, above_start, above_home, speed_mps)
        + land(model, up_m - home.up_m)
    )


def turn_s(model: DroneModel, before: Aim | None, after: Aim) -> float:
    """Longest time to bring the camera from one aim to the next.

    The autopilot turns the nose along the path between viewpoints, so that from one place to another half a turn may be
    needed whatever the aims: `before` is None then.
    """
    performance: Performance = model.performance
    if before is None:
        return max(90.0 / model.camera.gimbal_slew_dps, 180.0 / performance.yaw_rate_dps)
    turn_deg = abs((after.heading_deg - before.heading_deg + 180.0) % 360.0 - 180.0)
    tilt_deg = abs(after.pitch_deg - before.pitch_deg)
    return max(tilt_deg / model.camera.gimbal_slew_dps, turn_deg / performance.yaw_rate_dps)


def flight(model: DroneModel, home: Point, takeoff_up_m: float, steps: tuple[Step, ...]) -> tuple[Cost, ...]:
    """What a route has cost after the take-off, after each step, and after the landing."""
    at = Point(east_m=home.east_m, north_m=home.north_m, up_m=takeoff_up_m)
    costs = [move(model, home, at, model.performance.cruise_mps)]
    for step in steps:
        cost = move(model, at, step.to, step.speed_mps)
        if isinstance(step, View):
            cost += stay(model, step.dwell_s)
        elif isinstance(step, Leg):
            cost += stay(model, turn_s(model, None, step.aim))
        costs.append(costs[-1] + cost)
        at = step.to
    return (*costs, costs[-1] + land(model, at.up_m - home.up_m))
