"""The checker's rules about a replan: it begins at the drones' positions and keeps clear of the other drones."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import replace

import shapely
from shapely.geometry import MultiPoint

from blindspot.coverage.ground import BlindSpots
from blindspot.mission import Mission, Plan, Route, return_path
from blindspot.mission.in_flight import Situation, Standing
from blindspot.planning.checker.check import check_plan
from blindspot.planning.checker.check_flight import Flight, Violation
from blindspot.planning.checker.check_separation import ground_plan
from blindspot.planning.checker.check_track import xyz
from blindspot.site import Site

HOVERS_WITHIN_M = 0.01
LEAST_BATTERY = 1e-6
UNFIT = ("finite", "mission", "endless")
"""Breaches of a plan whose flights can't be examined."""


def check_rest(
    rest: Plan, plan: Plan, situation: Situation, mission: Mission, site: Site, ground: BlindSpots | None = None
) -> tuple[Violation, ...]:
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
    ground
        See `check_plan`. New no-fly zones leave it as it is.

    Returns
    -------
    tuple of Violation
        All breaches; empty if the replan may be flown.
    """
    closed = replace(site, zones=(*site.zones, *(zone.zone() for zone in situation.closed)))
    found = list(check_plan(rest, mission, closed, ground))
    is_fit = not any(violation.rule in UNFIT for violation in found)
    standing = {one.drone: one for one in situation.drones}
    others = [other for other in plan.routes if rest.route_of(other.drone) is None]
    for route in rest.routes:
        found += _begins(route, plan.route_of(route.drone), standing.get(route.drone))
        if others and is_fit:
            flight = Flight.of(route, rest, mission, closed)
            for other in others:
                found += _keeps_clear(flight, other, standing.get(other.drone), mission.file.limits.separation_m)
    return tuple(found)


def claimed(rest: Plan, plan: Plan, down: Collection[str]) -> Situation:
    """The claimed situation of a replan: the replan's drones hover at the begins of the routes, the drones of `down`
    stand on the ground, and each other drone of the plan may be anywhere over the old route."""
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


def _keeps_clear(flight: Flight, other: Route, standing: Standing | None, least_m: float) -> Iterator[Violation]:
    """Route and ways home keep clear of a drone outside the replan that is not certainly down. Such a drone may be
    anywhere over the old route and the ways home; a hovering drone is called home from the hover place."""
    if standing is not None and standing.down:
        return
    places = [other.home, other.start, *(step.to for step in other.steps)]
    if standing is not None and standing.hover is not None and other.failsafe.rtl_type != return_path.ALONG_MISSION:
        places = [other.home, standing.hover.at]
    area = MultiPoint([(p.east_m, p.north_m) for p in (*places, *other.failsafe.rally)]).convex_hull
    near_m = float(shapely.distance(ground_plan(flight), area))
    if near_m < least_m:
        yield Violation(
            "separation", flight.route.drone, None, None,
            f"comes to {near_m:.1f} m from where {other.drone} may be, {least_m:g} m are needed",
        )  # fmt: skip
