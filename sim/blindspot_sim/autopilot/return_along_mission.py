"""AUTO.RTL with RTL_TYPE 2 and 4: the way home along the uploaded mission, forwards or backwards.

As PX4's navigator does it (`rtl.cpp`, `rtl_mission_fast*.cpp`, main of 2026): only items with a place are flown, as
plain waypoints at their own heights. The mission's current item moves along.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import dist, hypot
from typing import Protocol

from blindspot_sim.autopilot import items as cmd
from blindspot_sim.autopilot.auto_mission import Drone, MissionRunner
from blindspot_sim.autopilot.items import Item

TYPES = (2, 4)
"""The values of RTL_TYPE that return along the mission."""


class Returning(Drone, Protocol):
    """The drone that returns: the navigator."""

    home: tuple[float, float, float] | None

    @property
    def goal_up(self) -> float: ...
    def face_goal(self) -> None: ...


def goes_forwards(items: Sequence[Item], current: int, rtl_type: int) -> bool:
    """The direction that PX4 takes. With RTL_TYPE 4 it counts all items, command items too; a tie goes backwards."""
    land = next((index for index, item in enumerate(items) if item.command == cmd.LAND), None)
    if land is None:
        return False
    return rtl_type == 2 or land - current < current


def first_item(items: Sequence[Item], current: int, *, forwards: bool) -> int | None:
    """The item that a return from Mission mode flies to first; `None` if the mission has no place."""
    places = [index for index, item in enumerate(items) if item.is_position]
    if forwards:
        return next((index for index in places if index >= current), places[-1] if places else None)
    before = [index for index in places if index < max(current - 1, 0)]
    # PX4 then takes the next place, also during take-off
    return before[-1] if before else next((index for index in places if index > current), None)


def closest_item(items: Sequence[Item], at: tuple[float, float, float], home_up_m: float) -> int | None:
    """The item that a return from any other mode flies to first: the closest in space, the first of equals."""
    places = [index for index, item in enumerate(items) if item.is_position]

    def off_m(index: int) -> float:
        item = items[index]
        return dist(at, (item.east_m, item.north_m, item.up_above_datum_m(home_up_m)))

    return min(places, key=off_m, default=None)


class ReturnAlongMission:
    """One return. `begin` starts it and `step` advances it, while the navigator is in AUTO.RTL."""

    def __init__(self, drone: Returning, mission: MissionRunner) -> None:
        self._drone = drone
        self._mission = mission
        self._forwards = False
        self._is_over_pad = False
        self._speed_mps: float | None = None
        self.is_active = False
        self.is_landing = False

    def begin(self, rtl_type: int, *, in_mission: bool) -> None:
        """Choose the direction and the first item. Without a mission the drone stays in place, as PX4 does."""
        drone, mission = self._drone, self._mission
        items = mission.items
        self.is_active, self.is_landing, self._is_over_pad = True, False, False
        self._forwards = goes_forwards(items, mission.current, rtl_type)
        if in_mission:
            first = first_item(items, mission.current, forwards=self._forwards)
        else:
            first = closest_item(items, (drone.east, drone.north, drone.up), drone.home_up)
        self._speed_mps = None
        if first is None:
            self.is_active = False
            drone.hold()
            return
        for item in items[:first]:
            if item.command == cmd.CHANGE_SPEED:
                self._speed_mps = item.params[1] if item.params[1] > 0.0 else None
        self._go_to(first, from_goal=in_mission)

    def stop(self) -> None:
        """Another mode begins."""
        self.is_active = self.is_landing = False

    def step(self) -> None:
        """Pass reached items, and land at the end."""
        if not self.is_active or self.is_landing:
            return
        drone, mission = self._drone, self._mission
        drone.face_goal()
        item = mission.items[mission.current]
        if self._is_over_pad:
            if self._is_near_goal(drone.radius_m):
                self._land()
            return
        lands_here = item.command == cmd.LAND and self._forwards
        if lands_here:
            if self._is_near_goal(drone.radius_m):
                self._land()
            return
        radius_m = item.params[1] if item.command == cmd.WAYPOINT and item.params[1] > 0.0 else drone.radius_m
        if self._is_near_goal(radius_m) and abs(drone.goal_up - drone.up) <= drone.altitude_radius_m:
            self._pass()

    def _pass(self) -> None:
        mission = self._mission
        mission.reports.append(mission.current)
        after = self._next(mission.current)
        if after is None:
            self._come_over_pad()
        else:
            self._go_to(after, from_goal=True)

    def _next(self, index: int) -> int | None:
        items = self._mission.items
        if not self._forwards and items[index].command == cmd.TAKE_OFF:
            return None
        indices = range(index + 1, len(items)) if self._forwards else range(index - 1, -1, -1)
        return next((other for other in indices if items[other].is_position), None)

    def _go_to(self, index: int, *, from_goal: bool) -> None:
        drone, mission = self._drone, self._mission
        mission.current = index
        item = mission.items[index]
        up_m = item.up_above_datum_m(drone.home_up)
        if item.command == cmd.LAND and self._forwards:
            up_m = drone.goal_up if from_goal else drone.up
        drone.go_to(item.east_m, item.north_m, up_m, self._speed_mps, from_goal=from_goal)

    def _come_over_pad(self) -> None:
        """At the mission's first item: level to home, then down."""
        drone = self._drone
        east, north, _ = drone.home or (drone.east, drone.north, 0.0)
        self._is_over_pad = True
        if hypot(east - drone.east, north - drone.north) > drone.radius_m:
            drone.go_to(east, north, drone.up, self._speed_mps)
        else:
            self._land()

    def _land(self) -> None:
        drone = self._drone
        item = self._mission.items[self._mission.current]
        east, north, _ = drone.home or (drone.east, drone.north, 0.0)
        if self._forwards:
            east, north = item.east_m, item.north_m
        self.is_landing = True
        drone.land_at(east, north)

    def _is_near_goal(self, radius_m: float) -> bool:
        drone = self._drone
        return hypot(drone.goal_east - drone.east, drone.goal_north - drone.north) <= radius_m
