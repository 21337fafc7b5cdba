"""Time limits of the phases of a flight."""

from __future__ import annotations

from blindspot.flight.route.phases import PHASES, PhaseName
from blindspot.flight.route.settings import FlightSettings
from blindspot.mission import Route, timing


def time_limit_s(phase: PhaseName, route: Route, settings: FlightSettings) -> float:
    """Time limit of a phase, s; from the route's expected time if the phase depends on it."""
    fly = settings.model.performance
    planned_s = route.expected.flight_time_s * settings.time_factor + 60.0
    if phase == "takeoff":
        return 30.0 + 3.0 * (route.takeoff_up_m - route.home.up_m) / fly.climb_mps
    if phase == "en_route":
        return planned_s
    if phase == "return":
        return planned_s + route.failsafe.fence_max_alt_m / fly.descend_mps
    if phase == "landing":
        down_s = timing.land_s(fly, route.failsafe.fence_max_alt_m) * settings.time_factor + 60.0
        return max(PHASES["landing"].timeout_s, down_s)
    return settings.hold_s if phase == "hold" else PHASES[phase].timeout_s
