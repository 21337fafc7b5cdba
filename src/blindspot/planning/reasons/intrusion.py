"""Intrusion of a plan for the residents: private ground and facades in its pictures, and the highest pixel density.

Ground and walls are counted by the kernels that coverage uses for a drone's camera (`coverage/sight/drone_camera.py`,
`coverage/sight/facade_view.py`), from the density at which a person is detected. They count during the stay of a view
and during a leg; on every other way the sensor is off.

All open ground that is not public counts as private, as for masking; this includes water and streets outside
the site's area of interest. Walls are those of the height field, all vertical and alike, whether they have windows or
not; roofs and terraces are left out. A leg counts with the leg's aim from the begin and at an even speed, although the
camera still turns at the departure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from blindspot.camera import Lens
from blindspot.core import workers
from blindspot.coverage.sight import drone_view, facades
from blindspot.mission import (
    Aim,
    DensityBand,
    DroneModel,
    Intrusion,
    Leg,
    Mission,
    Plan,
    Point,
    Route,
    View,
    return_path,
    timing,
)
from blindspot.planning.views.candidates import lens_of
from blindspot.planning.views.target_ground import CELL_M
from blindspot.site import Site, public_ground
from blindspot.site.ground import HeightField, height_field

LOOK_EVERY_M = 3.0
"""Distance between two examined pictures along a leg, m."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The part of the town that pictures from above a perimeter can reach. `private` marks the open ground that is not
    public, `nothing` is an empty mask; both are shaped as the field's grid."""

    field: HeightField
    private: NDArray[np.bool_]
    nothing: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Picture:
    """Position, aim and duration of a camera's view."""

    lens: Lens
    at: Point
    aim: Aim
    time_s: float
    roll_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class InView:
    """Contents of one picture.

    `ground`: flat numbers (int32) of the open cells of the surroundings that are seen, private ones included.
    `private_m2` and `facade_m2` are areas, `highest_px_per_m` is the highest density of any surface.
    """

    ground: NDArray[np.int32]
    private_m2: float
    facade_m2: float
    highest_px_per_m: float


def surroundings_of(perimeter: Polygon, mission: Mission, site: Site) -> Surroundings:
    reach_m = max(_reach_m(model, mission.file.band.min_px_per_m) for model in mission.models.values())
    field = height_field(site, perimeter.buffer(reach_m).bounds, CELL_M)
    private = ~public_ground(site, field.grid, field) & ~field.is_building
    return Surroundings(field, private, np.zeros_like(private))


def intrusion_of(plan: Plan, mission: Mission, around: Surroundings) -> Intrusion:
    """Compute the intrusion figures of a plan, all drones together.

    Parameters
    ----------
    plan, mission
        The plan and its mission.
    around
        Result of `surroundings_of` for the plan's perimeter.

    Returns
    -------
    Intrusion
        Private ground and facades in view, m2 s, and the highest pixel density of any surface, px/m.

    Raises
    ------
    ValueError
        A camera of the plan is outside the surroundings or inside a building.
    """
    taken = [p for route in plan.routes for p in pictures(route, mission.model_of(route.drone))]
    error_m = plan.coverage.pose_error_m
    with ThreadPoolExecutor(workers()) as pool:
        found = list(pool.map(lambda picture: in_view(picture, plan.band, around, error_m), taken))
    both = list(zip(taken, found, strict=True))
    return Intrusion(
        private_m2s=round(math.fsum(picture.time_s * view.private_m2 for picture, view in both), 1),
        facade_m2s=round(math.fsum(picture.time_s * view.facade_m2 for picture, view in both), 1),
        highest_px_per_m=round(max((view.highest_px_per_m for view in found), default=0.0), 2),
    )


def intrusion_text(found: Intrusion) -> str:
    """The figures in one line of text."""
    return (
        f"private ground {area_time_text(found.private_m2s)}, facades {area_time_text(found.facade_m2s)},"
        f" nothing above {found.highest_px_per_m:.1f} px/m"
    )


def area_time_text(area_m2s: float) -> str:
    return f"{area_m2s:,.0f} m2 s".replace(",", " ")


def pictures(route: Route, model: DroneModel) -> Iterator[Picture]:
    """The pictures of a route: each view, and places along each leg with a share of the leg's time."""
    begin = route.begin.at if route.begin is not None else None
    costs = timing.flight(
        model,
        route.home,
        route.takeoff_up_m,
        route.steps,
        begin,
        stops=route.failsafe.rtl_type == return_path.ALONG_MISSION,
    )
    lens, at = lens_of(model), route.start
    for step, before, after in zip(route.steps, costs, costs[1:], strict=False):
        if isinstance(step, View):
            yield Picture(lens, step.to, step.aim, step.dwell_s)
        elif isinstance(step, Leg):
            for place, share in _along(at, step.to):
                yield Picture(lens, place, step.aim, share * (after.time_s - before.time_s))
        at = step.to


def _along(start: Point, end: Point) -> Iterator[tuple[Point, float]]:
    """Places at most LOOK_EVERY_M apart, each with its share of the way: half as much at both ends."""
    a, b = (np.array([p.east_m, p.north_m, p.up_m]) for p in (start, end))
    pieces = max(1, math.ceil(float(np.linalg.norm(b - a)) / LOOK_EVERY_M))
    for k, (east_m, north_m, up_m) in enumerate(np.linspace(a, b, pieces + 1).tolist()):
        yield Point(east_m=east_m, north_m=north_m, up_m=up_m), (0.5 if k in (0, pieces) else 1.0) / pieces


def in_view(picture: Picture, band: DensityBand, around: Surroundings, error_m: float = 0.0) -> InView:
    """The contents of one picture by the kernels of coverage.

    Parameters
    ----------
    picture
        The camera's place and aim.
    band
        Ground and walls count from its least density on.
    around
        Result of `surroundings_of` for the perimeter below the camera.
    error_m
        Largest error of the camera's position, m. Surfaces count as that much nearer for the highest density.

    Returns
    -------
    InView
        Areas, m2, and the highest density, px/m.

    Raises
    ------
    ValueError
        The camera is outside the surroundings or inside a building.
    """
    at, aim, field = picture.at, picture.aim, around.field
    eye = (field, picture.lens, at.east_m, at.north_m, at.up_m, aim.heading_deg, aim.pitch_deg)
    seen = drone_view(*eye, band, roll_deg=picture.roll_deg)
    walls = facades(*eye, band.min_px_per_m)
    if error_m:
        nearest = drone_view(*eye, band, roll_deg=picture.roll_deg, among=around.nothing, uncertainty_m=error_m)
    else:
        nearest = seen
    private_m2 = int(around.private.ravel()[seen.cells].sum()) * field.grid.cell_area_m2
    return InView(seen.cells, private_m2, float(walls.area_m2.sum()), nearest.max_px_per_m)


def _reach_m(model: DroneModel, min_px_per_m: float) -> float:
    """Greatest distance on the ground from below a drone to counted ground in the pictures, m."""
    lens = lens_of(model)
    half_width, half_height = lens.width_px / (2 * lens.f_px), lens.height_px / (2 * lens.f_px)
    return lens.depth_for(min_px_per_m) * math.sqrt(1.0 + half_width**2 + half_height**2) + CELL_M
