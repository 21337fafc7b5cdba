"""The log of a run outside ROS: arrays for the report's figures and for the marking of the seen ground."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from blindspot.evidence import max_deviation_m
from blindspot.flight.route import inside
from blindspot.mission import Route

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PhaseChange:
    stamp_s: float
    phase: str
    reason: str


@dataclass(frozen=True, slots=True)
class DroneLog:
    """One drone's flight. Each array has one row per sample, 5 Hz; positions are m ENU, up above the site's datum."""

    name: str
    outcome: str
    reason: str
    phases: tuple[PhaseChange, ...]
    stamp_s: Floats
    """(n,) simulated time."""
    truth_m: Floats
    """(n, 3) the drone's true position."""
    camera_m: Floats
    """(n, 3) the drone's estimated position."""
    camera_deg: Floats
    """(n, 2) heading and pitch of the camera's axis, as reported by the gimbal."""
    inhibited: NDArray[np.bool_]
    """(n,) True while the sensor was inhibited."""
    en_route: NDArray[np.bool_]
    """(n,) True while the drone flew the route's steps."""
    airborne: NDArray[np.bool_]
    """(n,) True while the drone was in the air, by the true state."""
    battery_left_fraction: float
    max_route_deviation_m: float

    @property
    def capturing(self) -> NDArray[np.bool_]:
        return ~self.inhibited


@dataclass(frozen=True, slots=True)
class FlightLog:
    """A fleet's run outside ROS."""

    drones: dict[str, DroneLog]
    duration_s: float
    violations: tuple[str, ...]


@dataclass(slots=True)
class Recorder:
    """Collects the samples of one drone."""

    route: Route
    later: list[Route] = field(default_factory=list)
    """Routes that the drone received in the air."""
    phases: list[PhaseChange] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    _rows: list[tuple[float, ...]] = field(default_factory=list)

    def phase(self, stamp_s: float, phase: str, reason: str) -> None:
        if not self.phases or (self.phases[-1].phase, self.phases[-1].reason) != (phase, reason):
            self.phases.append(PhaseChange(stamp_s, phase, reason))

    def violation(self, text: str) -> None:
        if text not in self.violations:
            self.violations.append(text)

    def sample(
        self,
        stamp_s: float,
        truth_m: tuple[float, float, float],
        camera_m: tuple[float, float, float],
        camera_deg: tuple[float, float],
        *,
        inhibited: bool,
        en_route: bool,
        airborne: bool,
    ) -> None:
        self._rows.append((stamp_s, *truth_m, *camera_m, *camera_deg, inhibited, en_route, airborne))
        east_m, north_m, up_m = truth_m
        failsafe = self.route.failsafe
        if airborne and not inside((east_m, north_m), failsafe.fence):
            self.violation(f"{self.route.drone}: outside its fence")
        if airborne and up_m - self.route.home.up_m > failsafe.fence_max_alt_m:
            self.violation(f"{self.route.drone}: above its fence")

    def log(self, outcome: str, reason: str, battery_left: float) -> DroneLog:
        rows = np.array(self._rows, dtype=float).reshape(len(self._rows), 12)
        truth, en_route, routes = rows[:, 1:4], rows[:, 10] > 0.5, (self.route, *self.later)
        return DroneLog(
            self.route.drone,
            outcome,
            reason,
            tuple(self.phases),
            rows[:, 0],
            truth,
            rows[:, 4:7],
            rows[:, 7:9],
            rows[:, 9] > 0.5,
            en_route,
            rows[:, 11] > 0.5,
            battery_left,
            max_route_deviation_m=max_deviation_m(routes, truth[en_route]) if en_route.any() else 0.0,
        )
