"""When a plan sees each place, by the plan's own times."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from blindspot.camera import Lens
from blindspot.coverage.ground import BlindSpots
from blindspot.coverage.sight import drone_view
from blindspot.mission import DroneModel, Leg, Mission, Plan, Point, Route, View
from blindspot.mission.in_flight import moments
from blindspot.operations.patrols.sights import Seconds, SightLog, Sights
from blindspot.planning.checker import seen_by_step

EVERY_M = 3.0
"""Distance between two views on a leg, m; at most half a second of flight."""
IN_SIGHT_S = 1.0
"""A cell counts as seen on a leg after it has been in sight for so long."""


def sights_of(plan: Plan, mission: Mission, spots: BlindSpots) -> Sights:
    """The views of a plan at the blind cells of its ground.

    A view counts at the end of its stay: the camera is at rest then in any case. On a leg each cell has its own times,
    by the drone's position.
    """
    views: list[tuple[float, Seconds, NDArray[np.integer]]] = []
    flights = {route.drone: moments(mission.model_of(route.drone), route) for route in plan.routes}
    for route, number, cells in seen_by_step(plan, mission, spots):
        step, flight = route.steps[number], flights[route.drone]
        end_s = max(moment.time_s for moment in flight if moment.step == number)
        begin_s = max(moment.time_s for moment in flight if moment.step < number)
        if isinstance(step, View):
            views.append((end_s, np.full(len(cells), end_s, np.float32), cells))
        elif isinstance(step, Leg) and len(cells):
            first_s, last_s = _along(plan, mission.model_of(route.drone), route, number, (begin_s, end_s), cells, spots)
            views += [(begin_s, first_s, cells), (end_s, last_s, cells)]
    log = SightLog(spots.blind.size)
    for _, time_s, cells in sorted(views, key=lambda view: view[0]):
        log.look(time_s, cells)
    return log.sights()


def _along(
    plan: Plan, model: DroneModel, route: Route, number: int, between_s: tuple[float, float],
    cells: NDArray[np.integer], spots: BlindSpots,
) -> tuple[Seconds, Seconds]:  # fmt: skip
    """(first, last) time at which each of the cells is in sight on a leg, s."""
    leg, start = route.steps[number], route.steps[number - 1].to if number else route.start
    assert isinstance(leg, Leg)
    camera = model.camera
    lens = Lens(camera.hfov_deg, camera.width_px, camera.height_px)
    length_m = float(np.hypot(leg.to.east_m - start.east_m, leg.to.north_m - start.north_m))
    first_s, last_s = np.full((2, spots.blind.size), np.nan, np.float32)
    for share in np.linspace(0.0, 1.0, int(np.ceil(length_m / EVERY_M)) + 1):
        at, time_s = _between(start, leg.to, float(share)), between_s[0] + float(share) * (between_s[1] - between_s[0])
        view = drone_view(
            spots.field, lens, at.east_m, at.north_m, at.up_m, leg.aim.heading_deg, leg.aim.pitch_deg, plan.band,
            among=spots.blind, uncertainty_m=plan.coverage.pose_error_m,
        )  # fmt: skip
        first_s[view.cells] = np.fmin(first_s[view.cells], time_s + IN_SIGHT_S)
        last_s[view.cells] = time_s
    first_s, last_s = first_s[cells], last_s[cells]
    missed = np.isnan(first_s)  # between two of these views
    first_s[missed], last_s[missed] = between_s[1], between_s[0]
    return np.minimum(first_s, between_s[1]), np.maximum(last_s, first_s - IN_SIGHT_S)


def _between(start: Point, end: Point, share: float) -> Point:
    return Point(**{axis: (1.0 - share) * getattr(start, axis) + share * at for axis, at in end})
