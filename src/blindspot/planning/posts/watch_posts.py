"""The posts of an overwatch, one for each drone.

A post is one view of the target, as high as the band and the limits allow, and the drone stays there as long as its
battery lets it. The fence of the route is the drone's own sector inside the perimeter, so that the turns of several
drones are cleared, flown and lost one by one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from shapely.geometry import Polygon

from blindspot.core import PlanningError, plain_text
from blindspot.mission import Mission, Step, View
from blindspot.planning.airspace.air import CELL_M, fence_margin_m
from blindspot.planning.airspace.paths import ways_from
from blindspot.planning.airspace.sectors import sectors
from blindspot.planning.drones.patrols import Drone, Patrol, pad_gap_m
from blindspot.planning.posts.choice import Candidate, choose
from blindspot.planning.posts.own_sector import in_sector
from blindspot.planning.posts.target_cells import Cells, target_cells
from blindspot.planning.posts.target_views import (
    ALMOST,
    TargetView,
    best_views,
    rectangle_m,
    seen_from,
    share_seen,
)
from blindspot.planning.reasons.relaxation import LONGER
from blindspot.planning.tours.returns import needed_wh
from blindspot.planning.tours.routing import Stop, budget_wh, route_cost, route_steps
from blindspot.planning.views.candidates import Fineness, pictures, positions
from blindspot.planning.views.target_ground import Ground

PLACES = Fineness(2.0, 0, 0.0)
MOST_CANDIDATES = 120
"""Most candidates of a drone for a target; of more, one of each block stays, the nearest."""
LONGEST_S = 3600.0
"""Longest time on post, s, that a plan file and an item of the autopilot may state."""
BEGINS_WITH = 0.98
"""Charge with which a post is planned to begin, as a share of a full battery. A pack reads 98 to 99 % some minutes
after its charger, and a post that needs every percent would be refused on its pad."""
ROUNDS = 40
"""Choices of posts that are tried: a candidate that its sector bars is left out of the next choice."""
SHARE_STEP = 0.05
"""Step of the share for which posts are searched, once none exist for the asked share."""

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Post:
    """A drone in its sector with its steps, the cells of its target, and the seen cells of the target and of blind
    ground."""

    patrol: Patrol
    fence: Polygon
    candidate: Candidate
    steps: tuple[Step, ...]
    target: Cells
    seen: Cells
    blind: Cells


def posts_of(mission: Mission, ground: Ground, drones: Sequence[Drone], report: Progress) -> list[Post]:
    """The posts of the drones of a mission, by target and then by drone.

    Raises
    ------
    InputError
        A target has no public ground.
    PlanningError
        No picture shows the share of a target, no sectors keep the posts apart, or a battery is too small. The message
        names the value that would do.
    """
    cells = target_cells(mission, ground)
    candidates = _candidates(mission, ground, drones, cells, report)
    chosen = _chosen(mission, ground, drones, cells, candidates)
    order = {target.name: number for number, target in enumerate(mission.file.targets)}
    return sorted(chosen, key=lambda post: order[post.candidate.target])


def _candidates(
    mission: Mission, ground: Ground, drones: Sequence[Drone], cells: Mapping[str, Cells], report: Progress
) -> list[Candidate]:
    """Every view of a target from every place in reach of a drone; raises PlanningError for a target whose share no
    picture shows."""
    found, asked = list[Candidate](), mission.file.share or 1.0
    reached = {drone.name: ways_from(drone.air, drone.home_2d).distance_m for drone in drones}
    for number, (target, own) in enumerate(cells.items()):
        report("views of the targets", number / len(cells))
        of_target = list[tuple[Drone, TargetView]]()
        for alike in _by_model(drones):
            open_cells = np.logical_or.reduce([drone.air.open & np.isfinite(reached[drone.name]) for drone in alike])
            air = replace(alike[0].air, open=open_cells)
            places = positions(air, open_cells, PLACES)
            for view in best_views(mission, ground, alike[0].model, alike[0].up_m, places, own):
                cell = air.grid.index(*view.at)
                for drone in alike:
                    if cell is not None and drone.air.open[cell] and np.isfinite(way_m := reached[drone.name][cell]):
                        of_target.append((drone, view))
                        found.append(Candidate(drone.name, target, view, float(way_m)))
        _refuse_small_picture(mission, ground, target, asked, of_target, own)
    return found


def _by_model(drones: Sequence[Drone]) -> list[list[Drone]]:
    """The drones, by model."""
    return [
        [drone for drone in drones if drone.model_name == name]
        for name in dict.fromkeys(drone.model_name for drone in drones)
    ]


def _refuse_small_picture(
    mission: Mission, ground: Ground, target: str, asked: float, views: Sequence[tuple[Drone, TargetView]], own: Cells
) -> None:
    """Raise PlanningError if no view shows the asked share, with the largest share and the size of its picture."""
    if any(view.share >= asked for _, view in views):
        return
    counted = [
        (share_seen(mission, ground, drone.model, drone.up_m, view, own)[0], drone, view)
        for drone, view in sorted(views, key=lambda one: -one[1].share)[:8]
    ]
    if not counted:
        raise PlanningError(
            f"{mission.path}: targets: no legal view shows any public ground of {target}: move the target, add a pad"
            " near it, or allow other limits of height and pitch"
        )
    share, drone, view = max(counted, key=lambda one: one[0])
    if share >= asked:
        return
    ground_m = float(np.mean(ground.field.ground_m.ravel()[own]))
    wide_m, long_m = rectangle_m(
        drone.model, pictures(drone.model, mission.file.band)[0], drone.up_m - ground_m, view.aim.pitch_deg
    )
    raise PlanningError(
        f"{mission.path}: targets: no picture shows {plain_text.percent(asked)} of {target}: the best one shows"
        f" {plain_text.percent(math.floor(100 * share) / 100)}, and a rectangle of {wide_m:.0f} m x {long_m:.0f} m"
        f" fits into it: draw {target} that small, make two targets of it, or lower share to at most"
        f" {math.floor(100 * share) / 100:g}"
    )


def _chosen(
    mission: Mission, ground: Ground, drones: Sequence[Drone], cells: Mapping[str, Cells],
    candidates: Sequence[Candidate],
) -> list[Post]:  # fmt: skip
    """The posts; raises PlanningError if no sectors keep posts with the asked share apart."""
    asked = mission.file.share or 1.0
    if posts := _apart(mission, ground, drones, cells, candidates, asked):
        return posts
    gap_m = _post_gap_m(mission, drones)
    remedy = "put the pads on opposite sides of the targets, or add pads there"
    lower = round(asked - SHARE_STEP, 2)
    while lower > 0.0:
        if _apart(mission, ground, drones, cells, candidates, lower):
            remedy = f"lower share to {lower:g}, or {remedy}"
            break
        lower = round(lower - SHARE_STEP, 2)
    raise PlanningError(
        f"{mission.path}: targets: no two posts in sectors of their own, {gap_m:.0f} m apart, both show"
        f" {plain_text.percent(asked)} of each target: {remedy}"
    )


def _apart(
    mission: Mission, ground: Ground, drones: Sequence[Drone], cells: Mapping[str, Cells],
    candidates: Sequence[Candidate], share: float,
) -> list[Post]:  # fmt: skip
    """Posts with this share in sectors of their own, in the order of the fleet; empty if none are found."""
    kept = _thinned([one for one in candidates if one.view.share >= share - ALMOST])
    pads = {drone.name: drone.home_2d for drone in drones}
    for _ in range(ROUNDS):
        choice = choose(kept, pads, list(cells), _post_gap_m(mission, drones))
        if choice is None:
            return []
        taken, weights_m2 = choice
        areas = sectors(pads, weights_m2, ground.perimeter.bounds, pad_gap_m(mission))
        posts = {
            drone.name: _post(mission, ground, drone, taken[drone.name], areas[drone.name], cells, share)
            for drone in drones
            if drone.name in taken
        }
        barred = {id(taken[name]) for name, post in posts.items() if post is None}
        if not barred:
            return [post for post in posts.values() if post is not None]
        kept = [one for one in kept if id(one) not in barred]
    return []


def _post_gap_m(mission: Mission, drones: Sequence[Drone]) -> float:
    """Distance between the posts of two drones across their border, m: that of the sectors, the braking distance from
    both fences, and whole cells of the air."""
    margin_m = max(fence_margin_m(drone.model, mission.file.limits) for drone in drones)
    return pad_gap_m(mission) + 2.0 * (margin_m + CELL_M)


def _thinned(candidates: Sequence[Candidate]) -> list[Candidate]:
    """At most `MOST_CANDIDATES` of each drone and target: the nearest of each block."""
    kept = list[Candidate]()
    for key in dict.fromkeys((one.drone, one.target) for one in candidates):
        own = sorted((one for one in candidates if (one.drone, one.target) == key), key=lambda one: one.way_m)
        block_m = 1.0
        while len(own) > MOST_CANDIDATES:
            block_m *= 1.5
            nearest = dict[tuple[int, int], Candidate]()
            for one in own:
                nearest.setdefault((int(one.view.at[0] // block_m), int(one.view.at[1] // block_m)), one)
            own = list(nearest.values())
        kept += own
    return kept


def _post(
    mission: Mission, ground: Ground, drone: Drone, one: Candidate, sector: Polygon, cells: Mapping[str, Cells],
    share: float,
) -> Post | None:  # fmt: skip
    """The post of a candidate in a sector; None if the sector bars the place, or if all cells show a smaller share."""
    try:
        patrol, fence = in_sector(mission, ground, drone, sector)
    except PlanningError:  # the pad is too near to the border for this model
        return None
    own = patrol.drone
    cell = own.air.grid.index(*one.view.at)
    if cell is None or not patrol.reachable[cell]:
        return None
    found, seen = share_seen(mission, ground, own.model, own.up_m, one.view, cells[one.target])
    if found < share:
        return None
    steps = _longest(mission, patrol, route_steps(patrol, [Stop(one.view.at, (one.view.aim,))]))
    blind = seen_from(mission, ground, own.model, own.up_m, one.view, ground.spots.blind)
    return Post(patrol, fence, one, steps, cells[one.target], seen, blind)


def _longest(mission: Mission, patrol: Patrol, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps with the longest stay at the view that the window and `BEGINS_WITH` of the battery allow, in whole
    seconds."""
    model, name = patrol.drone.model, patrol.drone.name
    spare_wh = budget_wh(model, BEGINS_WITH * model.energy.usable_wh()) - needed_wh(patrol, steps)
    if spare_wh < 0.0:
        raise PlanningError(
            f"the battery of {name} lacks {-spare_wh:.1f} Wh for a post and the way home: put its pad nearer to the"
            " target, or give it a larger battery"
        )
    view = next(step for step in steps if isinstance(step, View))
    spare_s = min(
        3600.0 * spare_wh / model.energy.hover_w,
        mission.file.window_s / (1.0 + LONGER) - route_cost(patrol, steps).time_s,
    )
    stay_s = max(view.dwell_s, float(math.floor(min(LONGEST_S, view.dwell_s + spare_s))))
    longer = view.model_copy(update={"dwell_s": stay_s})
    return tuple(longer if step is view else step for step in steps)
