"""Where the autopilot's local frame lies in the site.

The local frame begins where the autopilot was started: up to metres beside the pad, by the first fix of the receiver,
and the frame's height drifts with the weather. A camera's pose by the pad would be wrong by as much, and so would its
mask. The position in both frames gives the difference, as `flight_control` takes it: east and north from the global
position, heights from home, which lies at the height of the pad.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection

from blindspot.site import LocalFrame

Vector = tuple[float, float, float]

NEAR_S = 0.25
"""Longest time between a global position and the compared local position, and between two local positions."""
SAME_S = 0.01
"""Positions of one time: without two near local positions, only a local position of that time is compared."""
FRESH_S = 3.0
"""Longest time from a global position to a local position placed by the global position: the local frame itself hardly
moves."""
HOME_STEP_M, HOME_SETTLED_S = 0.5, 1.0
"""Change of the height of home after which nothing is placed, and for how long. In that time `flight_control` inhibits
the sensor if home has moved: any ground station can set it in flight."""
JUMP_M = 1.0
"""Distance from the place where the last two local positions lead: farther away the estimator was reset. A brake of 10
m/s2 leads 0.4 m away in NEAR_S."""
MOST_LAT_DEG = 85.0
ON_PAD_M = 5.0
"""Greatest distance of home from a pad, as in the pre-flight check."""


class LocalOrigin:
    """The local frame of one autopilot, from its newest messages; stamps in s of the autopilot's time."""

    def __init__(self, frame: LocalFrame, pad_up_m: float, pads: Collection[Vector]) -> None:
        """`pad_up_m` is the height of the drone's own pad, and `pads` are all pads of the site, m ENU: a home on a
        pad lies at the height of that pad."""
        self._frame, self._own_up_m, self._pads = frame, pad_up_m, tuple(pads)
        self._pad_up_m = pad_up_m
        self._local: deque[tuple[float, Vector]] = deque(maxlen=2)
        self._home_m = math.nan
        self._home_moved, self._settled_s = False, -math.inf
        self._origin: tuple[float, Vector] | None = None
        self._jumped_s = -math.inf
        """Time of the first local position after a jump."""

    def heard_home(self, altitude_m: float, lat_deg: float, lon_deg: float) -> None:
        """Note the altitude of home above the ellipsoid, and the pad on which home lies."""
        pad_up_m = self._up_of_pad(lat_deg, lon_deg)
        moved_m = max(abs(altitude_m - self._home_m), abs(pad_up_m - self._pad_up_m))
        self._home_moved |= moved_m > HOME_STEP_M
        self._home_m, self._pad_up_m = altitude_m, pad_up_m

    def _up_of_pad(self, lat_deg: float, lon_deg: float) -> float:
        """The height of the pad at a place, or that of the drone's own pad."""
        if not self._pads or not (abs(lat_deg) <= MOST_LAT_DEG and abs(lon_deg) <= 180.0):
            return self._own_up_m
        here_m = self._frame.to_enu(lon_deg, lat_deg)
        nearest = min(self._pads, key=lambda pad: math.dist(pad[:2], here_m[:2]))
        return nearest[2] if math.dist(nearest[:2], here_m[:2]) <= ON_PAD_M else self._own_up_m

    def heard_global(self, stamp_s: float, lat_deg: float, lon_deg: float, altitude_m: float) -> None:
        """Compare a global position, WGS 84 and m above the ellipsoid, with the local position of the same time."""
        local_m = self._local_at(stamp_s)
        if local_m is None or not (abs(lat_deg) <= MOST_LAT_DEG and abs(lon_deg) <= 180.0):
            return
        east_m, north_m = self._frame.to_enu(lon_deg, lat_deg)
        up_m = self._pad_up_m + altitude_m - self._home_m
        if math.isfinite(up_m):
            self._origin = stamp_s, (east_m - local_m[0], north_m - local_m[1], up_m - local_m[2])

    def place(self, stamp_s: float, local_m: Vector) -> Vector | None:
        """The place in the site, ENU m, of a local position; None while the local frame is unknown."""
        if self._local and stamp_s < self._local[-1][0]:  # the clock was set back, or the message came late
            self._local.clear()
        expected_m = self._local_at(stamp_s)
        if expected_m is not None and not math.dist(expected_m, local_m) <= JUMP_M:
            self._local.clear()
            self._origin, self._jumped_s = None, stamp_s
        self._local.append((stamp_s, local_m))
        if self._home_moved:
            self._home_moved, self._settled_s = False, stamp_s + HOME_SETTLED_S
        if 0.0 < self._settled_s - stamp_s <= HOME_SETTLED_S:  # more: the clock was set back since
            return None
        if self._origin is None or not abs(stamp_s - self._origin[0]) <= FRESH_S:
            return None
        east_m, north_m, up_m = (origin + local for origin, local in zip(self._origin[1], local_m, strict=True))
        return east_m, north_m, up_m

    def _local_at(self, stamp_s: float) -> Vector | None:
        """The local position at a time near the newest one, by the way between the last two; None for another time."""
        if self._local and stamp_s < self._jumped_s <= self._local[-1][0]:
            return None
        if not self._local or not abs(stamp_s - self._local[-1][0]) <= NEAR_S:
            return None
        (before_s, before_m), (after_s, after_m) = self._local[0], self._local[-1]
        if 0 < after_s - before_s <= NEAR_S:
            share = (stamp_s - after_s) / (after_s - before_s)
        elif abs(stamp_s - after_s) <= SAME_S:
            share = 0.0
        else:
            return None
        x, y, z = (after + share * (after - before) for before, after in zip(before_m, after_m, strict=True))
        return x, y, z
