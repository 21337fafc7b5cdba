"""The simulated drones of a fleet: each by its model file, on its pad, in the wind of the fleet's world."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from blindspot.mission import DroneModel, Fleet, Origin, Point, Wind, site_pads
from blindspot.site import load_terrain
from blindspot.site.ground import Terrain
from blindspot_sim.airframe.vehicle_config import (
    THINNED_RATES_HZ,
    BatteryConfig,
    DatumOrigin,
    GimbalConfig,
    Position,
    VehicleConfig,
    WindConfig,
)
from blindspot_sim.mavros.simulated_mavros import SimulatedMavros

ASKS = {"COM_ARM_AUTH_REQ": 1, "COM_ARM_AUTH_ID": 1}
"""Parameters of an autopilot that asks the gate before it arms."""


def make_fleet(
    fleet: Fleet, seed: int, *, px4: tuple[int, int, int] = (1, 17, 0), asks: bool = False
) -> dict[str, SimulatedMavros]:
    """Make every drone of a fleet by name, each on its pad, with its own noise and gusts, which report this PX4
    release. `asks`: the autopilots ask before they arm.

    A drone that stands with motors off for the fleet's `swap_s` has a full battery pack again, as if a person changed
    it.
    """
    origin, pads = site_pads(fleet)
    terrain, wind = load_terrain(fleet.site_dir), fleet.file.simulation.wind
    homes = {name: pads[fleet.member(name).pad] for name in fleet.names}
    configs = {
        name: vehicle_config(
            fleet.model_of(name), name, fleet.system_id(name), origin, homes[name], wind, terrain, fleet.file.swap_s
        )
        for name in fleet.names
    }
    return {
        name: SimulatedMavros(
            replace(config, px4=px4, parameters={**config.parameters, **(ASKS if asks else {})}),
            seed=seed * 1000 + index,
        )
        for index, (name, config) in enumerate(configs.items())
    }


def vehicle_config(
    model: DroneModel, name: str, system_id: int, origin: Origin, home: Point, wind: Wind, terrain: Terrain,
    swap_s: float = math.inf,
) -> VehicleConfig:  # fmt: skip
    """The simulator's settings for one drone; `swap_s` is as in `BatteryConfig`."""
    return VehicleConfig(
        name=name,
        system_id=system_id,
        origin=DatumOrigin(origin.lat_deg, origin.lon_deg, origin.datum_amsl_m, origin.geoid_m),
        start=Position(home.east_m, home.north_m, home.up_m),
        mass_kg=model.mass_kg,
        drag_per_s=model.performance.drag_per_s,
        battery=BatteryConfig(
            capacity_wh=model.energy.usable_wh(),
            hover_w=model.energy.hover_w,
            cruise_extra_w=model.energy.cruise_extra_w,
            cruise_mps=model.performance.cruise_mps,
            climb_wh_per_m=model.energy.climb_wh_per_m,
            swap_s=swap_s,
        ),
        gimbal=gimbal_config(model),
        wind=_wind(wind),
        parameters=_speed_parameters(model),
        rates_hz=THINNED_RATES_HZ,
        ground_station=True,
        ground_m=None if terrain.is_flat else terrain.at,
    )


def gimbal_config(model: DroneModel) -> GimbalConfig:
    camera = model.camera
    return GimbalConfig(camera.gimbal_min_pitch_deg, camera.gimbal_max_pitch_deg, camera.gimbal_slew_dps)


def _wind(wind: Wind) -> WindConfig:
    """Convert the direction that the wind comes from (file) to the air's motion (simulator)."""
    toward = math.radians(wind.from_deg + 180.0)
    return WindConfig(wind.speed_mps * math.sin(toward), wind.speed_mps * math.cos(toward), wind.gust_mps)


def _speed_parameters(model: DroneModel) -> Mapping[str, float]:
    """PX4's parameters for the performance figures of the model file."""
    performance = model.performance
    return {
        "MPC_XY_CRUISE": performance.cruise_mps,
        "MPC_ACC_HOR": performance.acceleration_mps2,
        "MPC_Z_VEL_MAX_UP": performance.climb_mps,
        "MPC_Z_V_AUTO_UP": performance.climb_mps,
        "MPC_Z_VEL_MAX_DN": performance.descend_mps,
        "MPC_Z_V_AUTO_DN": performance.descend_mps,
        "MPC_YAWRAUTO_MAX": performance.yaw_rate_dps,
    }
