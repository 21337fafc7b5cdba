"""Converts a plan's route to the items of an uploaded mission, and the current item to the item's step.

A view is WAYPOINT, gimbal item, LOITER_TIME. The autopilot continues at once after a gimbal item, so the loiter gives
the gimbal its time. A leg is two waypoints with the aim between: the camera turns at the departure, and pictures
count from the place of a possibly finished turn.
Headings are given twice, to the drone (`yaw`) and to the gimbal (earth frame), for cameras without a yaw axis.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import hypot, nan, sqrt

from blindspot.mission import Leg, Point, Route, View, return_path

WAYPOINT, LOITER_TIME, LAND, TAKEOFF = 16, 19, 21, 22
CHANGE_SPEED, GIMBAL = 178, 1000
AGAINST_THE_EARTH = 28
"""GIMBAL_MANAGER_FLAGS_ROLL_LOCK, _PITCH_LOCK and _YAW_LOCK: against the horizon and north, for any attitude of the
drone. If PX4 itself stabilises a gimbal, an axis without a flag follows the drone's tilt."""
MOST_ITEMS = 500
"""Mission items that PX4's boards store (`NUM_MISSION_ITEMS_SUPPORTED`, 500 by default since PX4 1.14). Small boards
store fewer and refuse the upload."""
ACCEPT_M = 2.0
VIEW_ACCEPT_M = 1.0
SLIDE_M = 2.5
"""Braking distance that the least clearance of a route, 5 m, pays for: the position error and half a drone remain."""
LOW_BRAKING_MPS2 = 1.0
"""Braking of a drone whose plan states none, m/s2."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of an autopilot's mission. `at` is (east_m, north_m), `None` for an item without a place."""

    command: int
    step: int
    """Index of the item's step in the route: -1 the take-off, len(steps) the landing."""
    params: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    at: tuple[float, float] | None = None
    above_home_m: float = 0.0
    flags: float = 0.0
    """Fifth parameter of an item without a place."""
    passing: bool = False
    """The drone only flies past: the sensor is inhibited on the way to it."""


def route_items(route: Route) -> tuple[Item, ...]:
    """The items of a route's mission: take-off over the pad unless it begins in the air, steps, back over the pad,
    landing. Places are (east_m, north_m), heights are above home, m.

    A return along the mission flies from place to place. In Mission mode PX4 begins it backwards with the place
    before the previous item, so each corner is there twice. Two more places over the pad follow the take-off item,
    because PX4 flies to the next place first if there is none before. The take-off item is low: over the pad it is
    closer than the landing item, from which PX4 would fly the whole mission backwards.
    """
    if route.begin is not None:
        return tuple(_from_step(route, 0))
    home, up_m = route.home, route.takeoff_up_m - route.home.up_m
    if not returns_along(route):
        return (_take_off(route, up_m), *_from_step(route, 0))
    over_pad = _waypoint(route, -1, Point(east_m=home.east_m, north_m=home.north_m, up_m=route.takeoff_up_m))
    return (_take_off(route, min(up_m, return_path.LOW_UP_M)), over_pad, over_pad, *_from_step(route, 0))


def returns_along(route: Route) -> bool:
    """Whether the autopilot returns along the route's mission, and not straight."""
    return route.failsafe.rtl_type == return_path.ALONG_MISSION


def climb_items(route: Route) -> tuple[Item, ...]:
    """The mission of a drone held in the climb: first straight up over the pad to the height of the route.

    In the air the autopilot takes a take-off item for done, and would fly straight to the first step.
    """
    return (_waypoint(route, -1, route.over_pad), *_from_step(route, 0))


def over_pad_item(items: Sequence[Item]) -> int | None:
    """The first item that leads a flying drone up over the pad before the first step; `None` if only the take-off
    does."""
    return next((seq for seq, item in enumerate(items) if item.step < 0 and item.command == WAYPOINT), None)


def items_by_way_of_route(route: Route, at: int, to: int) -> tuple[Item, ...]:
    """The mission of a drone in the air between the ends of steps `at` - 1 and `at` that continues at step `to`.

    It flies along the route, forwards or back, past the steps between: this is the only checked way. If the autopilot
    returns along the mission, the way from the pad to the drone comes first; `first_flown` is the item behind it.
    """
    passed = range(at, to) if to > at else range(at - 1, to - 1, -1)
    change = (Item(CHANGE_SPEED, at, (1.0, _jump_mps(route, passed), -1.0, 0.0)),) if passed else ()
    corners = (replace(_waypoint(route, index, route.steps[index].to), passing=True) for index in passed)
    way = (corner for corner in corners for _ in range(_times(route)))
    return (*_way_out(route, at), *change, *way, *_from_step(route, to))


def _jump_mps(route: Route, passed: range) -> float:
    """Speed past these steps, m/s: the speed of the slowest step, because a hold on the way may slide on past a corner.

    The plan proves the room for that in the direction of the route only. Backwards the clearance has to be enough.
    """
    slowest_mps = min(route.steps[index].speed_mps for index in passed)
    if passed.step > 0:
        return slowest_mps
    braking_mps2 = route.failsafe.parameters.get("MPC_ACC_HOR", LOW_BRAKING_MPS2)
    return min(slowest_mps, sqrt(2.0 * braking_mps2 * SLIDE_M))


def first_flown(route: Route, at: int) -> int:
    """The first item of `items_by_way_of_route` that the drone flies to."""
    return len(_way_out(route, at))


def _way_out(route: Route, at: int) -> tuple[Item, ...]:
    """The places from the pad to the end of step `at` - 1, if the autopilot returns along the mission."""
    if not returns_along(route):
        return ()
    return tuple(replace(item, passing=True) for item in route_items(route) if item.step < at and item.at is not None)


def missions_on_board(route: Route, count: int) -> Iterator[tuple[Item, ...]]:
    """Missions of `count` items that may be on board while the route is flown: the route's own mission, also for a
    drone held in the climb, or the mission of a jump.

    Only missions of that length are built: a long route has thousands of jumps.
    """
    own, steps = route_items(route), range(len(route.steps))
    found = {own: None} if len(own) == count else {}
    if found and own[0].command == TAKEOFF and not returns_along(route):
        found[climb_items(route)] = None
    begins = [bisect_left(own, index, key=lambda item: item.step) for index in steps]
    places = [item.step for item in own if item.at is not None]
    way_out = [bisect_left(places, index) if returns_along(route) else 0 for index in steps]
    for to, begin in enumerate(begins):
        rest = count - (len(own) - begin) - (own[begin].command != CHANGE_SPEED)  # a jump always sets the speed
        for at in steps:
            passed = 0 if at == to else 1 + _times(route) * abs(at - to)
            if way_out[at] + passed == rest:
                found[items_by_way_of_route(route, at, to)] = None
    yield from found


def _times(route: Route) -> int:
    """How often a mission has each corner."""
    return 2 if returns_along(route) else 1


def _from_step(route: Route, first: int) -> Iterator[Item]:
    """The items of a route from step `first` on, for a drone from the previous step."""
    home, steps = route.home, route.steps
    last = steps[first - 1].to if first else route.start
    speed_mps = nan
    twice = returns_along(route)
    for index, step in enumerate(steps[first:], first):
        if step.speed_mps != speed_mps:
            speed_mps = step.speed_mps
            yield Item(CHANGE_SPEED, index, (1.0, speed_mps, -1.0, 0.0))
        at, height_m = (step.to.east_m, step.to.north_m), step.to.up_m - home.up_m
        if isinstance(step, View):
            yield Item(WAYPOINT, index, (0.0, VIEW_ACCEPT_M, 0.0, step.aim.heading_deg), at, height_m)
            yield _aim(step, index)
            yield Item(LOITER_TIME, index, (step.dwell_s, 0.0, 0.0, step.aim.heading_deg), at, height_m)
        elif isinstance(step, Leg):
            yield _waypoint(route, index, last)  # already reached, except after an interrupted leg
            yield _aim(step, index)
            yield Item(WAYPOINT, index, (0.0, ACCEPT_M, 0.0, step.aim.heading_deg), at, height_m)
        else:
            yield _waypoint(route, index, step.to)
        last = step.to
        if twice and not isinstance(step, View) and not isinstance(next(iter(steps[index + 1 :]), None), Leg):
            yield _waypoint(route, index, last)
    end = len(steps)
    if hypot(last.east_m - home.east_m, last.north_m - home.north_m) > return_path.OVER_PAD_M:
        yield _waypoint(route, end, Point(east_m=home.east_m, north_m=home.north_m, up_m=last.up_m))
    yield Item(LAND, end, (0.0, 0.0, 0.0, nan), (home.east_m, home.north_m), 0.0)


def _take_off(route: Route, up_m: float) -> Item:
    return Item(TAKEOFF, -1, (0.0, 0.0, 0.0, nan), (route.home.east_m, route.home.north_m), up_m)


def _waypoint(route: Route, index: int, to: Point) -> Item:
    return Item(WAYPOINT, index, (0.0, ACCEPT_M, 0.0, nan), (to.east_m, to.north_m), to.up_m - route.home.up_m)


def _aim(step: View | Leg, index: int) -> Item:
    return Item(GIMBAL, index, (step.aim.pitch_deg, step.aim.heading_deg, nan, nan), flags=float(AGAINST_THE_EARTH))


def step_at(items: Sequence[Item], seq: int | None) -> int:
    """Index of the step that item `seq` belongs to; -1 during take-off or if unknown."""
    if seq is None or not items:
        return -1
    last = len(items) - 1
    return items[seq if 0 <= seq < last else last if seq > 0 else 0].step


def start_of_step(items: Sequence[Item], seq: int) -> int | None:
    """The first item of the step that item `seq` belongs to; `None` during take-off.

    A way back along the route passes steps that are flown again later: only items contiguous with `seq` count.
    """
    step = step_at(items, seq)
    first = max(0, min(seq, len(items) - 1))
    while first > 0 and items[first - 1].step == step:
        first -= 1
    return first if step >= 0 else None


def step_ahead(items: Sequence[Item], seq: int | None) -> int:
    """Index of the step whose end lies ahead along the route; on a way back past its steps, one more than `step_at`."""
    step = step_at(items, seq)
    if seq is None or not 0 <= seq < len(items) - 1 or not items[seq].passing:
        return step
    return step + 1 if items[seq + 1].step <= step else step
