"""The autopilot's home during a flight: heights, the return and the mission's items count from it."""

from __future__ import annotations

from math import hypot, isfinite, nan

from blindspot.flight.vehicle.vehicle import Telemetry
from blindspot.mission import Point

HOME_MOVED_M = 2.0
"""Distance from the home of the take-off at which home has moved, m."""
HOME_ASTRAY_S = 60.0
"""Time for which the crew may set it back before the drone lands where it is, s."""
CORRECTED_S, CORRECTED_M = 130.0, 10.0
"""For 120 s after the take-off PX4 corrects the height of home by itself, again and again, as soon as the satellites'
height differs from the barometer's by 1 m. It does so only with a height that is accurate to 10 m (HomePosition.hpp).
The other 10 s: PX4 notices its take-off late, sends home every 2 s, and the link may lose it."""
BY_BAROMETER_M = 3.0
"""Difference between the heights by home and by the barometer that PX4's own corrections leave; 2.9 m in 14 recorded
flights."""
STANDS_WITHIN_M = 3.0
"""Largest height above or below home of a drone that stands where it will take off, m. A mission is flown too low or
too high by as much: plans keep 5 m from buildings."""


def stands_on_home(seen: Telemetry, home: Point) -> bool:
    """Whether a drone on the ground is as high as its home; false if its height is unknown."""
    return abs(seen.up_m - home.up_m) <= STANDS_WITHIN_M


class HomePlace:
    """Remembers the home of the take-off: PX4 takes a new one in flight from any ground station."""

    def __init__(self) -> None:
        self._at_take_off: Point | None = None
        self._up_m = self._left_s = 0.0
        """Height of home with PX4's own corrections, m; time at which the drone was on the ground last, s."""
        self._judged_m = self._baro_zero_m = nan
        """Height of home as it was judged last, and barometric altitude at the height of the take-off, m."""
        self._has_flown = False

    def has_moved(self, seen: Telemetry, pad: Point, error_m: float) -> bool:
        """Whether home is elsewhere than at the take-off, or further from the pad than pre-flight permits.

        After a restart in flight the first known home counts as that of the take-off. An unknown home has not moved.
        """
        home, stands = seen.home, seen.landed == "on_ground"
        self._has_flown = self._has_flown or seen.landed in ("taking_off", "in_air", "landing")
        if home is None:
            return False
        if self._at_take_off is None or stands:
            self._at_take_off, self._up_m, self._judged_m, self._left_s = home, home.up_m, home.up_m, seen.stamp_s
            self._baro_zero_m = nan
        if not isfinite(self._baro_zero_m):
            self._baro_zero_m = seen.baro_m - (seen.up_m - self._up_m)
        off_pad_m = hypot(home.east_m - pad.east_m, home.north_m - pad.north_m)
        if stands:  # after a flight its height may have drifted
            on_pad = stands_on_home(seen, home) and off_pad_m <= error_m + HOME_MOVED_M
            return seen.armed and not self._has_flown and not on_pad
        before = self._at_take_off
        if seen.stamp_s - self._left_s <= CORRECTED_S and abs(home.up_m - before.up_m) <= CORRECTED_M:
            self._take_correction(seen, home.up_m)
        moved_m = hypot(home.east_m - before.east_m, home.north_m - before.north_m, home.up_m - self._up_m)
        return moved_m > HOME_MOVED_M or off_pad_m > error_m + HOME_MOVED_M

    def _take_correction(self, seen: Telemetry, up_m: float) -> None:
        """Take a new height of home as PX4's own if the barometer, which no home changes, agrees with it, or agrees
        better than before. Each is judged once; without a barometer it stays open."""
        if up_m == self._judged_m:
            return
        by_baro_m = seen.baro_m - self._baro_zero_m
        before_m, now_m = (abs(seen.up_m - home_m - by_baro_m) for home_m in (self._up_m, up_m))
        if not isfinite(now_m):
            return
        self._judged_m = up_m
        if now_m <= max(before_m, BY_BAROMETER_M):
            self._up_m = up_m
