"""The plans of an overwatch: one route, one view and one target each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from blindspot.mission import Mission, Plan, plan_figures
from blindspot.planning.drones.patrols import drones_of
from blindspot.planning.plan_parts import draft_of, named, rest_of, route_of
from blindspot.planning.posts.target_cells import Cells
from blindspot.planning.posts.watch_posts import posts_of
from blindspot.planning.reasons.relaxation import too_late
from blindspot.planning.views.target_ground import Ground

Progress = Callable[[str, float], None]


def make_posts(mission: Mission, ground: Ground, report: Progress) -> tuple[Plan, ...]:
    """A plan for each post of a mission, by target and then by drone.

    Raises the errors of `drones_of` and `posts_of`, and PlanningError for a post whose drone would land after the
    mission's window.
    """
    drones = drones_of(mission, ground)
    posts = posts_of(mission, ground, drones, report)
    report("unseen ground", 0.0)
    shape, cell_m2 = ground.spots.blind.shape, ground.field.grid.cell_area_m2
    seen, made = _flat(ground, *(post.blind for post in posts)), []
    rest = rest_of(mission, ground, drones, seen.reshape(shape), np.zeros(shape, dtype=bool))
    for number, post in enumerate(posts, 1):
        route = route_of(post.patrol, post.steps, post.fence)
        if (late := too_late(mission, (route,))) is not None:
            raise late
        watch = plan_figures.WatchedTarget(
            target=post.candidate.target, target_m2=len(post.target) * cell_m2, seen_m2=len(post.seen) * cell_m2,
            number=number, of=len(posts),
        )  # fmt: skip
        draft = draft_of(mission, ground, (route,), _flat(ground, post.blind), seen, rest, (None, None), None)
        made.append(named(mission, draft.model_copy(update={"watch": watch})))
    return tuple(made)


def _flat(ground: Ground, *some: Cells) -> NDArray[np.bool_]:
    """Flat mask of cells of the field."""
    mask = np.zeros(ground.spots.blind.size, dtype=bool)
    for cells in some:
        mask[cells] = True
    return mask
