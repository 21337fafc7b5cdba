"""Dangers on a drone's braking way: the fence, a no-fly zone, another drone.

The braking way is the distance flown in `react_s`, at most at cruise speed if the drone speeds up, plus the braking
distance v^2 / 2a (the time was measured on the simulated vehicle, which answers, brakes and creeps as PX4 does). If
the drone's own place or speed is unknown, this module finds no danger; the ladder has separate rows for unknown
values.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from math import dist, hypot, inf, isfinite, nan
from typing import Literal, NamedTuple

from blindspot.flight.route.geometry import Place, distance_to_path, distance_to_segment, inside, meets_edge
from blindspot.flight.route.mission_items import returns_along, route_items
from blindspot.flight.route.phases import HOLD, MISSION
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.route.way_home import goal_of_return
from blindspot.flight.vehicle.returning import Spot, spot
from blindspot.flight.vehicle.vehicle import Telemetry
from blindspot.flight.watch.surroundings import Other, Space
from blindspot.flight.watch.wind import Wind
from blindspot.mission import Route, drone_model

Danger = Literal[
    "fence near", "fence close", "fence crossed", "zone near", "zone close", "zone entered", "drone near", "pad taken"
]

NONE: frozenset[Danger] = frozenset()
PAD_TAKEN: frozenset[Danger] = frozenset({"pad taken"})
PAD_M = 5.0
"""Largest distance from its pad at which pre-flight accepts a drone, m."""
NOWHERE: Space = (0.0, 0.0, 0.0)
ROUNDING_M = 0.01
BRAKING_UP_MPS2 = 2.0
BRAKED_SHARE = 0.75
"""Below 1, because plans let two drones brake towards each other's sectors."""
ON_THE_GROUND_M = 3.0
"""Below this height, m, a drone moves on its pad at most, and the drone on the next pad is excluded."""


def is_placed(seen: Telemetry) -> bool:
    return isfinite(seen.east_m + seen.north_m + seen.height_m)


class Edges(NamedTuple):
    """Level distances to the nearest edge of the fence and of a no-fly zone, and the length of the braking way, m.
    Infinite without a zone, NaN from an unknown place."""

    fence_m: float
    zone_m: float
    braking_m: float


class Lookout:
    """Looks ahead for one flight, ten times a second.

    To save time, fence and zones are measured only if needed. The place of the last measurement is the middle of a free
    circle, which contains no edge of fence or zones; every way inside the circle is free of edges. If the longest
    possible way, `_reach_m`, is free, the exact way is skipped. In a hold it is always computed, because the way home
    counts there and may be long.
    """

    def __init__(self, settings: FlightSettings, route: Route) -> None:
        self._settings = settings
        self._route = route
        self._kept_m = kept_m(route, settings)
        self._fly = settings.model.performance
        self._brakes_mps2 = min(self._fly.acceleration_mps2, BRAKING_UP_MPS2)
        self._corners = corners_of_return(route)
        self._home_up_m, self._ceiling_m = route.home.up_m, route.failsafe.fence_max_alt_m
        self._pads_up_m = max(pad.up_m for pad in (route.home, *route.failsafe.rally))
        self._middle: Place = (nan, nan)
        self._free_m = 0.0
        self._strayed_s, self._strayed_m = inf, nan

    def off_route_m(self, route: Route, seen: Telemetry) -> float:
        """Distance of a drone in the mission from the route, take-off and landing included, m; NaN for an unknown
        place, 0 in any other mode. It is worked out once a second."""
        if seen.mode != MISSION:
            self._strayed_s = inf
            return 0.0
        if not 0.0 <= seen.stamp_s - self._strayed_s < 1.0:
            self._strayed_s, home = seen.stamp_s, route.home
            here = (seen.east_m, seen.north_m, home.up_m + seen.height_m)
            ways = (home, route.start, *(step.to for step in route.steps), route.over_pad, home)
            self._strayed_m = distance_to_path(here, [(p.east_m, p.north_m, p.up_m) for p in ways])
        return self._strayed_m

    def dangers(self, seen: Telemetry, others: Sequence[Other], wind: Wind | None) -> frozenset[Danger]:
        """The dangers that `look_ahead` finds on the braking way."""
        if not is_placed(seen):
            return NONE
        taken, (reach_m, up_m) = self._pad(seen, others), self._reach_m(seen)
        near = [other for other in others if other.flies and not self._is_far(other, seen, reach_m + up_m)]
        if not near and seen.mode != HOLD and self._is_free(seen, reach_m, up_m):
            return taken
        way = braking_way(seen, self._settings, wind)
        return look_ahead(seen, self._route, self._settings, near, way, self._corners) | taken

    def edges(self, seen: Telemetry, wind: Wind | None) -> Edges:
        """The nearest edges, for people: measured anew at each call."""
        if not is_placed(seen):
            return Edges(nan, nan, nan)
        here, way = (seen.east_m, seen.north_m), braking_way(seen, self._settings, wind)
        fence = self._route.failsafe.fence
        zones = (distance_to_path(here, (*zone.ring, zone.ring[0])) for zone in self._settings.no_fly)
        return Edges(distance_to_path(here, (*fence, fence[0])), min(zones, default=inf), hypot(way[0], way[1]))

    def _reach_m(self, seen: Telemetry) -> tuple[float, float]:
        """Longest possible braking way, m: (level, up), in any direction and any wind."""
        speed_mps = hypot(seen.east_mps, seen.north_mps)
        if not isfinite(speed_mps + seen.up_mps):
            speed_mps = 0.0  # an unknown speed has an empty way; the commanded way still counts
        time_s, up_mps = _time_s(self._settings, seen.position_age_s), abs(seen.up_mps)
        up_m = up_mps * (time_s + up_mps / (2.0 * BRAKING_UP_MPS2))
        flat_m = _flat_m(speed_mps, self._fly, time_s, self._fly.acceleration_mps2)
        return max(flat_m, self._kept_m), up_m if isfinite(up_m) else 0.0

    def _pad(self, seen: Telemetry, others: Sequence[Other]) -> frozenset[Danger]:
        """Danger "pad taken": another drone stands, or fell, at this drone's landing place after the route or a return.
        A drone that never flew stands on the drone's own pad."""
        low = [o for o in others if not (o.flies and o.up_m > self._pads_up_m + 2.0 * ON_THE_GROUND_M)]
        if not low:
            return NONE
        home, goal = self._route.home, goal_of_return(self._route, seen.east_m, seen.north_m)
        for place in (home,) if goal is home else (home, goal):
            for other in low:
                down = not other.flies or other.up_m - place.up_m < ON_THE_GROUND_M
                if down and hypot(other.east_m - place.east_m, other.north_m - place.north_m) < PAD_M:
                    return PAD_TAKEN if seen.height_m >= ON_THE_GROUND_M else NONE
        return NONE

    def _is_free(self, seen: Telemetry, reach_m: float, up_m: float) -> bool:
        """Whether all places within reach are inside the free circle and under the ceiling; measures a new circle if
        needed."""
        if seen.height_m + up_m > self._ceiling_m:
            return False
        if hypot(seen.east_m - self._middle[0], seen.north_m - self._middle[1]) + reach_m < self._free_m:
            return True
        self._middle = here = (seen.east_m, seen.north_m)
        fence, zones = self._route.failsafe.fence, [zone.ring for zone in self._settings.no_fly]
        is_free = inside(here, fence) and not any(inside(here, zone) for zone in zones)
        edge_m = min(distance_to_path(here, (*ring, ring[0])) for ring in (fence, *zones))
        self._free_m = edge_m - ROUNDING_M if is_free else 0.0
        return reach_m < self._free_m

    def _is_far(self, other: Other, seen: Telemetry, reach_m: float) -> bool:
        """Whether the other drone stays far enough away even if both fly their longest ways."""
        its_east_mps, its_north_mps, its_up_mps = other.speed_mps
        its_mps = hypot(its_east_mps, its_north_mps, its_up_mps)
        its_m = its_mps * (_time_s(self._settings, other.silent_s) + its_mps / (2.0 * self._brakes_mps2))
        up_m = self._home_up_m + seen.height_m
        apart_m = hypot(other.east_m - seen.east_m, other.north_m - seen.north_m, other.up_m - up_m)
        return apart_m - reach_m - its_m > self._settings.near_drone_m


def corners_of_return(route: Route) -> tuple[Spot, ...]:
    """Places of the items at which a return along the mission may begin; none for a straight return."""
    if not returns_along(route):
        return ()
    return tuple(dict.fromkeys(spot(item) for item in route_items(route) if item.at is not None))


def look_ahead(
    seen: Telemetry, route: Route, settings: FlightSettings, others: Sequence[Other], way: Space,
    corners: Sequence[Spot] = (),
) -> frozenset[Danger]:  # fmt: skip
    """Dangers on a `way` (east, north, up, m) from a known place. A zone around the drone, and a crossed fence, count
    as near, too. `corners` are the corners of a return along the mission."""
    here, up_m = (seen.east_m, seen.north_m), route.home.up_m + seen.height_m
    rests = {(here[0] + to[0], here[1] + to[1]) for to in (way, commanded_way(seen, settings))}
    climb_m, sink_m = max(0.0, way[2]), max(0.0, -way[2])
    return frozenset((
        *_fence(here, rests, seen.height_m, seen.height_m + climb_m, route),
        *_zones(here, rests, up_m, (up_m - sink_m, up_m + climb_m), settings),
        *(_close(here, way, seen.height_m, route, settings, corners) if seen.mode == HOLD else ()),
        *(_others((*here, up_m), way, settings, others) if seen.height_m >= ON_THE_GROUND_M else ()),
    ))  # fmt: skip


def _fence(here: Place, rests: Collection[Place], height_m: float, top_m: float, route: Route) -> Iterator[Danger]:
    ring, ceiling_m = route.failsafe.fence, route.failsafe.fence_max_alt_m
    is_out = height_m > ceiling_m or not inside(here, ring)
    if is_out:
        yield "fence crossed"
    if is_out or top_m > ceiling_m or any(meets_edge(here, rest, ring) for rest in rests):
        yield "fence near"


def _zones(
    here: Place, rests: Collection[Place], up_m: float, reach_up_m: tuple[float, float], settings: FlightSettings
) -> Iterator[Danger]:  # fmt: skip
    """`reach_up_m` are the lowest and the highest place on the braking way."""
    for zone in settings.no_fly:
        if zone.floor_m > reach_up_m[1] or reach_up_m[0] > zone.ceiling_m:
            continue
        is_in = inside(here, zone.ring)
        if is_in and zone.floor_m <= up_m <= zone.ceiling_m:
            yield "zone entered"
        if is_in or any(meets_edge(here, rest, zone.ring) for rest in rests):
            yield "zone near"


def kept_m(route: Route, settings: FlightSettings) -> float:
    """Least distance of a checked plan from the fence, m: braking from the highest speed, way home included."""
    fly = settings.model.performance
    home_mps = route.failsafe.parameters.get("MPC_XY_CRUISE", fly.cruise_mps)
    return max([home_mps, *(step.speed_mps for step in route.steps)]) ** 2 / (2.0 * fly.acceleration_mps2)


def _close(
    here: Place, way: Space, height_m: float, route: Route, settings: FlightSettings, corners: Sequence[Spot]
) -> Iterator[Danger]:  # fmt: skip
    """Dangers of a hovering place: a gust could push the drone across an edge, or it drifts to a place of rest whose
    way home crosses an edge. Reported only while the way home from here is free."""
    up_m, rest = route.home.up_m + height_m, (here[0] + way[0], here[1] + way[1])
    zones = [zone.ring for zone in settings.no_fly if zone.floor_m <= up_m <= zone.ceiling_m]
    edges: dict[Danger, list[Sequence[Place]]] = {"fence close": [route.failsafe.fence], "zone close": [*zones]}
    to, rest_to = (_unproven_to(place, height_m, route, corners) for place in (here, rest))
    if any(meets_edge(here, to, ring) for rings in edges.values() for ring in rings):
        return
    for danger, rings in edges.items():
        if any(
            distance_to_path(here, (*ring, ring[0])) < kept_m(route, settings) or meets_edge(rest, rest_to, ring)
            for ring in rings
        ):
            yield danger


def _unproven_to(place: Place, height_m: float, route: Route, corners: Sequence[Spot]) -> Place:
    """The end of the part of a way home that the plan has not flown: the goal, or the closest corner of the mission."""
    if corners:
        return min(corners, key=lambda corner: dist((*place, height_m), corner))[:2]
    goal = goal_of_return(route, *place)
    return goal.east_m, goal.north_m


def _others(here: Space, way: Space, settings: FlightSettings, others: Sequence[Other]) -> Iterator[Danger]:
    """Find drones that are too near now, or nearer than `BRAKED_SHARE` of this distance after one or both drones
    brake."""
    for other in others:
        if not other.flies:
            continue
        apart = (other.east_m - here[0], other.north_m - here[1], other.up_m - here[2])
        its = _braked(other.speed_mps, settings, other.silent_s)
        after = min(
            distance_to_segment(apart, NOWHERE, way),
            distance_to_segment(NOWHERE, apart, [a + i - w for a, i, w in zip(apart, its, way, strict=True)]),
        )
        if dist(apart, NOWHERE) < settings.near_drone_m or after < BRAKED_SHARE * settings.near_drone_m:
            yield "drone near"


def braking_way(seen: Telemetry, settings: FlightSettings, wind: Wind | None) -> Space:
    """From the reported place, which is some tenths of a second old, to the place of rest."""
    speed_mps = (seen.east_mps, seen.north_mps, seen.up_mps)
    if seen.height_m < ON_THE_GROUND_M or not isfinite(speed_mps[0] + speed_mps[1] + speed_mps[2]):
        return NOWHERE
    return _braked(speed_mps, settings, seen.position_age_s, _gain_mps2(seen, settings, wind))


def commanded_way(seen: Telemetry, settings: FlightSettings) -> Space:
    """The braking way if the drone turns to the mission's goal now; it ends there at the latest."""
    if seen.goal is None or seen.mode != MISSION or seen.height_m < ON_THE_GROUND_M:
        return NOWHERE
    east_m, north_m = seen.goal[0] - seen.east_m, seen.goal[1] - seen.north_m
    goal_m = hypot(east_m, north_m)
    if not goal_m > 0.0:  # also for NaN
        return NOWHERE
    ahead_mps = (seen.east_mps * east_m + seen.north_mps * north_m) / goal_m
    fly, time_s = settings.model.performance, _time_s(settings, seen.position_age_s)
    flat_m = _flat_m(max(0.0, ahead_mps), fly, time_s, fly.acceleration_mps2)
    share = min(1.0, flat_m / goal_m)
    return share * east_m, share * north_m, 0.0


def _gain_mps2(seen: Telemetry, settings: FlightSettings, wind: Wind | None) -> float:
    """Level acceleration along the way: thrust less the drag of the air (still air if the wind is unknown)."""
    air_east_mps, air_north_mps = (wind.east_mps, wind.north_mps) if wind is not None else (0.0, 0.0)
    drag_per_s, speed_mps = settings.model.performance.drag_per_s, hypot(seen.east_mps, seen.north_mps)
    east_mps2 = seen.thrust_east_mps2 - drag_per_s * (seen.east_mps - air_east_mps)
    north_mps2 = seen.thrust_north_mps2 - drag_per_s * (seen.north_mps - air_north_mps)
    gain_mps2 = (east_mps2 * seen.east_mps + north_mps2 * seen.north_mps) / max(speed_mps, 0.1)
    return min(max(0.0, gain_mps2), settings.model.performance.acceleration_mps2) if isfinite(gain_mps2) else 0.0


def _braked(speed_mps: Space, settings: FlightSettings, age_s: float, gain_mps2: float = 0.0) -> Space:
    """The way flown in `age_s` and `react_s`, accelerating up to cruise speed, and then braking.

    An unknown age counts as 0: a row of the ladder judges it.
    """
    east_mps, north_mps, up_mps = speed_mps
    now_mps, time_s = hypot(east_mps, north_mps), _time_s(settings, age_s)
    per_mps = _flat_m(now_mps, settings.model.performance, time_s, gain_mps2) / now_mps if now_mps > 0.0 else 0.0
    return east_mps * per_mps, north_mps * per_mps, up_mps * (time_s + abs(up_mps) / (2.0 * BRAKING_UP_MPS2))


def _flat_m(now_mps: float, fly: drone_model.Performance, time_s: float, gain_mps2: float) -> float:
    fastest_mps = now_mps + gain_mps2 * time_s
    if fastest_mps > fly.cruise_mps:
        fastest_mps = max(now_mps, fly.cruise_mps)
    return time_s * (now_mps + fastest_mps) / 2.0 + fastest_mps**2 / (2.0 * fly.acceleration_mps2)


def _time_s(settings: FlightSettings, age_s: float) -> float:
    return settings.react_s + (age_s if isfinite(age_s) else 0.0)
