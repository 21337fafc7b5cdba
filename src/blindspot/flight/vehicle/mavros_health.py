"""The health of a vehicle in words, from MAVROS's messages."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan, sqrt
from typing import Any

from blindspot.flight.vehicle.vehicle import Firmware

HAVE_VERSION = 2  # VehicleInfo.available_info
PX4 = 12  # MAV_AUTOPILOT
_AUTOPILOTS: Mapping[int, str] = {3: "ArduPilot", PX4: "PX4"}
_KINDS: Mapping[int, str] = {0: "dev", 64: "alpha", 128: "beta", 192: "rc", 255: "release"}  # FIRMWARE_VERSION_TYPE

_SITL_UID = int.from_bytes(b"ITALDINO", "big")
"""Serial number of PX4 SITL: it uses `SIMULATIONID0000`, of which MAVLink carries two words. Newer versions add their
system id less one. A real board sends the processor's serial number, and USB vendor and product."""

RADIO_CONTROL = 1 << 16
_SENSORS: Mapping[int, str] = {
    0: "gyroscope", 1: "accelerometer", 2: "magnetometer", 3: "barometer", 4: "airspeed", 5: "GPS", 6: "optical flow",
    7: "vision", 8: "laser", 15: "motors", 17: "second gyroscope", 18: "second accelerometer",
    19: "second magnetometer", 20: "geofence", 21: "attitude", 24: "log", 25: "battery", 30: "propulsion",
}  # fmt: skip
"""Bits of MAV_SYS_STATUS_SENSOR. 28 is the autopilot's own pre-arm check; `state` is the better source for it."""

NO_POSITION = "no position"
_ESTIMATES: Mapping[str, str] = {
    "attitude_status_flag": "no attitude", "velocity_horiz_status_flag": "no horizontal speed",
    "velocity_vert_status_flag": "no vertical speed", "pos_horiz_abs_status_flag": NO_POSITION,
    "pos_vert_abs_status_flag": "no height",
}  # fmt: skip
_DOUBTS: Mapping[str, str] = {"gps_glitch_status_flag": "GPS glitch", "accel_error_status_flag": "accelerometer error"}
"""`const_pos_mode` is excluded: PX4 sets it whenever the drone rests on the ground (measured)."""

_GIMBAL_FAULTS: Mapping[int, str] = {
    8: "encoder", 16: "power", 32: "motor", 64: "software", 128: "communication", 256: "calibration running",
}  # fmt: skip
"""GIMBAL_DEVICE_ERROR_FLAGS, except the flags for an axis at its limit."""


def firmware(info: Any) -> Firmware | None:
    """The firmware of a mavros_msgs/VehicleInfo; `None` before it contains a version. MAVLink packs major, minor, patch
    and kind into a byte each."""
    packed = int(info.flight_sw_version)
    if not info.available_info & HAVE_VERSION or packed == 0:
        return None
    major, minor, patch, kind = packed.to_bytes(4, "big")
    autopilot = _AUTOPILOTS.get(int(info.autopilot), f"autopilot {info.autopilot}")
    return Firmware(autopilot, (major, minor, patch), _KINDS.get(kind, "dev"), is_simulation(info))


def is_simulation(info: Any) -> bool:
    """Whether a mavros_msgs/VehicleInfo comes from PX4 SITL, or from our embedded autopilot, which answers like it."""
    if not info.available_info & HAVE_VERSION or info.autopilot != PX4 or info.vendor_id or info.product_id:
        return False
    return int(info.uid) in (_SITL_UID, _SITL_UID + int(info.sysid) - 1)


def sick_sensors(status: Any) -> tuple[str, ...]:
    """Sensors of a mavros_msgs/SysStatus that are enabled and unhealthy, except the radio control."""
    sick = int(status.sensors_enabled) & ~int(status.sensors_health) & ~RADIO_CONTROL
    return tuple(_SENSORS.get(bit, f"sensor {bit}") for bit in range(32) if sick >> bit & 1 and bit != 28)


def radio_ok(status: Any) -> bool | None:
    """Whether the pilot's radio control is received; `None` if the autopilot expects none."""
    if not int(status.sensors_enabled) & RADIO_CONTROL:
        return None
    return bool(int(status.sensors_health) & RADIO_CONTROL)


def gps_error_m(fix: Any) -> float:
    """Horizontal accuracy (1 sigma) of the receiver's own sensor_msgs/NavSatFix; NaN if fix or accuracy is missing."""
    if fix.status.status < 0 or fix.position_covariance_type == 0:
        return nan
    variance_m2 = max(fix.position_covariance[0], fix.position_covariance[4])
    return sqrt(variance_m2) if variance_m2 >= 0.0 else nan


def estimator_faults(status: Any) -> tuple[str, ...]:
    """Missing estimates and reported faults of a mavros_msgs/EstimatorStatus, in words."""
    missing = [name for flag, name in _ESTIMATES.items() if not getattr(status, flag)]
    return (*missing, *(name for flag, name in _DOUBTS.items() if getattr(status, flag)))


def gimbal_faults(status: Any) -> tuple[str, ...]:
    """Faults reported by a gimbal in mavros_msgs/GimbalDeviceAttitudeStatus."""
    flags = int(status.failure_flags)
    return tuple(name for bit, name in _GIMBAL_FAULTS.items() if flags & bit) if flags else ()
