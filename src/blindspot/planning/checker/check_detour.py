"""The ground station's judgement of an inspection: the plan checker's rules, on the line to the point and back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from blindspot.coverage.ground import BlindSpots
from blindspot.mission import Mission, Plan
from blindspot.mission.in_flight import Detour
from blindspot.planning.checker.check import check_part
from blindspot.planning.checker.check_track import track_of_way
from blindspot.site import Site


def detour_problem(plan: Plan, mission: Mission, site: Site, detour: Detour, ground: BlindSpots | None = None) -> str:
    """Judge an inspection beside a route.

    Parameters
    ----------
    plan, mission, site
        The plan in flight, the mission and the town.
    detour
        The straight way from the route to the point of inspection and back, in m ENU.
    ground
        See `check_plan`.

    Returns
    -------
    str
        The first broken rule in one sentence; empty if the detour may be flown.
    """
    route = plan.route_of(detour.drone)
    if route is None:
        return f"the plan has no route for {detour.drone}"
    way = route.model_copy(update={"steps": detour.steps})
    track = track_of_way(detour.start, detour.steps, mission.model_of(detour.drone))
    track = replace(track, step=np.maximum(track.step, 0))  # it starts in the air: -1 would mean a take-off
    found = check_part(plan, mission, site, detour.drone, way, track, ground)
    return str(found[0]) if found else ""
