"""An inspection of one point beside the route, flown in OFFBOARD: out on a straight line, a view, back. Pure.

The drone flies only this line, and only after it is cleared. `why_not_inspect` is the drone's own judgement. The ground
station, which alone knows the town, judges walls, heights, pixel density and the other drones' routes
(`planning.check_detour`). Set-points move along the line at `pace_mps`, and wait for a drone that stays behind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from math import dist, hypot, inf, isfinite
from typing import Literal

from blindspot.flight.route.geometry import Place, axis_error_deg, distance_to_segment, inside, meets_edge
from blindspot.flight.route.mission_items import Item
from blindspot.flight.route.phases import OFFBOARD
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.vehicle.vehicle import Reply, Telemetry
from blindspot.flight.watch.ahead import is_placed
from blindspot.flight.watch.energy import way_home
from blindspot.flight.watch.surroundings import Space
from blindspot.flight.watch.views import xyz
from blindspot.mission import Aim, DroneModel, Point, Route, timing

SPEED_MPS = 5.0
"""Greatest speed on the line."""
LONGEST_S = 60.0
"""Longest time of a view, s."""
REACH_M = 100.0
ARRIVED_M = 1.0
AIMED_WITHIN_S = 15.0
"""Longest time from arrival at the point to the camera on its aim, s."""
LEASH_M = 6.0
"""Set-points wait for a drone this far behind; at full speed a drone follows the set-points about 5 m behind."""
OFF_LINE_M = 3.0
"""Walls are at least 5 m from the line."""
ASTRAY_S = 5.0
"""Time off the line after which a holding drone comes home, s: braking and a gust are over."""
SPARE_M = 2.0
"""Margin below the fence's ceiling, and from its walls and zones in addition to the braking distance, m."""
LONGEST_TICK_S = 0.2
"""A set-point moves at most as far as in this time, s, even if the clock jumps."""
AT_REST_MPS = 0.5
CLEARED_WITHIN_S = 60.0
LOWEST_M = 10.0

Stage = Literal["out", "look", "back"]
Progress = Literal["", "accepted", "waiting for the gate", "flying", "refused", "broken off", "done"]
"""The state of an ordered inspection: braking to a hold, judgement by the gate, flight, and end."""
Then = Literal["", "resume", "return"]
"""After the look the drone resumes its route, or comes home, or holds."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """A named person's order: the place (m ENU, height above the datum), the camera's aim, the time, s, why, and what
    follows the look."""

    person: str
    to: Point
    aim: Aim
    seconds: float
    reason: str = ""
    then: Then = ""


ClearWay = Callable[[Inspection, Point], Reply]
"""Asks the ground station whether an inspection may be flown from a place, in a straight line and back."""


def nobody_clears(*_: object) -> Reply:
    """Refuses every way: the default for a flight that has no ground station."""
    reply = Reply()
    reply.settle("refused", "there is no ground station to clear the way")
    return reply


def place_of(route: Route, seen: Telemetry) -> Point:
    """A drone's place from the height above home, as in the mission's items; raises for an unknown place."""
    return Point(east_m=seen.east_m, north_m=seen.north_m, up_m=route.home.up_m + seen.height_m)


def pace_mps(here: Space, to: Space, model: DroneModel) -> float:
    """Speed of the set-points on a straight way, m/s.

    It is less than `SPEED_MPS` on a way so steep that the drone would climb or descend more slowly than its set-point.
    Such a drone leaves the line by the height that it stays behind.
    """
    rise_m = to[2] - here[2]
    fly = model.performance
    most_mps = timing.CLIMB_SHARE * fly.climb_mps if rise_m > 0.0 else fly.descend_mps
    return min(SPEED_MPS, most_mps * dist(here, to) / abs(rise_m)) if rise_m != 0.0 else SPEED_MPS


class LineFlight:
    """One inspection in progress, from `start` (at rest, at `now_s`) and back to it, by a drone of this model."""

    def __init__(self, order: Inspection, start: Point, heading_deg: float, now_s: float, model: DroneModel) -> None:
        self.order = order
        self.stage: Stage = "out"
        self.done = self.looked = False
        self._start, self._end = xyz(start), xyz(order.to)
        self._length_m = dist(self._start, self._end)
        self._out_mps, self._back_mps = pace_mps(self._start, self._end, model), pace_mps(self._end, self._start, model)
        self._along_m = 0.0
        self._heading_deg = heading_deg
        self._behind_m = 0.0
        self._moved_s = self._since_s = now_s
        self._aimed_s = inf

    def step(self, now_s: float, seen: Telemetry, route: Route, settings: FlightSettings) -> str:
        """Check the drone's place and move to the next stage. Returns a problem, or ""."""
        here = (seen.east_m, seen.north_m, route.home.up_m + seen.height_m)
        self._behind_m = dist(here, self._setpoint())
        if not distance_to_segment(here, self._start, self._end) <= OFF_LINE_M:
            return "the drone left the cleared line"
        if self.stage == "look":
            return self._look(now_s, is_aimed(self.order, seen, settings))
        if self._is_at_end and self._behind_m <= ARRIVED_M and self.stage == "out":
            self.stage, self._since_s = "look", now_s
        elif self._is_at_end and self._behind_m <= ARRIVED_M and _speed_mps(seen) <= AT_REST_MPS:
            self.done = True  # at rest: a hold that brakes would end metres off the route, from where nobody may resume
        elif now_s - self._since_s > 2.0 * self._length_m / self._pace_mps + 15.0:
            return f"the way {self.stage} took too long"
        return ""

    @property
    def resumes(self) -> bool:
        """Whether the person's order lets the drone resume its route now: after the whole look, back on the route."""
        return self.done and self.looked and self.order.then == "resume"

    @property
    def end(self) -> Progress:
        """How the inspection ends if it ends now."""
        return "done" if self.done and self.looked else "broken off"

    def why_astray(self, here: Space) -> str:
        """The reason why the line does not lead back from a place, m ENU; empty if it does."""
        off_m = distance_to_segment(here, self._start, self._end)
        return "" if off_m <= OFF_LINE_M else f"the drone is {off_m:.1f} m off the cleared line"

    def back_from(self, here: Space, heading_deg: float, now_s: float) -> LineFlight:
        """The rest of the same line, from a place on the line back to the start, where the drone then holds."""
        rest = copy(self)
        along_m = dist(self._start, here) if self._length_m > 0.0 else 0.0
        rest._along_m, rest._heading_deg, rest._behind_m = min(along_m, self._length_m), heading_deg, 0.0
        rest.stage, rest._moved_s, rest._since_s = "back", now_s, now_s
        rest.order = replace(rest.order, then="")
        return rest

    def prolong(self, order: Inspection, now_s: float) -> None:
        """Begin the look anew, for a new order from the same view."""
        self.order, self._since_s = order, now_s
        self._aimed_s = now_s if self._aimed_s < inf else inf

    def is_from(self, order: Inspection) -> bool:
        """Whether the drone looks now from the very view of an order."""
        return self.stage == "look" and (order.to, order.aim) == (self.order.to, self.order.aim)

    @property
    def start(self) -> Point:
        """The place where the line begins."""
        east_m, north_m, up_m = self._start
        return Point(east_m=east_m, north_m=north_m, up_m=up_m)

    def turn_back(self, now_s: float) -> None:
        """Fly back along the line from here, without the rest of the view."""
        if self.stage != "back":
            self.stage, self._since_s = "back", now_s

    def setpoint(self, now_s: float, *, moves: bool) -> tuple[Point, float]:
        """(place, heading_deg) to send now; the previous place if `moves` is false."""
        if moves and self._behind_m <= LEASH_M and self.stage != "look":
            way_m = self._pace_mps * min(max(0.0, now_s - self._moved_s), LONGEST_TICK_S)
            self._along_m += way_m if self.stage == "out" else -way_m
            self._along_m = min(max(0.0, self._along_m), self._length_m)
            self._heading_deg = self.order.aim.heading_deg
        self._moved_s = now_s
        east_m, north_m, up_m = self._setpoint()
        return Point(east_m=east_m, north_m=north_m, up_m=up_m), self._heading_deg

    @property
    def _pace_mps(self) -> float:
        return self._back_mps if self.stage == "back" else self._out_mps

    @property
    def _is_at_end(self) -> bool:
        return self._along_m == (self._length_m if self.stage == "out" else 0.0)

    def _setpoint(self) -> tuple[float, float, float]:
        share = self._along_m / self._length_m if self._length_m > 0.0 else 1.0
        east_m, north_m, up_m = (a + share * (b - a) for a, b in zip(self._start, self._end, strict=True))
        return east_m, north_m, up_m

    def _look(self, now_s: float, aimed: bool) -> str:
        if aimed and self._aimed_s == inf:
            self._aimed_s = now_s
        if now_s - self._aimed_s >= self.order.seconds:
            self.stage, self._since_s, self.looked = "back", now_s, True
        elif self._aimed_s == inf and now_s - self._since_s > AIMED_WITHIN_S:
            return "the camera did not come to the aim"
        return ""


def _speed_mps(seen: Telemetry) -> float:
    return hypot(seen.east_mps, seen.north_mps, seen.up_mps)


def is_aimed(order: Inspection, seen: Telemetry, settings: FlightSettings) -> bool:
    """Whether the camera's axis is on the ordered aim; false if the axis is unknown."""
    aim = order.aim
    off_deg = axis_error_deg(seen.gimbal_pitch_deg, seen.gimbal_heading_deg, aim.pitch_deg, aim.heading_deg)
    return off_deg <= settings.aim_error_deg


def is_on_look(line: LineFlight, route: Route, seen: Telemetry, settings: FlightSettings) -> bool:
    """Whether the drone is in place at the point and aimed, so that it may capture; false if unknown."""
    here = (seen.east_m, seen.north_m, route.home.up_m + seen.height_m)
    in_place = dist(here, xyz(line.order.to)) <= settings.view_error_m
    return line.stage == "look" and in_place and is_aimed(line.order, seen, settings)


def why_not_inspect(
    order: Inspection, seen: Telemetry, route: Route, settings: FlightSettings, items: Sequence[Item] | None = None
) -> str:  # fmt: skip
    """The drone's own reason, in one sentence, against this inspection from the present place; empty to accept the
    inspection. `items` is the mission on board, by default the route's own."""
    camera, aim = settings.model.camera, order.aim
    if not 0.0 < order.seconds <= LONGEST_S:
        return f"an inspection takes up to {LONGEST_S:g} s, not {order.seconds:g} s"
    if not camera.gimbal_min_pitch_deg <= aim.pitch_deg <= camera.gimbal_max_pitch_deg:
        return f"the camera can't be aimed at {aim.pitch_deg:g} deg"
    if not is_placed(seen):
        return "the drone does not know where it is"
    here, to = xyz(place_of(route, seen)), xyz(order.to)
    if not dist(here, to) <= REACH_M:
        return f"the point is {dist(here, to):.0f} m away, {REACH_M:g} m are allowed"
    above_m = order.to.up_m - route.home.up_m
    ceiling_m = route.failsafe.fence_max_alt_m - SPARE_M
    if not LOWEST_M <= above_m <= ceiling_m:
        return f"the point is {above_m:.0f} m above the pad, {LOWEST_M:g} to {ceiling_m:.0f} m are allowed"
    margin_m = SPEED_MPS * settings.react_s + SPEED_MPS**2 / (2.0 * settings.model.performance.acceleration_mps2)
    margin_m += SPARE_M
    way = _along(here, to)
    fence = route.failsafe.fence
    if not (inside(way[0], fence) and _keeps_from_edge(way, fence, margin_m)):
        return f"the way there leaves the fence or comes nearer to the fence than {margin_m:.0f} m"
    for zone in settings.no_fly:
        meets = inside(way[0], zone.ring) or not _keeps_from_edge(way, zone.ring, margin_m)
        if meets and max(here[2], to[2]) >= zone.floor_m:
            return f"the way there comes nearer than {margin_m:.0f} m to {zone.name}, or over it"
    return _why_not_afford(order, seen, route, settings, items)


def _why_not_afford(
    order: Inspection, seen: Telemetry, route: Route, settings: FlightSettings, items: Sequence[Item] | None
) -> str:  # fmt: skip
    """Require battery for the way out, the view and the way back, and for the way home from the far end against the
    strongest wind."""
    model, energy, fly = settings.model, settings.model.energy, settings.model.performance
    there = replace(seen, east_m=order.to.east_m, north_m=order.to.north_m, height_m=order.to.up_m - route.home.up_m)
    beside = (replace(at, mode=OFFBOARD) for at in (seen, there))
    home = max(way_home(settings, route, at, None, items).battery_fraction for at in beside)
    here, to = xyz(place_of(route, seen)), xyz(order.to)
    way_m = dist(here, to)
    time_s = way_m / pace_mps(here, to, model) + way_m / pace_mps(to, here, model) + order.seconds + AIMED_WITHIN_S
    extra_w = energy.cruise_extra_w * ((SPEED_MPS + fly.max_wind_mps) / fly.cruise_mps) ** 3
    climb_wh = energy.climb_wh_per_m * abs(there.height_m - seen.height_m)
    needed = ((energy.hover_w + extra_w) * time_s / 3600.0 + climb_wh) / energy.usable_wh(seen.battery_c)
    needed += home + settings.landing_battery_fraction
    if not (isfinite(needed) and seen.battery_fraction >= needed):
        return f"the battery has {seen.battery_fraction:.0%}, the inspection and the way home need {needed:.0%}"
    return ""


def _along(start: Sequence[float], end: Sequence[float]) -> list[Place]:
    """Places from start to end, at most one metre apart."""
    pieces = max(1, int(hypot(end[0] - start[0], end[1] - start[1])) + 1)
    return [
        (start[0] + k / pieces * (end[0] - start[0]), start[1] + k / pieces * (end[1] - start[1]))
        for k in range(pieces + 1)
    ]


def _keeps_from_edge(way: Sequence[Place], ring: Sequence[Place], margin_m: float) -> bool:
    """Whether a straight way keeps `margin_m` from a ring, or the initial distance if smaller, on the initial side."""
    edge_m = [min(distance_to_segment(place, ring[k - 1], ring[k]) for k in range(len(ring))) for place in way]
    return min(edge_m) >= min(margin_m, edge_m[0]) and not meets_edge(way[0], way[-1], ring)
