"""Position of a drone over time, by the plan's own times."""

from __future__ import annotations

from dataclasses import dataclass

from blindspot.mission.drone_model import DroneModel
from blindspot.mission.plan import Point, Route, View
from blindspot.mission.return_path import ALONG_MISSION
from blindspot.mission.timing import AIM_S, flight


@dataclass(frozen=True, slots=True)
class Moment:
    """A time and a position of a flight. From one moment to the next the drone flies straight, or stays."""

    time_s: float
    """Since the take-off, or since a route began in the air."""
    at: Point
    step: int
    """Index of the route's step that ends here or later: -1 the take-off, len(steps) the landing."""


def moments(model: DroneModel, route: Route) -> tuple[Moment, ...]:
    """The moments of a route to its pad, in order of time. A stay has two entries: begin and end."""
    begin = route.begin.at if route.begin is not None else None
    costs = flight(
        model, route.home, route.takeoff_up_m, route.steps, begin, stops=route.failsafe.rtl_type == ALONG_MISSION
    )
    found = [Moment(0.0, begin or route.home, -1), Moment(costs[0].time_s, route.start, -1)]
    for number, (step, cost) in enumerate(zip(route.steps, costs[1:], strict=False)):
        if isinstance(step, View):
            found.append(Moment(max(found[-1].time_s, cost.time_s - step.dwell_s - AIM_S), step.to, number))
        found.append(Moment(cost.time_s, step.to, number))
    return (*found, Moment(costs[-1].time_s, route.home, len(route.steps)))
