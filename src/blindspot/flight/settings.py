"""How one drone is flown: limits of time and distance, and the energy of the way home."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, inf

from blindspot.flight.vehicle import Telemetry
from blindspot.planning.mission import DroneModel
from blindspot.planning.plan import Point, Route

RTL_TO_SAFE_POINT = 3  # PX4 RTL_TYPE: the nearest of home and the rally points


@dataclass(frozen=True, slots=True)
class FlightSettings:
    """Limits of one flight; the defaults suit a small quadrotor over a town."""

    model: DroneModel
    simulated: bool = False
    """The autopilot is a simulation: pre-flight asks for no radio control, release or GNSS time, and sets what is
    wrong."""
    stale_state_s: float = 3.0
    """Silence of `state` (about 1 Hz) after which the vehicle counts as silent."""
    silent_return_s: float = 30.0
    stale_position_s: float = 1.5
    position_lost_s: float = 10.0
    """PX4 lands by itself after 6 s; this is for when it did not."""
    stale_battery_s: float = 5.0
    """PX4 tells its battery every 2 s."""
    camera_return_s: float = 30.0
    hold_s: float = 120.0
    """A hold that nobody ended becomes a return."""
    landing_battery_fraction: float = 0.12
    """What must be left after the way home."""
    home_error_m: float = 5.0
    aim_error_deg: float = 5.0
    view_error_m: float = 4.0
    off_route_m: float = 15.0
    """A pilot further away than this must fly back to the route before it can be resumed."""
    time_factor: float = 1.5
    """A route that takes this much longer than planned, and a minute, is given up."""


def home_energy_wh(model: DroneModel, distance_m: float, climb_m: float, descend_m: float) -> float:
    """Energy to climb, fly `distance_m` at cruise speed, descend and land, Wh, by the drone's power model."""
    fly, energy = model.performance, model.energy
    hours = (climb_m / fly.climb_mps + distance_m / fly.cruise_mps + descend_m / fly.descend_mps) / 3600.0
    return energy.hover_w * hours + energy.cruise_extra_w * distance_m / fly.cruise_mps / 3600.0 + (
        energy.climb_wh_per_m * climb_m
    )


def battery_for_home(settings: FlightSettings, route: Route, seen: Telemetry) -> float:
    """Fraction of the battery that must be left here to come home with the landing reserve; infinite when unknown."""
    if not seen.height_m >= -10.0 or not abs(seen.east_m) < inf:  # NaN compares as unknown
        return inf
    goals: tuple[Point, ...] = (route.home,)
    if route.failsafe.rtl_type == RTL_TO_SAFE_POINT:
        goals += route.failsafe.rally
    distance_m = min(hypot(seen.east_m - goal.east_m, seen.north_m - goal.north_m) for goal in goals)
    top_m = max(seen.height_m, route.failsafe.rtl_return_alt_m)
    energy_wh = home_energy_wh(settings.model, distance_m, top_m - seen.height_m, top_m)
    return energy_wh / settings.model.energy.capacity_wh + settings.landing_battery_fraction


def battery_for_route(settings: FlightSettings, route: Route) -> float:
    """Fraction of the battery that must be there before take-off: the plan's own cost and its reserve."""
    energy = settings.model.energy
    return route.expected.energy_wh / energy.capacity_wh + energy.reserve_fraction
