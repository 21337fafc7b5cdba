"""Makes the atlas of a dispatch: few views of each drone, each as a checked plan whose fence is the drone's sector."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from blindspot.core import PlanningError
from blindspot.coverage.sight import drone_view
from blindspot.mission import Mission, Plan, Step, View, timing
from blindspot.planning.airspace.sectors import sectors
from blindspot.planning.atlas.atlas_file import SOONEST, Atlas, AtlasSquare, AtlasView, SquareView, hashes_of
from blindspot.planning.atlas.lookouts import Lookouts, lookouts
from blindspot.planning.atlas.squares import Cells, Squares
from blindspot.planning.checker import Violation, check_plan
from blindspot.planning.drones.patrols import Drone, Patrol, drones_of, pad_gap_m
from blindspot.planning.plan_parts import draft_of, named, rest_of, route_of
from blindspot.planning.posts.own_sector import in_sector
from blindspot.planning.reasons.intrusion import intrusion_of, surroundings_of
from blindspot.planning.reasons.refusals import refuse_early
from blindspot.planning.reasons.unseen import causes_of
from blindspot.planning.tours.returns import needed_wh
from blindspot.planning.tours.routing import Stop, budget_wh, route_steps
from blindspot.planning.views import reachable as reach
from blindspot.planning.views.candidates import POSE_ERROR_M, lens_of
from blindspot.planning.views.target_ground import Ground, survey_ground
from blindspot.site import Site

MOST_VIEWS = 200
"""Most views of a drone."""
PREPARE_S, CAMERA_S = 12.0, 4.0
"""From the order to the take-off (judgement, uploads, pre-flight, arming), and until the camera of an arrived drone
looks, s."""
BEYOND_SECTOR = "only from beyond the border of the sector in which its drone may fly"

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class MadeAtlas:
    """An atlas with the plan of each view, in their order, the bytes of the ground of all views, and the breaches of
    the plans that the checker refused, which the atlas leaves out."""

    atlas: Atlas
    plans: tuple[Plan, ...]
    ground: bytes
    refused: tuple[Violation, ...]


@dataclass(frozen=True, slots=True)
class _Post:
    """A view of a drone: its steps, the fence, and the exact cells that it shows: of public ground, of blind ground."""

    patrol: Patrol
    fence: Polygon
    steps: tuple[Step, ...]
    public: Cells
    blind: Cells

    @property
    def view(self) -> View:
        return next(step for step in self.steps if isinstance(step, View))

    @property
    def looking_s(self) -> float:
        """Time from the order to the look, s."""
        drone, view = self.patrol.drone, self.view
        costs = timing.flight(drone.model, drone.home, drone.up_m, self.steps)
        arrived_s = costs[self.steps.index(view) + 1].time_s - view.dwell_s - timing.AIM_S
        return PREPARE_S + arrived_s + CAMERA_S


def make_atlas(mission: Mission, site: Site, report: Progress) -> MadeAtlas:
    """Make the atlas of a mission of the kind dispatch.

    Parameters
    ----------
    mission, site
        The mission and its town.
    report
        Called with the name of a stage and the finished share of the stage, 0..1.

    Returns
    -------
    MadeAtlas
        Views that together show each square of public ground that a legal view of a drone shows from its sector.

    Raises
    ------
    InputError
        A file of the mission is missing or wrong.
    PlanningError
        No drone can fly, the pads are too near to each other, or no view shows any public ground.
    """
    hashes = hashes_of(mission)
    refuse_early(mission, site)
    report("fixed cameras", 0.0)
    ground = survey_ground(mission, site)
    squares, drones = Squares.of(ground), drones_of(mission, ground)
    homes = {drone.name: drone.home_2d for drone in drones}
    areas = sectors(homes, dict.fromkeys(homes, 0.0), ground.perimeter.bounds, pad_gap_m(mission))
    posts = list[_Post]()
    for drone in drones:
        patrol, fence = in_sector(mission, ground, drone, areas[drone.name])
        found = lookouts(mission, ground, patrol, squares, partial(report, f"views of {drone.name}"))
        posts += _posts(mission, ground, patrol, fence, squares, found)
    if not posts:
        raise PlanningError(f"{mission.path}: no legal view from the pads shows public ground: move the pads")
    posts.sort(key=lambda post: post.looking_s)
    kept, plans, refused = _checked(mission, ground, drones, posts, report)
    numbers = Counter[str]()
    views = tuple(_view(post, plan, numbers) for post, plan in zip(kept, plans, strict=True))
    listed, content = _squares(mission, ground, drones, squares, kept, report), ground.spots.masks.to_bytes()
    atlas = Atlas(
        schema="blindspot.atlas/2", mission_sha256=hashes[0], authorisation_sha256=hashes[1],
        ground_sha256=hashlib.sha256(content).hexdigest(), views=views, squares=listed,
    )  # fmt: skip
    return MadeAtlas(atlas, plans, content, refused)


def _posts(
    mission: Mission, ground: Ground, patrol: Patrol, fence: Polygon, squares: Squares, found: Lookouts
) -> list[_Post]:
    """At most `MOST_VIEWS` posts of a drone: a view that the battery forbids makes room for others."""
    wanted, allowed = np.ones(len(squares), dtype=bool), np.ones(len(found), dtype=bool)
    posts = list[_Post]()
    while len(posts) < MOST_VIEWS and (views := found.chosen(wanted, allowed)):
        for view in views[: MOST_VIEWS - len(posts)]:
            allowed[view] = False
            if (post := _post(mission, ground, patrol, fence, found, view)) is not None:
                wanted[found.squares_of(view)] = False
                posts.append(post)
    return posts


def _post(
    mission: Mission, ground: Ground, patrol: Patrol, fence: Polygon, found: Lookouts, number: int
) -> _Post | None:
    """The post at a view; None if the battery is too small for the way, the look and the way home, or if a surface in
    the picture lies over the cap: the search tests the cap with fewer lines of sight."""
    drone, at, aim = patrol.drone, found.at[int(found.place[number])], found.aims[int(found.aim[number])]
    steps = tuple(
        step.model_copy(update={"dwell_s": max(step.dwell_s, mission.file.look_s)}) if isinstance(step, View) else step
        for step in route_steps(patrol, [Stop(at, (aim,))])
    )
    if needed_wh(patrol, steps) > budget_wh(drone.model):
        return None
    picture = drone_view(
        ground.field, lens_of(drone.model), *at, drone.up_m, aim.heading_deg, aim.pitch_deg, mission.file.band,
        among=ground.spots.public, uncertainty_m=POSE_ERROR_M,
    )  # fmt: skip
    if picture.max_px_per_m > mission.file.band.max_px_per_m:
        return None
    public = np.asarray(picture.cells, dtype=np.int64)
    return _Post(patrol, fence, steps, public, public[ground.spots.blind.ravel()[public]])


def _checked(
    mission: Mission, ground: Ground, drones: Sequence[Drone], posts: Sequence[_Post], report: Progress
) -> tuple[list[_Post], tuple[Plan, ...], tuple[Violation, ...]]:
    """(posts whose plans the checker passes, their plans, the breaches of the other plans)."""
    report("unseen ground", 0.0)
    shape = ground.spots.blind.shape
    seen = _flat(ground, *(post.blind for post in posts))
    rest = rest_of(mission, ground, drones, seen.reshape(shape), np.zeros(shape, dtype=bool))
    around = surroundings_of(ground.perimeter, mission, ground.site)
    kept, plans, refused = list[_Post](), list[Plan](), list[Violation]()
    for number, post in enumerate(posts):
        report("checks", number / len(posts))
        route = route_of(post.patrol, post.steps, post.fence)
        draft = draft_of(mission, ground, (route,), _flat(ground, post.blind), seen, rest, (None, None), None)
        plan = named(mission, draft.model_copy(update={"intrusion": intrusion_of(draft, mission, around)}))
        if broken := check_plan(plan, mission, ground.site, ground.spots):
            refused += broken
        else:
            kept.append(post)
            plans.append(plan)
    return kept, tuple(plans), tuple(refused)


def _view(post: _Post, plan: Plan, numbers: Counter[str]) -> AtlasView:
    drone, view = post.patrol.drone, post.view
    numbers[drone.name] += 1
    name = f"{drone.name}-{numbers[drone.name]:03d}"
    return AtlasView(
        id=name, drone=drone.name, pad=drone.pad, file=f"{name}.json",
        sha256=hashlib.sha256(plan.to_json().encode()).hexdigest(), at=view.to, aim=view.aim,
        looking_s=round(post.looking_s, 1),
    )  # fmt: skip


def _squares(
    mission: Mission, ground: Ground, drones: Sequence[Drone], squares: Squares, posts: Sequence[_Post],
    report: Progress,
) -> tuple[AtlasSquare, ...]:  # fmt: skip
    """Each square with its soonest views, or with the reason why none shows it. `posts` begin with the soonest."""
    report("reasons", 0.0)
    own: list[list[SquareView]] = [[] for _ in range(len(squares))]
    least = squares.least_shares
    for number, post in enumerate(posts):
        for square, share in zip(*squares.shares(ground, post.public), strict=True):
            if len(own[square]) < SOONEST and share >= least[square]:
                own[square].append(SquareView(view=number, share=min(1.0, round(float(share), 3))))
    has_view = np.array([bool(views) for views in own])
    reasons = _reasons(mission, ground, drones, squares, ~has_view)
    seen = squares.number[has_view]
    count = np.bincount(squares.square_of)
    ground_m = np.bincount(squares.square_of, ground.field.ground_m.ravel()[squares.cells]) / count
    streets, listed = squares.streets(ground), []
    for square, views in enumerate(own):
        away = ((seen - squares.number[square]) ** 2).sum(axis=1)
        nearest = None if views else _number(seen[int(away.argmin())])
        listed.append(
            AtlasSquare(
                at=_number(squares.number[square]), ground_m=round(float(ground_m[square]), 2),
                public_m2=round(float(squares.area_m2[square]), 2), streets=streets[square], views=tuple(views),
                reason=reasons.get(square, ""), nearest=nearest,
            )
        )  # fmt: skip
    return tuple(listed)


def _reasons(
    mission: Mission, ground: Ground, drones: Sequence[Drone], squares: Squares, unseen: NDArray[np.bool_]
) -> dict[int, str]:
    """The most frequent cause of each square without a view."""
    mine = unseen[squares.square_of]
    if not mine.any():
        return {}
    causes = causes_of(mission, ground, squares.cells[mine], drones)
    votes: dict[int, Counter[str]] = {}
    for square, cause in zip(squares.square_of[mine].tolist(), causes, strict=True):
        votes.setdefault(square, Counter())[str(cause)] += 1
    found = {square: own.most_common(1)[0][0] for square, own in votes.items()}
    return {square: BEYOND_SECTOR if cause == reach.LEFT else cause for square, cause in found.items()}


def _number(square: NDArray[np.int64]) -> tuple[int, int]:
    return int(square[0]), int(square[1])


def _flat(ground: Ground, *some: Cells) -> NDArray[np.bool_]:
    """Flat mask of cells of the field."""
    mask = np.zeros(ground.spots.blind.size, dtype=bool)
    for cells in some:
        mask[cells] = True
    return mask
