"""Whether a route may be gone on with after a hold, or after the pilot had the drone."""

from __future__ import annotations

from math import dist

from blindspot.flight.route.geometry import distance_to_path
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.vehicle.vehicle import Telemetry
from blindspot.flight.watch.ladder import Row
from blindspot.mission import Route

BEGIN_WITHIN_M = 5.0
"""A drone may have drifted so far while its route was planned."""


def why_not_go_on(person: str, seen: Telemetry, due: Row | None, route: Route, settings: FlightSettings) -> str:
    """Why the named person can't have the route gone on with now, empty if they can. `due` is the ladder's row."""
    if not person.strip():
        return "who says so? the name of a person is needed"
    if not seen.armed or seen.landed != "in_air":
        return "the drone is not in the air"
    if due is not None:
        return due.reason
    if seen.in_failsafe:
        return "the autopilot's own failsafe has it"
    off_m = off_route_m(route, seen)
    if not off_m <= settings.off_route_m:
        return f"the drone is {off_m:.0f} m off its route: fly it back first"
    return ""


def why_not_jump(at: int, to: int, steps: int) -> str:
    """Why a drone on its way to step `at`, of so many steps, can't jump to step `to`; empty if it can."""
    if not 0 <= to < steps:
        return f"the route has steps 0 to {steps - 1}, not {to}"
    return "" if 0 <= at < steps else "no jump while taking off, or on the way down"


def why_not_another(route: Route, old: Route, seen: Telemetry) -> str:
    """Why another route can't be begun here in place of the old one; empty if it can.

    Home, fence, return and speeds were given to the autopilot on the ground and stay as they are.
    """
    if (route.drone, route.model, route.home, route.failsafe) != (old.drone, old.model, old.home, old.failsafe):
        return "the route needs another home or failsafe than the autopilot was given"
    if route.begin is None:
        return "the route begins on the ground"
    at, here = route.begin.at, (seen.east_m, seen.north_m, old.home.up_m + seen.height_m)
    off_m = dist(here, (at.east_m, at.north_m, at.up_m))
    if not off_m <= BEGIN_WITHIN_M:
        return f"the route begins {off_m:.0f} m from here"
    if not seen.battery_fraction >= route.begin.battery_fraction:
        return "the route counts on more battery than there is"
    return ""


def off_route_m(route: Route, seen: Telemetry) -> float:
    """Distance of a drone from its route, from its start to over the pad, m; NaN if its place is not known."""
    path = [(p.east_m, p.north_m, p.up_m) for p in (route.start, *(step.to for step in route.steps), route.over_pad)]
    return distance_to_path((seen.east_m, seen.north_m, route.home.up_m + seen.height_m), path)
