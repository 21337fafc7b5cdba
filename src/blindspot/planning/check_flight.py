"""What the checker's rules judge, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from blindspot.planning.check_track import Array, Track, xyz
from blindspot.planning.mission import DroneModel, Mission
from blindspot.planning.plan import Plan, Point, Route
from blindspot.site.model import Site


@dataclass(frozen=True, slots=True)
class Violation:
    """A breach of a rule: whose, where (m ENU), when (s after take-off), and what in one sentence."""

    rule: str
    drone: str
    at: Point | None
    time_s: float | None
    detail: str

    def __str__(self) -> str:
        where = "" if self.at is None else f" at ({self.at.east_m:.1f}, {self.at.north_m:.1f}, {self.at.up_m:.1f}) m"
        when = "" if self.time_s is None else f" after {self.time_s:.0f} s"
        return f"{self.rule}: {self.drone or 'plan'}{where}{when}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Flight:
    """A route with all that its rules need."""

    route: Route
    model: DroneModel
    track: Track
    plan: Plan
    mission: Mission
    site: Site

    @property
    def return_up_m(self) -> float:
        """Height, m above the datum, to which the autopilot climbs before it returns."""
        return self.route.home.up_m + self.route.failsafe.rtl_return_alt_m

    @property
    def return_mps(self) -> float:
        """Speed of a return: what the autopilot is told, else the model's cruise."""
        return self.route.failsafe.parameters.get("MPC_XY_CRUISE", self.model.performance.cruise_mps)

    @property
    def goals_m(self) -> Array:
        """Where the autopilot may return to, (n, 3): home and the rally points."""
        return np.array([xyz(self.route.home), *(xyz(point) for point in self.route.failsafe.rally)])

    def goal_of(self, flat_m: Array) -> Array:
        """The goal that is nearest to each of (n, 2) places: what RTL_TYPE 0 and 3 choose."""
        goals = self.goals_m
        apart = np.linalg.norm(flat_m[:, None, :] - goals[None, :, :2], axis=2)
        return np.asarray(goals[apart.argmin(axis=1)])

    @property
    def fence_margin_m(self) -> float:
        """Braking distance from the fastest that the drone flies."""
        fastest_mps = max([self.return_mps, *(step.speed_mps for step in self.route.steps)])
        return fastest_mps**2 / (2 * self.model.performance.acceleration_mps2)

    def breach(self, rule: str, sample: int, detail: str) -> Violation:
        east_m, north_m, up_m = (float(v) for v in self.track.at_m[sample])
        at = Point(east_m=east_m, north_m=north_m, up_m=up_m)
        return Violation(rule, self.route.drone, at, float(self.track.time_s[sample]), detail)
