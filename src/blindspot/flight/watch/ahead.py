"""What a drone would meet if it braked now: the fence, a no-fly zone, another drone.

It would come to rest where it gets to in `react_s`, getting faster if it is, and then braking, v^2 / 2a (that time was
measured on the simulated vehicle, which answers, brakes and creeps as PX4 does). An unknown place or speed of its own
meets nothing here; the ladder has rows of its own for what is not known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from math import dist, hypot, isfinite, nan
from typing import Literal

from blindspot.flight.route.geometry import Place, distance_to_path, distance_to_segment, inside, meets_edge
from blindspot.flight.route.phases import HOLD, MISSION
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.route.way_home import goal_of_return
from blindspot.flight.vehicle.vehicle import Telemetry
from blindspot.flight.watch.surroundings import Other, Space
from blindspot.flight.watch.wind import Wind
from blindspot.mission import Performance, Route

Danger = Literal[
    "fence near", "fence close", "fence crossed", "zone near", "zone close", "zone entered", "drone near", "pad taken"
]

NONE: frozenset[Danger] = frozenset()
PAD_TAKEN: frozenset[Danger] = frozenset({"pad taken"})
PAD_M = 5.0
"""Pre-flight lets a drone stand so far from its pad."""
NOWHERE: Space = (0.0, 0.0, 0.0)
ROUNDING_M = 0.01
BRAKING_UP_MPS2 = 2.0
BRAKED_SHARE = 0.75
"""Less than the whole: plans let two drones brake towards each other's sectors."""
ON_THE_GROUND_M = 3.0
"""Below this height it moves on its pad at most, and the drone on the next pad is no danger."""


def is_placed(seen: Telemetry) -> bool:
    return isfinite(seen.east_m + seen.north_m + seen.height_m)


class Lookout:
    """Looks ahead for one flight, ten times a second.

    What is far is not measured again: where fence and zones were measured last lies in the middle of a circle that
    none of their edges crosses, and nothing of them is met on a way inside it. Nor are ways worked out where the
    longest that could be, `_reach_m`, meets nothing; but in a hold, where the way home counts, which may be long.
    """

    def __init__(self, settings: FlightSettings, route: Route) -> None:
        self._settings = settings
        self._route = route
        self._kept_m = kept_m(route, settings)
        self._fly = settings.model.performance
        self._brakes_mps2 = min(self._fly.acceleration_mps2, BRAKING_UP_MPS2)
        self._home_up_m, self._ceiling_m = route.home.up_m, route.failsafe.fence_max_alt_m
        self._pads_up_m = max(pad.up_m for pad in (route.home, *route.failsafe.rally))
        self._middle: Place = (nan, nan)
        self._free_m = 0.0

    def dangers(self, seen: Telemetry, others: Sequence[Other], wind: Wind | None) -> frozenset[Danger]:
        """What `look_ahead` finds on the way to rest."""
        if not is_placed(seen):
            return NONE
        taken, (reach_m, up_m) = self._pad(seen, others), self._reach_m(seen)
        near = [other for other in others if other.flies and not self._is_far(other, seen, reach_m + up_m)]
        if not near and seen.mode != HOLD and self._is_free(seen, reach_m, up_m):
            return taken
        way = braking_way(seen, self._settings, wind)
        return look_ahead(seen, self._route, self._settings, near, way) | taken

    def _reach_m(self, seen: Telemetry) -> tuple[float, float]:
        """How far it could get at most before it rests, whatever it turns to and however the wind blows: level, up."""
        speed_mps = hypot(seen.east_mps, seen.north_mps)
        if not isfinite(speed_mps + seen.up_mps):
            speed_mps = 0.0  # an unknown speed meets nothing, but the way that is commanded may
        time_s, up_mps = _time_s(self._settings, seen.position_age_s), abs(seen.up_mps)
        up_m = up_mps * (time_s + up_mps / (2.0 * BRAKING_UP_MPS2))
        flat_m = _flat_m(speed_mps, self._fly, time_s, self._fly.acceleration_mps2)
        return max(flat_m, self._kept_m), up_m if isfinite(up_m) else 0.0

    def _pad(self, seen: Telemetry, others: Sequence[Other]) -> frozenset[Danger]:
        """A drone that stands, or fell, where this one is to land, at the end of its route or of a return; one that
        never flew stands on the pad of its own."""
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
        """All within reach is inside the free circle and under the ceiling; where it is not, that is measured anew."""
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
        """Too far away to be too near even when both have flown as far as they could."""
        its_east_mps, its_north_mps, its_up_mps = other.speed_mps
        its_mps = hypot(its_east_mps, its_north_mps, its_up_mps)
        its_m = its_mps * (_time_s(self._settings, other.silent_s) + its_mps / (2.0 * self._brakes_mps2))
        up_m = self._home_up_m + seen.height_m
        apart_m = hypot(other.east_m - seen.east_m, other.north_m - seen.north_m, other.up_m - up_m)
        return apart_m - reach_m - its_m > self._settings.near_drone_m


def look_ahead(
    seen: Telemetry, route: Route, settings: FlightSettings, others: Sequence[Other], way: Space
) -> frozenset[Danger]:  # fmt: skip
    """What is met on a `way` (east, north, up, m) from a place that is known; what it is in already is near as well."""
    here, up_m = (seen.east_m, seen.north_m), route.home.up_m + seen.height_m
    rests = {(here[0] + to[0], here[1] + to[1]) for to in (way, commanded_way(seen, settings))}
    climb_m = max(0.0, way[2])
    return frozenset((
        *_fence(here, rests, seen.height_m, seen.height_m + climb_m, route),
        *_zones(here, rests, up_m, up_m + climb_m, settings),
        *(_close(here, (here[0] + way[0], here[1] + way[1]), up_m, route, settings) if seen.mode == HOLD else ()),
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
    here: Place, rests: Collection[Place], up_m: float, top_m: float, settings: FlightSettings
) -> Iterator[Danger]:  # fmt: skip
    for zone in settings.no_fly:
        if zone.floor_m > top_m or up_m > zone.ceiling_m:
            continue
        is_in = inside(here, zone.ring)
        if is_in and up_m >= zone.floor_m:
            yield "zone entered"
        if is_in or any(meets_edge(here, rest, zone.ring) for rest in rests):
            yield "zone near"


def kept_m(route: Route, settings: FlightSettings) -> float:
    """What a checked plan keeps from its fence, m: braking from the fastest that it flies, on the way home as well."""
    fly = settings.model.performance
    home_mps = route.failsafe.parameters.get("MPC_XY_CRUISE", fly.cruise_mps)
    return max([home_mps, *(step.speed_mps for step in route.steps)]) ** 2 / (2.0 * fly.acceleration_mps2)


def _close(here: Place, rest: Place, up_m: float, route: Route, settings: FlightSettings) -> Iterator[Danger]:
    """Where nothing should hover: a gust would do, or it drifts to a `rest` from where the straight way home meets an
    edge. Only while that from here meets none."""
    zones = [zone.ring for zone in settings.no_fly if zone.floor_m <= up_m <= zone.ceiling_m]
    edges: dict[Danger, list[Sequence[Place]]] = {"fence close": [route.failsafe.fence], "zone close": [*zones]}
    if any(_cuts_home(here, ring, route) for rings in edges.values() for ring in rings):
        return
    for danger, rings in edges.items():
        if any(
            distance_to_path(here, (*ring, ring[0])) < kept_m(route, settings) or _cuts_home(rest, ring, route)
            for ring in rings
        ):
            yield danger


def _cuts_home(place: Place, ring: Sequence[Place], route: Route) -> bool:
    """Whether an edge lies across the straight way home from a place."""
    goal = goal_of_return(route, *place)
    return meets_edge(place, (goal.east_m, goal.north_m), ring)


def _others(here: Space, way: Space, settings: FlightSettings, others: Sequence[Other]) -> Iterator[Danger]:
    """Too near already, or nearer than `BRAKED_SHARE` of that when it has braked, or both have, together."""
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
    """From the place told, which is some tenths of a second old, to where it would come to rest."""
    speed_mps = (seen.east_mps, seen.north_mps, seen.up_mps)
    if seen.height_m < ON_THE_GROUND_M or not isfinite(speed_mps[0] + speed_mps[1] + speed_mps[2]):
        return NOWHERE
    return _braked(speed_mps, settings, seen.position_age_s, _gain_mps2(seen, settings, wind))


def commanded_way(seen: Telemetry, settings: FlightSettings) -> Space:
    """The same for a drone that turns, now, to where the mission leads; it rests there at the latest."""
    if seen.goal is None or seen.mode != MISSION or seen.height_m < ON_THE_GROUND_M:
        return NOWHERE
    east_m, north_m = seen.goal[0] - seen.east_m, seen.goal[1] - seen.north_m
    goal_m = hypot(east_m, north_m)
    if not goal_m > 0.0:  # or not a number
        return NOWHERE
    ahead_mps = (seen.east_mps * east_m + seen.north_mps * north_m) / goal_m
    fly, time_s = settings.model.performance, _time_s(settings, seen.position_age_s)
    flat_m = _flat_m(max(0.0, ahead_mps), fly, time_s, fly.acceleration_mps2)
    share = min(1.0, flat_m / goal_m)
    return share * east_m, share * north_m, 0.0


def _gain_mps2(seen: Telemetry, settings: FlightSettings, wind: Wind | None) -> float:
    """How fast it is getting faster, level: its thrust less the drag of the air (still where the wind is not known)."""
    air_east_mps, air_north_mps = (wind.east_mps, wind.north_mps) if wind is not None else (0.0, 0.0)
    drag_per_s, speed_mps = settings.model.performance.drag_per_s, hypot(seen.east_mps, seen.north_mps)
    east_mps2 = seen.thrust_east_mps2 - drag_per_s * (seen.east_mps - air_east_mps)
    north_mps2 = seen.thrust_north_mps2 - drag_per_s * (seen.north_mps - air_north_mps)
    gain_mps2 = (east_mps2 * seen.east_mps + north_mps2 * seen.north_mps) / max(speed_mps, 0.1)
    return min(max(0.0, gain_mps2), settings.model.performance.acceleration_mps2) if isfinite(gain_mps2) else 0.0


def _braked(speed_mps: Space, settings: FlightSettings, age_s: float, gain_mps2: float = 0.0) -> Space:
    """The way that is flown for `age_s` and `react_s`, getting faster up to cruise speed, and then braking.

    An unknown age adds none: a row of the ladder judges it.
    """
    east_mps, north_mps, up_mps = speed_mps
    now_mps, time_s = hypot(east_mps, north_mps), _time_s(settings, age_s)
    per_mps = _flat_m(now_mps, settings.model.performance, time_s, gain_mps2) / now_mps if now_mps > 0.0 else 0.0
    return east_mps * per_mps, north_mps * per_mps, up_mps * (time_s + abs(up_mps) / (2.0 * BRAKING_UP_MPS2))


def _flat_m(now_mps: float, fly: Performance, time_s: float, gain_mps2: float) -> float:
    fastest_mps = now_mps + gain_mps2 * time_s
    if fastest_mps > fly.cruise_mps:
        fastest_mps = max(now_mps, fly.cruise_mps)
    return time_s * (now_mps + fastest_mps) / 2.0 + fastest_mps**2 / (2.0 * fly.acceleration_mps2)


def _time_s(settings: FlightSettings, age_s: float) -> float:
    return settings.react_s + (age_s if isfinite(age_s) else 0.0)
