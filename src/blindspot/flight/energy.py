"""What the way home needs: time, and battery by the drone's energy model, in the wind that blows.

    power = hover_w + cruise_extra_w (v / cruise)^3, v the speed through the air, and climb_wh_per_m for each metre up
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, inf

from blindspot.flight.ahead import is_placed
from blindspot.flight.settings import FlightSettings
from blindspot.flight.vehicle import Telemetry
from blindspot.flight.way_home import goal_of_return
from blindspot.flight.wind import Wind
from blindspot.planning.plan import Route
from blindspot.planning.timing import level_s, up_over_and_down


@dataclass(frozen=True, slots=True)
class WayHome:
    """Share of the battery, as cold and as old as it is, and seconds until it is down. Infinite: not known."""

    battery_fraction: float = inf
    time_s: float = inf


UNKNOWN = WayHome()


def way_home(settings: FlightSettings, route: Route, seen: Telemetry, wind: Wind | None) -> WayHome:
    """The way home from here.

    The autopilot's return: up to its return altitude, straight at its cruise speed, down. A wind from behind is not
    counted on; one that is not known (None) counts as the strongest allowed, from ahead.
    """
    if not (is_placed(seen) and seen.height_m >= -10.0):
        return UNKNOWN
    model, failsafe = settings.model, route.failsafe
    fly, goal = model.performance, goal_of_return(route, seen.east_m, seen.north_m)
    flat_m = hypot(goal.east_m - seen.east_m, goal.north_m - seen.north_m)
    speed_mps = failsafe.parameters.get("MPC_XY_CRUISE", fly.cruise_mps)
    up_m = route.home.up_m + seen.height_m
    top_m = max(up_m, goal.up_m + failsafe.rtl_return_alt_m)
    cost = up_over_and_down(model, top_m - up_m, flat_m, top_m - goal.up_m, speed_mps)
    flat_s = level_s(flat_m, speed_mps, fly.acceleration_mps2)
    if wind is None:
        wind_mps, air_mps = fly.max_wind_mps, speed_mps + fly.max_wind_mps
    else:
        per_m = speed_mps / max(flat_m, 1.0)
        ahead_east_mps = per_m * (goal.east_m - seen.east_m) - wind.east_mps
        ahead_north_mps = per_m * (goal.north_m - seen.north_m) - wind.north_mps
        wind_mps, air_mps = wind.speed_mps, max(speed_mps, hypot(ahead_east_mps, ahead_north_mps))
    per_mps3 = fly.cruise_mps**-3
    windy_s = per_mps3 * (flat_s * (air_mps**3 - speed_mps**3) + (cost.time_s - flat_s) * wind_mps**3)
    needed_wh = cost.energy_wh + model.energy.cruise_extra_w * windy_s / 3600.0
    return WayHome(needed_wh / model.energy.usable_wh(seen.battery_c), cost.time_s)


def battery_for_home(settings: FlightSettings, route: Route, seen: Telemetry, wind: Wind | None) -> float:
    """Fraction of the battery that must be left here to come home with the landing reserve; infinite when unknown."""
    return way_home(settings, route, seen, wind).battery_fraction + settings.landing_battery_fraction


def battery_for_route(settings: FlightSettings, route: Route) -> float:
    """Fraction of the battery that must be there before take-off: the plan's own cost and its reserve."""
    energy = settings.model.energy
    return route.expected.energy_wh / energy.usable_wh() + energy.reserve_fraction
