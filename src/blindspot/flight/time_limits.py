"""How long a phase of a flight may take."""

from __future__ import annotations

from blindspot.flight.phases import PHASES, PhaseName
from blindspot.flight.settings import FlightSettings
from blindspot.planning.plan import Route


def time_limit_s(phase: PhaseName, route: Route, settings: FlightSettings) -> float:
    """Seconds, from the route's own expected time where the phase depends on it."""
    fly, height_m = settings.model.performance, route.takeoff_up_m - route.home.up_m
    planned_s = route.expected.flight_time_s * settings.time_factor + 60.0
    limits = {
        "takeoff": 30.0 + 3.0 * height_m / fly.climb_mps,
        "en_route": planned_s,
        "return": planned_s + route.failsafe.fence_max_alt_m / fly.descend_mps,
        "hold": settings.hold_s,
    }
    return limits.get(phase, PHASES[phase].timeout_s)
