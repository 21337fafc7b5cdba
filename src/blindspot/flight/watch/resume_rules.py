"""The conditions for continuing a route after a hold, or after the pilot had the drone."""

from __future__ import annotations

from collections.abc import Mapping
from math import dist

from blindspot.flight.route.geometry import distance_to_path
from blindspot.flight.route.mission_items import returns_along
from blindspot.flight.route.phases import NOBODY_RESUMED
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.vehicle.vehicle import Telemetry
from blindspot.flight.watch.ladder import Row
from blindspot.mission import Point, Route

LOW_M = 5.0
"""Height of the first metres of a climb, m."""
BEGIN_WITHIN_M = 5.0
"""As `off_route_m`, but of a drone from the begin of the route, m: the drift during the planning, or the rest of the
climb."""


def why_not_go_on(
    person: str, seen: Telemetry, due: Row | None, route: Route, settings: FlightSettings, *, at: int | None = None,
    climbs: bool = False,
) -> str:  # fmt: skip
    """The reason to refuse continuing the route for a named person; empty to allow it.

    `due` is the ladder's row, and `at` the next step of the mission; `None` if the mission goes elsewhere. `climbs`
    states that the mission begins with the rest of the climb.
    """
    return why_not_move(person, seen, due) or why_off_route(route, seen, settings, at, climbs=climbs)


def why_not_move(person: str, seen: Telemetry, due: Row | None) -> str:
    """The reason to refuse a named person's order to move on from a hold, wherever to; empty to allow it."""
    if not person.strip():
        return "the name of a person is needed"
    if not seen.armed or seen.landed != "in_air":
        return "the drone is not in the air"
    if due is not None:
        return due.reason
    return "the autopilot's own failsafe has it" if seen.in_failsafe else ""


def why_nothing_to_resume(phases: Mapping[str, tuple[str, str]]) -> str:
    """The refusal of a resume of unresumable drones, in one sentence; by drone the phase and the reason."""
    ended = [
        drone for drone, (phase, why) in phases.items() if phase in ("return", "landing") and NOBODY_RESUMED in why
    ]
    others = [f"{drone}: {phase}" for drone, (phase, _) in phases.items() if drone not in ended]
    words = [f"nothing to resume ({', '.join(others)})"] if others else []
    if ended:
        words.append(
            f"the hold of {', '.join(ended)} ended by itself: hold again, and resume if still near the route; "
            "otherwise let it land, and fly once more"
        )
    return "; ".join(words)


def why_not_jump(at: int, to: int, steps: int) -> str:
    """The reason to refuse a jump from step `at` to step `to`, of `steps` steps; empty to allow it."""
    if not 0 <= to < steps:
        return f"the route has steps 0 to {steps - 1}, not {to}"
    return "" if 0 <= at < steps else "no jump while taking off, or on the way down"


def why_not_another(route: Route, old: Route, seen: Telemetry, settings: FlightSettings) -> str:
    """The reason against another route here in place of the old route; empty to allow the route.

    Home, fence, return and speeds were set in the autopilot on the ground and stay as they are.
    """
    if (route.drone, route.model, route.home, route.failsafe) != (old.drone, old.model, old.home, old.failsafe):
        return "the route needs another home or failsafe than the autopilot was given"
    if route.begin is None:
        return "the route begins on the ground"
    if returns_along(route):
        return "the autopilot returns along the mission, and a route that begins in the air does not lead to the pad"
    at, here = route.begin.at, (seen.east_m, seen.north_m, old.home.up_m + seen.height_m)
    off_m = dist(here, (at.east_m, at.north_m, at.up_m))
    if not off_m <= min(BEGIN_WITHIN_M, settings.off_route_m):
        return f"the route begins {off_m:.0f} m from here"
    if not seen.battery_fraction >= route.begin.battery_fraction:
        return "the route counts on more battery than there is"
    return ""


def why_off_route(
    route: Route, seen: Telemetry, settings: FlightSettings, at: int | None = None, *, climbs: bool = False
) -> str:  # fmt: skip
    """The reason why the drone is too far from the route to go on to step `at`; empty for a near drone.

    In the air the autopilot takes a take-off for done: from the climb it would fly low and straight to the first step,
    through whatever stands between. So the end of the climb has to be near, unless the mission `climbs` first. Low over
    the pad the crew stands near: there nothing goes on.
    """
    off_m, most_m = off_route_m(route, seen, at, climbs=climbs), settings.off_route_m
    if at is not None and at < 0:
        most_m = min(BEGIN_WITHIN_M, most_m)
        if climbs and not seen.height_m >= LOW_M:
            return f"the drone is {seen.height_m:.1f} m above the pad, {LOW_M:g} m are needed: call it home"
    if off_m <= most_m:
        return ""
    return f"the drone is {off_m:.1f} m off the route, {most_m:g} m are allowed: fly it back first, or call it home"


def off_route_m(route: Route, seen: Telemetry, at: int | None = None, *, climbs: bool = False) -> float:
    """Distance of a drone from its route, m; NaN if the drone's place is unknown.

    With a step `at`, only the way to its end counts. The autopilot flies straight to that step: from another part of
    the route the drone would cut across obstacles of the route, and from low over the pad the drone would leave the
    climb out. A
    mission that `climbs` goes on anywhere in the climb, whose column over the pad the plan has proven clear.
    """
    ends = (route.start, *(step.to for step in route.steps), route.over_pad)
    if at is None:
        path: tuple[Point, ...] = ends
    elif at < 0:
        path = (route.home, route.start) if climbs else (route.start,)
    elif at < len(route.steps):
        path = ends[at : at + 2]
    else:
        path = (*ends[-2:], route.home)
    here = (seen.east_m, seen.north_m, route.home.up_m + seen.height_m)
    return distance_to_path(here, [(p.east_m, p.north_m, p.up_m) for p in path])
