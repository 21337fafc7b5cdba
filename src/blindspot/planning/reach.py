"""Which blind ground any legal view could see, found slowly and without the planner's candidates, and why the rest is left.

An upper bound: positions on a fine lattice, the best aim for each cell instead of a list of aims, no pose error, no cap on
the roofs beside the cell, no question whether the position can be flown to. Code of its own, so that it also judges the
planner's kernel.
"""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from blindspot.coverage.optics import Lens
from blindspot.planning.mission import DroneModel, Mission
from blindspot.planning.plan import DensityBand, UnseenGround
from blindspot.site.grid import HeightField
from blindspot.site.model import Site

LATTICE_M = 5.0
RAY_STEP_M = 0.25
PITCHES = 9
HEAD_M = 1.7
BATCH = 64

Mask = NDArray[np.bool_]

NO_FAILSAFE = "no viewpoint from which landing straight down is clear of buildings"
PERIMETER = "only from outside the perimeter or its margin"
TOO_NARROW = "hidden by buildings from every allowed height and angle"
BATTERY = "beyond battery"
LEFT = "left by the planner"


def reachable_cells(
    field: HeightField, cells: NDArray[np.integer], site: Site, perimeter: BaseGeometry, mission: Mission, heights_m: dict[str, float]
) -> Mask:
    """For each flat cell number, whether a view from legal air sees it; `heights_m` are the models' flying heights."""
    return _seen_from(field, cells, lambda model: _legal(site, perimeter, mission, model), perimeter, mission, heights_m)


def why_unseen(
    field: HeightField, cells: NDArray[np.integer], site: Site, perimeter: BaseGeometry, mission: Mission, heights_m: dict[str, float]
) -> NDArray[np.object_]:
    """The cause for each cell that no legal view sees: the first rule without which one would."""
    cause = np.full(len(cells), TOO_NARROW, dtype=object)
    outside = _seen_from(field, cells, lambda model: perimeter.buffer(60.0), perimeter.buffer(60.0), mission, heights_m)
    cause[outside] = PERIMETER
    inside = _seen_from(field, cells, lambda model: _inner(perimeter, model), perimeter, mission, heights_m)
    cause[inside] = NO_FAILSAFE
    return cause


def unseen_ground(causes: dict[str, float]) -> tuple[UnseenGround, ...]:
    """Areas, m2, by cause, the largest first; causes without ground are left out."""
    ordered = sorted(causes.items(), key=lambda item: (-item[1], item[0]))
    return tuple(UnseenGround(cause=cause, area_m2=round(area_m2, 2)) for cause, area_m2 in ordered if area_m2 > 0.0)


def _inner(perimeter: BaseGeometry, model: DroneModel) -> BaseGeometry:
    performance = model.performance
    return perimeter.buffer(-(performance.cruise_mps**2) / (2 * performance.acceleration_mps2))


def _legal(site: Site, perimeter: BaseGeometry, mission: Mission, model: DroneModel) -> BaseGeometry:
    """Inside the perimeter by the braking distance, the whole column clear of buildings, out of no-fly zones."""
    limits = mission.file.limits
    walls = [b.footprint for b in site.buildings if b.footprint.intersects(perimeter.buffer(limits.building_clearance_m))]
    zones = [z.polygon for z in site.zones if z.kind == "no_fly" and z.floor_m < limits.max_up_m]
    barred = shapely.union_all([*shapely.buffer(walls, limits.building_clearance_m), *zones])
    return _inner(perimeter, model).difference(barred)


def _seen_from(field, cells, air_of, bounds_of, mission, heights_m) -> Mask:  # type: ignore[no-untyped-def]
    """Whether each cell is seen from the air of any model of the fleet, at that model's height."""
    seen = np.zeros(len(cells), dtype=bool)
    for name in dict.fromkeys(drone.model for drone in mission.file.fleet):
        model = mission.models[name]
        places = _lattice(air_of(model), bounds_of.bounds)
        lens = Lens(model.camera.hfov_deg, model.camera.width_px, model.camera.height_px)
        limits = mission.file.limits
        pitches = np.linspace(
            max(limits.min_pitch_deg, model.camera.gimbal_min_pitch_deg),
            min(limits.max_pitch_deg, model.camera.gimbal_max_pitch_deg), PITCHES,
        )  # fmt: skip
        for k in np.flatnonzero(~seen):
            seen[k] = _any_sees(field, int(cells[k]), places, heights_m[name], lens, mission.file.band, pitches)
    return seen


def _lattice(air: BaseGeometry, bounds_m: tuple[float, float, float, float]) -> NDArray[np.float64]:
    east = np.arange(bounds_m[0], bounds_m[2], LATTICE_M)
    north = np.arange(bounds_m[1], bounds_m[3], LATTICE_M)
    grid = np.stack(np.meshgrid(east, north), axis=-1).reshape(-1, 2)
    shapely.prepare(air)
    return grid[shapely.contains_xy(air, grid[:, 0], grid[:, 1])]


def _any_sees(
    field: HeightField, cell: int, places: NDArray[np.float64], up_m: float, lens: Lens, band: DensityBand,
    pitches_deg: NDArray[np.float64],
) -> bool:  # fmt: skip
    """Whether some place sees the cell's ground and a head above it, well aimed and unhindered."""
    target = field.grid.centres(np.array([cell]))[0]
    ground_m = float(field.ground_m.flat[cell])
    flat_m = np.linalg.norm(places - target, axis=1)
    fits = np.zeros(len(places), dtype=bool)
    half = math.radians(lens.vfov_deg / 2)
    for pitch in np.radians(pitches_deg):
        good = np.ones(len(places), dtype=bool)
        for height_m in (ground_m, ground_m + HEAD_M):
            below = np.arctan2(height_m - up_m, flat_m)
            depth_m = np.hypot(flat_m, up_m - height_m) * np.cos(below - pitch)
            good &= (np.abs(below - pitch) <= half) & (depth_m <= lens.depth_for(band.min_px_per_m))
            good &= depth_m >= lens.depth_for(band.max_px_per_m)
        fits |= good
    near_first = np.flatnonzero(fits)[np.argsort(flat_m[fits])]
    return any(
        _clear(field, target, ground_m, places[near_first[k : k + BATCH]], up_m).any()
        for k in range(0, len(near_first), BATCH)
    )


def _clear(
    field: HeightField, target: NDArray[np.float64], ground_m: float, places: NDArray[np.float64], up_m: float
) -> Mask:
    """Whether the straight line from the target to each place is above every roof on its way, at fine steps."""
    grid = field.grid
    flat_m = np.linalg.norm(places - target, axis=1)
    highest_m = min(1.0, max(0.0, (float(field.top_m.max()) - ground_m) / (up_m - ground_m)))
    along = np.linspace(0.0, highest_m, max(2, math.ceil(float(flat_m.max()) * highest_m / RAY_STEP_M)))
    east = target[0] + np.outer(places[:, 0] - target[0], along)
    north = target[1] + np.outer(places[:, 1] - target[1], along)
    col = np.clip(((east - grid.east_min_m) / grid.cell_m).astype(int), 0, grid.cols - 1)
    row = np.clip(((north - grid.north_min_m) / grid.cell_m).astype(int), 0, grid.rows - 1)
    ray_m = ground_m + (up_m - ground_m) * along
    top_m = np.where(field.is_building[row, col], field.top_m[row, col], -np.inf)
    return np.asarray((top_m <= ray_m[None, :]).all(axis=1))
