"""The autopilot's home during a flight: heights, the return and the mission's items count from it."""

from __future__ import annotations

from math import hypot, isfinite, nan
from typing import NamedTuple

from blindspot.flight.vehicle.vehicle import Telemetry
from blindspot.mission import Point

HOME_MOVED_M = 2.0
"""Distance from the home of the take-off at which home has moved, m."""
HOME_ASTRAY_S = 60.0
"""Time for the crew to set home back before the drone lands on the spot, s."""
CORRECTED_S, CORRECTED_M = 130.0, 10.0
"""For 120 s after the take-off PX4 corrects the height of home by itself, again and again, as soon as the satellites'
height differs from the barometer's by 1 m. PX4 does so only with a height accurate to 10 m (HomePosition.hpp).
The other 10 s: PX4 notices the take-off late, sends home every 2 s, and the link may lose the message."""
BY_BAROMETER_M = 3.0
"""Difference between the heights by home and by the barometer that PX4's own corrections leave; 2.9 m in 14 recorded
flights."""
STANDS_WITHIN_M = 3.0
"""Largest height above or below home of a drone at the take-off place, m. A mission is flown too low or
too high by as much: plans keep 5 m from buildings."""


def stands_on_home(seen: Telemetry, home: Point) -> bool:
    """Whether a drone on the ground is as high as home; false for an unknown height."""
    return abs(seen.up_m - home.up_m) <= STANDS_WITHIN_M


class HomeOfTakeOff(NamedTuple):
    """The home of a take-off: the place, the height with PX4's own corrections, m, and the barometric altitude there,
    m."""

    place: Point
    up_m: float
    baro_m: float = nan


class HomePlace:
    """Remembers the home of the take-off: PX4 takes a new one in flight from any ground station.

    `known` is the home of a take-off that an earlier process has seen.
    """

    def __init__(self, known: HomeOfTakeOff | None = None) -> None:
        self._of_take_off = known
        self._left_s: float | None = None
        """Time at which the drone was on the ground last, or was seen first, s."""
        self._stood_up_m = self._stood_baro_m = nan
        """The drone's height at the last stand with stopped motors, and the barometric altitude then, m."""
        self._judged_m = nan if known is None else known.up_m
        """Height of home as it was judged last, m."""
        self._has_flown = known is not None

    @property
    def of_take_off(self) -> HomeOfTakeOff | None:
        """The home of the take-off; `None` before it."""
        return self._of_take_off if self._has_flown else None

    def has_moved(self, seen: Telemetry, pad: Point, error_m: float) -> bool:
        """Whether home is elsewhere than at the take-off, or further from the pad than pre-flight permits.

        After a restart in flight the first known home counts as the home of the take-off, unless the latter is known.
        An unknown home has not moved.
        """
        home, stands = seen.home, seen.landed == "on_ground"
        self._has_flown = self._has_flown or seen.landed in ("taking_off", "in_air", "landing")
        if home is None:
            return False
        if self._of_take_off is None or stands:
            self._of_take_off, self._judged_m = HomeOfTakeOff(home, home.up_m), home.up_m
        if self._left_s is None or stands:
            self._left_s = seen.stamp_s
        before = self._of_take_off
        baro_m = seen.baro_m - (seen.up_m - before.up_m)
        if isfinite(baro_m) and not isfinite(before.baro_m):
            self._of_take_off = before = before._replace(baro_m=baro_m)
        off_pad_m = hypot(home.east_m - pad.east_m, home.north_m - pad.north_m)
        if stands:  # after a flight its height may have drifted
            climbed_m = self._climbed_m(seen)
            on_pad = stands_on_home(seen, home) or abs(seen.up_m - climbed_m - home.up_m) <= STANDS_WITHIN_M
            on_pad = on_pad and off_pad_m <= error_m + HOME_MOVED_M
            return seen.armed and not self._has_flown and not on_pad
        if seen.stamp_s - self._left_s <= CORRECTED_S and abs(home.up_m - before.place.up_m) <= CORRECTED_M:
            self._of_take_off = before = self._corrected(before, seen, home.up_m)
        moved_m = hypot(home.east_m - before.place.east_m, home.north_m - before.place.north_m, home.up_m - before.up_m)
        return moved_m > HOME_MOVED_M or off_pad_m > error_m + HOME_MOVED_M

    def _climbed_m(self, seen: Telemetry) -> float:
        """Climb of a drone that is reported on the ground, m, since the motors were off: on a busy link the take-off
        is reported many seconds late. The barometer, which no home changes, shows the climb; else the height of the
        place."""
        if not (seen.armed and isfinite(self._stood_up_m)):
            self._stood_up_m, self._stood_baro_m = seen.up_m, seen.baro_m
        by_baro_m = seen.baro_m - self._stood_baro_m
        return max(0.0, by_baro_m if isfinite(by_baro_m) else seen.up_m - self._stood_up_m)

    def _corrected(self, before: HomeOfTakeOff, seen: Telemetry, up_m: float) -> HomeOfTakeOff:
        """Take a new height of home as PX4's own if the barometer, which no home changes, agrees with it, or agrees
        better than before. Each is judged once; without a barometer it stays open."""
        by_baro_m = seen.baro_m - before.baro_m
        off_before_m, off_m = (abs(seen.up_m - home_m - by_baro_m) for home_m in (before.up_m, up_m))
        if up_m == self._judged_m or not isfinite(off_m):
            return before
        self._judged_m = up_m
        return before._replace(up_m=up_m) if off_m <= max(off_before_m, BY_BAROMETER_M) else before
