"""How near each row of the failsafe ladder is to its limit: for the eyes of the crew, and no input of any decision.

A row without a number, such as a lost home position, is only quiet, counting or due. `used` is the share of the way to
the limit, so that rows of different units can be compared: 0 is far away, 1 is the limit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from math import hypot, inf, isfinite, isnan, nan
from typing import Literal

from blindspot.flight.watch.ahead import Edges
from blindspot.flight.watch.ladder import (
    ASTRAY_M,
    DRONE_NEAR,
    VEHICLE_SILENT,
    WIND_STRONG,
    Action,
    Ladder,
    Row,
    Watched,
)
from blindspot.flight.watch.surroundings import Other

TREND_S = 10.0
"""The time over which a trend is measured: shorter than most rows, longer than a gust."""
LONGEST_S = 3600.0
"""A limit that is further away counts as not approached."""
LEASE_LIMITS_S = {"lease lapsed": 3.0, "lease lost": 10.0, "lease gone": 30.0}
"""By row: time without a valid lease, s."""
FALLING = frozenset({
    "battery low", "battery spent", "landing late", "fence near", "zone near", DRONE_NEAR, "disk full",
})  # fmt: skip
"""Rows whose value falls to the limit."""

Progress = Literal["quiet", "counting", "due"]
"""`counting`: the condition is true, and the row comes due if the condition lasts."""
_Reading = tuple[float, float, str]
"""Value, limit, unit."""
NO_NUMBER: _Reading = (nan, nan, "")


@dataclass(frozen=True, slots=True)
class Margin:
    """One row now. `value` and `limit` are NaN for a row without a number. `left_s` is the time until the row comes due
    if the value goes on as in the last seconds; infinite if the value does not approach the limit."""

    row: str
    action: Action
    threshold: str
    progress: Progress
    value: float
    limit: float
    unit: str
    used: float
    left_s: float


class Margins:
    """The margins of one flight; call `look` about once a second. A first look knows no trend."""

    def __init__(self) -> None:
        self._past: dict[str, deque[tuple[float, float]]] = {}

    def look(self, ladder: Ladder, lease_silent_s: float = nan) -> tuple[Margin, ...]:
        """The margins of all rows at the last judgement, in the order of the table; none before a judgement."""
        x = ladder.watched
        if x is None:
            return ()
        due = {row.name for row in ladder.due}
        readings = _readings(x, ladder.lookout.edges(x.seen, x.wind), lease_silent_s)
        return tuple(
            self._margin(row, x, ladder, row.name in due, readings.get(row.name, NO_NUMBER)) for row in ladder.table
        )

    def _margin(self, row: Row, x: Watched, ladder: Ladder, is_due: bool, reading: _Reading) -> Margin:
        now_s, is_true = x.seen.stamp_s, row.is_true(x)
        value, limit, unit = reading
        falls = row.name in FALLING
        used = 1.0 if is_true or is_due else _used(value, limit, falls=falls)
        approach_s = self._approach_s(row.name, now_s, value - limit if falls else limit - value)
        left_s = 0.0 if is_true else approach_s
        left_s = 0.0 if is_due else left_s + max(0.0, row.for_s - ladder.looked_s(row.name, now_s))
        progress: Progress = "due" if is_due else "counting" if is_true else "quiet"
        return Margin(row.name, row.action, row.threshold, progress, value, limit, unit, used, left_s)

    def _approach_s(self, name: str, now_s: float, gap: float) -> float:
        """Time until the gap to the limit is closed, by the trend of the last seconds."""
        past = self._past.setdefault(name, deque())
        while past and not 0.0 <= now_s - past[0][0] <= TREND_S:
            past.popleft()
        past.append((now_s, gap))
        since_s, before = past[0]
        if not (now_s > since_s and isfinite(gap) and isfinite(before)):
            return inf
        per_s = (before - gap) / (now_s - since_s)
        left_s = gap / per_s if per_s > 0.0 else inf
        return max(0.0, left_s) if left_s <= LONGEST_S else inf


def _used(value: float, limit: float, *, falls: bool) -> float:
    """The share of the way to the limit; NaN without a number. A value that `falls` to its limit is compared the other
    way round."""
    above, below = (limit, value) if falls else (value, limit)
    if not isfinite(above) or isnan(below):
        return nan
    return 1.0 if below <= 0.0 else min(1.0, max(0.0, above / below))


def _readings(x: Watched, edges: Edges, lease_silent_s: float) -> Mapping[str, _Reading]:
    """The rows with a number: value, limit, unit."""
    s, seen, around = x.settings, x.seen, x.around
    way_s = x.way_home.time_s if isfinite(x.way_home.time_s) else 0.0
    others = [other for other in around.others if other.flies]
    return {
        **{name: (lease_silent_s, limit_s, "s") for name, limit_s in LEASE_LIMITS_S.items()},
        VEHICLE_SILENT: (seen.state_age_s, s.stale_state_s, "s"),
        "vehicle lost": (seen.state_age_s, s.stale_state_s, "s"),
        "position unsure": (seen.position_age_s, s.stale_position_s, "s"),
        "motion unsure": (seen.motion_age_s, s.stale_position_s, "s"),
        "battery low": _battery(x, s.landing_battery_fraction),
        "battery spent": _battery(x, s.spent_battery_fraction),
        "battery unknown": (seen.battery_age_s, s.stale_battery_s, "s"),
        "landing late": (around.land_within_s, way_s + s.landing_spare_s, "s"),
        WIND_STRONG: (nan if x.wind is None else x.wind.speed_mps, s.model.performance.max_wind_mps, "m/s"),
        "fence near": (edges.fence_m, edges.braking_m, "m"),
        "zone near": (edges.zone_m, edges.braking_m, "m"),
        "route left": (x.off_route_m, ASTRAY_M, "m"),
        DRONE_NEAR: (min((_apart_m(x, other) for other in others), default=inf), s.near_drone_m, "m"),
        "drone lost": (max((other.silent_s for other in others), default=0.0), s.drone_lost_s, "s"),
        "ground lost": (around.ground_silent_s, s.ground_lost_s, "s"),
        "camera lost": (x.camera_silent_s, s.camera_return_s, "s"),
        "gimbal unsure": (seen.gimbal_age_s, s.stale_position_s, "s"),
        "computer hot": (around.computer.temperature_c, s.computer_hot_c or nan, "C"),
        "disk full": (around.computer.disk_free_mb, s.disk_low_mb, "MB"),
    }


def _battery(x: Watched, rest_fraction: float) -> _Reading:
    need = x.way_home.battery_fraction + rest_fraction
    return 100.0 * x.seen.battery_fraction, 100.0 * need if isfinite(need) else nan, "%"


def _apart_m(x: Watched, other: Other) -> float:
    seen = x.seen
    up_m = x.route.home.up_m + seen.height_m
    return hypot(other.east_m - seen.east_m, other.north_m - seen.north_m, other.up_m - up_m)
