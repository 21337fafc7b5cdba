"""The checker's rule about the post of an overwatch: one view, whose picture shows the share of the target."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray

from blindspot.core import plain_text
from blindspot.coverage.ground import BlindSpots
from blindspot.mission import Leg, Mission, Plan, View, priorities, rounding
from blindspot.planning.checker.check_flight import Violation
from blindspot.planning.checker.check_seen import DENSITY_CELL_M, POSE_ERROR_M, look
from blindspot.site import Site


def breaches(plan: Plan, mission: Mission, site: Site, spots: BlindSpots) -> Iterator[Violation]:
    """The plan of an overwatch is one post that shows the asked share of all public ground of its target, and states
    both areas. No other plan has a target. `spots` is the ground of the plan's perimeter."""
    is_watch = mission.file.kind == "overwatch"
    if plan.watch is None:
        if is_watch:
            yield _breach(plan, "the mission is an overwatch, and the plan names no target")
        return
    area = priorities.target_areas(mission, site).get(plan.watch.target)
    if not is_watch or area is None:
        yield _breach(plan, f"the mission has no target {plan.watch.target}")
        return
    steps = [step for route in plan.routes for step in route.steps if isinstance(step, View | Leg)]
    if len(plan.routes) != 1 or len(steps) != 1 or not isinstance(steps[0], View):
        yield _breach(plan, f"a post is one view of one drone, and the plan has {len(steps)} views and legs")
        return
    if plan.coverage.cell_m > DENSITY_CELL_M:
        detail = f"is counted on cells of {plan.coverage.cell_m:g} m, at most {DENSITY_CELL_M:g} m are allowed"
        yield _breach(plan, f"{plan.watch.target} {detail}")
        return
    yield from _counted(plan, mission, spots, _public_in(area, spots), steps[0])


def _counted(
    plan: Plan, mission: Mission, spots: BlindSpots, target: NDArray[np.bool_], post: View
) -> Iterator[Violation]:
    """Breaches of the share, and of the plan's figures, against a count of the target's cells."""
    watch, model, cell_m = plan.watch, mission.model_of(plan.routes[0].drone), spots.field.grid.cell_m
    assert watch is not None
    seen = np.zeros_like(target)
    seen.flat[look(spots.field, model, post.to, post.aim, plan, target, error_m=POSE_ERROR_M).cells] = True
    least = mission.file.share or 1.0
    share = float(seen.sum()) / float(target.sum()) if target.any() else 0.0
    if share < least:
        shown = plain_text.beside(100.0 * share, 100.0 * least)
        yield _breach(plan, f"{post.id} shows {shown} % of {watch.target}, {100.0 * least:g} % are needed", post)
    for name, stated_m2, mask in (("target_m2", watch.target_m2, target), ("seen_m2", watch.seen_m2, seen)):
        counted_m2 = float(mask.sum()) * spots.field.grid.cell_area_m2
        if abs(stated_m2 - counted_m2) > rounding.area_within_m2(mask, cell_m):
            yield _breach(plan, f"{name} is claimed as {stated_m2:.0f}, counted {counted_m2:.0f}", post)


def _public_in(area: shapely.Geometry, spots: BlindSpots) -> NDArray[np.bool_]:
    """Public cells whose centre lies in an area, shaped as the grid."""
    rows, cols = np.nonzero(spots.public)
    grid, inside = spots.field.grid, np.zeros_like(spots.public)
    east_m = grid.east_min_m + (cols + 0.5) * grid.cell_m
    north_m = grid.north_min_m + (rows + 0.5) * grid.cell_m
    inside[rows, cols] = shapely.contains_xy(area, east_m, north_m)
    return inside


def _breach(plan: Plan, detail: str, post: View | None = None) -> Violation:
    drone = plan.routes[0].drone if len(plan.routes) == 1 else ""
    return Violation("target", drone, None if post is None else post.to, None, detail)
