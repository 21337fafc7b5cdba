"""Cause, street and nearest camera of every blind spot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numba import njit
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Point

from blindspot.coverage.ground.blind_ground import BlindSpots
from blindspot.coverage.ground.streets import Part, by_street
from blindspot.coverage.sight.fixed import FixedCoverage, sights, why_left_out
from blindspot.site import FixedCamera, Site
from blindspot.site.ground import Grid, HeightField

CAUSES = ("out of range", "no line of sight", "outside field of view", "too few pixels")
"""From the furthest to the nearest miss; the numbers of `causes_of` are indices of this tuple."""
OUT_OF_RANGE, HIDDEN, OUTSIDE, TOO_FEW = range(4)


@dataclass(frozen=True, slots=True)
class BlindSpot:
    """The blind ground (ENU, m, exact to the cell) of one street with one cause, and the id of the nearest camera that
    counts; missing names are empty."""

    ground: MultiPolygon
    area_m2: float
    cause: str
    street: str
    camera: str
    camera_distance_m: float


def causes_of(site: Site, field: HeightField, fixed: FixedCoverage) -> NDArray[np.uint8]:
    """The cause for which the best camera misses each cell, shaped as the grid: numbers of CAUSES.

    The cause is meaningful only for cells that are insufficiently seen. A camera in range with a blocked line of sight
    misses a cell further than a camera that only looks elsewhere. The latter misses the cell further than a camera
    with too few pixels on the cell.
    """
    causes = np.zeros(field.grid.shape, np.uint8)
    looking = [camera for camera in site.cameras if not why_left_out(camera, field.grid)]
    cell_m, grid = field.grid.cell_m, field.grid
    for sight in sights(looking, field, all_round=True):
        camera = sight.camera
        x, y = (camera.east_m - grid.east_min_m) / cell_m, (camera.north_m - grid.north_min_m) / cell_m
        _raise(causes, sight.clear, sight.row_min, sight.col_min, x, y, camera.range_m / cell_m)
    causes[fixed.density_px_per_m > 0] = TOO_FEW
    return causes


@njit(cache=True, nogil=True)
def _raise(causes: Any, clear: Any, row_min: int, col_min: int, x: float, y: float, reach: float) -> None:
    """Raise the cells within reach (in cells) to HIDDEN, or to OUTSIDE if their line of sight is clear."""
    for r in range(clear.shape[0]):
        away = (row_min + r + 0.5 - y) ** 2
        for c in range(min(clear.shape[1], causes.shape[1] - col_min)):
            if away + (col_min + c + 0.5 - x) ** 2 <= reach * reach:
                cause = OUTSIDE if clear[r, c] else HIDDEN
                causes[row_min + r, col_min + c] = max(causes[row_min + r, col_min + c], cause)


def explain(site: Site, spots: BlindSpots, causes: NDArray[np.uint8]) -> tuple[BlindSpot, ...]:
    """The blind ground by street and cause, largest first; every blind cell lies in exactly one of them."""
    grid = spots.field.grid
    return spots_of(site, grid, by_street(site, grid, spots.blind, causes, len(CAUSES)))


def spots_of(site: Site, grid: Grid, parts: Sequence[Part]) -> tuple[BlindSpot, ...]:
    """As `explain`, for blind ground that is already split by street and cause; `grid` is the whole town's."""
    cameras = [camera for camera in site.cameras if not why_left_out(camera, grid)]
    near = _nearest_cameras([part.ground for part in parts], cameras)
    return tuple(
        BlindSpot(part.ground, part.area_m2, CAUSES[part.kind], part.street, camera, distance_m)
        for part, (camera, distance_m) in zip(parts, near, strict=True)
    )


def _nearest_cameras(grounds: Sequence[MultiPolygon], cameras: Sequence[FixedCamera]) -> list[tuple[str, float]]:
    if not cameras:
        return [("", float("inf"))] * len(grounds)
    tree = shapely.STRtree([Point(camera.east_m, camera.north_m) for camera in cameras])
    # Patch by patch: the ground of one street may be scattered over the town, and then every camera is near its bounds.
    patches, ground_of = shapely.get_parts(np.array(grounds, dtype=object), return_index=True)
    (patch, found), away_m = tree.query_nearest(patches, return_distance=True)
    order = np.lexsort((found, away_m, ground_of[patch]))
    nearest = order[np.unique(ground_of[patch][order], return_index=True)[1]]
    return [(cameras[k].id, m) for k, m in zip(found[nearest].tolist(), away_m[nearest].tolist(), strict=True)]


def area_by_cause(spots: BlindSpots, causes: NDArray[np.uint8]) -> dict[str, float]:
    """The area of the blind ground by cause, m2; cell by cell."""
    cells = np.bincount(causes[spots.blind], minlength=len(CAUSES))
    return {cause: float(cells[k]) * spots.field.grid.cell_area_m2 for k, cause in enumerate(CAUSES)}
