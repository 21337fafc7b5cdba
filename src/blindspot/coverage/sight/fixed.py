"""Coverage of fixed cameras: line of sight from every mast, field of view, tilt, range and pixel density."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from blindspot.camera import camera_axes
from blindspot.core import workers
from blindspot.coverage.sight.drone_camera import HEAD_HEIGHT_M
from blindspot.coverage.sight.sight import Point, skyline, surface_of
from blindspot.coverage.sight.sweep import SweepCamera, Window, bounds_within, half_width_deg, slopes_within, sweep
from blindspot.site import FixedCamera, Site
from blindspot.site.ground import Grid, HeightField

EYE_STEPS = 2**12
"""A mast's position is rounded to one of so many places along a cell (0.1 mm on cells of 0.5 m). Single precision then
holds its distance to a cell's centre exactly, up to 1 km, for any origin of the field. So the result of a tile equals
that of the whole town to the last bit."""


@dataclass(frozen=True, slots=True)
class FixedCoverage:
    """The open ground that a town's fixed cameras see; arrays are shaped as the grid.

    `density_px_per_m`: float32, the best density of any camera on a cell, 0 for an unseen cell. `count`: uint8, the
    number of cameras with a view of the cell at any density, at most 255. `area_m2`: for each counted camera, by id,
    the open ground seen at any density.
    `left_out`: for each excluded camera, by id, the reason.
    """

    density_px_per_m: NDArray[np.float32]
    count: NDArray[np.uint8]
    area_m2: dict[str, float]
    left_out: dict[str, str]


def fixed_coverage(
    site: Site, field: HeightField, *, progress: Callable[[int, int], None] | None = None
) -> FixedCoverage:
    """The coverage of the site's fixed cameras, for a target as tall as a person on the open cells of the field.

    A cell is seen if the line from the camera to the target's top is clear and the top is in the picture and within
    range (horizontal distance). Its density is the lower one of the target's foot and top: f_px over the depth along
    the axis of a pin-hole, pixels a radian over the distance for a dome. Only cameras that always look at the same
    place count. A camera outside the field is excluded, since the ground between is unknown.

    Parameters
    ----------
    progress
        Called with (cameras done, cameras in all).
    """
    density = np.zeros(field.grid.shape, np.float32)
    count = np.zeros(field.grid.shape, np.uint8)
    area_m2: dict[str, float] = {}
    left_out = {camera.id: why for camera in site.cameras if (why := why_left_out(camera, field.grid))}
    looking = [camera for camera in site.cameras if not why_left_out(camera, field.grid)]
    for number, sight in enumerate(sights(looking, field)):
        area_m2[sight.camera.id] = field.grid.cell_area_m2 * enter(sight, field, density, count)
        if progress is not None:
            progress(number + 1 + len(left_out), len(site.cameras))
    return FixedCoverage(density, count, area_m2, left_out)


class _Optics(NamedTuple):
    """A camera's picture. `axes` (3, 3): the unit vectors right, up and forward, ENU; `limits` (3,): see `_limits`.
    `range_m` is horizontal; `target_m` is the height of the target's top above its ground, m."""

    eye: Point
    axes: NDArray[np.float64]
    limits: NDArray[np.float64]
    is_dome: bool
    f_px: float
    range_m: float
    target_m: float


class _Single(NamedTuple):
    """`_Optics` in single precision, for a run of cells. `aside`: from the eye to the centre of its cell, cells east;
    `eye_m`: the eye's height, m above the datum."""

    aside: np.float32
    eye_m: np.float32
    target_m: np.float32
    cell_m: np.float32
    axes: NDArray[np.float32]
    limits: NDArray[np.float32]
    f_px: np.float32


class _Run(NamedTuple):
    """A run of clear cells in a row, with views of the two rasters and of the ground's height there. `first`: columns
    from the eye's column to the run's first cell. `y`: m north from the eye to the run's row."""

    density: NDArray[np.float32]
    cameras: NDArray[np.uint8]
    ground: NDArray[np.float32]
    first: np.float32
    y: np.float32


def why_left_out(camera: FixedCamera, grid: Grid) -> str:
    """The reason why a camera is excluded on a grid; empty if it counts."""
    if not camera.always_sees:
        return "turns" if camera.kind == "panning" else "no known direction"
    return "" if grid.index(camera.east_m, camera.north_m) else "beyond the map's edge"


def sights(cameras: Sequence[FixedCamera], field: HeightField, *, all_round: bool = False) -> Iterator[Sight]:
    """Yield the sight of each camera, in their order, computed on all cores; only a few results wait at a time."""
    threads = workers()
    skyline(field)
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Sight]] = deque()
        for camera in cameras:
            waiting.append(pool.submit(sight_of, camera, field, all_round=all_round))
            if len(waiting) > 4 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@dataclass(frozen=True, slots=True)
class Sight:
    """The cells whose line of sight to a camera is clear. `clear` (uint8, 0 or 1) is a window of the grid around the
    camera's field; its corner is the cell (`row_min`, `col_min`). It marks the open cells in the camera's direction,
    with a margin; the camera's optics then decide (`enter`)."""

    camera: FixedCamera
    row_min: int
    col_min: int
    clear: NDArray[np.uint8]


def sight_of(
    camera: FixedCamera, field: HeightField, target_height_m: float = HEAD_HEIGHT_M, *, all_round: bool = False
) -> Sight:
    """The sight of a camera inside the field; with `all_round`, in every heading."""
    grid = field.grid
    place = grid.index(camera.east_m, camera.north_m)
    if place is None:
        raise ValueError(f"camera {camera.id} stands outside the field")
    eye, reach = _eye(camera, field, place), camera.range_m / grid.cell_m
    heading_deg, half_deg = camera.heading_deg or 0.0, 180.0 if all_round else _half_width_deg(camera)
    west, south, east, north = bounds_within(heading_deg, half_deg, reach)
    row_min, row_max = max(0, int(eye[1] + south)), min(grid.rows, int(eye[1] + north) + 1)
    col_min, col_max = max(0, int(eye[0] + west)), min(grid.cols, int(eye[0] + east) + 1)
    clear = np.zeros((row_max - row_min, 8 * math.ceil((col_max - col_min) / 8)), np.uint8)
    looking, slopes = SweepCamera(eye, target_height_m, reach), slopes_within(heading_deg, half_deg)
    sweep(surface_of(field), looking, slopes, Window(clear, row_min, col_min))
    return Sight(camera, row_min, col_min, clear)


def enter(
    sight: Sight,
    field: HeightField,
    density_px_per_m: NDArray[np.float32],
    count: NDArray[np.uint8],
    target_height_m: float = HEAD_HEIGHT_M,
) -> int:
    """Enter the cells of a sight that the camera sees into the two rasters; returns their number."""
    camera, grid = sight.camera, field.grid
    eye = _eye(camera, field, grid.index(camera.east_m, camera.north_m) or (0, 0))
    is_dome = camera.kind == "dome"
    axes = np.array(camera_axes(camera.heading_deg or 0.0, 0.0 if is_dome else camera.tilt_deg))
    optics = _Optics(eye, axes, _limits(camera), is_dome, camera.f_px, camera.range_m, target_height_m)
    window = Window(sight.clear, sight.row_min, sight.col_min)
    seen: int = _enter(window, optics, field.ground_m, grid.cell_m, density_px_per_m, count)
    return seen


def _eye(camera: FixedCamera, field: HeightField, place: tuple[int, int]) -> Point:
    """The position of the camera's eye, in the field's cells."""
    grid = field.grid
    east, north = (camera.east_m - grid.east_min_m) / grid.cell_m, (camera.north_m - grid.north_min_m) / grid.cell_m
    x, y = (round(cells * EYE_STEPS) / EYE_STEPS for cells in (east, north))
    return Point(x, y, float(field.ground_m[place] + camera.height_m))


def _half_width_deg(camera: FixedCamera) -> float:
    """The largest angle between a camera's heading and a visible direction, deg, with a margin for rounding."""
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


@njit(cache=True, nogil=True, error_model="numpy")
def _enter(window: Any, optics: Any, ground: Any, cell_m: float, density: Any, count: Any) -> int:
    """Raise `density` and `count` of the cells that the camera sees; returns the number of cells seen.

    `window` is a `Window` in which clear cells are 1, `optics` are `_Optics`; `ground` (m above the datum) and the two
    rasters are shaped as the grid.

    The work goes row by row, in runs of clear cells and in single precision, to process several cells at a time.
    """
    seen = 0
    clear, row_min, col_min, range_m = window.seen, window.row_min, window.col_min, optics.range_m
    words = clear.view(np.uint64)  # eight cells at once, to skip hidden ones
    eye_x, eye_y, eye_m = optics.eye
    eye_col = int(eye_x)
    single = _Single(
        np.float32(eye_col + 0.5 - eye_x), np.float32(eye_m), np.float32(optics.target_m), np.float32(cell_m),
        optics.axes.astype(np.float32), optics.limits.astype(np.float32), np.float32(optics.f_px),
    )  # fmt: skip
    for r in range(clear.shape[0]):
        y = (row_min + r + 0.5 - eye_y) * cell_m
        run, width, middle = 0, min(clear.shape[1], density.shape[1] - col_min), eye_x - 0.5
        while run < width and ((col_min + run - middle) * cell_m) ** 2 + y * y > range_m * range_m:
            run += 1
        while width > run and ((col_min + width - 1 - middle) * cell_m) ** 2 + y * y > range_m * range_m:
            width -= 1
        while run < width:
            if clear[r, run] == 0:
                run = (run // 8 + 1) * 8 if words[r, run // 8] == 0 else run + 1
                continue
            end = run + 1
            while end < width and clear[r, end] != 0:
                end += 1
            row, left, right = row_min + r, col_min + run, col_min + end
            cells = _Run(
                density[row, left:right], count[row, left:right], ground[row, left:right],
                np.float32(left - eye_col), np.float32(y),
            )  # fmt: skip
            seen += _dome(cells, single) if optics.is_dome else _pinhole(cells, single)
            run = end
    return seen


@njit(cache=True, nogil=True, error_model="numpy")
def _pinhole(run: Any, optics: Any) -> Any:
    """Enter a `_Run` of cells for a pin-hole with `_Single` optics. A cell is in the picture if the target's top is;
    its density is f_px over the larger depth of foot and top. A cell's result is the same for any start of its run."""
    density, count, ground, first, y = run.density, run.cameras, run.ground, run.first, run.y
    aside, eye_m, target_m, cell_m = optics.aside, optics.eye_m, optics.target_m, optics.cell_m
    axes, limits, f_px = optics.axes, optics.limits, optics.f_px
    rx, ux, uz, fx, fz = axes[0, 0], axes[1, 0], axes[1, 2], axes[2, 0], axes[2, 2]
    across_y, along_y, flat_y = y * axes[0, 1], y * axes[1, 1], y * axes[2, 1]
    wide, tall, seen = limits[0], limits[1], np.uint32(0)
    for k in range(density.shape[0]):
        x = (first + np.float32(k) + aside) * cell_m
        low = ground[k] - eye_m
        high = low + target_m
        flat = flat_y + x * fx
        depth = flat + high * fz
        inside = (
            (depth > 0) & (abs(across_y + x * rx) <= wide * depth) & (abs(along_y + x * ux + high * uz) <= tall * depth)
        )
        deeper = flat + low * fz
        found = f_px / (deeper if deeper > depth else depth) if inside else np.float32(0)
        density[k] = found if found > density[k] else density[k]
        count[k] = count[k] + np.uint8(1) if inside & (count[k] < 255) else count[k]
        seen += np.uint32(inside)
    return seen


@njit(cache=True, nogil=True, error_model="numpy")
def _dome(run: Any, optics: Any) -> Any:
    """Enter a `_Run` of cells for a dome: the density is f_px over the larger distance of foot and top."""
    density, count, ground, first, y = run.density, run.cameras, run.ground, run.first, run.y
    aside, eye_m, target_m, cell_m = optics.aside, optics.eye_m, optics.target_m, optics.cell_m
    axes, limits, f_px = optics.axes, optics.limits, optics.f_px
    flat_y, fx, seen = y * axes[2, 1], axes[2, 0], np.uint32(0)
    narrowest, lowest, highest, tiny = limits[0], limits[1], limits[2], np.float32(1e-12)
    for k in range(density.shape[0]):
        x = (first + np.float32(k) + aside) * cell_m
        low = ground[k] - eye_m
        high = low + target_m
        away = x * x + y * y + tiny
        flat = np.sqrt(away)
        inside = (flat_y + x * fx >= narrowest * flat) & (lowest * flat <= high) & (high <= highest * flat)
        further = low * low if low * low > high * high else high * high
        found = f_px / np.sqrt(away + further) if inside else np.float32(0)
        density[k] = found if found > density[k] else density[k]
        count[k] = count[k] + np.uint8(1) if inside & (count[k] < 255) else count[k]
        seen += np.uint32(inside)
    return seen
