"""The port to a vehicle: what a flight may ask of it and what it tells. `flight.mavros` is the adapter to MAVROS.

Nothing here blocks. A request gives a `Reply` at once, which is polled until it is settled; `telemetry` moves the
pending requests on. Unknown values are None or NaN and never stand for "fine".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, nan
from typing import Any, Literal, Protocol

from blindspot.flight.route.mission_items import Item
from blindspot.mission import Point

ReplyState = Literal["pending", "ok", "refused", "timed out"]
Landed = Literal["unknown", "on_ground", "in_air", "taking_off", "landing"]
Word = Literal["down", "up", "unknown"]
"""What an autopilot says of its drone: on the ground and disarmed; armed, or off the ground; not heard."""

HEARD_S = 3.0
"""A vehicle whose `state`, told once a second, is older than this is not heard: somebody else may have it by now."""

FAILSAFE_STATUS = 5  # MAV_STATE_CRITICAL: the autopilot acts on a failsafe of its own


class Reply:
    """What a request came to. Settled once; a time-out is a failure like a refusal."""

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
        """Say what it came to; later calls change nothing."""
        if self.pending:
            self.state, self.detail, self.value = state, detail, value


@dataclass(frozen=True, slots=True)
class Firmware:
    """What an autopilot says that it runs. `kind` is "release", "rc", "beta", "alpha" or "dev"."""

    autopilot: str
    version: tuple[int, int, int]
    kind: str
    simulation: bool = False
    """It says that it runs on no board; one that does not say so may be real."""

    @property
    def release(self) -> tuple[int, int]:
        """Major and minor, which decide what it can do."""
        return self.version[:2]

    def __str__(self) -> str:
        return f"{self.autopilot} {'.'.join(map(str, self.version))} {self.kind}"


@dataclass
class Telemetry:
    """What is known of a vehicle at `stamp_s`. Positions are m ENU about the site's origin, `up_m` above its datum.

    Nobody changes it. It is neither frozen nor has it slots because ten of them a second are made for each drone, by
    `of_known`.
    """

    stamp_s: float
    connected: bool = False
    armed: bool = False
    mode: str = ""
    system_status: int = 0
    landed: Landed = "unknown"
    east_m: float = nan
    north_m: float = nan
    up_m: float = nan
    height_m: float = nan
    """Height above home, m."""
    heading_deg: float = nan
    east_mps: float = nan
    north_mps: float = nan
    up_mps: float = nan
    thrust_east_mps2: float = nan
    """Horizontal part of the thrust by how the drone leans, g tan(tilt)."""
    thrust_north_mps2: float = nan
    battery_fraction: float = nan
    battery_c: float = nan
    """Temperature of the battery, C; NaN where it has no sensor."""
    gimbal_pitch_deg: float = nan
    gimbal_heading_deg: float = nan
    mission_seq: int | None = None
    """Item that the autopilot is at, None before it has told."""
    mission_items: int = 0
    """How many it holds."""
    goal: tuple[float, float] | None = None
    """Where that item leads, east_m and north_m: the first place from it on; None while it is not told."""
    reached_seq: int | None = None
    home: Point | None = None
    position_ok: bool = False
    """The autopilot's estimator says that its position holds."""
    state_age_s: float = inf
    position_age_s: float = inf
    motion_age_s: float = inf
    """Age of the oldest of heading, speed and attitude."""
    battery_age_s: float = inf
    status_text: str = ""
    """Last text of the autopilot with severity warning or worse."""
    firmware: Firmware | None = None
    """None before `read_firmware` was answered."""
    sick_sensors: tuple[str, ...] | None = None
    """Sensors that are in use and unhealthy; None while the autopilot does not tell."""
    radio_ok: bool | None = None
    """The pilot's radio control is heard; None while the autopilot does not tell."""
    satellites: int | None = None
    gps_error_m: float = nan
    """Horizontal accuracy that the GPS receiver itself gives (1 sigma); NaN without a 3D fix."""
    estimator_doubts: tuple[str, ...] | None = None
    """What the estimator does not vouch for; None while it is not heard."""
    gimbal_age_s: float = inf
    gimbal_faults: tuple[str, ...] = ()
    clock_offset_s: float = nan
    """The autopilot's UTC (from GNSS) less our clock, s; NaN while it has none."""

    @classmethod
    def of_known(cls, fields: dict[str, Any]) -> Telemetry:
        """One that takes `fields` over as its own; what they do not name is unknown."""
        seen = cls.__new__(cls)
        seen.__dict__ = fields
        return seen

    @property
    def last_place(self) -> str:
        """Where it was when it was heard last, in words."""
        place = f"{self.east_m:.0f} m east, {self.north_m:.0f} m north, {self.height_m:.0f} m up"
        return f"{self.state_age_s:.0f} s ago at {place}"

    @property
    def in_failsafe(self) -> bool:
        return self.armed and self.system_status >= FAILSAFE_STATUS

    @property
    def is_down(self) -> bool:
        """On the ground with motors off; unknown is not down."""
        return self.connected and not self.armed and self.landed == "on_ground"

    @property
    def word(self) -> Word:
        """Whether the drone is down, by what its autopilot said lately."""
        if not self.connected or self.state_age_s > HEARD_S or (self.landed == "unknown" and not self.armed):
            return "unknown"
        return "down" if self.is_down else "up"


class Vehicle(Protocol):
    """One autopilot."""

    def telemetry(self, now_s: float) -> Telemetry:
        """What is known now; also moves pending requests on."""

    def set_mode(self, mode: str) -> Reply:
        """Ask for a flight mode; ok only when the autopilot's own state says so. Replaces a pending mode request.

        It is not asked again once the autopilot shows a mode that nobody asked for here: that is the pilot's.
        """

    def fly_mission(self, items: Sequence[Item], seq: int | None) -> Reply:
        """Go to item `seq` of the uploaded mission (None: where it is) and ask for AUTO.MISSION, as `set_mode` does.

        Only if the mission on board, read back, is still `items`: others can upload one, too.
        """

    def arm(self, armed: bool) -> Reply:
        """Arm or disarm; ok only when the autopilot's own state says so."""

    def upload_mission(self, items: Sequence[Item]) -> Reply:
        """Replace the mission; ok only when it was read back equal."""

    def find_mission(self, may_be: Callable[[int], Sequence[Sequence[Item]]]) -> Reply:
        """Read the mission back; ok only when it is equal to one of those that a mission of so many items `may_be`.

        The value says to which of them. Changes nothing.
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
        """Have every parameter fetched from the autopilot; before that none can be read or set for certain."""

    def read_firmware(self) -> Reply:
        """Ask what the autopilot runs; the answer is in `Telemetry.firmware`."""

    def point_gimbal(self, pitch_deg: float, heading_deg: float) -> Reply:
        """Take the gimbal from the autopilot's mission and aim it, pitch negative down, heading of the compass.

        A mission that is asked for later gets it back.
        """

    def send_setpoint(self, to: Point, home: Point, heading_deg: float) -> None:
        """One set-point of OFFBOARD: a place, its height counted from `home` (the pad), and the nose's heading.

        They must flow at 20 Hz, before the mode is asked for as well; nothing is sent while the place is not known.
        """

    def abandon(self) -> None:
        """Forget every pending request: nothing that was asked before is sent or repeated any more."""
