"""Replan: new routes for the drones still in flight, from the hover places over the still unseen ground.

The views come from the old plan, which saves a search during the flight: the views of a lost drone go to drones that
may fly there. New sectors separate the drones as the old ones did. Each sector contains all ground ahead of the
drone, so that two drones stay apart at every time and in every order of the change-over (`docs/decisions/0028`). The
result is deterministic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import ceil, dist

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from blindspot.core import PlanningError
from blindspot.mission import (
    DroneModel,
    Leg,
    Mission,
    Plan,
    Point,
    Route,
    Step,
    UnseenGround,
    View,
    return_path,
    rounding,
)
from blindspot.mission.in_flight import Situation, occupied
from blindspot.planning.airspace.air import POSITION_ERROR_M, TRACKING_ERROR_M, Air
from blindspot.planning.airspace.paths import Point2, ways_from
from blindspot.planning.airspace.sectors import sectors, weights_for
from blindspot.planning.drones.patrols import Drone, Patrol, drone_of, pad_named, spread_m2
from blindspot.planning.tours.routing import affordable, expected_of, route_cost, route_steps, stops_of
from blindspot.planning.tours.view_chooser import ENOUGH_AT_LAST_M2, Chooser, Shot
from blindspot.planning.views.legs import LOOK_EVERY_M, NOTHING, aiming_m, seen_on_leg
from blindspot.planning.views.reachable import BATTERY
from blindspot.planning.views.target_ground import Ground, survey_ground
from blindspot.site import Site

Mask = NDArray[np.bool_]

ENTRY_M = 3.0
"""Largest distance of a hovering drone from air that is known to be clear, m."""
HEIGHT_M = 2.0
"""Largest difference of a drone's height from the route's height, m."""
PICTURE_EVERY_M = 6.0
BORDER_ROUNDS = 3
LOST_SHARE_COST = 20.0
"""As in the planner: one percent of the ground is worth so many percent of the longest flight."""
SEEN, OUT_OF_REACH = "seen before", "not within reach of the drones that are left"


@dataclass(frozen=True, slots=True)
class Rest:
    """New routes, and the reason why each hovering drone without a route must come home, by name."""

    plan: Plan
    without: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Hovering:
    """A drone that can receive another route; `posts`, (n, 2) m ENU, are the pad and the rest of the old route."""

    drone: Drone
    old: Route
    at: Point
    left_wh: float
    entry: Point2
    posts: NDArray[np.float64]


def make_rest(plan: Plan, situation: Situation, mission: Mission, site: Site) -> Rest:
    """Plan the rest of a plan in a situation, for the drones that hover.

    Parameters
    ----------
    plan
        The plan that is being flown.
    situation
        Position and progress of each drone, and the new no-fly zones.
    mission, site
        The plan's mission and town.

    Returns
    -------
    Rest
        New routes, and the reason for each hovering drone that gets none.

    Raises
    ------
    PlanningError
        No drone can see any more of the ground, or the plan is a post of an overwatch.
    InputError
        A file of the mission is missing or wrong.

    Example
    -------
    >>> make_rest(plan, situation, mission, site).without  # doctest: +SKIP
    {'drone2': 'its battery is too low'}
    """
    if plan.watch is not None:
        raise PlanningError("a post of an overwatch has no rest: its drone returns, and the relief flies its own post")
    site = replace(site, zones=(*site.zones, *(zone.zone() for zone in situation.closed)))
    ground = survey_ground(mission, site)
    apart_m = mission.file.limits.separation_m + POSITION_ERROR_M
    able, without = _able(plan, situation, mission, ground, apart_m)
    if not able:
        raise PlanningError("no drone can fly on: " + ("; ".join(without.values()) or "none hovers"))
    chooser = Chooser(mission, ground, tuple(one.drone for one in able), lambda stage, fraction: None)
    done, left = _shots(plan, situation, mission, able[0].drone, chooser)
    seen, models = chooser.seen(done), {route.drone: route.model for route in plan.routes}
    patrols, shots = _shared_out(able, left, seen, ground, models, apart_m + POSITION_ERROR_M)
    routes, flown = [], []
    for one, patrol in zip(able, patrols, strict=True):
        name = one.drone.name
        best = sorted(shots[name], key=lambda s: (s.drone != name, -int((~seen.ravel()[s.cells]).sum())))
        kept, steps = affordable(patrol, best, one.left_wh)
        if not steps:
            without[name] = f"no remaining view is within reach and battery range of {name}"
            continue
        flown += kept
        begin = situation.of(name).hover
        expected = expected_of(patrol, steps, one.left_wh)
        routes.append(one.old.model_copy(update={"begin": begin, "steps": steps, "expected": expected}))
    if not routes:
        raise PlanningError("no drone can fly on: " + "; ".join(without.values()))
    wanted = [shot for mine in shots.values() for shot in mine]
    return Rest(_plan(plan, tuple(routes), ground, seen, chooser.seen(flown), chooser.seen(wanted)), without)


def _able(
    plan: Plan, situation: Situation, mission: Mission, ground: Ground, apart_m: float
) -> tuple[list[Hovering], dict[str, str]]:
    """(the drones that hover where a route can begin; the reason for each other hovering drone).

    The others are called home. The possible area of such drones is closed to the new routes, as for drones that do
    not hover.
    """
    without: dict[str, str] = {}
    while True:
        closed = occupied(plan, situation).buffer(apart_m)
        hovering = [route for route in plan.routes if situation.of(route.drone).hover is not None]
        found = {r.drone: _hovering(r, situation, mission, ground, closed) for r in hovering}
        unable = {name: why for name, why in found.items() if isinstance(why, str)}
        if not unable:
            return [one for one in found.values() if isinstance(one, Hovering)], without
        without |= unable
        situation = situation.without_hover(unable)


def _hovering(
    route: Route, situation: Situation, mission: Mission, ground: Ground, closed: BaseGeometry
) -> Hovering | str:
    """The drone at its hover place, or the reason why no route can begin there."""
    standing = situation.of(route.drone)
    assert standing.hover is not None
    if route.failsafe.rtl_type == return_path.ALONG_MISSION:
        return f"{route.drone} returns along its route, so a new route must begin on its pad"
    try:
        pad = pad_named(mission, ground.site, route.pad, f"fleet.{route.drone}.pad")
        area = None if closed.is_empty else closed
        drone = drone_of(mission, ground, route.drone, area, up_m=route.takeoff_up_m, pad=pad)
    except PlanningError as error:
        return str(error)
    at = standing.hover.at
    entry = _entry(drone.air, (at.east_m, at.north_m))
    if abs(at.up_m - drone.up_m) > HEIGHT_M:
        return f"{route.drone} is at {at.up_m:.0f} m, its route at {drone.up_m:.0f} m"
    if entry is None or not drone.air.free.buffer(TRACKING_ERROR_M).covers(
        shapely.LineString([(at.east_m, at.north_m), entry])
    ):
        return f"{route.drone} hovers where the way home is not proven clear"
    left_wh = standing.hover.battery_fraction * drone.model.energy.usable_wh()
    return Hovering(drone, route, at, left_wh, entry, _posts(route, standing.steps_done))


def _entry(air: Air, at: Point2) -> Point2 | None:
    """The place itself if its cell is open, else the centre of the nearest open cell within `ENTRY_M`; else None."""
    index = air.grid.index(*at)
    if index is not None and air.open[index] and air.free.covers(shapely.Point(at)):
        return at
    cells = air.grid.centres(np.flatnonzero(air.open))
    apart_m = np.hypot(cells[:, 0] - at[0], cells[:, 1] - at[1])
    if not len(cells) or apart_m.min() > ENTRY_M:
        return None
    return float(cells[apart_m.argmin(), 0]), float(cells[apart_m.argmin(), 1])


def _posts(route: Route, steps_done: int) -> NDArray[np.float64]:
    points = [route.start, *(step.to for step in route.steps)]
    return np.array([(p.east_m, p.north_m) for p in (route.home, *points[steps_done:])])


def _shots(
    plan: Plan, situation: Situation, mission: Mission, able: Drone, chooser: Chooser
) -> tuple[list[Shot], list[Shot]]:
    """(taken views, remaining views), each with the drone of its route. A flown leg counts as one view with the leg's
    seen ground; a remaining leg becomes several views.

    Views over the density cap or at another height than their drone's are left out of the remaining ones. Only camera
    and height of a drone count here, so `able` stands for each: a new zone may bar a lost drone's pad.
    """
    done: list[Shot] = []
    left: list[Shot] = []
    for route in plan.routes:
        model = mission.model_of(route.drone)
        drone = replace(able, name=route.drone, model_name=route.model, model=model, up_m=route.takeoff_up_m)
        steps_done = situation.of(route.drone).steps_done
        start = route.start
        for number, step in enumerate(route.steps):
            there = replace(drone, up_m=step.to.up_m)
            if isinstance(step, Leg) and number < steps_done:
                done.append(_flown(start, step, route.model, there, chooser))
            for at in _places(start, step, drone.model) if number >= steps_done or isinstance(step, View) else []:
                assert isinstance(step, View | Leg)
                cells = chooser.look((route.model, at, step.aim), there)
                if cells is not None and number < steps_done:
                    done.append(Shot(route.drone, at, step.aim, cells))
                elif cells is not None and abs(step.to.up_m - drone.up_m) < rounding.WITHIN_M:
                    left.append(Shot(route.drone, at, step.aim, cells))
            start = step.to
    return done, left


def _flown(start: Point, leg: Leg, model: str, drone: Drone, chooser: Chooser) -> Shot:
    """The ground that a leg saw, by the planner's rules."""
    places = _steady(start, leg, drone.model, LOOK_EVERY_M)
    pictures = [chooser.look((model, at, leg.aim), drone) for at in places]
    step_m = dist(places[0], places[-1]) / max(1, len(places) - 1)
    seen = [NOTHING if cells is None else cells for cells in pictures]
    cells = seen_on_leg(seen, step_m, leg.speed_mps)
    return Shot(drone.name, places[-1], leg.aim, cells)


def _places(start: Point, step: Step, model: DroneModel) -> list[Point2]:
    """Places of a step's pictures; the places of a leg are so near to each other that the ground between is seen,
    too."""
    if isinstance(step, View):
        return [(step.to.east_m, step.to.north_m)]
    return _steady(start, step, model, PICTURE_EVERY_M) if isinstance(step, Leg) else []


def _steady(start: Point, leg: Leg, model: DroneModel, every_m: float) -> list[Point2]:
    """Places along a leg, at most `every_m` apart, from the point with the right aim of the camera to the end."""
    begin, end = np.array([start.east_m, start.north_m]), np.array([leg.to.east_m, leg.to.north_m])
    length_m = float(np.linalg.norm(end - begin))
    steady_m = min(aiming_m(model, leg.speed_mps), length_m)
    count = max(2, ceil((length_m - steady_m) / every_m - 1e-9) + 1)
    way = np.linspace(begin + (steady_m / max(length_m, 1e-9)) * (end - begin), end, count)
    return [rounding.place(*at) for at in way]


def _shared_out(
    able: Sequence[Hovering], left: Sequence[Shot], seen: Mask, ground: Ground, models: Mapping[str, str], gap_m: float
) -> tuple[list[Patrol], dict[str, list[Shot]]]:
    """A sector for each drone, and the sector's views of new ground. Borders are moved, in ever smaller steps, as
    long as that shortens the longest flight or regains ground."""
    enough = ENOUGH_AT_LAST_M2 / ground.field.grid.cell_area_m2
    worth = [shot for shot in left if (~seen.ravel()[shot.cells]).sum() >= enough]
    wanted = max(1, _new_cells(worth, seen))

    def judged(weights_m2: Mapping[str, float]) -> tuple[float, list[Patrol], dict[str, list[Shot]]]:
        patrols = _patrols(able, weights_m2, ground, gap_m)
        shots = {p.drone.name: [s for s in worth if _can_take(p, s, models)] for p in patrols}
        longest_s = max(route_cost(p, route_steps(p, stops_of(shots[p.drone.name]))).time_s for p in patrols)
        lost = 1.0 - _new_cells([shot for mine in shots.values() for shot in mine], seen) / wanted
        return longest_s * (1.0 + LOST_SHARE_COST * lost), patrols, shots

    weights_m2 = weights_for({one.drone.name: one.posts for one in able}, gap_m)
    best = judged(weights_m2)
    step_m2 = spread_m2([one.drone for one in able]) / 3.0
    for _ in range(BORDER_ROUNDS if len(able) > 1 else 0):
        moved = False
        for name, change_m2 in product(list(weights_m2)[1:], (step_m2, -step_m2)):
            trial = {**weights_m2, name: weights_m2[name] + change_m2}
            try:
                result = judged(trial)
            except PlanningError:  # a drone's sector would lose a part of the old route
                continue
            if result[0] < best[0]:
                best, weights_m2, moved = result, trial, True
        step_m2 = step_m2 if moved else step_m2 / 2.0
    return best[1], _without_doubles(best[2], seen, enough)


def _without_doubles(shots: Mapping[str, list[Shot]], seen: Mask, enough: float) -> dict[str, list[Shot]]:
    """The shots, most new ground first; each shot adds at least `enough` cells to the earlier shots."""
    now = seen.ravel().copy()
    kept: dict[str, list[Shot]] = {name: [] for name in shots}
    mine = [(name, shot) for name, own in shots.items() for shot in own]
    for name, shot in sorted(mine, key=lambda pair: -int((~seen.ravel()[pair[1].cells]).sum())):
        if (~now[shot.cells]).sum() >= enough:
            kept[name].append(shot)
            now[shot.cells] = True
    return kept


def _new_cells(shots: Sequence[Shot], seen: Mask) -> int:
    """Number of blind cells that the shots see for the first time."""
    new = np.zeros(seen.size, dtype=bool)
    for shot in shots:
        new[shot.cells] = True
    return int((new & ~seen.ravel()).sum())


def _patrols(able: Sequence[Hovering], weights_m2: Mapping[str, float], ground: Ground, gap_m: float) -> list[Patrol]:
    """Every drone in a sector; raises PlanningError if a part of the drone's old route falls out of the sector."""
    pads = {one.drone.name: one.drone.home_2d for one in able}
    cells = sectors(pads, weights_m2, ground.perimeter.bounds, gap_m)
    out = []
    for one in able:
        name = one.drone.name
        air = one.drone.air.within(cells[name]) if len(able) > 1 else one.drone.air
        entry = _entry(air, (one.at.east_m, one.at.north_m))
        if entry is None or not cells[name].buffer(rounding.WITHIN_M).covers(shapely.MultiPoint(one.posts)):
            raise PlanningError(f"{name} would lose a part of its old route")
        out.append(Patrol(one.drone, air, ways_from(air, one.drone.home_2d), one.at, entry))
    return out


def _can_take(patrol: Patrol, shot: Shot, models: Mapping[str, str]) -> bool:
    """Whether the shot's place is in the drone's sector and its model is the drone's: same camera and height. A new
    zone can cut the hover place off from the pad; then it takes none."""
    cells = [patrol.air.grid.index(*at) for at in (shot.at, patrol.entry or patrol.drone.home_2d)]
    if models[shot.drone] != patrol.drone.model_name or not all(cell and patrol.reachable[cell] for cell in cells):
        return False
    return bool(patrol.air.free.covers(shapely.Point(shot.at)))


def _plan(plan: Plan, routes: tuple[Route, ...], ground: Ground, seen: Mask, planned: Mask, wanted: Mask) -> Plan:
    """The plan with these routes and the old id, since the run is the same. The remaining ground is counted as seen
    before or by cause."""
    area_m2 = ground.field.grid.cell_area_m2
    rest = ground.spots.blind & ~planned
    unseen = {
        SEEN: float((rest & seen).sum()) * area_m2,
        BATTERY: float((rest & ~seen & wanted).sum()) * area_m2,
        OUT_OF_REACH: float((rest & ~seen & ~wanted).sum()) * area_m2,
    }
    planned_m2 = float(planned.sum()) * area_m2
    coverage = plan.coverage.model_copy(update={
        "planned_area_m2": planned_m2,
        "reachable_area_m2": max(planned_m2, plan.coverage.reachable_area_m2),
        "unseen": tuple(UnseenGround(cause=cause, area_m2=area) for cause, area in unseen.items() if area),
    })  # fmt: skip
    return plan.model_copy(update={"routes": routes, "coverage": coverage})
