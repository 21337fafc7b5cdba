"""The autopilot's home during a flight: heights, the return and the mission's items count from it."""

from __future__ import annotations

from math import dist, hypot

from blindspot.flight.vehicle.vehicle import Telemetry
from blindspot.mission import Point

HOME_MOVED_M = 2.0
"""Distance from the home of the take-off at which home has moved, m."""
HOME_ASTRAY_S = 60.0
"""Time for which the crew may set it back before the drone lands where it is, s."""


class HomePlace:
    """Remembers the home of the take-off: PX4 takes a new one in flight from any ground station."""

    def __init__(self) -> None:
        self._at_take_off: Point | None = None

    def has_moved(self, seen: Telemetry, pad: Point, error_m: float) -> bool:
        """Whether home is elsewhere than at the take-off, or further from the pad than pre-flight permits.

        After a restart in flight the first known home counts as that of the take-off. An unknown home has not moved.
        """
        home = seen.home
        if home is None:
            return False
        if self._at_take_off is None or seen.landed == "on_ground":
            self._at_take_off = home
        if seen.landed == "on_ground":
            return False
        before = self._at_take_off
        moved_m = dist((home.east_m, home.north_m, home.up_m), (before.east_m, before.north_m, before.up_m))
        off_pad_m = hypot(home.east_m - pad.east_m, home.north_m - pad.north_m)
        return moved_m > HOME_MOVED_M or off_pad_m > error_m + HOME_MOVED_M
