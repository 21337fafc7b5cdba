"""Time and battery for the way home, by the drone's energy model, in the present wind.

power = hover_w + cruise_extra_w (v / cruise)^3, v the speed through the air, and climb_wh_per_m for each metre up
"""

from __future__ import annotations

from math import hypot, inf, nan
from typing import NamedTuple

from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.route.way_home import goal_of_return
from blindspot.flight.vehicle.vehicle import Telemetry
from blindspot.flight.watch.ahead import is_placed
from blindspot.flight.watch.wind import Wind
from blindspot.mission import Route, up_over_and_down


class WayHome(NamedTuple):
    """Share of the battery at its temperature and age, and seconds to touchdown; infinite if unknown."""

    battery_fraction: float = inf
    time_s: float = inf


UNKNOWN = WayHome()


class _InStillAir(NamedTuple):
    """The way home from one place, independent of the wind."""

    time_s: float
    level_s: float
    """The level part of it."""
    energy_wh: float
    battery_wh: float
    """Usable energy of a full battery at its temperature."""
    speed_mps: float
    east_mps: float
    """East part of the level speed; the next field is its north part."""
    north_mps: float


class HomeWatch:
    """The way home from the drone's place, evaluated ten times a second; the part without wind is cached for a place.

    The autopilot's return: up to its return altitude, straight at its cruise speed, down. A tail wind is ignored. An
    unknown wind (`None`) counts as the strongest permitted head wind.
    """

    def __init__(self, settings: FlightSettings, route: Route) -> None:
        self._model = settings.model
        self._route = route
        fly = settings.model.performance
        self._max_wind_mps, self._per_mps3 = fly.max_wind_mps, fly.cruise_mps**-3
        self._extra_w = settings.model.energy.cruise_extra_w
        self._at = (nan, nan, nan, nan)
        self._way: _InStillAir | None = None

    def look(self, seen: Telemetry, wind: Wind | None) -> WayHome:
        """The way home from here, now."""
        at = (seen.east_m, seen.north_m, seen.height_m, seen.battery_c)
        if at != self._at:
            self._at, self._way = at, self._from(seen)
        way = self._way
        if way is None:
            return UNKNOWN
        speed_mps = way.speed_mps
        if wind is None:
            wind_mps, air_mps = self._max_wind_mps, speed_mps + self._max_wind_mps
        else:
            ahead_mps = hypot(way.east_mps - wind.east_mps, way.north_mps - wind.north_mps)
            wind_mps, air_mps = wind.speed_mps, max(speed_mps, ahead_mps)
        windy_s = self._per_mps3 * (
            way.level_s * (air_mps**3 - speed_mps**3) + (way.time_s - way.level_s) * wind_mps**3
        )
        return WayHome((way.energy_wh + self._extra_w * windy_s / 3600.0) / way.battery_wh, way.time_s)

    def _from(self, seen: Telemetry) -> _InStillAir | None:
        """The way home from here; `None` from an unknown place."""
        if not (is_placed(seen) and seen.height_m >= -10.0):
            return None
        model, failsafe = self._model, self._route.failsafe
        goal = goal_of_return(self._route, seen.east_m, seen.north_m)
        to_east_m, to_north_m = goal.east_m - seen.east_m, goal.north_m - seen.north_m
        flat_m = hypot(to_east_m, to_north_m)
        speed_mps = failsafe.parameters.get("MPC_XY_CRUISE", model.performance.cruise_mps)
        up_m = self._route.home.up_m + seen.height_m
        top_m = max(up_m, goal.up_m + failsafe.rtl_return_alt_m)
        time_s, level_s, energy_wh = up_over_and_down(model, top_m - up_m, flat_m, top_m - goal.up_m, speed_mps)
        battery_wh, per_m = model.energy.usable_wh(seen.battery_c), speed_mps / max(flat_m, 1.0)
        return _InStillAir(time_s, level_s, energy_wh, battery_wh, speed_mps, per_m * to_east_m, per_m * to_north_m)


def way_home(settings: FlightSettings, route: Route, seen: Telemetry, wind: Wind | None) -> WayHome:
    """The way home from here, as in `HomeWatch`."""
    return HomeWatch(settings, route).look(seen, wind)


def battery_for_home(settings: FlightSettings, route: Route, seen: Telemetry, wind: Wind | None) -> float:
    """Least fraction of the battery for the way home and the landing reserve; infinite if unknown."""
    return way_home(settings, route, seen, wind).battery_fraction + settings.landing_battery_fraction


def battery_for_route(settings: FlightSettings, route: Route) -> float:
    """Least fraction of the battery before take-off: the plan's expected energy and the reserve."""
    energy = settings.model.energy
    return route.expected.energy_wh / energy.usable_wh() + energy.reserve_fraction
