"""Thresholds, parameters and checks of the drones of a plan, for the crew's briefing."""

from __future__ import annotations

from blindspot.evidence import HowItFlies
from blindspot.flight.preflight import NOT_REPORTED, names_of_checks
from blindspot.flight.route import FlightSettings
from blindspot.flight.vehicle import autopilot_parameters
from blindspot.flight.watch import battery_for_route, rows
from blindspot.mission import Mission, Plan


def how_it_flies(plan: Plan, mission: Mission) -> HowItFlies:
    """Read the briefing's values from the tables that the flight code uses. PX4's parameters (names in capitals) have a
    table of their own. The list to read aloud leaves them out."""
    settings = {route.drone: FlightSettings(mission.model_of(route.drone)) for route in plan.routes}
    models = {route.model: settings[route.drone] for route in plan.routes}
    checks = {name: None for route in plan.routes for name in names_of_checks(route, settings[route.drone])}
    return HowItFlies(
        battery_fraction={route.drone: battery_for_route(settings[route.drone], route) for route in plan.routes},
        parameters={route.drone: autopilot_parameters(route) for route in plan.routes},
        ladders={
            model: tuple((row.reason, row.threshold, row.action) for row in rows(of)) for model, of in models.items()
        },
        checks=tuple(name for name in checks if not name.isupper()),
        own_eyes=NOT_REPORTED,
    )
