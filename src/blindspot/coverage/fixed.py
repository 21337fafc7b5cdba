"""What the fixed cameras see: line of sight from every mast, field of view, tilt, range and pixel density."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numba import njit
from numpy.typing import NDArray

from blindspot.coverage.drone_view import HEAD_HEIGHT_M
from blindspot.coverage.optics import camera_axes
from blindspot.coverage.sight import skyline, trace
from blindspot.coverage.sweep import half_width_deg, slopes_within, sweep
from blindspot.site.grid import HeightField
from blindspot.site.model import FixedCamera


class Town(Protocol):
    """A site, as far as its fixed cameras go."""

    @property
    def cameras(self) -> Sequence[FixedCamera]: ...


@dataclass(frozen=True, slots=True)
class FixedCoverage:
    """What a town's fixed cameras see of the open ground; arrays are shaped as the grid.

    `density_px_per_m`: float32, the best density that any camera has of a cell, 0 where none sees it.
    `count`: uint8, how many cameras see it at any density, at most 255.
    `area_m2`: for each camera that counts, by id, the open ground that it sees at any density.
    `left_out`: why a camera counts for nothing, by id.
    """

    density_px_per_m: NDArray[np.float32]
    count: NDArray[np.uint8]
    area_m2: dict[str, float]
    left_out: dict[str, str]


def fixed_coverage(
    site: Town,
    field: HeightField,
    *,
    target_height_m: float = HEAD_HEIGHT_M,
    progress: Callable[[int, int], None] | None = None,
) -> FixedCoverage:
    """What the site's fixed cameras see of a target that stands `target_height_m` tall on the open cells of the field.

    A cell is seen where nothing stands between the camera and the target's top, which is in the picture and within
    range (horizontal distance). Its density is the lower one of the target's foot and top: f_px over the depth along
    the axis of a pin-hole, pixels a radian over the distance for a dome. Only cameras that always look at the same
    place count; a camera outside the field does not, since what lies between is unknown. `progress` is told (cameras
    done, in all).
    """
    density = np.zeros(field.grid.shape, np.float32)
    count = np.zeros(field.grid.shape, np.uint8)
    area_m2: dict[str, float] = {}
    left_out: dict[str, str] = {}
    for number, camera in enumerate(site.cameras):
        if not camera.always_sees:
            left_out[camera.id] = "turns" if camera.kind == "panning" else "no known direction"
        elif field.grid.index(camera.east_m, camera.north_m) is None:
            left_out[camera.id] = "beyond the map's edge"
        else:
            area_m2[camera.id] = field.grid.cell_area_m2 * look(camera, field, density, count, target_height_m)
        if progress is not None:
            progress(number + 1, len(site.cameras))
    return FixedCoverage(density, count, area_m2, left_out)


@dataclass(frozen=True, slots=True)
class Sight:
    """Where nothing stands between a camera and a target: `clear` (uint8, 0 or 1) is a window of the grid that holds
    the camera's range, its corner the cell (`row_min`, `col_min`). It holds the open cells towards which the camera
    looks, with a margin: its optics decide."""

    camera: FixedCamera
    row_min: int
    col_min: int
    clear: NDArray[np.uint8]


def sight_of(
    camera: FixedCamera, field: HeightField, target_height_m: float = HEAD_HEIGHT_M, *, all_round: bool = False
) -> Sight:
    """What lies open to a camera inside the field: by the sweep over level ground, by single rays over a terrain or to
    a target above the mast's top. `all_round` turns the camera about."""
    grid, sky = field.grid, skyline(field)
    place = grid.index(camera.east_m, camera.north_m)
    if place is None:
        raise ValueError(f"camera {camera.id} stands outside the field")
    eye, reach = _eye(camera, field, place), camera.range_m / grid.cell_m
    row_min, row_max = max(0, int(eye[1] - reach)), min(grid.rows, int(eye[1] + reach) + 1)
    col_min, col_max = max(0, int(eye[0] - reach)), min(grid.cols, int(eye[0] + reach) + 1)
    clear = np.zeros((row_max - row_min, col_max - col_min), np.uint8)
    heading_deg, half_deg = camera.heading_deg or 0.0, 180.0 if all_round else _half_width_deg(camera)
    if sky.is_level and eye[2] > sky.lowest_m + target_height_m:
        slopes = slopes_within(heading_deg, half_deg)
        sweep(
            field.top_m, field.ground_m, sky.block_top_m, eye, sky.lowest_m, target_height_m, reach, slopes, clear,
            row_min, col_min,
        )  # fmt: skip
    else:
        trace(
            field.top_m, field.ground_m, sky.block_top_m, eye, target_height_m, reach, math.radians(heading_deg),
            math.radians(half_deg), clear, row_min, col_min,
        )  # fmt: skip
    return Sight(camera, row_min, col_min, clear)


def enter(
    sight: Sight,
    field: HeightField,
    density_px_per_m: NDArray[np.float32],
    count: NDArray[np.uint8],
    target_height_m: float = HEAD_HEIGHT_M,
) -> int:
    """Enter into the two rasters what a camera sees of what lies open to it; the number of cells that it sees."""
    camera, grid = sight.camera, field.grid
    eye = _eye(camera, field, grid.index(camera.east_m, camera.north_m) or (0, 0))
    is_dome = camera.kind == "dome"
    axes = np.array(camera_axes(camera.heading_deg or 0.0, 0.0 if is_dome else camera.tilt_deg))
    seen: int = _enter(
        sight.clear, sight.row_min, sight.col_min, field.ground_m, eye, axes, _limits(camera), is_dome, camera.f_px,
        camera.range_m, target_height_m, grid.cell_m, density_px_per_m, count,
    )  # fmt: skip
    return seen


def look(
    camera: FixedCamera,
    field: HeightField,
    density_px_per_m: NDArray[np.float32],
    count: NDArray[np.uint8],
    target_height_m: float = HEAD_HEIGHT_M,
) -> int:
    """Enter what one camera, inside the field, sees into the two rasters; the number of cells that it sees."""
    return enter(sight_of(camera, field, target_height_m), field, density_px_per_m, count, target_height_m)


def _eye(camera: FixedCamera, field: HeightField, place: tuple[int, int]) -> NDArray[np.float64]:
    """(x, y, z): cells from the field's south-west corner, and m."""
    grid = field.grid
    east, north = (camera.east_m - grid.east_min_m) / grid.cell_m, (camera.north_m - grid.north_min_m) / grid.cell_m
    return np.array([east, north, field.ground_m[place] + camera.height_m])


def _half_width_deg(camera: FixedCamera) -> float:
    """How far to either side of its heading a camera looks at most, with a margin for rounding."""
    if camera.kind == "dome":
        return camera.hfov_deg / 2 + 0.001
    return half_width_deg(camera.hfov_deg, camera.vfov_deg, camera.tilt_deg) + 0.001


def _limits(camera: FixedCamera) -> NDArray[np.float64]:
    """Dome: (cosine of half the width, below -1 for all round; lowest and highest slope). Pin-hole: (half the picture's
    width and height at depth 1; 0)."""
    if camera.kind != "dome":
        half = [math.tan(math.radians(angle) / 2) for angle in (camera.hfov_deg, camera.vfov_deg)]
        return np.array([*half, 0.0])
    lowest, highest = camera.tilt_deg - camera.vfov_deg / 2, camera.tilt_deg + camera.vfov_deg / 2
    slopes = [math.tan(math.radians(min(max(angle, -90.0), 90.0))) for angle in (lowest, highest)]
    return np.array([math.cos(math.radians(camera.hfov_deg / 2)) if camera.hfov_deg < 360 else -2.0, *slopes])


@njit(cache=True, nogil=True)
def _enter(
    clear: Any, row_min: int, col_min: int, ground: Any, eye: Any, axes: Any, limits: Any, is_dome: bool, f_px: float,
    range_m: float, target_m: float, cell_m: float, density: Any, count: Any,
) -> int:  # fmt: skip
    """Raise `density` and `count` where the camera sees; the number of cells seen."""
    seen = 0
    for r in range(clear.shape[0]):
        row = row_min + r
        y = (row + 0.5 - eye[1]) * cell_m
        for c in range(clear.shape[1]):
            if clear[r, c] == 0:
                continue
            col = col_min + c
            x = (col + 0.5 - eye[0]) * cell_m
            if x * x + y * y > range_m * range_m:
                continue
            low = ground[row, col] - eye[2]
            high = low + target_m
            distance = _dome(x, y, low, high, axes, limits) if is_dome else _pinhole(x, y, low, high, axes, limits)
            if distance > 0:
                seen += 1
                density[row, col] = max(density[row, col], f_px / distance)
                count[row, col] = min(count[row, col], 254) + 1
    return seen


@njit(cache=True, nogil=True)
def _pinhole(x: float, y: float, low: float, high: float, axes: Any, limits: Any) -> Any:
    """The larger depth of a target's foot and top along the axis, m; 0 if the top is outside the picture."""
    flat = x * axes[2, 0] + y * axes[2, 1]
    depth = flat + high * axes[2, 2]
    across = abs(x * axes[0, 0] + y * axes[0, 1])
    along = abs(x * axes[1, 0] + y * axes[1, 1] + high * axes[1, 2])
    if depth <= 0 or across > limits[0] * depth or along > limits[1] * depth:
        return 0.0
    return max(depth, flat + low * axes[2, 2])


@njit(cache=True, nogil=True)
def _dome(x: float, y: float, low: float, high: float, axes: Any, limits: Any) -> Any:
    """The larger distance of a target's foot and top, m; 0 if the top is outside the picture."""
    flat = max(np.sqrt(x * x + y * y), 1e-6)
    if x * axes[2, 0] + y * axes[2, 1] < limits[0] * flat or not limits[1] * flat <= high <= limits[2] * flat:
        return 0.0
    return np.sqrt(flat * flat + max(low * low, high * high))
