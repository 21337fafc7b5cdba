"""The parts of a plan file: a route of steps, the figures of the ground, and the plan's name."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from blindspot.core import file_name
from blindspot.mission import (
    Coverage,
    Minutes,
    Mission,
    Origin,
    Plan,
    Route,
    Sortie,
    Step,
    ViewCounts,
    failsafe_settings,
    rounding,
)
from blindspot.planning.drones.patrols import Drone, Patrol
from blindspot.planning.reasons.unseen import causes_of
from blindspot.planning.tours.routing import expected_of
from blindspot.planning.views import reachable as reach
from blindspot.planning.views.candidates import POSE_ERROR_M
from blindspot.planning.views.target_ground import Ground

Mask = NDArray[np.bool_]


def route_of(patrol: Patrol, steps: tuple[Step, ...], fence: Polygon) -> Route:
    drone = patrol.drone
    above_home_m = rounding.height_below(drone.up_m - drone.home.up_m, -drone.home.up_m, drone.up_m)
    return Route(
        drone=drone.name,
        model=drone.model_name,
        pad=drone.pad,
        home=drone.home,
        takeoff_up_m=drone.up_m,
        steps=steps,
        failsafe=failsafe_settings.failsafe(drone.model, drone.speed_mps, above_home_m, fence, drone.rtl_type),
        expected=expected_of(patrol, steps, drone.model.energy.usable_wh()),
    )


def draft_of(
    mission: Mission, ground: Ground, routes: tuple[Route, ...], own: Mask, seen: Mask,
    rest: tuple[float, dict[str, float]], bounds: tuple[ViewCounts | None, Minutes | None], sortie: Sortie | None,
) -> Plan:  # fmt: skip
    """The plan, without the id, of routes with `own` in view; all sorties see `seen`. `rest` comes from `rest_of`."""
    spots, frame = ground.spots, ground.site.frame
    area_m2 = ground.field.grid.cell_area_m2
    reachable_m2, causes = rest
    others_m2 = float((seen & ~own).sum()) * area_m2
    corners = tuple(rounding.place(*corner) for corner in ground.perimeter.exterior.coords[:-1])
    return Plan(
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
            planned_area_m2=float(own.sum()) * area_m2,
            unseen=reach.unseen_ground({**causes, reach.OTHER_SORTIE: others_m2}),
        ),
        sortie=sortie,
        looks=bounds[0],
        minutes=bounds[1],
    )


def named(mission: Mission, draft: Plan) -> Plan:
    digest = hashlib.sha256(draft.to_json().encode()).hexdigest()[:8]
    return draft.model_copy(update={"id": f"{file_name(mission.path.stem)}-{digest}"})


def rest_of(
    mission: Mission, ground: Ground, drones: Sequence[Drone], seen: Mask, wanted: Mask
) -> tuple[float, dict[str, float]]:
    """(remaining blind ground that a legal view could see, m2; all remaining blind ground by cause, m2)."""
    left = np.flatnonzero(ground.spots.blind & ~seen)
    cause = causes_of(mission, ground, left, drones, keep=True)
    reachable = np.logical_and.reduce([cause != name for name in reach.OUT_OF_REACH])  # as text: 0.6 GB for a town
    in_reach, short = int(reachable.sum()), int((wanted.ravel()[left] & reachable).sum())
    if 2 * short > in_reach:  # most of it needs more battery
        cause[cause == reach.LEFT] = reach.BATTERY
    area_m2 = ground.field.grid.cell_area_m2
    causes = {name: float((cause == name).sum()) * area_m2 for name in sorted(set(cause))}
    return float(reachable.sum()) * area_m2, causes


def _short(path: Path) -> str:
    """The path from its `config` folder on, so that a plan is independent of the repository's place on disk."""
    parts = path.resolve().parts
    return "/".join(parts[parts.index("config") :]) if "config" in parts else str(path.resolve())
