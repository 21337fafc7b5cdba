"""The drone's own limits for an uploaded route, from its own mission and model files alone.

This check is independent of the gate and the checker, which have judged the plan before. A route beyond a limit is
refused in one sentence, before any setting or upload.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, dist, hypot, isfinite

import numpy as np
from shapely import LineString, Point as Place, Polygon

from blindspot.core import InputError, plain_text
from blindspot.flight.route.mission_items import MOST_ITEMS, returns_along, route_items
from blindspot.mission import (
    DroneModel,
    Fleet,
    Leg,
    Limits,
    Mission,
    Origin,
    Plan,
    Point,
    Route,
    View,
    px4_plan_parameters,
    site_pads,
)
from blindspot.site import load_area, load_terrain
from blindspot.site.ground import Terrain

LONGEST_DWELL_S: Mapping[str, float] = {"sweep": 60.0, "patrol": 60.0, "overwatch": 3600.0, "dispatch": 600.0}
"""Longest wait at a view by the kind of the drone's own mission, s."""
TOLERANCE_M = 0.5
"""Difference between two readings of the terrain, m."""
EVERY_M = 5.0
HOME_WITHIN_M = 0.5
PERIMETER_WITHIN_M = 1.0
FENCE_ABOVE_M = 20.0
"""Permitted height of the fence's ceiling above the highest flight, m."""


@dataclass(frozen=True, slots=True)
class HomeGround:
    """The site of one drone, the same for every mission of a fleet. A large terrain takes seconds to read."""

    origin: Origin
    home: Point
    """The drone's own pad, m ENU about the origin."""
    pads: Mapping[str, Point]
    """All pads of the site by name, likewise."""
    terrain: Terrain

    @classmethod
    def of(cls, fleet: Fleet, drone: str) -> HomeGround:
        """The ground of a fleet's drone. Raises InputError if the fleet lacks it, or a file is unreadable."""
        member = fleet.member(drone)
        origin, pads = site_pads(fleet)
        return cls(origin, pads[member.pad], pads, load_terrain(fleet.site_dir))


@dataclass(frozen=True, slots=True)
class RouteLimits:
    """The limits of one drone in one mission."""

    drone: str
    model: str
    origin: Origin
    home: Point
    further: Mapping[str, Point]
    """The mission's further pads by name: it may be carried there."""
    performance: DroneModel
    limits: Limits
    perimeter: Polygon
    terrain: Terrain
    longest_dwell_s: float

    @classmethod
    def of(cls, mission: Mission, drone: str, ground: HomeGround) -> RouteLimits:
        """The limits of a mission's drone. Raises InputError if the mission lacks it, or a file is unreadable."""
        origin = ground.origin
        named = next((entry for entry in mission.file.fleet if entry.name == drone), None)
        if named is None:
            raise InputError(mission.path, "fleet", f"has no {drone}", "send the mission to its own drones")
        further = {name: ground.pads[name] for name in mission.file.further_pads if name in ground.pads}
        return cls(
            drone, named.model, origin, ground.home, further, mission.models[named.model], mission.file.limits,
            load_area(mission.perimeter_path, origin.frame), ground.terrain, LONGEST_DWELL_S[mission.file.kind],
        )  # fmt: skip

    def refusal(self, plan: Plan) -> str:
        """The first exceeded limit of this drone's route, in one sentence; empty for a route inside all limits."""
        route = plan.route_of(self.drone)
        if route is None:
            return f"the plan has no route for {self.drone}"
        if plan.origin != self.origin:
            return "the plan was made about another origin than this site's"
        return next((f"{self.drone} refuses the route: {why}" for why in self._beyond(route)), "")

    def _beyond(self, route: Route) -> Iterator[str]:
        if not all(map(isfinite, _numbers(route))):
            yield "a number of the route is not finite"
            return
        if route.model != self.model:
            yield f"the route is for model {route.model}, this drone is a {self.model}"
        if dist(_xyz(route.home), _xyz(self.further.get(route.pad, self.home))) > HOME_WITHIN_M:
            yield "the home is not this drone's pad"
        if not route.steps:
            yield "the route has no step"
            return
        yield from self._too_long(route)
        yield from self._too_fast(route)
        yield from self._too_far(route)
        yield from self._too_high(route)
        if returns_along(route) and self.limits.return_ != "mission":
            yield "the route returns along the mission, and the mission says limits.return: straight"
        yield from px4_plan_parameters.not_settable(route.failsafe.parameters)

    def _too_long(self, route: Route) -> Iterator[str]:
        count = len(route_items(route))
        if count > MOST_ITEMS:
            stored = f"the autopilot stores {MOST_ITEMS}"
            yield f"it has {count} mission items, {stored}: plan shorter sorties (fleet[].swaps)"
        dwell_s = max((step.dwell_s for step in route.steps if isinstance(step, View)), default=0.0)
        if dwell_s > self.longest_dwell_s:
            yield f"a wait of {dwell_s:g} s at a view, at most {self.longest_dwell_s:g} s are allowed"
        energy = self.performance.energy
        longest_s = 3600.0 * energy.usable_wh() / energy.hover_w
        least_s = _least_s(route)
        if least_s > longest_s:
            yield f"the route takes at least {least_s:.0f} s, a full battery hovers for {longest_s:.0f} s"

    def _too_fast(self, route: Route) -> Iterator[str]:
        fly, given = self.performance.performance, route.failsafe.parameters
        fastest_mps = min(fly.cruise_mps, self.limits.max_speed_mps)
        speed_mps = max(step.speed_mps for step in route.steps)
        if speed_mps > fastest_mps + 1e-6:
            yield f"the route flies at {speed_mps:g} m/s, this drone at {fastest_mps:g} m/s at most"
        for name, most in (
            ("MPC_XY_CRUISE", fly.cruise_mps), ("MPC_ACC_HOR", fly.acceleration_mps2),
            ("MPC_Z_V_AUTO_UP", fly.climb_mps), ("MPC_Z_V_AUTO_DN", fly.descend_mps),
            ("MPC_YAWRAUTO_MAX", fly.yaw_rate_dps),
        ):  # fmt: skip
            if given.get(name, 0.0) > most + 1e-6:
                yield f"the route sets {name} to {given[name]:g}, this drone's model says {most:g}"

    def _too_far(self, route: Route) -> Iterator[str]:
        allowed, fence = self.perimeter.buffer(PERIMETER_WITHIN_M), Polygon(route.failsafe.fence)
        if not fence.is_valid or not allowed.covers(fence):
            east_m, north_m, far_east_m, far_north_m = fence.bounds
            size_m = max(far_east_m - east_m, far_north_m - north_m)
            yield f"the fence, {size_m:.0f} m across, crosses itself or reaches outside the mission's perimeter"
        for place in (route.home, route.start, *(step.to for step in route.steps), *route.failsafe.rally):
            if not allowed.covers(Place(place.east_m, place.north_m)):
                off_m = hypot(place.east_m - route.home.east_m, place.north_m - route.home.north_m)
                yield f"the route leads {off_m:.0f} m from the pad, outside the mission's perimeter"
                return
        way = [(at.east_m, at.north_m) for at in (route.start, *(step.to for step in route.steps), route.home)]
        for number, (start, end) in enumerate(pairwise(way)):
            if not allowed.covers(LineString([start, end])):
                to = f"step {number}" if number < len(route.steps) else "the pad"
                yield f"the way to {to} leads outside the mission's perimeter"
                return

    def _too_high(self, route: Route) -> Iterator[str]:
        lowest_m, highest_m = self.limits.min_up_m - TOLERANCE_M, self.limits.max_up_m + TOLERANCE_M
        ends = [_xyz(route.start), *(_xyz(step.to) for step in route.steps)]
        ends.append((route.home.east_m, route.home.north_m, ends[-1][2]))
        for number, (start, end) in enumerate(pairwise(ends)):
            count = max(1, ceil(dist(start, end) / EVERY_M))
            share = np.linspace(0.0, 1.0, count + 1)[:, None]
            way_m = np.array(start) + share * (np.array(end) - np.array(start))
            above_m = way_m[:, 2] - self.terrain.heights_m(way_m[:, 0], way_m[:, 1])
            if not lowest_m <= above_m.min() <= above_m.max() <= highest_m:
                way = f"step {number}" if number < len(route.steps) else "the way to the pad"
                least_m, most_m = self.limits.min_up_m, self.limits.max_up_m
                low, high = (
                    plain_text.beside(above_m.min(), least_m, ".0f"),
                    plain_text.beside(above_m.max(), most_m, ".0f"),
                )
                step = f"{way} is {low} to {high} m above the ground"
                yield f"{step}, the mission says {plain_text.exact(least_m)} to {plain_text.exact(most_m)} m"
                return
        top_m = max(end[2] for end in ends) - route.home.up_m
        for what, value_m, most_m in (
            ("take-off", route.takeoff_up_m - route.home.up_m, top_m + 1.0),
            ("way home", route.failsafe.rtl_return_alt_m, top_m + FENCE_ABOVE_M),
            ("fence", route.failsafe.fence_max_alt_m, top_m + FENCE_ABOVE_M),
        ):
            if value_m > most_m:
                value = plain_text.beside(value_m, most_m, ".0f")
                yield f"the {what} is {value} m above home, at most {plain_text.exact(most_m)} m are allowed"


def _least_s(route: Route) -> float:
    """Lower bound of the flight time, s: straight lines at the route's speeds, and the waits."""
    ends = [route.start, *(step.to for step in route.steps)]
    ways_s = (dist(_xyz(a), _xyz(step.to)) / step.speed_mps for a, step in zip(ends, route.steps, strict=False))
    return sum(ways_s) + sum(step.dwell_s for step in route.steps if isinstance(step, View))


def _numbers(route: Route) -> Iterator[float]:
    for place in (route.home, route.start, *(step.to for step in route.steps), *route.failsafe.rally):
        yield from _xyz(place)
    for step in route.steps:
        yield step.speed_mps
        if isinstance(step, View | Leg):
            yield from (step.aim.heading_deg, step.aim.pitch_deg)
        if isinstance(step, View):
            yield step.dwell_s
    failsafe = route.failsafe
    yield from (route.takeoff_up_m, failsafe.rtl_return_alt_m, failsafe.fence_max_alt_m)
    yield from failsafe.parameters.values()
    yield from (value for corner in failsafe.fence for value in corner)


def _xyz(place: Point) -> tuple[float, float, float]:
    return place.east_m, place.north_m, place.up_m
