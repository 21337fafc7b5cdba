"""Time and battery for the way home, by the drone's energy model, in the present wind.

power = hover_w + cruise_extra_w (v / cruise)^3, v the speed through the air, and climb_wh_per_m for each metre up
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import hypot, inf, nan
from typing import NamedTuple

import numpy as np

from blindspot.flight.route.mission_items import Item, returns_along, route_items
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.route.way_home import goal_of_return
from blindspot.flight.vehicle.returning import ReturnWatch, Spot, Way, way_along
from blindspot.flight.vehicle.vehicle import Telemetry
from blindspot.flight.watch.ahead import is_placed
from blindspot.flight.watch.wind import Wind
from blindspot.mission import Point, Route, timing


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
    tail: _Tail | None = None
    """The rest of a way along the mission, behind its first stretch. Its time and energy are in the sums above."""


class _Tail(NamedTuple):
    """The way home from one item of the mission, down to the pad, in still air."""

    time_s: float
    energy_wh: float
    level_s: np.ndarray
    """Level part of each stretch; the next two fields are its level speed."""
    east_mps: np.ndarray
    north_mps: np.ndarray


class HomeWatch:
    """The way home from the drone's place, evaluated ten times a second; the part without wind is cached for a place.

    The autopilot's return: up to the return altitude, straight at the cruise speed, down. With RTL_TYPE 4 it follows
    the mission on board (`items`) instead, and stops at each corner here; of several possible ways the dearer counts. A
    tail wind is ignored. An unknown wind (`None`) counts as the strongest permitted head wind.
    """

    def __init__(self, settings: FlightSettings, route: Route) -> None:
        self._model = settings.model
        self._route = route
        fly = settings.model.performance
        self._max_wind_mps, self._per_mps3 = fly.max_wind_mps, fly.cruise_mps**-3
        self._extra_w = settings.model.energy.cruise_extra_w
        self._at: tuple[object, ...] = (nan,)
        self._ways: tuple[_InStillAir, ...] = ()
        self._cruise_mps = route.failsafe.parameters.get("MPC_XY_CRUISE", fly.cruise_mps)
        self._items: Sequence[Item] | None = None
        if returns_along(route):
            self._follow(route_items(route))

    def look(self, seen: Telemetry, wind: Wind | None, items: Sequence[Item] | None = None) -> WayHome:
        """The way home from here, now. `items` is the mission on board, by default the route's own."""
        if self._items is not None and items is not None and items is not self._items:
            self._follow(items)
        at: tuple[object, ...] = (seen.east_m, seen.north_m, seen.height_m, seen.battery_c)
        if self._items is not None:
            at += (seen.mode, seen.mission_seq, seen.mission_items)
        if at != self._at:
            self._at, self._ways = at, self._from(seen)
        costs = [self._in_wind(way, wind) for way in self._ways]
        return WayHome(*map(max, zip(*costs, strict=True))) if costs else UNKNOWN

    def _follow(self, items: Sequence[Item]) -> None:
        self._items, self._at = items, (nan,)
        self._return = ReturnWatch(items, self._cruise_mps)
        self._tails: dict[tuple[Way, float], _Tail] = {}

    def _in_wind(self, way: _InStillAir, wind: Wind | None) -> WayHome:
        speed_mps = way.speed_mps
        if wind is None:
            wind_mps, air_mps = self._max_wind_mps, speed_mps + self._max_wind_mps
        else:
            ahead_mps = hypot(way.east_mps - wind.east_mps, way.north_mps - wind.north_mps)
            wind_mps, air_mps = wind.speed_mps, max(speed_mps, ahead_mps)
        flat_s, windy = way.level_s, way.level_s * (air_mps**3 - speed_mps**3)
        if way.tail is not None:
            flat_s += float(way.tail.level_s.sum())
            windy += _windy(way.tail, speed_mps, wind, self._max_wind_mps)
        windy_s = self._per_mps3 * (windy + (way.time_s - flat_s) * wind_mps**3)
        return WayHome((way.energy_wh + self._extra_w * windy_s / 3600.0) / way.battery_wh, way.time_s)

    def _from(self, seen: Telemetry) -> tuple[_InStillAir, ...]:
        """The ways home from here; none from an unknown place."""
        if not is_placed(seen):
            return ()
        if (items := self._items) is not None:
            return tuple(self._along(seen, items, way, speed_mps) for way, speed_mps in self._return.look(seen))
        model, failsafe = self._model, self._route.failsafe
        goal = goal_of_return(self._route, seen.east_m, seen.north_m)
        to_east_m, to_north_m = goal.east_m - seen.east_m, goal.north_m - seen.north_m
        flat_m = hypot(to_east_m, to_north_m)
        speed_mps = self._cruise_mps
        up_m = self._route.home.up_m + seen.height_m
        top_m = max(up_m, goal.up_m + failsafe.rtl_return_alt_m)
        time_s, flat_s, energy_wh = timing.up_over_and_down(model, top_m - up_m, flat_m, top_m - goal.up_m, speed_mps)
        battery_wh, per_m = model.energy.usable_wh(seen.battery_c), speed_mps / max(flat_m, 1.0)
        return (_InStillAir(time_s, flat_s, energy_wh, battery_wh, speed_mps, per_m * to_east_m, per_m * to_north_m),)

    def _along(self, seen: Telemetry, items: Sequence[Item], way: Way, speed_mps: float) -> _InStillAir:
        """A way home along the mission: a stretch to the first item, then its tail."""
        here: Spot = (seen.east_m, seen.north_m, seen.height_m)
        corners, model = way_along(items, way) or (here,), self._model
        if (way, speed_mps) not in self._tails:
            self._tails[way, speed_mps] = self._tail_from(corners, speed_mps)
        tail, cost = self._tails[way, speed_mps], timing.move(model, _point(here), _point(corners[0]), speed_mps)
        to_east_m, to_north_m = corners[0][0] - here[0], corners[0][1] - here[1]
        flat_m = hypot(to_east_m, to_north_m)
        per_m, battery_wh = speed_mps / max(flat_m, 1.0), model.energy.usable_wh(seen.battery_c)
        first_s = timing.level_s(flat_m, speed_mps, model.performance.acceleration_mps2)
        return _InStillAir(
            cost.time_s + tail.time_s, first_s, cost.energy_wh + tail.energy_wh, battery_wh, speed_mps,
            per_m * to_east_m, per_m * to_north_m, tail,
        )  # fmt: skip

    def _tail_from(self, corners: Sequence[Spot], speed_mps: float) -> _Tail:
        model, home = self._model, self._route.home
        ways = [(a, b) for a, b in pairwise((*corners, (home.east_m, home.north_m, corners[-1][2]))) if a != b]
        costs = [timing.move(model, _point(a), _point(b), speed_mps) for a, b in ways]
        flat = np.array([(b[0] - a[0], b[1] - a[1]) for a, b in ways]).reshape(-1, 2)
        flat_m = np.hypot(flat[:, 0], flat[:, 1])
        down = timing.land(model, max(0.0, *(corner[2] for corner in corners[-3:])))
        per_m = speed_mps / np.maximum(flat_m, 1.0)
        return _Tail(
            sum(cost.time_s for cost in costs) + down.time_s,
            sum(cost.energy_wh for cost in costs) + down.energy_wh,
            np.array([timing.level_s(m, speed_mps, model.performance.acceleration_mps2) for m in flat_m.tolist()]),
            per_m * flat[:, 0], per_m * flat[:, 1],
        )  # fmt: skip


def _windy(tail: _Tail, speed_mps: float, wind: Wind | None, max_wind_mps: float) -> float:
    """Seconds of each stretch times what the wind adds to the cube of its speed through the air."""
    if wind is None:
        return float(tail.level_s.sum()) * ((speed_mps + max_wind_mps) ** 3 - speed_mps**3)
    ahead_mps = np.hypot(tail.east_mps - wind.east_mps, tail.north_mps - wind.north_mps)
    return float((tail.level_s * (np.maximum(speed_mps, ahead_mps) ** 3 - speed_mps**3)).sum())


def _point(place: Spot) -> Point:
    return Point.model_construct(east_m=place[0], north_m=place[1], up_m=place[2])


def way_home(
    settings: FlightSettings, route: Route, seen: Telemetry, wind: Wind | None, items: Sequence[Item] | None = None
) -> WayHome:  # fmt: skip
    """The way home from here, as in `HomeWatch`."""
    return HomeWatch(settings, route).look(seen, wind, items)


def battery_for_route(settings: FlightSettings, route: Route, battery_c: float = nan) -> float:
    """Least fraction of the battery before take-off: the plan's expected energy and the reserve. A battery with a
    colder reported temperature than the model's holds less."""
    energy = settings.model.energy
    return route.expected.energy_wh / min(energy.usable_wh(), energy.usable_wh(battery_c)) + energy.reserve_fraction
