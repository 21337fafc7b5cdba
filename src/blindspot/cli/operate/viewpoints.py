"""The nearest place from which a drone may look at a point, by the rules of the plan checker."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, dist, hypot, radians, sin, tan

import numpy as np
from shapely.geometry import LineString, Point as Place, Polygon
from shapely.ops import nearest_points

from blindspot.core import InputError, PlanningError
from blindspot.flight.control import AIMED_WITHIN_S, REACH_M, SPEED_MPS
from blindspot.mission import Aim, DroneModel, Limits, Mission, Plan, Point
from blindspot.mission.in_flight import Detour
from blindspot.planning.checker import detour_problem
from blindspot.site import Site

UP_STEPS_M = (0.0, -10.0, 10.0, -20.0, 20.0, -30.0)
"""Heights to try, from the drone's own."""
PITCH_STEP_DEG = 10.0
BEARINGS_DEG = tuple(range(0, 360, 15))
SEARCH_LIMIT_S = 20.0
"""Wall time of the search: the drone flies on meanwhile."""
LOOKED_AT_M = 1.0
"""Height of the looked-at point above its ground, m."""


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """A place (m ENU, height above the site's datum) and the camera's aim."""

    at: Point
    aim: Aim


def ground_at(site: Site, east_m: float, north_m: float) -> Point:
    """A point of the ground, m ENU."""
    up_m = float(site.terrain.heights_m(np.array([east_m]), np.array([north_m]))[0])
    return Point(east_m=east_m, north_m=north_m, up_m=up_m)


def on_street(site: Site, name: str, perimeter: Polygon, near: Point) -> Point:
    """The point of a street or public square nearest to a place, inside the perimeter if the street leads there.

    Names are compared without case. Raises InputError for an unknown name.
    """
    named = [(road.name or road.id, road.axis) for road in site.roads if road.is_public]
    named += [(square.name, square.polygon) for square in site.zones_of("public")]
    wanted = name.casefold().strip()
    found = [shape for known, shape in named if known.casefold() == wanted]
    if not found:
        like = sorted({known for known, _ in named if wanted and wanted in known.casefold()})[:5]
        fix = f"there are {', '.join(like)}" if like else "take a name from the plan's list of unseen ground"
        raise InputError("blindspot inspect", "--street", f"{name} is no street of this site", fix)
    inside = [part for part in (shape.intersection(perimeter) for shape in found) if not part.is_empty]
    here = Place(near.east_m, near.north_m)
    nearest = min((nearest_points(shape, here)[0] for shape in inside or found), key=here.distance)
    return ground_at(site, nearest.x, nearest.y)


def viewpoint_for(
    target: Point, start: Point, drone: str, plan: Plan, mission: Mission, site: Site, seconds: float
) -> Viewpoint:  # fmt: skip
    """The allowed viewpoint that is nearest to the drone, which is at `start`, for a look of so many seconds at
    `target`, a point of the ground (m ENU).

    Raises PlanningError if none is allowed; the message names the rule that the nearest one breaks.
    """
    deadline_s, first = time.monotonic() + SEARCH_LIMIT_S, ""
    around = around_target(target, start, mission.file.limits, mission.model_of(drone))
    for view in sorted(around, key=lambda view: _metres(view.at, start)):
        if _metres(view.at, start) > REACH_M or time.monotonic() > deadline_s:
            break
        detour = Detour(drone, start, view.at, view.aim, seconds + AIMED_WITHIN_S, SPEED_MPS)
        problem = "a building hides the point" if is_hidden(site, view.at, target) else ""
        problem = problem or detour_problem(plan, mission, site, detour)
        if not problem:
            return view
        first = first or problem
    why = f"the nearest: {first}" if first else f"the point is too far away, {REACH_M:g} m are allowed"
    raise PlanningError(f"{drone} has no allowed viewpoint for this point ({why})")


def around_target(target: Point, start: Point, limits: Limits, model: DroneModel) -> Iterator[Viewpoint]:
    """Viewpoints on rings around a point, at the drone's height and near it, within the mission's limits."""
    lowest_deg = max(limits.min_pitch_deg, model.camera.gimbal_min_pitch_deg)
    highest_deg = min(limits.max_pitch_deg, model.camera.gimbal_max_pitch_deg)
    pitches_deg = {lowest_deg, highest_deg, *np.arange(lowest_deg, highest_deg, PITCH_STEP_DEG).tolist()}
    low_m, high_m = (target.up_m + above_m for above_m in limits.planned_up_m)
    heights_m = {min(max(start.up_m + step_m, low_m), high_m) for step_m in UP_STEPS_M}
    for up_m in heights_m:
        for pitch_deg in pitches_deg:
            away_m = (up_m - target.up_m) / tan(radians(-pitch_deg)) if pitch_deg > -89.9 else 0.0
            for heading_deg in BEARINGS_DEG if away_m > 0.0 else (0,):
                heading = radians(heading_deg)
                at = Point(
                    east_m=target.east_m - away_m * sin(heading), north_m=target.north_m - away_m * cos(heading),
                    up_m=up_m,
                )  # fmt: skip
                yield Viewpoint(at, Aim(heading_deg=float(heading_deg), pitch_deg=float(pitch_deg)))


def is_hidden(site: Site, eye: Point, target: Point) -> bool:
    """Whether a solid of the town stands between the eye and the point. The ground itself counts as flat."""
    line = LineString([(eye.east_m, eye.north_m), (target.east_m, target.north_m)])
    flat_m = hypot(eye.east_m - target.east_m, eye.north_m - target.north_m)
    if flat_m < LOOKED_AT_M:
        return False
    for solid in site.solids:
        crossing = solid.footprint.intersection(line)
        if crossing.is_empty:
            continue
        to_target_m = crossing.distance(Place(target.east_m, target.north_m))  # the ray is lowest there
        low_m = target.up_m + LOOKED_AT_M
        if low_m + (eye.up_m - low_m) * to_target_m / flat_m < solid.highest_m:
            return True
    return False


def _metres(one: Point, other: Point) -> float:
    return dist((one.east_m, one.north_m, one.up_m), (other.east_m, other.north_m, other.up_m))
