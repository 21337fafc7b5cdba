"""The port to a vehicle: requests and telemetry. `flight.vehicle.mavros` is the adapter to MAVROS.

All calls return immediately. A request returns a `Reply` at once, which is polled until it is settled; `telemetry`
advances the pending requests. Unknown values are `None` or NaN and never count as healthy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, nan
from typing import Literal, Protocol, TypedDict

from blindspot.flight.route.mission_items import Item
from blindspot.mission import Point

ReplyState = Literal["pending", "ok", "refused", "timed out"]
Landed = Literal["unknown", "on_ground", "in_air", "taking_off", "landing"]
Word = Literal["down", "up", "unknown"]
"""An autopilot's statement on its drone: on the ground and disarmed; armed, or off the ground; silent."""

HEARD_S = 3.0
"""A vehicle whose `state` (sent once a second) is older than this, s, counts as silent: the pilot may have it."""

TEXT_NEW_S = 10.0
"""A text of the autopilot up to this age, s, belongs to the present act: a failsafe holds for 5 s before the action."""
TEXT_KEPT_S = 600.0
"""A text of the autopilot up to this age, s, may still give the reason why it is not ready to arm."""

FAILSAFE_STATUS = 5  # MAV_STATE_CRITICAL: the autopilot acts on a failsafe of its own


class Reply:
    """The result of a request. It is settled once; a time-out is a failure like a refusal."""

    __slots__ = ("detail", "state", "value")

    def __init__(self) -> None:
        self.state: ReplyState = "pending"
        self.detail = ""
        self.value = nan

    @property
    def pending(self) -> bool:
        return self.state == "pending"

    @property
    def ok(self) -> bool:
        return self.state == "ok"

    def settle(self, state: ReplyState, detail: str = "", value: float = nan) -> None:
        """Set the result; later calls are ignored."""
        if self.pending:
            self.state, self.detail, self.value = state, detail, value


@dataclass(frozen=True, slots=True)
class Firmware:
    """The firmware that an autopilot reports. `kind` is "release", "rc", "beta", "alpha" or "dev"."""

    autopilot: str
    version: tuple[int, int, int]
    kind: str
    simulation: bool = False
    """Whether the autopilot reports a simulation; otherwise the autopilot may be real."""

    @property
    def release(self) -> tuple[int, int]:
        """Major and minor, which determine its features."""
        return self.version[:2]

    def __str__(self) -> str:
        return f"{self.autopilot} {'.'.join(map(str, self.version))} {self.kind}"


class Known(TypedDict, total=False):
    """The known fields of a `Telemetry`, by name, while messages arrive."""

    stamp_s: float
    connected: bool
    armed: bool
    mode: str
    system_status: int
    awaited_mode: str
    landed: Landed
    east_m: float
    north_m: float
    up_m: float
    height_m: float
    baro_m: float
    heading_deg: float
    east_mps: float
    north_mps: float
    up_mps: float
    thrust_east_mps2: float
    thrust_north_mps2: float
    battery_fraction: float
    battery_c: float
    gimbal_pitch_deg: float
    gimbal_heading_deg: float
    mission_seq: int | None
    mission_items: int
    goal: tuple[float, float] | None
    home: Point | None
    position_ok: bool
    state_age_s: float
    position_age_s: float
    motion_age_s: float
    battery_age_s: float
    status_text: str
    status_text_age_s: float
    firmware: Firmware | None
    sick_sensors: tuple[str, ...] | None
    radio_ok: bool | None
    satellites: int | None
    gps_error_m: float
    estimator_faults: tuple[str, ...] | None
    gimbal_age_s: float
    gimbal_faults: tuple[str, ...]
    clock_offset_s: float


@dataclass(frozen=True)
class Telemetry:
    """The state of a vehicle at `stamp_s`. Positions are m ENU about the site's origin, `up_m` above its datum."""

    stamp_s: float
    connected: bool = False
    armed: bool = False
    mode: str = ""
    system_status: int = 0
    awaited_mode: str = ""
    """Mode that was requested here and has not shown yet; empty without a pending request."""
    landed: Landed = "unknown"
    east_m: float = nan
    north_m: float = nan
    up_m: float = nan
    height_m: float = nan
    """Height above home, m."""
    baro_m: float = nan
    """Altitude by the barometer alone, m: neither home nor satellites change it. Its zero is unknown."""
    heading_deg: float = nan
    east_mps: float = nan
    north_mps: float = nan
    up_mps: float = nan
    thrust_east_mps2: float = nan
    """Horizontal part of the thrust from the drone's tilt, g tan(tilt)."""
    thrust_north_mps2: float = nan
    battery_fraction: float = nan
    battery_c: float = nan
    """Temperature of the battery, C; NaN if it lacks a sensor."""
    gimbal_pitch_deg: float = nan
    gimbal_heading_deg: float = nan
    mission_seq: int | None = None
    """Current item of the autopilot's mission; `None` before the first report."""
    mission_items: int = 0
    """Number of items in the mission on board."""
    goal: tuple[float, float] | None = None
    """Goal of the current item, (east_m, north_m): the first place from this item on; `None` while unknown."""
    home: Point | None = None
    position_ok: bool = False
    """Whether the autopilot's estimator reports a valid position."""
    state_age_s: float = inf
    position_age_s: float = inf
    motion_age_s: float = inf
    """Age of the oldest of heading, speed and attitude."""
    battery_age_s: float = inf
    status_text: str = ""
    """Last text of the autopilot with severity warning or worse; it may be of an earlier flight (`said`)."""
    status_text_age_s: float = inf
    firmware: Firmware | None = None
    """`None` before the answer to `read_firmware`."""
    sick_sensors: tuple[str, ...] | None = None
    """Sensors that are in use and unhealthy; `None` while unreported."""
    radio_ok: bool | None = None
    """Whether the pilot's radio control is received; `None` while unreported."""
    satellites: int | None = None
    gps_error_m: float = nan
    """Horizontal accuracy reported by the GPS receiver itself (1 sigma), m; NaN if it lacks a 3D fix."""
    estimator_faults: tuple[str, ...] | None = None
    """Missing estimates and reported faults of the estimator; `None` for a silent estimator."""
    gimbal_age_s: float = inf
    gimbal_faults: tuple[str, ...] = ()
    clock_offset_s: float = nan
    """The autopilot's UTC (from GNSS) less our clock, s; NaN while it is unknown."""

    @classmethod
    def of_known(cls, known: Known) -> Telemetry:
        """A telemetry with a copy of `known`; all other fields are unknown. Each step makes one telemetry, and the
        copy is ten times as fast as the constructor."""
        seen = cls.__new__(cls)
        seen.__dict__.update(known)
        return seen

    @property
    def last_place(self) -> str:
        """Its last reported place, in words."""
        place = f"{self.east_m:.0f} m east, {self.north_m:.0f} m north, {self.height_m:.0f} m up"
        return f"{self.state_age_s:.0f} s ago at {place}"

    def said(self, within_s: float) -> str:
        """The autopilot's last warning, if at most `within_s` old, for a person: with the age, unless the warning is
        new."""
        if not (self.status_text and self.status_text_age_s <= within_s):
            return ""
        is_new = self.status_text_age_s <= TEXT_NEW_S
        return self.status_text if is_new else f"{self.status_text} ({self.status_text_age_s:.0f} s ago)"

    @property
    def in_failsafe(self) -> bool:
        return self.armed and self.system_status >= FAILSAFE_STATUS

    @property
    def is_down(self) -> bool:
        """On the ground with motors off; an unknown state does not count as down."""
        return self.connected and not self.armed and self.landed == "on_ground"

    @property
    def word(self) -> Word:
        """The autopilot's recent statement on whether the drone is down."""
        if not self.connected or self.state_age_s > HEARD_S or (self.landed == "unknown" and not self.armed):
            return "unknown"
        return "down" if self.is_down else "up"


class Vehicle(Protocol):
    """One autopilot."""

    def telemetry(self, now_s: float) -> Telemetry:
        """The current state; this call also advances the pending requests."""

    def set_mode(self, mode: str) -> Reply:
        """Request a flight mode; ok only when the autopilot's own state shows it. Replaces a pending mode request.

        AUTO.RTL also abandons pending uploads: an autopilot that returns flies straight to a new mission.

        Repetition stops once the autopilot shows a mode that was not requested here: that mode is the pilot's.
        """

    def fly_mission(self, items: Sequence[Item], seq: int | None) -> Reply:
        """Go to item `seq` of the uploaded mission (`None`: the current one) and request AUTO.MISSION, as `set_mode`.

        This is sent only if the mission on board, read back, is still `items`: others can upload one, too.
        """

    def choose_item(self, seq: int) -> Reply:
        """Make `seq` the mission's current item; the mode stays. Send it in a hold only."""

    def return_along(self, items: Sequence[Item], seq: int, *, in_mission: bool = False) -> Reply:
        """Request AUTO.RTL along `items`, from item `seq` on, as `set_mode`; pending uploads are abandoned.

        The autopilot returns along any mission, so the mission on board is read back first. `in_mission` states that
        the drone surely flies a mission as long as `items`: it keeps its current item, and a foreign mission refuses
        the request. Otherwise a drone that may fly a mission is stopped, a foreign mission is replaced, and the item is
        chosen. The request is refused if a step fails, and if all steps take longer than 10 s. A mission as long
        as `items` that is not read back in time is returned along all the same.
        """

    def arm(self, armed: bool) -> Reply:
        """Arm or disarm; ok only when the autopilot's own state shows it."""

    def upload_mission(self, items: Sequence[Item]) -> Reply:
        """Replace the mission; ok only when it is read back equal."""

    def find_mission(self, may_be: Callable[[int], Sequence[Sequence[Item]]]) -> Reply:
        """Read the mission back; ok only for a mission equal to a mission of `may_be` for this item count.

        The value is the number of the equal mission. The vehicle stays as it is.
        """

    def upload_fence(self, corners: Sequence[tuple[float, float]]) -> Reply:
        """Replace the fence by one inclusion polygon of (east_m, north_m) corners; ok only when read back equal."""

    def upload_rally(self, points: Sequence[Point], home: Point) -> Reply:
        """Replace the rally points, heights relative to `home` (the pad); ok only when read back equal."""

    def set_parameter(self, name: str, value: float) -> Reply:
        """Set a parameter of the autopilot; ok only when read back equal."""

    def read_parameter(self, name: str) -> Reply:
        """Read a parameter of the autopilot into `value`."""

    def pull_parameters(self) -> Reply:
        """Fetch every parameter from the autopilot. Only after that are reading and setting reliable."""

    def read_firmware(self) -> Reply:
        """Request the firmware version; the answer is in `Telemetry.firmware`."""

    def point_gimbal(self, pitch_deg: float, heading_deg: float) -> Reply:
        """Take the gimbal from the autopilot's mission and aim it: pitch negative down, compass heading.

        A later request for a mission returns the gimbal to it.
        """

    def send_setpoint(self, to: Point, home: Point, heading_deg: float) -> None:
        """Send one set-point of OFFBOARD: a place, its height above `home` (the pad), and the nose's heading.

        Call this at 20 Hz, starting before the request for the mode. While the drone's place is unknown, the set-point
        is dropped.
        """

    def abandon(self) -> None:
        """Drop every pending request; sending and repeating stop at once."""
