"""What MAVROS says, kept and turned into `Telemetry`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import asin, atan2, degrees, inf, isfinite, nan
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from blindspot.flight import mavros_health, mavros_items
from blindspot.flight.mavros_health import NO_POSITION
from blindspot.flight.vehicle import HEARD_S, Firmware, Landed, Telemetry
from blindspot.planning.plan import Point
from blindspot.site.frame import LocalFrame

if TYPE_CHECKING:
    from blindspot.flight.mavros import MavrosLink

TOPICS = (
    "state", "extended_state", "estimator_status", "battery", "statustext/recv", "home_position/home",
    "global_position/global", "global_position/compass_hdg", "gimbal_control/device/attitude_status",
    "mission/waypoints", "mission/reached", "geofence/fences", "rallypoint/rallypoints",
    "sys_status", "global_position/raw/fix", "global_position/raw/satellites", "time_reference",
    "local_position/pose", "local_position/velocity_local",
)
MOTION = ("global_position/compass_hdg", "local_position/pose", "local_position/velocity_local")
FRESH_S = 5.0  # what comes once a second counts as untold after this
HISTORY_S = 0.3  # old messages come in one burst after subscribing or a standstill; live `state` comes once a second
YAW_LOCK = 16  # GIMBAL_..._FLAGS_YAW_LOCK: the gimbal's yaw is measured from north, not from the nose
GRAVITY_MPS2 = 9.81
WARNING = 4  # severity of a status text, 0 the gravest
_MEANING: Mapping[str, Callable[[Any], Any]] = {
    "sys_status": lambda m: (mavros_health.sick_sensors(m), mavros_health.radio_ok(m)),
    "estimator_status": mavros_health.estimator_doubts,
    "global_position/raw/fix": mavros_health.gps_error_m,
    "global_position/raw/satellites": lambda m: int(m.data),
    "time_reference": lambda m: float(m.time_ref.sec) + float(m.time_ref.nanosec) * 1e-9,
}
"""What is kept of messages that come seldom and are looked at often."""
_NO_SPEED = SimpleNamespace(x=nan, y=nan, z=nan)
_LANDED: tuple[Landed, ...] = ("unknown", "on_ground", "in_air", "taking_off", "landing")


class Ear:
    """The last message of every topic, with the time when it was heard."""

    def __init__(self, link: MavrosLink, frame: LocalFrame, clock: Callable[[], float]) -> None:
        self._frame = frame
        self._clock = clock
        self._last: dict[str, tuple[Any, float]] = {}
        self._state_s = self._live_from_s = -inf
        self.firmware: Firmware | None = None
        for topic in TOPICS:
            link.subscribe(topic, self._listener(topic))

    def _listener(self, topic: str) -> Callable[[Any], None]:
        if topic == "state":
            return self._on_state
        if topic == "statustext/recv":
            return self._on_text

        places: Mapping[str, Callable[[Any], Any]] = {
            "global_position/global": self._place,
            "home_position/home": self._home,
        }
        meaning = places.get(topic) or _MEANING.get(topic)

        def keep(message: Any) -> None:
            self._last[topic] = (message if meaning is None else meaning(message), self._clock())

        return keep

    def _on_state(self, message: Any) -> None:
        now_s = self._clock()
        if now_s - self._state_s > HEARD_S:
            self._live_from_s = now_s + HISTORY_S
        self._state_s = now_s
        is_history = now_s < self._live_from_s
        is_placeholder = message.mode == "" or message.mode.startswith("CMODE(")
        if not is_history and not (message.connected and is_placeholder):
            self._last["state"] = (message, now_s)

    def _on_text(self, message: Any) -> None:
        if message.severity <= WARNING:
            self._last["statustext/recv"] = (message, self._clock())

    @property
    def mode(self) -> str:
        """The mode that `state` told last, empty before it did."""
        state = self._get("state")
        return str(state.mode) if state is not None else ""

    def is_heard(self) -> bool:
        """Whether `state` is young enough to act on."""
        return self._age_s("state", self._clock()) <= HEARD_S

    def in_mode(self, mode: str, since_s: float) -> bool:
        """A `state` heard after `since_s` tells this mode."""
        state, heard_s = self._last.get("state", (None, -inf))
        return state is not None and heard_s > since_s and state.mode == mode

    def armed_is(self, armed: bool, since_s: float) -> bool:
        """A `state` heard after `since_s` tells this."""
        state, heard_s = self._last.get("state", (None, -inf))
        return state is not None and heard_s > since_s and state.armed == armed

    def holds(self, topic: str, waypoints: Sequence[Mapping[str, object]], since_s: float) -> bool:
        """A list heard after `since_s` is the same as `waypoints`."""
        message, heard_s = self._last.get(topic, (None, -inf))
        return message is not None and heard_s >= since_s and mavros_items.same(waypoints, message.waypoints)

    def last_text(self) -> str:
        """The autopilot's last warning, empty if none."""
        message = self._get("statustext/recv")
        return str(message.text) if message is not None else ""

    def telemetry(self, now_s: float) -> Telemetry:
        """Everything that is known, unknown values None or NaN."""
        state = self._get("state")
        extended = self._get("extended_state")
        battery = self._get("battery")
        heading = self._get("global_position/compass_hdg")
        doubts = self._get("estimator_status")
        mission, reached = self._get("mission/waypoints"), self._get("mission/reached")
        heading_deg = float(heading.data) if heading is not None else nan
        east_m, north_m, up_m = self._get("global_position/global") or (nan, nan, nan)
        home = self._get("home_position/home")
        velocity = self._get("local_position/velocity_local")
        speed = velocity.twist.linear if velocity is not None else _NO_SPEED
        thrust_east_mps2, thrust_north_mps2 = _thrust(self._get("local_position/pose"))
        gimbal = self._get("gimbal_control/device/attitude_status")
        pitch_deg, aim_deg = _gimbal_aim(gimbal, heading_deg)
        sick_sensors, radio_ok = self._fresh("sys_status", now_s, (None, None))
        return Telemetry(
            stamp_s=now_s,
            connected=bool(state is not None and state.connected),
            armed=bool(state is not None and state.armed),
            mode=state.mode if state is not None else "",
            system_status=int(state.system_status) if state is not None else 0,
            landed=_LANDED[extended.landed_state] if extended is not None else "unknown",
            east_m=east_m, north_m=north_m, up_m=up_m,
            height_m=up_m - home.up_m if home is not None else nan,
            heading_deg=heading_deg,
            east_mps=float(speed.x), north_mps=float(speed.y), up_mps=float(speed.z),
            thrust_east_mps2=thrust_east_mps2, thrust_north_mps2=thrust_north_mps2,
            battery_fraction=float(battery.percentage) if battery is not None else nan,
            battery_c=_temperature_c(battery),
            gimbal_pitch_deg=pitch_deg, gimbal_heading_deg=aim_deg,
            mission_seq=int(mission.current_seq) if mission is not None and mission.waypoints else None,
            reached_seq=int(reached.wp_seq) if reached is not None else None,
            home=home,
            position_ok=doubts is not None and NO_POSITION not in doubts,
            state_age_s=self._age_s("state", now_s),
            position_age_s=self._age_s("global_position/global", now_s),
            motion_age_s=max(self._age_s(topic, now_s) for topic in MOTION),
            battery_age_s=self._age_s("battery", now_s),
            status_text=self.last_text(),
            firmware=self.firmware,
            sick_sensors=sick_sensors, radio_ok=radio_ok,
            satellites=self._fresh("global_position/raw/satellites", now_s, None),
            gps_error_m=self._fresh("global_position/raw/fix", now_s, nan),
            estimator_doubts=self._fresh("estimator_status", now_s, None),
            gimbal_age_s=self._age_s("gimbal_control/device/attitude_status", now_s),
            gimbal_faults=mavros_health.gimbal_faults(gimbal) if gimbal is not None else (),
            clock_offset_s=self._clock_offset_s(now_s),
        )

    def _get(self, topic: str) -> Any:
        entry = self._last.get(topic)
        return entry[0] if entry is not None else None

    def _age_s(self, topic: str, now_s: float) -> float:
        entry = self._last.get(topic)
        return now_s - entry[1] if entry is not None else inf

    def _fresh(self, topic: str, now_s: float, untold: Any) -> Any:
        """What was heard of a topic, or `untold` where that is too long ago."""
        meaning, heard_s = self._last.get(topic, (None, -inf))
        return meaning if now_s - heard_s <= FRESH_S else untold

    def _clock_offset_s(self, now_s: float) -> float:
        utc_s: float = self._fresh("time_reference", now_s, nan)
        return utc_s - self._last["time_reference"][1] if isfinite(utc_s) else nan

    def _place(self, fix: Any) -> tuple[float, float, float]:
        """(east_m, north_m, up_m) of a message with WGS 84 degrees and an ellipsoid altitude."""
        east_m, north_m = self._frame.to_enu(fix.longitude, fix.latitude)
        return east_m, north_m, self._frame.up_from_ellipsoid(fix.altitude)

    def _home(self, message: Any) -> Point:
        east_m, north_m, up_m = self._place(message.geo)
        return Point(east_m=east_m, north_m=north_m, up_m=up_m)


def _thrust(pose: Any) -> tuple[float, float]:
    """(east, north) part of the thrust, m/s2, that holds the weight along the body's z axis (FLU body, ENU frame)."""
    if pose is None:
        return nan, nan
    q = pose.pose.orientation
    up = 1.0 - 2.0 * (q.x * q.x + q.y * q.y)
    if not up > 0.1:  # on its side: no flight that a wind could be read from
        return nan, nan
    return 2.0 * GRAVITY_MPS2 * (q.x * q.z + q.w * q.y) / up, 2.0 * GRAVITY_MPS2 * (q.y * q.z - q.w * q.x) / up


def _temperature_c(battery: Any) -> float:
    """A battery without a sensor says 0 or what no battery has."""
    temperature_c = float(battery.temperature) if battery is not None else nan
    return temperature_c if temperature_c != 0.0 and -40.0 < temperature_c < 90.0 else nan


def _gimbal_aim(status: Any, nose_deg: float) -> tuple[float, float]:
    """(pitch_deg, compass heading_deg) of the camera's axis, from the quaternion of a roll-free gimbal.

    Its axes are front, right, down in a north, east, down frame. With roll 0 the yaw is 2 atan2(z, w)
    whatever the pitch, straight down included, where Euler angles would break.
    """
    if status is None:
        return nan, nan
    q = status.q
    pitch_deg = degrees(asin(max(-1.0, min(1.0, 2.0 * (q.w * q.y - q.z * q.x)))))
    yaw_deg = degrees(2.0 * atan2(q.z, q.w))
    return pitch_deg, (yaw_deg if status.flags & YAW_LOCK else nose_deg + yaw_deg) % 360.0
