"""The way home that PX4 flies along the mission on board (RTL_TYPE 4), by the numbers of its items.

`mission.return_path` has the same rules for a plan. This module has them for any mission on board, also that of a jump.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import dist
from typing import Protocol

from blindspot.flight.route.mission_items import CHANGE_SPEED, LAND, Item
from blindspot.flight.route.phases import MISSION, RETURN

Spot = tuple[float, float, float]
"""East and north of the site's origin, height above home, m."""


def spot(item: Item) -> Spot:
    """The place of an item that has one."""
    assert item.at is not None
    return (*item.at, item.above_home_m)


def goes_forwards(items: Sequence[Item], seq: int) -> bool:
    """Whether a return with this current item goes forwards: fewer items lie ahead than behind. A tie goes back."""
    last = len(items) - 1
    return bool(items) and items[-1].command == LAND and last - seq < seq


def closest_item(items: Sequence[Item], here: Spot) -> int:
    """The item from which a return begins outside of Mission mode: the closest in space, the first of equals."""
    placed = (index for index, item in enumerate(items) if item.at is not None)
    return min(placed, key=lambda index: dist(here, spot(items[index])), default=0)


def first_of_return(items: Sequence[Item], seq: int) -> int:
    """The item to which a return from Mission mode flies first. Backwards it leaves out the item before `seq`; without
    an earlier place it flies to the next one."""
    placed = [index for index, item in enumerate(items) if item.at is not None]
    if goes_forwards(items, seq):
        return next((index for index in placed if index >= seq), placed[-1])
    before = [index for index in placed if index <= seq - 2]
    return before[-1] if before else next((index for index in placed if index > seq), placed[-1])


class Flying(Protocol):
    """The part of a drone's telemetry that its return depends on."""

    @property
    def east_m(self) -> float: ...
    @property
    def north_m(self) -> float: ...
    @property
    def height_m(self) -> float: ...
    @property
    def mode(self) -> str: ...
    @property
    def mission_seq(self) -> int | None: ...
    @property
    def mission_items(self) -> int: ...


def start_of_return(items: Sequence[Item], seen: Flying) -> tuple[int, int]:
    """(first item, current item) of a return ordered now. Outside of Mission mode it is the closest item for both:
    flight control makes it the current one before it asks for the return."""
    seq = seen.mission_seq
    if seq is not None and 0 <= seq < len(items) == seen.mission_items:
        if seen.mode == MISSION:
            return first_of_return(items, seq), seq
        if seen.mode == RETURN:
            return seq, seq
    closest = closest_item(items, (seen.east_m, seen.north_m, seen.height_m))
    return closest, closest


def speed_of_return(items: Sequence[Item], first: int, cruise_mps: float) -> float:
    """Speed of a return that begins at item `first`, m/s: that of the last speed item before it (measured)."""
    given = (item.params[1] for item in reversed(items[:first]) if item.command == CHANGE_SPEED)
    return next(given, cruise_mps)


def way_along(items: Sequence[Item], first: int, seq: int) -> tuple[Spot, ...]:
    """The corners of the way home from item `first` on, if `seq` is the current item: over the pad at the end."""
    chosen = items[first:] if goes_forwards(items, seq) else items[first::-1]
    return tuple(spot(item) for item in chosen if item.at is not None and item.command != LAND)
