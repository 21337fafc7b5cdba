"""Where a drone is when, by the plan's own times."""

from __future__ import annotations

from dataclasses import dataclass

from blindspot.mission.mission_file import DroneModel
from blindspot.mission.plan import Point, Route, View
from blindspot.mission.timing import AIM_S, flight


@dataclass(frozen=True, slots=True)
class Moment:
    """A place of a flight: from one moment to the next the drone flies straight, or stays."""

    time_s: float
    """Since the take-off, or since a route began in the air."""
    at: Point
    step: int
    """Index of the route's step that ends here or later: -1 the take-off, len(steps) the landing."""


def moments(model: DroneModel, route: Route) -> tuple[Moment, ...]:
    """A route to its pad, in order of time; a stay has a moment where it begins and one where it ends."""
    begin = route.begin.at if route.begin is not None else None
    costs = flight(model, route.home, route.takeoff_up_m, route.steps, begin)
    told = [Moment(0.0, begin or route.home, -1), Moment(costs[0].time_s, route.start, -1)]
    for number, (step, cost) in enumerate(zip(route.steps, costs[1:], strict=False)):
        if isinstance(step, View):
            told.append(Moment(max(told[-1].time_s, cost.time_s - step.dwell_s - AIM_S), step.to, number))
        told.append(Moment(cost.time_s, step.to, number))
    return (*told, Moment(costs[-1].time_s, route.home, len(route.steps)))
