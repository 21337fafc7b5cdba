"""The camera's gimbal."""

from __future__ import annotations

from math import isfinite
from typing import Literal

from blindspot_sim.airframe.geo import turn_deg, within
from blindspot_sim.airframe.vehicle_config import GimbalConfig

YAW_LOCK = 16
"""GIMBAL_MANAGER_FLAGS_YAW_LOCK: with it the yaw is a compass heading, otherwise an angle from the drone's nose."""


Controller = Literal["", "autopilot", "client"]
"""The party in control of a gimbal by PX4's gimbal manager (read in its source). Aims of other parties are denied."""


class Gimbal:
    """Pitch and heading of the optical axis, stabilised against the drone's attitude, with a limited slew rate."""

    __slots__ = ("_aim_pitch_deg", "_aim_yaw_deg", "_config", "controller", "heading_deg", "pitch_deg", "yaw_locked")

    def __init__(self, config: GimbalConfig, heading_deg: float) -> None:
        self._config = config
        self.pitch_deg = self._aim_pitch_deg = 0.0
        self.heading_deg = heading_deg
        self._aim_yaw_deg = 0.0
        self.yaw_locked = False
        self.controller: Controller = ""

    def configure(self, sysid: int, compid: int) -> None:
        """DO_GIMBAL_MANAGER_CONFIGURE of a client: -2 gives the autopilot control, -3 releases the client's control."""
        if sysid == -3:
            self.release("client")
        elif sysid == -2 or (sysid > 0 and compid == 1):
            self.controller = "autopilot"
        elif sysid >= 0:
            self.controller = "client" if sysid > 0 else ""

    def release(self, who: Controller) -> None:
        if self.controller == who:
            self.controller = ""

    def neutral(self) -> None:
        """Level and ahead, with control released: PX4's own start of a return or a landing."""
        self.aim(0.0, 0.0, yaw_locked=False)
        self.controller = ""

    def aim(self, pitch_deg: float, yaw_deg: float, *, yaw_locked: bool) -> None:
        """Set a new aim. NaN keeps the aim of that axis."""
        if isfinite(pitch_deg):
            self._aim_pitch_deg = min(max(pitch_deg, self._config.min_pitch_deg), self._config.max_pitch_deg)
        if isfinite(yaw_deg):
            self._aim_yaw_deg = yaw_deg
            self.yaw_locked = yaw_locked

    def step(self, dt_s: float, vehicle_heading_deg: float) -> None:
        """Turn towards the aim."""
        most_deg = self._config.slew_dps * dt_s
        error_deg = self._aim_pitch_deg - self.pitch_deg
        if error_deg:
            self.pitch_deg += within(error_deg, -most_deg, most_deg)
        wanted_deg = self._aim_yaw_deg if self.yaw_locked else vehicle_heading_deg + self._aim_yaw_deg
        error_deg = turn_deg(self.heading_deg, wanted_deg)
        if error_deg:
            self.heading_deg = (self.heading_deg + within(error_deg, -most_deg, most_deg)) % 360.0
