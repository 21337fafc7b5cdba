"""The drone model, `blindspot.drone/1`: camera, performance and battery of a make of drone."""

from __future__ import annotations

from math import isfinite, nan
from typing import Literal

from pydantic import Field

from blindspot.camera import Sensor
from blindspot.core import Section

PITCH_TOLERANCE_DEG = 1.0
"""Jitter of a gimbal, deg. A planned view beyond a limit is refused before the flight."""

LEAST_RESERVE = 0.1
"""Least share of the battery after every way home: the autopilot may land on the spot below it (`BAT_EMERGEN_THR`)."""


class Camera(Section):
    """The camera stream of detector and recorder, and the camera's gimbal."""

    hfov_deg: float = Field(ge=1, le=170, description="Horizontal field of view of the stream, zoom included, deg")
    width_px: int = Field(ge=16, le=20_000, description="Width of the stream, px")
    height_px: int = Field(ge=16, le=20_000, description="Height of the stream, px")
    gimbal_min_pitch_deg: float = Field(ge=-90, le=0, description="Steepest pitch of the gimbal, deg; negative is down")
    gimbal_max_pitch_deg: float = Field(ge=-90, le=90, description="Flattest pitch of the gimbal, deg")
    gimbal_slew_dps: float = Field(ge=1, le=1000, description="Slew rate of the gimbal, deg/s")
    exposure_s: float = Field(
        0.004, ge=1e-6, le=0.1, description="Longest exposure in flight, s; limits the speed of a leg"
    )
    sensor: Sensor | None = Field(
        None, description="Light that the camera sees; unknown if None: then no miss rate of its masks is stated"
    )
    records_to_card: bool | None = Field(
        None, description="Camera or gimbal records to a card of its own; a real drone flies only with false"
    )


class Accuracy(Section):
    """Accuracy of the drone's estimate of its camera's position and direction: standard deviations for each axis.

    The defaults are those of a usual GNSS receiver, a magnetic compass and the gimbal's own encoders.
    """

    position_std_m: float = Field(1.0, ge=0, le=10, description="Of the position, m")
    heading_std_deg: float = Field(2.0, ge=0, le=20, description="Of the heading, deg")
    gimbal_std_deg: float = Field(0.5, ge=0, le=10, description="Of the gimbal's angles, deg")


class Performance(Section):
    """How the drone flies; the simulator, the planner and the checker all read these."""

    cruise_mps: float = Field(ge=0.5, le=25, description="Cruise speed, m/s; flown up to limits.max_speed_mps")
    climb_mps: float = Field(ge=0.1, le=10, description="Speed upwards, m/s")
    descend_mps: float = Field(ge=0.1, le=10, description="Speed downwards, m/s")
    acceleration_mps2: float = Field(ge=0.1, le=10, description="Horizontal acceleration and braking, m/s2")
    yaw_rate_dps: float = Field(ge=1, le=360, description="Yaw rate, deg/s")
    max_wind_mps: float = Field(ge=0, le=30, description="Strongest wind of a flight, m/s; more brings it home")
    drag_per_s: float = Field(
        ge=0.001, le=2, description="Braking by the air for each m/s through it (EKF2_MCOEF), 1/s"
    )


class Energy(Section):
    """Battery and power model: power = hover + cruise_extra * (v / cruise)^3, and a cost for each metre climbed."""

    capacity_wh: float = Field(ge=1, le=100_000, description="Usable energy of a new battery at 20 C, Wh")
    health_fraction: float = Field(ge=0.5, le=1, description="Share of that capacity that is left after ageing")
    temperature_c: float = Field(ge=-30, le=60, description="Battery in flight, used if it reports no temperature, C")
    cold_loss_per_c: float = Field(ge=0, le=0.03, description="Share of the capacity lost for each degree below 20 C")
    hover_w: float = Field(ge=1, le=100_000, description="Power in the hover, W")
    cruise_extra_w: float = Field(ge=0, le=100_000, description="Power above hover at cruise speed, W")
    climb_wh_per_m: float = Field(ge=0, le=100, description="Energy for each metre climbed, Wh/m")
    reserve_fraction: float = Field(
        ge=LEAST_RESERVE, lt=1, description="Share of the battery that a plan never touches"
    )

    def usable_wh(self, temperature_c: float = nan) -> float:
        """Energy, Wh, of a full battery at its age and at this temperature, C (NaN: the file's temperature)."""
        cold_c = max(0.0, 20.0 - (temperature_c if isfinite(temperature_c) else self.temperature_c))
        return self.capacity_wh * self.health_fraction * max(0.1, 1.0 - self.cold_loss_per_c * cold_c)


class DroneModel(Section):
    schema_: Literal["blindspot.drone/1"] = Field(alias="schema", description="Kind and version of the file")
    name: str = Field(description="Name of the model in displays and reports")
    mass_kg: float = Field(gt=0, le=1000, description="Take-off mass, kg")
    span_m: float = Field(gt=0, le=50, description="Largest dimension, m")
    camera: Camera = Field(description="Camera and gimbal")
    performance: Performance = Field(description="How it flies")
    energy: Energy = Field(description="Battery and power")
    accuracy: Accuracy = Field(Accuracy(), description="Accuracy of its camera's position and direction")
    telemetry_radio: Literal["none", "signed", "tunnel", "open"] | None = Field(
        None,
        description="Protection of commands over a radio to a ground station; open flies only in simulation",
    )
