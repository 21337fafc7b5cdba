"""The way home that PX4 flies along the mission on board (RTL_TYPE 4), by the numbers of its items.

`mission.return_path` has the rule of the direction and the items of a plan. This module reads any mission on board,
also that of a jump.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import dist
from typing import NamedTuple

from blindspot.flight.route.mission_items import CHANGE_SPEED, LAND, Item
from blindspot.flight.route.phases import MISSION, OFFBOARD, RETURN
from blindspot.flight.vehicle.vehicle import Telemetry
from blindspot.mission import return_path

Spot = tuple[float, float, float]
"""East and north of the site's origin, height above home, m."""


class Way(NamedTuple):
    """A return along the mission: the first item, and whether the direction is forwards."""

    first: int
    forwards: bool


def spot(item: Item) -> Spot:
    """The place of an item that has one."""
    assert item.at is not None
    return (*item.at, item.above_home_m)


def goes_forwards(items: Sequence[Item], seq: int) -> bool:
    """Whether a return with this current item goes forwards. Without a landing at the end of the mission, the return
    goes back."""
    return bool(items) and items[-1].command == LAND and return_path.is_forwards(len(items) - 1, seq)


def closest_item(items: Sequence[Item], here: Spot) -> int:
    """The item from which a return begins outside of Mission mode: the closest in space, the first of equals."""
    placed = (index for index, item in enumerate(items) if item.at is not None)
    return min(placed, key=lambda index: dist(here, spot(items[index])), default=0)


def first_of_return(items: Sequence[Item], seq: int) -> int:
    """The item to which a return from Mission mode flies first. Backwards the return leaves out the item before
    `seq`; without an earlier place the return goes to the next place."""
    placed = [index for index, item in enumerate(items) if item.at is not None]
    if goes_forwards(items, seq):
        return next((index for index in placed if index >= seq), placed[-1])
    before = [index for index in placed if index <= seq - 2]
    return before[-1] if before else next((index for index in placed if index > seq), placed[-1])


def start_of_return(items: Sequence[Item], seen: Telemetry) -> Way:
    """The way of a return ordered now. Outside of Mission mode the return begins at the closest item, in the
    direction of this item: flight control makes this item the current item before the request of the return."""
    seq = known_seq(items, seen)
    if seq is not None and seen.mode == MISSION:
        return Way(first_of_return(items, seq), goes_forwards(items, seq))
    if seq is not None and seen.mode == RETURN:
        return Way(seq, goes_forwards(items, seq))
    closest = closest_item(items, (seen.east_m, seen.north_m, seen.height_m))
    return Way(closest, goes_forwards(items, closest))


def known_seq(items: Sequence[Item], seen: Telemetry) -> int | None:
    """The current item; `None` for an unknown item, or for a mission of another length."""
    seq = seen.mission_seq
    return seq if seq is not None and 0 <= seq < len(items) == seen.mission_items else None


class ReturnWatch:
    """The ways of a return from now on: several while its direction is uncertain.

    PX4 fixes direction and speed when a return begins; then the current item moves along. A return without an order
    of flight control may take the direction of the current item, and another item may be closest. In a return the
    direction is therefore certain once the items before and after the begin agree, or once the current item has moved
    on from the first item. A lost flight control leaves an inspection (OFFBOARD) in the same way.
    """

    def __init__(self, items: Sequence[Item], cruise_mps: float) -> None:
        self._items = items
        self._cruise_mps = cruise_mps
        self._before: int | None = None
        self._trail: list[int] = []
        """The current item at the last look before the return, and its last changes since."""
        self._speed_mps: float | None = None

    def look(self, seen: Telemetry) -> tuple[tuple[Way, float], ...]:
        """Each possible way, and its speed, m/s. Call this after each change of the mode and of the current item."""
        items, seq, way = self._items, known_seq(self._items, seen), start_of_return(self._items, seen)
        speed_mps = speed_of_return(items, way.first, self._cruise_mps)
        if seen.mode != RETURN or seq is None:
            self._before, self._trail, self._speed_mps = seq, [] if seq is None else [seq], speed_mps
            also = (goes_forwards(items, seq),) if seq is not None else (True, False)
            both = {way.forwards, *(also if seen.mode in (OFFBOARD, RETURN) else ())}
        else:
            self._trail = self._trail or [seq, seq]  # the return began unseen: from the first item on
            if self._trail[-1] != seq:
                self._trail = [*self._trail[-2:], seq]
            speed_mps = self._speed_mps = speed_mps if self._speed_mps is None else self._speed_mps
            both = self._directions(seq)
        return tuple((Way(way.first, forwards), speed_mps) for forwards in sorted(both))

    def _directions(self, seq: int) -> set[bool]:
        if len(self._trail) == 3:  # from the current item to the first one of the return, and on from there
            return {self._trail[-1] > self._trail[-2]}
        now = goes_forwards(self._items, seq)
        is_sure = self._before is not None and goes_forwards(self._items, self._before) == now
        return {now} if is_sure else {True, False}


def speed_of_return(items: Sequence[Item], first: int, cruise_mps: float) -> float:
    """Speed of a return that begins at item `first`, m/s: the speed of the last speed item before (measured)."""
    given = (item.params[1] for item in reversed(items[:first]) if item.command == CHANGE_SPEED)
    return next(given, cruise_mps)


def way_along(items: Sequence[Item], way: Way) -> tuple[Spot, ...]:
    """The corners of a way home: over the pad at its end."""
    chosen = items[way.first :] if way.forwards else items[way.first :: -1]
    return tuple(spot(item) for item in chosen if item.at is not None and item.command != LAND)
