"""Reads MAVROS's messages once each and keeps their values for `Telemetry`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import asin, atan2, degrees, hypot, inf, nan
from typing import Any

from blindspot.flight.route.phases import MISSION, RETURN
from blindspot.flight.vehicle import mavros_health, mavros_items
from blindspot.flight.vehicle.link import MavrosLink
from blindspot.flight.vehicle.mavros_health import NO_POSITION
from blindspot.flight.vehicle.vehicle import HEARD_S, Firmware, Known, Landed, Telemetry
from blindspot.mission import Point
from blindspot.site import LocalFrame

TOPICS = (
    "state",
    "extended_state",
    "estimator_status",
    "battery",
    "statustext/recv",
    "home_position/home",
    "global_position/global",
    "global_position/compass_hdg",
    "gimbal_control/device/attitude_status",
    "mission/waypoints",
    "geofence/fences",
    "rallypoint/rallypoints",
    "sys_status",
    "global_position/raw/fix",
    "global_position/raw/satellites",
    "time_reference",
    "altitude",
    "local_position/pose",
    "local_position/velocity_local",
)
MOTION = ("global_position/compass_hdg", "local_position/pose", "local_position/velocity_local")
LOCAL_FRESH_S = 0.5  # ten set-points
FRESH_S = 5.0  # a value sent once a second counts as unknown after this
BARO_FRESH_S = 1.0  # in this time a drone climbs 3 m
HISTORY_S = 0.3  # after subscribing or a standstill old messages arrive in one burst; live `state` comes once a second
YAW_LOCK, YAW_FROM_NOSE, YAW_FROM_NORTH = 16, 32, 64  # GIMBAL_DEVICE_FLAGS_YAW_LOCK, _IN_VEHICLE_FRAME, _IN_EARTH_FRAME
GRAVITY_MPS2 = 9.81
FARTHEST_M, HIGHEST_M, FASTEST_MPS = 50_000.0, 9_500.0, 300.0  # values beyond are invalid
LENGTH_ONE_WITHIN = 0.1
WARNING = 4  # severity of a status text, 0 the gravest
_FADING: Mapping[str, Known] = {
    "extended_state": {"landed": "unknown"},
    "sys_status": {"sick_sensors": None, "radio_ok": None},
    "global_position/raw/satellites": {"satellites": None},
    "global_position/raw/fix": {"gps_error_m": nan},
    "estimator_status": {"estimator_faults": None},
    "time_reference": {"clock_offset_s": nan},
}
"""Values that become unknown `FRESH_S` after their last message; all others keep their last value, some with an age.
A silent estimator is unknown by its faults: the camera is inhibited and the drone comes home. Without `position_ok`
the drone would land on the spot, with still fresh positions."""
_LANDED: tuple[Landed, ...] = ("unknown", "on_ground", "in_air", "taking_off", "landing")


class MavrosReader:
    """The values of the last message of every topic, with the time of its arrival.

    A message is parsed once, on arrival, because most values are read more often than they are sent.
    """

    def __init__(self, link: MavrosLink, frame: LocalFrame, clock: Callable[[], float]) -> None:
        self._frame = frame
        self._clock = self.utc = clock
        """`utc` is the computer's own clock, to compare with the autopilot's; `_clock` may go on after a set-back."""
        self._known: Known = {}
        self._heard_s: dict[str, float] = {}
        self._lists: dict[str, Any] = {}
        self._state_s = self._live_from_s = -inf
        self._is_late = False
        """Whether `state` came after a silence, and not after subscribing: then it may be live."""
        self._newest: tuple[float, Known] | None = None
        """Arrival and values of the newest `state` of a burst after a silence."""
        self._local = (nan, nan, nan)
        self._home_geo = (nan, nan, nan)
        for topic in TOPICS:
            link.subscribe(topic, self._listener(topic))

    def _listener(self, topic: str) -> Callable[[Any], None]:
        of_more: Mapping[str, Callable[[Any], Known | None]] = {
            "state": self._state,
            "statustext/recv": self._text,
            "global_position/global": self._position,
            "local_position/pose": self._pose,
            "home_position/home": self._home,
            "time_reference": self._time,
            "gimbal_control/device/attitude_status": self._gimbal,
            "mission/waypoints": self._mission,
            "geofence/fences": partial(self._list, "geofence/fences"),
            "rallypoint/rallypoints": partial(self._list, "rallypoint/rallypoints"),
        }
        meaning = of_more[topic] if topic in of_more else _MEANING[topic]
        known, heard_s, clock = self._known, self._heard_s, self._clock

        def keep(message: Any) -> None:
            meant = meaning(message)
            if meant is not None:
                known.update(meant)
                heard_s[topic] = clock()

        return keep

    @property
    def mode(self) -> str:
        """The mode in the last `state`; empty before the first one."""
        return str(self._known.get("mode", ""))

    @property
    def is_returning(self) -> bool:
        """Whether the last `state` shows a return in flight."""
        return self.mode == RETURN and bool(self._known.get("armed", False))

    @property
    def is_disarmed(self) -> bool:
        """Whether the last `state` shows stopped motors; false before the first `state`."""
        return self._known.get("armed") is False

    @property
    def home_geo(self) -> tuple[float, float, float] | None:
        """The home position: degrees WGS 84, m above the ellipsoid; `None` while it is unknown."""
        return self._home_geo if "home" in self._known else None

    @property
    def mission_items(self) -> int:
        """The last reported number of items of the mission on board; 0 before the first report."""
        return int(self._known.get("mission_items", 0))

    @property
    def mission_seq(self) -> int | None:
        """The last reported current item of the mission; `None` before the first report."""
        return self._known.get("mission_seq")

    def is_at_item(self, seq: int) -> bool:
        """Whether the mission's current item is this one, or may have been passed already: a mission is flown."""
        return self.mission_seq == seq or (self.mode == MISSION and bool(self._known.get("armed", False)))

    def is_heard(self) -> bool:
        """Whether `state` is recent enough to act on."""
        return self._clock() - self._heard_s.get("state", -inf) <= HEARD_S

    def in_mode(self, mode: str, since_s: float) -> bool:
        """Whether a `state` that arrived after `since_s` shows this mode."""
        return self._heard_s.get("state", -inf) > since_s and self.mode == mode

    def armed_is(self, armed: bool, since_s: float) -> bool:
        """Whether a `state` that arrived after `since_s` shows this arming."""
        return self._heard_s.get("state", -inf) > since_s and self._known["armed"] == armed

    def which(self, topic: str, lists: Sequence[Sequence[Mapping[str, object]]], since_s: float) -> list[int]:
        """Numbers of the `lists` equal to the list on board, if the list arrived after `since_s`."""
        if self._heard_s.get(topic, -inf) < since_s:
            return []
        return [number for number, known in enumerate(lists) if mavros_items.same(known, self._lists[topic])]

    def local_of(self, to: Point, home: Point) -> tuple[float, float, float] | None:
        """A place in the frame of the autopilot's own `local_position`, whose origin is the place of its start-up.

        It follows from the reported position in both frames; heights count from home (`home` is the pad). `None` while
        these are stale.
        """
        known, own_home, now_s = self._known, self._known.get("home"), self._clock()
        ages_s = [now_s - self._heard_s.get(t, -inf) for t in ("local_position/pose", "global_position/global")]
        if own_home is None or max(ages_s) > LOCAL_FRESH_S:
            return None
        x, y, z = self._local
        above_m = (to.up_m - home.up_m) - (known["up_m"] - own_home.up_m)
        return x + to.east_m - known["east_m"], y + to.north_m - known["north_m"], z + above_m

    def last_text(self) -> str:
        """The autopilot's last warning; empty before the first one."""
        return str(self._known.get("status_text", ""))

    def why(self, since_s: float) -> str:
        """The autopilot's comment on a request of `since_s`, to append to the result; empty if there was none."""
        text = self.last_text() if self._heard_s.get("statustext/recv", -inf) >= since_s else ""
        return f": {text}" if text else ""

    def learn_firmware(self, firmware: Firmware) -> None:
        """Store the answer to a request: the firmware is missing in all topics."""
        self._known["firmware"] = firmware

    def telemetry(self, now_s: float, awaited_mode: str = "") -> Telemetry:
        """All current values; unknown ones are `None` or NaN. `awaited_mode` is the pending request's."""
        known, heard_s = self._known, self._heard_s
        if self._newest is not None and now_s >= self._live_from_s:
            heard_s["state"], newest = self._newest
            known.update(newest)
            self._newest = None
        for topic, unknown in _FADING.items():
            if not now_s - heard_s.get(topic, -inf) <= FRESH_S:
                known.update(unknown)
        if not now_s - heard_s.get("altitude", -inf) <= BARO_FRESH_S:
            known["baro_m"] = nan
        home = known.get("home")
        known["stamp_s"], known["awaited_mode"] = now_s, awaited_mode
        known["height_m"] = known.get("up_m", nan) - home.up_m if home is not None else nan
        known["motion_age_s"] = now_s - min([heard_s.get(topic, -inf) for topic in MOTION])
        known["state_age_s"] = now_s - heard_s.get("state", -inf)
        known["position_age_s"] = now_s - heard_s.get("global_position/global", -inf)
        known["battery_age_s"] = now_s - heard_s.get("battery", -inf)
        known["gimbal_age_s"] = now_s - heard_s.get("gimbal_control/device/attitude_status", -inf)
        known["status_text_age_s"] = now_s - heard_s.get("statustext/recv", -inf)
        return Telemetry.of_known(known)

    def _state(self, message: Any) -> Known | None:
        """Values of `state`; `None` for an old `state`, or without the mode's name. After a silence the newest of a
        burst counts once the burst is over: on a starved link each one comes after a silence."""
        now_s = self._clock()
        if now_s - self._state_s > HEARD_S:
            self._live_from_s, self._is_late = now_s + HISTORY_S, self._state_s > -inf
        self._state_s, self._newest = now_s, None
        is_placeholder = message.mode == "" or message.mode.startswith("CMODE(")
        if message.connected and is_placeholder:
            return None
        values: Known = {
            "connected": bool(message.connected),
            "armed": bool(message.armed),
            "mode": str(message.mode),
            "system_status": int(message.system_status),
        }
        if now_s >= self._live_from_s:
            return values
        self._newest = (now_s, values) if self._is_late else None
        return None

    def _text(self, message: Any) -> Known | None:
        return {"status_text": str(message.text)} if message.severity <= WARNING else None

    def _place(self, fix: Any) -> tuple[float, float, float]:
        """(east_m, north_m, up_m) of a message with WGS 84 degrees and an ellipsoid altitude."""
        east_m, north_m = self._frame.to_enu(fix.longitude, fix.latitude)
        return east_m, north_m, self._frame.up_from_ellipsoid(fix.altitude)

    def _position(self, message: Any) -> Known | None:
        """Values of a position; `None` for an impossible place."""
        if not _is_on_earth(message):
            return None
        east_m, north_m, up_m = self._place(message)
        return {"east_m": east_m, "north_m": north_m, "up_m": up_m}

    def _pose(self, message: Any) -> Known | None:
        at = message.pose.position
        if not max(abs(at.x), abs(at.y), abs(at.z)) <= FARTHEST_M or not _is_rotation(message.pose.orientation):
            return None
        self._local = (float(at.x), float(at.y), float(at.z))
        return _thrust(message)

    def _home(self, message: Any) -> Known:
        """Convert the home position only after a change: it is sent repeatedly and rarely changes."""
        geo = (message.geo.latitude, message.geo.longitude, message.geo.altitude)
        if geo != self._home_geo and _is_on_earth(message.geo):
            east_m, north_m, up_m = self._place(message.geo)
            if max(abs(east_m), abs(north_m)) <= FARTHEST_M and abs(up_m) <= HIGHEST_M:
                self._home_geo, self._known["home"] = geo, Point(east_m=east_m, north_m=north_m, up_m=up_m)
        return {}

    def _time(self, message: Any) -> Known:
        utc_s = float(message.time_ref.sec) + float(message.time_ref.nanosec) * 1e-9
        return {"clock_offset_s": utc_s - self.utc()}

    def _gimbal(self, message: Any) -> Known | None:
        if not _is_rotation(message.q):
            return None
        pitch_deg, heading_deg = gimbal_aim(message, self._known.get("heading_deg", nan))
        return {
            "gimbal_pitch_deg": pitch_deg,
            "gimbal_heading_deg": heading_deg,
            "gimbal_faults": mavros_health.gimbal_faults(message),
        }

    def _mission(self, message: Any) -> Known:
        self._lists["mission/waypoints"] = message.waypoints
        count, seq = len(message.waypoints), int(message.current_seq)
        goal = mavros_items.leads_to(message.waypoints, seq, self._frame)
        return {"mission_seq": seq if count else None, "mission_items": count, "goal": goal}

    def _list(self, topic: str, message: Any) -> Known:
        self._lists[topic] = message.waypoints
        return {}


def _is_on_earth(fix: Any) -> bool:
    """Whether WGS 84 degrees and an altitude are a possible place of a drone; False for NaN."""
    return bool(abs(fix.latitude) <= 85.0 and abs(fix.longitude) <= 180.0 and abs(fix.altitude) <= 2 * HIGHEST_M)


def _is_rotation(q: Any) -> bool:
    return abs(hypot(q.x, q.y, q.z, q.w) - 1.0) < LENGTH_ONE_WITHIN


def _battery(message: Any) -> Known:
    """Charge and temperature. A battery without a sensor reports a temperature of 0, or an impossible temperature; a
    charge below 0 or above 1 is unknown."""
    fraction = float(message.percentage)
    temperature_c = float(message.temperature)
    is_measured = temperature_c != 0.0 and -40.0 < temperature_c < 90.0
    is_charge = 0.0 <= fraction <= 1.0
    return {"battery_fraction": fraction if is_charge else nan, "battery_c": temperature_c if is_measured else nan}


def _altitude(message: Any) -> Known | None:
    """PX4 sends its barometer's altitude as the monotonic one (ALTITUDE.hpp)."""
    return {"baro_m": float(message.monotonic)} if abs(message.monotonic) <= 2 * HIGHEST_M else None


def _velocity(message: Any) -> Known | None:
    speed = message.twist.linear
    if not max(abs(speed.x), abs(speed.y), abs(speed.z)) <= FASTEST_MPS:
        return None
    return {"east_mps": float(speed.x), "north_mps": float(speed.y), "up_mps": float(speed.z)}


def _thrust(message: Any) -> Known:
    """The part of the thrust, m/s2, that holds the weight along the body's z axis (FLU body, ENU frame)."""
    q = message.pose.orientation
    up = 1.0 - 2.0 * (q.x * q.x + q.y * q.y)
    if not up > 0.1:  # on its side: the wind can't be estimated
        return {"thrust_east_mps2": nan, "thrust_north_mps2": nan}
    return {
        "thrust_east_mps2": 2.0 * GRAVITY_MPS2 * (q.x * q.z + q.w * q.y) / up,
        "thrust_north_mps2": 2.0 * GRAVITY_MPS2 * (q.y * q.z - q.w * q.x) / up,
    }


def _estimate(message: Any) -> Known:
    faults = mavros_health.estimator_faults(message)
    return {"estimator_faults": faults, "position_ok": NO_POSITION not in faults}


def is_yaw_from_north(flags: int) -> bool:
    """Whether GIMBAL_DEVICE_ATTITUDE_STATUS reports the yaw from north instead of from the nose.

    Two flags state it. For an older gimbal the frame follows from the lock flag, the reference of the held yaw.
    """
    return bool(flags & YAW_FROM_NORTH) or (bool(flags & YAW_LOCK) and not flags & YAW_FROM_NOSE)


def gimbal_aim(status: Any, nose_deg: float) -> tuple[float, float]:
    """(pitch_deg, compass heading_deg) of the camera's axis, from the quaternion of a roll-free gimbal.

    Its axes are front, right, down in a north, east, down frame. With roll 0 the yaw is 2 atan2(z, w)
    whatever the pitch, straight down included, where Euler angles would break.
    """
    q = status.q
    pitch_deg = degrees(asin(max(-1.0, min(1.0, 2.0 * (q.w * q.y - q.z * q.x)))))
    yaw_deg = degrees(2.0 * atan2(q.z, q.w))
    return pitch_deg, (yaw_deg if is_yaw_from_north(status.flags) else nose_deg + yaw_deg) % 360.0


def _heading(message: Any) -> Known | None:
    return {"heading_deg": float(message.data)} if 0.0 <= message.data <= 360.0 else None


_MEANING: Mapping[str, Callable[[Any], Known | None]] = {
    "extended_state": lambda m: {"landed": dict(enumerate(_LANDED)).get(m.landed_state, "unknown")},
    "estimator_status": _estimate,
    "altitude": _altitude,
    "battery": _battery,
    "global_position/compass_hdg": _heading,
    "sys_status": lambda m: {"sick_sensors": mavros_health.sick_sensors(m), "radio_ok": mavros_health.radio_ok(m)},
    "global_position/raw/fix": lambda m: {"gps_error_m": mavros_health.gps_error_m(m)},
    "global_position/raw/satellites": lambda m: {"satellites": int(m.data)},
    "local_position/velocity_local": _velocity,
}
"""Topics whose messages can be read alone; the others need the frame, the clock or earlier messages."""
