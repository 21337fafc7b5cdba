"""The planner: views of the blind ground, and one route for each drone, safe on every failsafe path.

The drones get sectors for about the same busy time (`sharing.py`). Then each drone gets its covering
tour (`teams.py`, `tours.py`). If one battery is too small for it, the drone gets sorties with a battery each
(`sorties.py`), which are plans of their own. The same mission always gives the same plans.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from blindspot.core import PlanningError
from blindspot.mission import (
    Minutes,
    Mission,
    Plan,
    Route,
    Sortie,
    Step,
    ViewCounts,
    site_of,
)
from blindspot.planning.drones.patrols import drones_of
from blindspot.planning.fleet.blocks import Blocks
from blindspot.planning.fleet.finishing import Patience
from blindspot.planning.fleet.fleet_sorties import flown_together, is_beyond, seen_by
from blindspot.planning.fleet.fleet_tours import GOAL_SHARE, tours
from blindspot.planning.fleet.further_pads import Carrying, further_drones
from blindspot.planning.fleet.teams import Team, with_stops
from blindspot.planning.plan_parts import draft_of, named, rest_of, route_of
from blindspot.planning.reasons.idle import why_idle
from blindspot.planning.reasons.refusals import refuse_early
from blindspot.planning.reasons.relaxation import no_battery, no_view, too_late
from blindspot.planning.tours.battery_legs import FlownTour
from blindspot.planning.tours.other_orders import reordered
from blindspot.planning.tours.view_chooser import Chooser
from blindspot.planning.views.target_ground import Ground, survey_ground
from blindspot.planning.watch_plans import make_posts
from blindspot.site import Site

Progress = Callable[[str, float], None]
Mask = NDArray[np.bool_]


def make_plan(
    mission: Mission, *, site: Site | None = None, progress: Progress | None = None, goal_share: float = GOAL_SHARE
) -> Plan:
    """Make the plan of a mission; of several sorties the first.

    Parameters
    ----------
    mission, site, progress, goal_share
        See `make_sorties`.

    Returns
    -------
    Plan
        The plan with one route for each drone.

    Raises
    ------
    PlanningError, InputError
        See `make_sorties`.

    Example
    -------
    >>> plan = make_plan(load_mission(Path("config/missions/crossroads.yaml")))  # doctest: +SKIP
    >>> [route.drone for route in plan.routes]  # doctest: +SKIP
    ['drone1', 'drone2']
    """
    return make_sorties(mission, site=site, progress=progress, goal_share=goal_share)[0]


def make_sorties(
    mission: Mission, *, site: Site | None = None, progress: Progress | None = None, goal_share: float = GOAL_SHARE,
    patience: Patience | None = None,
) -> tuple[Plan, ...]:  # fmt: skip
    """Make the plans of a mission: one, or several sorties with battery swaps between them.

    Parameters
    ----------
    mission
        The mission with its drone models.
    site
        The town. Default: loaded from the mission's site folder.
    progress
        Called with the name of a stage and the finished share of the stage, 0..1.
    goal_share
        Share of the visible blind ground that the tours must see, 0..1.
    patience
        The time for the search of tours that need one battery each. The plan then depends on the machine. Default: a
        fixed number of moves, so that the same mission always gives the same plans.

    Returns
    -------
    tuple of Plan
        The plans in the order in which they are flown. Several if a drone with swaps needs them. The plans of an
        overwatch are its posts, one for each drone, by target and then by drone.

    Raises
    ------
    InputError
        A file of the mission is missing or wrong.
    PlanningError
        No plan is possible. The message names the cause and a remedy.

    Example
    -------
    >>> len(make_sorties(load_mission(Path("config/missions/crossroads.yaml"))))  # doctest: +SKIP
    1
    """
    if mission.file.kind == "dispatch":
        way = "make its atlas with: blindspot plan, and order a look with: blindspot dispatch"
        raise PlanningError(f"{mission.path}: a dispatch has no plan before a person names a place: {way}")
    report: Progress = progress or (lambda stage, fraction: None)
    ground = _ground_of(mission, site, report)
    if mission.file.kind == "overwatch":
        return make_posts(mission, ground, report)
    team = _team_of(mission, ground, report)
    wanted, flown = team.made(goal_share, patience)
    waves = flown_together(flown, mission.file.limits.separation_m, mission.file.further_pads)
    unborne = [shot for tour in flown for shot in tour.unborne]
    if not waves:
        raise no_battery(mission, team.squad, unborne) if unborne else no_view(mission, ground)
    report("unseen ground", 0.0)
    return _plans(mission, team, waves, wanted)


def make_variants(
    mission: Mission, count: int, *, site: Site | None = None, progress: Progress | None = None
) -> tuple[Plan, ...]:
    """Make several plans of one mission that see the same ground in other orders and at other times.

    Survey, views and sectors are common to all: see `tours/orders.py`. The first flies the tours as they were found.
    This first plan is the plan of `make_plan`, unless `make_plan` moves borders or lets one drone fly alone.

    Parameters
    ----------
    mission, site, progress
        See `make_sorties`.
    count
        Number of orders to try. A short tour has few; equal ones are left out.

    Returns
    -------
    tuple of Plan
        The plans. The seed of each is the mission's plus its number from 0 on.

    Raises
    ------
    PlanningError
        No plan is possible, or a tour needs more than one battery.
    InputError
        See `make_sorties`.

    Example
    -------
    >>> mission = load_mission(Path("config/missions/nantes_patrol.yaml"))  # doctest: +SKIP
    >>> [plan.seed for plan in make_variants(mission, 3)]  # doctest: +SKIP
    [1, 2, 3]
    """
    report: Progress = progress or (lambda stage, fraction: None)
    team = _team_of(mission, _ground_of(mission, site, report), report)
    chooser, squad = team.chooser, team.squad
    wanted, flown = team.clear(lambda team: tours(team.chooser, team.squad))
    if unborne := [shot for tour in flown for shot in tour.unborne]:
        raise no_battery(mission, squad, unborne)
    if not any(tour.steps for tour in flown):
        raise no_view(mission, chooser.ground)
    quiet = Chooser(mission, chooser.ground, chooser.drones, lambda stage, fraction: None, chooser.looked)
    plans: list[Plan] = []
    orders: list[list[tuple[Step, ...]]] = []
    for number in range(count):
        report("variants", number / count)
        file = mission.file.model_copy(update={"seed": mission.file.seed + number})
        ordered = [with_stops(quiet, reordered(quiet, tour, number, file.seed)) for tour in flown]
        if (steps := [tour.steps for tour in ordered]) not in orders:
            orders.append(steps)
            wave = [tour for tour in ordered if tour.steps]
            plans += _plans(replace(mission, file=file), team, [wave], wanted)
    return tuple(plans)


def _ground_of(mission: Mission, site: Site | None, report: Progress) -> Ground:
    """The ground of a mission that passes the early checks."""
    site = site or site_of(mission)
    refuse_early(mission, site)
    report("fixed cameras", 0.0)
    ground = survey_ground(mission, site)
    report("fixed cameras", 1.0)
    return ground


def _team_of(mission: Mission, ground: Ground, report: Progress) -> Team:
    """The drones in their sectors, with the views to choose from and the blocks of blind ground."""
    drones = drones_of(mission, ground)
    further = further_drones(mission, ground)
    return Team.of(Chooser(mission, ground, drones, report), Blocks.of(ground, drones), further=further)


def _plans(mission: Mission, team: Team, waves: Sequence[Sequence[FlownTour]], wanted: Mask) -> tuple[Plan, ...]:
    """A plan for each wave; raises PlanningError if one would land after the mission's window."""
    ground = team.chooser.ground
    timed = _timed(mission, ground, waves)
    seen = seen_by(ground, [tour for flown in timed for tour in flown.wave])
    drones = (*team.chooser.drones, *team.further)
    rest, made = rest_of(mission, ground, drones, seen.reshape(wanted.shape), wanted), []
    for number, flown in enumerate(timed, 1):
        sortie = None
        if len(timed) > 1:
            sortie = Sortie(number=number, of=len(timed), begins_s=flown.begins_s, flown_s=flown.flown_s)
        bounds = _view_counts(flown.wave), _minutes(flown.wave, flown.routes)
        own = seen_by(ground, flown.wave)
        plan = draft_of(mission, ground, flown.routes, own, seen, rest, bounds, sortie)
        flying = {route.drone for route in flown.routes}
        idle = why_idle(mission, ground, team.chooser.drones, flying) if sortie is None else {}
        made.append(named(mission, plan.model_copy(update={"idle": idle or None})))
    return tuple(made)


@dataclass(frozen=True, slots=True)
class _Timed:
    """The tours of a sortie with their routes, its begin after the mission's start, and the time flown before, s."""

    wave: Sequence[FlownTour]
    routes: tuple[Route, ...]
    begins_s: float
    flown_s: float


def _timed(mission: Mission, ground: Ground, waves: Sequence[Sequence[FlownTour]]) -> list[_Timed]:
    """The waves in time. Those beyond the drones' sectors, or from further pads alone, that would land too late are
    left out; raises PlanningError for others."""
    timed, crew, flown_s, landed_s = list[_Timed](), Carrying.of(mission, ground.site), 0.0, 0.0
    for wave in waves:
        routes = tuple(route_of(tour.patrol, tour.steps, ground.fence) for tour in wave)
        begins_s = max(landed_s, crew.ready_s(routes))
        if (late := too_late(mission, routes, begins_s)) is not None:
            if timed and _may_be_left(mission, wave, timed[0].wave):
                continue
            raise late
        timed.append(_Timed(wave, routes, round(begins_s, 1), flown_s))
        crew.land(routes, begins_s)
        lasts_s = max(route.expected.flight_time_s for route in routes)
        flown_s, landed_s = flown_s + lasts_s, begins_s + lasts_s + mission.file.swap_s
    return timed


def _may_be_left(mission: Mission, wave: Sequence[FlownTour], first: Sequence[FlownTour]) -> bool:
    """Whether a wave is flown only if time is left for it."""
    from_further = all(tour.patrol.drone.pad in mission.file.further_pads for tour in wave)
    return from_further or (is_beyond(wave) and not is_beyond(first))


def _view_counts(wave: Sequence[FlownTour]) -> ViewCounts | None:
    """Number of views and legs with its lower bound; None if a tour has none."""
    counts = [tour.looks for tour in wave if tour.looks is not None]
    if len(counts) < len(wave):
        return None
    return ViewCounts(planned=sum(one.planned for one in counts), least=sum(one.least for one in counts))


def _minutes(wave: Sequence[FlownTour], routes: Sequence[Route]) -> Minutes | None:
    """Flight time of the routes with its lower bound; None if a tour has no bound."""
    bounds_s = [tour.least_s for tour in wave if tour.least_s is not None]
    if len(bounds_s) < len(wave):
        return None
    planned_s = sum(route.expected.flight_time_s for route in routes)
    return Minutes(planned_s=round(planned_s, 1), least_s=sum(bounds_s))
