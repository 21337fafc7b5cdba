"""What of the battery the way home needs, by the drone's energy model, in the wind that blows.

    power = hover_w + cruise_extra_w (v / cruise)^3, v the speed through the air, and climb_wh_per_m for each metre up
"""

from __future__ import annotations

from math import hypot, inf

from blindspot.flight.ahead import is_placed
from blindspot.flight.settings import FlightSettings
from blindspot.flight.vehicle import Telemetry
from blindspot.flight.wind import Wind
from blindspot.planning.mission import DroneModel
from blindspot.planning.plan import Point, Route
from blindspot.planning.timing import go_home, level_s

RTL_TO_SAFE_POINT = 3
"""PX4's RTL_TYPE: the nearest of home and the rally points."""


def way_home_wh(
    model: DroneModel, start: Point, home: Point, return_alt_m: float, speed_mps: float, wind: Wind | None
) -> float:
    """Energy of the autopilot's return, Wh: up to `return_alt_m` above home, straight at `speed_mps`, down.

    A wind from behind is not counted on; one that is not known (None) counts as the strongest allowed, from ahead.
    """
    fly, energy = model.performance, model.energy
    cost = go_home(model, start, home, return_alt_m, speed_mps)
    east_m, north_m = home.east_m - start.east_m, home.north_m - start.north_m
    flat_m = hypot(east_m, north_m)
    flat_s = level_s(flat_m, speed_mps, fly.acceleration_mps2)
    if wind is None:
        wind_mps, air_mps = fly.max_wind_mps, speed_mps + fly.max_wind_mps
    else:
        per_m = speed_mps / max(flat_m, 1.0)
        wind_mps = wind.speed_mps
        air_mps = max(speed_mps, hypot(per_m * east_m - wind.east_mps, per_m * north_m - wind.north_mps))
    ahead, still, drift = ((v / fly.cruise_mps) ** 3 for v in (air_mps, speed_mps, wind_mps))
    windy_s = flat_s * (ahead - still) + (cost.time_s - flat_s) * drift
    return cost.energy_wh + energy.cruise_extra_w * windy_s / 3600.0


def way_home_fraction(settings: FlightSettings, route: Route, seen: Telemetry, wind: Wind | None) -> float:
    """Share of the battery, as cold and as old as it is, that the way home takes from here; infinite when unknown."""
    if not (is_placed(seen) and seen.height_m >= -10.0):
        return inf
    model, failsafe = settings.model, route.failsafe
    here = Point(east_m=seen.east_m, north_m=seen.north_m, up_m=route.home.up_m + seen.height_m)
    goals = [route.home, *(failsafe.rally if failsafe.rtl_type == RTL_TO_SAFE_POINT else ())]
    goal = min(goals, key=lambda point: hypot(here.east_m - point.east_m, here.north_m - point.north_m))
    speed_mps = failsafe.parameters.get("MPC_XY_CRUISE", model.performance.cruise_mps)
    needed_wh = way_home_wh(model, here, goal, failsafe.rtl_return_alt_m, speed_mps, wind)
    return needed_wh / model.energy.usable_wh(seen.battery_c)


def battery_for_home(settings: FlightSettings, route: Route, seen: Telemetry, wind: Wind | None) -> float:
    """Fraction of the battery that must be left here to come home with the landing reserve; infinite when unknown."""
    return way_home_fraction(settings, route, seen, wind) + settings.landing_battery_fraction


def battery_for_route(settings: FlightSettings, route: Route) -> float:
    """Fraction of the battery that must be there before take-off: the plan's own cost and its reserve."""
    energy = settings.model.energy
    return route.expected.energy_wh / energy.usable_wh() + energy.reserve_fraction
