"""The planner: views that see the blind ground, one route a drone, safe whatever the autopilot chooses.

The drones get sectors (`sectors.py`), whose borders are moved until greedy covers (`choose.py`, `routing.py`) keep them
busy for about the same time; then each gets its covering tour (`tours.py`). The same mission gives the same plan.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from blindspot.errors import PlanningError
from blindspot.planning import reach
from blindspot.planning.candidates import POSE_ERROR_M
from blindspot.planning.choose import Chooser, Shot
from blindspot.planning.failsafe import failsafe
from blindspot.planning.fleet import Drone, Patrol, drones_of, patrols, spread_m2
from blindspot.planning.ground import Ground, survey_ground
from blindspot.planning.mission import Mission
from blindspot.planning.plan import Coverage, Origin, Plan, Route, Step, UnseenGround
from blindspot.planning.relax import no_battery, no_view, too_late
from blindspot.planning.routing import expected_of, route_cost, route_steps, stops_of
from blindspot.planning.tours import GOAL_SHARE, tours
from blindspot.site.model import Site

Progress = Callable[[str, float], None]
Mask = NDArray[np.bool_]

BORDER_ROUNDS = 3
LOST_SHARE_COST = 20.0
"""Moving a border may cost ground: one percent of the blind ground is worth so many percent of the longest flight."""


def make_plan(
    mission: Mission, *, site: Site | None = None, progress: Progress | None = None, goal_share: float = GOAL_SHARE
) -> Plan:
    """A plan for the mission, over another town than its own if `site` is given, that sees `goal_share` of what can be
    seen; raises InputError for its files, PlanningError where no plan is possible."""
    tell: Progress = progress or (lambda stage, fraction: None)
    tell("fixed cameras", 0.0)
    ground = survey_ground(mission, site)
    tell("fixed cameras", 1.0)
    drones = drones_of(mission, ground)
    chooser = Chooser(mission, ground, drones, tell)
    squad, shots = _shared_out(mission, ground, drones, chooser)
    wanted, flown = tours(chooser, squad, shots, goal_share)
    if not wanted.any():
        raise no_view(mission, ground)
    routes = [_route(tour.patrol, tour.steps, ground.perimeter) for tour in flown if tour.steps]
    if not routes:
        raise no_battery(squad, shots)
    if (late := too_late(mission, routes)) is not None:
        raise late
    tell("what is left", 0.0)
    seen = np.logical_or.reduce([tour.seen for tour in flown])
    return _plan(mission, ground, tuple(routes), squad, seen, wanted)


def _shared_out(
    mission: Mission, ground: Ground, drones: tuple[Drone, ...], chooser: Chooser
) -> tuple[tuple[Patrol, ...], list[Shot]]:
    """Sectors and a first cover: borders are moved, by ever less, as long as that shortens the longest flight or
    regains ground that was lost between sectors."""
    candidates, targets = chooser.survey_sampled()

    def judged(weights: dict[str, float]) -> tuple[float, tuple[Patrol, ...], list[Shot]]:
        squad = patrols(drones, ground, mission.file.limits.separation_m, weights)
        shots = chooser.first_cover(squad, candidates, targets)
        longest_s = max(_time_s(p, [s for s in shots if s.drone == p.drone.name]) for p in squad)
        lost = 1.0 - float(chooser.seen(shots).sum()) / float(ground.spots.blind.sum())
        return longest_s * (1.0 + LOST_SHARE_COST * lost), squad, shots

    weights = {drone.name: 0.0 for drone in drones}
    best = judged(weights)
    step_m2 = spread_m2(drones) / 3.0
    for attempt in range(BORDER_ROUNDS if len(drones) > 1 else 0):
        chooser.tell("sectors", attempt / BORDER_ROUNDS)
        moved = False
        for name, change_m2 in product(list(weights)[1:], (step_m2, -step_m2)):  # only differences of weights matter
            trial = weights | {name: weights[name] + change_m2}
            try:
                result = judged(trial)
            except PlanningError:  # a pad would fall out of its sector
                continue
            if result[0] < best[0]:
                best, weights, moved = result, trial, True
        step_m2 = step_m2 if moved else step_m2 / 2.0
    return best[1], best[2]


def _time_s(patrol: Patrol, shots: list[Shot]) -> float:
    return route_cost(patrol, route_steps(patrol, stops_of(shots))).time_s


def _route(patrol: Patrol, steps: tuple[Step, ...], perimeter: Polygon) -> Route:
    drone = patrol.drone
    return Route(
        drone=drone.name,
        model=drone.model_name,
        pad=drone.pad,
        home=drone.home,
        takeoff_up_m=drone.up_m,
        steps=steps,
        failsafe=failsafe(drone.model, drone.speed_mps, round(drone.up_m - drone.home.up_m, 2), perimeter),
        expected=expected_of(patrol, steps, drone.model.energy.usable_wh()),
    )


def _plan(
    mission: Mission,
    ground: Ground,
    routes: tuple[Route, ...],
    squad: tuple[Patrol, ...],
    seen: Mask,
    wanted: Mask,
) -> Plan:
    site, spots = ground.site, ground.spots
    area_m2 = ground.field.grid.cell_area_m2
    reachable_m2, unseen = _rest(mission, ground, squad, seen, wanted)
    frame = site.frame
    corners = tuple((round(float(e), 3), round(float(n), 3)) for e, n in ground.perimeter.exterior.coords[:-1])
    draft = Plan(
        id="draft",
        mission=_short(mission.path),
        site=_short(mission.site_dir),
        origin=Origin(
            lat_deg=frame.lat_deg, lon_deg=frame.lon_deg, datum_amsl_m=frame.datum_amsl_m, geoid_m=frame.geoid_m
        ),
        seed=mission.file.seed,
        perimeter=corners,
        relief=ground.relief,
        band=mission.file.band,
        routes=routes,
        coverage=Coverage(
            cell_m=ground.field.grid.cell_m,
            pose_error_m=POSE_ERROR_M,
            public_area_m2=spots.public_area_m2,
            fixed_area_m2=spots.fixed_area_m2,
            blind_area_m2=spots.blind_area_m2,
            reachable_area_m2=float(seen.sum()) * area_m2 + reachable_m2,
            planned_area_m2=float(seen.sum()) * area_m2,
            unseen=unseen,
        ),
    )
    digest = hashlib.sha256(draft.to_json().encode()).hexdigest()[:8]
    return draft.model_copy(update={"id": f"{mission.path.stem}-{digest}"})


def _rest(
    mission: Mission, ground: Ground, squad: tuple[Patrol, ...], seen: Mask, wanted: Mask
) -> tuple[float, tuple[UnseenGround, ...]]:
    """(blind ground that is left though a legal view sees it, m2; all that is left, by cause)."""
    heights_m = {patrol.drone.model_name: patrol.drone.up_m for patrol in squad}
    left = np.flatnonzero(ground.spots.blind & ~seen)
    town = (ground.site, ground.perimeter, mission, heights_m)
    reachable = reach.reachable_cells(ground.field, left, *town)
    cause = np.full(len(left), reach.LEFT, dtype=object)
    cause[wanted.ravel()[left]] = reach.BATTERY
    cause[~reachable] = reach.why_unseen(ground.field, left[~reachable], *town)
    area_m2 = ground.field.grid.cell_area_m2
    causes = {name: float((cause == name).sum()) * area_m2 for name in sorted(set(cause))}
    return float(reachable.sum()) * area_m2, reach.unseen_ground(causes)


def _short(path: Path) -> str:
    """The path from its `config` folder on, so that a plan does not depend on where the repository lies."""
    parts = path.resolve().parts
    return "/".join(parts[parts.index("config") :]) if "config" in parts else str(path.resolve())
