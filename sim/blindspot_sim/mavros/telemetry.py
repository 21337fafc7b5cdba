"""MAVROS's messages about a drone: ROS message fields as plain dicts. The adapter sets `header.stamp`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import atan, cos, hypot, nan, radians, sin
from typing import Any

from blindspot_sim.airframe.geo import GeoFrame
from blindspot_sim.autopilot.autopilot import Autopilot
from blindspot_sim.autopilot.commander import MODES, UNINITIALISED

Fields = dict[str, Any]
Builder = Callable[[float], Fields]

_HALF_DEG = 0.008726646259971648
_SENSORS_HEALTHY, _SENSORS_PRESENT, _SENSORS_ENABLED = 320915519, 33570863, 33636399
_GPS_BIT, _RC_BIT, _PREARM_CHECK_BIT = 1 << 5, 1 << 16, 1 << 28
_NOT_GUIDED = frozenset({"OFFBOARD", "POSCTL", "ALTCTL", "MANUAL", "STABILIZED", "ACRO", "RATTITUDE"})
_POSITION_COVARIANCE = [0.81, 0.0, 0.0, 0.0, 0.81, 0.0, 0.0, 0.0, 3.1684]
_UNKNOWN_COVARIANCE = [0.0] * 36
_ORIGIN = {"x": 0.0, "y": 0.0, "z": -0.0}


class Telemetry:
    """Builders of the periodic messages. Each takes the seconds since the autopilot's last step, to extrapolate."""

    def __init__(self, autopilot: Autopilot, geo: GeoFrame) -> None:
        self._ap = autopilot
        self._geo = geo
        start = autopilot.config.start
        self._start = (start.east_m, start.north_m, start.up_m)
        self._datum_amsl_m = autopilot.config.origin.amsl_m
        self._geoid_m = autopilot.config.origin.geoid_m
        self.builders: Mapping[str, Builder] = {
            "local_position/pose": self.pose,
            "local_position/odom": self.odometry,
            "local_position/velocity_local": self.velocity_local,
            "local_position/velocity_body": self.velocity_body,
            "global_position/global": self.fix,
            "global_position/raw/fix": self.fix,
            "global_position/raw/satellites": lambda _: {"data": self._ap.parameters["SIM_GPS_USED"]},
            "global_position/rel_alt": self.relative_altitude,
            "global_position/compass_hdg": self.compass_heading,
            "altitude": self.altitude,
            "gimbal_control/device/attitude_status": self.gimbal_attitude,
            "gimbal_control/manager/status": self.gimbal_manager,
            "extended_state": self.extended_state,
            "sys_status": self.sys_status,
            "estimator_status": self.estimator_status,
            "battery": self.battery,
            "home_position/home": self.home,
            "time_reference": self.time_reference,
        }

    def state(self, *, connected: bool, booting: bool) -> Fields:
        """mavros_msgs/State: empty before the first heartbeat; with the first one, the mode is a number."""
        commander, mode = self._ap.commander, self._ap.commander.shown_mode
        if not connected:
            return _state(False, False, False, False, "", 0)
        if booting:
            mode = f"CMODE({MODES[mode]})"
        manual = mode in _NOT_GUIDED and mode != "OFFBOARD"
        status = commander.system_status(self._ap.now_s)
        return _state(True, commander.armed, mode not in _NOT_GUIDED, manual, mode, status)

    def pose(self, ahead_s: float) -> Fields:
        return {"header": {"frame_id": "map"}, "pose": self._pose(ahead_s)}

    def velocity_local(self, ahead_s: float) -> Fields:
        frame = self._ap.airframe
        return {
            "header": {"frame_id": "base_link"},
            "twist": {
                "linear": {
                    "x": frame.ve + self._ap.disturbance.error_east_mps,
                    "y": frame.vn + self._ap.disturbance.error_north_mps,
                    "z": frame.vu,
                },
                "angular": {"x": 0.0, "y": 0.0, "z": -radians(frame.yaw_rate_dps)},
            },
        }

    def odometry(self, ahead_s: float) -> Fields:
        """nav_msgs/Odometry: pose in map (ENU), twist in the body's frame (forward, left, up; levelled)."""
        return {
            "header": {"frame_id": "map"},
            "child_frame_id": "base_link",
            "pose": {"pose": self._pose(ahead_s), "covariance": _UNKNOWN_COVARIANCE},
            "twist": {"twist": self._body_twist(), "covariance": _UNKNOWN_COVARIANCE},
        }

    def velocity_body(self, ahead_s: float) -> Fields:
        return {"header": {"frame_id": "base_link"}, "twist": self._body_twist()}

    def fix(self, ahead_s: float) -> Fields:
        navigator, frame = self._ap.navigator, self._ap.airframe
        lat, lon = self._geo.to_wgs84(navigator.east + frame.ve * ahead_s, navigator.north + frame.vn * ahead_s)
        return {
            "header": {"frame_id": "base_link"},
            "status": {"status": 0 if self._ap.has_fix else -1, "service": 1},
            "latitude": round(lat, 7),
            "longitude": round(lon, 7),
            "altitude": navigator.up + frame.vu * ahead_s + self._datum_amsl_m + self._geoid_m,
            "position_covariance": _POSITION_COVARIANCE,
            "position_covariance_type": 2,
        }

    def relative_altitude(self, ahead_s: float) -> Fields:
        return {"data": self._relative_m() + self._ap.airframe.vu * ahead_s}

    def compass_heading(self, ahead_s: float) -> Fields:
        return {"data": round(self._ap.airframe.heading_deg, 2) % 360.0}

    def altitude(self, ahead_s: float) -> Fields:
        up_m = self._ap.navigator.up
        clearance_m = self._ap.airframe.u - self._ap.airframe.ground
        local_m = up_m - self._start[2]
        return {
            "header": {"frame_id": "map"},
            "monotonic": up_m + self._datum_amsl_m,
            "amsl": up_m + self._datum_amsl_m,
            "local": local_m,
            "relative": self._relative_m(),
            "terrain": local_m - clearance_m,
            "bottom_clearance": clearance_m,
        }

    def gimbal_attitude(self, ahead_s: float) -> Fields:
        """GimbalDeviceAttitudeStatus: `q` turns the camera from north-east-down (with YAW_LOCK) or from the nose."""
        gimbal = self._ap.gimbal
        yaw_deg = gimbal.heading_deg if gimbal.yaw_locked else gimbal.heading_deg - self._ap.airframe.heading_deg
        cz, sz = cos(yaw_deg * _HALF_DEG), sin(yaw_deg * _HALF_DEG)
        cy, sy = cos(gimbal.pitch_deg * _HALF_DEG), sin(gimbal.pitch_deg * _HALF_DEG)
        return {
            "header": {"frame_id": "base_link_frd"},
            "target_system": 0,
            "target_component": 0,
            "flags": 28 if gimbal.yaw_locked else 12,
            "q": {"x": -sz * sy, "y": cz * sy, "z": sz * cy, "w": cz * cy},
            "angular_velocity_x": nan,
            "angular_velocity_y": nan,
            "angular_velocity_z": nan,
            "failure_flags": 0,
        }

    def gimbal_manager(self, ahead_s: float) -> Fields:
        return {
            "header": {"frame_id": "base_link_frd"},
            "flags": 28 if self._ap.gimbal.yaw_locked else 12,
            "gimbal_device_id": 1,
            "sysid_primary": self._ap.config.system_id,
            "compid_primary": 191,
            "sysid_secondary": 0,
            "compid_secondary": 0,
        }

    def extended_state(self, ahead_s: float) -> Fields:
        return {"header": {"frame_id": ""}, "vtol_state": 0, "landed_state": self._ap.landed_state}

    def sys_status(self, ahead_s: float) -> Fields:
        battery, commander = self._ap.battery, self._ap.commander
        present, enabled, health = _SENSORS_PRESENT, _SENSORS_ENABLED, _SENSORS_HEALTHY
        if commander.system_status(self._ap.now_s) == UNINITIALISED:
            health &= ~_PREARM_CHECK_BIT
        if commander.manual_control:
            present, health = present | _RC_BIT, health | _RC_BIT
        if not self._ap.has_fix:
            present, enabled, health = present & ~_GPS_BIT, enabled & ~_GPS_BIT, health & ~_GPS_BIT
        return {
            "header": {"frame_id": ""},
            "sensors_present": present,
            "sensors_enabled": enabled,
            "sensors_health": health,
            "load": 100,
            "voltage_battery": round(1000.0 * battery.voltage_v),
            "current_battery": min(round(100.0 * battery.current_a), 32767),
            "battery_remaining": round(100.0 * battery.fraction),
            "drop_rate_comm": 0,
            "errors_comm": 0,
            "errors_count1": 0,
            "errors_count2": 0,
            "errors_count3": 0,
            "errors_count4": 0,
        }

    def estimator_status(self, ahead_s: float) -> Fields:
        ready = self._ap.commander.ready and self._ap.commander.has_position
        return {
            "header": {"frame_id": ""},
            "attitude_status_flag": True,
            "velocity_horiz_status_flag": ready,
            "velocity_vert_status_flag": True,
            "pos_horiz_rel_status_flag": ready,
            "pos_horiz_abs_status_flag": ready,
            "pos_vert_abs_status_flag": True,
            "pos_vert_agl_status_flag": ready,
            "const_pos_mode_status_flag": not ready,
            "pred_pos_horiz_rel_status_flag": ready,
            "pred_pos_horiz_abs_status_flag": ready,
            "gps_glitch_status_flag": False,
            "accel_error_status_flag": False,
        }

    def battery(self, ahead_s: float) -> Fields:
        battery = self._ap.battery
        return {
            "header": {"frame_id": ""},
            "voltage": battery.voltage_v,
            "temperature": 0.0,
            "current": -battery.current_a,
            "charge": nan,
            "capacity": nan,
            "design_capacity": nan,
            "percentage": round(battery.fraction, 2),
            "power_supply_status": 2,
            "power_supply_health": 0,
            "power_supply_technology": 3,
            "present": True,
            "cell_temperature": [],
            "location": "id0",
            "serial_number": "",
        }

    def home(self, ahead_s: float) -> Fields:
        """mavros_msgs/HomePosition (only once home is known); the altitude is above the ellipsoid."""
        navigator = self._ap.navigator
        east, north, up = navigator.home or self._start
        lat, lon = self._geo.to_wgs84(east, north)
        return {
            "header": {"frame_id": ""},
            "geo": {
                "latitude": round(lat, 7),
                "longitude": round(lon, 7),
                "altitude": up + self._datum_amsl_m + self._geoid_m,
            },
            "position": {"x": east - self._start[0], "y": north - self._start[1], "z": up - self._start[2]},
            "orientation": _quaternion(0.0, 0.0, 90.0 - navigator.home_heading_deg),
            "approach": dict(_ORIGIN),
        }

    def time_reference(self, ahead_s: float) -> Fields:
        """sensor_msgs/TimeReference: the autopilot's UTC, which is simulated time here."""
        seconds, rest_s = divmod(self._ap.now_s + ahead_s, 1.0)
        stamp = {"sec": int(seconds), "nanosec": int(rest_s * 1e9)}
        return {"header": {"frame_id": ""}, "time_ref": stamp, "source": "fcu"}

    def _relative_m(self) -> float:
        navigator = self._ap.navigator
        return navigator.up - (navigator.home[2] if navigator.home else self._start[2])

    def _body_twist(self) -> Fields:
        frame = self._ap.airframe
        s, c = sin(radians(frame.heading_deg)), cos(radians(frame.heading_deg))
        linear = {"x": frame.ve * s + frame.vn * c, "y": frame.vn * s - frame.ve * c, "z": frame.vu}
        return {"linear": linear, "angular": {"x": 0.0, "y": 0.0, "z": -radians(frame.yaw_rate_dps)}}

    def _pose(self, ahead_s: float) -> Fields:
        navigator, frame = self._ap.navigator, self._ap.airframe
        a_e, a_n = frame.tilt_east_mps2, frame.tilt_north_mps2
        yaw_deg = 90.0 - frame.heading_deg + 0.0
        roll_deg = pitch_deg = 0.0
        if a_e or a_n:
            s, c = sin(radians(frame.heading_deg)), cos(radians(frame.heading_deg))
            pitch_deg = 57.29577951308232 * atan((a_e * s + a_n * c) / 9.81)
            roll_deg = 57.29577951308232 * atan((a_e * c - a_n * s) / hypot(9.81, a_e * s + a_n * c))
        return {
            "position": {
                "x": navigator.east + frame.ve * ahead_s - self._start[0],
                "y": navigator.north + frame.vn * ahead_s - self._start[1],
                "z": navigator.up + frame.vu * ahead_s - self._start[2],
            },
            "orientation": _quaternion(roll_deg, pitch_deg, yaw_deg),
        }


def _state(connected: bool, armed: bool, guided: bool, manual: bool, mode: str, status: int) -> Fields:
    return {
        "header": {"frame_id": ""},
        "connected": connected,
        "armed": armed,
        "guided": guided,
        "manual_input": manual,
        "mode": mode,
        "system_status": status,
    }


def _quaternion(roll_deg: float, pitch_deg: float, yaw_deg: float) -> Fields:
    """Quaternion of yaw, then pitch, then roll (ENU frame, forward-left-up body)."""
    cr, sr = cos(roll_deg * _HALF_DEG), sin(roll_deg * _HALF_DEG)
    cp, sp = cos(pitch_deg * _HALF_DEG), sin(pitch_deg * _HALF_DEG)
    cy, sy = cos(yaw_deg * _HALF_DEG), sin(yaw_deg * _HALF_DEG)
    return {
        "x": sr * cp * cy - cr * sp * sy,
        "y": cr * sp * cy + sr * cp * sy,
        "z": cr * cp * sy - sr * sp * cy,
        "w": cr * cp * cy + sr * sp * sy,
    }
