"""Limits of one drone's flight: time, distance and energy. Those of the failsafe ladder are parameters of the node.

A threshold includes range and description: the node declares both, and the reference shows both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from blindspot.mission import DroneModel

if TYPE_CHECKING:
    from blindspot.mission import NoFly


POSITION_ERROR_M = 2.0
"""Largest error of a drone's own place, m."""
FARTHEST_OFF_ROUTE_M = 15.0


def resumed_within_m(building_clearance_m: float) -> float:
    """Largest distance from a route for a resume, m, if the plan keeps this distance to buildings."""
    return min(FARTHEST_OFF_ROUTE_M, building_clearance_m - POSITION_ERROR_M)


def _threshold(default: float, low: float, high: float, describe: str) -> Any:
    return field(default=default, metadata={"default": default, "low": low, "high": high, "describe": describe})


@dataclass(frozen=True, slots=True)
class FlightSettings:
    """Limits of one flight; the defaults suit a small quadrotor over a town."""

    model: DroneModel
    simulated: bool = False
    """The autopilot is a simulation: pre-flight does not require radio control, a firmware release or GNSS time, and
    corrects wrong parameters. The computer that this runs on is then not the drone's."""
    no_fly: tuple[NoFly, ...] = ()

    stale_state_s: float = _threshold(3.0, 1.5, 10.0, "Silence of `state` after which the vehicle counts as silent, s.")
    silent_return_s: float = _threshold(30.0, 5.0, 60.0, "Silence of the vehicle before the drone is called home, s.")
    stale_position_s: float = _threshold(1.5, 0.5, 5.0, "Most age of position, heading or speed, s.")
    position_lost_s: float = _threshold(10.0, 7.0, 30.0, "Loss of position before the drone lands (PX4: 6 s), s.")
    stale_battery_s: float = _threshold(5.0, 3.0, 30.0, "Most silence of the battery (sent every 2 s), s.")
    landing_battery_fraction: float = _threshold(
        0.12, 0.05, 0.5, "Least battery left after the way home, or the drone returns."
    )
    spent_battery_fraction: float = _threshold(
        0.03, 0.01, 0.1, "Least battery left after the way home, or the drone lands here."
    )
    landing_spare_s: float = _threshold(
        10.0, 0.0, 300.0, "Spare time before the latest landing, on top of the way home, s."
    )
    ground_lost_s: float = _threshold(10.0, 1.0, 120.0, "Silence of the ground station that ends the flight, s.")
    camera_return_s: float = _threshold(30.0, 5.0, 120.0, "Loss of pictures or aim before the drone comes home, s.")
    wind_s: float = _threshold(10.0, 2.0, 60.0, "Wind beyond the limit for so long brings the drone home, s.")
    wind_unknown_s: float = _threshold(30.0, 15.0, 120.0, "Time of unknown wind before the drone comes home, s.")
    react_s: float = _threshold(1.5, 0.2, 3.0, "Reaction time before braking, for the look ahead, s.")
    near_drone_m: float = _threshold(15.0, 5.0, 100.0, "Least distance to another drone, m.")
    drone_lost_s: float = _threshold(10.0, 2.0, 60.0, "Most silence of another drone of the plan, s.")
    near_aircraft_m: float = _threshold(
        610.0, 100.0, 10_000.0, "Least level distance to a crewed aircraft, m (ASTM F3442: 2000 ft)."
    )
    near_aircraft_up_m: float = _threshold(
        76.0, 20.0, 1000.0, "Least difference in height to a crewed aircraft, m (ASTM F3442: 250 ft)."
    )
    aircraft_ahead_s: float = _threshold(
        60.0, 0.0, 300.0, "Time for which an aircraft's way is looked ahead, s (PX4: NAV_TRAFF_COLL_T)."
    )
    computer_hot_c: float = _threshold(85.0, 0.0, 120.0, "Highest temperature of the computer on board, C; 0: off.")
    disk_low_mb: float = _threshold(500.0, 0.0, 100_000.0, "Least free space for logs and evidence, MB; 0: off.")
    dwell_s: float = _threshold(2.0, 0.0, 10.0, "Time without a cause before the cause counts as gone, s.")
    pilot_silent_s: float = 60.0
    """Silence after which a flight under the pilot's control is given up as lost, s."""
    hold_s: float = 120.0
    """Time after which a hold becomes a return, s."""
    home_error_m: float = 5.0
    aim_error_deg: float = 5.0
    view_error_m: float = 4.0
    off_route_m: float = 3.0
    """Largest distance from the route at which it can be resumed, m: the drone flies straight back, and only what is
    nearer to the route than the plan's clearance, less `POSITION_ERROR_M`, is known to be free."""
    time_factor: float = 1.5
    """A route is given up after its planned time multiplied by this factor, plus one minute."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A limit of the ladder as a parameter."""

    name: str
    default: float
    low: float
    high: float
    describe: str


def thresholds() -> Iterator[Threshold]:
    """Every limit of the ladder, in the order of the table."""
    for entry in fields(FlightSettings):
        if entry.metadata:
            yield Threshold(entry.name, **entry.metadata)
