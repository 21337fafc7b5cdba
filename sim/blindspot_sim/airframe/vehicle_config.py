"""The configuration of one simulated drone: its start, flight properties and message rates.

Speed and behaviour settings are PX4 parameters (`px4_parameters.DEFAULTS`, overridden by `VehicleConfig.parameters`).
A client reads and writes them as on the real autopilot.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

HEARTBEAT_PERIOD_S = 1.0118
"""Period of every stream that PX4 calls "1 Hz" (measured: the sending loop rounds up); "5 Hz" is five times as fast."""

DEFAULT_RATES_HZ: Mapping[str, float] = {
    "local_position/pose": 29.5,
    "local_position/odom": 29.5,
    "local_position/velocity_local": 29.5,
    "local_position/velocity_body": 29.5,
    "global_position/global": 49.2,
    "global_position/raw/fix": 1.0 / HEARTBEAT_PERIOD_S,
    "global_position/raw/satellites": 1.0 / HEARTBEAT_PERIOD_S,
    "global_position/rel_alt": 49.2,
    "global_position/compass_hdg": 49.2,
    "altitude": 9.9,
    "gimbal_control/device/attitude_status": 9.9,
    "gimbal_control/manager/status": 0.2,
    "extended_state": 5.0 / HEARTBEAT_PERIOD_S,
    "sys_status": 5.0 / HEARTBEAT_PERIOD_S,
    "estimator_status": 1.0 / HEARTBEAT_PERIOD_S,
    "battery": 0.5 / HEARTBEAT_PERIOD_S,
    "home_position/home": 0.5 / HEARTBEAT_PERIOD_S,
    "time_reference": 1.0 / HEARTBEAT_PERIOD_S,
}
"""Periodic topics as PX4 1.17 + MAVROS 2.12 publish them, Hz; the rest follow events or the heartbeat."""

THINNED_RATES_HZ: Mapping[str, float] = {
    "local_position/pose": 10.0,
    "local_position/odom": 0.0,
    "local_position/velocity_local": 10.0,
    "local_position/velocity_body": 0.0,
    "global_position/raw/fix": 0.5,
    "global_position/raw/satellites": 0.5,
    "global_position/global": 5.0,
    "global_position/rel_alt": 5.0,
    "global_position/compass_hdg": 5.0,
    "altitude": 2.0,
    "gimbal_control/device/attitude_status": 10.0,
    "sys_status": 1.0,
    "time_reference": 0.5,
}
"""Overrides for `VehicleConfig.rates_hz` in a fleet run, to save CPU. 0 turns a topic off."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the site's frame: ENU metres about its origin, height above its datum."""

    east_m: float = 0.0
    north_m: float = 0.0
    up_m: float = 0.0


@dataclass(frozen=True, slots=True)
class DatumOrigin:
    """The origin of the ENU frame on the earth: the place and heights of the site's datum."""

    lat_deg: float = 47.3977415
    lon_deg: float = 8.5455963
    amsl_m: float = 489.7
    geoid_m: float = 47.3
    """Height of the geoid above the WGS 84 ellipsoid: ellipsoid altitude = amsl + geoid."""


@dataclass(frozen=True, slots=True)
class BatteryConfig:
    """Energy and power: power = hover + extra * (air speed / cruise)^3 + climb rate * energy per metre climbed."""

    capacity_wh: float = 90.0
    hover_w: float = 180.0
    cruise_extra_w: float = 40.0
    cruise_mps: float = 8.0
    climb_wh_per_m: float = 0.006
    idle_w: float = 8.0
    spinning_w: float = 40.0
    """Power while armed on the ground."""
    cells: int = 4
    initial_fraction: float = 1.0
    swap_s: float = math.inf
    """Time at rest with motors off after which a person has put a full pack in; infinite: nobody does."""


@dataclass(frozen=True, slots=True)
class GimbalConfig:
    """A stabilised pitch and yaw gimbal."""

    min_pitch_deg: float = -90.0
    max_pitch_deg: float = 20.0
    slew_dps: float = 60.0


@dataclass(frozen=True, slots=True)
class WindConfig:
    """The air's mean motion towards east and north, and gusts (standard deviation and correlation time)."""

    east_mps: float = 0.0
    north_mps: float = 0.0
    gust_mps: float = 0.0
    gust_time_s: float = 4.0


@dataclass(frozen=True, slots=True)
class NoiseConfig:
    """Error of the estimated position: a slow drift, as of filtered GNSS."""

    horizontal_m: float = 0.3
    vertical_m: float = 0.3
    time_s: float = 40.0


@dataclass(frozen=True, slots=True)
class VehicleConfig:
    """One drone. `rates_hz` overrides `DEFAULT_RATES_HZ` topic by topic; `parameters` overrides PX4's defaults.

    `ground_m` gives the ground's height above the datum at (east_m, north_m). None means flat at the start's height.
    """

    name: str = "drone"
    system_id: int = 1
    px4: tuple[int, int, int] = (1, 17, 0)
    """The release that it reports. From 1.18 on its parameters differ, and it sends its firmware version only when a
    client requests that message, which MAVROS 2.12 never does. Its flight always follows the recorded 1.17."""
    origin: DatumOrigin = DatumOrigin()
    start: Position = Position()
    heading_deg: float = 0.0
    mass_kg: float = 1.4
    drag_per_s: float = 0.98
    """Deceleration by air drag per m/s of air speed, 1/s (EKF2_MCOEF), from the recorded quadrotor's tilt."""
    battery: BatteryConfig = BatteryConfig()
    gimbal: GimbalConfig = GimbalConfig()
    wind: WindConfig = WindConfig()
    noise: NoiseConfig = NoiseConfig()
    ground_m: Callable[[float, float], float] | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)
    rates_hz: Mapping[str, float] = field(default_factory=dict)
    step_s: float = 0.05
    heartbeat_s: float = HEARTBEAT_PERIOD_S
    """A change from the measured period scales every stream alike."""
    land_detection_s: float = 6.2
    """From touching the ground to the land detector's "landed": 2 to 23 s were seen, mostly 4 to 8."""
    ready_after_s: float = 3.9
    """From start to a position estimate and a home. Arming is possible from then on."""
    ground_station: bool = False
    """True if a ground station's heartbeat is present. PX4 then sends status texts."""
