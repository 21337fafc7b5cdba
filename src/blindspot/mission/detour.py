"""A drone's way off its route for a look at one point: out on a straight line, and back."""

from __future__ import annotations

from dataclasses import dataclass

from blindspot.mission.plan import Aim, Plan, Point, View, Waypoint


@dataclass(frozen=True, slots=True)
class Detour:
    """From a place in the air straight to a point, a look from there, and straight back."""

    drone: str
    start: Point
    to: Point
    aim: Aim
    seconds: float
    """The longest that it stays there."""
    speed_mps: float

    @property
    def steps(self) -> tuple[View, Waypoint]:
        look = View(id="inspection", to=self.to, aim=self.aim, speed_mps=self.speed_mps, dwell_s=self.seconds)
        return look, Waypoint(to=self.start, speed_mps=self.speed_mps)


def with_detour(plan: Plan, detour: Detour) -> Plan:
    """The plan with the detour at the end of the drone's route: for the law, which asks what, not when."""
    routes = (
        route.model_copy(update={"steps": (*route.steps, *detour.steps)}) if route.drone == detour.drone else route
        for route in plan.routes
    )
    return plan.model_copy(update={"routes": tuple(routes)})
