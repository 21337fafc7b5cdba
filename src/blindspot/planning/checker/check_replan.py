"""The checker's rules about a replan: it begins at the drones' positions and keeps clear of the other drones."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import replace

import shapely
from shapely.geometry import LineString, MultiPoint

from blindspot.mission import Mission, Plan, Route
from blindspot.mission.in_flight import Situation, Standing
from blindspot.planning.checker.check import check_plan
from blindspot.planning.checker.check_flight import Violation
from blindspot.planning.checker.check_track import xyz
from blindspot.site import Site

HOVERS_WITHIN_M = 0.01
LEAST_BATTERY = 1e-6


def check_rest(rest: Plan, plan: Plan, situation: Situation, mission: Mission, site: Site) -> tuple[Violation, ...]:
    """Judge a replan: by the rules of every plan, in the town with the new no-fly zones, and those of the change-over.

    Parameters
    ----------
    rest
        The replan: routes that begin in the air.
    plan
        The plan that is being flown.
    situation
        Position and progress of each drone, and the new no-fly zones.
    mission, site
        The plan's mission and town.

    Returns
    -------
    tuple of Violation
        All breaches; empty if the replan may be flown.
    """
    closed = replace(site, zones=(*site.zones, *(zone.zone() for zone in situation.closed)))
    found = list(check_plan(rest, mission, closed))
    standing = {one.drone: one for one in situation.drones}
    for route in rest.routes:
        found += _begins(route, plan.route_of(route.drone), standing.get(route.drone))
        for other in plan.routes:
            if rest.route_of(other.drone) is None:
                found += _keeps_clear(route, other, standing.get(other.drone), mission.file.limits.separation_m)
    return tuple(found)


def claimed(rest: Plan, plan: Plan, down: Collection[str]) -> Situation:
    """The situation as a replan claims it: its drones hover at the begins of their routes, those of `down` stand on the
    ground, and each other drone of the plan may be anywhere over its route."""
    begins = {route.drone: route.begin for route in rest.routes}
    drones = tuple(
        Standing(drone=route.drone, steps_done=0, hover=begins.get(route.drone), down=route.drone in down)
        for route in plan.routes
    )
    return Situation(schema="blindspot.situation/1", drones=drones)


def _begins(route: Route, old: Route | None, standing: Standing | None) -> Iterator[Violation]:
    """A route begins at its drone's hover place, with the battery left there and the autopilot's present failsafes."""
    hover, begin = None if standing is None else standing.hover, route.begin
    if old is None or hover is None or begin is None:
        yield Violation("begin", route.drone, None, 0.0, "does not hover on a route of the plan")
        return
    if math.dist(xyz(begin.at), xyz(hover.at)) > HOVERS_WITHIN_M:
        yield Violation("begin", route.drone, begin.at, 0.0, "the route begins elsewhere than the drone hovers")
    if begin.battery_fraction > hover.battery_fraction + LEAST_BATTERY or begin.flown_s < hover.flown_s:
        yield Violation("begin", route.drone, begin.at, 0.0, "assumes more battery or less flight time than there is")
    if (route.home, route.failsafe) != (old.home, old.failsafe):
        yield Violation("autopilot", route.drone, begin.at, 0.0, "another home or failsafe than its autopilot has")


def _keeps_clear(route: Route, other: Route, standing: Standing | None, least_m: float) -> Iterator[Violation]:
    """A route keeps clear of a drone outside the replan that is not known to be down. That drone may be anywhere over
    its old route and its ways home; a hovering one is called home from its hover place."""
    if standing is not None and standing.down:
        return
    places = [other.home, other.start, *(step.to for step in other.steps)]
    if standing is not None and standing.hover is not None:
        places = [other.home, standing.hover.at]
    area = MultiPoint([(p.east_m, p.north_m) for p in places]).convex_hull
    home = (route.home.east_m, route.home.north_m)
    ends = [(p.east_m, p.north_m) for p in (route.start, *(step.to for step in route.steps))]
    ways = [LineString(ends)] + [LineString([end, home]) for end in ends if math.dist(end, home) > HOVERS_WITHIN_M]
    near_m = float(shapely.distance(shapely.union_all(ways), area))
    if near_m < least_m:
        yield Violation(
            "separation", route.drone, None, None,
            f"comes to {near_m:.1f} m from where {other.drone} may be, {least_m:g} m are needed",
        )  # fmt: skip
