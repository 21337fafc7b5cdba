"""The failsafe ladder as data: inhibit the sensor -> hold -> return -> land. The operator's page shows this table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from blindspot.flight.settings import FlightSettings, battery_for_home
from blindspot.flight.vehicle import Telemetry
from blindspot.planning.plan import Route

LeaseState = Literal["ok", "inhibit", "hold", "return"]
"""What the lease of a drone means for its flight, as `law.lease` tells it."""

Action = Literal["inhibit", "hold", "return", "land"]
SEVERITY: tuple[Action, ...] = ("inhibit", "hold", "return", "land")


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that a row may judge."""

    seen: Telemetry
    lease: LeaseState
    camera_silent_s: float
    route: Route
    settings: FlightSettings


@dataclass(frozen=True, slots=True)
class Row:
    """One trigger: when it holds for `for_s` seconds, its action is taken and its reason told."""

    name: str
    reason: str
    action: Action
    threshold: str
    is_true: Callable[[Situation], bool]
    for_s: float = 0.0


def _silent(s: Situation) -> bool:
    return s.seen.state_age_s > s.settings.stale_state_s or not s.seen.connected


def _position_unsure(s: Situation) -> bool:
    return not s.seen.position_ok or s.seen.position_age_s > s.settings.stale_position_s


def _position_lost(s: Situation) -> bool:
    return _position_unsure(s) and not _silent(s)


def _battery_unknown(s: Situation) -> bool:
    stale = s.seen.battery_age_s > s.settings.stale_battery_s or not isfinite(s.seen.battery_fraction)
    return stale and not _silent(s)


def _battery_low(s: Situation) -> bool:
    return _position_known(s) and s.seen.battery_fraction < battery_for_home(s.settings, s.route, s.seen)


def _position_known(s: Situation) -> bool:
    return isfinite(s.seen.height_m) and isfinite(s.seen.east_m)


def rows(settings: FlightSettings) -> tuple[Row, ...]:
    """The table, with the thresholds of these settings.

    A vehicle that is silent altogether is judged by its silence alone: its uploaded mission goes on, and its MAVROS may
    be back in seconds. Position and battery count as lost only while the rest of it is heard.
    """
    return (
        Row("lease lapsed", "no lease is heard", "inhibit", "3 s of silence, or refused", lambda s: s.lease != "ok"),
        Row("lease lost", "the lease is lost", "hold", "10 s without", lambda s: s.lease in ("hold", "return")),
        Row("lease gone", "the lease is gone", "return", "30 s without", lambda s: s.lease == "return"),
        Row("position unsure", "the position is not sure", "inhibit", f"{settings.stale_position_s:g} s without",
            _position_unsure),
        Row("position lost", "the position is lost and the autopilot did not land", "land",
            f"{settings.position_lost_s:g} s without", _position_lost, settings.position_lost_s),
        Row("battery low", "the battery is needed for the way home", "return",
            f"way home + {settings.landing_battery_fraction:.0%}", _battery_low, 2.0),
        Row("battery unknown", "the battery is not heard", "return", f"{2 * settings.stale_battery_s:g} s without",
            _battery_unknown, settings.stale_battery_s),
        Row("vehicle silent", "the vehicle is not heard", "inhibit", f"{settings.stale_state_s:g} s of silence",
            _silent),
        Row("vehicle lost", "the vehicle was not heard for too long", "return",
            f"{settings.silent_return_s:g} s of silence", _silent, settings.silent_return_s),
        Row("camera lost", "the camera is lost", "return", f"{settings.camera_return_s:g} s without a picture",
            lambda s: s.camera_silent_s > settings.camera_return_s),
    )


class Ladder:
    """Watches every row; tells the gravest action that is due."""

    def __init__(self, settings: FlightSettings) -> None:
        self.table = rows(settings)
        self._since_s: dict[str, float] = {}

    def judge(self, situation: Situation) -> Row | None:
        """The gravest row whose condition has held for long enough at `situation.seen.stamp_s`, None if all is well."""
        now_s = situation.seen.stamp_s
        due = []
        for row in self.table:
            if not row.is_true(situation):
                self._since_s.pop(row.name, None)
            elif now_s - self._since_s.setdefault(row.name, now_s) >= row.for_s:
                due.append(row)
        return max(due, key=lambda row: SEVERITY.index(row.action), default=None)
