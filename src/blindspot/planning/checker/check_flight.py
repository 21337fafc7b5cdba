"""Input and output of the checker's rules: a flight, and the violations found in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import LineString

from blindspot.mission import DroneModel, Mission, Plan, Point, Route, return_path
from blindspot.planning.checker.check_items import STRAYS_M, Begins, Items, begins_of, items_of
from blindspot.planning.checker.check_track import Array, FlightTrack, track_of, xyz
from blindspot.site import Site

NEARER_M = 2.0
"""PX4 gives up one goal of a return for another only if the other goal is nearer by more than this (`rtl.cpp` of
1.17)."""
DRAWN_WITHIN_M = 0.1
"""Tolerance of a stretch's drawn way against the flown way, m."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A breach of a rule: drone, position (m ENU), time (s after take-off), and one sentence.

    For a stretch of a flight, `at` and `time_s` are the begin, `until_s` is the end and `way` the line.
    """

    rule: str
    drone: str
    at: Point | None
    time_s: float | None
    detail: str
    until_s: float | None = None
    way: tuple[tuple[float, float], ...] = ()
    """(east_m, north_m) of the stretch, at least two points; empty for a single sample."""

    def __str__(self) -> str:
        where = "" if self.at is None else f" at ({self.at.east_m:.1f}, {self.at.north_m:.1f}, {self.at.up_m:.1f}) m"
        until = "" if self.until_s is None else f" to {self.until_s:.0f}"
        when = "" if self.time_s is None else f" after {self.time_s:.0f}{until} s"
        return f"{self.rule}: {self.drone or 'plan'}{where}{when}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Along:
    """Returns along the mission: its items, and the begins of returns from all samples."""

    items: Items
    begins: Begins


@dataclass(frozen=True, slots=True)
class Flight:
    """A route with the data that the rules need."""

    route: Route
    model: DroneModel
    track: FlightTrack
    plan: Plan
    mission: Mission
    site: Site
    along: Along | None = None
    """None: the autopilot returns straight."""

    @classmethod
    def of(
        cls, route: Route, plan: Plan, mission: Mission, site: Site, track: FlightTrack | None = None,
        uploaded: Route | None = None,
    ) -> Flight:  # fmt: skip
        """The flight of a route. `track` is a way beside the route that is `uploaded`; default: the route's own."""
        model = mission.model_of(route.drone)
        way = track_of(route, model) if track is None else track
        along = None
        if route.failsafe.rtl_type == return_path.ALONG_MISSION:
            items = items_of(uploaded or route)
            along = Along(items, begins_of(way, items, holding_only=track is not None))
        return cls(route, model, way, plan, mission, site, along)

    def return_up_m(self, goals_m: Array) -> Array:
        """Height, m above the datum, to which the autopilot climbs before it returns to each of (n, 3) goals. The
        autopilot counts the return altitude from the goal's ground."""
        return np.asarray(goals_m[:, 2] + self.route.failsafe.rtl_return_alt_m)

    @property
    def return_mps(self) -> float:
        """Speed of a return, m/s: the autopilot's `MPC_XY_CRUISE`, else the model's cruise speed."""
        return self.route.failsafe.parameters.get("MPC_XY_CRUISE", self.model.performance.cruise_mps)

    @property
    def goals_m(self) -> Array:
        """Goals of the autopilot's return, (n, 3) m ENU: home and the rally points."""
        return np.array([xyz(self.route.home), *(xyz(point) for point in self.route.failsafe.rally)])

    def goals_from(self, flat_m: Array) -> tuple[NDArray[np.int64], Array]:
        """(number of the place, goal): every goal to which the autopilot may return from each of (n, 2) places, with
        RTL_TYPE 0 and 3. The places keep their order."""
        goals = self.goals_m
        apart = np.linalg.norm(flat_m[:, None, :] - goals[None, :, :2], axis=2)
        place, goal = np.nonzero(apart <= apart.min(axis=1, keepdims=True) + NEARER_M + 2.0 * STRAYS_M)
        return place, goals[goal]

    @property
    def fence_margin_m(self) -> float:
        """Braking distance from the highest speed of the flight, m."""
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
    """(first, last) sample of every stretch of broken samples, so that each breach is reported once."""
    edges = np.diff(np.concatenate([[False], broken, [False]]).astype(np.int8))
    return list(zip(np.flatnonzero(edges == 1).tolist(), (np.flatnonzero(edges == -1) - 1).tolist(), strict=True))
