"""A drone's straight way off its route to inspect one point, and back."""

from __future__ import annotations

from dataclasses import dataclass

from blindspot.mission.plan import Aim, Plan, Point, View, Waypoint


@dataclass(frozen=True, slots=True)
class Detour:
    """A straight flight from a place in the air to a point, a view from there, and the straight flight back."""

    drone: str
    start: Point
    to: Point
    aim: Aim
    seconds: float
    """Longest stay there, s."""
    speed_mps: float

    @property
    def steps(self) -> tuple[View, Waypoint]:
        look = View(id="inspection", to=self.to, aim=self.aim, speed_mps=self.speed_mps, dwell_s=self.seconds)
        return look, Waypoint(to=self.start, speed_mps=self.speed_mps)


def with_detour(plan: Plan, detour: Detour) -> Plan:
    """The plan with the detour at the end of the drone's route. The law judges the content; the time is irrelevant."""
    routes = (
        route.model_copy(update={"steps": (*route.steps, *detour.steps)}) if route.drone == detour.drone else route
        for route in plan.routes
    )
    return plan.model_copy(update={"routes": tuple(routes)})
