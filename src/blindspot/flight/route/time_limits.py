"""Time limits of the phases of a flight."""

from __future__ import annotations

from blindspot.flight.route.phases import PHASES, PhaseName
from blindspot.flight.route.settings import FlightSettings
from blindspot.mission import Plan, Route, timing

LONGEST_S = 3600.0
"""Time limit of a way home without a plan, s: longer than a battery lasts."""


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


def way_home_limit_s(plan: Plan, time_factor: float = 1.5) -> float:
    """Time limit of a return with landing by the ground station's command, s. The drone's descent speed is unknown
    here: all of its descent counts as the slow last metres."""
    flight_s = max((route.expected.flight_time_s for route in plan.routes), default=LONGEST_S)
    height_m = max((route.failsafe.fence_max_alt_m for route in plan.routes), default=0.0)
    return (flight_s + height_m / timing.LANDING_MPS) * time_factor + 60.0 + PHASES["landing"].timeout_s
