"""Compares the rest of a plan with the cleared plan: only a rest inside the cleared plan may continue without a
person."""

from __future__ import annotations

from collections.abc import Iterator

from blindspot.mission import Plan, Route


def is_rest(plan: Plan) -> bool:
    """Whether a plan is for drones that are already in the air."""
    return any(route.begin is not None for route in plan.routes)


def is_turn(plan: Plan) -> bool:
    """Whether a plan is a turn of a watch: its clearance gives no right to look (`looks.py`)."""
    return plan.watch is not None


def wider_than_cleared(rest: Plan, cleared: Plan | None) -> Iterator[str]:
    """Every way in which the rest of a plan exceeds the cleared plan, one sentence each.

    Place, density, drones, fences, returns, heights and speeds must be the same or less. The time is judged as for any
    plan.
    """
    if cleared is None:
        yield "no plan is cleared that this could be the rest of"
        return
    if (rest.origin, rest.perimeter, rest.relief) != (cleared.origin, cleared.perimeter, cleared.relief):
        yield "it is about another perimeter"
    if rest.band != cleared.band:
        yield "it asks for another density band"
    for route in rest.routes:
        old = cleared.route_of(route.drone)
        if old is None:
            yield f"{route.drone} is not in the cleared plan"
        elif route.begin is None or not route.steps or not old.steps:
            yield f"{route.drone} has no route in the air, or would take off again"
        else:
            yield from _wider(route, old)


def _wider(route: Route, old: Route) -> Iterator[str]:
    if (route.model, route.home, route.failsafe) != (old.model, old.home, old.failsafe):
        yield f"{route.drone} would fly under another home, fence or return"
    if _highest_m(route) > _highest_m(old) or _lowest_m(route) < _lowest_m(old):
        yield f"{route.drone} would fly at another height"
    if max(step.speed_mps for step in route.steps) > max(step.speed_mps for step in old.steps):
        yield f"{route.drone} would fly faster"


def _highest_m(route: Route) -> float:
    return max(step.to.up_m for step in route.steps)


def _lowest_m(route: Route) -> float:
    return min(step.to.up_m for step in route.steps)
