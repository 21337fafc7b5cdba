"""Duration and energy of a flight, by the drone's performance and energy models.

The constants describe the delays that PX4 adds to the drone's performance, measured in recorded flights and with the
simulated vehicle. They err on the long side: against the vehicle in wind a plan is 0 to 5 % too long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from blindspot.mission.drone_model import DroneModel, Performance
from blindspot.mission.plan import Aim, Point, Step, View

SETTLE_S = 2.0
"""Time for the first view at a place after the camera has turned: the drone comes to rest and takes pictures."""
LOOK_S = 2.0
"""Time for each further view there: one second of pictures, and the possible delay of the gimbal."""
JERK_MPS3 = 4.0
"""How fast the autopilot changes its acceleration (MPC_JERK_AUTO)."""
CATCH_UP_S_PER_MPS = 0.08
CRUISE_STRETCH = 0.04
"""After a new speed set-point the drone has four fifths of it at once and the rest slowly. It brakes with the same
delay."""
PASS_BY_S = 0.7
"""Time saved at a waypoint passed in motion, against a stop at the end of a straight way."""
AIM_S = 0.15
"""A view's items follow each other in the autopilot's cycles."""
CLIMB_SHARE = 0.9
"""The drone climbs at this share of the commanded speed, and descends at the commanded speed."""
VERTICAL_MPS2 = 2.0
LEVEL_OFF_PER_S = 0.35
LEVEL_WITHIN_M = 0.8
"""A height is approached at this speed per metre left, until within NAV_MC_ALT_RAD of it."""
LIFT_OFF_S = 2.0
"""From the autopilot's report "in the air" to the real lift-off: the motors' ramp."""
LIFT_MPS = 1.4
LANDING_MPS = 0.7
SLOW_BELOW_M = 10.0
"""The first and the last metres are slow (MPC_TKO_SPEED, MPC_LAND_SPEED below MPC_LAND_ALT1)."""
TOUCH_DOWN_S = 7.0
"""From touching the ground to the autopilot's report "on the ground"."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds in the air, metres flown (climb included) and energy."""

    time_s: float = 0.0
    distance_m: float = 0.0
    energy_wh: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.time_s + other.time_s, self.distance_m + other.distance_m, self.energy_wh + other.energy_wh)


def straight_s(distance_m: float, speed_mps: float, acceleration_mps2: float) -> float:
    """Least time for a straight line from rest to rest: a trapezium of speed, or a triangle on a short line."""
    if distance_m < speed_mps**2 / acceleration_mps2:
        return 2.0 * math.sqrt(distance_m / acceleration_mps2)
    return distance_m / speed_mps + speed_mps / acceleration_mps2


def level_s(distance_m: float, speed_mps: float, acceleration_mps2: float) -> float:
    """Time that the autopilot takes for a level straight line from rest to rest.

    Jerk-limited: a ramp to a speed v takes v/a + a/j, or 2 sqrt(v/j) if the acceleration stays below the limit; two
    joined ramps cover v times this time. The delay in reaching the speed set-point is added.
    """
    if distance_m < 1e-6:
        return 0.0
    a, j = acceleration_mps2, JERK_MPS3
    if distance_m <= 2.0 * a**3 / j**2:
        peak_mps = math.cbrt(distance_m**2 * j / 4.0)
    else:
        peak_mps = math.sqrt((a * a / (2.0 * j)) ** 2 + a * distance_m) - a * a / (2.0 * j)
    peak_mps = min(speed_mps, peak_mps)
    ramp_s = peak_mps / a + a / j if peak_mps >= a * a / j else 2.0 * math.sqrt(peak_mps / j)
    return distance_m / peak_mps * (1.0 + CRUISE_STRETCH) + ramp_s + CATCH_UP_S_PER_MPS * peak_mps


def vertical_s(rise_m: float, performance: Performance) -> float:
    """Time for a climb or a descent (negative) from rest to rest: at the set speed, then slower towards the end."""
    height_m = abs(rise_m)
    if height_m <= LEVEL_WITHIN_M:
        return 0.0
    share = CLIMB_SHARE if rise_m > 0 else 1.0
    set_mps = performance.climb_mps if rise_m > 0 else performance.descend_mps
    slow_m = max(LEVEL_WITHIN_M, min(height_m, set_mps / LEVEL_OFF_PER_S))
    ending_s = math.log(slow_m / LEVEL_WITHIN_M) / (share * LEVEL_OFF_PER_S)
    return (height_m - slow_m) / (share * set_mps) + ending_s + set_mps / (2.0 * VERTICAL_MPS2)


def move(model: DroneModel, start: Point, end: Point, speed_mps: float) -> Cost:
    """A straight flight from rest to rest."""
    performance, energy = model.performance, model.energy
    flat_m = math.hypot(end.east_m - start.east_m, end.north_m - start.north_m)
    rise_m = end.up_m - start.up_m
    flat_s = level_s(flat_m, speed_mps, performance.acceleration_mps2)
    time_s = max(flat_s, vertical_s(rise_m, performance))
    power_w = energy.hover_w + energy.cruise_extra_w * (speed_mps / performance.cruise_mps) ** 3
    used_wh = (power_w * flat_s + energy.hover_w * (time_s - flat_s)) / 3600.0 + energy.climb_wh_per_m * max(
        rise_m, 0.0
    )
    return Cost(time_s, math.hypot(flat_m, rise_m), used_wh)


def stay(model: DroneModel, time_s: float) -> Cost:
    return Cost(time_s, 0.0, model.energy.hover_w * time_s / 3600.0)


def take_off(model: DroneModel, height_m: float) -> Cost:
    """Straight up, the first metres slowly."""
    climb_mps = CLIMB_SHARE * model.performance.climb_mps
    slowly_s = min(height_m, SLOW_BELOW_M) * max(0.0, 1.0 / LIFT_MPS - 1.0 / climb_mps)
    time_s = LIFT_OFF_S + slowly_s + vertical_s(height_m, model.performance)
    energy = model.energy
    return Cost(time_s, height_m, energy.hover_w * time_s / 3600.0 + energy.climb_wh_per_m * height_m)


def land(model: DroneModel, height_m: float) -> Cost:
    """Straight down, the last metres slowly, until the autopilot has detected the landing."""
    time_s = land_s(model.performance, height_m)
    return Cost(time_s, height_m, model.energy.hover_w * time_s / 3600.0)


def land_s(performance: Performance, height_m: float) -> float:
    """Time that `land` takes."""
    slow_m = min(height_m, SLOW_BELOW_M)
    time_s = (height_m - slow_m) / performance.descend_mps + slow_m / min(LANDING_MPS, performance.descend_mps)
    return time_s + TOUCH_DOWN_S


def go_home(model: DroneModel, start: Point, home: Point, return_alt_m: float, speed_mps: float) -> Cost:
    """The autopilot's return: up to the return altitude if below it, straight, down over home."""
    up_m = max(start.up_m, home.up_m + return_alt_m)
    flat_m = math.hypot(home.east_m - start.east_m, home.north_m - start.north_m)
    rise_m, height_m = up_m - start.up_m, up_m - home.up_m
    time_s, _, energy_wh = up_over_and_down(model, rise_m, flat_m, height_m, speed_mps)
    return Cost(time_s, rise_m + flat_m + height_m, energy_wh)


def up_over_and_down(
    model: DroneModel, rise_m: float, flat_m: float, height_m: float, speed_mps: float
) -> tuple[float, float, float]:  # fmt: skip
    """Straight up by `rise_m`, level for `flat_m`, landed from `height_m`: `move`, `move` and `land`, in one sum.

    Returns (time, s; the level part of it, s; energy, Wh). Plain numbers instead of `Cost` save time: every drone in
    the air calls this often.
    """
    performance, energy = model.performance, model.energy
    rise_s, land_time_s = vertical_s(rise_m, performance), land_s(performance, height_m)
    flat_s = level_s(flat_m, speed_mps, performance.acceleration_mps2)
    power_w = energy.hover_w + energy.cruise_extra_w * (speed_mps / performance.cruise_mps) ** 3
    up_wh = energy.hover_w * rise_s / 3600.0 + energy.climb_wh_per_m * rise_m
    flat_wh, down_wh = power_w * flat_s / 3600.0, energy.hover_w * land_time_s / 3600.0
    return rise_s + flat_s + land_time_s, flat_s, up_wh + flat_wh + down_wh


def turn_s(model: DroneModel, before: Aim | None, after: Aim) -> float:
    """Longest time to bring the camera from one aim to the next.

    The autopilot turns the nose along the path between viewpoints. After a change of place half a turn may therefore be
    needed with any pair of aims: `before` is None then.
    """
    performance: Performance = model.performance
    if before is None:
        return max(90.0 / model.camera.gimbal_slew_dps, 180.0 / performance.yaw_rate_dps)
    turn_deg = abs((after.heading_deg - before.heading_deg + 180.0) % 360.0 - 180.0)
    tilt_deg = abs(after.pitch_deg - before.pitch_deg)
    return max(tilt_deg / model.camera.gimbal_slew_dps, turn_deg / performance.yaw_rate_dps)


def flight(
    model: DroneModel, home: Point, takeoff_up_m: float, steps: tuple[Step, ...], start: Point | None = None,
    *, stops: bool = False,
) -> tuple[Cost, ...]:  # fmt: skip
    """Cost of a flight after the take-off, after each step, and after the landing, by the drone's performance and
    energy models.

    The take-off from the pad (its `up_m` is the ground) ends at `takeoff_up_m` above the datum. A route with a `start`
    begins in the air there; its take-off costs 0. With `stops`, the drone comes to rest at every bend: a mission that
    is a way home has each bend twice, and PX4 stops there.
    """
    at = start or Point(east_m=home.east_m, north_m=home.north_m, up_m=takeoff_up_m)
    costs = [Cost() if start else take_off(model, takeoff_up_m - home.up_m)]
    for step in steps:
        cost = move(model, at, step.to, step.speed_mps)
        if isinstance(step, View):
            cost += stay(model, step.dwell_s + AIM_S)
        elif not stops:  # a leg's camera turns as it departs
            cost += stay(model, -min(PASS_BY_S, cost.time_s))
        costs.append(costs[-1] + cost)
        at = step.to
    return (*costs, costs[-1] + land(model, at.up_m - home.up_m))
