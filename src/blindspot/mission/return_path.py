"""Ways home that the autopilot may choose by itself: straight, or along the uploaded mission (`RTL_TYPE` 4).

Along the mission, PX4 flies the places of its items as plain waypoints. It goes forwards to the landing item if fewer
items lie ahead than behind, else backwards to the take-off item. Items without a place count as well. From the
mission mode the return begins at the current item, or two items before. Each corner is therefore present twice: no
corner is cut. From any other mode it begins at the closest item of the whole mission, which may lie on another stretch
of the route. In a hold, flight control makes this item the current item, so that the direction is the better direction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import hypot, nan

from blindspot.mission.plan import Leg, Point, Step, View

STRAIGHT, ALONG_MISSION = 0, 4
"""Values of PX4's `RTL_TYPE` for both kinds of return."""
LOW_UP_M = 5.0
"""Height of the take-off item above the pad, m. Low over the pad it is closer than the landing item."""
OVER_PAD_M = 1.0
"""Largest distance from the pad of a last step that needs no further item over the pad, m."""
OFF_PATH_M = 1.0
"""Largest distance of a holding drone from its path, m: the closest item is chosen from there."""
UNDECIDED_ITEMS = 2
"""Items before and after the middle from which both directions count as possible: a hold may slip over an item."""


@dataclass(frozen=True, slots=True)
class ItemPlace:
    """An item of the uploaded mission that has a place."""

    item: int
    """Number of the item, from 0; items without a place (speed, gimbal) count."""
    step: int
    """Index of the item's step in the route: -1 the take-off, len(steps) the landing."""
    at: Point


def positions_of(home: Point, takeoff_up_m: float, steps: tuple[Step, ...]) -> tuple[ItemPlace, ...]:
    """The items with a place of the uploaded mission, in order, for a route from the pad.

    The take-off item comes first, then two waypoints over the pad, then each step: a view has two places, a leg has
    begin and end, a bend has one place. A bend and the end of a leg are listed twice, unless a leg follows. The
    landing item is the last.

    Example: `positions_of(route.home, route.takeoff_up_m, route.steps)[-1].at == route.home`.
    """
    return tuple(_places(home, takeoff_up_m, steps))


def is_forwards(landing: int, item: int) -> bool:
    """Whether a return with this current item goes forwards: fewer items lie ahead than behind. A tie goes back."""
    return landing - item < item


def directions_of(landing: int, item: int) -> tuple[bool, ...]:
    """Directions of a return with this current item: forwards (True), backwards (False), or both near the middle."""
    if abs(2 * item - landing) <= 2 * UNDECIDED_ITEMS:
        return (False, True)
    return (is_forwards(landing, item),)


def _places(home: Point, takeoff_up_m: float, steps: tuple[Step, ...]) -> Iterator[ItemPlace]:
    last = Point(east_m=home.east_m, north_m=home.north_m, up_m=takeoff_up_m)
    speed_mps, end = nan, len(steps)
    yield ItemPlace(0, -1, Point(east_m=home.east_m, north_m=home.north_m, up_m=home.up_m + LOW_UP_M))
    yield from (ItemPlace(item, -1, last) for item in (1, 2))
    item = 3
    for number, (step, after) in enumerate(zip(steps, (*steps[1:], None), strict=True)):
        if step.speed_mps != speed_mps:
            item, speed_mps = item + 1, step.speed_mps
        row: list[Point | None] = [step.to, None, step.to] if isinstance(step, View) else [step.to]
        if isinstance(step, Leg):
            row = [last, None, step.to]
        if not isinstance(step, View) and not isinstance(after, Leg):
            row.append(step.to)
        yield from (ItemPlace(item + k, number, at) for k, at in enumerate(row) if at is not None)
        item, last = item + len(row), step.to
    if hypot(last.east_m - home.east_m, last.north_m - home.north_m) > OVER_PAD_M:
        yield ItemPlace(item, end, Point(east_m=home.east_m, north_m=home.north_m, up_m=last.up_m))
        item += 1
    yield ItemPlace(item, end, home)
