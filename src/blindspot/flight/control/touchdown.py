"""Tells a landing from motors that were stopped in the air: PX4 reports each disarmed drone as on the ground."""

from __future__ import annotations

from math import inf, nan

from blindspot.flight.vehicle.vehicle import HEARD_S, Telemetry

STOPPED_IN_FLIGHT = "disarmed in flight, and not by us"
STOOD_S = 1.3
"""PX4 disarms 2 s after a touchdown (COM_DISARM_LAND). Motors that are stopped in the air show as on the ground after
0.3 to 0.6 s, and as disarmed with the next heartbeat, at most 1 s later."""
LOW_M = 10.0
"""Below this height above home a drone may land at any moment."""
FASTEST_DOWN_MPS = 5.0


class Touchdown:
    """Remembers how an armed drone came down. Call `look` with each telemetry."""

    def __init__(self) -> None:
        self._aloft_s, self._height_m, self._stood_s = -inf, nan, 0.0
        """Time at which the drone was last known in the air, the height above home then, and the time on the ground
        since."""

    def look(self, seen: Telemetry) -> None:
        """Note an armed drone that is heard."""
        if not (seen.connected and seen.armed and seen.state_age_s <= HEARD_S):
            return
        if seen.landed == "on_ground":
            self._stood_s = seen.stamp_s - self._aloft_s
        elif seen.landed != "unknown":
            self._aloft_s, self._height_m, self._stood_s = seen.stamp_s - seen.state_age_s, seen.height_m, 0.0

    def is_fall(self, seen: Telemetry) -> bool:
        """Whether a drone reported as down can't have landed: the drone did not stand with running motors, and was
        too high just before. An unknown height counts as low."""
        way_m = self._height_m - LOW_M
        least_s = max(STOOD_S, way_m / FASTEST_DOWN_MPS)
        return way_m > 0.0 and self._stood_s < STOOD_S and seen.stamp_s - self._aloft_s < least_s
