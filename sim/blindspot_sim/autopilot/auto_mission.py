"""AUTO.MISSION: flight along an uploaded list of items."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot, isfinite, isnan
from typing import Protocol

from blindspot_sim.autopilot import items as cmd
from blindspot_sim.autopilot.items import Item


class Drone(Protocol):
    """The drone that a mission flies: the navigator. Places are in the site's frame, m."""

    mode: str
    was_on_ground: bool
    radius_m: float
    altitude_radius_m: float

    @property
    def home_up(self) -> float: ...
    @property
    def goal_east(self) -> float: ...
    @property
    def goal_north(self) -> float: ...
    @property
    def east(self) -> float: ...
    @property
    def north(self) -> float: ...
    @property
    def up(self) -> float: ...
    @property
    def flying(self) -> bool: ...
    def hold(self) -> None: ...
    def go_to(
        self, east: float, north: float, up: float, speed_mps: float | None = None, *, from_goal: bool = False
    ) -> None: ...
    def keep_heading(self, heading_deg: float) -> None: ...
    def land_at(self, east: float, north: float) -> None: ...
    def point(self, item: Item) -> None: ...


class MissionRunner:
    """The progress of a mission, and the goals that it gives the drone.

    A place counts as reached within its radius, at any speed and heading. The time of a LOITER_TIME item starts there
    (measured on PX4).
    `reports` collects the item numbers to publish as reached. A report within the same navigator cycle replaces the
    one before it, as seen on PX4: of several items done in one cycle only the last is published. The exception is one
    command after a place.
    `current_changed` requests that the current item is published at once. `epoch` counts loads, jumps and activations.
    Each of them ends the repetition of earlier reports.
    """

    def __init__(self, navigator: Drone) -> None:
        self._nav = navigator
        self.items: Sequence[Item] = ()
        self.current = 0
        self.finished = False
        self.reports: list[int] = []
        self.current_changed = False
        self.epoch = 0
        self._later: int | None = None
        self._inside_since_s: float | None = None
        self._speed_mps: float | None = None
        self._climb_first = False
        self._took_off = False
        self._descending = False

    @property
    def is_empty(self) -> bool:
        return not self.items

    @property
    def is_taking_off(self) -> bool:
        return not self.finished and bool(self.items) and self.items[self.current].command == cmd.TAKE_OFF

    @property
    def is_landing(self) -> bool:
        return self._descending

    def load(self, items: Sequence[Item]) -> None:
        """Replace the list, and start at its first item, at once if a mission is flown. The same list changes nothing
        (measured on PX4)."""
        self.epoch += 1
        if self.items and _same(self.items, items):
            return
        self.items = items
        self.current = 0
        self.finished = False
        self._speed_mps = None
        if self.items and self._nav.mode == "AUTO.MISSION" and self._nav.flying:
            self._start()

    def set_current(self, seq: int) -> bool:
        """Jump to an item. Returns False for an unknown number."""
        if not 0 <= seq < len(self.items):
            return False
        self.current = seq
        self.epoch += 1
        self.finished = False
        if self._nav.mode == "AUTO.MISSION":
            self._start()
        return True

    def activate(self, *, landed: bool) -> None:
        """Start or resume. On the ground a finished mission restarts; otherwise the mission goes on where it stopped.

        The drone first climbs straight up to the height of the first place. It does so in flight too, if this flight
        had no mission take-off before (measured on PX4).
        """
        if self.finished and landed:
            self.current, self.finished = 0, False
        self.epoch += 1
        self._took_off = self._took_off and not landed
        self._climb_first = not self._took_off
        self._start()

    def step(self, now_s: float) -> str | None:
        """Advance the mission. Returns "return" when an item requests AUTO.RTL."""
        if self._later is not None:
            self.reports.append(self._later)
            self._later = None
        if self.finished or not self.items:
            return None
        if self._climb_first and self.items[self.current].is_position and not self._climbed():
            return None
        done: list[int] = []
        event = None
        while not self.finished:
            item = self.items[self.current]
            if item.is_position and not self._is_reached(item, now_s):
                break
            done.append(self.current)
            if not item.is_position:
                event = self._do(item)
            self._advance()
            if not self.finished and self.items[self.current].is_position:
                break
        if done:
            self._report(done)
        return event

    def _report(self, done: list[int]) -> None:
        last = self.items[done[-1]].command
        if len(done) == 2 and last != cmd.RETURN:
            self.reports.append(done[0])
            self._later = done[1]
        else:
            self.reports.append(done[-1])
            self.current_changed = len(done) > 1

    def _advance(self) -> None:
        self._descending = False
        if self.current + 1 >= len(self.items):
            self.finished = True
            return
        self.current += 1
        self._start(from_place_before=True)

    def _start(self, *, from_place_before: bool = False) -> None:
        """Fly to the current item's place, on the line from the drone's position or from the previous place."""
        self._inside_since_s = None
        self._descending = False
        if not self.items or not self.items[self.current].is_position:
            self._nav.hold()
            return
        item = self.items[self.current]
        east, north, up = self._place(item)
        nav = self._nav
        if item.command == cmd.TAKE_OFF or (self._climb_first and item.command != cmd.LAND):
            self._took_off = True
            nav.go_to(nav.east, nav.north, up)
            self._climb_first = self._climb_first and item.command != cmd.TAKE_OFF
        elif item.command == cmd.LAND:
            nav.go_to(east, north, nav.up, from_goal=from_place_before)
        else:
            nav.go_to(east, north, up, self._speed_mps, from_goal=from_place_before)
        yaw_deg = item.params[3]
        if item.command in (cmd.WAYPOINT, cmd.LOITER_TIME) and isfinite(yaw_deg):
            nav.keep_heading(yaw_deg)

    def _place(self, item: Item) -> tuple[float, float, float]:
        nav = self._nav
        east = nav.goal_east if isnan(item.east_m) else item.east_m
        north = nav.goal_north if isnan(item.north_m) else item.north_m
        return east, north, item.up_above_datum_m(nav.home_up)

    def _climbed(self) -> bool:
        """True once the straight climb is done that follows a start with an item other than a take-off."""
        up = self._place(self.items[self.current])[2]
        if self._nav.flying and self._nav.up >= up - self._nav.altitude_radius_m:
            self._climb_first = False
            self._start()
            return True
        return False

    def _is_reached(self, item: Item, now_s: float) -> bool:
        nav = self._nav
        if item.command == cmd.TAKE_OFF:
            target_up = item.up_above_datum_m(nav.home_up)
            return nav.flying and (nav.up >= target_up - nav.altitude_radius_m or not nav.was_on_ground)
        east, north, up = self._place(item)
        radius = item.params[1] if item.command == cmd.WAYPOINT and item.params[1] > 0.0 else nav.radius_m
        near = hypot(east - nav.east, north - nav.north) <= radius
        if item.command == cmd.LAND:
            return self._land(near, east, north)
        if item.command == cmd.LOITER_UNLIMITED:
            return False
        hold_s = item.params[0]
        if self._inside_since_s is None and near and abs(up - nav.up) <= nav.altitude_radius_m:
            self._inside_since_s = now_s
        return self._inside_since_s is not None and now_s - self._inside_since_s >= hold_s - 1e-9

    def _land(self, near: bool, east: float, north: float) -> bool:
        if near and not self._descending:
            self._descending = True
            self._nav.land_at(east, north)
        return self._descending and not self._nav.flying

    def _do(self, item: Item) -> str | None:
        """Carry out a command item."""
        if item.command == cmd.RETURN:
            self.finished = True
            return "return"
        if item.command == cmd.CHANGE_SPEED:
            self._speed_mps = item.params[1] if item.params[1] > 0.0 else None
        else:
            self._nav.point(item)
        return None


def _same(items: Sequence[Item], others: Sequence[Item]) -> bool:
    """Whether two lists are equal; missing values (NaN) count as equal."""
    return repr(list(items)) == repr(list(others))
