"""What the checker's rules judge, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import LineString

from blindspot.mission import DroneModel, Mission, Plan, Point, Route
from blindspot.planning.checker.check_track import Array, Track, xyz
from blindspot.site import Site

DRAWN_WITHIN_M = 0.1
"""So near to the flown way is that of a stretch."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A breach of a rule: whose, where (m ENU), when (s after take-off), and what in one sentence.

    One of a stretch tells where and when it begins, and its end and way besides.
    """

    rule: str
    drone: str
    at: Point | None
    time_s: float | None
    detail: str
    until_s: float | None = None
    way: tuple[tuple[float, float], ...] = ()
    """(east_m, north_m) of the stretch, at least two; empty if there is none."""

    def __str__(self) -> str:
        where = "" if self.at is None else f" at ({self.at.east_m:.1f}, {self.at.north_m:.1f}, {self.at.up_m:.1f}) m"
        until = "" if self.until_s is None else f" to {self.until_s:.0f}"
        when = "" if self.time_s is None else f" after {self.time_s:.0f}{until} s"
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

    def return_up_m(self, goals_m: Array) -> Array:
        """Height, m above the datum, to which the autopilot climbs before it returns to each of (n, 3) goals: it counts
        from where it will land."""
        return np.asarray(goals_m[:, 2] + self.route.failsafe.rtl_return_alt_m)

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

    def breach(self, rule: str, sample: int, detail: str, last: int | None = None) -> Violation:
        """A breach at a sample, or of the stretch from there to the sample `last`."""
        track = self.track
        east_m, north_m, up_m = (float(v) for v in track.at_m[sample])
        at, time_s = Point(east_m=east_m, north_m=north_m, up_m=up_m), float(track.time_s[sample])
        if last is None:
            return Violation(rule, self.route.drone, at, time_s, detail)
        line = LineString(track.flat_m[[*range(sample, last + 1), last]]).simplify(DRAWN_WITHIN_M)
        way = tuple((float(e), float(n)) for e, n in line.coords)
        return Violation(rule, self.route.drone, at, time_s, detail, float(track.time_s[last]), way)


def runs_of(broken: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The first and the last sample of every stretch of broken ones: one breach is told once."""
    edges = np.diff(np.concatenate([[False], broken, [False]]).astype(np.int8))
    return list(zip(np.flatnonzero(edges == 1).tolist(), (np.flatnonzero(edges == -1) - 1).tolist(), strict=True))
