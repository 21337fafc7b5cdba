"""The blind ground that any legal view could see, and the cause for the rest; independent of the planner's candidates.

The result is an estimate, usually above what a plan can see: each cell gets its best aim instead of one of a list, the
pose error is zero, the density cap ignores the roofs beside the cell, and any way through legal air from a pad counts.
It is no strict bound, because positions lie on a lattice at the flight height: a place between them or another height
may see more. The module has its own code, so it also verifies the planner's kernel.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numba
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from blindspot.camera import Lens
from blindspot.mission import DroneModel, Mission, UnseenGround
from blindspot.site import Site
from blindspot.site.ground import BUILDING_M, HeightField

LATTICE_M, BEYOND_M = 5.0, 60.0
"""Step of the lattice, and the distance beyond the perimeter, whole steps, from which ground is tried."""
RAY_STEP_M = 0.25
PITCHES = 9
FARTHEST = 1.2
"""Ground farther away horizontally than this times the greatest depth counts as unseen."""
HEAD_M = 1.7
MOST_ASKED, BLOCK = 200_000, 6
"""Above this number of unseen cells, the cause is computed for one cell of each block of `BLOCK` cells on a side."""

Mask = NDArray[np.bool_]
Bounds = tuple[float, float, float, float]
AirOf = Callable[[DroneModel], BaseGeometry]

NO_WAY = "no legal way from a pad to a viewpoint"
NO_FAILSAFE = "no viewpoint from which landing straight down is clear of buildings"
PERIMETER = "only from outside the perimeter or its margin"
TOO_COARSE = "in free sight, but below the least density"
TOO_DENSE = "in free sight, but above the greatest density"
TOO_NARROW = "hidden wherever a drone may fly, from the planned height at every allowed angle"
BELOW = "below a tree's crown, an overhang or a bridge"
OUT_OF_REACH = (NO_WAY, NO_FAILSAFE, PERIMETER, TOO_COARSE, TOO_DENSE, TOO_NARROW, BELOW)
"""Causes of the ground that all legal views miss."""
BATTERY = "beyond battery"
LEFT = "left by the planner"
OTHER_SORTIE = "seen by another sortie"


def reachable_cells(
    field: HeightField,
    cells: NDArray[np.integer],
    site: Site,
    perimeter: BaseGeometry,
    mission: Mission,
    heights_m: dict[str, float],
) -> Mask:
    """Whether a view from legal air sees each flat cell number; `heights_m` are the models' flight heights."""

    def joined(model: DroneModel) -> BaseGeometry:
        return _joined(site, perimeter, mission, model)

    return _seen_from(field, cells, joined, perimeter.bounds, mission, heights_m)


def why_unseen(
    field: HeightField,
    cells: NDArray[np.integer],
    site: Site,
    perimeter: BaseGeometry,
    mission: Mission,
    heights_m: dict[str, float],
) -> NDArray[np.object_]:
    """The cause for each cell that all legal views miss, as `reachable_cells` says: the first rule without which a view
    would see it. The rules of places come first: each opens further places, and only these are tried for the cells that
    are left. Then the density is any: ground that is left after that is hidden."""
    cause, left = np.full(len(cells), TOO_NARROW, dtype=object), np.arange(len(cells))
    bounds_m, around = perimeter.bounds, perimeter.buffer(BEYOND_M)
    wider_m = (bounds_m[0] - BEYOND_M, bounds_m[1] - BEYOND_M, bounds_m[2] + BEYOND_M, bounds_m[3] + BEYOND_M)

    def joined(model: DroneModel) -> BaseGeometry:
        return _joined(site, perimeter, mission, model)

    def legal(model: DroneModel) -> BaseGeometry:
        return _legal(site, perimeter, mission, model)

    def inside(model: DroneModel) -> BaseGeometry:
        return _inner(perimeter, mission, model)

    opened: tuple[tuple[str, AirOf, AirOf, Bounds], ...] = (
        (NO_WAY, legal, joined, bounds_m),
        (NO_FAILSAFE, inside, legal, bounds_m),
        (PERIMETER, lambda model: around, inside, wider_m),
    )
    for name, air_of, known, within_m in opened:
        seen = _seen_from(field, cells[left], air_of, within_m, mission, heights_m, known)
        cause[left[seen]] = name
        left = left[~seen]
    for name, is_capped in ((TOO_COARSE, True), (TOO_DENSE, False)):
        seen = _seen_from(field, cells[left], joined, bounds_m, mission, heights_m, has_floor=False, has_cap=is_capped)
        cause[left[seen]] = name
        left = left[~seen]
    if field.under_m is not None:
        cause[left[(field.top_m > field.ground_m + BUILDING_M).ravel()[cells[left]]]] = BELOW
    return cause


def asked(cells: NDArray[np.integer], cols: int) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Returns (cells whose cause is computed, index of the computed cell for each cell): all cells, or one per block
    if there are more than `MOST_ASKED`."""
    if len(cells) <= MOST_ASKED:
        return cells, np.arange(len(cells))
    block = cells // cols // BLOCK * cols + cells % cols // BLOCK
    _, first, stands_for = np.unique(block, return_index=True, return_inverse=True)
    return cells[first], stands_for


def unseen_ground(causes: dict[str, float]) -> tuple[UnseenGround, ...]:
    """Areas, m2, by cause, the largest first; causes with zero area are omitted."""
    ordered = sorted(causes.items(), key=lambda item: (-item[1], item[0]))
    return tuple(UnseenGround(cause=cause, area_m2=round(area_m2, 2)) for cause, area_m2 in ordered if area_m2 > 0.0)


def _inner(perimeter: BaseGeometry, mission: Mission, model: DroneModel) -> BaseGeometry:
    speed_mps = min(model.performance.cruise_mps, mission.file.limits.max_speed_mps)
    return perimeter.buffer(-(speed_mps**2) / (2 * model.performance.acceleration_mps2))


def _legal(site: Site, perimeter: BaseGeometry, mission: Mission, model: DroneModel) -> BaseGeometry:
    """Inside the perimeter by the braking distance, with the whole column clear of buildings, outside no-fly zones."""
    limits = mission.file.limits
    near = perimeter.buffer(limits.building_clearance_m)
    walls = [b.footprint for b in site.solids if not limits.over_roofs and b.footprint.intersects(near)]
    highest_flight_m = site.terrain.highest_m + limits.max_up_m
    zones = [z.polygon for z in site.zones if z.kind == "no_fly" and z.floor_m < highest_flight_m]
    barred = shapely.union_all([*shapely.buffer(walls, limits.building_clearance_m), *zones])
    return _inner(perimeter, mission, model).difference(barred)


def _joined(site: Site, perimeter: BaseGeometry, mission: Mission, model: DroneModel) -> BaseGeometry:
    """The parts of the legal air with a pad of the fleet in them."""
    names = {*mission.file.further_pads, *(drone.pad for drone in mission.file.fleet)}
    pads = [shapely.Point(pad.east_m, pad.north_m) for pad in site.pads if pad.name in names]
    legal = shapely.get_parts(_legal(site, perimeter, mission, model))
    return shapely.union_all([part for part in legal if any(part.covers(pad) for pad in pads)])


def _seen_from(
    field: HeightField,
    cells: NDArray[np.integer],
    air_of: AirOf,
    bounds_m: Bounds,
    mission: Mission,
    heights_m: dict[str, float],
    known: AirOf = lambda model: shapely.Polygon(),
    *,
    has_floor: bool = True,
    has_cap: bool = True,
) -> Mask:
    """Whether each cell is seen from the air of any model, outside the `known` air, at that model's height; without the
    floor or the cap of the band at any smaller or greater density."""
    seen = np.zeros(len(cells), dtype=bool)
    corner, band = np.array([field.grid.east_min_m, field.grid.north_min_m]), mission.file.band
    for name in dict.fromkeys(drone.model for drone in mission.file.fleet):
        model = mission.models[name]
        places = _lattice(air_of(model), known(model), bounds_m)
        lens = Lens(model.camera.hfov_deg, model.camera.width_px, model.camera.height_px)
        limits = mission.file.limits
        pitches = np.linspace(
            max(limits.min_pitch_deg, model.camera.gimbal_min_pitch_deg),
            min(limits.max_pitch_deg, model.camera.gimbal_max_pitch_deg), PITCHES,
        )  # fmt: skip
        east, north = np.ascontiguousarray((field.grid.centres(cells[~seen]) - corner).T)
        half_rad = math.radians(lens.vfov_deg / 2)
        depths_m = np.array([lens.depth_for(band.max_px_per_m), lens.depth_for(band.min_px_per_m)])
        if not has_cap:
            depths_m[0] = 0.0
        if not has_floor:
            depths_m[1] = _longest_m(field, heights_m[name], -math.radians(pitches[-1]) - half_rad)
        first, places = _by_square(places - corner, FARTHEST * depths_m[1], field.grid.bounds_m)
        seen[~seen] = _any_sees(
            field.top_m, field.ground_m, field.is_building, field.under_m, field.grid.cell_m, east, north, first,
            places, heights_m[name], half_rad, depths_m, np.radians(pitches),
        )  # fmt: skip
    return seen


def _longest_m(field: HeightField, up_m: float, flattest_rad: float) -> float:
    """Length of the longest line from a height to the ground of the field that is no flatter than an angle, m."""
    across_m, below_m = math.dist(field.grid.bounds_m[:2], field.grid.bounds_m[2:]), up_m - float(field.ground_m.min())
    return min(math.hypot(across_m, below_m), below_m / math.sin(max(flattest_rad, 1e-3)))


def _by_square(
    places: NDArray[np.float64], side_m: float, bounds_m: tuple[float, float, float, float]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Returns (first, places): the square of row r and column c contains `places[first[r, c]:first[r, c + 1]]`."""
    rows, cols = (int((bounds_m[k + 2] - bounds_m[k]) / side_m) + 1 for k in (1, 0))
    col, row = np.clip((places // side_m).astype(np.int64).T, 0, [[cols - 1], [rows - 1]])
    counts = np.bincount(row * (cols + 1) + col + 1, minlength=rows * (cols + 1))
    order = np.argsort(row * cols + col, kind="stable")
    return np.cumsum(counts).reshape(rows, cols + 1), np.ascontiguousarray(places[order])


def _lattice(air: BaseGeometry, known: BaseGeometry, bounds_m: Bounds) -> NDArray[np.float64]:
    """The places of a lattice in the air outside the `known` air. Bounds that are whole steps wider give no others in
    the same air."""
    east = np.arange(bounds_m[0], bounds_m[2], LATTICE_M)
    north = np.arange(bounds_m[1], bounds_m[3], LATTICE_M)
    grid = np.stack(np.meshgrid(east, north), axis=-1).reshape(-1, 2)
    for area in (air, known):
        shapely.prepare(area)
    inside: NDArray[np.float64] = grid[shapely.contains_xy(air, *grid.T) & ~shapely.contains_xy(known, *grid.T)]
    return inside


@numba.njit(cache=True, nogil=True)
def _any_sees(  # type: ignore[no-untyped-def]
    top_m, ground_m, is_building, under_m, cell_m, east, north, first, places, up_m, half_rad, depths_m, pitches
):
    """Whether some place sees the ground of each target and a head above it, with some pitch and a clear line.

    `east`, `north` and `places` are metres from the grid's corner, `depths_m` the nearest and farthest depth allowed.
    `under_m` is that of the field; None compiles a kernel without hanging solids.
    `first` assigns the places to squares (see `_by_square`); the side of a square is the farthest visible distance.
    """
    seen = np.zeros(len(east), dtype=np.bool_)
    highest_m, far_m = top_m.max(), depths_m[1] * FARTHEST
    rows, cols = first.shape[0], first.shape[1] - 1
    for t in range(len(east)):
        ground = ground_m[int(north[t] / cell_m), int(east[t] / cell_m)]
        # No place farther away sees it inside the density band, even at the edge of its picture.
        most = (depths_m[1] / math.cos(half_rad)) ** 2 - (up_m - ground) ** 2
        if most < 0.0:
            continue
        most_m = min(far_m, math.sqrt(most) + 1e-6)
        row, col = int(north[t] / far_m), int(east[t] / far_m)
        for r in range(max(0, row - 1), min(rows, row + 2)):
            for p in range(first[r, max(0, col - 1)], first[r, min(cols, col + 2)]):
                away_east, away_north = places[p, 0] - east[t], places[p, 1] - north[t]
                flat = math.sqrt(away_east**2 + away_north**2)
                if flat > most_m:
                    continue
                if not _fits(flat, up_m - ground, half_rad, depths_m, pitches):
                    continue
                line = east[t], north[t], away_east, away_north, up_m, flat, highest_m
                if not _is_clear(top_m, is_building, under_m, cell_m, ground, line):
                    continue
                if under_m is None or _is_clear(top_m, is_building, under_m, cell_m, ground + HEAD_M, line):
                    seen[t] = True
                    break
            if seen[t]:
                break
    return seen


@numba.njit(cache=True, nogil=True)
def _fits(flat, height, half_rad, depths_m, pitches):  # type: ignore[no-untyped-def]
    """Whether both the ground and a head lie in the picture, inside the density band, for one of the pitches."""
    head = height - HEAD_M
    down, head_down = math.atan2(-height, flat), math.atan2(-head, flat)
    away, head_away = math.sqrt(flat**2 + height**2), math.sqrt(flat**2 + head**2)
    for pitch in pitches:
        off, head_off = down - pitch, head_down - pitch
        if abs(off) > half_rad or abs(head_off) > half_rad:
            continue
        depth, head_depth = away * math.cos(off), head_away * math.cos(head_off)
        if depths_m[0] <= depth <= depths_m[1] and depths_m[0] <= head_depth <= depths_m[1]:
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _is_clear(top_m, is_building, under_m, cell_m, foot_m, line):  # type: ignore[no-untyped-def]
    """Whether the straight line from `foot_m` at the target up to the place is above every roof on its way, and passes
    every hanging solid, sampled every RAY_STEP_M."""
    east, north, away_east, away_north, up_m, flat, highest_m = line
    steps = int(flat / RAY_STEP_M) + 1
    for k in range(steps):
        along = k / steps
        ray = foot_m + (up_m - foot_m) * along
        if ray > highest_m:
            return True
        row, col = int((north + along * away_north) / cell_m), int((east + along * away_east) / cell_m)
        if top_m[row, col] > ray:
            if is_building[row, col]:
                return False
            if under_m is not None and under_m[row, col] < ray + (up_m - foot_m) / steps:
                return False
    return True
