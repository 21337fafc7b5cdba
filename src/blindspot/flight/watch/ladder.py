"""The failsafe ladder as data: inhibit the sensor -> hold -> return -> land. The reference shows `rows`.

Every comparison is written so that NaN fails it: an unknown value never counts as healthy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from blindspot.flight.route.mission_items import Item, returns_along, route_items
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.vehicle.returning import spot
from blindspot.flight.vehicle.vehicle import Telemetry
from blindspot.flight.watch.ahead import BRAKED_SHARE, PAD_M, Danger, Lookout, is_placed
from blindspot.flight.watch.energy import HomeWatch, WayHome
from blindspot.flight.watch.home_place import HOME_ASTRAY_S, HOME_MOVED_M, HomeOfTakeOff, HomePlace
from blindspot.flight.watch.surroundings import Around
from blindspot.flight.watch.traffic import any_near
from blindspot.flight.watch.wind import Wind, WindEstimate
from blindspot.mission import Route

LeaseState = Literal["ok", "inhibit", "hold", "return"]
"""The effect of a drone's lease on its flight, from `LeaseWatch`."""

Action = Literal["inhibit", "hold", "return", "land"]
PAD_TAKEN = "pad taken"
DRONE_NEAR = "drone near"
HOME_MOVED = "home moved"
"""While this row is due, the drone is never sent home."""
AIRCRAFT_NEAR = "aircraft near"
"""While this row is due, a hold ends later: a return may climb."""
CLIMB_M = 2.0
"""The accuracy of heights: a return that climbs less stays level."""
ASTRAY_M = 15.0
"""Distance from the route that no gust explains, m: the mission on board is another party's."""
WIND_STRONG = "wind strong"
AIRCRAFT_EVADED = "aircraft evaded"
DUE_FOR_ALL = frozenset({WIND_STRONG, AIRCRAFT_EVADED})
"""These rows come due for all drones at the same moment: a drone then must not go home past another one nearby."""
VEHICLE_SILENT = "vehicle silent"
LEASE_ROWS = frozenset({"lease lapsed", "lease lost", "lease gone"})
SEVERITY: tuple[Action, ...] = ("inhibit", "hold", "return", "land")


@dataclass(frozen=True, slots=True)
class Situation:
    """One step of a flight as it is observed: the input of the ladder and of the checks before a flight."""

    seen: Telemetry
    lease: LeaseState
    camera_silent_s: float
    route: Route
    settings: FlightSettings
    around: Around
    items: Sequence[Item] | None = None
    """The mission on board; `None` for the route's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched(Situation):
    """A situation with its consequences, computed once for all rows: the wind (`None` while unknown), the way home, the
    dangers on the braking way, and the silent or uncertain parts of the vehicle."""

    wind: Wind | None
    way_home: WayHome
    dangers: frozenset[Danger]
    silent: bool
    position_unsure: bool
    motion_unsure: bool
    gimbal_unsure: bool
    home_moved: bool
    off_route_m: float


@dataclass(frozen=True, slots=True)
class Row:
    """One trigger: once the condition has held for `for_s` seconds, the action is taken and the reason is reported."""

    name: str
    reason: str
    action: Action
    threshold: str
    is_true: Callable[[Watched], bool]
    for_s: float = 0.0

    @property
    def test(self) -> str:
        """The name of this row's test."""
        return f"test_{self.name.replace(' ', '_')}"


def rows(settings: FlightSettings) -> tuple[Row, ...]:
    """The table, with the thresholds of these settings.

    A completely silent vehicle is judged by the silence alone: the uploaded mission continues, and MAVROS may be back
    in seconds. A single value counts as lost only while the rest of the vehicle's messages arrive.
    """
    s, fly, watched = settings, settings.model.performance, not settings.simulated
    return (
        Row("lease lapsed", "the lease has lapsed", "inhibit", "3 s without a valid lease, or refused",
            lambda x: x.lease != "ok"),
        Row("lease lost", "the lease is lost", "hold", "10 s without a valid lease",
            lambda x: x.lease not in ("ok", "inhibit")),
        Row("lease gone", "the lease is gone", "return", "30 s without a valid lease",
            lambda x: x.lease not in ("ok", "inhibit", "hold")),
        Row("autopilot failsafe", "the autopilot's own failsafe acts", "inhibit",
            "system status 5; its action is accepted", lambda x: x.seen.in_failsafe),
        Row(VEHICLE_SILENT, "the vehicle is silent", "inhibit", f"{s.stale_state_s:g} s of silence",
            lambda x: x.silent),
        Row("vehicle lost", "the vehicle was silent for too long", "return", f"{s.silent_return_s:g} s of silence",
            lambda x: x.silent, s.silent_return_s),
        Row("position unsure", "the position is uncertain", "inhibit",
            f"older than {s.stale_position_s:g} s, or invalid", lambda x: x.position_unsure),
        Row("position lost", "the position is lost", "land",
            f"{s.position_lost_s:g} s of it", lambda x: x.position_unsure and not x.silent, s.position_lost_s),
        Row("motion unsure", "heading, speed or height is uncertain", "inhibit",
            f"older than {s.stale_position_s:g} s, or flagged by the estimator", lambda x: x.motion_unsure),
        Row("motion lost", "heading, speed or height is lost", "return", f"{s.position_lost_s:g} s of it",
            lambda x: x.motion_unsure and not x.silent, s.position_lost_s),
        Row("battery low", "the battery is needed for the way home", "return",
            f"way home + {s.landing_battery_fraction:.0%} for 2 s",
            _battery_below(s.landing_battery_fraction), 2.0),
        Row("battery spent", "the battery is too low to reach home", "land",
            f"way home + {s.spent_battery_fraction:.0%} for 5 s",
            _battery_below(s.spent_battery_fraction), 5.0),
        Row("battery unknown", "the battery level is unknown", "return",
            f"{2 * s.stale_battery_s:g} s of silence, or {s.stale_battery_s:g} s of invalid values",
            lambda x: _battery_unknown(x) and not x.silent, s.stale_battery_s),
        Row("landing late", "the drone must be down by the mission's latest landing", "return",
            f"way home + {s.landing_spare_s:g} s", _landing_late),
        Row(WIND_STRONG, "the wind is stronger than the drone may bear", "return",
            f"above {fly.max_wind_mps:g} m/s for {s.wind_s:g} s", _wind_strong, s.wind_s),
        Row("wind unknown", "the wind is unknown", "return", f"{s.wind_unknown_s:g} s of it in the air",
            lambda x: x.wind is None and x.seen.landed in ("in_air", "unknown") and not x.silent, s.wind_unknown_s),
        Row("fence near", "the fence is nearer than the way to brake", "hold", f"{s.react_s:g} s + braking ahead",
            _met("fence near")),
        Row("fence close", "the drone hovers nearer to the fence than a plan may: a gust could push it out", "return",
            "nearer than v^2 / 2a in hold, or about to lie across the way home", _met("fence close")),
        Row("fence crossed", "the drone is outside the fence", "return", "outside for 1 s",
            _met("fence crossed"), 1.0),
        Row("zone near", "a no-fly zone is nearer than the way to brake", "hold", f"{s.react_s:g} s + braking ahead",
            _met("zone near")),
        Row("zone close", "the drone hovers nearer to a no-fly zone than a plan may; a gust could push it in", "return",
            "nearer than v^2 / 2a in hold, or about to lie across the way home", _met("zone close")),
        Row("zone entered", "the drone is in a no-fly zone", "return", "inside for 1 s",
            _met("zone entered"), 1.0),
        Row("route left", "the mission leads off the route", "hold", f"{ASTRAY_M:g} m off in AUTO.MISSION for 2 s",
            lambda x: x.off_route_m > ASTRAY_M and not x.silent, 2.0),
        Row(DRONE_NEAR, "another drone is too near", "hold",
            f"{s.near_drone_m:g} m, {BRAKED_SHARE * s.near_drone_m:g} m when both have braked", _met("drone near")),
        Row(PAD_TAKEN, "another drone stands on the pad", "hold", f"within {PAD_M:g} m of it for 1 s",
            _met("pad taken"), 1.0),
        Row(HOME_MOVED, "the home position has moved in flight", "hold",
            f"{HOME_MOVED_M:g} m from that of the take-off, or {s.home_error_m + HOME_MOVED_M:g} m from the pad",
            lambda x: x.home_moved),
        Row("home astray", "the home position stays away from that of the take-off", "land",
            f"{HOME_ASTRAY_S:g} s of it", lambda x: x.home_moved, HOME_ASTRAY_S),
        Row("drone lost", "another drone in the air is silent", "hold",
            f"{s.drone_lost_s:g} s of silence, or 3 s of unknown position", lambda x: bool(lost_drones(x)), 3.0),
        Row(AIRCRAFT_NEAR, "a crewed aircraft is near", "hold",
            f"within {s.near_aircraft_m:g} m, {s.near_aircraft_up_m:g} m up or down, in {s.aircraft_ahead_s:g} s",
            _aircraft_near),
        Row(AIRCRAFT_EVADED, "a crewed aircraft is near, and the way home needs no climb", "return",
            f"the same for 2 s, at most {CLIMB_M:g} m below the way home",
            lambda x: _aircraft_near(x) and not _would_climb(x), 2.0),
        Row("ground lost", "the ground station is lost", "return", f"{s.ground_lost_s:g} s of silence",
            lambda x: not x.around.ground_silent_s <= s.ground_lost_s),
        Row("camera lost", "the camera is lost", "return", f"{s.camera_return_s:g} s without a picture",
            lambda x: not x.camera_silent_s <= s.camera_return_s),
        Row("gimbal unsure", "the camera's aim is uncertain", "inhibit",
            f"older than {s.stale_position_s:g} s, or invalid", lambda x: x.gimbal_unsure),
        Row("gimbal lost", "the camera's aim is lost", "return", f"{s.camera_return_s:g} s of it",
            lambda x: x.gimbal_unsure and not x.silent, s.camera_return_s),
        Row("computer hot", "the computer on board is too hot", "return", f"above {s.computer_hot_c:g} C for 10 s",
            lambda x: watched and s.computer_hot_c > 0.0 and not x.around.computer.temperature_c <= s.computer_hot_c,
            10.0),
        Row("disk full", "the disk on board is almost full", "return", f"under {s.disk_low_mb:g} MB for 5 s",
            lambda x: s.disk_low_mb > 0.0 and not x.around.computer.disk_free_mb >= s.disk_low_mb, 5.0),
    )  # fmt: skip


class Ladder:
    """Watches every row, and returns the gravest action that is due.

    Call `judge` steadily, about ten times a second: rows have dwell times. `due` are all rows that are due now, and
    `news` returns the rows that came due since the last call. `home` is the home of a take-off seen by an earlier
    process.
    """

    def __init__(self, settings: FlightSettings, route: Route, home: HomeOfTakeOff | None = None) -> None:
        self.table = rows(settings)
        self._conditions = [(row.name, row.is_true) for row in self.table]
        self.due: tuple[Row, ...] = ()
        self.watched: Watched | None = None
        """The situation of the last judgement with its consequences; `None` before a judgement."""
        self._dwell_s = settings.dwell_s
        self._wind = WindEstimate(settings.model.performance.drag_per_s)
        self.lookout = Lookout(settings, route)
        self._home = HomeWatch(settings, route)
        self.home_place = HomePlace(home)
        self._since_s: dict[str, float] = {}
        self._last_s: dict[str, float] = {}
        self._reported: frozenset[str] = frozenset()

    def judge(self, situation: Situation) -> Row | None:
        """The gravest due row at `situation.seen.stamp_s`; `None` if no row is due. While the pad is taken or home has
        moved, rows that return are left out."""
        seen, x = situation.seen, self._watch(situation)
        self.watched = x
        true = [name for name, is_true in self._conditions if is_true(x)]
        if not true and not self._last_s:
            self.due = ()
            return None
        watched = {*true, *self._last_s}  # true now or recently
        self.due = tuple(
            [row for row in self.table if row.name in watched and self._is_due(row, row.name in true, seen.stamp_s)]
        )
        stays = any(row.name in (PAD_TAKEN, HOME_MOVED) for row in self.due)
        judged = (row for row in self.due if not (stays and row.action == "return"))
        return max(judged, key=lambda row: SEVERITY.index(row.action), default=None)

    def _watch(self, x: Situation) -> Watched:
        seen, wind = x.seen, self._wind.hear(x.seen)
        return Watched(
            seen, x.lease, x.camera_silent_s, x.route, x.settings, x.around, x.items,
            wind=wind, way_home=self._home.look(seen, wind, x.items),
            dangers=self.lookout.dangers(seen, x.around.others, wind),
            silent=_silent(x), position_unsure=_position_unsure(x), motion_unsure=_motion_unsure(x),
            gimbal_unsure=_gimbal_unsure(x),
            home_moved=self.home_place.has_moved(seen, x.route.home, x.settings.home_error_m),
            off_route_m=self.lookout.off_route_m(x.route, seen),
        )  # fmt: skip

    def looked_s(self, name: str, now_s: float) -> float:
        """Time for which a row's condition has been evaluated as true, due or not, s."""
        return now_s - self._since_s.get(name, now_s)

    def news(self) -> tuple[Row, ...]:
        """Rows that came due since the last call, so that each is reported once."""
        new = tuple(row for row in self.due if row.name not in self._reported)
        self._reported = frozenset(row.name for row in self.due)
        return new

    def _is_due(self, row: Row, is_true: bool, now_s: float) -> bool:
        """Whether a row is due. A condition ends only after `dwell_s` without it: a flickering one keeps counting."""
        name = row.name
        if is_true:
            self._last_s[name] = now_s
        elif not 0.0 <= now_s - self._last_s[name] < self._dwell_s:
            del self._since_s[name], self._last_s[name]
            return False
        since_s = self._since_s[name] = min(self._since_s.get(name, now_s), now_s)  # the clock may be set back
        return now_s - since_s >= row.for_s


def _met(danger: Danger) -> Callable[[Watched], bool]:
    return lambda x: danger in x.dangers and not x.silent


def _silent(x: Situation) -> bool:
    return not (x.seen.connected and x.seen.state_age_s <= x.settings.stale_state_s)


def _position_unsure(x: Situation) -> bool:
    fresh = x.seen.position_ok and x.seen.position_age_s <= x.settings.stale_position_s
    return not (fresh and is_placed(x.seen))


def _motion_unsure(x: Situation) -> bool:
    seen = x.seen
    fresh = seen.motion_age_s <= x.settings.stale_position_s
    moves = isfinite(seen.east_mps + seen.north_mps + seen.up_mps + seen.heading_deg)
    return not (fresh and moves and seen.estimator_faults == ())


def _battery_unknown(x: Situation) -> bool:
    return not (x.seen.battery_age_s <= x.settings.stale_battery_s and 0.0 <= x.seen.battery_fraction <= 1.0)


def _battery_below(rest_fraction: float) -> Callable[[Watched], bool]:
    """Whether less is left. False for an unknown way home: then the position is unknown, which has its own row."""
    return lambda x: (
        isfinite(fraction := x.way_home.battery_fraction) and (x.seen.battery_fraction < fraction + rest_fraction)
    )


def _landing_late(x: Watched) -> bool:
    """Whether the landing would be late. An unknown way home counts as 0 s here: the position has its own row."""
    way_s = x.way_home.time_s if isfinite(x.way_home.time_s) else 0.0
    return not x.around.land_within_s >= way_s + x.settings.landing_spare_s


def _wind_strong(x: Watched) -> bool:
    return x.wind is not None and not x.wind.speed_mps <= x.settings.model.performance.max_wind_mps


def lost_drones(x: Situation) -> list[str]:
    """The other drones that may be in the air, and are silent or do not know their place."""
    return [
        o.name
        for o in x.around.others
        if o.flies and not (o.silent_s <= x.settings.drone_lost_s and isfinite(o.east_m + o.north_m + o.up_m))
    ]


def _aircraft_near(x: Watched) -> bool:
    """Also on the ground: nobody takes off then. A silent vehicle may be anywhere."""
    seen = x.seen
    if not x.around.aircraft or x.silent:
        return False
    here = seen.east_m, seen.north_m, x.route.home.up_m + seen.height_m
    return any_near(x.around.aircraft, here, seen.stamp_s, x.settings)


def _would_climb(x: Situation) -> bool:
    """Whether a return from here climbs; an unknown height counts as too low."""
    failsafe = x.route.failsafe
    if returns_along(x.route):
        items = x.items or route_items(x.route)
        top_m = max((spot(item)[2] for item in items if item.at is not None), default=0.0)
    else:
        top_m = failsafe.rtl_return_alt_m
    return not x.seen.height_m >= top_m - CLIMB_M


def _gimbal_unsure(x: Situation) -> bool:
    seen = x.seen
    aimed = isfinite(seen.gimbal_pitch_deg + seen.gimbal_heading_deg)
    return not (aimed and seen.gimbal_age_s <= x.settings.stale_position_s)
