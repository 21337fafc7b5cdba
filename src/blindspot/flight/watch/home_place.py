"""The autopilot's home during a flight: heights, the return and the mission's items count from it."""

from __future__ import annotations

from math import hypot

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


class HomePlace:
    """Remembers the home of the take-off: PX4 takes a new one in flight from any ground station."""

    def __init__(self) -> None:
        self._at_take_off: Point | None = None
        self._up_m = self._left_s = 0.0
        """Height of home with PX4's own corrections, m; time at which the drone was on the ground last, s."""

    def has_moved(self, seen: Telemetry, pad: Point, error_m: float) -> bool:
        """Whether home is elsewhere than at the take-off, or further from the pad than pre-flight permits.

        After a restart in flight the first known home counts as that of the take-off. An unknown home has not moved.
        """
        home = seen.home
        if home is None:
            return False
        if self._at_take_off is None or seen.landed == "on_ground":
            self._at_take_off, self._up_m, self._left_s = home, home.up_m, seen.stamp_s
        if seen.landed == "on_ground":
            return False
        before = self._at_take_off
        is_early = seen.stamp_s - self._left_s <= CORRECTED_S
        if is_early and abs(home.up_m - before.up_m) <= CORRECTED_M:
            self._up_m = home.up_m
        moved_m = hypot(home.east_m - before.east_m, home.north_m - before.north_m, home.up_m - self._up_m)
        off_pad_m = hypot(home.east_m - pad.east_m, home.north_m - pad.north_m)
        return moved_m > HOME_MOVED_M or off_pad_m > error_m + HOME_MOVED_M
